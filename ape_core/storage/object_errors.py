"""What an S3 server refuses, in sentences that say what to do."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ape_core.errors import StoreError
from ape_core.storage.files import missing_file
from ape_core.storage.places import ObjectPath, settings_of, shown

_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_REFUSED: Final = (
    "ACCESS_DENIED",
    "SIGNATURE_DOES_NOT_MATCH",
    "INVALID_ACCESS_KEY_ID",
    "UnsupportedAlgorithm",  # what is said to a request that nobody has signed
    "HTTP status 401",
    "HTTP status 403",
)
_UNSIGNED: Final = "HTTP status 400"
"""All that is said to such a request where an answer has no body."""

_SILENT: Final = ("NETWORK_CONNECTION", "REQUEST_TIMEOUT", "curlCode")
_FAILING: Final = re.compile(
    r"HTTP status (?:5\d\d|429)|SERVICE_UNAVAILABLE|SLOW_DOWN|INTERNAL_FAILURE|THROTTLING"
)


@contextmanager
def object_errors(action: str, path: ObjectPath) -> Iterator[None]:
    """Turn what a server refuses into sentences; `action` is "read", "write", "list" or "remove".

    Raises
    ------
    CorruptRunError
        When there is no such object.
    StoreError
        When the server cannot be reached, fails or refuses.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise missing_file(path) from error
    except OSError as error:
        raise StoreError(*_explain(action, path, str(error))) from error


def _explain(action: str, path: ObjectPath, said: str) -> tuple[str, str]:
    """Message and hint for one error of a server."""
    failed = f"Could not {action} {path}"
    server = settings_of(path.place).get("endpoint_override", "Amazon S3")
    if "NO_SUCH_BUCKET" in said:
        bucket = path.key.partition("/")[0]
        return (
            f"{failed}: there is no bucket {bucket!r} at {server}.",
            "Create it, or name another one with --parts.",
        )
    if any(word in said for word in _REFUSED) or (_UNSIGNED in said and not _has_keys()):
        return f"{failed}: {server} refused access.", _about_keys()
    if any(word in said for word in _SILENT):
        return (
            f"{failed}: {server} does not answer.",
            f"See whether it runs and can be reached, then {_again(action)}",
        )
    if failing := _FAILING.search(said):
        return (
            f"{failed}: {server} answers, but with an error ({failing[0]}).",
            f"Wait, or see what the server says of it, then {_again(action)}",
        )
    if "MissingContentLength" in said:
        return (
            f"{failed}: {server} does not know the checksums that are sent with an object.",
            "Set AWS_REQUEST_CHECKSUM_CALCULATION=when_required, here and where workers run.",
        )
    kept = "The run" if action == "remove" else f"What was committed in {shown(path.place)}"
    return f"{failed}: {said[:400]}", f"{kept} is kept."


def _has_keys() -> bool:
    """Whether both keys are set."""
    return all(os.environ.get(name) for name in _KEYS)


def _about_keys() -> str:
    """What to do where access was refused."""
    if _has_keys():
        return (
            f"{_KEYS[0]} and {_KEYS[1]} are set, and it is these keys that were refused: correct "
            "them, or let them read, write, list and remove objects in this bucket."
        )
    return f"Set {_KEYS[0]} and {_KEYS[1]} here and where workers run."


def _again(action: str) -> str:
    """What to do when the server can be used again."""
    if action == "write":
        return "resume. What was committed is kept."
    if action == "remove":
        return "do the same again. The run stays in the store until all its objects are gone."
    return "do the same again. What was committed is kept."
