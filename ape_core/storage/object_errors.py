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
    "ExpiredToken",
    "UnsupportedAlgorithm",  # what is said to a request that nobody has signed
    "HTTP status 401",
    "HTTP status 403",
)
_BAD_REQUEST: Final = "HTTP status 400"
"""All that is said to such a request, or in another region, where an answer has no body."""

_FULL: Final = re.compile("HTTP status 507|QuotaExceeded|StorageFull")
"""As MinIO says it with 507, and Ceph with 403."""

_REGION: Final = re.compile("(?:located in|expecting) '([a-z0-9-]+)'")
_ELSEWHERE: Final = ("HTTP status 301", "AuthorizationHeaderMalformed")
_UNTRUSTED: Final = re.compile(r"curlCode: (?:35|51|58|60|77)\b[^;]*")
_SILENT: Final = ("NETWORK_CONNECTION", "REQUEST_TIMEOUT", "curlCode")
_FAILING: Final = re.compile(
    r"HTTP status (?:5\d\d|429)|SERVICE_UNAVAILABLE|SLOW_DOWN|INTERNAL_FAILURE|THROTTLING"
    "|OperationAborted|IncompleteBody|BadDigest"
)

Words = tuple[str, str] | None
"""Message and hint, if it is that."""


def may_pass(error: OSError) -> bool:
    """Whether a server that said this, or nothing, may do the same in a while."""
    said = str(error)
    if _FULL.search(said) or _UNTRUSTED.search(said):
        return False
    return any(word in said for word in _SILENT) or bool(_FAILING.search(said))


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
    kept = "The run" if action == "remove" else f"What was committed in {shown(path.place)}"
    return (
        _about_bucket(failed, action, path, server, said)
        or _about_access(failed, action, server, said)
        or _about_server(failed, action, server, said)
        or (f"{failed}: {said[:400]}", f"{kept} is kept.")
    )


def _about_bucket(failed: str, action: str, path: ObjectPath, server: str, said: str) -> Words:
    """A bucket that is missing, full or in another region."""
    bucket = path.key.partition("/")[0]
    if "NO_SUCH_BUCKET" in said:
        return (
            f"{failed}: there is no bucket {bucket!r} at {server}.",
            "Create it, or name another one with --parts.",
        )
    if _FULL.search(said):
        return (
            f"{failed}: {server} says that {bucket!r} is full.",
            f"Make room there, or raise its quota, then {_again(action)}",
        )
    region = _REGION.search(said)
    if any(word in said for word in _ELSEWHERE) or (region and _BAD_REQUEST in said):
        name = region[1] if region else "REGION"
        return (
            f"{failed}: {server} has {bucket!r} in another region.",
            f"Name the region with the place, as in --parts 's3://{bucket}/PREFIX?region={name}'.",
        )
    return None


def _about_access(failed: str, action: str, server: str, said: str) -> Words:
    """Keys that are refused, and clocks and certificates on which access depends."""
    if "REQUEST_TIME_TOO_SKEWED" in said:
        return (
            f"{failed}: the clock of this machine is not that of {server}.",
            "Set it right, as with chrony or ntp.",
        )
    if any(word in said for word in _REFUSED) or (_BAD_REQUEST in said and not _has_keys()):
        return f"{failed}: {server} refused access.", _about_keys(action)
    if untrusted := _UNTRUSTED.search(said):
        return (
            f"{failed}: there is no secure connection to {server} ({untrusted[0]}).",
            "Let this machine trust its certificate; scheme=http is for servers that have none.",
        )
    return None


def _about_server(failed: str, action: str, server: str, said: str) -> Words:
    """A server that is silent, fails or is of another kind."""
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
    return None


def _has_keys() -> bool:
    """Whether both keys are set."""
    return all(os.environ.get(name) for name in _KEYS)


def _about_keys(action: str) -> str:
    """What to do where access was refused."""
    and_then = (
        f"start workers again, which keep the keys that they began with, then {_again(action)}"
    )
    if _has_keys():
        return (
            f"{_KEYS[0]} and {_KEYS[1]} are set, and it is these keys that were refused: correct "
            "them, or let them read, write, list and remove objects in this bucket; "
            f"{and_then}"
        )
    return f"Set {_KEYS[0]} and {_KEYS[1]} here and where workers run; {and_then}"


def _again(action: str) -> str:
    """What to do when the server can be used again."""
    if action == "write":
        return "resume. What was committed is kept."
    if action == "remove":
        return "do the same again. The run stays in the store until all its objects are gone."
    return "do the same again. What was committed is kept."
