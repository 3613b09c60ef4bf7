"""Files of patient-level records: which kind a file is, and its rows, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from ape_core.errors import InvalidInputError
from ape_core.schema import MAX_LETTERS

SUFFIXES: Final = (".csv", ".parquet")
BATCH_ROWS: Final = 16_384
_BLOCK_BYTES: Final = 1 << 20
_TRUE: Final = frozenset({"1", "1.0", "true", "yes"})


class Row(NamedTuple):
    """One visit of an eye: days since its first injection, ETDRS letters (NaN if none)."""

    eye: str
    day: float
    letters: float
    injected: bool
    comparable: bool

    @property
    def impossible(self) -> bool:
        """Whether the row cannot be true; acuity that was not measured is allowed."""
        return not self.day >= 0 or self.letters < 0 or self.letters > MAX_LETTERS


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of a kind of file, and which of its rows are on aflibercept after it came."""

    title: str
    eye: str
    day: str
    letters: str
    injected: str
    drug: str
    era: str
    later: frozenset[str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are read."""
        return (self.eye, self.day, self.letters, self.injected, self.drug, self.era)


LAYOUTS: Final = (
    Layout(
        "Moorfields records as published on Dryad",
        *("anon_id", "time", "va", "injgiven", "regimen", "date_inj1"),
        frozenset({"post-2013"}),
    ),
    Layout(
        "Moorfields records under the names of APE",
        *("eye_id", "day", "letters", "injected", "drug", "started_before_2013_10"),
        frozenset({"false", "0"}),
    ),
)


def rows_of(path: Path) -> tuple[str, Iterator[Row]]:
    """Kind of a file in words, and its rows one after another.

    Raises
    ------
    InvalidInputError
        At once or while rows are read: no such file, not CSV or Parquet, columns missing, or a
        value that is not of its column's kind.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInputError(
            f"Records are read from files that end with .csv or .parquet; {path.name!r} does not.",
            "Give the file as it was downloaded, unpacked.",
        )
    if not path.is_file():
        raise InvalidInputError(
            f"There is no file of records at {path}.", "Check the path; it is read as it is given."
        )
    layout = _layout(path, _column_names(path))
    return layout.title, _rows(path, layout)


def _layout(path: Path, names: Sequence[str]) -> Layout:
    """Kind of file, by its columns."""
    for layout in LAYOUTS:
        if set(layout.columns) <= set(names):
            return layout
    nearest = max(LAYOUTS, key=lambda layout: len(set(layout.columns) & set(names)))
    missing = [name for name in nearest.columns if name not in names]
    raise InvalidInputError(
        f"{path.name} lacks the columns {', '.join(missing)}.",
        " ".join(f"{layout.title} have {', '.join(layout.columns)}." for layout in LAYOUTS),
    )


def _column_names(path: Path) -> list[str]:
    """Names in the head of a file."""
    with _in_words(path):
        if path.suffix.lower() == ".parquet":
            from pyarrow import parquet

            with parquet.ParquetFile(path) as file:
                return list(file.schema_arrow.names)
        from pyarrow import csv

        with csv.open_csv(path, read_options=csv.ReadOptions(block_size=_BLOCK_BYTES)) as reader:
            return list(reader.schema.names)


def _rows(path: Path, layout: Layout) -> Iterator[Row]:
    """Rows of a file of a known kind."""
    with _in_words(path):
        for batch in _batches(path, layout):
            yield from _rows_of_batch(batch, layout)


def _batches(path: Path, layout: Layout) -> Iterator[Any]:
    """Read the columns that are needed, some thousand rows at a time."""
    import pyarrow as pa

    if path.suffix.lower() == ".parquet":
        from pyarrow import parquet

        with parquet.ParquetFile(path) as file:
            yield from file.iter_batches(BATCH_ROWS, columns=list(layout.columns))
        return
    from pyarrow import csv

    convert = csv.ConvertOptions(
        include_columns=list(layout.columns),
        column_types=dict.fromkeys(layout.columns, pa.string()),
        strings_can_be_null=True,
    )
    read = csv.ReadOptions(block_size=_BLOCK_BYTES)
    with csv.open_csv(path, read_options=read, convert_options=convert) as reader:
        yield from reader


def _rows_of_batch(batch: Any, layout: Layout) -> Iterator[Row]:
    """Rows of a batch, whatever the types of its columns."""
    text, number = _as(batch, "string"), _as(batch, "float64")
    columns = (text(layout.eye), number(layout.day), number(layout.letters),
               text(layout.injected), text(layout.drug), text(layout.era))  # fmt: skip
    for eye, day, letters, injected, drug, era in zip(*columns, strict=True):
        yield Row(
            str(eye),
            float("nan") if day is None else day,
            float("nan") if letters is None else letters,
            (injected or "").lower() in _TRUE,
            "aflibercept" in (drug or "").lower() and (era or "").lower() in layout.later,
        )


def _as(batch: Any, kind: str) -> Any:
    """Return a function that gives a column of the batch as a list of values of a kind."""
    import pyarrow as pa

    def column(name: str) -> list[Any]:
        values = batch.column(batch.schema.get_field_index(name))
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        return list(values.cast(kind).to_pylist())

    return column


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Turn what pyarrow says of a bad file into a sentence."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError) as error:
        said = str(error).splitlines()[0][:200].rstrip(".")
        raise InvalidInputError(
            f"{path.name} cannot be read as a table: {said}.",
            "Download it again, or check that it is CSV with commas or Parquet.",
        ) from error


def layouts_in_words() -> Mapping[str, tuple[str, ...]]:
    """Columns of each kind of file that is read, by its name."""
    return {layout.title: layout.columns for layout in LAYOUTS}
