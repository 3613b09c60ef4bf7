"""Distributions of acuity and of injections in routine care, beside those of records."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from ape_core.analysis.distributions import distributions, usual_intervals
from ape_core.analysis.published import CITATION
from ape_core.analysis.validation_tables import distributions_table
from widgets import format as words
from widgets.charts.axes import round_ticks
from widgets.charts.downloads import NamedCard
from widgets.html import html, text
from widgets.validation.headings import CARDS, heading
from widgets.validation.svg import Plot
from widgets.validation.waiting import WAITING
from widgets.validation.words import class_labels

if TYPE_CHECKING:
    from ape_core.analysis.distributions import Distribution
    from ape_core.analysis.records import Records
    from ape_core.analysis.validation import Validation

_WIDTH, _HEIGHT = 270, 170
TITLES: Final = {
    "baseline": ("Acuity at the first visit", "letters"),
    "letters": ("Acuity at week 52, in care", "letters"),
    "change": ("Change at week 52, in care", "letters"),
    "injections": ("Injections in year 1", "number"),
    "injections-2": ("Injections in year 2", "number"),
    "intervals": ("Usual interval in year 2", "weeks"),
}
_TICKS: Final = {"change": 25, "injections": 2, "injections-2": 2}
_WIDE_TICK: Final = 20
_PUBLISHED: Final = (
    "Bars were published for Moorfields Eye Hospital, in the classes that were published. Records "
    "of patients show finer ones: see Patient-level records."
)


class SpreadsPanel:
    """A card with four distributions."""

    def __init__(self) -> None:
        self.markup = html()
        self.view = NamedCard([self.markup], CARDS["routine"][1])
        self.view.add_class("ape-all")

    def draw(self, validation: Validation | None, records: Records | None) -> None:
        """Show a validation and records, or that there are none yet."""
        self.markup.value = spreads_markup(validation, records)
        self.view.numbers = None
        if validation is not None and validation.routine is not None:
            shown = shown_distributions(validation, records)
            self.view.numbers = partial(distributions_table, shown)


def shown_distributions(
    validation: Validation, records: Records | None
) -> tuple[Distribution, ...]:
    """Distributions to draw; none if no arm is routine care."""
    if validation.routine is None:
        return ()
    intervals = usual_intervals(validation.rows)
    return (
        *distributions(validation.routine, records),
        *((intervals,) if intervals is not None else ()),
    )


def spreads_markup(validation: Validation | None, records: Records | None) -> str:
    """Heading, sentence and drawings."""
    routine = validation.routine if validation else None
    head = heading("routine", f": {routine.title}" if routine else "")
    if validation is None:
        return f"{head}{WAITING}"
    if routine is None:
        return f"{head}<p class='ape-said'>None of the arms is routine care.</p>"
    beside = _PUBLISHED
    if records:
        beside = f"Bars are {records.n_eyes:,} eyes of the records, where not said to be published."
    sentence = f"Percentage of eyes; lines are simulated. {beside}"
    drawn = "".join(map(_figure, shown_distributions(validation, records)))
    source = f"<p class='ape-said'>Published: {text(CITATION)}.</p>"
    return (
        f"{head}<p class='ape-said'>{text(sentence)}</p><div class='ape-spreads'>{drawn}</div>"
        f"{source}"
    )


def _figure(shown: Distribution) -> str:
    """One distribution: classes side by side, each as wide as the next."""
    n = len(shown.classes)
    highest = max(*shown.simulated, *(shown.observed or ()))
    ticks = round_ticks(highest, 3)
    plot = Plot(_WIDTH, _HEIGHT, (0, n), (0, ticks[-1]))
    gap = 0.0 if shown.even else 0.08
    bars = [
        plot.bar(place + gap, place + 1 - gap, height, "is-observed")
        for place, height in enumerate(shown.observed or ())
    ]
    edges = [float(edge) for edge in range(n + 1) for _ in (0, 1)]
    steps = [0.0, *(height for height in shown.simulated for _ in (0, 1)), 0.0]
    parts = [
        plot.heights(ticks, "%"),
        *bars,
        plot.line(edges, steps, "is-simulated"),
        plot.places(places(shown)),
    ]
    title, unit = TITLES[shown.name]
    unit += "" if shown.from_records else ", published"
    return (
        f"<figure><figcaption>{text(title)} <small>{text(unit)}</small></figcaption>"
        f"{plot.drawing(parts, f'{title}. {_in_words(shown)}')}<p>{text(said(shown))}</p></figure>"
    )


def places(shown: Distribution) -> list[tuple[float, str]]:
    """Ticks of the horizontal axis, counted in classes."""
    n = len(shown.classes)
    if shown.name == "intervals":
        # Too many classes for their names: where they begin, in weeks.
        return [(0.5, "none"), *((place, str(shown.starts[place])) for place in range(2, n))]
    if not shown.even:
        return [(place + 0.5, label) for place, label in enumerate(class_labels(shown))]
    step = _TICKS.get(shown.name, _WIDE_TICK)
    middle = 0.5 if shown.width == 1 else 0.0
    return [
        (place + middle, str(start).replace("-", "\N{MINUS SIGN}"))
        for place, start in enumerate(shown.starts)
        if start % step == 0
    ]


def _in_words(shown: Distribution) -> str:
    """Every class in words, for those who cannot see the drawing."""
    observed = shown.observed or ()
    told = [
        f"{label}: {words.one_decimal(simulated)}% simulated"
        + (f", {words.one_decimal(observed[place])}% observed" if observed else "")
        for place, (label, simulated) in enumerate(
            zip(class_labels(shown), shown.simulated, strict=True)
        )
    ]
    return f"{said(shown)}. {'; '.join(told)}"


def said(shown: Distribution) -> str:
    """Means in words."""
    if shown.simulated_mean is None:
        return "Median of each eye that was followed through the year"
    shown_as = words.signed if shown.name == "change" else words.one_decimal
    simulated = f"Mean {shown_as(shown.simulated_mean)} simulated"
    if shown.observed_mean is None:
        return simulated
    return f"{simulated}, {shown_as(shown.observed_mean)} in {shown.n_observed:,} eyes"
