"""Distributions of acuity and of injections in routine care, beside those of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.distributions import distributions
from widgets import format as words
from widgets.charts.axes import round_ticks
from widgets.html import html, text
from widgets.validation.forest import WAITING
from widgets.validation.svg import Plot

if TYPE_CHECKING:
    from ape_core.analysis.distributions import Distribution
    from ape_core.analysis.records import Records
    from ape_core.analysis.validation import Validation

_WIDTH, _HEIGHT = 270, 170
TITLES: Final = {
    "baseline": ("Acuity at the first visit", "letters"),
    "letters": ("Acuity at week 52, in care", "letters"),
    "change": ("Change at week 52, in care", "letters gained"),
    "injections": ("Injections in the first 52 weeks", "injections"),
}
_TICKS: Final = {"change": 25, "injections": 2}
_WITHOUT: Final = "Bars appear when records are given: see Patient-level records."


class SpreadsPanel:
    """A card with four distributions."""

    def __init__(self) -> None:
        self.view = html("ape-card", "ape-all")

    def draw(self, validation: Validation | None, records: Records | None) -> None:
        """Show a validation and records, or that there are none yet."""
        self.view.value = spreads_markup(validation, records)


def heading(validation: Validation | None) -> str:
    """What the card is called."""
    routine = validation.routine if validation else None
    return f"Routine care: {routine.title}" if routine else "Routine care"


def spreads_markup(validation: Validation | None, records: Records | None) -> str:
    """Heading, sentence and drawings."""
    head = f"<h3>{text(heading(validation))}</h3>"
    if validation is None:
        return f"{head}{WAITING}"
    if validation.routine is None:
        return f"{head}<p class='ape-said'>None of the arms is routine care.</p>"
    beside = f"Bars are {records.n_eyes:,} eyes of the records." if records else _WITHOUT
    sentence = f"Percentage of eyes; lines are simulated. {beside}"
    drawn = "".join(_figure(each) for each in distributions(validation.routine, records))
    return f"{head}<p class='ape-said'>{text(sentence)}</p><div class='ape-spreads'>{drawn}</div>"


def _figure(shown: Distribution) -> str:
    """One distribution."""
    ends = shown.starts[0], shown.starts[-1] + shown.width
    highest = max(*shown.simulated, *(shown.observed or ()))
    ticks = round_ticks(highest, 3)
    plot = Plot(_WIDTH, _HEIGHT, ends, (0, ticks[-1]))
    step = _TICKS.get(shown.name, 20)
    bars = [
        plot.bar(start, start + shown.width, height, "is-observed")
        for start, height in zip(shown.starts, shown.observed or (), strict=False)
    ]
    edges = [edge for edge in (*shown.starts, ends[1]) for _ in (0, 1)]
    steps = [0.0, *(height for height in shown.simulated for _ in (0, 1)), 0.0]
    parts = [
        plot.heights(ticks, "%"),
        *bars,
        plot.line(edges, steps, "is-simulated"),
        plot.places(_places(shown, step)),
    ]
    title, unit = TITLES[shown.name]
    means = said(shown)
    return (
        f"<figure><figcaption>{text(title)} <small>{text(unit)}</small></figcaption>"
        f"{plot.drawing(parts, f'{title}: {means}')}<p>{text(means)}</p></figure>"
    )


def _places(shown: Distribution, step: int) -> list[tuple[float, str]]:
    """Ticks of the horizontal axis: in the middle of a bin where bins are single numbers."""
    middle = 0.5 if shown.width == 1 else 0.0
    return [
        (start + middle, str(start).replace("-", "\N{MINUS SIGN}"))
        for start in shown.starts
        if start % step == 0
    ]


def said(shown: Distribution) -> str:
    """Means in words."""
    shown_as = words.signed if shown.name == "change" else words.one_decimal
    simulated = f"Mean {shown_as(shown.simulated_mean)} simulated"
    if shown.observed_mean is None:
        return simulated
    return f"{simulated}, {shown_as(shown.observed_mean)} in {shown.n_observed:,} eyes"
