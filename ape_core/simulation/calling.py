"""How compiled functions are called: what Python hands over, as numba lays it out for its own.

A native function takes a place for its result, a place for an error, and then all arguments: each
number is one, an array is its owner and parent (neither is needed: Python holds the array
meanwhile), its size, bytes of an item, address, shape and strides; tuples are their items.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ape_core.simulation.code_cache import Code

C_TYPES: Final[dict[str, Any]] = {
    "bool": ctypes.c_bool,
    "int8": ctypes.c_int8,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "uint8": ctypes.c_uint8,
    "uint16": ctypes.c_uint16,
    "uint32": ctypes.c_uint32,
    "uint64": ctypes.c_uint64,
    "float64": ctypes.c_double,
}
"""By the name that both NumPy and numba have for a type of numbers."""

_ARRAY: Final = "array"
_WORDS: Final[dict[tuple[Any, ...], str]] = {}
_INT64 = range(-(2**63), 2**63)


def flattened(arguments: Sequence[Any]) -> tuple[str, list[Any]]:
    """Signature of a call, a word for each argument, and the values of all native arguments.

    Raises
    ------
    TypeError
        For an argument that is neither a number nor an array, nor a tuple of those.
    """
    words: list[str] = []
    values: list[Any] = []
    for argument in arguments:
        _add(argument, words, values)
    return " ".join(words), values


def _add(argument: Any, words: list[str], values: list[Any]) -> None:
    """Append an argument."""
    if isinstance(argument, np.ndarray):
        words.append(_array_word(argument))
        values += (None, None, argument.size, argument.itemsize, argument.ctypes.data)
        values += argument.shape
        values += argument.strides
    elif isinstance(argument, tuple):
        words.append(f"{type(argument).__name__}(")
        for item in argument:
            _add(item, words, values)
        words.append(")")
    else:
        words.append(_number_word(argument))
        values.append(argument if isinstance(argument, int | float) else argument.item())


def _array_word(array: np.ndarray) -> str:
    """What numba distinguishes of arrays; looked up, as a chunk hands over a hundred of them."""
    flags = array.flags
    kind = array.dtype, array.ndim, flags.num
    if kind not in _WORDS:
        _WORDS[kind] = _new_array_word(array, flags)
    return _WORDS[kind]


def _new_array_word(array: np.ndarray, flags: Any) -> str:
    """The word for arrays of a type, dimension and flags."""
    layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    access = ("" if flags.writeable else "-constant") + ("" if flags.aligned else "-unaligned")
    if not array.dtype.isnative:
        raise TypeError(f"Compiled code takes no array of {array.dtype.str}.")
    return f"{_ARRAY}-{_known(array.dtype.name)}-{array.ndim}-{layout}{access}"


def _number_word(number: Any) -> str:
    """The type that numba gives a number."""
    if isinstance(number, bool):
        return "bool"
    if isinstance(number, int):
        return "int64" if number in _INT64 else "uint64"
    if isinstance(number, float):
        return "float64"
    return _known(number.dtype.name if isinstance(number, np.generic) else type(number).__name__)


def _known(name: str) -> str:
    """The name of a type that can be handed over."""
    if name not in C_TYPES:
        raise TypeError(f"Compiled code takes no {name}.")
    return name


def parameters(signature: str) -> list[Any]:
    """C types of all native arguments of a signature."""
    types: list[Any] = []
    for word in signature.split():
        kind, *about = word.split("-")
        if kind == _ARRAY:
            pointer, size = ctypes.c_void_p, ctypes.c_ssize_t
            types += (pointer, pointer, size, size, pointer, *[size] * 2 * int(about[1]))
        elif kind in C_TYPES:
            types.append(C_TYPES[kind])
    return types


class Native:
    """A function of machine code that has been loaded; called without the GIL.

    Parameters
    ----------
    address
        Where it is.
    signature
        As `flattened` gives it.
    code
        What was loaded.
    """

    def __init__(self, address: int, signature: str, code: Code) -> None:
        pointer = ctypes.c_void_p
        self._code = code
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, pointer, pointer, *parameters(signature))
        self._function = prototype(address)
        fields = [(f"item_{i}", C_TYPES[name]) for i, name in enumerate(code.result)]
        # A function that returns nothing says so by a pointer to nothing.
        about = {"_fields_": fields or [("nothing", pointer)]}
        self._result: Any = type("Result", (ctypes.Structure,), about)

    def __call__(self, values: list[Any]) -> Any:
        """Call it with the values of all native arguments.

        Raises
        ------
        RuntimeError
            When an error was raised within, of which no more is known.
        """
        result, error = self._result(), ctypes.c_void_p()
        status = self._function(ctypes.byref(result), ctypes.byref(error), *values)
        if status:
            raise RuntimeError(f"Compiled code {self._code.symbol} ended with status {status}.")
        items = tuple(getattr(result, f"item_{i}") for i in range(len(self._code.result)))
        if self._code.is_tuple:
            return items
        return items[0] if items else None
