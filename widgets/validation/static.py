"""The drawings of the page of validation as images, for reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.validation import ACUITY_CHANGE
from ape_core.analysis.wording import WORDING
from widgets.static_charts import image_of
from widgets.theme import hexadecimal
from widgets.validation.courses import with_limits
from widgets.validation.headings import CARDS
from widgets.validation.spreads import TITLES, places, said, shown_distributions
from widgets.validation.words import outcome_title, size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ape_core.analysis.distributions import Distribution
    from ape_core.analysis.records import Records
    from ape_core.analysis.validation import Compared, Course, Validation

_COLUMNS: Final = 4
_MARKS: Final = {"is-near": "acuity", "is-far": "lost-letters"}


def draw_all(validation: Validation, records: Records | None) -> dict[str, bytes]:
    """PNG of each drawing, by what it shows."""
    images = {
        "Differences in mean acuity, every target": forest(validation),
        CARDS["courses"][0]: courses(validation),
    }
    if validation.routine is not None:
        images[f"{CARDS['routine'][0]}: {validation.routine.title}"] = spreads(validation, records)
    return images


def forest(validation: Validation) -> bytes:
    """Differences in mean acuity with their 95% intervals."""
    rows = validation.of_outcome(ACUITY_CHANGE) or validation.rows
    ordered = sorted(rows, key=lambda row: (row.routine, row.arm, row.week), reverse=True)

    def draw(figure: Figure) -> None:
        """One line for each target."""
        axes = figure.add_subplot()
        axes.set_title(f"{outcome_title(rows[0].outcome)}: simulated less observed", loc="left")
        axes.grid(visible=False)
        axes.axvline(0, color=hexadecimal("field"), linewidth=1)
        for place, row in enumerate(ordered):
            _difference(axes, place, row)
        axes.set_yticks(range(len(ordered)), [f"{row.arm}, week {row.week}" for row in ordered])
        axes.set_ylim(-0.7, len(ordered) - 0.3)
        axes.set_xlabel(f"Difference in {WORDING[rows[0].outcome].apart}, with its 95% interval")

    return image_of(draw, (7.2, 1.0 + 0.2 * len(ordered)))


def courses(validation: Validation) -> bytes:
    """Small drawings of every arm on one scale."""
    shown = validation.courses
    n_rows = -(-len(shown) // _COLUMNS)

    def draw(figure: Figure) -> None:
        """One small plot for each arm."""
        for place, (course, limits) in enumerate(with_limits(shown)):
            _course(figure.add_subplot(n_rows, _COLUMNS, place + 1), course, limits)
        figure.supxlabel("Weeks", fontsize=9)
        figure.supylabel("Letters gained", fontsize=9)

    return image_of(draw, (9.0, 0.4 + 1.7 * n_rows))


def spreads(validation: Validation, records: Records | None) -> bytes:
    """Distributions of routine care."""
    shown = shown_distributions(validation, records)

    def draw(figure: Figure) -> None:
        """One plot for each distribution."""
        for place, each in enumerate(shown):
            _spread(figure.add_subplot(2, 3, place + 1), each)

    return image_of(draw, (11.0, 6.0))


def _difference(axes: Axes, place: int, row: Compared) -> None:
    """Mark and interval of one target."""
    colour = hexadecimal(_MARKS[size(row.z)])
    low, high = row.difference - row.half_width, row.difference + row.half_width
    axes.plot([low, high], [place, place], color=colour, alpha=0.4, linewidth=2.5)
    axes.plot([row.difference], [place], "o", color=colour, markersize=5)


def _course(axes: Axes, course: Course, limits: tuple[int, int]) -> None:
    """Line of one arm, with what was observed."""
    axes.set_title(course.arm, loc="left", fontsize=8)
    axes.axhline(0, color=hexadecimal("field"), linewidth=0.8)
    axes.plot(course.weeks, course.change, color=hexadecimal("acuity"), linewidth=1.8)
    axes.errorbar(
        [point.week for point in course.points], [point.value for point in course.points],
        yerr=[point.half_width for point in course.points],
        fmt="o", color=hexadecimal("ink"), markersize=3, linewidth=1,
    )  # fmt: skip
    axes.set_ylim(*limits)
    axes.set_xticks([week for week in course.weeks if week % 52 == 0])
    axes.tick_params(labelsize=7)


def _spread(axes: Axes, shown: Distribution) -> None:
    """Simulated as a line in steps, observed as bars."""
    title, name = TITLES[shown.name]
    axes.set_title(title, loc="left", fontsize=10)
    n = len(shown.classes)
    if shown.observed is not None:
        middle = [place + 0.5 for place in range(n)]
        axes.bar(middle, shown.observed, width=0.9, color=hexadecimal("unchanged"))
    axes.stairs(shown.simulated, range(n + 1), color=hexadecimal("acuity"), linewidth=2)
    ticks = places(shown)
    axes.set_xticks([at for at, _ in ticks], [label for _, label in ticks])
    axes.set_ylabel("% of eyes", fontsize=8)
    axes.set_xlabel(f"{words_of(name)}. {said(shown)}", fontsize=7.5)
    axes.tick_params(labelsize=7)


def words_of(name: str) -> str:
    """Name with a capital, as the beginning of a label."""
    return name[:1].upper() + name[1:]
