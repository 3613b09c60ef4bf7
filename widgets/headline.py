"""The few figures that tell a run's story, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.summaries.statistics import Headline, headline
from widgets import format as words
from widgets.html import html, text

if TYPE_CHECKING:
    from ape_core.summaries import Summary


class HeadlinePanel:
    """A strip of figures: acuity at the first and the last year, treatment, retention."""

    def __init__(self) -> None:
        self.view = html()

    def draw(self, summary: Summary | None) -> None:
        """Show the figures of a summary, or dashes while there is none."""
        if summary is None:
            tiles = [(name, "\N{EN DASH}", "", below) for name, _, _, below in _PLACES]
        else:
            tiles = _tiles(headline(summary, 1), headline(summary, summary.years))
        self.view.value = f'<dl class="ape-tiles">{"".join(_tile(*tile) for tile in tiles)}</dl>'


NO_BREAK: Final = "\N{NO-BREAK SPACE}"

Tile = tuple[str, str, str, str]
"""Name, value, unit beside the value, words below."""

_PLACES: tuple[Tile, ...] = (
    ("Change at year 1", "", "", "letters, mean"),
    ("Change at the end", "", "", "letters, mean"),
    ("70 letters or better", "", "", "of living eyes"),
    ("Injections in year 1", "", "", "per eye in care"),
    ("Still on treatment", "", "", "of all patients"),
)


def _tiles(first: Headline, last: Headline) -> list[Tile]:
    """What each tile says."""
    when = f"at year {last.year}"
    tiles = [_change(first)]
    if last.year > 1:
        tiles.append(_change(last))
    return [
        *tiles,
        ("70 letters or better", words.percent(last.pct_bcva_ge70), "", f"of living eyes {when}"),
        ("Injections in year 1", words.one_decimal(last.injections_first_year), "", _later(last)),
        ("Still on treatment", words.percent(last.pct_on_treatment), "", f"of all patients {when}"),
    ]


def _change(figures: Headline) -> Tile:
    """Mean change, with the mean that it led to."""
    return (
        f"Change at year {figures.year}",
        words.signed(figures.mean_change),
        "letters",
        f"to a mean of {words.one_decimal(figures.mean_letters)}",
    )


def _later(last: Headline) -> str:
    """Injections in the last year, for comparison with the first."""
    if last.year == 1:
        return "mean per eye in care"
    later = f"{words.one_decimal(last.injections_this_year)} in year {last.year}"
    return f"per eye in care; {later.replace(' ', NO_BREAK)}"


def _tile(name: str, value: str, unit: str, below: str) -> str:
    """Markup of one figure."""
    return (
        f'<div><dt>{text(name)}</dt><dd class="ape-value">{text(value)} '
        f"<small>{text(unit)}</small></dd><dd>{text(below)}</dd></div>"
    )
