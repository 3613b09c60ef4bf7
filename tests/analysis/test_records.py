"""All records here are fabricated; none is a patient's."""

from __future__ import annotations

import csv

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from ape_core.analysis.record_files import LAYOUTS
from ape_core.analysis.records import MOST_INJECTIONS, WEEKS, read_records, records_from
from ape_core.errors import InvalidInputError

DRYAD = ("anon_id", "time", "va", "injgiven", "regimen", "date_inj1", "gender")
OWN = ("eye_id", "day", "letters", "injected", "drug", "started_before_2013_10", "sex")
INJECTION_DAYS = (0, 28, 56, 112, 168, 224, 280, 336, 392)


def fabricated(gain=5):
    """Visits of three eyes: two on aflibercept, of which one leaves after the first, one other."""
    for day in INJECTION_DAYS:
        letters = 50 if day == 0 else 50 + gain
        yield ("first", day, letters, True, "aflibercept", False)
        yield ("third", day, letters, True, "ranibizumab", True)
    yield ("first", 350, None, False, "aflibercept", False)
    yield ("second", 0, 70, True, "aflibercept", False)


def as_dryad(row):
    eye, day, letters, injected, drug, early = row
    shown = "NA" if letters is None else letters
    given = "1" if injected else "NA"
    era = "Pre-2013" if early else "Post-2013"
    return (eye, day, shown, given, f"{drug.capitalize()} only", era, "f")


def write_csv(path, names, rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([names, *rows])
    return path


@pytest.fixture(params=["dryad-csv", "own-csv", "own-parquet", "dryad-parquet"])
def file(request, tmp_path):
    """The same fabricated records in each form that is read."""
    rows = list(fabricated())
    layout, form = request.param.split("-")
    names = DRYAD if layout == "dryad" else OWN
    given = [as_dryad(row) if layout == "dryad" else (*row, "f") for row in rows]
    if form == "csv":
        return write_csv(tmp_path / "records.csv", names, given)
    given = [[None if cell == "NA" else cell for cell in row] for row in given]
    columns = dict(zip(names, map(list, zip(*given, strict=True)), strict=True))
    table = pa.table(columns)
    drug = "regimen" if layout == "dryad" else "drug"
    place = table.schema.get_field_index(drug)
    table = table.set_column(place, drug, table[drug].dictionary_encode())
    parquet.write_table(table, tmp_path / "records.parquet")
    return tmp_path / "records.parquet"


def test_every_form_of_the_same_records_says_the_same(file):
    records = read_records(file)
    assert records.kind in {layout.title for layout in LAYOUTS}
    assert (records.n_eyes, records.n_visits) == (2, len(INJECTION_DAYS) + 2)
    assert records.n_other == len(INJECTION_DAYS)
    assert records.n_impossible == 0
    assert records.letters[0].sum() == 2
    assert records.weeks == tuple(week for week in WEEKS if week <= 52)
    year = records.weeks.index(52)
    np.testing.assert_array_equal(np.flatnonzero(records.letters[year]), [55])
    np.testing.assert_array_equal(np.flatnonzero(records.change[year]) - 100, [5])
    np.testing.assert_array_equal(np.flatnonzero(records.injections), [8])


def test_counts_survive_json(file):
    records = read_records(file)
    again = records_from(records.as_plain())
    np.testing.assert_array_equal(again.change, records.change)
    assert again.as_plain() == records.as_plain()


def test_rows_may_come_in_any_order(tmp_path):
    rows = [(*row, "f") for row in fabricated()]
    ordered = read_records(write_csv(tmp_path / "a.csv", OWN, rows))
    shuffled = read_records(write_csv(tmp_path / "b.csv", OWN, rows[::-1]))
    assert ordered.as_plain() == shuffled.as_plain()


def test_many_eyes_are_read_in_batches_and_counted_exactly(tmp_path):
    rows = [
        (eye, day, 40 + eye % 30 + day // 100, True, "aflibercept", False, "m")
        for eye in range(3_000)
        for day in (0, 60, 120, 200, 300, 364)
    ]
    records = read_records(write_csv(tmp_path / "many.csv", OWN, rows))
    assert records.n_eyes == 3_000
    year = records.weeks.index(52)
    assert records.change[year][103] == 3_000
    assert records.injections[5] == 3_000
    assert records.letters[0].sum() == 3_000


def test_impossible_visits_are_counted_apart(tmp_path):
    bad = [
        ("first", 30, 140, True, "aflibercept", False),
        ("first", -3, 50, True, "aflibercept", 0),
    ]
    rows = [(*row, "f") for row in [*fabricated(), *bad]]
    records = read_records(write_csv(tmp_path / "bad.csv", OWN, rows))
    assert records.n_impossible == 2
    assert records.change[:, :100].sum() == 0


def test_more_injections_than_are_shown_stand_in_the_last_bin(tmp_path):
    days = [*range(0, 364, 7), 371]
    rows = [("first", day, 50, True, "aflibercept", False, "f") for day in days]
    records = read_records(write_csv(tmp_path / "often.csv", OWN, rows))
    assert records.injections[MOST_INJECTIONS] == 1


def check_refused(path, message):
    with pytest.raises(InvalidInputError, match=message) as caught:
        read_records(path)
    assert caught.value.hint


def test_what_is_no_file_of_records_is_refused_in_words(tmp_path):
    check_refused(tmp_path / "none.csv", "There is no file of records at")
    check_refused(tmp_path / "records.xlsx", "end with .csv or .parquet; 'records.xlsx' does not")
    (tmp_path / "text.parquet").write_text("not a table")
    check_refused(tmp_path / "text.parquet", "text.parquet cannot be read as a table")
    (tmp_path / "empty.csv").write_text("")
    check_refused(tmp_path / "empty.csv", "empty.csv cannot be read as a table")


def test_missing_columns_are_named(tmp_path):
    path = write_csv(tmp_path / "few.csv", ("anon_id", "time", "va"), [("a", 0, 50)])
    check_refused(path, "few.csv lacks the columns injgiven, regimen, date_inj1")


def test_a_cell_of_the_wrong_kind_is_refused_in_words(tmp_path):
    rows = [("a", "soon", 50, True, "aflibercept", False, "f")]
    check_refused(
        write_csv(tmp_path / "words.csv", OWN, rows), "words.csv cannot be read as a table"
    )


def test_records_without_a_comparable_eye_are_refused(tmp_path):
    rows = [("a", 0, 50, True, "ranibizumab", True, "f")]
    check_refused(write_csv(tmp_path / "other.csv", OWN, rows), "no eye on aflibercept")
