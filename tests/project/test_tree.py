"""The tree that a stranger finds: a short root, short files, short functions, no one's machine."""

from __future__ import annotations

import ast
import re

import pytest

AT_ROOT = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "ape_core",
    "benchmarks",
    "binder",
    "docs",
    "environment.yml",
    "notebooks",
    "pyproject.toml",
    "requirements-dev.txt",
    "tests",
    "widgets",
}
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|farm|root|home|Users)/(?!\$)\w")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
TEXT = {"", ".cff", ".cfg", ".css", ".csv", ".html", ".ipynb", ".j2", ".js", ".json", ".md"}
TEXT |= {".py", ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml"}


@pytest.fixture(scope="session")
def texts(root, tracked):
    return {p: (root / p).read_text(encoding="utf-8") for p in tracked if p.suffix in TEXT}


@pytest.fixture(scope="session")
def functions(texts):
    """File, name and length of the body of every function."""
    return [
        (path, node.name, node.end_lineno - node.body[0].lineno + 1)
        for path, text in texts.items()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_root_holds_exactly_what_is_allowed(tracked):
    assert {path.parts[0] for path in tracked} == AT_ROOT


def test_no_file_names_a_path_of_one_machine(texts):
    assert [str(path) for path, text in texts.items() if MACHINE_PATH.search(text)] == []


def test_the_check_sees_a_path_of_one_machine():
    assert MACHINE_PATH.search("open('" + "/ho" + "me/ada/run')")
    assert not MACHINE_PATH.search("docs/" + "work/here")


def test_files_are_short(texts):
    long = [
        f"{path}: {text.count(chr(10))}"
        for path, text in texts.items()
        if path.suffix == ".py" and path.parts[0] != "tests" and text.count("\n") > MAX_FILE_LINES
    ]
    assert long == []


def test_functions_are_short(functions):
    assert [f for f in functions if f[2] > MAX_FUNCTION_LINES] == []


def test_most_functions_are_much_shorter(functions):
    lengths = sorted(length for path, _, length in functions if path.parts[0] != "tests")
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 30


def test_nothing_large_or_generated_is_tracked(root, tracked):
    large = [str(path) for path in tracked if (root / path).stat().st_size > 1_000_000]
    assert large == []
    assert [str(path) for path in tracked if path.suffix in {".pyc", ".parquet", ".npz"}] == []


def test_every_test_asserts_something(texts):
    promising = re.compile(r"assert|raises|warns|check|expect")
    empty = [
        f"{path}::{node.name}"
        for path, text in texts.items()
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not promising.search(ast.unparse(node))
    ]
    assert empty == []
