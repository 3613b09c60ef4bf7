"""The few figures that say what a clinic does and needs in a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.summaries.busy import daily_load
from widgets import format as words
from widgets.html import html, text
from widgets.service.words import busiest_week, when

if TYPE_CHECKING:
    from ape_core.summaries.staff_plan import StaffPlan
    from ape_core.summaries.staffing import Workload
    from widgets.service.session import ServiceSession

Tile = tuple[str, str, str]
"""Name, value, words below."""

_NAMES: Final = (
    "Visits a week",
    "Injections a week",
    "Busiest day",
    "Sessions on duty a week",
    "Whole-time staff",
)


class TilesPanel:
    """A strip of figures of the year that is looked at."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self.view = html()

    def draw(self) -> None:
        """Show the figures, or dashes while there are none."""
        work, plan = self._session.of_year, self._session.plan
        if work is None or plan is None:
            tiles = [(name, "\N{EN DASH}", "") for name in _NAMES]
        else:
            tiles = _tiles(work, plan, self._session.year)
        shown = "".join(
            f'<div><dt>{text(name)}</dt><dd class="ape-value">{text(value)}</dd>'
            f"<dd>{text(below)}</dd></div>"
            for name, value, below in tiles
        )
        self.view.value = f'<dl class="ape-tiles">{shown}</dl>'


def _tiles(work: Workload, plan: StaffPlan, year: int) -> list[Tile]:
    """Give what each tile says."""
    load, place = daily_load(work), year - 1
    weeks = work.n_weeks
    needed = plan.sessions_needed[place].sum() / weeks
    least = plan.staff_for_mean[place].sum()
    on_duty = int(plan.on_duty[place].sum()) * len(work.staffing.open_days)
    below = (
        f"mean of year {year}; {busiest_week(load)}",
        f"mean of year {year}",
        f"visits in year {year}, {when(load.peak_day)}",
        f"as planned for year {year}; {words.one_decimal(needed)} are needed in the mean week",
        f"for these sessions; {words.one_decimal(least)} if work were spread evenly",
    )
    values = (
        words.one_decimal(work.visits.sum() / weeks),
        words.one_decimal(work.injections.sum() / weeks),
        words.count(load.peak_day.n_visits),
        words.count(on_duty),
        words.one_decimal(plan.staff[place].sum()),
    )
    return list(zip(_NAMES, values, below, strict=True))
