"""The parts of a run that are in an object store: opened, tidied and removed with the run."""

from __future__ import annotations

from ape_core.errors import CorruptRunError, StoreError
from ape_core.storage.checkpoint import Checkpoint
from ape_core.storage.parts import object_path
from ape_core.storage.places import QUESTION, ObjectPath
from ape_core.storage.tables import TABLES


def remove_stray_objects(checkpoint: Checkpoint, n_patients: int) -> None:
    """Remove what is no part of a run of so many patients, for its worker.

    Parts that are yet to be committed stay: they are written over, with the same bytes.
    """
    if not checkpoint.place:
        return
    from ape_core.storage.objects import list_objects, remove_object

    n_parts = -(-n_patients // checkpoint.chunk_size)
    kept = {
        object_path(checkpoint.place, table, index) for index in range(n_parts) for table in TABLES
    }
    for path in list_objects(checkpoint.place):
        if path.name != QUESTION and path not in kept:
            remove_object(path)


def open_place(place: str, question: bytes) -> None:
    """Put the question of a new run where its parts will be, and read it there.

    Raises
    ------
    StoreError
        When that cannot be done; nothing is created then.
    """
    from ape_core.storage.objects import read_object, write_object

    path = ObjectPath(place, QUESTION)
    write_object(path, question, patience=0.0)
    if read_object(path) != question:
        raise StoreError(f"{path} does not hold what was written to it.", "Choose another place.")


def is_open(place: str) -> bool:
    """Whether there still is a run whose parts belong in a place, for those who write them."""
    from ape_core.storage.objects import PATIENCE_SECONDS, size_of_object

    try:
        return size_of_object(ObjectPath(place, QUESTION), PATIENCE_SECONDS) > 0
    except CorruptRunError:
        return False


def clear_place(place: str, checkpoint: Checkpoint | None = None) -> None:
    """Remove all parts of a run elsewhere, and first its question: no worker writes any more.

    Parameters
    ----------
    place
        The place of the run.
    checkpoint
        Its checkpoint, if it has one that can be read: what it names is looked for by name.

    Raises
    ------
    StoreError
        When any part is left.
    """
    from ape_core.storage.objects import remove_object, remove_objects

    records = checkpoint.parts if checkpoint else ()
    remove_object(ObjectPath(place, QUESTION))
    remove_objects(place, [object_path(place, t, one.index) for one in records for t in TABLES])
