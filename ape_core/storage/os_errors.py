"""What the operating system refuses, in words: the one place where OSError becomes StoreError."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ape_core.errors import StoreError

_ELSEWHERE: Final = "Choose another store with --store or APE_STORE"
_KEPT: Final = "What was committed is undamaged."
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN: Final = (errno.EACCES, errno.EPERM)


@contextmanager
def os_errors(action: str, path: Path) -> Iterator[None]:
    """Turn an OSError of the body into a StoreError that says what to do.

    Parameters
    ----------
    action
        What was being done, as in "could not <action> <path>": "write", "read", "lock".
    path
        The file or folder it was done to.

    Raises
    ------
    StoreError
        For every OSError of the body.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(*_explain(action, path, error)) from error


def _explain(action: str, path: Path, error: OSError) -> tuple[str, str]:
    """Message and hint for one error of the operating system."""
    failed = f"Could not {action} {path}"
    if error.errno in _FULL:
        return (
            f"{failed}: the disk is full ({_free_space(path)}).",
            f"{_KEPT} Free some space, or delete runs, and resume. {_ELSEWHERE} for new runs.",
        )
    if error.errno == errno.EFBIG:
        return (
            f"{failed}: it would be larger than files may be here ({_free_space(path)}).",
            f"{_KEPT} Raise the limit on file sizes (ulimit -f) and resume.",
        )
    if error.errno == errno.EROFS:
        return (
            f"{failed}: the file system is read-only.",
            f"{_KEPT} Make it writable and resume. {_ELSEWHERE} for new runs.",
        )
    if error.errno in _FORBIDDEN:
        return f"{failed}: permission denied.", f"Allow access to it. {_ELSEWHERE} for new runs."
    return _explain_rarer(action, failed, error)


def _explain_rarer(action: str, failed: str, error: OSError) -> tuple[str, str]:
    """Message and hint for what is met less often."""
    if error.errno == errno.EIO:
        return (
            f"{failed}: the disk reported an error.",
            f"Check the disk, then verify the run and resume it. {_ELSEWHERE} for new runs.",
        )
    if error.errno == errno.ENOENT and action == "create":
        return f"{failed}: no folder can be made there.", f"{_ELSEWHERE}."
    if error.errno == errno.ENOENT:
        return f"{failed}: it does not exist.", "It may have been deleted or moved by somebody."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"{failed}: a file stands where a folder is needed.", f"{_ELSEWHERE}."
    if error.errno in (errno.ENOLCK, errno.EINVAL, errno.EOPNOTSUPP):
        return (
            f"{failed}: the file system does not support it ({error.strerror}).",
            f"{_ELSEWHERE}, on a local disk.",
        )
    return f"{failed}: {error.strerror or error}.", f"{_KEPT} Resume when the cause is gone."


def _free_space(path: Path) -> str:
    """How much is free where the path is, as a phrase."""
    folder = next((parent for parent in (path, *path.parents) if parent.is_dir()), None)
    if folder is None:
        return "free space unknown"
    usage = shutil.disk_usage(folder)
    return f"{usage.free / 1e6:,.0f} MB of {usage.total / 1e6:,.0f} MB free"
