"""One digest for one set of rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ape_core import schema
from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.storage import arrow
from ape_core.storage.digest import RowDigest, digest, digest_chunks
from ape_core.storage.parts import part_path
from support.chunks import cut, cut_all, fabricate
from support.runs import commit_all, small_spec


@settings(max_examples=30)
@given(cuts=st.sets(st.integers(1, 699)))
def test_any_chunks_give_the_same_digest(whole, cuts):
    edges = [0, *sorted(cuts), 700]
    pieces = [cut(whole, *edge) for edge in pairwise(edges)]
    assert digest_chunks(pieces) == digest_chunks([whole])


@pytest.mark.parametrize("chunk_size", [100, 256, 700])
@pytest.mark.parametrize("group", [70, 5_000])
def test_on_disk_it_is_what_it_is_in_memory(store, spec, whole, monkeypatch, chunk_size, group):
    monkeypatch.setattr(arrow, "ROW_GROUP_PATIENTS", {"visits": group, "patients": group})
    run = store.create(spec, chunk_size)
    commit_all(run, cut_all(whole, chunk_size))
    assert digest(run) == digest_chunks([whole])


EVERY_COLUMN = [("visits", column.name) for column in schema.VISITS]
EVERY_COLUMN += [("patients", column.name) for column in schema.PATIENTS]


@pytest.mark.parametrize(("table", "column"), EVERY_COLUMN)
def test_one_changed_value_changes_it(table, column):
    chunk = fabricate(20, 2)
    before = digest_chunks([chunk])
    values = getattr(chunk, table)[column]
    values.flat[len(values) // 2] ^= 1
    assert digest_chunks([chunk]) != before


def test_order_matters():
    chunk = fabricate(20, 2)
    flipped = {name: array[::-1] for name, array in chunk.visits.items()}
    turned = replace(chunk, visits=flipped)
    assert digest_chunks([turned]) != digest_chunks([chunk])


def test_it_is_defined_by_little_endian_values_of_the_schema():
    """The definition, written out: whoever reads the rows elsewhere can compute it."""
    import hashlib

    chunk = fabricate(20, 2)
    lines = []
    for table, columns in (("visits", schema.VISITS), ("patients", schema.PATIENTS)):
        for column in columns:
            values = getattr(chunk, table)[column.name]
            kind = "u1" if column.dtype == "bool" else f"<{np.dtype(column.dtype).str[1:]}"
            hashed = hashlib.sha256(values.astype(kind).tobytes()).hexdigest()
            lines.append(f"{table} {column.name} {hashed}\n")
    assert digest_chunks([chunk]) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_foreign_byte_order_and_strides_do_not_matter(whole):
    swapped = {
        name: array if array.dtype == bool else array.astype(array.dtype.newbyteorder(">"))
        for name, array in whole.visits.items()
    }
    strided = {name: np.repeat(array, 2, axis=0)[::2] for name, array in whole.patients.items()}
    rows = RowDigest()
    rows.update("visits", swapped)
    rows.update("patients", strided)
    assert rows.hexdigest() == digest_chunks([whole])


def test_a_run_that_is_not_complete_has_none(run):
    run.committed.drop_parts([0])
    with pytest.raises(InvalidInputError, match="is not complete.*ape resume"):
        digest(run)


def test_a_missing_part_is_named(run):
    part_path(run.path, "patients", 1).unlink()
    with pytest.raises(CorruptRunError, match="patients/part-000001.parquet is missing"):
        digest(run)


def test_memory_does_not_grow_with_patients(store, monkeypatch):
    """Peak of Arrow's memory for 2,000 and 8,000 patients in chunks of 1,000."""
    peaks = []
    for n_patients in (2_000, 8_000):
        run = store.create(small_spec(n_patients, 2), 1_000)
        commit_all(run, cut_all(fabricate(n_patients, 2), 1_000))
        default = pa.default_memory_pool()
        pool = pa.proxy_memory_pool(default)
        pa.set_memory_pool(pool)
        try:
            digest(run)
        finally:
            pa.set_memory_pool(default)
        assert pool.bytes_allocated() == 0
        peaks.append(pool.max_memory())
    assert peaks[0] > 0
    assert peaks[1] < 1.1 * peaks[0]
