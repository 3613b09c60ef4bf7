"""What waiting for a slot does to acuity: the same patients with the limit and without it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.analysis.slipping import SlippingEffect, came_in, slipping_effect_table
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, fit, floats, scale, upwards, year_ticks
from widgets.charts.card import Card, figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.html import set_class, text
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries.slots import SlotUse
    from widgets.service.session import ServiceSession

_TOP = 85
"""Charts of acuity run from 0 to 85 letters, so that they can be laid side by side."""

_WAITING = {
    "running": "The same patients are being simulated without a limit",
    "queued": "The same patients, without a limit, wait in the queue",
    "interrupted": "The run of the same patients without a limit was interrupted",
    "failed": "The run of the same patients without a limit failed",
    "complete": "Both runs are being compared, patient by patient",
}
_SENTENCE = (
    "Mean ETDRS letters of living eyes: the same patients, with the same luck, with these slots "
    "and without a limit. Only what happens while the service is whole counts."
)
_CAVEAT = (
    "\N{PLUS-MINUS SIGN}: 95% interval over patients as if each were alone. They wait in one "
    "queue, so that another clinic like this one may differ by more."
)


class SlippingChart:
    """Two lines of mean acuity, and their difference by arrival; hidden without a limit."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self._x, self._y = scale(0, 1), scale(0, _TOP)
        self._years = across(self._x, "Years since the first visit")
        self._letters = upwards(self._y, range(0, _TOP, 20))
        scales = {"x": self._x, "y": self._y}
        self._unlimited, self._limited = (
            Lines(
                x=floats([0, 1]), y=floats([0, 0]), scales=scales, colors=[colour(shade)],
                stroke_width=2.2, line_style=style, marker="circle", marker_size=26,
            )
            for shade, style in (("acuity", "dashed"), ("lost-letters", "solid"))
        )  # fmt: skip
        drawn = figure([self._unlimited, self._limited], [self._years, self._letters])
        self.card = Card("What slipping does to acuity", drawn, ends=True, wide=True)
        self.view = self.card.view

    def draw(self) -> None:
        """Show both runs when they are complete, or what is waited for."""
        session = self._session
        limited = session.shown is not None and session.shown.capacity is not None
        set_class(self.view, "ape-not-here", on=not limited)
        effect, use = session.beside.effect, session.slots
        told = effect is not None and bool(effect.whole.is_told[:, 1:].any())
        self.card.wait(waiting=limited and not told)
        if effect is None or use is None or not told:
            self.card.say(_pending(session))
            self.card.foot("")
            return
        self.card.say(_SENTENCE)
        self.card.offer(partial(slipping_effect_table, effect))
        self._draw_lines(effect.whole)
        self.card.foot(
            f'{triangle(effect)}<p class="ape-verdict">{text(in_words(effect, use))}</p>'
            f'<p class="ape-note">{text(_CAVEAT)}</p>'
        )

    def _draw_lines(self, whole: SlippingEffect) -> None:
        """Draw the means of all who came, as far as enough eyes tell of them."""
        told = np.flatnonzero(whole.is_told[0])
        last = int(told[-1])
        fit(self._x, self._years, year_ticks(last))
        self._x.max = float(last)
        means = whole.mean_unlimited[0, told], whole.mean_limited[0, told]
        for line, letters in zip((self._unlimited, self._limited), means, strict=True):
            with line.hold_sync():
                line.x, line.y = floats(told), floats(letters)
        names = (("no limit", "acuity"), ("these slots", "lost-letters"))
        self.card.label_ends(
            end_labels(
                [
                    EndLabel(float(of[-1]) / _TOP, words.one_decimal(of[-1]), name, shade)
                    for of, (name, shade) in zip(means, names, strict=True)
                ]
            )
        )


def triangle(effect: SlippingEffect) -> str:
    """Letters that the limit cost, by when patients came and how long ago that was."""
    last = int(np.flatnonzero(effect.whole.is_told[0])[-1])
    heads = "".join(f"<th>{words.plural(year, 'year')} later</th>" for year in range(1, last + 1))
    rows = [
        _row(part, int(place), last)
        for part in (effect, effect.whole)
        for place in np.flatnonzero(part.is_told[:, 1:].any(axis=1))
    ]
    return (
        '<div class="ape-scrolls" role="region" tabindex="0" aria-label="Letters by arrival">'
        f'<table class="ape-plan ape-triangle"><thead><tr><th>Came in</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(part: SlippingEffect, place: int, last: int) -> str:
    """Those who came in a year of the service."""
    cells = "".join(
        f"<td>{text(letters_of(part, place, year)) if part.is_told[place, year] else ''}</td>"
        for year in range(1, last + 1)
    )
    total = ' class="ape-total"' if len(part.came) == 1 else ""
    return f"<tr{total}><th>{text(came_in(int(part.came[place])))}</th>{cells}</tr>"


def letters_of(part: SlippingEffect, place: int, year: int) -> str:
    """Difference in letters with its interval: "-0.6 ± 0.5"."""
    half = words.one_decimal(part.half_width[place, year])
    return f"{words.signed(part.cost[place, year])} ± {half}"


def in_words(effect: SlippingEffect, use: SlotUse) -> str:
    """How many visits slip, and what it costs those who came last of all who tell of a year."""
    place = int(np.flatnonzero(effect.is_told[:, 1:].any(axis=1))[-1])
    year = int(np.flatnonzero(effect.is_told[place])[-1])
    cost, half = float(effect.cost[place, year]), float(effect.half_width[place, year])
    letters = f"{words.one_decimal(abs(cost))} ± {words.one_decimal(half)} letters"
    if abs(cost) <= half:
        found = f"cannot be told from that without a limit ({letters_of(effect, place, year)})"
    else:
        found = f"is {letters} {'lower' if cost < 0 else 'higher'} than without a limit"
    return (
        f"{words.percent(100 * use.share_slipped)} of the visits of the service slip, waiting from "
        f"a weekend to Monday included. The mean acuity of those who came last "
        f"({came_in(int(effect.came[place]))}), {words.plural(year, 'year')} later, {found}."
    )


def _pending(session: ServiceSession) -> str:
    """What is waited for before the runs can be compared."""
    beside = session.beside
    if beside.trouble or beside.run is None:
        return beside.trouble
    if beside.effect is not None:
        return (
            "Hardly anybody is followed for a year while this service is whole: ask for two years "
            "of service or more to see what slipping does to acuity."
        )
    status = beside.run.status
    if status == "complete" and session.progress and session.progress.status != "complete":
        return "Both runs are compared when this one is complete."
    return f"{_WAITING[status]}."
