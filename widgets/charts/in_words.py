"""What charts that a light page leaves out would say, in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.summaries.acuity import letters_change
from ape_core.summaries.treatment import injection_intervals
from widgets.charts.card import Card
from widgets.charts.change import change_in_words
from widgets.charts.intervals import intervals_in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries import Summary


class InWords:
    """A card with the figures below a chart, without the chart.

    Parameters
    ----------
    heading
        What the card is called.
    sentence
        What the figures are, given the years of the run.
    figures
        Markup of the figures of a summary.
    """

    def __init__(
        self, heading: str, sentence: Callable[[int], str], figures: Callable[[Summary], str]
    ) -> None:
        self._sentence, self._figures = sentence, figures
        self.card = Card(heading, None)
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.wait(waiting=summary is None)
        if summary is None:
            self.card.say("The figures appear with the first patients.")
            return
        self.card.say(self._sentence(summary.years))
        self.card.foot(self._figures(summary))


def change_card() -> InWords:
    """Letters gained or lost by the end of the run."""
    return InWords(
        "Change in letters",
        lambda years: f"Living eyes at year {years}, against their first visit.",
        lambda summary: change_in_words(letters_change(summary, summary.years)),
    )


def intervals_card() -> InWords:
    """How long the intervals of the last year were."""
    return InWords(
        "Treatment intervals",
        lambda years: f"Percentage of the intervals between injections that ended in year {years}.",
        lambda summary: intervals_in_words(injection_intervals(summary, summary.years)),
    )
