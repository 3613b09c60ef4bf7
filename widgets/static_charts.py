"""The charts of the dashboard as images, in the same colours, for reports."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ape_core.schema import MAX_LETTERS, WEEKS_PER_YEAR
from ape_core.summaries.acuity import acuity_over_time, letters_change
from ape_core.summaries.retention import status_over_time
from ape_core.summaries.treatment import injection_intervals, injections_per_year
from ape_core.terms import STATUSES as EYE_STATUSES
from widgets import format as words
from widgets import static_courses
from widgets.charts.axes import year_ticks
from widgets.theme import FONT, hexadecimal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ape_core.summaries import Summary

TOP_LETTERS: Final = 85
_INCHES: Final = (7.2, 3.4)
_DOTS_PER_INCH: Final = 150


def draw_all(summary: Summary) -> dict[str, bytes]:
    """PNG of each chart, by its title."""
    charts: dict[str, Callable[[Axes, Summary], None]] = {
        "Visual acuity of living eyes, in care or not": _acuity,
        f"Change in letters at year {summary.years}": _change,
        "Injections per year, per eye in care": _injections,
        f"Weeks between injections in year {summary.years}": _intervals,
        "Who stays in care": _retention,
        "Letters gained and lost, living eyes": static_courses.gains,
        "70 letters or better, and eyes without fluid": static_courses.shares,
        "Planned intervals of eyes on treatment": static_courses.planned,
        "Patients from year to year": static_courses.flow,
    }
    return {title: _png(title, draw, summary) for title, draw in charts.items()}


def _png(title: str, draw: Callable[[Axes, Summary], None], summary: Summary) -> bytes:
    """One chart as an image."""

    def drawn(figure: Figure) -> None:
        """Draw it on axes of its own."""
        axes = figure.add_subplot()
        axes.set_title(title, loc="left")
        draw(axes, summary)

    return image_of(drawn, _INCHES)


def image_of(draw: Callable[[Figure], None], inches: tuple[float, float]) -> bytes:
    """PNG of whatever is drawn on a figure, in the look of the dashboard."""
    with rc_context(_style()):
        figure = Figure(figsize=inches, dpi=_DOTS_PER_INCH, layout="constrained")
        draw(figure)
        buffer = BytesIO()
        figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _style() -> Any:
    """Settings of matplotlib that give the look of the dashboard."""
    known = set(font_manager.get_font_names())
    wanted = (name.strip(" '") for name in FONT.split(","))
    faint, ink = hexadecimal("ink-faint"), hexadecimal("ink")
    return {
        "font.family": [name for name in wanted if name in known] or ["DejaVu Sans"],
        "font.size": 10,
        "text.color": ink,
        "axes.titleweight": "semibold",
        "axes.titlesize": 12,
        "axes.labelcolor": faint,
        "axes.spines.left": False,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.edgecolor": hexadecimal("field"),
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": hexadecimal("grid"),
        "xtick.color": faint,
        "ytick.color": faint,
        "ytick.major.size": 0,
    }


def _acuity(axes: Axes, summary: Summary) -> None:
    """Mean with the bands that hold the middle 50% and 80% of eyes."""
    view, colour = acuity_over_time(summary), hexadecimal("acuity")
    years = view.weeks / WEEKS_PER_YEAR
    axes.fill_between(years, view.p10, view.p90, color=colour, alpha=0.14, linewidth=0)
    axes.fill_between(years, view.p25, view.p75, color=colour, alpha=0.17, linewidth=0)
    axes.plot(years, view.mean, color=colour, linewidth=2.2)
    top = TOP_LETTERS if view.p90.max() <= TOP_LETTERS else MAX_LETTERS
    _over_years(axes, summary.years, "ETDRS letters", (0, top))
    for height, label in (
        (view.p90[-1], f"{view.p90[-1]} 90th centile"),
        (view.mean[-1], f"{words.one_decimal(view.mean[-1])} mean"),
        (view.p10[-1], f"{view.p10[-1]} 10th centile"),
    ):
        _label_end(axes, summary.years, float(height), label)


def _retention(axes: Axes, summary: Summary) -> None:
    """Stacked shares of all patients by status."""
    view = status_over_time(summary)
    names = [status.replace(" ", "-") for status in view.statuses]
    colours = [hexadecimal(name) for name in names]
    axes.stackplot(view.weeks / WEEKS_PER_YEAR, view.percent, colors=colours, labels=view.statuses)
    _over_years(axes, summary.years, "% of all patients", (0, 100))
    last = view.percent[:, -1]
    handles, statuses = axes.get_legend_handles_labels()
    labels = [
        f"{words.percent(share)} {EYE_STATUSES[status].name}"
        for share, status in zip(last, statuses, strict=True)
    ]
    axes.legend(
        handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False
    )


def _change(axes: Axes, summary: Summary) -> None:
    """Share of eyes by letters gained, gains and losses of 15 in colour."""
    view = letters_change(summary, summary.years)
    colours = np.where(view.letters >= 15, hexadecimal("gained"), hexadecimal("unchanged"))
    colours = np.where(view.letters <= -15, hexadecimal("lost-letters"), colours)
    axes.bar(view.letters, 100 * view.n_eyes / max(1, view.n), color=colours, width=0.9)
    axes.set_xlim(-60.5, 60.5)
    axes.set_xticks(range(-60, 61, 15))
    axes.set_xlabel(
        f"Letters gained since the first visit; {view.pct_loss_ge15:.1f}% lost and "
        f"{view.pct_gain_ge15:.1f}% gained 15 or more"
    )
    axes.set_ylabel("% of living eyes")


def _injections(axes: Axes, summary: Summary) -> None:
    """Injections as bars with their values, visits as marks."""
    view = injections_per_year(summary)
    bars = axes.bar(view.years, view.mean, color=hexadecimal("injections"), width=0.5)
    axes.bar_label(
        bars, [words.one_decimal(mean) for mean in view.mean], padding=-19, color="white"
    )
    axes.plot(
        view.years, view.mean_visits, "D", color="none", markeredgecolor=hexadecimal("visits"),
        label="visits",
    )  # fmt: skip
    axes.margins(y=0.1)
    axes.set_xticks([tick for tick in year_ticks(summary.years) if tick])
    axes.set_xlabel("Year of follow-up")
    axes.set_ylabel("Injections (bars), visits (marks)")


def _intervals(axes: Axes, summary: Summary) -> None:
    """Share of the intervals by whole weeks."""
    view = injection_intervals(summary, summary.years)
    axes.bar(
        view.weeks[1:27], 100 * view.counts[1:27] / max(1, view.n), color=hexadecimal("injections")
    )
    axes.set_xticks(range(4, 27, 4))
    axes.set_xlabel(
        f"Weeks; {view.pct_ge8:.1f}% at least 8, {view.pct_ge12:.1f}% at least 12, "
        f"{view.pct_ge16:.1f}% at least 16"
    )
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0))


def _over_years(axes: Axes, years: int, unit: str, limits: tuple[float, float]) -> None:
    """Axes of a chart over time: yearly ticks, fixed limits."""
    axes.set_xlim(0, years)
    axes.set_ylim(*limits)
    axes.set_xticks(year_ticks(years))
    axes.set_xlabel("Years since the first visit")
    axes.set_ylabel(unit)


def _label_end(axes: Axes, at: float, height: float, label: str) -> None:
    """Label to the right of the end of a line."""
    axes.annotate(label, (at, height), (6, 0), textcoords="offset points", va="center")
