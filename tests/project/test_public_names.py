"""What `import ape_core` offers, and what it costs."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import ape_core as ape

ERRORS = {
    "ApeError",
    "CorruptRunError",
    "InvalidInputError",
    "InvalidSettingError",
    "InvalidSpecError",
    "NoSuchRunError",
    "RunFailedError",
    "StoreError",
}
NAMES = {
    "Cohort",
    "InMemoryResults",
    "ParquetResults",
    "RunSpec",
    "SimulationCheckpoint",
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
}
HEAVY = (
    "IPython",
    "bqplot",
    "dask",
    "duckdb",
    "ipywidgets",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
)


def modules_after(statement):
    """Top-level modules loaded in a fresh interpreter by a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_public_names_are_exactly_those_of_the_design():
    assert set(ape.__all__) == NAMES | ERRORS
    assert ape.__all__ == sorted(ape.__all__)


def test_completion_offers_the_public_names():
    assert set(dir(ape)) == {*ape.__all__, "__version__"}


@pytest.mark.parametrize("name", sorted(NAMES | ERRORS))
def test_every_public_name_can_be_used_and_says_what_it_is(name):
    value = getattr(ape, name)
    assert value.__name__ == name
    assert value.__doc__, f"{name} has no documentation"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'simulate_everything'"):
        _ = ape.simulate_everything


def test_type_checkers_see_the_same_names(root):
    tree = ast.parse((root / "ape_core" / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n))
    seen = {alias.name for statement in guarded.body for alias in statement.names}
    assert seen == set(ape.__all__)


def test_import_loads_nothing_heavy():
    assert modules_after("import ape_core").isdisjoint(HEAVY)


def test_building_a_question_loads_no_compiler_and_no_table_library():
    question = (
        "import ape_core as ape\n"
        "ape.RunSpec(protocol=ape.load_protocol(ape.list_protocols()[0].name),"
        " cohort=ape.Cohort(n_patients=10), years=1, seed=1)"
    )
    assert modules_after(question).isdisjoint({"numba", "pandas", "pyarrow", "matplotlib"})


def test_what_a_worker_does_loads_no_library_of_data_frames():
    """pyarrow imports pandas, 40 MB, in many of its conversions."""
    work = (
        "import sys, tempfile; from pathlib import Path; import ape_core as ape\n"
        "from ape_core.runs.chunks import finish_chunk\n"
        "spec = ape.RunSpec(protocol=ape.load_protocol(ape.list_protocols()[0].name),"
        " cohort=ape.Cohort(n_patients=10), years=1, seed=1)\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    finish_chunk(spec, Path(folder), 10)((0, 10))"
    )
    loaded = modules_after(work)
    assert {"llvmlite", "pyarrow"} <= loaded
    assert loaded.isdisjoint({"pandas", "matplotlib"})


def test_the_handle_of_a_run_and_its_summary_load_no_compiler_and_no_table_library():
    """What a page's kernel holds."""
    handle = "import ape_core as ape\nape.open_run, ape.submit, ape.Summary, ape.estimate"
    assert modules_after(handle).isdisjoint({"numba", "pandas", "pyarrow", "matplotlib"})
