"""An outcome when all uncertain numbers vary together: a histogram, and what it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Text

from ape_core.analysis.economics_certainty import SLOTS_RAN_SHORT
from ape_core.analysis.edges import drawn_apart_in_words, edges_of
from ape_core.analysis.swept_outcomes import SWEPT, outcome_text
from widgets import format as words
from widgets.bqplots import Bars, Lines
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import Card, figure
from widgets.charts.terms import explained
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.sensitivity.session import DRAWS
from widgets.study_progress import StudyProgress
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.analysis.drawn_runs import DrawnOutcome
    from ape_core.analysis.point_figures import Estimate
    from widgets.sensitivity.session import SensitivitySession


class DrawsPanel:
    """A card with the number of draws and their histogram."""

    def __init__(self, session: SensitivitySession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self._n = classed(Text(description="Draws", continuous_update=True), "ape-field")
        self._n.observe(guarded(session, self._edited), names="value")
        self._start = classed(Button(description="Simulate"), "ape-button ape-primary")
        self._start.on_click(guarded(session, self._pressed))
        self.progress = StudyProgress(session, DRAWS, draw)
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._values, self._counts = across(self._x, ""), upwards(self._y, [0, 1])
        self._values.tick_format = "~g"
        scales = {"x": self._x, "y": self._y}
        self._bars = Bars(x=floats([0, 1]), y=floats([0, 0]), scales=scales, stroke_width=0,
                          colors=[colour("acuity")], padding=0.06)  # fmt: skip
        self._mean = Lines(x=floats([0, 0]), y=floats([0, 1]), scales=scales, stroke_width=2,
                           colors=[colour("ink")], line_style="dashed")  # fmt: skip
        self._own = Lines(x=floats([0, 0]), y=floats([0, 1]), scales=scales, stroke_width=2,
                          colors=[colour("high-end")], visible=False)  # fmt: skip
        drawn = figure([self._bars, self._mean, self._own], [self._values, self._counts])
        self.card = Card("All of it at once", drawn, wide=True)
        head, *rest = self.card.view.children
        controls = box(self._n, self._start, classes="ape-controls")
        self._empty = html()
        self.card.view.children = (head, controls, self.progress.view, self._empty, *rest)
        self.view = self.card.view

    def refresh(self) -> None:
        """Show how many are drawn, and how far the runs are."""
        if self._n.value != self._session.n_draws:
            self._n.value = self._session.n_draws
        self.progress.refresh()

    def draw(self) -> None:
        """Show the draws that are complete."""
        session, found = self._session, self._session.drawn
        over = found.distribution(session.outcome, session.year) if found else None
        self.card.wait(waiting=over is None)
        self._empty.value = _EMPTY if found is None else ""
        set_class(self.view, "ape-unasked", on=found is None)
        wording = SWEPT[session.outcome]
        self.card.say(
            f"{wording.title} at the end of year {session.year} when all uncertain numbers of the "
            "disease vary at once, each drawn from its distribution, independently. Bars count "
            "draws."
        )
        if found is None or over is None:
            self.card.foot("")
            return
        self.card.offer(lambda: found.table(session.outcome, session.year))
        ends, counts = over.histogram()
        ticks = round_ticks(int(counts.max()), 4)
        fit(self._y, self._counts, [tick for tick in ticks if tick == int(tick)])
        base = session.base_estimate
        low, high = float(ends[0]), float(ends[-1])
        if base is not None:
            low, high = min(low, base.value), max(high, base.value)
        self._x.min, self._x.max = low, high
        self._values.label = f"{wording.title}, {wording.unit}"
        with self._bars.hold_sync():
            self._bars.x, self._bars.y = floats((ends[:-1] + ends[1:]) / 2), floats(counts)
        with self._mean.hold_sync():
            self._mean.x, self._mean.y = floats([over.mean] * 2), floats([0, ticks[-1]])
        self._own.visible = base is not None
        if base is not None:
            with self._own.hold_sync():
                self._own.x, self._own.y = floats([base.value] * 2), floats([0, ticks[-1]])
        why = drawn_apart_in_words(over, base.value, edges_of(found.base)) if base else ""
        self.card.foot(draws_markup(over, found.n_patients, base, why))

    def _edited(self, change: Any) -> None:
        """Another number of draws is wanted."""
        self._session.n_draws = change.new

    def _pressed(self, _: Any) -> None:
        """Have them simulated."""
        self._session.begin(DRAWS)
        self._draw()


_EMPTY: Final = (
    '<p class="ape-to-come">Press Simulate to see how far the answer may lie from the base case, '
    "given all that is uncertain about the disease.</p>"
)


def draws_markup(over: DrawnOutcome, n_patients: int, base: Estimate | None, why: str = "") -> str:
    """Mean, range, the two parts of the variance, and why the base case is not in their middle."""
    name = over.outcome
    ends = " to ".join(outcome_text(name, end) for end in (over.low, over.high))
    own = outcome_text(name, base.value) if base else ""
    line = f'<u class="ape-line" style="background:{colour("high-end")}"></u>'
    beside = f"<span>{line}Base case <b>{text(own)}</b></span>" if own else ""
    mean = outcome_text(name, over.mean)
    parts = _variance(over, n_patients) if over.knows_patients else (
        f"<p class='ape-one-sided'>{text(SLOTS_RAN_SHORT)}</p>"
    )  # fmt: skip
    return (
        '<div class="ape-foot"><span><u class="ape-line is-mean"></u>'
        f"Mean of {over.n} draws <b>{text(mean)}</b></span>"
        f"<span>95% of draws <b>{text(ends)}</b></span>{beside}</div>{parts}"
        + (f'<p class="ape-one-sided">{explained(why)}</p>' if why else "")
    )


def _variance(over: DrawnOutcome, n_patients: int) -> str:
    """The two parts of the variance."""
    share, apart = 100 * over.parameter_share, SWEPT[over.outcome].apart
    decimals = SWEPT[over.outcome].decimals + 1
    sds = [f"{sd:,.{decimals}f}" for sd in (over.spread.parameters, over.spread.patients)]
    swatches = [
        f'<span class="ape-key"><i style="background:{colour(part)}"></i>'
        for part in ("low-end", "high-end")
    ]
    return (
        f'<div class="ape-variance" role="img" aria-label="{share:.0f}% of the variance comes from '
        f'the numbers of the disease, {100 - share:.0f}% from the patients">'
        f'<i style="width:{share:.1f}%;background:{colour("low-end")}"></i>'
        f'<i style="width:{100 - share:.1f}%;background:{colour("high-end")}"></i></div>'
        f'<div class="ape-foot">{swatches[0]}<b>{share:.0f}%</b> of the variance from the numbers '
        f"(SD {sds[0]} {text(apart)})</span>{swatches[1]}<b>{100 - share:.0f}%</b> from "
        f"{words.count(n_patients)} patients (SD {sds[1]})</span></div>"
    )
