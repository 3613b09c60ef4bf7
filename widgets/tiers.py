"""The tiers of a run in plain words: on disk as it was written, or archived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.storage.places import shown
from widgets import format as words
from widgets.title import state_words

if TYPE_CHECKING:
    from widgets.runs_in_store import ListedRun

MEGABYTE: Final = 1 << 20

_DOING: Final = {
    "waiting to archive": "Waiting to archive",
    "checking before archiving": "Checking before archiving",
    "archiving": "Archiving",
    "waiting to restore": "Waiting to restore",
    "restoring": "Restoring",
}


def style_of(run: ListedRun) -> str:
    """Class of theme.css for the state of a run."""
    if run.doing:
        return "running"
    return "archived" if run.archived_words else run.status


def state_of(run: ListedRun) -> str:
    """State of a run in a word or two, and how far it is where something is going on."""
    if run.doing:
        share = f", {100 * run.done_share:.0f}%" if run.done_share else ""
        return f"{_DOING.get(run.doing, 'Busy')}{share}"
    if run.archived_words:
        return run.archived_words
    state = state_words(run.status, cancelled=run.cancelled)
    if run.status in ("running", "interrupted") and run.share < 1:
        state += f" at {100 * run.share:.0f}%"
    return state


def shown_size(n_bytes: int) -> str:
    """Size on disk: "28 KB", "10 MB", "3.4 GB"."""
    if n_bytes < MEGABYTE:
        return f"{max(1, round(n_bytes / 1024)):,}\N{NARROW NO-BREAK SPACE}KB"
    return words.megabytes(n_bytes / MEGABYTE)


def size_of(run: ListedRun) -> str:
    """Size of the rows of a run; empty while there are none."""
    return shown_size(run.n_bytes) if run.n_bytes else ""


def about_tier(run: ListedRun) -> str:
    """Where the rows of a run are and what that means, as a sentence or two."""
    size = size_of(run)
    if run.place:
        taken = f"{size} so far" if run.status != "complete" else size
        return (
            f"Its patients are in {shown(run.place)}{f' ({taken})' if size else ''} and take no "
            "disk here, so there is nothing to archive: object stores have tiers of their own."
        )
    if run.doing:
        return "It can be read and drawn meanwhile. You may close the page; it goes on."
    if run.status != "complete":
        return f"{size} on disk so far." if size else "Nothing is on disk yet."
    if run.is_archived:
        return (
            f"Archived: its patients take {size}. Charts are all here, and patients can be read "
            "as before; nothing has to be restored for that."
        )
    if run.is_half_archived:
        return (
            f"Archived in part, as that was stopped: its patients take {size}. All of it can be "
            "read. Archive goes on where it stopped."
        )
    return f"Its patients take {size} on disk. Archived, they would take about half of that."


def last_used(run: ListedRun) -> str:
    """When somebody used a run last, in words."""
    days = int(run.idle_days)
    return "used today" if days < 1 else f"not used for {words.plural(days, 'day')}"
