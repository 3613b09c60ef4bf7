"""AMD Protocol Explorer: simulate treatment protocols for neovascular AMD.

    import ape_core as ape

    spec = ape.RunSpec(protocol=ape.load_protocol("aflibercept-2mg-treat-and-extend"),
                       cohort=ape.Cohort(n_patients=2_000), years=5, seed=1)
    results = ape.run(spec)
    results.get_summary_statistics()

Every name is imported when it is first used, so that `import ape_core` costs almost nothing and
the kernel of a page loads only what it draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.on_first_use import on_first_use

if TYPE_CHECKING:
    from ape_core.analysis.compare import compare
    from ape_core.analysis.economics import cost_effectiveness
    from ape_core.analysis.score import score
    from ape_core.analysis.sweep import sweep
    from ape_core.errors import (
        ApeError,
        CorruptRunError,
        InvalidInputError,
        InvalidSettingError,
        InvalidSpecError,
        NoSuchRunError,
        RunFailedError,
        StoreError,
    )
    from ape_core.results import InMemoryResults, ParquetResults, create_results
    from ape_core.runs import check_memory, estimate, import_run, open_run, run, submit
    from ape_core.spec.cohort import Cohort
    from ape_core.spec.economics_yaml import load_economics
    from ape_core.spec.model import load_model
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.checkpoint import SimulationCheckpoint
    from ape_core.storage.own_protocols import list_protocols, load_protocol
    from ape_core.summaries import Summary, health_economics

__version__: Final = "0.1.0"

__all__ = [
    "ApeError",
    "Cohort",
    "CorruptRunError",
    "InMemoryResults",
    "InvalidInputError",
    "InvalidSettingError",
    "InvalidSpecError",
    "NoSuchRunError",
    "ParquetResults",
    "RunFailedError",
    "RunSpec",
    "SimulationCheckpoint",
    "StoreError",
    "Summary",
    "check_memory",
    "compare",
    "cost_effectiveness",
    "create_results",
    "estimate",
    "health_economics",
    "import_run",
    "list_protocols",
    "load_economics",
    "load_model",
    "load_protocol",
    "open_run",
    "run",
    "score",
    "submit",
    "sweep",
]

_HOMES: Final = {
    "ape_core.analysis.compare": ("compare",),
    "ape_core.analysis.economics": ("cost_effectiveness",),
    "ape_core.analysis.score": ("score",),
    "ape_core.analysis.sweep": ("sweep",),
    "ape_core.errors": (
        "ApeError",
        "CorruptRunError",
        "InvalidInputError",
        "InvalidSettingError",
        "InvalidSpecError",
        "NoSuchRunError",
        "RunFailedError",
        "StoreError",
    ),
    "ape_core.results": ("InMemoryResults", "ParquetResults", "create_results"),
    "ape_core.runs": ("check_memory", "estimate", "import_run", "open_run", "run", "submit"),
    "ape_core.spec.cohort": ("Cohort",),
    "ape_core.spec.economics_yaml": ("load_economics",),
    "ape_core.spec.model": ("load_model",),
    "ape_core.spec.run_spec": ("RunSpec",),
    "ape_core.storage.checkpoint": ("SimulationCheckpoint",),
    "ape_core.storage.own_protocols": ("list_protocols", "load_protocol"),
    "ape_core.summaries": ("Summary", "health_economics"),
}

__getattr__ = on_first_use(__name__, _HOMES)


def __dir__() -> list[str]:
    """Public names, for completion."""
    return [*__all__, "__version__"]
