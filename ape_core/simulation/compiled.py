"""How the kernel is compiled: one decorator, and a cache that outlives the process.

numba keys a cached function by its own file alone, so a change in a function that it calls would
go unnoticed. The cache folder is therefore named by a hash of all sources of this package.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs


def _sources_hash() -> str:
    """Hash over the sources of this package."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def cache_folder() -> Path:
    """Folder of the compiled kernel: the user's cache, or a temporary one if that is read-only.

    `NUMBA_CACHE_DIR` moves it.
    """
    name = f"kernel-{_sources_hash()}"
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen or platformdirs.user_cache_dir("ape")) / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _temporary_folder(name)
    return folder if os.access(folder, os.W_OK) else _temporary_folder(name)


def _temporary_folder(name: str) -> Path:
    """Folder for this user only, where compiled code may be loaded from."""
    folder = Path(tempfile.gettempdir()) / f"ape-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="ape-kernel-"))
    return folder


def _decorator() -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` as the kernel needs it: cached, without the GIL, IEEE arithmetic."""
    folder = str(cache_folder())
    import numba

    settings: Any = numba.config
    decorate = numba.njit(
        cache=True,
        nogil=True,
        # Contraction and reordering would make rows depend on the machine.
        fastmath=False,
        error_model="numpy",
        # Parameters are wide tuples: passing them between functions took a third of the time.
        forceinline=True,
    )

    def compiled_and_cached(function: Callable[..., Any]) -> Any:
        """Compile lazily, with the cache in our own folder and numba's setting left as it was."""
        before, settings.CACHE_DIR = settings.CACHE_DIR, folder
        try:
            return decorate(function)
        finally:
            settings.CACHE_DIR = before

    return compiled_and_cached


compiled = _decorator()
