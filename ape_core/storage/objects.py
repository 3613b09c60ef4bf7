"""Objects of an S3 store, read and written whole: beside `arrow`, the only import of pyarrow.

An object appears with all its bytes or not at all, so that no temporary name is needed. What a
killed writer had sent of one is never seen; buckets have a rule that removes it after some days.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, TypeVar

from pyarrow import fs

from ape_core.errors import StoreError
from ape_core.storage.files import missing_file
from ape_core.storage.object_errors import may_pass, object_errors
from ape_core.storage.places import ObjectPath, settings_of, shown

CONNECT_SECONDS: Final = 10.0
REQUEST_SECONDS: Final = 30.0
"""A server that sends nothing for so long is asked again, three times in all."""

PATIENCE_SECONDS: Final = 120.0
"""While a run is written, a server that is silent or fails is asked again for so long."""

_LONGEST_PAUSE: Final = 8.0

_REMOVED_AT_ONCE: Final = 16
"""Requests that wait for a server at the same time while a run is removed."""


Answer = TypeVar("Answer")


def read_object(path: ObjectPath) -> bytes:
    """Return the content of an object of a run.

    Raises
    ------
    CorruptRunError
        When there is none.
    StoreError
        When the server cannot be reached, or refuses.
    """
    with object_errors("read", path), _server(path.place).open_input_file(path.key) as file:
        content: bytes = file.read()
    return content


def write_object(
    path: ObjectPath, data: bytes | memoryview, patience: float = PATIENCE_SECONDS
) -> None:
    """Write or replace an object; returns when the server has it.

    Parameters
    ----------
    path
        The object.
    data
        All of it.
    patience
        Seconds for which a server that is silent or fails is asked again.
    """

    def put() -> None:
        """Send all of it, from its beginning."""
        stream = _server(path.place).open_output_stream(path.key)
        stream.write(data)
        stream.close()  # publishes it, so that it must not be closed when writing has failed

    with object_errors("write", path):
        _patiently(put, patience)


def size_of_object(path: ObjectPath, patience: float = 0.0) -> int:
    """Return the size of an object of a run; CorruptRunError when there is none."""
    with object_errors("read", path):
        found = _patiently(lambda: _server(path.place).get_file_info(path.key), patience)
    if found.type != fs.FileType.File:
        raise missing_file(path)
    return int(found.size)


def list_objects(place: str) -> list[ObjectPath]:
    """Return all objects of a place."""
    top = ObjectPath(place, "")
    with object_errors("list", top):
        selector = fs.FileSelector(top.key.rstrip("/"), allow_not_found=True)
        found = _server(place).get_file_info(selector)
    return [ObjectPath(place, one.base_name) for one in found if one.type == fs.FileType.File]


def remove_object(path: ObjectPath) -> None:
    """Remove an object, if it is there."""
    server, key = _without_folders(path)
    with object_errors("remove", path), suppress(FileNotFoundError):
        server.delete_file(key)


def remove_objects(place: str, known: Iterable[ObjectPath] = ()) -> None:
    """Remove all objects of a place, and look whether they are gone.

    Parameters
    ----------
    place
        The place of a run.
    known
        Objects that should be there, whether the server lists them or not.

    Raises
    ------
    StoreError
        When anything is left, or cannot be seen.
    """
    with ThreadPoolExecutor(_REMOVED_AT_ONCE) as pool:
        for _ in pool.map(remove_object, sorted({*known, *list_objects(place)}, key=str)):
            pass
    folder = ObjectPath(place, "").key.rstrip("/")
    if left := list_objects(place):
        raise StoreError(
            f"{len(left):,} objects of the run are still in {shown(place)}, as {left[0].name}.",
            f"The run stays in the store: {_by_hand(folder)}",
        )
    with object_errors("list", ObjectPath(place, "")):
        # asked for by its name, it may be neither file nor folder
        beside = fs.FileSelector(folder.rpartition("/")[0], allow_not_found=True)
        found = _server(place).get_file_info(beside)
    if any(one.path == folder and one.type == fs.FileType.File for one in found):
        raise StoreError(
            f"{shown(place)} reads as an empty file, so that the parts of the run below it can "
            "neither be seen nor removed.",
            f"The run stays in the store. Start the server again, or {_by_hand(folder)}",
        )


def _by_hand(folder: str) -> str:
    """How to remove what cannot be removed from here."""
    return (
        f"remove {folder}/ with the tools of the server, as with `aws s3 rm --recursive "
        f"s3://{folder}`, then delete the run again."
    )


def _without_folders(path: ObjectPath) -> tuple[Any, str]:
    """The server and the name with which an object is removed, and nothing put in its place.

    Of an object with a folder, pyarrow makes the folder again, as an empty object, in case that
    it is empty now. Servers that keep folders take this for a file that hides all others of the
    run. So the folder is made part of the address: the request is the same, to the byte, and
    there is no folder to make. Amazon, which has no address here, keeps such an object.
    """
    settings = settings_of(path.place)
    if "endpoint_override" not in settings:
        return _server(path.place), path.key
    above, name, last = path.key.rsplit("/", 2)
    address = {**settings, "endpoint_override": f"{settings['endpoint_override']}/{above}"}
    return _connected(tuple(sorted(address.items()))), f"{name}/{last}"


def _patiently(ask: Callable[[], Answer], patience: float) -> Answer:
    """Ask a server, and for so many seconds again while it is silent or fails.

    Pauses grow and are drawn at random, or all workers of a cluster would come back at once.
    """
    until, pause = time.monotonic() + patience, 1.0
    while True:
        try:
            return ask()
        except OSError as error:
            if time.monotonic() + pause > until or not may_pass(error):
                raise
        time.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2.0 * pause, _LONGEST_PAUSE)


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
