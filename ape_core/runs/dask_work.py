"""What a worker of a Dask cluster does with one chunk, on whatever machine it is.

It gets the question itself, so that nothing but the place of the parts is shared with the
coordinator, and hands back what is needed to commit: the record of the part and its summary.
"""

from __future__ import annotations

import platform
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ape_core import __version__
from ape_core.errors import RunFailedError, StoreError
from ape_core.limits import SLICE_PATIENTS
from ape_core.runs.chunks import count_chunk, finish_chunk
from ape_core.spec.run_spec import MODEL_VERSION, RunSpec
from ape_core.storage import arrays
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.parts_elsewhere import is_open
from ape_core.storage.places import shown
from ape_core.storage.run_folder import SPEC_FILE

_LIBRARIES: Final = ("numba", "numpy", "pyarrow")


@dataclass(frozen=True)
class Errand:
    """What all chunks of a run have in common, as it is sent to workers.

    Attributes
    ----------
    question
        The question, as JSON.
    folder
        The folder of the run, as the coordinator sees it.
    chunk_size
        Patients in a part.
    place
        Where the parts are; empty when they are in the folder.
    versions
        What the coordinator runs on.
    """

    question: str
    folder: str
    chunk_size: int
    place: str
    versions: tuple[tuple[str, str], ...]


def finish_there(errand: Errand, first: int, stop: int) -> tuple[PartRecord, bytes]:
    """Simulate patients `first` to `stop`, write their part, return its record and its summary.

    Raises
    ------
    StoreError
        When it cannot be written from this machine, which is named.
    """
    spec = _checked(errand)
    how = (errand.chunk_size, lambda: SLICE_PATIENTS, errand.place)
    _check_sees(errand)
    with _named():
        finished = finish_chunk(spec, Path(errand.folder), *how)((first, stop))
    return finished.record, arrays.to_bytes(finished.summary.to_arrays())


def count_there(errand: Errand, first: int, stop: int) -> bytes:
    """Simulate patients `first` to `stop` and return their summary, without writing."""
    return arrays.to_bytes(count_chunk(_checked(errand))((first, stop)).to_arrays())


@lru_cache(maxsize=1)
def versions() -> tuple[tuple[str, str], ...]:
    """What rows and files could depend on, by name."""
    libraries = tuple((name, version(name)) for name in _LIBRARIES)
    return (("APE", __version__), ("the model", str(MODEL_VERSION)), *libraries)


@contextmanager
def _named() -> Iterator[None]:
    """Say which machine cannot use the store, or people would look for the fault on their own."""
    try:
        yield
    except StoreError as error:
        raise StoreError(f"{_who()} says: {error.message}", error.hint) from error


def _who() -> str:
    """Name of the worker that this is."""
    return f"The worker on {socket.gethostname()}"


def _checked(errand: Errand) -> RunSpec:
    """The question, once it is sure that it is answered here as it would be there."""
    for (name, wanted), (_, found) in zip(errand.versions, versions(), strict=True):
        if wanted != found:
            raise RunFailedError(
                f"{_who()} (Python {platform.python_version()}) has "
                f"version {found} of {name}, but the coordinator has {wanted}.",
                "Install the same APE with the same list of packages (binder/requirements.txt) "
                "on all machines.",
            )
    return _question(errand.question)


@lru_cache(maxsize=4)
def _question(text: str) -> RunSpec:
    """Read a question, once for all chunks of a run."""
    return RunSpec.from_json(text)


def _check_sees(errand: Errand) -> None:
    """Refuse to write where nobody would look, or into a run that has been deleted."""
    if errand.place:
        with _named():
            found = is_open(errand.place)
        if not found:
            raise StoreError(
                f"{_who()} does not see the run in {shown(errand.place)}.",
                "Let all machines reach the same object store.",
            )
    elif not (Path(errand.folder) / SPEC_FILE).is_file():
        raise StoreError(
            f"{_who()} does not see the run in {errand.folder}.",
            "Workers write into the store: put it on a file system that all machines share under "
            "the same path and name it with --store, or give an object store with --parts.",
        )
