"""Whether the simulator has to be compiled first: it takes minutes, once, and has to be said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec

COMPILING: Final = "compiling the simulator for this machine, once, which takes a minute or more"
"""Phase of a run whose first chunk has to wait for that."""


def has_to_compile(spec: RunSpec) -> bool:
    """Whether what simulates and counts a run was never compiled here, from these sources."""
    from ape_core.simulation.clinics import run_clinic
    from ape_core.simulation.kernel import run_patients
    from ape_core.summaries.counting.loops import add_care

    simulates = run_patients if spec.capacity is None else run_clinic
    return not (is_compiled(simulates) and is_compiled(add_care))


def is_compiled(function: Any) -> bool:
    """Whether a compiled function is in numba's cache; one that is not to be compiled counts."""
    stats = getattr(function, "stats", None)
    if stats is None:
        return True
    module = function.py_func.__module__.rpartition(".")[2]
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    name = f"{module}.{function.py_func.__qualname__}-*.{version}.nbi"
    return any(Path(stats.cache_path).glob(name))
