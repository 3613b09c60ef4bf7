"""The state of a page that compares protocols on the same patients; it knows of no widget.

All of it can be rebuilt from the store and the ids of the runs: a page that is lost loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from ape_core.analysis.compare import Comparison, compare
from ape_core.analysis.same_patients import (
    LEAST_RUNS,
    MOST_RUNS,
    check_same_patients,
    of_the_same_patients,
)
from ape_core.errors import ApeError, CorruptRunError, InvalidSpecError
from ape_core.runs import Progress, Run, estimate, open_run
from ape_core.spec.cohort import Cohort
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.store import Store
from widgets.format import count, parse_count
from widgets.question import FIRST_QUESTION, NUMBERS
from widgets.session import Notice
from widgets.several.protocols import ProtocolChoice
from widgets.several.usual import usual_groups

if TYPE_CHECKING:
    from ape_core.analysis.paired import Paired

FIRST_PROTOCOLS: Final = (
    "aflibercept-2mg-treat-and-extend",
    "faricimab-6mg",
    "ranibizumab-0.5mg-prn",
)
"""What is compared for a visitor who has asked nothing yet: a real answer within seconds."""

FIRST_PATIENTS: Final = {
    name: str(FIRST_QUESTION[name]) for name in ("population", "patients", "years", "seed")
}
"""Those of the first question of the front page, with which a run is shared."""
MOST_BY_ITSELF: Final = 60_000
"""Years of patients that are simulated for a visitor who pressed nothing: seconds."""

OF_THE_STORE: Final = (
    "These are the newest runs in the store of protocols of the list, on the same patients, with "
    "the disease as it ships; runs that were drawn or varied are not among them. To ask your own "
    "question, choose protocols and patients in the form."
)
BESIDE: Final = (
    "These are the runs on the patients of the run that you came from. To ask your own question, "
    "choose protocols and patients in the form."
)
AN_EXAMPLE: Final = (
    "This is an example on few patients, as no protocols were compared in this store yet. To ask "
    "your own question, choose protocols and patients in the form."
)
"""Why a page shows what its visitor did not ask for."""

STARTING: Final = "starting"
OPENING: Final = "opening"
"""What becomes of a run from the press of the button on, until more is known."""

_NO_STATUS: Final = ("complete", "interrupted", "failed")


class SeveralSession:
    """One page's view of two to six runs of the same patients.

    Parameters
    ----------
    store
        Folder of runs; by default the user's.
    """

    first_protocols: ClassVar[tuple[str, ...]] = FIRST_PROTOCOLS
    """Protocols that are compared for a first visitor."""

    def __init__(self, store: str | Path | None = None) -> None:
        self.store = Store(store)
        self.question = dict(FIRST_PATIENTS)
        self.protocols = ProtocolChoice(self.store.path, self.first_protocols)
        self._base: RunSpec | None = None
        self.comparison: Comparison | None = None
        self.progress: tuple[Progress, ...] = ()
        self.paired: Paired | None = None
        self.damage: CorruptRunError | None = None
        self.damaged: tuple[int, ...] = ()
        self.problem = ""
        self.wrong_field = ""
        self.seconds: float | None = None
        self.reference = 0
        self.notice: Notice | None = None
        self.asked: list[RunSpec] | None = None
        self.is_starting = False
        self.why = ""

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Runs that are shown, in their order."""
        return tuple(run.run_id for run in self.comparison.runs) if self.comparison else ()

    @property
    def titles(self) -> tuple[str, ...]:
        """Titles of the protocols that are shown."""
        return self.comparison.titles if self.comparison else ()

    @property
    def is_shown(self) -> bool:
        """Whether what is asked is what is shown."""
        asked = self.asked
        return asked is not None and tuple(spec.run_id for spec in asked) == self.run_ids

    @property
    def is_settled(self) -> bool:
        """Whether no run waits or runs."""
        return all(item.status in _NO_STATUS for item in self.progress)

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked every run that waits or runs to stop."""
        runs = self.comparison.runs if self.comparison else ()
        busy = [
            run.folder.cancel_requested()
            for run, item in zip(runs, self.progress, strict=False)
            if item.status not in _NO_STATUS
        ]
        return bool(busy) and all(busy)

    @property
    def can_go_on(self) -> bool:
        """Whether a run has stopped before its end, or has to be repaired."""
        return self.damage is not None or any(
            item.status in ("interrupted", "failed") for item in self.progress
        )

    def arrive(self, run_ids: Sequence[str] = (), beside: str = "") -> None:
        """Begin with the runs of a link, else the newest of the same patients, else a first answer.

        Runs of a link that cannot be opened together are reported, and others are shown instead.
        Without a link, `why` says why they are shown. Little is simulated before anybody asks.

        Parameters
        ----------
        run_ids
            Runs of the link.
        beside
            A run that another page showed: those of its patients come before newer ones.
        """
        trouble = self._try_to_open(run_ids) if run_ids else None
        for newest in usual_groups(self.store, beside) if self.comparison is None else ():
            if self._try_to_open(newest) is None:
                came = any(beside and item.startswith(beside) for item in newest)
                self.why = BESIDE if came else OF_THE_STORE
                break
        self._check()
        if self.comparison is None and self._is_little:
            self.start()
            self.why = AN_EXAMPLE
        if trouble is not None:
            self.report(trouble.message, trouble.hint)

    def edit(self, name: str, value: str) -> None:
        """Change one part of the question, and see whether it can be asked."""
        if name == "population" and value != self.question["population"]:
            self._base = None
        self.question[name] = value
        self.notice = None
        self._check()

    def tidy(self, but: str = "") -> None:
        """Write the numbers of the question as they were understood, except the one named."""
        for name in NUMBERS:
            try:
                number = self._number(name)
            except InvalidSpecError:
                continue
            if name != but:
                self.question[name] = str(number) if name == "seed" else count(number)

    def choose(self, name: str, *, on: bool) -> None:
        """Take a protocol into the comparison, or out of it."""
        self.protocols.choose(name, on=on)
        self.notice = None
        self._check()

    def start(self) -> None:
        """Ask: join the runs that answer, or start them."""
        try:
            if self.asked is None:
                raise InvalidSpecError(self.problem or "Nothing is asked yet.")
            self._show(compare(self.asked, self.store))
        finally:
            self.is_starting = False

    def expect_start(self) -> None:
        """Note that `start` comes next, so that a page can react before it takes its time."""
        self.is_starting = self.asked is not None

    def about_to_start(self) -> tuple[Progress, ...]:
        """How far the runs are that are asked for, before anything is done about them."""
        return tuple(
            Progress(
                spec.run_id, "running", OPENING if spec.run_id in self.store else STARTING,
                0, 0, spec.cohort.n_patients,
            )
            for spec in self.asked or ()
        )  # fmt: skip

    def open(self, run_ids: Sequence[str]) -> None:
        """Show runs of the store; their question becomes the one in the form.

        Raises
        ------
        InvalidInputError
            They are not of the same patients, or there are too few or too many.
        """
        comparison = Comparison([open_run(run_id, self.store) for run_id in run_ids])
        self._adopt(comparison)
        self._show(comparison)
        self._go_on()

    def cancel(self) -> None:
        """Stop every run at its next commit; what is committed stays."""
        for run in self.comparison.runs if self.comparison else ():
            run.cancel()

    def resume(self) -> None:
        """Go on with every run that stopped before its end; repair those that are damaged."""
        self.notice = None
        runs = self.comparison.runs if self.comparison else ()
        for run, item in zip(runs, self.progress, strict=False):
            if item.status in ("interrupted", "failed") or _is_damaged(run):
                run.resume()
        self.refresh()

    def refresh(self) -> None:
        """Read anew what may have changed: how far the runs are, and what they committed."""
        if self.comparison is None:
            return
        gone = [run_id for run_id in self.run_ids if run_id not in self.store]
        if gone:
            self._release()
            self.report(
                f"Run {gone[0][:12]} of the comparison has been deleted.", "Compare once more."
            )
            return
        for run in self.comparison.runs:
            run.mark_used()
        self.progress = self.comparison.progress()
        self._read_figures(self.comparison)

    def _read_figures(self, comparison: Comparison) -> None:
        """Read what is committed in all runs; say so while a summary is damaged."""
        try:
            self.paired, self.damage = comparison.paired(), None
        except CorruptRunError as error:
            self.paired, self.damage = None, error
        damaged = tuple(at for at, run in enumerate(comparison.runs) if self.damage is not None
                        and _is_damaged(run))  # fmt: skip
        if self.damage is not None and (damaged != self.damaged or self.notice is None):
            self.notice = _damaged_notice([comparison.titles[at] for at in damaged])
        elif self.damage is None and self.damaged:
            self.notice = None
        self.damaged = damaged

    def report(self, message: str, hint: str = "") -> None:
        """Tell the reader what went wrong."""
        self.notice = Notice(message, hint)

    def close(self) -> None:
        """Let go of what is held in memory; runs go on."""
        self._release()

    def _show(self, comparison: Comparison) -> None:
        """Show runs in place of those before."""
        self._release()
        self.comparison, self.notice, self.why = comparison, None, ""
        self.refresh()
        self._check()

    def _release(self) -> None:
        """Forget the runs that are shown, and all that was read of them."""
        self.comparison = self.paired = self.damage = None
        self.damaged = ()
        self.progress, self.reference = (), 0

    def _go_on(self) -> None:
        """Go on with runs whose workers were lost; those that were cancelled or failed wait."""
        runs = self.comparison.runs if self.comparison else ()
        for run, item in zip(runs, self.progress, strict=False):
            lost = item.status == "interrupted" and not item.cancelled and not item.error
            if lost and run.spec.is_current:
                run.resume()

    def _adopt(self, comparison: Comparison) -> None:
        """Write the question that runs answer into the form."""
        spec = comparison.runs[0].spec
        self.protocols.adopt(comparison.runs)
        self._base = spec
        self.question = {
            "population": spec.people.name,
            "patients": count(spec.cohort.n_patients),
            "years": str(spec.years),
            "seed": str(spec.seed),
        }

    @property
    def _is_little(self) -> bool:
        """Whether what is asked is so small that it is simulated before anybody asks for it."""
        asked = self.asked or []
        new = [spec for spec in asked if spec.run_id not in self.store]
        return bool(asked) and sum(s.cohort.n_patients * s.years for s in new) <= MOST_BY_ITSELF

    def _try_to_open(self, run_ids: Sequence[str]) -> ApeError | None:
        """Show runs; return why they cannot be shown."""
        try:
            self.open(run_ids)
        except ApeError as error:
            return error
        return None

    def _number(self, name: str) -> int:
        """Number that a field means."""
        return parse_count(self.question[name], name.capitalize(), *NUMBERS[name])

    def _check(self) -> None:
        """See whether the question can be asked, and how long it would take."""
        self.asked, self.problem, self.wrong_field, self.seconds = None, "", "", None
        try:
            asked = self._specs()
            self._check_number()
            check_same_patients(asked)
        except ApeError as error:
            self.problem = str(error)
            return
        self.asked = asked
        new = [spec for spec in asked if spec.run_id not in self.store]
        self.seconds = sum(estimate(spec, self.store).seconds for spec in new)

    def _check_number(self) -> None:
        """Refuse too few protocols, or too many, in the words of the form."""
        n_chosen = len(self.protocols.chosen)
        if not LEAST_RUNS <= n_chosen <= MOST_RUNS:
            raise InvalidSpecError(
                f"Choose {LEAST_RUNS} to {MOST_RUNS} protocols; {n_chosen} are chosen."
            )

    def _specs(self) -> list[RunSpec]:
        """Give the question for each protocol; the first field that is wrong is remembered."""
        numbers = {}
        for name in NUMBERS:
            self.wrong_field = name
            numbers[name] = self._number(name)
        self.wrong_field = ""
        size = {"n_patients": numbers["patients"], "years": numbers["years"]}
        protocols = self.protocols.protocols()
        if self._base is not None:  # it may say more of the patients than the form does
            base = self._base.replace(**size, seed=numbers["seed"])
            return [of_the_same_patients(base, protocol) for protocol in protocols]
        cohort = Cohort(numbers["patients"], population=self.question["population"])
        return [RunSpec(item, cohort, numbers["years"], numbers["seed"]) for item in protocols]


def _damaged_notice(titles: Sequence[str]) -> Notice:
    """Which runs are damaged, and what to do."""
    of = " and of ".join(f'"{title}"' for title in titles) or "a run"
    return Notice(
        f"The summary of {of} is damaged, and nothing can be compared.",
        "Press Go on: what is damaged is simulated again from the question.",
    )


def _is_damaged(run: Run) -> bool:
    """Whether the summary of a run is not what was committed."""
    try:
        run.summary()
    except CorruptRunError:
        return True
    return False
