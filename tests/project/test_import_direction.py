"""Data flows one way, and so do imports: spec to simulation to storage ... to notebooks."""

from __future__ import annotations

import ast
import json
import re
import sys
from importlib.metadata import packages_distributions

import pytest

import ape_core as ape

# What a module may import: its own layer and those before it.
LAYERS = (
    (
        "ape_core.clocks",
        "ape_core.errors",
        "ape_core.limits",
        "ape_core.on_first_use",
        "ape_core.schema",
        "ape_core.terms",
    ),
    ("ape_core.spec",),
    ("ape_core.simulation",),
    ("ape_core.storage",),
    ("ape_core.results",),
    ("ape_core.summaries",),
    ("ape_core.runs",),
    ("ape_core.analysis",),
    ("ape_core.cli", "ape_core.commands", "ape_core.__main__"),
    ("widgets",),
    ("notebooks",),
)
UI = {"IPython", "bqplot", "ipywidgets", "matplotlib", "notebooks", "voila", "widgets"}


def code_of(path):
    """Python of a module, or of all code cells of a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    return text


def imported_names(code, package):
    """Full names of everything imported, also inside functions."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            module = ".".join([*base, node.module or ""]) if node.level else node.module
            yield from (f"{module}.{alias.name}".replace("..", ".") for alias in node.names)


def layer_of(name):
    """Position in LAYERS, or None for what is not ours."""
    for position, prefixes in enumerate(LAYERS):
        if any(name == p or name.startswith(p + ".") for p in prefixes):
            return position
    return None


@pytest.fixture(scope="session")
def sources(root, tracked):
    """Module name and imported names of each product file."""
    found = {}
    for path in tracked:
        if path.parts[0] in {"ape_core", "widgets", "notebooks"} and path.suffix in {
            ".py",
            ".ipynb",
        }:
            parts = path.with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            package = ".".join(parts[:-1])
            found[module] = sorted(set(imported_names(code_of(root / path), package)))
    return found


def test_every_module_has_its_layer(sources):
    homeless = [module for module in sources if layer_of(module) is None]
    assert homeless == ["ape_core"], "give the module a place in LAYERS"


def test_no_module_imports_a_later_layer(sources):
    arrows_back = [
        f"{module} imports {name}"
        for module, names in sources.items()
        if module != "ape_core"
        for name in names
        if layer_of(name) is not None and layer_of(name) > layer_of(module)
    ]
    assert arrows_back == []


def test_nothing_in_the_core_uses_the_public_front(root, tracked):
    """`ape_core.run` would reach every layer from any of them; its path is harmless."""
    names = "|".join(ape.__all__)
    uses = re.compile(rf"(?:\bape_core\.|^from ape_core import )({names})\b", re.MULTILINE)
    through_the_front = [
        str(path)
        for path in tracked
        if path.parts[0] == "ape_core"
        and path.suffix == ".py"
        and path.name != "__init__.py"
        and uses.search((root / path).read_text(encoding="utf-8"))
    ]
    assert through_the_front == []


def test_the_core_imports_no_user_interface(sources):
    drawn = [
        f"{module} imports {name}"
        for module, names in sources.items()
        if module.startswith("ape_core")
        for name in names
        if name.split(".")[0] in UI
    ]
    assert drawn == []


def test_whatever_is_imported_is_declared(sources, pyproject):
    project = pyproject["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"], *extras["calibrate"], *extras["scale"]]
    declared = {text.split("==")[0].lower() for text in listed}
    homes = packages_distributions()
    undeclared = {
        f"{module} imports {top}"
        for module, names in sources.items()
        for top in (name.split(".")[0] for name in names)
        if top not in sys.stdlib_module_names
        and top not in {"ape_core", "widgets", "__future__"}
        and not declared & {home.lower().replace("_", "-") for home in homes.get(top, [])}
    }
    assert undeclared == set()


def test_the_check_sees_an_arrow_back():
    assert list(imported_names("from ..runs import queue", "ape_core.spec")) == [
        "ape_core.runs.queue"
    ]
    assert layer_of("ape_core.runs.queue") > layer_of("ape_core.spec")
    assert layer_of("ape_core.summaries") > layer_of("ape_core.results")
