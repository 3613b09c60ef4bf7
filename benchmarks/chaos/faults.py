"""A disk that is full, fails or turns read-only while a worker commits.

Three ways: system calls that the kernel answers with an error (see `syscalls`), a small file system
in memory that fills up, and one that is made read-only under the worker. Each has to end in a clear
sentence, with nothing damaged that was committed; once the cause is gone the run goes on to the
digest of an undisturbed run.
"""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ape_core.runs.handle import Run
from benchmarks.chaos.common import (
    Broken,
    Row,
    alive,
    await_that,
    check_ended,
    check_kept,
    check_sound,
    demand,
    new_run,
    part_files,
    question,
    reopened,
    row,
    tell,
    undisturbed,
    workplace,
)
from benchmarks.chaos.nursery import ROOT, Nursery
from benchmarks.chaos.syscalls import Fault, Supervisor, why_not

_N_PATIENTS, _CHUNK = 400, 40
_WORDS: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
    errno.EIO: "the disk reported an error",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EMFILE: "Too many open files",
}
_PART, _SUMMARY, _CHECKPOINT = r"\.part-0", r"\.summary-\d", r"\.checkpoint\.json\."


@dataclass(frozen=True)
class Case:
    """One call that fails, and whether the run can do without."""

    call: str
    error: int
    path: str
    after: int = 0
    harmless: bool = False

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.call} {errno.errorcode[self.error]} {self.path} after {self.after}"

    def fault(self) -> Fault:
        """The fault to inject, not yet counted."""
        return Fault(self.call, self.error, self.path, self.after)


# `rename` is seen by its new name, which has no dot; "write" and "fsync" by the temporary one.
_SHORT: Final = (
    Case("write", errno.ENOSPC, _PART, 5),
    Case("fsync", errno.EIO, _CHECKPOINT, 1),
    Case("rename", errno.EROFS, r"summary-\d", 1),
    Case("openat", errno.ENOSPC, r"\.progress\.json", 0, harmless=True),
)
_ALL: Final = (
    *_SHORT,
    *(Case("write", error, _PART, 9) for error in (errno.EIO, errno.EDQUOT)),
    *(Case("write", errno.ENOSPC, path, 1) for path in (_SUMMARY, _CHECKPOINT)),
    *(Case("fsync", errno.EIO, path, 1) for path in (_PART, _SUMMARY, r"/visits$")),
    Case("fsync", errno.ENOSPC, r"/[0-9a-f]{64}$", 2),
    *(Case("fsync", errno.EIO, r"/[0-9a-f]{64}$", after) for after in range(4)),
    *(Case("rename", errno.EIO, path, 1) for path in (r"/part-0", r"/checkpoint\.json$")),
    Case("rename", errno.ENOSPC, r"/checkpoint\.json$", 0),
    *(Case("openat", error, _PART, 7) for error in (errno.ENOSPC, errno.EROFS, errno.EMFILE)),
    *(Case("openat", errno.EACCES, path, 1) for path in (_SUMMARY, _CHECKPOINT)),
    Case("unlink", errno.EIO, r"summary-\d", 0),
    *(Case("write", errno.ENOSPC, r"/store/", after) for after in (3, 12)),
    *(Case("fsync", errno.ENOSPC, r"/store/", after) for after in (3, 30)),
    *(Case("write", errno.ENOSPC, path, 0, harmless=True) for path in (r"progress", r"provenance")),
    Case("rename", errno.EIO, r"provenance", 0, harmless=True),
)  # fmt: skip


def rows(*, short: bool = False) -> list[Row]:
    """Let calls fail, a disk fill up and a file system turn read-only."""
    with workplace() as place:
        return [
            _calls(place, _SHORT if short else _ALL),
            *_in_namespace(place),
        ]


def _calls(place: Path, cases: tuple[Case, ...]) -> Row:
    """Every case of a call that fails."""
    check = "system calls that fail"
    reason = why_not()
    if reason:
        return row(check, 0, reason, "skipped")
    broken = []
    spec = question(_N_PATIENTS)
    digest = undisturbed(spec)
    with Nursery() as nursery:
        for number, case in enumerate(cases):
            run = new_run(place / f"{number}" / "store", spec, _CHUNK)
            try:
                _one_call(place, nursery, run, case)
                _go_on(place, nursery, run, digest)
            except Broken as problem:
                broken.append(f"{case.name}: {problem}")
            tell(f"  {case.name}")
    if broken:
        return row(check, len(cases), "; ".join(broken[:3]), "failed")
    errors = sorted({errno.errorcode[case.error] for case in cases})
    calls = sorted({case.call for case in cases})
    return row(
        check,
        len(cases),
        f"{', '.join(calls)} answered with {', '.join(errors)}: named in a sentence, nothing "
        "committed damaged, resumed to the digest of an undisturbed run",
    )


def _one_call(place: Path, nursery: Nursery, run: Run, case: Case) -> None:
    """Let a worker meet a call that fails, and look at what it leaves behind."""
    fault = case.fault()
    with Supervisor(place, [fault]) as supervisor:
        said = _worker(place, nursery, run, calls=supervisor.calls, supervisor=supervisor.path)
    demand(fault.hits, "the fault was never met")
    check_sound(run)
    progress = reopened(run).progress()
    if case.harmless:
        demand(said["outcome"] == "complete", f"it stopped: {said}")
        return
    demand(said["outcome"] == "StoreError", f"it ended with {said}")
    demand(_WORDS[case.error] in said["error"], f"it said {said['error']}")
    demand(said["hint"], "it did not say what to do")
    recorded = progress.status == "failed" and progress.error == said["error"]
    told = progress.status == "interrupted" and progress.story
    demand(recorded or told or progress.status == "complete", f"the run says {progress}")


def _go_on(place: Path, nursery: Nursery, run: Run, digest: str) -> None:
    """Resume when the cause is gone."""
    before = part_files(run)
    said = _worker(place, nursery, run, check=True)
    demand(said["outcome"] == "complete", f"resuming ended with {said}")
    check_kept(before, part_files(run))
    check_ended(run, digest)


def _worker(place: Path, nursery: Nursery, run: Run, **options: Any) -> dict[str, Any]:
    """Start a worker, wait until it ends by itself and return what it says."""
    log = place / "log"
    pid = nursery.start(run.folder.path, log, **options)
    await_that(lambda: not alive(pid), "the worker ended")
    text = log.read_text()
    demand(text.startswith("{"), f"the worker said {text[-500:]!r}")
    said: dict[str, Any] = json.loads(text)
    return said


def _in_namespace(place: Path) -> list[Row]:
    """Play the scenes that mount something in a world of its own, where nobody else sees it."""
    prefix = _unshare()
    if prefix is None:
        reason = "mounting is not allowed here, nor are user namespaces"
        return [row(check, 0, reason, "skipped") for check in _SCENES]
    command = [*prefix, sys.executable, "-B", "-m", "benchmarks.chaos.faults", str(place)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return [row("mounted disks", 0, f"{done.stderr.strip().splitlines()[-1:]}", "failed")]
    found: list[Row] = json.loads(done.stdout)
    return found


def _unshare() -> list[str] | None:
    """Command before one that may mount; None where nothing allows it."""
    as_root = ["unshare", "--mount"]
    as_user = ["unshare", "--user", "--map-root-user", "--mount"]
    for prefix in (as_root, as_user) if os.geteuid() == 0 else (as_user,):
        probe = "mount -t tmpfs -o size=1m none /tmp && mount -o remount,ro none /tmp"
        try:
            done = subprocess.run([*prefix, "sh", "-c", probe], capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if done.returncode == 0:
            return prefix
    return None


def _play(place: Path) -> list[Row]:
    """Play every scene, in the namespace."""
    found = []
    with Nursery() as nursery:
        for number, (check, scene) in enumerate(_SCENES.items()):
            folder = place / f"scene-{number}"
            folder.mkdir()
            try:
                found.append(row(check, 1, scene(folder, nursery)))
            except Broken as broken:
                found.append(row(check, 1, str(broken), "failed"))
    return found


def _full(folder: Path, nursery: Nursery) -> str:
    """A disk that somebody else fills while a worker commits."""
    _mount("-t", "tmpfs", "-o", "size=140m", "none", str(folder))
    spec = question(6_000)
    run = new_run(folder / "store", spec, _CHUNK)
    ended = _started(folder, nursery, run)
    filler = folder / "filler"
    _fill(filler)
    said = ended()
    _expect(run, said, "the disk is full")
    filler.unlink()
    _go_on(folder, nursery, run, undisturbed(spec))
    return _told(said)


def _readonly(folder: Path, nursery: Nursery) -> str:
    """A file system that turns read-only under a worker, as after an error of the disk."""
    store = folder / "store"
    spec = question(2_000)
    run = new_run(store, spec, _CHUNK)
    # Made beforehand and put in place at one stroke: a mount with an open writer stays writable.
    readonly = folder / "readonly"
    readonly.mkdir()
    _mount("--bind", str(store), str(readonly))
    _mount("-o", "remount,bind,ro", str(readonly))
    ended = _started(folder, nursery, run)
    _mount("--bind", str(readonly), str(store))
    said = ended()
    _expect(run, said, "the file system is read-only")
    subprocess.run(["umount", str(store)], check=True)
    _go_on(folder, nursery, run, undisturbed(spec))
    return _told(said)


_SCENES: Final[dict[str, Callable[[Path, Nursery], str]]] = {
    "disk that fills in the middle": _full,
    "file system that turns read-only": _readonly,
}


def _started(folder: Path, nursery: Nursery, run: Run) -> Callable[[], dict[str, Any]]:
    """Start a worker and wait for its first commit; the function waits for what it says last."""
    log = folder.with_name(f"{folder.name}.log")  # not on the disk that is to be full
    pid = nursery.start(run.folder.path, log)
    await_that(lambda: len(run.folder.checkpoint().parts) > 0, "something was committed")

    def ended() -> dict[str, Any]:
        """Wait for the worker."""
        await_that(lambda: not alive(pid), "the worker ended")
        said: dict[str, Any] = json.loads(log.read_text())
        return said

    return ended


def _expect(run: Run, said: dict[str, Any], words: str) -> None:
    """A sentence for whoever waits, one for whoever looks, and nothing damaged."""
    check_sound(run)
    demand(words in said["error"], f"the worker said {said}")
    progress = reopened(run).progress()
    demand(progress.status in ("failed", "interrupted"), f"the run is {progress.status}")
    demand(0 < progress.patients_done < progress.n_patients, "it ended too soon or too late")
    told = words in progress.error or re.search(
        r"once (there is room|the store can)", progress.story
    )
    demand(told, f"whoever looks is told: {progress.error} {progress.story}")


def _told(said: dict[str, Any]) -> str:
    """What is shown of a scene."""
    sentence = re.sub(r"/\S+/", "", said["error"])
    return f'"{sentence}" Nothing committed damaged, resumed to the undisturbed digest'


def _fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError as error:
            demand(error.errno == errno.ENOSPC, str(error))


def _mount(*words: str) -> None:
    """Mount something."""
    subprocess.run(["mount", *words], check=True)


if __name__ == "__main__":
    print(json.dumps(_play(Path(sys.argv[1]))))
