"""What it brings that the patients are the same: narrower intervals, or fewer patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import patients_text, times_text
from widgets import format as words
from widgets.charts.card import Card
from widgets.html import text
from widgets.several.colours import LETTERS, chip, names_below

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference
    from widgets.compare.session import CompareSession

SHOWN: Final = ("letters_change", "pct_bcva_ge70", "pct_loss_ge15", "injections")
_MOST_IN_FULL: Final = 2
"""Protocols that are compared in all of these; where there are more, in the first and the last."""
_FEW: Final = 2_000
_EXPLAINED: Final = (
    "Every simulated patient is the same person with the same luck under each protocol, so what "
    "patients differ in by nature drops out of the difference between protocols."
)


class PairingPanel:
    """A card that says how many patients would be needed without pairing."""

    def __init__(self) -> None:
        self.card = Card("What pairing brings", None, wide=True)
        self.view = self.card.view
        self.card.say(_EXPLAINED)

    def draw(self, session: CompareSession) -> None:
        """Show what pairing did for the differences of the session."""
        self.card.wait(waiting=session.paired is None)
        if session.paired is None:
            self.card.foot("")
            return
        comparison = session.comparison
        assert comparison is not None
        reference = session.reference
        self.card.offer(lambda: comparison.numbers(reference))
        self.card.foot(pairing_markup(session))


def pairing_markup(session: CompareSession) -> str:
    """By outcome and protocol: how many times smaller the variance is, and patients needed."""
    paired = session.paired
    assert paired is not None
    shown = SHOWN if len(session.others) <= _MOST_IN_FULL else (SHOWN[0], SHOWN[-1])
    rows = "".join(
        _rows([session.difference(place, outcome) for place in session.others]) for outcome in shown
    )
    few = (
        f"<p>With fewer than {_FEW:,} patients, intervals of protocols that hardly differ are "
        "somewhat too narrow: only a few patients tell them apart.</p>"
        if paired.n_patients < _FEW
        else ""
    )
    return (
        "<table class='ape-pairing'><thead><tr><th scope='col'>Difference at year "
        f"{session.year}</th><th scope='col'>Protocols</th>"
        "<th scope='col'>Variance, times smaller</th>"
        "<th scope='col'>Patients needed without pairing</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><p>For an interval as narrow as that of the "
        f"{words.count(paired.n_patients)} patients here, under each protocol.</p>{few}"
        f"{names_below(session.titles)}"
    )


def _rows(items: list[Difference]) -> str:
    """The differences in one outcome, which is named once."""
    title = OUTCOMES[items[0].outcome].wording.title
    named = f"<th scope='rowgroup' rowspan='{len(items)}'>{text(title)}</th>"
    return "".join(_row(item, "" if at else named) for at, item in enumerate(items))


def _row(item: Difference, named: str) -> str:
    """One difference, below the name of its outcome unless that stands above."""
    return (
        f"<tr>{named}<td>{chip(item.run)} less {LETTERS[item.reference]}</td>"
        f"<td>{times_text(item.variance_ratio)}</td>"
        f"<td>{patients_text(item.patients_without_pairing)}</td></tr>"
    )
