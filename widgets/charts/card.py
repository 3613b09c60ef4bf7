"""The card that every chart stands in: heading, a plain sentence, figure, words below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Dropdown, Widget

from widgets.bqplots import Figure
from widgets.charts.downloads import NamedCard
from widgets.charts.terms import explained
from widgets.html import box, classed, html, set_class, text

if TYPE_CHECKING:
    from ape_core.summaries.table import Table

NONE: Final = "\N{EN DASH}"
"""What stands for the figure of nobody."""


class Card:
    """Heading, sentence, figure and foot of a chart, made once and updated in place.

    Parameters
    ----------
    heading
        What the chart is called.
    figure
        The drawing, by bqplot or as markup; None where the words below are all there is.
    ends
        Whether lines are labelled at their right ends.
    wide
        Whether the card takes half of the page instead of a third.
    year
        Label of a choice of year beside the heading; none when empty.
    beside
        Another choice there.
    """

    def __init__(
        self,
        heading: str,
        figure: Widget | None,
        *,
        ends: bool = False,
        wide: bool = False,
        year: str = "",
        beside: Dropdown | None = None,
    ) -> None:
        self._heading = heading
        self._head, self._strip, self._foot = html(), html(), html()
        self._ends = html() if ends else None
        self.year: Dropdown | None = None
        if year:
            self.year = classed(Dropdown(description=year, options=[("1", 1)]), "ape-year")
        choices = [choice for choice in (self.year, beside) if choice is not None]
        head = box(self._head, *choices, classes="ape-card-head")
        parts: list[Widget] = [head, self._strip, self._foot]
        if figure is not None:
            plot = box(figure, *([self._ends] if self._ends else []), classes="ape-plot")
            set_class(plot, "ape-labelled", on=ends)
            parts.insert(1, plot)
        self.view = NamedCard(parts, heading)
        self.view.add_class("ape-waiting")
        set_class(self.view, "ape-wide", on=wide)
        self.say("")

    def say(self, sentence: str, told: str = "") -> None:
        """Set the sentence below the heading, and what those are told who cannot see the chart."""
        unseen = f'<p class="ape-unseen">{text(told)}</p>' if told else ""
        heading = f"<h3>{text(self._heading)}</h3>"
        self._head.value = f"{heading}<p>{explained(sentence)}</p>{unseen}"

    def wait(self, *, waiting: bool) -> None:
        """Hide the figure while there is nothing to draw."""
        set_class(self.view, "ape-waiting", on=waiting)

    def label_ends(self, markup: str) -> None:
        """Set the labels to the right of the figure."""
        assert self._ends is not None
        self._ends.value = markup

    def label_axis(self, markup: str) -> None:
        """Set the strip below the horizontal axis."""
        self._strip.value = markup

    def foot(self, markup: str) -> None:
        """Set the words below the figure."""
        self._foot.value = markup

    def offer(self, numbers: Callable[[], Table]) -> None:
        """Let the reader save the numbers that are drawn; they are computed when asked for."""
        self.view.numbers = numbers

    def on_year(self, handler: Callable[..., None]) -> None:
        """Call a handler when the reader chooses a year."""
        assert self.year is not None
        self.year.observe(handler, names="value")

    def offer_years(self, years: int) -> None:
        """Let the reader choose among the years of the run; begin with the last."""
        assert self.year is not None
        if len(self.year.options) == years and self.year.options[-1] == (str(years), years):
            return
        self.year.options = [(str(year), year) for year in range(1, years + 1)]
        self.year.value = years


def figure(marks: Sequence[Any], axes: Sequence[Any], **options: Any) -> Figure:
    """Figure without frame, title or tool bar; its size is left to theme.css."""
    margin = {"top": 12, "bottom": 38, "left": 40, "right": 14}
    drawn = Figure(
        marks=list(marks),
        axes=list(axes),
        fig_margin={**margin, **options.pop("fig_margin", {})},
        display_toolbar=False,
        padding_x=0,
        padding_y=0,
        **options,
    )
    return classed(drawn, "ape-figure")
