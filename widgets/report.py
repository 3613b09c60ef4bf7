"""A run as a report: the question in words, the run itself, tables, charts, how to repeat it.

For notebooks that papermill executes; every part is text, a table or an image, so that the notebook
reads the same without a kernel and without widgets.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from ape_core.clocks import instant, local_text, parse_utc
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.runs import Run, open_run, run
from ape_core.spec.checks import shown, suggestion
from ape_core.spec.cohort import Cohort
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.own_protocols import load_protocol
from ape_core.storage.store import Store
from widgets import format as words
from widgets.html import text
from widgets.report_costs import costs_markup
from widgets.report_parts import outcome_table, question_words, repeat_words

if TYPE_CHECKING:
    from IPython.display import HTML, Image

    from ape_core.summaries import Summary

PARAMETERS: Final = (
    "protocol", "population", "n_patients", "years", "seed", "store", "run", "prices"
)  # fmt: skip
_PLAIN: Final = (bool, int, float, str, list, tuple, dict, type(None))


class Report:
    """A question, its run and what is shown of it.

    Parameters
    ----------
    spec
        The question.
    store
        Folder of runs; by default APE_STORE, or else the user's data directory.
    existing
        A run that is there already, which is then reported as it is.
    prices
        Name of a set of prices, or a YAML file; empty for a report without costs.
    """

    def __init__(
        self,
        spec: RunSpec,
        store: str | None = None,
        existing: Run | None = None,
        prices: str = "",
    ) -> None:
        self.spec = spec
        self._store = Store(store or None)
        self._run = existing
        self._prices = prices

    @classmethod
    def of(cls, namespace: Mapping[str, Any]) -> Report:
        """Make a report of the parameters that a notebook defines.

        Parameters
        ----------
        namespace
            The notebook's `globals()`, before it defines anything but its parameters.

        Raises
        ------
        InvalidSpecError
            A parameter is not one of the notebook's, or its value is not allowed.
        """
        given = parameters_of(namespace, PARAMETERS)
        if given["run"]:
            existing = complete_run(given["run"], given["store"])
            return cls(existing.spec, given["store"], existing, given["prices"])
        cohort = Cohort(n_patients=given["n_patients"], population=given["population"])
        protocol = load_protocol(given["protocol"], Store(given["store"] or None).path)
        spec = RunSpec(protocol, cohort, given["years"], given["seed"])
        return cls(spec, given["store"], prices=given["prices"])

    def question(self) -> HTML:
        """The question in words."""
        return _html(question_words(self.spec, self._store.path))

    def simulate(self) -> HTML:
        """Answer the question in this process, or open the answer that the store holds."""
        if self._run is not None:
            return self._told(_when(self._run))
        known = self.spec.run_id in self._store
        reused = known and open_run(self.spec.run_id, self._store).status == "complete"
        started = monotonic()
        run(self.spec, self._store, progress=not reused)
        self._run = open_run(self.spec.run_id, self._store)
        seconds = words.duration(monotonic() - started)
        when = f"{_when(self._run)} and is reused"
        return self._told(when if reused else f"was simulated in {seconds}")

    def table(self) -> HTML:
        """Outcomes by year, and what they cost at the prices that are named."""
        summary = self._summary()
        title = self.spec.protocol.title
        costs = costs_markup({title: summary}, self._prices, self._store.path)
        return _html(outcome_table(summary) + costs)

    def charts(self) -> None:
        """Show the charts of the dashboard as images."""
        from IPython.display import display

        from widgets.static_charts import draw_all

        for name, png in draw_all(self._summary()).items():
            display(_image(png, name))  # type: ignore[no-untyped-call]

    def repeat(self) -> HTML:
        """What the figures do and do not say, and how to get them again."""
        return _html(repeat_words(self.spec, str(self._store.path)))

    def _told(self, told: str) -> HTML:
        """What the run is."""
        summary = self._summary()
        return _html(
            f"<p>Run <code>{self.spec.run_id[:12]}</code> {told}: "
            f"{words.count(summary.n_patients)} patients, {words.count(summary.n_visits)} visits, "
            f"{words.count(summary.n_injections)} injections.</p>"
        )

    def _summary(self) -> Summary:
        """Summary of the complete run."""
        summary = self._run.summary() if self._run else None
        if summary is None:
            raise InvalidSpecError("Nothing is simulated yet.", "Call simulate() first.")
        return summary


def _when(run: Run) -> str:
    """When a run was simulated, as far as that was noted."""
    attempts = run.folder.provenance().get("attempts") or [{}]
    began = attempts[-1].get("started")
    then = parse_utc(began) if began else instant(run.folder.created())
    return f"was simulated on {' at '.join(local_text(then).split())}"


def complete_run(run_id: object, store: str | None = None) -> Run:
    """Open a run that can be reported.

    Raises
    ------
    InvalidInputError
        There is no such run, or it is not complete.
    """
    if not isinstance(run_id, str):
        raise InvalidInputError(f"run is {shown(run_id)}, but must be the id of a run, as text.")
    opened = open_run(run_id, Store(store or None))
    status = opened.status
    if status != "complete":
        raise InvalidInputError(
            f"Run {opened.run_id[:12]} is {status}; a report is made of a complete run.",
            f"Wait for it, or complete it with `ape resume {opened.run_id[:12]}`.",
        )
    return opened


def parameters_of(namespace: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the parameters that a notebook defines; from here on its errors are short.

    Raises
    ------
    InvalidSpecError
        Something else is defined too: papermill itself only warns, and runs something else.
    """
    _shorten_tracebacks()
    given: dict[str, Any] = {
        name: value
        for name, value in namespace.items()
        if isinstance(value, _PLAIN) and not name.startswith("_") and name not in ("In", "Out")
    }
    for name in given:
        if name not in names:
            raise InvalidSpecError(
                f"There is no parameter {shown(name)}; there are {', '.join(names)}.",
                suggestion(name, names),
            )
    return given


def _shorten_tracebacks() -> None:
    """Let errors of this notebook be shown as their sentence alone."""
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if shell is not None:
            shell.InteractiveTB.set_mode(mode="Minimal")


def _html(markup: str) -> HTML:
    """Markup as the result of a cell."""
    from IPython.display import HTML

    return HTML(markup)  # type: ignore[no-untyped-call]


def _image(png: bytes, name: str) -> Image:
    """Image as an output of a cell, at half of its pixels so that it is sharp."""
    from IPython.display import Image

    return Image(data=png, alt=text(name), width=720)  # type: ignore[no-untyped-call]
