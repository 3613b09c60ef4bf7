"""Where the patients are over time: in care, or out of it and why. They always sum to all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ape_core.summaries.definitions import STATUSES
from ape_core.summaries.retention import status_over_time
from ape_core.summaries.tables import status_table
from ape_core.terms import STATUSES as EYE_STATUSES
from widgets import format as words
from widgets.charts.card import Card
from widgets.charts.stack import Stack, stack_labels

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.retention import StatusOverTime

STATUS_COLOURS = tuple(status.replace(" ", "-") for status in STATUSES)
"""Names of the colours of the statuses."""


class RetentionChart:
    """Stacked areas from "on treatment" at the bottom to "died" at the top.

    Parameters
    ----------
    light
        Leave out most points.
    """

    def __init__(self, *, light: bool = False) -> None:
        self._helps = () if light else [EYE_STATUSES[status].meaning for status in STATUSES]
        self._stack = Stack(STATUS_COLOURS, light=light)
        self.card = Card("Who stays in care", self._stack.figure, ends=True, wide=True)
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.wait(waiting=summary is None)
        if summary is None:
            self.card.say("Percentage of all patients, by where they are.")
            return
        self.card.offer(partial(status_table, summary))
        view = status_over_time(summary)
        self.card.say(
            f"Percentage of all {words.count(view.n_eyes)} patients, by whether they are "
            "treated, and if not, why.",
            told=_in_words(view, summary.years),
        )
        self._stack.draw(view.weeks, view.percent, summary.years)
        names = [EYE_STATUSES[status].name for status in view.statuses]
        labels = stack_labels(view.percent[:, -1], names, STATUS_COLOURS, self._helps)
        self.card.label_ends(labels)


def _in_words(view: StatusOverTime, years: int) -> str:
    """Where the patients are at the end."""
    shares = ", ".join(
        f"{words.percent(share)} {EYE_STATUSES[status].name}"
        for status, share in zip(view.statuses, view.percent[:, -1], strict=True)
    )
    return f"After {words.plural(years, 'year')}: {shares}."
