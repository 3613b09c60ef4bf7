"""Every class of byte of every file of a run flipped, cut off or replaced by something else.

Each damage is made to a complete run and has to be named by `ape verify` and noticed by whoever
reads; then the run is repaired from its question, has the digest of an undisturbed run again, and
no part that was sound has been written again. Files that only advise may say anything: they must
change nothing and stop nothing.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from ape_core.errors import CorruptRunError
from ape_core.runs.chunks import finish_chunk
from ape_core.runs.completing import complete
from ape_core.runs.console import describe
from ape_core.runs.handle import Run
from ape_core.runs.progress import ProgressReporter
from ape_core.runs.starting import ask
from benchmarks.chaos.common import (
    Broken,
    PartFiles,
    Row,
    check_ended,
    demand,
    part_files,
    question,
    reopened,
    row,
    tell,
    undisturbed,
    workplace,
)
from benchmarks.chaos.damages import Damage, Regions, flip, flips, replacements, undo

_N_PATIENTS, _CHUNK = 90, 30
_SEED = 20_260_102
_PART = "part-000001.parquet"


@dataclass(frozen=True)
class Target:
    """A kind of file of a run.

    Attributes
    ----------
    name
        For the table.
    find
        Gives the file of a run.
    regions
        Classes of positions.
    advisory
        Whether nothing depends on what it says.
    """

    name: str
    find: Callable[[Run], Path]
    regions: Regions
    advisory: bool = False


@dataclass
class Tally:
    """What came of many damages of one kind of file."""

    n: int = 0
    repaired: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def _file(name: str) -> Callable[[Run], Path]:
    """Function that gives a file by its name."""
    return lambda run: run.folder.path / name


def _summary(run: Run) -> Path:
    """The summary that the checkpoint names."""
    return run.folder.path / str(run.folder.checkpoint().summary_file)


_TEXT = {"first": (0, 8), "inside": (8, -12), "checksum and end": (-80, 0)}
_TARGETS = (
    Target(
        "visits part",
        _file(f"visits/{_PART}"),
        {"magic": (0, 4), "pages": (4, -3000), "footer": (-3000, -8), "length, magic": (-8, 0)},
    ),
    Target(
        "patients part",
        _file(f"patients/{_PART}"),
        {"magic": (0, 4), "pages": (4, -3000), "footer": (-3000, -8), "length, magic": (-8, 0)},
    ),
    Target("checkpoint", _file("checkpoint.json"), _TEXT),
    Target(
        "summary",
        _summary,
        {"header": (0, 60), "counts": (60, -2000), "directory": (-2000, -22), "end": (-22, 0)},
    ),
    Target("question", _file("spec.json"), _TEXT),
    Target("provenance", _file("provenance.json"), _TEXT),
    Target("progress", _file("progress.json"), _TEXT, advisory=True),
    Target("error", _file("error.json"), _TEXT, advisory=True),
)


def rows(*, short: bool = False) -> list[Row]:
    """Damage every kind of file in every way; one line for each kind."""
    per_region, repair_each = (15, 20) if short else (40, 1)
    with workplace() as place:
        scene = Scene(place)
        found = []
        for target in (*_TARGETS, *_other_notes(scene.run)):
            tally = scene.damage_all(target, per_region, repair_each)
            found.append(_row(target, tally))
            tell(f"  {target.name}: {tally.n} damages")
        found.append(_both_question_and_checkpoint(scene))
        found.append(_never_decoded(scene))
    return found


def _other_notes(run: Run) -> list[Target]:
    """Files that say something about a run besides, and that nothing may depend on."""
    known = {target.find(run).name for target in _TARGETS}
    notes = sorted(path.name for path in run.folder.path.glob("*.json"))
    return [
        Target(name.partition(".")[0], _file(name), _TEXT, advisory=True)
        for name in notes
        if name not in known
    ]


def _row(target: Target, tally: Tally) -> Row:
    """One line of the table."""
    check = f"damaged {target.name}"
    if tally.broken:
        return row(check, tally.n, "; ".join(tally.broken[:3]), "failed")
    kinds = ", ".join(f"{n} {kind}" for kind, n in tally.kinds.items())
    promise = (
        "changed nothing and stopped nothing"
        if target.advisory
        else f"all named; {tally.repaired} repaired to the digest of an undisturbed run"
    )
    return row(check, tally.n, f"{kinds}: {promise}")


class Scene:
    """A complete run that is damaged and repaired again and again."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.spec = question(_N_PATIENTS)
        self.digest = undisturbed(self.spec)
        self.run = ask(self.spec, place / "store", _CHUNK)
        self.other = ask(question(_N_PATIENTS, seed=2), place / "store", _CHUNK)
        for run in (self.run, self.other):
            complete(run, 1)
            _say_it_failed(run)
        shutil.copytree(self.run.folder.path, place / "as it was")
        self.half = _half_done(place / "store")
        self.rng = random.Random(_SEED)

    def damage_all(self, target: Target, per_region: int, repair_each: int) -> Tally:
        """Make every damage to a kind of file; repair after every few."""
        tally = Tally()
        sound = target.find(self.run).read_bytes()
        other = target.find(self.other).read_bytes()
        damages = [
            *flips(self.rng, len(sound), target.regions, per_region),
            *replacements(self.place, sound, other),
        ]
        for kind, damage in damages:
            if kind == "missing" and target.name == "provenance":
                continue  # a worker that was killed at the end left none
            tally.n += 1
            tally.kinds[kind] += 1
            try:
                self._try(target, damage, tally, repair=tally.n % repair_each == 0 or _is_odd(kind))
            except Broken as broken:
                tally.broken.append(f"{kind} no. {tally.n}: {broken}")
                self._start_anew()
        return tally

    def _try(self, target: Target, damage: Damage, tally: Tally, *, repair: bool) -> None:
        """Make one damage, see that it is noticed, and repair it or undo it."""
        path = target.find(self.run)
        sound, before = path.read_bytes(), part_files(self.run)
        damage(path)
        if target.advisory:
            self._check_harmless(target, damage)
        else:
            self._check_noticed(target, path)
        if repair:
            complete(reopened(self.run), 1, check=True)
            self._check_repaired(target, before)
            self._start_anew()
            tally.repaired += 1
        else:
            undo(path, sound)

    def _check_noticed(self, target: Target, path: Path) -> None:
        """Whoever verifies names the file; whoever reads is told, never given wrong rows."""
        name = str(path.relative_to(self.run.folder.path))
        named = {problem.file for problem in reopened(self.run).verify()}
        demand(name in named, f"{name} was not named, only {sorted(named)}")
        try:
            again = reopened(self.run)
            again.summary()
            again.results().summary.statistics()
            digest = again.digest()
        except Exception as error:  # noqa: BLE001  only the one kind is right
            right = isinstance(error, CorruptRunError) or "damaged" in str(error)
            demand(right, f"{type(error).__name__} on reading: {error}")
        else:
            # No row depends on a record of times or a title, and a link may lead to the same.
            is_told = target.name not in ("provenance", "question") and not path.is_symlink()
            demand(not is_told, "it could be read as if nothing were wrong")
            demand(digest == self.digest, "other rows were read")

    def _check_harmless(self, target: Target, damage: Damage) -> None:
        """What only advises changes neither state nor rows, of a complete run and of another."""
        again = reopened(self.run)
        demand(again.status == "complete", f"{target.name} made it {again.status}")
        demand(again.digest() == self.digest, f"{target.name} changed the digest")
        path = target.find(self.half)
        sound = path.read_bytes()
        damage(path)
        still = reopened(self.half).progress()
        with self.half.folder.acquire() or nullcontext():
            working = reopened(self.half).progress()
        undo(path, sound)
        demand(still.status in ("failed", "interrupted"), f"a half done run is {still.status}")
        demand(working.status == "running", f"a run at work is {working.status}")
        for progress in (still, working):
            demand(progress.patients_committed == _CHUNK, "patients are lost from sight")
            demand(describe(progress), "it cannot be described")

    def _check_repaired(self, target: Target, before: PartFiles) -> None:
        """The run is as it was, and nothing sound was written again."""
        check_ended(self.run, self.digest)
        if target.name != "checkpoint":  # without it nobody knows which parts are sound
            after = part_files(self.run)
            again = {name for name in before if before[name] != after.get(name)}
            demand(all(name.endswith(_PART) for name in again), f"written again: {sorted(again)}")
        lost = {path.name for path in self.run.folder.path.rglob("*.set-aside-*") if path.is_file()}
        demand(not lost, f"set aside though they were files: {sorted(lost)}")

    def _start_anew(self) -> None:
        """Put the run back as it was before all damage."""
        shutil.rmtree(self.run.folder.path)
        shutil.copytree(self.place / "as it was", self.run.folder.path)
        self.run = reopened(self.run)


def _say_it_failed(run: Run) -> None:
    """Give a run the file that says why an attempt failed."""
    run.folder.write_error("It failed, says this file.", "Nothing depends on it.")


def _half_done(store: Path) -> Run:
    """A run of which one part is committed, and which says what a worker would."""
    spec = question(_N_PATIENTS, seed=3)
    run = ask(spec, store, _CHUNK)
    finished = finish_chunk(spec, run.folder.path, _CHUNK)((0, _CHUNK))
    run.folder.committed.save_progress([finished.record], finished.summary.to_arrays())
    reporter = ProgressReporter(run.folder.write_progress)
    reporter.n_patients = _N_PATIENTS
    reporter.start_from(_CHUNK)
    reporter.enter("simulating")
    _say_it_failed(run)
    return run


def _is_odd(kind: str) -> bool:
    """Whether a damage is of a kind that is rare, and so is always repaired."""
    return not kind.startswith("flipped")


def _both_question_and_checkpoint(scene: Scene) -> Row:
    """Neither the question nor its copy is left: asking again is what helps, and is said."""
    check = "damaged question and its copy"
    for name in ("spec.json", "checkpoint.json"):
        (scene.run.folder.path / name).write_bytes(b"")
    try:
        complete(reopened(scene.run), 1, check=True)
    except CorruptRunError as error:
        if "Ask the same question again" not in str(error):
            return row(check, 1, f"it was only said: {error}", "failed")
    complete(ask(scene.spec, scene.place / "store"), 1)
    try:
        check_ended(scene.run, scene.digest)
    except Broken as broken:
        return row(check, 1, str(broken), "failed")
    return row(check, 1, "said so; asking the question again gave the same digest")


def _never_decoded(scene: Scene) -> Row:
    """No damaged part reaches the decoder, which some damages make end the process."""
    from ape_core.storage import arrow

    check, n = "damaged part and the decoder", 400
    path = scene.run.folder.path / "visits" / "part-000000.parquet"
    sound = path.read_bytes()
    decoded: list[bytes] = []
    real = arrow.PartFile

    def noted(place: Path, table: str, content: bytes) -> arrow.PartFile:
        decoded.append(content)
        return real(place, table, content)

    arrow.PartFile = noted  # type: ignore[assignment,misc]
    try:
        for position in range(len(sound) - n, len(sound)):
            flip(position, position % 8)(path)
            scene.run.verify()
            path.write_bytes(sound)
        scene.run.digest()
    finally:
        arrow.PartFile = real  # type: ignore[misc]
    intact = {part.read_bytes() for part in path.parents[1].rglob("part-*.parquet")}
    wrong = sum(content not in intact for content in decoded)
    if wrong or sound not in decoded:
        detail = f"{wrong} damaged parts were decoded" if wrong else "the watch saw nothing"
        return row(check, n, detail, "failed")
    return row(check, n, "every byte of a footer flipped: none was given to the decoder")
