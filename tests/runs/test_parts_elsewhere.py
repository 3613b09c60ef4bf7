"""A run whose rows are in an object store is read, checked, mended and removed like any other."""

from __future__ import annotations

import pytest

from ape_core.errors import CorruptRunError, InvalidInputError, StoreError
from ape_core.runs.completing import complete
from ape_core.runs.dask_tasks import errand_of
from ape_core.runs.dask_work import finish_there
from ape_core.runs.engine import DASK, Engine
from ape_core.runs.starting import ask, run, submit
from ape_core.simulation.simulate import simulate
from ape_core.storage import objects
from ape_core.storage.checkpoint import CHECKPOINT_FILE
from ape_core.storage.digest import digest_chunks
from ape_core.storage.objects import list_objects, read_object, remove_object, write_object
from ape_core.storage.parts import object_path, record_path
from ape_core.storage.parts_elsewhere import is_open
from ape_core.storage.places import check_place, is_below, place_of_run, shown
from support.clusters import cluster_at, free_port
from support.object_stores import BUCKET, KEYS, s3_server
from support.runs import small_spec

SPEC = small_spec(3_000, years=1)
CHUNK = 500


@pytest.fixture(scope="module")
def expected():
    """Digest of the run in one piece, in memory, never on disk."""
    return digest_chunks([simulate(SPEC, 0, SPEC.cohort.n_patients)])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A place on a server of its own, and in the environment the keys to it."""
    with (
        pytest.MonkeyPatch.context() as patch,
        s3_server(tmp_path_factory.mktemp("s3")) as query,
    ):
        for name, value in KEYS.items():
            patch.setenv(name, value)
        yield f"s3://{BUCKET}/ape/runs?{query}"


@pytest.fixture
def done(store, place):
    """A complete run whose rows are on the server."""
    run(SPEC, store, chunk_size=CHUNK, parts=place, progress=False)
    return ask(SPEC, store)


def names(found):
    return sorted(path.name for path in list_objects(found.folder.place()))


def test_it_is_the_run_that_it_would_be_here_and_is_read_in_every_way(done, store, expected):
    assert done.digest() == expected
    assert done.verify() == []
    assert not list(done.folder.path.glob("*/part-*"))
    assert len(names(done)) == 13, "two tables of six parts, and the question"
    results = done.results()
    assert results.get_patient(2_999).patient_id == 2_999
    assert sum(batch.num_rows for batch in results.iterate_batches()) == results.n_visits
    [[counted]] = results.query("SELECT count(*) FROM visits").rows
    assert counted == results.n_visits
    assert done.tier == "elsewhere"
    for path in done.folder.path.rglob("*.json"):
        assert not any(key in path.read_text() for key in KEYS.values())


def test_deleted_runs_leave_no_objects_and_no_worker_writes_any(done, store):
    where, errand = done.folder.place(), errand_of(done.folder)
    assert is_open(where)
    store.delete(done.run_id)
    assert not is_open(where)
    with pytest.raises(StoreError, match="does not see the run in s3://trials/ape/runs/"):
        finish_there(errand, 0, CHUNK)
    assert list_objects(where) == []


def test_damaged_and_missing_objects_are_named_and_made_good(done, expected):
    where = done.folder.place()
    flipped, gone = (object_path(where, table, 2) for table in ("visits", "patients"))
    content = bytearray(read_object(flipped))
    content[len(content) // 2] ^= 1
    write_object(flipped, bytes(content))
    remove_object(gone)
    write_object(object_path(where, "visits", 77), b"what a killed worker left")
    with pytest.raises(
        CorruptRunError, match="visits-part-000002.parquet is damaged: its checksum"
    ):
        done.digest()
    problems = done.verify()
    assert [(p.file, p.part) for p in problems] == [(str(flipped), 2), (str(gone), 2)]
    assert "is missing" in problems[1].what
    mended = complete(done, check=True)
    assert {problem.file for problem in mended} == {str(flipped), str(gone)}
    assert done.verify() == []
    assert done.digest() == expected
    assert len(names(done)) == 13, "what no checkpoint names is removed"


def test_a_lost_checkpoint_does_not_move_the_rows(store, place, expected):
    run(SPEC, store, parts=place, progress=False)
    done = ask(SPEC, store)
    where = done.folder.place()
    (done.folder.path / CHECKPOINT_FILE).write_bytes(b"{}")
    complete(done, check=True)
    assert done.folder.place() == where
    assert done.digest() == expected


def test_workers_of_a_cluster_write_there(store, place, expected):
    port = free_port()
    with cluster_at(port):
        asked = ask(SPEC, store, CHUNK, parts=place)
        complete(asked, engine=Engine(DASK, f"tcp://127.0.0.1:{port}"))
    assert asked.digest() == expected
    assert asked.verify() == []


def test_what_cannot_be_done_there_is_refused_in_a_sentence(done, tmp_path, store):
    for refused, said in (
        (done.archive, "only those that are in the store itself can be archived"),
        (done.restore, "only those that are in the store itself can be archived"),
        (lambda: done.export(tmp_path / "run.zip", with_data=True), "can be put into a package"),
        (lambda: ask(SPEC, store, parts="s3://other/ape"), "is there already, with its rows in s3"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            refused()
    assert done.export(tmp_path / "run.zip").n_patients == 3_000


def test_a_server_that_does_not_do_says_why(store, place, monkeypatch):
    there = place.replace(BUCKET, "no-such-bucket")
    with pytest.raises(StoreError, match="there is no bucket 'no-such-bucket' at 127.0.0.1:"):
        submit(SPEC, store, parts=there)
    silent = f"s3://{BUCKET}/ape?endpoint_override=127.0.0.1:{free_port()}&scheme=http"
    with pytest.raises(StoreError, match=r"127.0.0.1:\d+ does not answer"):
        ask(SPEC, store, parts=silent)
    objects._connected.cache_clear()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(StoreError, match="refused access. Set AWS_ACCESS_KEY_ID"):
        ask(SPEC, store, parts=place)
    objects._connected.cache_clear()
    assert store.list() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s3://user:key@bucket/a", "holds a user or a key"),
        ("s3://bucket/a?access_key=x", "'access_key' cannot be said of the place"),
        ("s3://bucket/a?scheme=ftp", "The scheme of the place is 'ftp'"),
        ("s3://bucket/a?endpoint_override=a/b", "The endpoint_override of the place is 'a/b'"),
        ("gs://bucket/a", "'gs://bucket/a' is no place for parts"),
        ("/a/folder", "is no place for parts"),
        ("s3://bucket/../x", "is no place for parts"),
        ("s3://B/x", "is no place for parts"),
    ],
)
def test_what_is_no_place_is_refused_before_anything_is_created(text, said):
    with pytest.raises(InvalidInputError, match=said):
        check_place(text)


def test_each_run_has_a_place_of_its_own():
    asked = check_place("s3://bucket/a/?region=eu-west-2&scheme=https")
    assert asked == "s3://bucket/a?scheme=https&region=eu-west-2"
    one, two = (place_of_run(asked, "ab" * 32) for _ in range(2))
    assert one != two
    assert is_below(one, asked)
    assert not is_below(one, check_place("s3://bucket/b?region=eu-west-2&scheme=https"))
    assert shown(one).startswith("s3://bucket/a/abab")


def test_the_path_of_a_part_says_where_it_is(done):
    path = record_path(done.folder.path, "visits", done.folder.checkpoint().parts[0])
    assert str(path).endswith("/visits-part-000000.parquet")
    assert done.run_id in path.parts
