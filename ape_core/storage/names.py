"""What people call a run and what they note about it: not part of its question, and no row's cause.

Both live in a small file of their own in the run's folder. Names from other people are text: they
are bounded, hold no control characters, and are escaped wherever they become markup.
"""

from __future__ import annotations

import time
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from ape_core.errors import ApeError, InvalidInputError, StoreError
from ape_core.storage.files import read_json, write_json
from ape_core.storage.locks import FileLock
from ape_core.storage.run_folder import RunFolder

NAMES_FILE: Final = "names.json"
MAX_NAME: Final = 80
MAX_NOTE: Final = 2_000

_LOCK_FILE: Final = "names.lock"
_TURN_SECONDS: Final = 5.0
_FORBIDDEN: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of characters that are no text: control, lone surrogates, line separators."""

_TURNING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows, and so can disguise it."""


@dataclass(frozen=True)
class Names:
    """Name and note of a run; empty when nobody gave any.

    `is_readable` is false when there is a file, but not one that can be read: nobody may take such
    a run for one that no person cares about.
    """

    name: str = ""
    note: str = ""
    is_readable: bool = True

    @property
    def are_given(self) -> bool:
        """Whether a person named the run or noted anything about it."""
        return bool(self.name or self.note) or not self.is_readable


def read_names(folder: RunFolder) -> Names:
    """Return name and note of a run, as far as they can be read."""
    path = folder.path / NAMES_FILE
    if not path.exists():
        return Names()
    try:
        content = read_json(path)
        return Names(
            check_text("name", str(content.get("name", "")), MAX_NAME),
            check_text("note", str(content.get("note", "")), MAX_NOTE),
        )
    except ApeError:
        return Names(is_readable=False)


def write_names(folder: RunFolder, *, name: str | None = None, note: str | None = None) -> Names:
    """Give a run a name or a note; an empty one takes it away. What is not given stays.

    Raises
    ------
    InvalidInputError
        When the text is too long, or holds characters that are no text.
    NoSuchRunError
        When the run has been deleted.
    StoreError
        When the file cannot be written.
    """
    with _turn(folder):
        names = read_names(folder)
        if name is not None:
            names = replace(names, name=check_text("name", name, MAX_NAME))
        if note is not None:
            names = replace(names, note=check_text("note", note, MAX_NOTE))
        write_json(folder.path / NAMES_FILE, {"name": names.name, "note": names.note})
    return replace(names, is_readable=True)


def offer_names(folder: RunFolder, offered: Names) -> bool:
    """Give a run name and note unless somebody gave it either; return whether it has them now."""
    if not offered.are_given:
        return False
    with _turn(folder):
        if read_names(folder).are_given:
            return False
        write_json(folder.path / NAMES_FILE, {"name": offered.name, "note": offered.note})
    return True


def check_text(what: str, text: str, most: int) -> str:
    """Return a name or note without blanks around it; a note may have several lines.

    Raises
    ------
    InvalidInputError
        Saying what is not allowed.
    """
    several_lines = what == "note"
    kept = text.replace("\r\n", "\n").strip()
    if len(kept) > most:
        raise InvalidInputError(
            f"The {what} has {len(kept):,} characters, but at most {most:,} are kept.",
            "Shorten it.",
        )
    for place, character in enumerate(kept, start=1):
        if character == "\n" and several_lines:
            continue
        if unicodedata.category(character) in _FORBIDDEN or character in _TURNING:
            raise InvalidInputError(
                f"Character {place} of the {what} is U+{ord(character):04X}, which is no text: "
                "control characters and those that turn the direction of text are refused.",
                f"Leave it out. {'A note' if several_lines else 'A name'} may hold letters, "
                "digits, punctuation and symbols of any script.",
            )
    return kept


def _turn(folder: RunFolder) -> FileLock:
    """Hold the lock under which names change, so that two pages lose neither's words."""
    folder.check_exists()
    deadline = time.monotonic() + _TURN_SECONDS
    while (lock := FileLock.acquire(folder.path / _LOCK_FILE)) is None:
        if time.monotonic() > deadline:
            raise StoreError(
                f"{folder.path / _LOCK_FILE} has been locked for {_TURN_SECONDS:.0f} seconds.",
                "The disk may hang, or a process there was suspended. Try again.",
            )
        time.sleep(0.01)
    return lock


def matches(words: str, *texts: str) -> bool:
    """Whether every one of some words occurs in what is said of a run, in any case and order."""
    said = "\n".join(texts).casefold()
    return all(word in said for word in words.casefold().split())
