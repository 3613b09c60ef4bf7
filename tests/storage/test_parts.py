"""A chunk on disk is the chunk."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ape_core as ape
from ape_core import schema
from ape_core.errors import CorruptRunError, RunFailedError
from ape_core.simulation.simulate import simulate
from ape_core.storage import arrow
from ape_core.storage.files import sha256_file
from ape_core.storage.parts import open_part, part_path, write_part
from ape_core.storage.tables import TABLES
from support.chunks import cut, fabricate


def read_back(folder, table, record):
    part = open_part(folder, table, record)
    groups = [arrow.to_numpy(table, part.read(group)) for group in range(part.n_groups)]
    return {c.name: np.concatenate([g[c.name] for g in groups]) for c in TABLES[table]}


def assert_same(arrays, expected):
    assert list(arrays) == list(expected)
    for name, array in arrays.items():
        assert array.dtype == expected[name].dtype
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


@settings(max_examples=20)
@given(
    n_patients=st.integers(1, 60),
    years=st.integers(1, 6),
    seed=st.integers(0, 10),
    share=st.floats(0, 1),
)
def test_a_chunk_comes_back_as_it_was(tmp_path_factory, n_patients, years, seed, share):
    folder = tmp_path_factory.mktemp("run")
    chunk = fabricate(n_patients, years, seed, share)
    chunk.validate()
    record = write_part(folder, 7, chunk)
    assert (record.first, record.stop) == (0, n_patients)
    assert (record.n_visits, record.n_eyes) == (chunk.n_visits, chunk.n_eyes)
    assert_same(read_back(folder, "visits", record), chunk.visits)
    assert_same(read_back(folder, "patients", record), chunk.patients)


@given(years=st.integers(1, 3), data=st.data())
@settings(max_examples=20)
def test_extreme_values_survive(tmp_path_factory, years, data):
    chunk = fabricate(5, years)
    for columns, table in ((schema.VISITS, chunk.visits), (schema.PATIENTS, chunk.patients)):
        for column in columns[2:]:
            n_codes = len(column.categories) if column.categories else None
            low, high = (0, n_codes - 1) if n_codes else limits_of(column.dtype)
            shape = table[column.name].shape
            drawn = [data.draw(st.integers(low, high)) for _ in range(3)]
            table[column.name] = np.resize(drawn, shape).astype(column.dtype)
    folder = tmp_path_factory.mktemp("run")
    record = write_part(folder, 0, chunk)
    assert_same(read_back(folder, "visits", record), chunk.visits)
    assert_same(read_back(folder, "patients", record), chunk.patients)


def limits_of(dtype):
    return (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


def test_the_same_chunk_gives_the_same_bytes(tmp_path, whole):
    one = write_part(tmp_path / "a", 0, whole)
    two = write_part(tmp_path / "b", 0, whole)
    assert one == two
    for table, sha256, n_bytes in (
        ("visits", one.visits_sha256, one.visits_bytes),
        ("patients", one.patients_sha256, one.patients_bytes),
    ):
        path = part_path(tmp_path / "a", table, 0)
        assert path.name == "part-000000.parquet"
        assert sha256_file(path) == sha256
        assert path.stat().st_size == n_bytes


def test_parts_of_other_settings_are_read_as_they_are(tmp_path, whole, monkeypatch):
    """Such as those of an earlier APE: all columns at level 1, and other row groups."""
    now = write_part(tmp_path / "now", 0, whole)
    monkeypatch.setattr(arrow, "COMPRESSION_LEVEL", {"warm": 1})
    monkeypatch.setattr(arrow, "ROW_GROUP_PATIENTS", {"visits": 300, "patients": 300})
    before = write_part(tmp_path / "before", 0, whole)
    assert before.visits_sha256 != now.visits_sha256
    assert_same(read_back(tmp_path / "before", "visits", before), whole.visits)
    assert_same(read_back(tmp_path / "before", "patients", before), whole.patients)


def test_a_visit_of_a_usual_run_takes_at_most_four_bytes():
    spec = ape.RunSpec(
        ape.load_protocol("aflibercept-2mg-treat-and-extend"), ape.Cohort(5000), 5, 1
    )
    chunk = simulate(spec, 0, 5000)
    assert arrow.encode("visits", chunk).size <= 4 * chunk.n_visits


def test_workers_on_the_same_part_do_no_harm(tmp_path, whole):
    records = []
    threads = [
        threading.Thread(target=lambda: records.append(write_part(tmp_path, 0, whole)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records) == 8
    assert len(set(records)) == 1
    assert_same(read_back(tmp_path, "visits", records[0]), whole.visits)
    assert [p.name for p in (tmp_path / "visits").iterdir()] == ["part-000000.parquet"]


def test_other_readers_see_words_units_and_meanings(tmp_path, whole):
    write_part(tmp_path, 0, whole)
    path = part_path(tmp_path, "visits", 0)
    frame = pd.read_parquet(path)
    assert list(frame.columns) == list(schema.column_names(schema.VISITS))
    assert set(frame["phase"]) <= set(schema.PHASES)
    assert list(frame["drug"]) == [schema.DRUGS[code] for code in whole.visits["drug"]]
    field = pq.read_schema(path).field("letters")
    assert field.metadata[b"unit"] == b"ETDRS letters"
    assert field.metadata[b"meaning"] == b"acuity as measured"
    assert not field.nullable
    patients = pq.read_schema(part_path(tmp_path, "patients", 0))
    n_values = whole.patients["assessed_letters"].shape[1]
    kind = f"fixed_size_list<element: int8 not null>[{n_values}]"
    assert str(patients.field("assessed_letters").type) == kind
    assert patients.metadata[b"ape.format"] == b"1"


def test_row_groups_hold_whole_patients(tmp_path, whole, monkeypatch):
    monkeypatch.setattr(arrow, "ROW_GROUP_PATIENTS", {"visits": 100, "patients": 300})
    part = open_part(tmp_path, "visits", write_part(tmp_path, 0, whole))
    ranges = [part.patients_of(group) for group in range(part.n_groups)]
    assert ranges == [(first, first + 99) for first in range(0, 700, 100)]


@pytest.mark.parametrize("table", TABLES)
def test_a_few_patients_are_found(tmp_path, whole, monkeypatch, table):
    monkeypatch.setattr(arrow, "ROW_GROUP_PATIENTS", {"visits": 100, "patients": 300})
    part = open_part(tmp_path, table, write_part(tmp_path, 0, whole))
    for first, stop in ((0, 1), (99, 101), (150, 151), (699, 700), (0, 700)):
        rows = arrow.to_numpy(table, part.read_patients(first, stop))
        assert_same(rows, getattr(cut(whole, first, stop), table))
    assert part.read_patients(700, 900).num_rows == 0


def test_nothing_damaged_reaches_a_decoder(tmp_path, whole):
    """Of some damaged footers, pyarrow ends the process."""
    record = write_part(tmp_path, 0, whole)
    path = part_path(tmp_path, "visits", 0)
    data = path.read_bytes()
    for position in range(len(data) - 3_000, len(data), 7):
        changed = bytearray(data)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(CorruptRunError, match="part-000000.parquet is damaged: its checksum"):
            open_part(tmp_path, "visits", record)
    path.unlink()
    with pytest.raises(CorruptRunError, match="part-000000.parquet is missing"):
        open_part(tmp_path, "visits", record)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 1000])
def test_what_is_no_parquet_is_named(tmp_path, content):
    with pytest.raises(CorruptRunError, match="part is damaged: it cannot be decoded"):
        arrow.PartFile(tmp_path / "part", "visits", content)


def test_pages_carry_checksums_for_other_readers(tmp_path, whole):
    write_part(tmp_path, 0, whole)
    path = part_path(tmp_path, "visits", 0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(OSError, match="CRC checksum verification failed"):
        pq.read_table(path, page_checksum_verification=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.visits.pop("drug"), "visits has the columns"),
        (lambda c: c.visits.update(day=c.visits["day"].astype("int64")), "visits.day is int64"),
        (lambda c: c.visits.update(day=c.visits["day"][::-1].copy()), "not sorted by patient_id"),
        (lambda c: c.patients.update(n_visits=c.patients["n_visits"] + 1), "patients counts"),
        (
            lambda c: c.patients.update(assessed_letters=c.patients["assessed_letters"][:, 1:]),
            "patients.assessed_letters is int8",
        ),
        (lambda c: c.visits["patient_id"].__iadd__(1), "visits holds patients other than"),
        (lambda c: c.patients["patient_id"].__iadd__(1), "does not hold exactly 0 to 19"),
    ],
)
def test_a_chunk_that_does_not_follow_the_schema_is_refused(change, message):
    chunk = fabricate(20, 2)
    chunk.validate()
    change(chunk)
    with pytest.raises(RunFailedError, match=message):
        chunk.validate()


def test_assessments_must_fit():
    c = fabricate(20, 2)
    short = replace(c, assessments=c.assessments[:, 1:])
    with pytest.raises(RunFailedError, match=r"assessments is int8 \(\d+, 26\)"):
        short.validate()
