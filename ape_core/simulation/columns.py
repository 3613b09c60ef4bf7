"""Columns of the tables, between the schema and the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ape_core import schema
from ape_core.schema import Column
from ape_core.simulation.chunk import list_length

Columns = dict[str, np.ndarray]


def plain(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns with one value in a cell."""
    return tuple(column for column in columns if column.every_weeks is None)


def empty(columns: tuple[Column, ...], n_rows: int) -> Columns:
    """Uninitialised columns; the kernel writes every cell of the rows that it counts."""
    return {column.name: np.empty(n_rows, dtype=column.dtype) for column in columns}


def trimmed(columns: Any, n_rows: int) -> Columns:
    """The rows that were written, without the room that was left."""
    return {name: array[:n_rows].copy() for name, array in columns._asdict().items()}


def shortened(columns: Any, n_rows: int) -> Columns:
    """The rows that were written, of columns with more room, which they give back."""
    for array in columns:
        shorten(array, n_rows)
    return dict(columns._asdict())


def shorten(array: np.ndarray, n_rows: int) -> None:
    """Give back the rows of an array beyond so many; no other array may show them."""
    array.resize((n_rows, *array.shape[1:]), refcheck=False)


def enlarge(columns: Any, n_rows: int) -> None:
    """Make room for so many rows; those that were written stay."""
    for array in columns:
        array.resize((n_rows, *array.shape[1:]), refcheck=False)


def joined(blocks: Sequence[Columns]) -> Columns:
    """Blocks one after another. The blocks are emptied, so that their rows are not held twice."""
    names = list(blocks[0])
    return {name: np.concatenate([block.pop(name) for block in blocks]) for name in names}


def lists(assessments: np.ndarray, years: int) -> Columns:
    """The list columns of the patients table: assessments at wider steps."""
    lists = {}
    for column in schema.PATIENTS:
        if column.every_weeks is not None:
            weeks = np.arange(list_length(column, years)) * column.every_weeks
            lists[column.name] = assessments[:, weeks // schema.WEEKS_PER_PERIOD]
    return lists
