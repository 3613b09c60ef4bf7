"""Where machine code is kept, and when what is kept may be loaded.

A file of code is named by all that it was made from. Its first line is a checksum of the rest, so
that one that is cut short or damaged counts as absent, and is made again.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Final

import platformdirs

from ape_core import schema

SUFFIX: Final = ".code"
_UNFINISHED: Final = "new-"
_MADE_BY: Final = ("numba", "llvmlite", "numpy")
_OTHERS_MAY_WRITE: Final = 0o022


@dataclass(frozen=True)
class Code:
    """Machine code of one function for arguments of certain types.

    Attributes
    ----------
    symbol
        Name of the function in it.
    result
        Types of what the function returns.
    is_tuple
        Whether that is a tuple.
    externals
        Names of functions of the C library that it calls.
    binary
        Object file, as the linker takes it.
    """

    symbol: str
    result: tuple[str, ...]
    is_tuple: bool
    externals: tuple[str, ...]
    binary: bytes


def cache_folder() -> Path:
    """Folder of the compiled kernel: the user's cache, or a temporary one if that is read-only.

    `NUMBA_CACHE_DIR` moves it. Code is loaded from there, so that nobody else may write to it.
    """
    name = f"kernel-{sources_hash(Path(__file__).parent)}"
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen or platformdirs.user_cache_dir("ape")) / name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return _temporary_folder(name)
    return folder if _is_ours(folder) else _temporary_folder(name)


def _temporary_folder(name: str) -> Path:
    """Folder for this user only, where compiled code may be loaded from."""
    folder = Path(tempfile.gettempdir()) / f"ape-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _is_ours(folder):
        return Path(tempfile.mkdtemp(prefix="ape-kernel-"))
    return folder


def _is_ours(folder: Path) -> bool:
    """Whether this user may write to a folder, and no other."""
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & _OTHERS_MAY_WRITE:
        return False
    return os.access(folder, os.W_OK)


def sources_hash(folder: Path) -> str:
    """Hash over the sources of a package, and of the schema whose numbers are compiled in."""
    sources = [*sorted(folder.glob("*.py")), Path(schema.__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


@functools.cache
def makers() -> tuple[str, ...]:
    """Python and the libraries that turn a source into code."""
    return (sys.version, *(f"{name} {version(name)}" for name in _MADE_BY))


class CodeFiles:
    """The code of one function, as kept in a folder: a file for each signature.

    Parameters
    ----------
    folder
        Where it is kept.
    function
        The name by which it is told from others.
    origin
        All that decides how its source becomes code.
    """

    def __init__(self, folder: Path, function: str, origin: tuple[str, ...]) -> None:
        self._folder = folder
        self._origin = origin
        self._prefix = f"{function}-{_digest(*origin)[:16]}-"

    def any(self) -> bool:
        """Whether there is sound code for some signature."""
        return any(
            _content(path) is not None for path in self._folder.glob(f"{self._prefix}*{SUFFIX}")
        )

    def read(self, signature: str) -> Code | None:
        """The code for a signature; None where there is none that is sound."""
        content = _content(self._path(signature))
        if content is None:
            return None
        head, _, binary = content.partition(b"\n")
        about = json.loads(head)
        if about.pop("made_from") != [*self._origin, signature]:
            return None
        about |= {name: tuple(about[name]) for name in ("result", "externals")}
        return Code(**about, binary=binary)

    def write(self, signature: str, code: Code) -> None:
        """Keep the code for a signature, whole or, where the disk does not take it, not at all."""
        about = asdict(code)
        binary = about.pop("binary")
        head = json.dumps({**about, "made_from": [*self._origin, signature]}).encode()
        content = head + b"\n" + binary
        _drop_leftovers(self._folder)
        with contextlib.suppress(OSError), _replacing(self._path(signature)) as temporary:
            temporary.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)

    def symbol(self, signature: str) -> str:
        """A name for the function that no other code in the process has."""
        return f"ape_{_digest(self._prefix, signature)[:16]}"

    def _path(self, signature: str) -> Path:
        """File of a signature."""
        return self._folder / f"{self._prefix}{_digest(signature)[:16]}{SUFFIX}"


def _content(path: Path) -> bytes | None:
    """What a file holds after its checksum; None when that is not its checksum."""
    try:
        checksum, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    is_sound = checksum.decode("ascii", "replace") == hashlib.sha256(content).hexdigest()
    return content if is_sound else None


def _drop_leftovers(folder: Path) -> None:
    """Remove what processes that were killed while they wrote have left behind.

    Whoever writes a file holds a lock of it, which ends with the process.
    """
    for path in folder.glob(f"{_UNFINISHED}*"):
        with contextlib.suppress(OSError), path.open("rb") as left:  # or it is gone, or held
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of another when it is written."""
    with tempfile.NamedTemporaryFile(prefix=_UNFINISHED, dir=path.parent, delete=False) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file.file
            file.flush()
            Path(file.name).replace(path)
        finally:
            Path(file.name).unlink(missing_ok=True)


def _digest(*texts: str) -> str:
    """Hash of some texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
