"""Bands of eyes over time: letters gained and lost, and intervals that grow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ape_core.summaries.courses import change_bands, interval_bands
from ape_core.summaries.tables import change_bands_table, interval_bands_table
from widgets import format as words
from widgets.charts.card import Card
from widgets.charts.stack import Stack, stack_labels

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.courses import BandsOverTime
    from ape_core.summaries.table import Table

CHANGES = {
    "lost \N{GREATER-THAN OR EQUAL TO} 15": "lost-letters",
    "lost 5\N{EN DASH}14": "lost-some",
    "within 4": "unchanged",
    "gained 5\N{EN DASH}14": "gained-some",
    "gained \N{GREATER-THAN OR EQUAL TO} 15": "gained",
}
INTERVALS = {
    "none planned": "no-visit",
    "< 8 weeks": "interval-1",
    "8\N{EN DASH}11 weeks": "interval-2",
    "12\N{EN DASH}15 weeks": "interval-3",
    "\N{GREATER-THAN OR EQUAL TO} 16 weeks": "interval-4",
}
"""What stands beside the bands, and the names of their colours, from the bottom up."""


class BandsChart:
    """Stacked areas, one for each band.

    Parameters
    ----------
    card
        Heading, and a sentence that says of what the shares are.
    bands
        What stands beside each band, and the name of its colour, from the bottom up.
    view, table
        Bands of a summary, and the same as a table.
    light
        Leave out most points.
    """

    def __init__(
        self,
        card: tuple[str, str],
        bands: dict[str, str],
        view: Callable[[Summary], BandsOverTime],
        table: Callable[[Summary], Table],
        *,
        light: bool = False,
    ) -> None:
        heading, self._sentence = card
        self._bands, self._view, self._table = bands, view, table
        self._stack = Stack(list(bands.values()), light=light)
        self.card = Card(heading, self._stack.figure, ends=True, wide=True)
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.wait(waiting=summary is None)
        if summary is None:
            self.card.say(self._sentence)
            return
        self.card.offer(partial(self._table, summary))
        view = self._view(summary)
        self.card.say(self._sentence, told=_in_words(view, summary.years))
        self._stack.draw(view.weeks, view.percent, summary.years)
        names, colours = list(self._bands), list(self._bands.values())
        self.card.label_ends(stack_labels(view.percent[:, -1], names, colours))


def gains_chart(*, light: bool = False) -> BandsChart:
    """Letters gained and lost over time."""
    card = ("Letters gained and lost", "Percentage of living eyes, against their first visit.")
    return BandsChart(card, CHANGES, change_bands, change_bands_table, light=light)


def planned_chart(*, light: bool = False) -> BandsChart:
    """Planned intervals over time."""
    sentence = "Percentage of eyes on treatment, by the planned interval to the next visit."
    card = ("Intervals over time", sentence)
    return BandsChart(card, INTERVALS, interval_bands, interval_bands_table, light=light)


def _in_words(view: BandsOverTime, years: int) -> str:
    """Shares at the end, and of how many eyes."""
    shares = ", ".join(
        f"{words.percent(share)} {band}"
        for band, share in zip(view.bands, view.percent[:, -1], strict=True)
    )
    eyes = words.count(view.n[-1])
    return f"After {words.plural(years, 'year')}, of {eyes} eyes: {shares}."
