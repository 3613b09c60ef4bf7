"""The state of one page: the question being asked, the run being shown, and what went wrong.

Panels read it and pass on what the reader does; nothing here knows of widgets. All of it can be
rebuilt from the store: a page that is lost loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ape_core.errors import ApeError, CorruptRunError, InvalidSpecError, NoSuchRunError
from ape_core.runs import (
    Estimate,
    MemoryStatus,
    Progress,
    Run,
    check_memory,
    estimate,
    open_run,
    submit,
)
from ape_core.storage.own_protocols import OwnProtocols, list_protocols
from ape_core.storage.store import Store
from ape_core.summaries import Summary
from widgets.format import count, parse_count
from widgets.question import (
    FIRST_QUESTION,
    NUMBERS,
    Question,
    protocol_of,
    question_of,
    spec_of,
)
from widgets.runs_in_store import ListedRun, RunsInStore, newest_to_see

if TYPE_CHECKING:
    from ape_core.runs.importing import Imported
    from ape_core.spec.protocol import Protocol
    from ape_core.spec.protocol_yaml import ProtocolInfo
    from ape_core.spec.run_spec import RunSpec

_TICKS_PER_LISTING: Final = 2
_ENDED: Final = ("complete", "interrupted", "failed")
_PUT_RIGHT: Final = "The run holds a copy of it: press Put it right, and no row is lost."


@dataclass(frozen=True)
class Notice:
    """Something the reader must know."""

    message: str
    hint: str


class Session:
    """One page's view of a store.

    Parameters
    ----------
    store
        Folder of runs; by default the user's.
    """

    first_question: ClassVar[Mapping[str, Any]] = FIRST_QUESTION
    """What is asked for a visitor who has asked nothing yet."""
    numbers: ClassVar[Mapping[str, tuple[int, int]]] = NUMBERS
    """Whole numbers of the question, with the least and the most of each."""

    def __init__(self, store: str | Path | None = None) -> None:
        self._store = Store(store)
        self._listing = RunsInStore(self._store)
        self._run: Run | None = None
        self._summary_of = -1
        self._ticks = 0
        self._ended: set[tuple[str, int]] = set()
        self.library = OwnProtocols(self._store.path)
        self.protocols: list[ProtocolInfo] = []
        self.known_protocols: tuple[Any, ...] = ()
        self.protocol: Protocol | None = None
        self.question: Question = deepcopy(dict(self.first_question))
        self.asked: RunSpec | None = None
        self.problem = ""
        self.wrong_field = ""
        self.estimate: Estimate | None = None
        self.shown: RunSpec | None = None
        self.progress: Progress | None = None
        self.summary: Summary | None = None
        self.damage: CorruptRunError | None = None
        self.broken: Run | None = None
        self.went_on = ""
        self.notice: Notice | None = None
        self.runs: list[ListedRun] = []
        self.memory: MemoryStatus = check_memory()

    @property
    def run_id(self) -> str:
        """The run that is shown; empty when there is none."""
        return self._run.run_id if self._run else ""

    @property
    def listed(self) -> ListedRun | None:
        """What the list says of the run that is shown."""
        return next((run for run in self.runs if run.run_id == self.run_id), None)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the run to stop, here or elsewhere."""
        return self._run is not None and self._run.folder.cancel_requested()

    @property
    def mending(self) -> str:
        """What is being done about a complete run that is damaged; empty when nothing is."""
        progress = self.progress
        if self._run is None or self.damage is None or not progress:
            return ""
        if progress.status != "complete" or not self._run.folder.is_locked():
            return ""
        return str((self._run.folder.read_progress() or {}).get("phase", "starting"))

    @property
    def is_working(self) -> bool:
        """Whether somebody is at work on the run that is shown, or will be."""
        status = self.progress.status if self.progress is not None else ""
        return status in ("running", "queued") or bool(self.mending)

    @property
    def is_shown(self) -> bool:
        """Whether the question that is being asked is the one that is shown."""
        return self.asked is not None and self.asked.run_id == self.run_id

    @property
    def answered(self) -> bool:
        """Whether the store holds a run of the question that is being asked."""
        return self.asked is not None and self.asked.run_id in self._store

    def arrive(self, run_id: str = "") -> None:
        """Begin with the run that a link names, else the newest to see, else the first question.

        A link to a run that cannot be opened is reported, and the newest is shown instead; but no
        other is shown in place of one that can be put right.
        """
        self.runs = self._listing.read()
        trouble = self._try_to_open(run_id) if run_id else None
        if self._run is None and self.broken is None and self.runs:
            trouble = self._try_to_open(newest_to_see(self.runs).run_id) or trouble
        self._check()
        if self._run is None and not (run_id and self.broken):
            self.start()
        if trouble is not None:
            self.report(trouble.message, trouble.hint)

    @property
    def is_compiling(self) -> bool:
        """Whether a run of the store waits for the simulator to be compiled."""
        return any(run.is_compiling for run in self.runs)

    @property
    def store(self) -> Path:
        """Folder of the store."""
        return self._store.path

    def read_protocols(self) -> None:
        """Read the list of protocols, if one was saved or deleted, here or elsewhere."""
        known = self.library.stamp()
        if self.protocols and known == self.known_protocols:
            return
        is_first = not self.protocols
        self.known_protocols, self.protocols = known, list_protocols(self._store.path)
        if not is_first:
            self._check()  # the one that is asked for may be another by now

    def edit(self, name: str, value: Any) -> None:
        """Change one part of the question, and see whether it can be asked.

        A name that is chosen takes the place of what was edited or came with a run.
        """
        self.question[name] = value
        whole = {"protocol": "rules", "population": "population_of_run"}.get(name)
        if whole in self.question:
            self.question[whole] = None
        self.notice = None
        self._check()

    def tidy(self, but: str = "") -> None:
        """Write the numbers of the question as they were understood, except the one named."""
        for name in self.numbers:
            if name != but and (number := self._understood(name)) is not None:
                self.question[name] = str(number) if name == "seed" else count(number)

    def _understood(self, name: str) -> int | None:
        """Number that a field means, if it is one that can be asked."""
        try:
            return parse_count(self.question[name], name, *self.numbers[name])
        except InvalidSpecError:
            return None

    def start(self) -> None:
        """Ask the question: join the run that answers it, or start one."""
        if self.asked is None:
            raise InvalidSpecError(self.problem or "Nothing is asked yet.")
        spec = self.asked
        self._release()
        self._show(submit(spec, self._store), spec)

    def open(self, run_id: str) -> None:
        """Show an earlier run; its question becomes the one in the form.

        Nothing is shown in place of one whose question is damaged and can be put right.
        """
        run = open_run(run_id, self._store)
        try:
            self._show(run)
        except CorruptRunError as error:
            if self._run is run or run.folder.spec_copy() is None:
                raise
            self._release()
            self.broken = run
            raise CorruptRunError(error.message, _PUT_RIGHT) from error

    def put_right(self) -> None:
        """Write the question of the run that is broken again, have its files checked, show it."""
        if self.broken is not None:
            run_id = self.broken.run_id
            self.broken.resume()
            self.open(run_id)

    def take_in(self, path: Path) -> Imported:
        """Import a run that was exported to a file."""
        from ape_core.runs.importing import import_package

        imported = import_package(path, self._store)
        self.read_list()
        return imported

    def read_list(self) -> None:
        """Read the list of runs now, as something in it was changed here."""
        self.runs = self._listing.read()

    def handle(self, run_id: str) -> Run:
        """Return a run of the store, to be named, noted, archived or restored."""
        return open_run(run_id, self._store)

    def delete(self, run_id: str) -> None:
        """Delete a run; when it is the one that is shown, show the newest other."""
        self._store.delete(run_id)
        self.read_list()
        if run_id == self.run_id:
            self._release()
            self._check()
            if self.runs:
                self._try_to_open(newest_to_see(self.runs).run_id)

    def cancel(self) -> None:
        """Stop the run at its next commit; what is committed stays."""
        if self._run is not None:
            self._run.cancel()

    def resume(self) -> None:
        """Go on with a run that stopped before its end."""
        if self._run is not None:
            self.notice = None
            self._run.resume()
            self.refresh()

    def refresh(self) -> None:
        """Read anew what may have changed: the run, the list of runs, the memory."""
        if self._ticks % _TICKS_PER_LISTING == 0:
            self.runs = self._listing.read()
            self.read_protocols()
            self._estimate_anew()
        self._ticks += 1
        self.memory = check_memory()
        if self._run is None:
            return
        if self.run_id not in self._store:
            self._release()
            self.report("The run that was shown has been deleted.", "Open another, or ask again.")
            return
        self._run.mark_used()
        self.progress = self._run.progress()
        if self.progress.n_patients and self.progress.patients_committed != self._summary_of:
            self._read_summary(self._run, self.progress.patients_committed)

    def report(self, message: str, hint: str = "") -> None:
        """Tell the reader what went wrong."""
        self.notice = Notice(message, hint)

    def close(self) -> None:
        """Let go of everything that is held in memory; runs go on."""
        self._release()
        self.runs = []

    def _read_summary(self, run: Run, patients: int) -> None:
        """Read what is committed; remember why, if it cannot be read."""
        self.damage = None
        try:
            self.summary = run.summary()
        except CorruptRunError as error:
            self.damage = error
        else:
            self._summary_of = patients

    def _try_to_open(self, run_id: str) -> ApeError | None:
        """Show a run; return why it cannot be shown."""
        try:
            self.open(run_id)
        except NoSuchRunError:
            return NoSuchRunError(
                f"The link names run {run_id[:12]}, which is not in this store.",
                "It may have been deleted, or belong to another machine. Another run is shown.",
            )
        except ApeError as error:
            return error
        return None

    def _show(self, run: Run, asked: RunSpec | None = None) -> None:
        """Show a run in place of the one before, which is released.

        Protocols of equal rules are one run; it is called here as it was asked for here.
        """
        spec = asked or run.spec
        self._release()
        self._run, self.shown, self.notice = run, spec, None
        self.question = self.question_of(spec)
        self._ticks = 0
        self.refresh()
        self._go_on()
        self._check()

    def _go_on(self) -> None:
        """Go on with a run whose worker was lost; say why it had stopped.

        What somebody cancelled, or what would fail again, waits until somebody asks.
        """
        progress = self.progress
        if progress is None or progress.status != "interrupted":
            return
        if progress.cancelled or progress.error:
            return
        if self.shown is not None and not self.shown.is_current:
            return  # what it has can be read, and nothing be added
        happened = progress.story.partition(";")[0]
        try:
            self.resume()
        except (ApeError, OSError) as error:
            self.report(f"The run cannot go on: {error}")
        else:
            self.went_on = f"{happened}; it goes on from there." if happened else ""

    def _release(self) -> None:
        """Forget the run that is shown, and all that was read of it."""
        self.went_on = ""
        self._run = self.shown = self.progress = self.summary = self.damage = self.broken = None
        self._summary_of = -1

    def _check(self) -> None:
        """See whether the question can be asked, and what it would take."""
        self.asked, self.estimate, self.problem, self.wrong_field = None, None, "", ""
        self.protocol = None
        try:
            self.asked = self.spec_asked()
            self.estimate = estimate(self.asked, self._store)
        except ApeError as error:
            self.problem = str(error)

    def _estimate_anew(self) -> None:
        """Estimate the time anew once runs have ended: they say how fast this machine is."""
        ended = {(run.run_id, run.stamp) for run in self.runs if run.status in _ENDED}
        if ended != self._ended:
            self._ended = ended
            if self.asked is not None and self.estimate is not None:
                self.estimate = estimate(self.asked, self._store)

    def question_of(self, spec: RunSpec) -> Question:
        """Give the form that asks what a run answers."""
        return question_of(spec, self._store.path)

    def spec_asked(self) -> RunSpec:
        """Give the question as a spec; the first field that is wrong is remembered.

        Its protocol is kept as far as that makes sense, whatever else is wrong.
        """
        try:
            with suppress(InvalidSpecError):
                self.protocol = protocol_of(self.question, self._store.path)
            return spec_of(self.question, self._store.path)
        except InvalidSpecError as error:
            self.wrong_field = error.field
            raise
