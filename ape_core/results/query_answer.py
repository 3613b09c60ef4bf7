"""The answer to a question in SQL: a bounded table."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ape_core.terms import STOPPED_AS_STABLE

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """Columns and rows.

    Attributes
    ----------
    columns, types
        Names of the columns, and their types in SQL.
    rows
        Values as Python has them: None for NULL, a list for a list.
    is_cut
        Whether there were more rows than were asked for.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool

    def to_dataframe(self) -> pd.DataFrame:
        """Return it as a pandas data frame."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.columns))

    def to_csv(self) -> str:
        """Return it as CSV, the first line with the names of the columns."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([_harmless(name) for name in self.columns])
        writer.writerows([_harmless(value) for value in row] for row in self.rows)
        return out.getvalue()

    def words(self) -> str:
        """How many rows there are, whether there were more, and what a code of theirs means."""
        rows = "1 row" if len(self.rows) == 1 else f"{len(self.rows):,} rows"
        said = f"The first {rows}; there are more." if self.is_cut else f"{rows}."
        is_told = any("discharged stable" in row for row in self.rows)
        return f"{said} {STOPPED_AS_STABLE}" if is_told else said


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula, so that it stays text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
