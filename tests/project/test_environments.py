"""One list of exact versions for pip, conda, Binder and the checks."""

from __future__ import annotations

import re
import runpy
from importlib.metadata import distribution

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

DEBIAN_12_PYTHON = "3.11.2"


def pins_in(path):
    """Name and version of each line of a list of pins; anything but `name==version` fails."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    matches = [re.fullmatch(r"([a-z0-9-]+)==([\w.!+]+)", line) for line in lines]
    assert None not in matches, [line for line, m in zip(lines, matches, strict=True) if not m]
    return {m[1]: m[2] for m in matches}


@pytest.fixture(scope="session")
def runtime_pins(root):
    return pins_in(root / "binder" / "requirements.txt")


@pytest.fixture(scope="session")
def dev_pins(root):
    return pins_in(root / "requirements-dev.txt")


@pytest.fixture(scope="session")
def lock(root):
    return runpy.run_path(str(root / "binder" / "lock.py"))


@pytest.fixture(scope="session")
def conda(root):
    return yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))


def direct(requirements):
    """Name and version of direct dependencies, which are pinned exactly."""
    parsed = [Requirement(text) for text in requirements]
    for requirement in parsed:
        assert [s.operator for s in requirement.specifier] == ["=="], requirement
    return {canonicalize_name(r.name): str(r.specifier)[2:] for r in parsed}


def test_direct_dependencies_have_the_pinned_versions(pyproject, runtime_pins, dev_pins):
    project = pyproject["project"]
    assert direct(project["dependencies"]).items() <= runtime_pins.items()
    for extra in project["optional-dependencies"].values():
        assert direct(extra).items() <= (runtime_pins | dev_pins).items()


def test_pins_are_exactly_what_the_tests_run_on(lock, runtime_pins, dev_pins):
    """No dependency of a dependency is left to chance, and none is listed that nothing needs."""
    runtime, development = lock["pins"]()
    assert runtime_pins == runtime
    assert dev_pins == development


def test_no_pin_stands_twice(runtime_pins, dev_pins):
    assert runtime_pins.keys().isdisjoint(dev_pins)


def test_conda_installs_the_same_list_and_the_package(conda):
    pip = next(entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict))
    assert pip == ["--requirement binder/requirements.txt", "--editable ."]


def test_python_is_the_same_everywhere(root, conda, pyproject):
    binder = (root / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    version = binder.removeprefix("python-")
    assert f"python={version}" in conda["dependencies"]
    assert f"{version}.0" in SpecifierSet(pyproject["project"]["requires-python"])
    assert f"({version.replace('.', ', ')})" in (root / "Makefile").read_text(encoding="utf-8")
    assert pyproject["tool"]["ruff"]["target-version"] == f"py{version.replace('.', '')}"


def test_every_pin_runs_on_the_python_of_debian_12(runtime_pins, dev_pins):
    """Which is older than the one that the pins may have been chosen on."""
    too_new = [
        f"{name} {distribution(name).version} needs Python {needs}"
        for name in runtime_pins | dev_pins
        if (needs := distribution(name).metadata.get("Requires-Python"))
        and DEBIAN_12_PYTHON not in SpecifierSet(needs)
    ]
    assert too_new == []


def test_every_direct_dependency_has_its_reason(root, pyproject):
    decisions = (root / "docs" / "decisions.md").read_text(encoding="utf-8").lower()
    project = pyproject["project"]
    names = direct(project["dependencies"]) | direct(project["optional-dependencies"]["dev"])
    assert [name for name in names if f"`{name}`" not in decisions] == []
