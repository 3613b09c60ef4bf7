"""How many slots a day are needed, so that few visits slip far; a click simulates with them."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, Text

from ape_core.errors import ApeError
from ape_core.summaries.slots_needed import SlotsNeeded, slots_needed_table
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import LABELLED, across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import Card, figure
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.service.question import parse_decimal
from widgets.service.words import all_begin
from widgets.service.year import show_year, year_choice
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from widgets.service.session import ServiceSession

SLIPS: Final = {
    2: "a weekend",
    7: "a week",
    14: "2 weeks",
    28: "4 weeks",
}
"""Days by which visits may slip, in words."""

_MOST_TICKS: Final = 7
_PERCENT: Final = (0.1, 50.0)
_ABOUT: Final = (
    "Worked out from the visits that are due without a limit, first come, first served; on the "
    "safe side, since a visit that slips moves later ones, too."
)


class NeededCard:
    """A curve of visits that slip by slots, what is enough, and a button that asks with it."""

    def __init__(self, session: ServiceSession, draw: Callable[[], None]) -> None:
        self._session, self._page_draw = session, draw
        self._is_filled = False
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._slots = across(self._x, "Slots each weekday")
        self._percent = upwards(self._y, [0, 1], label="% of visits")
        scales = {"x": self._x, "y": self._y}
        self._curve = Lines(
            x=floats([0, 1]), y=floats([0, 0]), scales=scales, colors=[colour("visit-bars")],
            stroke_width=2.2, fill="bottom", fill_colors=[colour("visit-bars")],
            fill_opacities=[0.25],
        )  # fmt: skip
        self._enough = Lines(
            x=floats([0, 0]), y=floats([0, 1]), scales=scales, stroke_width=1.6,
            colors=[colour("lost-letters")], line_style="dashed",
        )  # fmt: skip
        axes = [self._slots, self._percent]
        drawn = figure([self._curve, self._enough], axes, fig_margin=LABELLED)
        self.card = Card("Slots needed", drawn, wide=True, year="In year")
        self._year = year_choice(self.card, session, draw)
        self._make_controls()
        self.view = self.card.view

    def _make_controls(self) -> None:
        """Make the fields for what is wanted, and the button, and put them into the card."""
        self._most = classed(
            Text(description="At most, % of visits", continuous_update=False), "ape-field"
        )
        self._days = classed(
            Dropdown(
                description="slip by more than", options=[(name, n) for n, name in SLIPS.items()]
            ),
            "ape-field",
        )
        self._ask = classed(Button(description="Simulate with them"), "ape-button")
        self._problem = html()
        for field in (self._most, self._days):
            field.observe(guarded(self._session, self._wished), names="value")
        self._ask.on_click(guarded(self._session, self._asked))
        head, *rest = self.card.view.children
        self._fields = box(self._most, self._days, self._problem, classes="ape-wishes-of")
        self.card.view.children = (head, self._fields, *rest, self._ask)

    def draw(self) -> None:
        """Show what is enough in the year that is looked at, or what is waited for."""
        session = self._session
        needed = session.wanted
        self.card.wait(waiting=needed is None)
        set_class(self._fields, "ape-hidden", on=needed is None)
        set_class(self._ask, "ape-hidden", on=needed is None)
        self._fill()
        show_year(self._year, session)
        if needed is None:
            self.card.say(_pending(session))
            self.card.foot("")
            return
        late = SLIPS[needed.wish.late_days]
        self.card.say(f"% of visits that slip by more than {late}, by slots each weekday. {_ABOUT}")
        self.card.offer(partial(slots_needed_table, needed))
        low, high = float(needed.slots[0]), float(needed.slots[-1])
        self._x.min, self._x.max = low, high
        step = next(n for n in _steps() if (high - low) / n <= _MOST_TICKS)
        ticks = [n for n in needed.slots.tolist() if n % step == 0]
        if self._slots.tick_values is None or list(self._slots.tick_values) != ticks:
            self._slots.tick_values = floats(ticks)
        fit(self._y, self._percent, round_ticks(max(float(needed.percent_late.max()), 1.0), 4))
        with self._curve.hold_sync():
            self._curve.x, self._curve.y = floats(needed.slots), floats(needed.percent_late)
        with self._enough.hold_sync():
            self._enough.x, self._enough.y = floats([needed.enough] * 2), floats([0, self._y.max])
        self.card.foot(in_words(needed, session.year) + _why(needed, session))
        self._offer(needed)

    def _fill(self) -> None:
        """Show what is wanted, as it was understood."""
        self._is_filled = True
        try:
            if "is-wrong" not in self._most._dom_classes:  # noqa: SLF001
                self._most.value = f"{self._session.most_percent:g}"
            self._days.value = self._session.late_days
        finally:
            self._is_filled = False

    def _offer(self, needed: SlotsNeeded) -> None:
        """Name the slots on the button, which needs a question that can be asked."""
        spec = self._session.shown
        capacity = spec.capacity if spec else None
        there = capacity is not None and capacity.slots_per_day == needed.enough
        slots = words.plural(needed.enough, "slot")
        self._ask.description = f"Simulated with {slots}" if there else f"Simulate with {slots}"
        self._ask.disabled = there

    def _wished(self, _: Any) -> None:
        """Want something else."""
        if self._is_filled:
            return
        try:
            most = parse_decimal(self._most.value, self._most.description, *_PERCENT)
            self._session.wish(most, int(self._days.value))
        except ApeError as error:
            set_class(self._most, "is-wrong", on=True)
            self._problem.value = f'<p class="ape-blocked" role="status">{text(error.message)}</p>'
            return
        set_class(self._most, "is-wrong", on=False)
        self._problem.value = ""
        self.draw()

    def _asked(self, _: Any) -> None:
        """Have the service that is shown simulated with so many slots."""
        needed = self._session.wanted
        if needed is not None:
            self._session.start_with_slots(needed.enough)
            self._page_draw()


def _steps() -> Iterator[int]:
    """Whole numbers between marks of an axis: 1, 2, 5, 10, ..."""
    for power in count():
        yield from (factor * 10**power for factor in (1, 2, 5))


def in_words(needed: SlotsNeeded, year: int) -> str:
    """What is enough, and how far it is used."""
    late = SLIPS[needed.wish.late_days]
    cells = (
        (words.count(needed.enough), f"slots each weekday are enough in year {year}"),
        (words.percent(needed.percent_at_enough), f"of its visits slip by more than {late}"),
        (words.percent(needed.percent_used), "of these slots are wanted"),
    )
    shown = "".join(f"<div><b>{value}</b>{text(name)}</div>" for value, name in cells)
    return f'<div class="ape-split">{shown}</div>'


def _why(needed: SlotsNeeded, session: ServiceSession) -> str:
    """Say what else than the visits of the year asks for so many slots, if anything does."""
    if needed.enough <= needed.enough_alone or session.shown is None:
        return ""
    year, begin = session.year, all_begin(session.shown)
    crowd = f"everybody begins {begin}, and visits" if begin else "visits"
    said = (
        f"{words.count(needed.enough)} because of the time before year {year}: {crowd} that found "
        f"no room then still wait in it. Year {year} alone would need "
        f"{words.count(needed.enough_alone)}."
    )
    return f'<p class="ape-note is-because">{text(said)}</p>'


def _pending(session: ServiceSession) -> str:
    """What is waited for."""
    if session.beside.trouble:
        return session.beside.trouble
    limited = session.shown is not None and session.shown.capacity is not None
    what = "the run of the same patients without a limit" if limited else "the run"
    return f"How many slots a day keep waiting short; worked out when {what} is complete."
