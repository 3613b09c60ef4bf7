"""`ape archive`, `restore`, `tidy`, `rename` and `note`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from ape_core import limits
from ape_core.commands.answer import Answer, counted, listing, megabytes, paragraph
from ape_core.runs.console import ProgressLine, duration
from ape_core.runs.handle import Run
from ape_core.runs.memory import MB
from ape_core.runs.starting import open_run
from ape_core.runs.tidying import GB, Tidied
from ape_core.runs.tidying import tidy as tidy_store
from ape_core.runs.tiering import TierChange, change_tier
from ape_core.storage.names import read_names
from ape_core.storage.store import Store
from ape_core.storage.tiers import COLD, WARM


def archive(asked: argparse.Namespace) -> Answer:
    """Write the rows of a run at maximum compression, once every file is found sound."""
    run = open_run(asked.run)
    change = _change(run, COLD)
    short, after = run.run_id[:12], megabytes(change.bytes_after / MB)
    if change.bytes_after == change.bytes_before:
        return _changed(change, f"Run {short} is archived already; its rows take {after}.")
    return _changed(
        change,
        f"Run {short} is archived: {after} instead of {megabytes(change.bytes_before / MB)} "
        f"({change.saved:.0%} less), read back and compared, in {duration(change.seconds)}.",
    )


def restore(asked: argparse.Namespace) -> Answer:
    """Write the rows of an archived run as they were."""
    run = open_run(asked.run)
    change = _change(run, WARM)
    short, after = run.run_id[:12], megabytes(change.bytes_after / MB)
    if change.bytes_after == change.bytes_before:
        return _changed(change, f"Run {short} is not archived; its rows take {after}.")
    return _changed(
        change,
        f"Run {short} is restored: its rows take {after}, and {megabytes(change.bytes_before / MB)}"
        f" when archived. It took {duration(change.seconds)}.",
    )


def tidy(asked: argparse.Namespace) -> Answer:
    """Archive what nobody uses, and what exceeds the quota; with --delete also delete."""
    store, line = Store(), ProgressLine()
    try:
        done = tidy_store(store, dry_run=asked.dry_run, delete=asked.delete, observe=line.show)
    finally:
        line.close()
    data = {
        "dry_run": asked.dry_run,
        **asdict(done),
        "quota_gb": limits.STORE_QUOTA_GB,
        "archive_after_days": limits.ARCHIVE_AFTER_DAYS,
        "over_quota": done.over_quota,
    }
    return Answer(data, _tidied(done, dry_run=asked.dry_run))


def rename(asked: argparse.Namespace) -> Answer:
    """Give a run a name, or take it away."""
    run = open_run(asked.run)
    run.rename(asked.name)
    short = run.run_id[:12]
    text = f"Run {short} is now called {run.name!r}." if run.name else f"Run {short} has no name."
    return Answer(_named(run), text)


def note(asked: argparse.Namespace) -> Answer:
    """Note something about a run, or show what is noted."""
    run = open_run(asked.run)
    if asked.text is not None:
        run.note = asked.text
    return Answer(_named(run), run.note or f"Nothing is noted about run {run.run_id[:12]}.")


def _change(run: Run, tier: str) -> TierChange:
    """Bring a run into a tier, with a line of progress on standard error."""
    line = ProgressLine()
    try:
        return change_tier(run, tier, line.show)
    finally:
        line.close()


def _changed(change: TierChange, text: str) -> Answer:
    """Answer about a run that was archived or restored."""
    return Answer(asdict(change), text)


def _named(run: Run) -> dict[str, Any]:
    """What programs are told of names."""
    names = read_names(run.folder)
    return {"run_id": run.run_id, "name": names.name, "note": names.note}


def _tidied(done: Tidied, *, dry_run: bool) -> str:
    """What tidying came to, in words."""
    quota = f"{limits.STORE_QUOTA_GB:g} GB"
    would = "would be " if dry_run else ""
    size = megabytes(done.bytes_after / MB)
    head = listing(
        [
            ("runs", f"{megabytes(done.bytes_before / MB)}; the quota is {quota}"),
            (f"{would}archived", _names(done.archived) or "nothing"),
            (f"{would}deleted", _names(done.deleted)),
            ("size then", f"about {size}" if dry_run else size if _changed_any(done) else ""),
            ("removed", ", ".join(done.removed)),
        ]
    )
    more = [f"Run {run[:12]} stays as it is: {why}" for run, why in done.refused.items()]
    if done.over_quota:
        excess = megabytes((done.bytes_after - limits.STORE_QUOTA_GB * GB) / MB)
        more.append(f"The runs take {excess} more than the quota of {quota}. {_could_go(done)}")
    return "\n".join([head, *([""] if more else []), *map(paragraph, more)])


def _changed_any(done: Tidied) -> bool:
    """Whether any run was changed."""
    return bool(done.archived or done.deleted)


def _could_go(done: Tidied) -> str:
    """What else would help."""
    rule = (
        f"Only complete runs without name or note that nobody has used for "
        f"{counted(round(limits.ARCHIVE_AFTER_DAYS), 'day')} are ever deleted so."
    )
    if done.could_go:
        return f"`ape tidy --delete` would delete {_names(done.could_go)}. {rule}"
    return f"Nothing more can be archived or deleted by this rule. {rule}"


def _names(runs: list[str]) -> str:
    """Short ids of runs."""
    return ", ".join(run[:12] for run in runs)
