"""Objects of an S3 store, read and written whole: beside `arrow`, the only import of pyarrow.

An object appears with all its bytes or not at all, so that no temporary name is needed. What a
killed writer had sent of one is never seen; buckets have a rule that removes it after some days.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from pyarrow import fs

from ape_core.errors import StoreError
from ape_core.storage.files import missing_file
from ape_core.storage.places import ObjectPath, settings_of, shown

CONNECT_SECONDS: Final = 10.0
REQUEST_SECONDS: Final = 60.0

_REFUSED: Final = (
    "ACCESS_DENIED",
    "SIGNATURE_DOES_NOT_MATCH",
    "INVALID_ACCESS_KEY_ID",
    "UnsupportedAlgorithm",  # what is said to a request that nobody has signed
    "HTTP status 401",
    "HTTP status 403",
)
_SILENT: Final = ("NETWORK_CONNECTION", "REQUEST_TIMEOUT", "curlCode", "SERVICE_UNAVAILABLE")


def read_object(path: ObjectPath) -> bytes:
    """Return the content of an object of a run.

    Raises
    ------
    CorruptRunError
        When there is none.
    StoreError
        When the server cannot be reached, or refuses.
    """
    with _object_errors("read", path), _server(path.place).open_input_file(path.key) as file:
        content: bytes = file.read()
    return content


def write_object(path: ObjectPath, data: bytes | memoryview) -> None:
    """Write or replace an object; returns when the server has it."""
    with _object_errors("write", path):
        stream = _server(path.place).open_output_stream(path.key)
        stream.write(data)
        stream.close()  # publishes it, so that it must not be closed when writing has failed


def size_of_object(path: ObjectPath) -> int:
    """Return the size of an object of a run; CorruptRunError when there is none."""
    with _object_errors("read", path):
        found = _server(path.place).get_file_info(path.key)
    if found.type != fs.FileType.File:
        raise missing_file(path)
    return int(found.size)


def list_objects(place: str) -> list[ObjectPath]:
    """Return all objects of a place."""
    top = ObjectPath(place, "")
    with _object_errors("list", top):
        selector = fs.FileSelector(top.key.rstrip("/"), allow_not_found=True)
        found = _server(place).get_file_info(selector)
    return [ObjectPath(place, one.base_name) for one in found if one.type == fs.FileType.File]


def remove_object(path: ObjectPath) -> None:
    """Remove an object, if it is there."""
    server = _server(path.place)
    with _object_errors("remove", path):
        try:
            server.delete_file(path.key)
        except OSError:
            # pyarrow puts an empty object in the place of the folder, in case that it is empty
            # now, which some servers refuse: what matters is that the object is gone.
            if server.get_file_info(path.key).type == fs.FileType.File:
                raise


def remove_objects(place: str) -> None:
    """Remove all objects of a place, a thousand at a time."""
    top = ObjectPath(place, "")
    with _object_errors("remove", top):
        try:
            _server(place).delete_dir_contents(top.key, missing_dir_ok=True)
        except OSError:
            if list_objects(place):  # as above
                raise


@lru_cache(maxsize=8)
def _connected(settings: tuple[tuple[str, str], ...]) -> Any:
    """A server, with the keys that the environment has."""
    return fs.S3FileSystem(
        **dict(settings),
        connect_timeout=CONNECT_SECONDS,
        request_timeout=REQUEST_SECONDS,
        allow_delayed_open=True,  # one request for a small object, instead of three
    )


def _server(place: str) -> Any:
    """The server of a place."""
    return _connected(tuple(sorted(settings_of(place).items())))


@contextmanager
def _object_errors(action: str, path: ObjectPath) -> Iterator[None]:
    """Turn what a server refuses into sentences."""
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
    if any(word in said for word in _REFUSED):
        return (
            f"{failed}: {server} refused access.",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY here and where workers run.",
        )
    if any(word in said for word in _SILENT):
        return (
            f"{failed}: {server} does not answer.",
            "What was committed is kept. See whether it runs and can be reached, then resume.",
        )
    if "MissingContentLength" in said:
        return (
            f"{failed}: {server} does not know the checksums that are sent with an object.",
            "Set AWS_REQUEST_CHECKSUM_CALCULATION=when_required, here and where workers run.",
        )
    return f"{failed}: {said[:400]}", f"What was committed in {shown(path.place)} is kept."
