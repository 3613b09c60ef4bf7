"""Making machine code with numba, which is imported here and nowhere else.

What Python calls is compiled without numba's wrappers and without its memory management: such code
needs nothing of numba when it is loaded. It can therefore neither allocate nor tell what it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import llvmlite.binding as llvm
import numba

from ape_core.simulation import machine_code
from ape_core.simulation.calling import C_TYPES, parameters
from ape_core.simulation.code_cache import Code

_OPTIONS: Final[dict[str, Any]] = {
    "nogil": True,
    # Contraction and reordering would make rows depend on the machine.
    "fastmath": False,
    "error_model": "numpy",
}
_BARE: Final[dict[str, Any]] = {
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}

_LLVM_TYPES: Final = {
    **{name: "i" + "".join(filter(str.isdigit, name)) for name in C_TYPES},
    "bool": "i8",
    "float64": "double",
}


def called_from_python(function: Callable[..., Any], folder: Path) -> Any:
    """A function that numba compiles, keeps in a folder and lets Python call."""
    settings = numba.config
    # numba asks for the folder when it decorates; other packages have their own.
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(folder)
    try:
        return numba.njit(cache=True, **_OPTIONS)(function)
    finally:
        settings.CACHE_DIR = before


def called_from_compiled(function: Callable[..., Any], *, inlined: bool = True) -> Any:
    """A function that compiled functions call.

    Parameters
    ----------
    inlined
        Whether it becomes a part of its callers whatever its size: parameters are wide tuples,
        and passing them between functions took a third of the time.
    """
    return numba.njit(**_OPTIONS, **_BARE, forceinline=inlined)(function)


def type_of(dispatcher: Any) -> Any:
    """The type by which compiled code knows a function."""
    return numba.types.Dispatcher(dispatcher)


def machine_code_of(
    function: Callable[..., Any], arguments: Sequence[Any], signature: str, symbol: str
) -> Code:
    """Compile a function for arguments of the types of these.

    Parameters
    ----------
    function, arguments
        What is called, with what.
    signature
        Of the arguments, as `calling.flattened` gives it.
    symbol
        Name for the function in its code.

    Raises
    ------
    numba.core.errors.NumbaError
        When numba cannot compile it, as where it allocates.
    TypeError
        When it returns what cannot be taken over, or needs what is not there without numba.
    """
    types = tuple(numba.typeof(argument) for argument in arguments)
    dispatcher = called_from_compiled(function)
    dispatcher.compile(types)
    made = dispatcher.overloads[types]
    result, is_tuple = _result_types(made.signature.return_type)
    module = llvm.parse_assembly(dispatcher.inspect_llvm(types))
    target = machine_code.target_machine()
    _keep_only(module, made.fndesc.llvm_func_name, symbol, target)
    _check_parameters(module.get_function(symbol), signature)
    binary = target.emit_object(module)
    externals = machine_code.externals(binary)
    if unknown := set(externals) - machine_code.MATHEMATICS:
        raise TypeError(f"Compiled code {symbol} needs {', '.join(sorted(unknown))}.")
    return Code(symbol, result, is_tuple, externals, binary)


def _result_types(returned: Any) -> tuple[tuple[str, ...], bool]:
    """Names of the types of what is returned, and whether it is a tuple."""
    if returned == numba.types.none:
        return (), False
    is_tuple = isinstance(returned, numba.types.BaseTuple)
    names = tuple(str(item) for item in (returned if is_tuple else (returned,)))
    if unknown := set(names) - set(C_TYPES):
        raise TypeError(f"Compiled code cannot return {', '.join(sorted(unknown))}.")
    return names, is_tuple


def _keep_only(module: Any, name: str, symbol: str, target: Any) -> None:
    """Rename one function of a module, and drop what it does not use."""
    for value in (*module.functions, *module.global_variables):
        if value.name == name:
            value.name = symbol
        elif not value.is_declaration:
            value.linkage = "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    options = llvm.create_pipeline_tuning_options(speed_level=0)
    passes.run(module, llvm.create_pass_builder(target, options))


def _check_parameters(function: Any, signature: str) -> None:
    """See that numba hands arguments over as we do."""
    names = {c_type: name for name, c_type in C_TYPES.items()}
    wanted = [_LLVM_TYPES[names[c]] if c in names else "ptr" for c in parameters(signature)]
    # A truth value of its own is one bit, in a tuple eight; for the caller they are the same.
    found = [{"i1": "i8"}.get(kind, kind) for kind in (str(a.type) for a in function.arguments)]
    if found != ["ptr", "ptr", *wanted]:
        raise TypeError(f"Compiled code {function.name} takes its arguments in another way.")
