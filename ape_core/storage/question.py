"""Reading the question of a run, and saying what to do when it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ape_core.errors import CorruptRunError
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.files import read_bytes

_LONG_HASH: Final = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_FIRST_DIGITS: Final = r"\1"


def read_question(path: Path, has_copy: Callable[[], bool]) -> RunSpec:
    """Return the question in a file, if it is the one that its folder is named after.

    Parameters
    ----------
    path
        The file.
    has_copy
        Whether the run holds a copy of it elsewhere; only asked when the file is no good.

    Raises
    ------
    CorruptRunError
        When the file is missing, edited or damaged; the hint says where the question is to be had.
    """
    run_id = path.parent.name
    if not path.exists():
        raise _lost(run_id, f"{path.name} of run {run_id[:12]} is missing", has_copy)
    try:
        spec = RunSpec.from_json(read_bytes(path))
    except CorruptRunError as error:
        raise _lost(run_id, _edited(path, error.message), has_copy) from error
    if spec.run_id != run_id:
        raise _lost(run_id, _edited(path, f"it asks question {spec.run_id[:12]}"), has_copy)
    return spec


def _edited(path: Path, why: str) -> str:
    """Words for a file that does not hold the question that its folder is named after."""
    reason = _LONG_HASH.sub(_FIRST_DIGITS, why.replace(f"{path.parent}/", "")).rstrip(".")
    return (
        f"{path.name} is not the question of run {path.parent.name[:12]}: it was edited or "
        f"damaged ({reason})"
    )


def _lost(run_id: str, what: str, has_copy: Callable[[], bool]) -> CorruptRunError:
    """Error for a run whose question cannot be read, with where else it is to be had."""
    short = run_id[:12]
    if has_copy():
        return CorruptRunError(
            f"{what}.", f"The checkpoint holds a copy: `ape resume {short}` puts it back."
        )
    return CorruptRunError(
        f"{what}, and no copy of it is left.",
        "Ask the same question again, with the same patients, years and seed: that puts it back. "
        f"Or delete the run with `ape delete {short}`.",
    )
