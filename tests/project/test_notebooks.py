"""Notebooks hold a few cells that call the packages, and nothing that belongs elsewhere."""

from __future__ import annotations

import ast

import nbformat
import pytest

MAX_CODE_CELLS = 6
MAX_CODE_LINES = 40


@pytest.fixture(scope="session")
def notebooks(root, tracked):
    return {
        path: nbformat.read(root / path, as_version=4)
        for path in tracked
        if path.suffix == ".ipynb"
    }


@pytest.fixture(scope="session")
def code_cells(notebooks):
    return {
        path: [cell for cell in notebook.cells if cell.cell_type == "code"]
        for path, notebook in notebooks.items()
    }


def test_the_notebooks_of_the_design_are_there(notebooks):
    assert {"dashboard", "run"} <= {path.stem for path in notebooks}
    assert {path.parts[0] for path in notebooks} == {"notebooks"}


def test_notebooks_are_valid(notebooks):
    for path, notebook in notebooks.items():
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3", path


def test_notebooks_are_thin(code_cells):
    for path, cells in code_cells.items():
        assert len(cells) <= MAX_CODE_CELLS, path
        lines = sum(cell.source.count("\n") + 1 for cell in cells)
        assert lines <= MAX_CODE_LINES, path


def test_notebooks_define_nothing(code_cells):
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for path, cells in code_cells.items():
        for cell in cells:
            nodes = ast.walk(ast.parse(cell.source))
            assert not [n for n in nodes if isinstance(n, definitions)], (path, cell.source)


def test_notebooks_keep_no_outputs(code_cells):
    for path, cells in code_cells.items():
        assert all(not cell.outputs and cell.execution_count is None for cell in cells), path


def test_notebooks_keep_no_traces_of_a_session(notebooks):
    for path, notebook in notebooks.items():
        assert set(notebook.metadata) <= {"kernelspec", "language_info", "title"}, path
