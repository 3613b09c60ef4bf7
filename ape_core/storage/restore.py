"""Restoring: an archived run as it was written, byte for byte where the libraries are the same."""

from __future__ import annotations

from ape_core.storage.rewriting import Observer, rewrite
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tiers import WARM


def restore(folder: RunFolder, observe: Observer) -> bool:
    """Bring a run back into the warm tier; return whether it is, or was stopped before.

    Nothing needs this in order to read a run: it makes reading faster and the files such that
    other programs read them.

    Parameters
    ----------
    folder
        The run, whose lock this process holds.
    observe
        Told how many patients are restored; false stops at the next commit.

    Raises
    ------
    CorruptRunError
        When an archived part is not what was committed. The others can still be restored once it
        has been computed again.
    StoreError
        When the operating system refuses, for instance because the disk is full.
    """
    return rewrite(folder, WARM, observe)
