"""`ape run`, `ape resume` and `ape estimate`."""

from __future__ import annotations

import argparse
from typing import Any

from ape_core.commands.answer import Answer, counted, listing, megabytes, paragraph
from ape_core.commands.question import read_question
from ape_core.commands.repairs import repairs
from ape_core.commands.results import results_table
from ape_core.runs import console
from ape_core.runs.completing import complete
from ape_core.runs.engine import Engine
from ape_core.runs.estimating import Estimate
from ape_core.runs.estimating import estimate as estimate_run
from ape_core.runs.handle import Run
from ape_core.runs.starting import ask, engine_of, open_run, submit
from ape_core.storage.verify import Problem


def run(asked: argparse.Namespace) -> Answer:
    """Simulate in this process, or start a worker with --detach."""
    spec = read_question(asked)
    engine = _engine(asked)
    size, place = asked.chunk_size, asked.parts
    found = ask(spec, chunk_size=size, workers=asked.workers, engine=engine, parts=place)
    reused, story = found.status == "complete", _story(found)
    if asked.detach:
        how = (asked.executor, asked.scheduler)
        submit(spec, workers=asked.workers, executor=how[0], scheduler=how[1])
        return _started(found, reused=reused, story=story)
    _complete(found, asked, engine, check=False)
    return _done(found, reused=reused, story=story)


def resume(asked: argparse.Namespace) -> Answer:
    """Check every file of a run, repair what is damaged and go on to its end."""
    found = open_run(asked.run)
    story, engine = _story(found), _engine(asked)
    if asked.detach:
        found.resume(asked.workers, engine.executor, engine.scheduler)
        return _started(found, reused=False, story=story)
    problems = _complete(found, asked, engine, check=True)
    done = _done(found, reused=False, story=story)
    data = {**done.data, "repaired": sorted({problem.file for problem in problems})}
    said = map(paragraph, repairs(found, problems))
    return Answer(data, "\n".join([*said, *([""] if problems else []), done.text]))


def _rounded(count: int) -> int:
    """A number to two digits, as an estimate is not better than that."""
    return int(float(f"{count:.2g}"))


def estimate(asked: argparse.Namespace) -> Answer:
    """Memory, disk and time of a run before it is started."""
    spec = read_question(asked)
    needed = estimate_run(spec, workers=asked.workers, chunk_size=asked.chunk_size)
    data = {
        "run_id": spec.run_id,
        "n_patients": spec.cohort.n_patients,
        "n_visits": needed.n_visits,
        "memory_mb": round(needed.memory_mb),
        "disk_mb": round(needed.disk_mb, 1),
        "seconds": round(needed.seconds, 1),
        "n_threads": needed.n_threads,
    }
    text = listing(
        [
            ("patients", f"{spec.cohort.n_patients:,}"),
            ("visits", f"about {_rounded(needed.n_visits):,}"),
            ("memory", f"{megabytes(needed.memory_mb)}, whatever the number of patients"),
            ("disk", megabytes(needed.disk_mb)),
            ("time", f"about {_time_needed(needed)}"),
        ]
    )
    return Answer(data, text)


def _time_needed(needed: Estimate) -> str:
    """Time and threads of a run that is not started."""
    return f"{console.duration(needed.seconds)} on {counted(needed.n_threads, 'thread')}"


def _engine(asked: argparse.Namespace) -> Engine:
    """What is to simulate."""
    return engine_of(asked.executor, asked.scheduler, asked.workers)


def _complete(
    found: Run, asked: argparse.Namespace, engine: Engine, *, check: bool
) -> list[Problem]:
    """Bring a run to its end with a line of progress on standard error; return what it mended."""
    line = None if asked.quiet else console.ProgressLine()
    try:
        show = line.show if line else None
        return complete(found, asked.workers, show, check=check, engine=engine)
    finally:
        if line:
            line.close()


def _story(found: Run) -> str:
    """What had happened to a run that goes on now; empty when it begins or is complete."""
    return found.progress().story if found.folder.read_progress() is not None else ""


def _done(found: Run, *, reused: bool, story: str) -> Answer:
    """Answer about a run that is complete."""
    data = _about(found, reused=reused)
    head = listing(
        [
            ("run", found.run_id[:12]),
            ("question", f"{found.spec.protocol.title}, {_years(found)}"),
            ("patients", f"{data['n_patients']:,}"),
            ("visits", f"{data['n_visits']:,}"),
            ("time", _time(data["seconds"], reused=reused)),
            ("before", story),
        ]
    )
    return Answer(data, f"{head}\n\n{results_table(found)}")


def _years(found: Run) -> str:
    """Length of a run."""
    return counted(found.spec.years, "year")


def _time(seconds: float, *, reused: bool) -> str:
    """How long a run took, and whether it did so now."""
    took = console.duration(seconds)
    return f"{took}, earlier: the answer was in the store" if reused else took


def _started(found: Run, *, reused: bool, story: str) -> Answer:
    """Answer about a run that a worker brings to its end."""
    data = _about(found, reused=reused)
    short = found.run_id[:12]
    follow = "" if reused else f" `ape progress {short}` says how far it is."
    return Answer(data, f"{story} Run {short} is {data['status']}.{follow}".strip())


def _about(found: Run, *, reused: bool) -> dict[str, Any]:
    """What programs are told of a run that was asked for."""
    return {
        "run_id": found.run_id,
        "status": found.status,
        "n_patients": found.n_patients,
        "n_visits": found.folder.checkpoint().n_visits,
        "seconds": round(found.folder.provenance().get("seconds", 0.0), 3),
        "reused": reused,
    }
