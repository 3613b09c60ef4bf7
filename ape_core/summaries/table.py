"""The numbers behind a chart as a table, and as a file that any spreadsheet reads."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

import numpy as np

from ape_core.errors import InvalidInputError

Cell = int | float | str

_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""What a text begins with that a spreadsheet takes for a formula, half or full width."""


@dataclass(frozen=True, slots=True)
class Column:
    """Name of a column, and the unit of its values; none where they are plain numbers or words."""

    name: str
    unit: str = ""

    @property
    def heading(self) -> str:
        """Name with its unit: "Mean acuity (ETDRS letters)"."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with units, and rows of numbers and words.

    Parameters
    ----------
    name
        What the table shows.
    columns
        One for each value of a row.
    rows
        Whole numbers, finite numbers and words.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, name: str, *columns: tuple[str, str, Iterable[Any]]) -> Table:
        """Make a table of columns, each its name, its unit and its values.

        Raises
        ------
        InvalidInputError
            The columns are not equally long, or a value is neither a finite number nor a text.
        """
        cells = [[_cell(value, heading) for value in values] for heading, _, values in columns]
        lengths = {len(column) for column in cells}
        if len(lengths) > 1:
            raise InvalidInputError(
                f"The columns of {name!r} have {sorted(lengths)} values.",
                "Give each column one value for each row.",
            )
        heads = tuple(Column(heading, unit) for heading, unit, _ in columns)
        return cls(name, heads, tuple(zip(*cells, strict=True)))

    def to_csv(self) -> str:
        """Text of a CSV file (RFC 4180): a row of headings, comma-separated, lines end with CRLF.

        Numbers have all of their digits. A text that a spreadsheet would take for a formula is
        preceded by an apostrophe, which makes it a text.
        """
        written = StringIO()
        writer = csv.writer(written, lineterminator="\r\n")
        writer.writerow(_harmless(column.heading) for column in self.columns)
        writer.writerows([_harmless(cell) for cell in row] for row in self.rows)
        return written.getvalue()


def _cell(value: Any, heading: str) -> Cell:
    """Python's own number or text for a value of an array."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, str) or (isinstance(plain, int | float) and np.isfinite(plain)):
        return int(plain) if isinstance(plain, bool) else plain
    raise InvalidInputError(
        f"{heading!r} has the value {plain!r}, but a table holds finite numbers and texts.",
        "Leave the row out, or give a text that says why there is no number.",
    )


def _harmless(cell: Cell) -> Cell:
    """Cell that no spreadsheet executes."""
    runs = isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA)
    return f"'{cell}" if runs else cell
