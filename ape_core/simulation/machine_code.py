"""Loading machine code by LLVM alone, which takes a tenth of the time that numba takes to import.

Code that numba made calls nothing but functions of the C library's mathematics. They are found in
the process, as numba finds them, so that the same code gives the same numbers.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator
from typing import Any, Final

import llvmlite.binding as llvm

from ape_core.simulation.calling import Native
from ape_core.simulation.code_cache import Code

MATHEMATICS: Final = frozenset(
    {"ceil", "cos", "exp", "expm1", "floor", "fmod", "log", "log1p", "pow", "sin", "sqrt"}
    | {"memcpy", "memmove", "memset"}
)
"""What code may call; LLVM ends the process for a name that it does not find."""

_ELF_64: Final = b"\x7fELF\x02\x01"
_SYMBOL_TABLE: Final = 2


@functools.cache
def processor() -> tuple[str, ...]:
    """What code is made for."""
    _initialise()
    features = llvm.get_host_cpu_features().flatten()
    return llvm.get_process_triple(), llvm.get_host_cpu_name(), features


def target_machine() -> Any:
    """The processor, as numba compiles for it."""
    _initialise()
    triple, name, features = processor()
    is_x86 = triple.startswith(("x86", "i386", "i686"))
    return llvm.Target.from_triple(triple).create_target_machine(
        cpu=name,
        features=features,
        opt=3,
        reloc="static" if is_x86 else "default",
        codemodel="jitdefault",
        jit=True,
    )


@functools.cache
def _initialise() -> None:
    """Make LLVM know the processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@functools.cache
def _engine() -> Any:
    """What links code into this process; once it is there, LLVM finds the process's functions."""
    _initialise()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())


def load(code: Code, signature: str) -> Native | None:
    """The function that some code holds; None when it calls what this process does not have."""
    engine = _engine()
    if not all(name in MATHEMATICS and llvm.address_of_symbol(name) for name in code.externals):
        return None
    engine.add_object_file(llvm.ObjectFileRef.from_data(code.binary))
    engine.finalize_object()
    return Native(engine.get_function_address(code.symbol), signature, code)


def externals(binary: bytes) -> tuple[str, ...]:
    """Names that an object file uses and does not define.

    Raises
    ------
    ValueError
        When it is no object file of a 64-bit Linux.
    """
    if not binary.startswith(_ELF_64):
        raise ValueError("Machine code is kept as ELF only.")
    return tuple(sorted(_undefined(binary)))


def _undefined(binary: bytes) -> Iterator[str]:
    """Names without a section in the table of symbols."""
    (table,) = struct.unpack_from("<Q", binary, 0x28)
    size, count = struct.unpack_from("<HH", binary, 0x3A)
    sections = [struct.unpack_from("<IIQQQQI", binary, table + i * size) for i in range(count)]
    for _, kind, _, _, start, length, names in sections:
        if kind != _SYMBOL_TABLE:
            continue
        for symbol in range(start, start + length, 24):
            name, _, _, section = struct.unpack_from("<IBBH", binary, symbol)
            if name and not section:
                first = sections[names][4] + name
                yield binary[first : binary.index(b"\0", first)].decode()
