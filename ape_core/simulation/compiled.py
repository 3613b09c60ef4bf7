"""How the kernel is compiled: decorators that cost nothing until a function is called.

What Python calls is an `@entry`. Its machine code is kept, and a later process loads it without
numba, which takes half a second to import and to load what it keeps itself. All that an entry calls
in turn is `@compiled`, and becomes a part of its code.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ape_core.simulation.calling import Native, flattened
from ape_core.simulation.code_cache import CodeFiles, cache_folder, makers, sources_hash

_LOADING: Final = threading.Lock()
"""Held while code is made or loaded: neither numba nor LLVM does two at a time."""


class Compiled:
    """A function that other compiled functions call, and that numba calls for Python.

    Parameters
    ----------
    function
        What is to be compiled.
    inlined
        Whether it becomes a part of those that call it, or stays a function that they call.
    """

    def __init__(self, function: Callable[..., Any], *, inlined: bool = True) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._inlined = inlined

    @functools.cached_property
    def _sources(self) -> str:
        """Hash of the sources beside the function: what it calls is there, or in this package."""
        return sources_hash(Path(self._function.__code__.co_filename).parent)

    @functools.cached_property
    def _inner(self) -> Any:
        """The function as compiled functions call it."""
        from ape_core.simulation.with_numba import called_from_compiled

        return called_from_compiled(self._function, inlined=self._inlined)

    @functools.cached_property
    def _outer(self) -> Any:
        """The function as called by Python."""
        from ape_core.simulation.with_numba import called_from_python

        # numba notices a change of the function's own file only, not of those beside it.
        return called_from_python(self._function, _folder() / self._sources)

    @property
    def _numba_type_(self) -> Any:
        """What numba asks of a value that compiled code names."""
        from ape_core.simulation.with_numba import type_of

        return type_of(self._inner)

    @property
    def signatures(self) -> list[Any]:
        """Types of arguments for which it was called here."""
        return list(self._outer.signatures)

    @property
    def is_kept(self) -> bool:
        """Whether it was ever called here, so that it need not be compiled."""
        version = f"py{sys.version_info.major}{sys.version_info.minor}"
        stats = self._outer.stats
        name = f"{_short_name(self._function)}-*.{version}.nbi"
        return any(Path(stats.cache_path).glob(name))

    def __call__(self, *arguments: Any) -> Any:
        """Call it from Python."""
        return self._outer(*arguments)


class Entry(Compiled):
    """A compiled function that Python calls, by machine code that needs no numba.

    It takes numbers, arrays and tuples of those, returns numbers or a tuple of them, and neither
    allocates nor raises.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._loaded: dict[str, Native] = {}

    @property
    def signatures(self) -> list[Any]:
        """Types of arguments for which it was called here."""
        return list(self._loaded)

    @property
    def is_kept(self) -> bool:
        """Whether it was ever called here, so that it need not be compiled."""
        return self._files.any()

    def __call__(self, *arguments: Any) -> Any:
        """Call its machine code."""
        signature, values = flattened(arguments)
        native = self._loaded.get(signature) or self._load(signature, arguments)
        return native(values)

    @functools.cached_property
    def _files(self) -> CodeFiles:
        """Where its code is kept."""
        from ape_core.simulation.machine_code import processor

        origin = (self._sources, *makers(), *processor())
        return CodeFiles(_folder(), _short_name(self._function), origin)

    def _load(self, signature: str, arguments: tuple[Any, ...]) -> Native:
        """Load what is kept for these types of arguments, or make it."""
        with _LOADING:
            if signature not in self._loaded:
                self._loaded[signature] = self._kept(signature) or self._made(signature, arguments)
        return self._loaded[signature]

    def _kept(self, signature: str) -> Native | None:
        """Load what is kept."""
        from ape_core.simulation.machine_code import load

        code = self._files.read(signature)
        return None if code is None else load(code, signature)

    def _made(self, signature: str, arguments: tuple[Any, ...]) -> Native:
        """Compile, keep and load."""
        from ape_core.simulation.machine_code import load
        from ape_core.simulation.with_numba import machine_code_of

        symbol = self._files.symbol(signature)
        code = machine_code_of(self._function, arguments, signature, symbol)
        self._files.write(signature, code)
        native = load(code, signature)
        assert native is not None, "numba has found what its code calls"
        return native


@functools.cache
def _folder() -> Path:
    """The folder of compiled code, for as long as the process lives."""
    return cache_folder()


def _short_name(function: Callable[..., Any]) -> str:
    """Name of a function and its module."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


def _is_interpreted() -> bool:
    """Whether numba is told to leave all to Python, which checks every index."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function that becomes a part of the compiled functions that call it."""
    return function if _is_interpreted() else Compiled(function)


def compiled_apart(function: Callable[..., Any]) -> Any:
    """Compile a function that compiled functions call, and that stays apart from them."""
    return function if _is_interpreted() else Compiled(function, inlined=False)


def entry(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls; `Entry` tells what it may do."""
    if _is_interpreted():
        return function
    # Only of Linux is known how to look into machine code; elsewhere numba loads its own.
    return Entry(function) if sys.platform == "linux" else Compiled(function)
