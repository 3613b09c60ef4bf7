"""The charts of a comparison as images, in the same colours, for reports."""

from __future__ import annotations

import textwrap
from functools import partial
from typing import TYPE_CHECKING, Final

from matplotlib.ticker import MaxNLocator

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import decimals_of, interval_text, signed, value_text
from ape_core.schema import WEEKS_PER_YEAR
from widgets import format as words
from widgets.charts.axes import year_ticks
from widgets.compare.forest import SHOWN, shown_years
from widgets.several.colours import DASHES, LETTERS, colour_name
from widgets.static_charts import image_of
from widgets.theme import hexadecimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ape_core.analysis.paired import Difference, Paired

_LINES: Final = {"solid": "-", "dashed": "--", "dash_dotted": "-."}
_WIDE: Final = 9.0
"""Inches of every chart across."""
_LEGEND_LETTERS: Final = 30


def draw_comparison(paired: Paired, titles: Sequence[str], reference: int) -> dict[str, bytes]:
    """PNG of each chart, by its title; outcomes are those of the last year."""
    year = paired.years
    forest_title = f"Differences from {LETTERS[reference]}, with paired 95% intervals"
    charts = {
        "Acuity over time": partial(_course, paired, titles, "letters_change"),
        "Injections over time": partial(_course, paired, titles, "injections"),
        f"Letters against injections at year {year}": partial(_tradeoff, paired, reference),
    }
    images = {title: _on_axes(title, draw, 3.6) for title, draw in charts.items()}
    images[forest_title] = _forest(paired, reference, forest_title)
    return images


def _on_axes(title: str, draw: partial[None], height: float) -> bytes:
    """One chart as an image."""

    def drawn(figure: Figure) -> None:
        """Draw it on axes of its own."""
        axes = figure.add_subplot()
        axes.set_title(title, loc="left")
        draw(axes)

    return image_of(drawn, (_WIDE, height))


def _course(paired: Paired, titles: Sequence[str], name: str, axes: Axes) -> None:
    """One line for each protocol; their names and last values beside them, the highest first."""
    of_letters = name == "letters_change"
    found = []
    for place, title in enumerate(titles):
        course = paired.course(place)
        values = course.letters_change if of_letters else course.injections
        (line,) = axes.plot(
            course.weeks / WEEKS_PER_YEAR, values, _LINES[DASHES[place]], linewidth=2.2,
            color=_colour(place),
        )  # fmt: skip
        last = float(values[-1])
        shown = signed(last) if of_letters else words.one_decimal(last)
        found.append((last, line, _wrapped(f"{shown} {LETTERS[place]} {title}")))
    if of_letters:
        axes.axhline(0, color=hexadecimal("field"), linewidth=0.8)
    else:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(0, paired.years)
    axes.set_xticks(year_ticks(paired.years))
    axes.set_xlabel("Years since the first visit")
    axes.set_ylabel(
        "Letters gained since the first visit" if of_letters else "Injections per patient"
    )
    _, lines, labels = zip(*sorted(found, key=lambda item: -item[0]), strict=True)
    axes.legend(lines, labels, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _tradeoff(paired: Paired, reference: int, axes: Axes) -> None:
    """Each protocol a point; crosses are intervals of the differences from the reference."""
    year = paired.years
    for run in range(paired.n_runs):
        x, y = (paired.mean(run, name, year).value for name in ("injections", "letters_change"))
        colour = _colour(run)
        if run != reference:
            across, along = (
                paired.difference(run, reference, name, year)
                for name in ("injections", "letters_change")
            )
            ends = [[item.value - item.low, item.high - item.value] for item in (across, along)]
            axes.errorbar(
                [x], [y], xerr=_one(ends[0]), yerr=_one(ends[1]), color=colour, linewidth=2
            )
        axes.plot([x], [y], "o", color=colour, markersize=9)
        axes.annotate(LETTERS[run], (x, y), (9, 7), textcoords="offset points", weight="bold")
    axes.margins(0.18)
    axes.set_xlabel(
        "Injections per patient since the first visit; crosses are 95% intervals of the "
        f"difference from {LETTERS[reference]}"
    )
    axes.set_ylabel("Letters gained since the first visit")


def _forest(paired: Paired, reference: int, title: str) -> bytes:
    """Small panels, one for each outcome, each on its own scale."""
    n_rows = len(shown_years(paired.years)) * (paired.n_runs - 1)

    def drawn(figure: Figure) -> None:
        """Two panels beside each other."""
        figure.suptitle(title, x=0.01, ha="left", weight="semibold", size=12)
        for place, outcome in enumerate(SHOWN):
            _panel(
                figure.add_subplot(-(-len(SHOWN) // 2), 2, place + 1), paired, reference, outcome
            )

    return image_of(drawn, (_WIDE, 0.5 + len(SHOWN) / 2 * (0.9 + 0.24 * n_rows)))


def _panel(axes: Axes, paired: Paired, reference: int, outcome: str) -> None:
    """One outcome: a row for each year and protocol, its figures at the right."""
    found = [
        paired.difference(run, reference, outcome, year)
        for year in shown_years(paired.years)
        for run in range(paired.n_runs)
        if run != reference
    ]
    wording = OUTCOMES[outcome].wording
    axes.set_title(wording.title, loc="left", fontsize=10)
    axes.grid(visible=False)
    axes.axvline(0, color=hexadecimal("field"), linewidth=1)
    for place, item in enumerate(found):
        _difference(axes, place, item)
    axes.set_yticks(
        range(len(found)), [f"Year {item.year} {LETTERS[item.run]}" for item in found], fontsize=8
    )
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlabel(wording.apart, fontsize=8)
    axes.tick_params(labelsize=8)
    figures = axes.twinx()
    figures.grid(visible=False)
    figures.set_ylim(axes.get_ylim())
    decimals = decimals_of(found)
    said = [f"{value_text(item, decimals)} ({interval_text(item, decimals)})" for item in found]
    figures.set_yticks(range(len(found)), said, fontsize=8, color=hexadecimal("ink"))


def _difference(axes: Axes, place: int, item: Difference) -> None:
    """Mark and interval of one difference."""
    colour = _colour(item.run)
    axes.plot([item.low, item.high], [place, place], color=colour, alpha=0.45, linewidth=3)
    axes.plot([item.value], [place], "o", color=colour, markersize=5)


def _colour(place: int) -> str:
    """Colour of a protocol, for paper."""
    return hexadecimal(colour_name(place))


def _one(ends: list[float]) -> list[list[float]]:
    """Lengths of the two arms of one cross, never below 0."""
    return [[max(end, 0.0)] for end in ends]


def _wrapped(label: str) -> str:
    """Label in lines of moderate length."""
    return "\n".join(textwrap.wrap(label, _LEGEND_LETTERS))
