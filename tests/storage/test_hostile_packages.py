"""Packages that somebody made to do harm, or that something damaged: all are refused in words."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import re
import struct
import tarfile
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ape_core.errors import InvalidInputError
from ape_core.runs.exporting import export
from ape_core.runs.importing import import_run
from ape_core.storage import arrays
from ape_core.storage.packages import layout
from ape_core.storage.packages.layout import Entry
from ape_core.storage.store import Store
from ape_core.summaries.summary import Summary
from support.packages import (
    N_PATIENTS,
    YEARS,
    archived,
    by_zipfile,
    closed,
    made_run,
    opened,
    sealed,
)
from support.runs import small_spec

SPEC, PROVENANCE, SUMMARY = "spec.json", "provenance.json", "summary.npz"
VISITS, PATIENTS = "visits/part-000000.parquet", "patients/part-000000.parquet"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A package in which nothing is wrong; a store for the run of which it was made."""
    folder = tmp_path_factory.mktemp("good")
    export(made_run(Store(folder / "store")), folder / "good.zip", with_data=True)
    return folder / "good.zip"


@pytest.fixture
def refused(tmp_path):
    """Import bytes, which has to be refused; return why. Nothing may be left anywhere."""
    folder = tmp_path / "refused"
    folder.mkdir()

    def attempt(content):
        path, store = folder / "run.zip", Store(folder / "store")
        path.write_bytes(content)
        with pytest.raises(InvalidInputError) as refusal:
            import_run(path, store)
        assert str(path) in refusal.value.message
        assert refusal.value.hint
        assert store.list() == []
        assert not store.runs_path.exists() or os.listdir(store.runs_path) == []
        assert sorted(os.listdir(folder)) in (["run.zip"], ["run.zip", "store"])
        return refusal.value.message

    return attempt


# What is not the archive that its manifest gives.


def flipped(data, position):
    """One bit of a byte changed."""
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


def place(data, what, after=0):
    """Where some bytes stand."""
    return data.index(what, after)


def end_of_files(data):
    """Where the list of files begins."""
    return data.rindex(b"manifest.json") - 46


def patched(data, position, form, value):
    """Some bytes replaced."""
    size = struct.calcsize(form)
    return data[:position] + struct.pack(form, value) + data[position + size :]


def as_tar(data):
    """The files in an archive of another kind."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(SPEC), io.BytesIO(b""))
    return buffer.getvalue()


def unpacked(data):
    """Names and contents, the manifest too."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def linked(data):
    """The entry of a file that says to be a symbolic link."""
    return patched(data, end_of_files(data) + 38, "<L", 0o120777 << 16)


ARCHIVES = {
    "empty": (lambda d: b"", "no package of APE"),
    "text": (lambda d: b"patient,eye\n" * 400, "no package of APE"),
    "another kind of archive": (as_tar, "no package of APE"),
    "something before it": (lambda d: b"#!/bin/sh\n" + d, "no package of APE"),
    "something after it": (lambda d: d + b"x", "1 too many"),
    "another archive after it": (lambda d: d + d, "too many"),
    "cut in its first header": (lambda d: d[:20], "no package of APE"),
    "cut in its manifest": (lambda d: d[:200], "ends in the middle of manifest.json"),
    "cut after its manifest": (lambda d: d[: place(d, b"PK\3\4", 4)], "ends after .* bytes"),
    "cut in a part": (lambda d: d[: len(d) // 2], "ends after .* bytes"),
    "cut by one byte": (lambda d: d[:-1], "ends after"),
    "zeros in the end": (lambda d: d[:-1000] + bytes(1000), "list of files|checksum of"),
    "a bit of the manifest": (lambda d: flipped(d, 120), "manifest was edited or damaged"),
    "a bit of the question": (
        lambda d: flipped(d, place(d, b'"question"') + 30),
        "checksum of spec.json is wrong",
    ),
    "a bit of the summary": (
        lambda d: flipped(d, place(d, SUMMARY.encode(), 2000) + 400),
        "checksum of summary.npz is wrong",
    ),
    "a bit of a part": (
        lambda d: flipped(d, place(d, b"PAR1") + 500),
        "checksum of visits/part-000000.parquet is wrong",
    ),
    "a bit of a header": (
        lambda d: flipped(d, place(d, b"PK\3\4", 4) + 8),
        "what stands before spec.json is not",
    ),
    "a bit of a name": (
        lambda d: flipped(d, place(d, b"PK\3\4", 4) + 31),
        "what stands before spec.json is not",
    ),
    "a bit of the list of files": (lambda d: flipped(d, end_of_files(d) + 70), "list of files"),
    "a bit of the end": (lambda d: flipped(d, len(d) - 8), "list of files"),
    "a link": (linked, "list of files"),
    "an entry that is encrypted": (
        lambda d: patched(d, end_of_files(d) + 8, "<H", 1),
        "list of files",
    ),
    "another size in the list": (
        lambda d: patched(d, end_of_files(d) + 24, "<L", 1 << 30),
        "list of files",
    ),
    "packed again by another tool": (lambda d: by_zipfile(unpacked(d)), "no package of APE"),
    "compressed": (
        lambda d: by_zipfile(unpacked(d), compression=zipfile.ZIP_DEFLATED),
        "no package of APE",
    ),
    "a manifest of 4 GB": (
        lambda d: layout.local_header(Entry("manifest.json", 4_000_000_000, 0)) + d[100:],
        "is said to have 4,000,000,000 bytes",
    ),
    "no manifest": (lambda d: archived(unpacked(d)[1:]), "no package of APE"),
    "no file but the manifest": (
        lambda d: archived(unpacked(d)[:1]),
        "ends after",
    ),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_an_archive_that_is_not_as_it_was_written(case, good, refused):
    make, why = ARCHIVES[case]
    message = refused(make(good.read_bytes()))
    assert re.search(why, message), message


# What a manifest may not say.


def changed(**values):
    """Set fields of a manifest."""
    return lambda content: content.update(values)


def renamed(position, name):
    """Give a file another name, in the manifest and in the archive."""

    def edit(content, files):
        files[position] = (name, files[position][1])
        return closed(content, files)

    return edit


def said(edit):
    """Change only what the manifest says."""
    return lambda content, files: closed(content, files, edit)


def of_file(position, field, value):
    """Change what the manifest says of a file."""
    return said(lambda content: content["files"][position].__setitem__(field, value))


def with_text(text):
    """A manifest of these bytes, rightly sealed as far as that is possible."""
    return lambda content, files: archived([("manifest.json", text), *files])


def reordered(content, files):
    """Two files in each other's place."""
    files[3], files[4] = files[4], files[3]
    return closed(content, files)


def doubled(content, files):
    """A file that is there twice."""
    return closed(content, [*files, files[-1]])


def added(name):
    """One file more."""
    return lambda content, files: closed(content, [*files, (name, b"#!/bin/sh")])


def dropped(position):
    """One file less."""
    return lambda content, files: closed(content, files[:position] + files[position + 1 :])


def spaced(content, files):
    """The same manifest with a space in it, and sealed."""
    body = sealed({**content}).rpartition(b',"checksum"')[0].replace(b'"kind":', b'"kind": ')
    seal = hashlib.sha256(body).hexdigest().encode()
    return archived([("manifest.json", body + b',"checksum":"' + seal + b'"}\n'), *files])


MANIFESTS = {
    "a newer format": (said(changed(format=2)), "has format 2, and this version of APE reads 1"),
    "no format": (said(lambda c: c.pop("format")), "has format None"),
    "another kind": (said(changed(kind="wheel")), "something else than a run of APE"),
    "an unknown field": (said(changed(run="me")), "unknown field 'run'"),
    "a missing field": (said(lambda c: c.pop("parts")), "does not say what a manifest says"),
    "no JSON": (with_text(b"{]"), "edited or damaged"),
    "a list": (with_text(b"[1]"), "edited or damaged"),
    "deep nesting": (said(changed(parts=[[[[]]]] * 3)), "does not say what a manifest says"),
    "spaces": (spaced, "not written as APE writes one"),
    "a run id that is a path": (said(changed(run_id="../../etc")), "run_id is '../../etc'"),
    "the id of another run": (said(changed(run_id="0" * 64)), "it is said to be run 000000000000"),
    "a chunk size of 0": (said(changed(chunk_size=0)), "chunk_size is 0, not 1 to"),
    "a chunk size that is huge": (said(changed(chunk_size=10**9)), "chunk_size is 1000000000"),
    "a chunk size in words": (said(changed(chunk_size="25")), "chunk_size is '25'"),
    "true for a number": (said(changed(chunk_size=True)), "chunk_size is True"),
    "data that are maybe there": (said(changed(with_data=1)), "neither true nor false"),
    "parts without data": (said(changed(with_data=False)), "without data, but lists parts"),
    "parts that are no list": (said(changed(parts={})), "parts is no list"),
    "too many parts": (said(changed(parts=[[0, 1, 1]] * 100_001)), "list of at most 100,000"),
    "parts out of order": (said(lambda c: c["parts"].reverse()), "parts are not in order"),
    "a part twice": (said(lambda c: c["parts"].append(c["parts"][-1])), "one is there twice"),
    "a negative size": (of_file(0, 1, -1), "the size of 'spec.json' is -1"),
    "a size beyond 4 GB": (of_file(5, 1, 1 << 40), "the size of .* is 1099511627776"),
    "a question of 1 GB": (of_file(0, 1, 1 << 30), "the size of 'spec.json' is 1073741824"),
    "a smaller size than there is": (of_file(4, 1, 5), "too many"),
    "a larger size than there is": (of_file(4, 1, 10**6), "ends after"),
    "another checksum": (of_file(4, 3, "0" * 64), "checksum of patients/.* is wrong"),
    "no checksum": (of_file(4, 3, ""), "is '', not a SHA-256"),
    "a name that is a number": (of_file(4, 0, 7), "name of a file is no text"),
    "a path upwards": (renamed(3, "../../visits.parquet"), "leads out of its folder"),
    "a path upwards of Windows": (renamed(3, "visits\\..\\..\\x"), "leads out of its folder"),
    "an absolute path": (renamed(3, "/etc/cron.d/ape"), "'/etc/cron.d/ape', an absolute path"),
    "an absolute path of Windows": (renamed(3, "C:\\ape.exe"), "an absolute path"),
    "a hidden file": (renamed(3, ".bashrc"), "'.bashrc', which is no file of a run"),
    "the lock of a worker": (added("worker.lock"), "'worker.lock', which is no file of a run"),
    "a checkpoint": (added("checkpoint.json"), "'checkpoint.json', which is no file of a run"),
    "a name with a zero byte": (renamed(3, "visits/part-000000.parquet\0.sh"), "no file of a run"),
    "a part that is not listed": (added("visits/part-000009.parquet"), "no file of a run"),
    "a folder": (added("visits/"), "'visits/', which is no file of a run"),
    "a file twice": (doubled, "holds patients/part-000002.parquet twice"),
    "files out of order": (reordered, "its files are not in order"),
    "no question": (dropped(0), "it lacks spec.json"),
    "a part without patients": (dropped(4), "it lacks patients/part-000000.parquet"),
    "parts beyond the last patient": (
        said(changed(chunk_size=40)),
        "holds part 2 of 40 patients each, but the run has 60",
    ),
}


@pytest.mark.parametrize("case", MANIFESTS)
def test_a_manifest_that_lies(case, good, refused):
    make, why = MANIFESTS[case]
    message = refused(make(*opened(good)))
    assert re.search(why, message), message


# What a file may not hold.


def other(name, make):
    """A package in which one file is made of what it was."""

    def edit(content, files):
        new = [(each, make(data) if each == name else data) for each, data in files]
        return closed(content, new)

    return edit


def rows(table, change, **settings):
    """A part whose rows are changed."""

    def make(data):
        schema = pq.ParquetFile(pa.BufferReader(data)).schema_arrow
        columns = change(pq.read_table(pa.BufferReader(data)))
        sink = pa.BufferOutputStream()
        same = columns.schema.names == schema.names
        pq.write_table(columns.cast(schema) if same else columns, sink, **settings)
        return sink.getvalue().to_pybytes()

    return other(VISITS if table == "visits" else PATIENTS, make)


def column(table, name, change):
    """A part of which one column is changed."""

    def set_column(columns):
        values = change(columns[name].to_numpy().copy())
        place = columns.schema.get_field_index(name)
        return columns.set_column(place, name, pa.array(values, type=columns.schema.types[place]))

    return rows(table, set_column)


def first(value):
    """Another value in the first row."""

    def change(values):
        values[0] = value
        return values

    return change


def counts(change):
    """A summary whose arrays are changed."""

    def make(data):
        named = arrays.from_bytes(data)
        return arrays.to_bytes(change(named) or named)

    return other(SUMMARY, make)


def pickled(_):
    """Arrays of objects, which Python would build by running code."""
    buffer = io.BytesIO()
    np.savez(buffer, totals=np.array([{"a": pickle.dumps}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def huge(_):
    """A summary that unpacks to a thousand times its size."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("totals.npy", "w") as file,
    ):
        for _ in range(300):
            file.write(bytes(1_000_000))
    return buffer.getvalue()


def endless(_):
    """An array that says to be of a petabyte."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<i8", "fortran_order": False, "shape": (1 << 47,)}
    )
    return by_zipfile([("totals.npy", head.getvalue() + bytes(80))])


def n_rows(position, value):
    """Another number of rows in the manifest."""
    return said(lambda content: content["parts"][0].__setitem__(position, value))


ANOTHER = small_spec(N_PATIENTS, YEARS, seed=9).to_json().encode()

FILES = {
    "an edited question": (
        other(SPEC, lambda d: d.replace(b'"seed": 1', b'"seed": 2')),
        "spec.json is wrong: The question has the hash",
    ),
    "another question": (other(SPEC, lambda d: ANOTHER), "its question is that of run"),
    "no question at all": (other(SPEC, lambda d: b"{}"), "spec.json is wrong"),
    "a question of deep nesting": (other(SPEC, lambda d: b"[" * 50_000), "spec.json is wrong"),
    "a record that is no JSON": (other(PROVENANCE, lambda d: b"{"), "provenance.json is not JSON"),
    "a record that is a list": (other(PROVENANCE, lambda d: b"[]"), "is not a JSON object"),
    "a record of deep nesting": (
        other(PROVENANCE, lambda d: b'{"a":' * 50_000),
        "provenance.json is not JSON",
    ),
    "no Parquet": (other(VISITS, lambda d: b"PAR1" + bytes(900)), "part 0 is refused: .*decoded"),
    "Parquet with a broken end": (
        other(VISITS, lambda d: d[:-2_000] + bytes(range(256)) + d[-1_744:]),
        "part 0 (is refused|cannot be decoded)",
    ),
    "Parquet with broken pages": (
        other(VISITS, lambda d: d[:100] + bytes(400) + d[500:]),
        "part 0 (is refused|cannot be decoded)",
    ),
    "a part that is too large": (
        other(VISITS, lambda d: d + bytes(4_000_000)),
        "has .* bytes, but its rows take .* at most",
    ),
    "more visits than weeks": (n_rows(1, 10**7), "has 10,000,000 rows, not 1 to"),
    "another number of visits": (n_rows(1, 100), "part 0 is refused: visits has .* rows, not 100"),
    "no eyes": (n_rows(2, 0), "has 0 rows, not 1 to"),
    "a column less": (rows("visits", lambda t: t.drop_columns(["drug"])), "columns of visits"),
    "a column more": (
        rows("visits", lambda t: t.append_column("x", t["day"])),
        "columns of visits are not those",
    ),
    "columns of another type": (
        rows("visits", lambda t: t.rename_columns([f"{n}_" for n in t.column_names])),
        "columns of visits are not those",
    ),
    "rows out of order": (
        rows("visits", lambda t: t.take(np.arange(len(t))[::-1])),
        "not sorted",
    ),
    "acuity above 100": (column("visits", "letters", first(120)), "visits.letters goes from"),
    "acuity below 0": (column("visits", "letters", first(-3)), "visits.letters goes from -3"),
    "a visit after the end": (column("visits", "day", first(99_999)), "visits"),
    "a third eye": (column("visits", "eye", first(2)), "visits"),
    "patients of another part": (
        column("visits", "patient_id", lambda v: v + 30),
        "visits holds patients other than 0 to 24",
    ),
    "a patient who is missing": (
        column("patients", "patient_id", first(-1)),
        "patients does not hold exactly 0 to 24",
    ),
    "visits that nobody counted": (column("patients", "n_visits", first(1)), "visits"),
    "injections that were not given": (
        column("patients", "n_injections", lambda v: v + 1),
        "patients.n_injections is not what",
    ),
    "another calendar": (
        column("visits", "calendar_day", lambda v: v + 1),
        "calendar_day is not the day",
    ),
    "an age of 3,000": (column("patients", "age_years", first(3_000)), "patients.age_years goes"),
    "no summary": (other(SUMMARY, lambda d: b"x" * 99), "the summary is not a file of arrays"),
    "a summary of objects": (other(SUMMARY, pickled), "the summary is refused"),
    "a summary that unpacks to 300 MB": (other(SUMMARY, huge), "says to unpack to 300,"),
    "a summary of a petabyte": (other(SUMMARY, endless), "the summary (is refused|cannot be)"),
    "a summary of other years": (
        counts(lambda named: Summary.empty(3).to_arrays()),
        "the summary is of 3 years, not 2",
    ),
    "a summary of nobody": (
        counts(lambda named: Summary.empty(2).to_arrays()),
        "the summary counts 0 patients, not 60",
    ),
    "a summary without an array": (
        counts(lambda named: {k: v for k, v in named.items() if k != "age_sex"}),
        "age_sex is missing",
    ),
    "a summary of negative counts": (
        counts(lambda named: {**named, "age_sex": named["age_sex"] - 10**6}),
        "negative counts",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_not_what_a_run_holds(case, good, refused):
    make, why = FILES[case]
    message = refused(make(*opened(good)))
    assert re.search(why, message), message


def test_what_the_cases_are_made_of_is_itself_taken(good, tmp_path):
    """Without a change, the helpers of these tests give the package that was exported."""
    content, files = opened(good)
    assert closed(content, files) == good.read_bytes()
    (tmp_path / "again.zip").write_bytes(rows("visits", lambda table: table)(content, files))
    assert import_run(tmp_path / "again.zip", tmp_path / "store").status == "complete"


def test_what_is_no_file_is_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, "/dev/zero"):
        with pytest.raises(InvalidInputError, match="is no ordinary file"):
            import_run(path, tmp_path / "store")


def test_every_byte_of_a_small_package_counts(tmp_path, good):
    """One bit anywhere, also in the manifest, headers and list of files, is noticed."""
    store = Store(good.parent / "store")
    export(store.list()[0], tmp_path / "small.zip")
    content = (tmp_path / "small.zip").read_bytes()
    edges = [*range(60), *range(len(content) - 60, len(content))]
    for position in [*edges, *range(60, len(content) - 60, len(content) // 60)]:
        path = tmp_path / "flipped.zip"
        path.write_bytes(flipped(content, position))
        with pytest.raises(InvalidInputError):
            import_run(path, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists() or Store(tmp_path / "elsewhere").list() == []
