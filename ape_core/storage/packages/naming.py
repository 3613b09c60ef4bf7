"""Name and note of a run in a package: what people wrote, and so read with care."""

from __future__ import annotations

import json

from ape_core.errors import InvalidInputError
from ape_core.storage.names import MAX_NAME, MAX_NOTE, Names, check_text
from ape_core.storage.packages.manifest import NAMES_FILE


def to_bytes(names: Names) -> bytes:
    """Write a name and a note: the same words give the same bytes."""
    content = {"name": names.name, "note": names.note}
    return f"{json.dumps(content, ensure_ascii=False, sort_keys=True)}\n".encode()


def from_bytes(data: bytes) -> Names:
    """Read a name and a note.

    Raises
    ------
    InvalidInputError
        When they are not what APE would have written, or could not be given here.
    """
    try:
        content = json.loads(data)
        name = check_text("name", content["name"], MAX_NAME)
        names = Names(name, check_text("note", content["note"], MAX_NOTE))
    except InvalidInputError as error:
        why = error.message.rstrip(".")
        raise InvalidInputError(f"its {NAMES_FILE} is wrong: {why}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidInputError(f"its {NAMES_FILE} holds no name and note") from error
    if to_bytes(names) != data or not names.are_given:
        raise InvalidInputError(f"its {NAMES_FILE} is not written as APE writes one")
    return names
