"""A comparison as a report: words, tables and images that read the same without a kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ape_core.analysis.compare import Comparison
from ape_core.analysis.same_patients import check_same_patients
from ape_core.errors import InvalidInputError
from ape_core.runs.completing import complete
from ape_core.runs.starting import ask
from ape_core.spec.cohort import Cohort
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.own_protocols import load_protocol
from ape_core.storage.store import Store
from widgets.compare.report_words import (
    answer_markup,
    outcomes_markup,
    pairing_markup,
    question_markup,
    repeat_markup,
)
from widgets.economics.report import Priced, economics_answer, economics_parts
from widgets.html import text
from widgets.report import complete_run
from widgets.several.session import FIRST_PROTOCOLS

if TYPE_CHECKING:
    from ape_core.runs import Run

PARAMETERS: Final = (
    "protocols", "population", "n_patients", "years", "seed", "runs", "reference", "prices",
    "utility", "draws", "draw_patients", "store",
)  # fmt: skip
_WIDTH_PX: Final = 900


class ComparisonReport:
    """What a notebook shows of a comparison.

    Parameters
    ----------
    comparison
        Complete runs of the same patients.
    reference
        Place of the one that the others are compared with, counted from 0.
    priced
        At which prices, by which mapping, and with which draws of the disease.
    """

    def __init__(
        self, comparison: Comparison, reference: int = 0, priced: Priced | None = None
    ) -> None:
        self.comparison = comparison
        self.reference = comparison.place(reference)
        self.priced = priced or Priced()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ComparisonReport:
        """Make a report of the parameters of a notebook; simulates what the store does not hold.

        Raises
        ------
        InvalidInputError
            A value is not allowed, or the runs are not of the same patients.
        """
        for name in ("protocols", "runs"):
            if not isinstance(given[name], list | tuple):
                raise InvalidInputError(
                    f"{name} is {given[name]!r}, but must be a list.",
                    'With papermill give it as -y "runs: [3f9a12, 77b0c4]"; quote ids of digits.',
                )
        runs = runs_of(given) if given["runs"] else _simulated(given)
        priced = Priced(
            given["prices"],
            given.get("utility", ""),
            given.get("draws", 0),
            given.get("draw_patients", 0),
        )
        return cls(Comparison(runs), given["reference"], priced)

    def _ipython_display_(self) -> None:
        """Show all of it."""
        from IPython.display import HTML, Image, display

        for part in self.parts():
            display(HTML(part))  # type: ignore[no-untyped-call]
        display(HTML("<h2>Charts</h2>"))  # type: ignore[no-untyped-call]
        for title, png in self.charts().items():
            shown = Image(data=png, alt=text(title), width=_WIDTH_PX)  # type: ignore[no-untyped-call]
            display(shown)  # type: ignore[no-untyped-call]
        for part in self.ending():
            display(HTML(part))  # type: ignore[no-untyped-call]

    def parts(self) -> list[str]:
        """Question, answer and outcomes; at prices the answer begins with cost and QALYs."""
        comparison, reference, priced = self.comparison, self.reference, self.priced
        costs = [economics_answer(comparison, reference, priced)] if priced.prices else []
        return [
            question_markup(comparison, reference, is_priced=bool(costs)),
            *costs,
            answer_markup(comparison, reference, is_first=not costs),
            outcomes_markup(comparison, reference),
        ]

    def charts(self) -> dict[str, bytes]:
        """PNG of each chart, by its title."""
        from widgets.compare.static import draw_comparison

        paired = self.comparison.paired()
        assert paired is not None  # complete runs of enough patients
        return draw_comparison(paired, self.comparison.titles, self.reference)

    def ending(self) -> list[str]:
        """What pairing brings, costs, caveats, and how to repeat it."""
        comparison, reference = self.comparison, self.reference
        store = comparison.runs[0].folder.path.parents[1]
        return [
            pairing_markup(comparison, reference),
            *economics_parts(comparison, reference, self.priced),
            repeat_markup(comparison, reference, str(store), self.priced.options),
        ]


def runs_of(given: Mapping[str, Any]) -> list[Run]:
    """Open the complete runs that are named."""
    return [complete_run(run_id, given["store"]) for run_id in given["runs"]]


def questions_of(given: Mapping[str, Any]) -> list[RunSpec]:
    """One question for each protocol, of the same patients."""
    store = Store(given["store"] or None).path
    cohort = Cohort(n_patients=given["n_patients"], population=given["population"])
    protocols = [load_protocol(name, store) for name in given["protocols"] or FIRST_PROTOCOLS]
    return [RunSpec(protocol, cohort, given["years"], given["seed"]) for protocol in protocols]


def _simulated(given: Mapping[str, Any]) -> list[Run]:
    """Simulate in this process what the store does not hold, one run after the other."""
    specs = questions_of(given)
    check_same_patients(specs)
    runs = [ask(spec, given["store"] or None) for spec in specs]
    for run in runs:
        complete(run)
    return runs
