"""The answer in words: how each protocol differs from the reference, in what matters most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import (
    best_in_words,
    compared_with_chance,
    decimals_of,
    mean_text,
)
from widgets import format as words
from widgets.html import html, text
from widgets.several.colours import LETTERS, chip

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference
    from widgets.compare.session import CompareSession

HEADLINE: Final = ("letters_change", "injections", "visits")
"""Outcomes of which the answer is made: what is gained, and what it takes."""


class HeadlinePanel:
    """A sentence, and one tile for each protocol that is compared with the reference."""

    def __init__(self) -> None:
        self.view = html()

    def draw(self, session: CompareSession) -> None:
        """Show the differences of the session, or that there are none yet."""
        self.view.value = headline_markup(session)


def headline_markup(session: CompareSession) -> str:
    """Which protocol is best, and differences in the headline outcomes with their intervals."""
    if session.damage is not None:
        return ""
    if session.paired is None:
        comparison = session.comparison
        first = words.count(comparison.n_first) if comparison else ""
        rows = "".join(
            f"<div><h3>{chip(place)} {text(session.titles[place])}</h3>"
            f"<p>Figures appear when all runs have their first {first} patients.</p></div>"
            for place in session.others
        )
        return f'<div class="ape-verdicts is-waiting">{rows}</div>' if rows else ""
    best = best_in_words(session.paired, _names(session), session.year)
    apart = {
        name: [session.difference(place, name) for place in session.others] for name in HEADLINE
    }
    tiles = "".join(
        _tile(session, place, [(found[at], decimals_of(found)) for found in apart.values()])
        for at, place in enumerate(session.others)
    )
    rows = f'<div class="ape-verdicts">{_reference(session)}{tiles}</div>'
    return f'<p class="ape-verdict">{text(best)}</p>{rows}'


def _names(session: CompareSession) -> list[str]:
    """Letter and short title of each protocol."""
    assert session.comparison is not None
    briefly = session.comparison.brief_titles
    return [f"{LETTERS[place]} ({title})" for place, title in enumerate(briefly)]


def _own(session: CompareSession, place: int) -> list[str]:
    """What a protocol comes to by itself, in the headline outcomes."""
    assert session.paired is not None
    return [
        f"{mean_text(session.paired.mean(place, name, session.year)).partition(' ')[0]} "
        f"{OUTCOMES[name].wording.unit}"
        for name in HEADLINE
    ]


def _spread(session: CompareSession, place: int) -> list[str]:
    """How far the patients of a protocol lie apart, in the headline outcomes."""
    assert session.paired is not None
    means = (session.paired.mean(place, name, session.year) for name in HEADLINE)
    return [f"(SD {mean.sd:.1f})" if mean.sd else "" for mean in means]


def _reference(session: CompareSession) -> str:
    """What the others are compared with."""
    own = zip(_own(session, session.reference), _spread(session, session.reference), strict=True)
    figures = "".join(
        f"<p><b>{text(value)}</b> <small>{text(spread)}</small></p>" for value, spread in own
    )
    after = f"after {words.plural(session.year, 'year')}"
    return (
        f'<div class="is-reference"><h3>{chip(session.reference)} '
        f"{text(session.titles[session.reference])}</h3>{figures}"
        f"<p><em>{text(after)}</em></p>"
        "<p class='ape-own'>the others are compared with it</p></div>"
    )


def _tile(session: CompareSession, place: int, found: list[tuple[Difference, int]]) -> str:
    """One protocol against the reference."""
    letters, injections, visits = (_said(item, decimals) for item, decimals in found)
    after = f"than with {LETTERS[session.reference]}, after {words.plural(session.year, 'year')}"
    own = f"{', '.join(_own(session, place))} in all"
    return (
        f"<div><h3>{chip(place)} {text(session.titles[place])}</h3>"
        f"<p>{letters}</p><p>{injections}</p><p>{visits}</p>"
        f"<p><em>{text(after)}</em></p><p class='ape-own'>{text(own)}</p></div>"
    )


def _said(difference: Difference, decimals: int) -> str:
    """Difference and interval."""
    said, interval = compared_with_chance(difference, decimals)
    return f"<b>{text(said)}</b> <small>{text(interval)}</small>"
