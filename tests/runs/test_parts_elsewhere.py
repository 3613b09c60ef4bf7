"""A run whose rows are in an object store is read, checked, mended and removed like any other."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pyarrow import fs

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
from ape_core.storage.object_errors import object_errors
from ape_core.storage.objects import (
    list_objects,
    read_object,
    remove_object,
    size_of_object,
    write_object,
)
from ape_core.storage.parts import object_path, record_path
from ape_core.storage.parts_elsewhere import is_open
from ape_core.storage.places import ObjectPath, check_place, is_below, place_of_run, shown
from benchmarks.servers.clusters import cluster_at
from benchmarks.servers.object_stores import BUCKET, KEYS, s3_server
from benchmarks.servers.ports import free_port
from support.runs import small_spec

SPEC = small_spec(3_000, years=1)
CHUNK = 500


@pytest.fixture(scope="module")
def expected():
    """Digest of the run in one piece, in memory, never on disk."""
    return digest_chunks([simulate(SPEC, 0, SPEC.cohort.n_patients)])


@pytest.fixture(scope="module")
def keys():
    """In the environment, the keys to the servers of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory, keys):
    """A place on a server of its own."""
    with s3_server(tmp_path_factory.mktemp("s3")) as query:
        yield f"s3://{BUCKET}/ape/runs?{query}"


@pytest.fixture
def done(store, place):
    """A complete run whose rows are on the server."""
    run(SPEC, store, chunk_size=CHUNK, parts=place, progress=False)
    return ask(SPEC, store)


@pytest.fixture
def forgotten():
    """Connections with other keys, neither found nor left."""
    objects._connected.cache_clear()
    yield
    objects._connected.cache_clear()


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


def files_below(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_nothing_is_left_on_the_disk_of_a_server(store, tmp_path, keys):
    disk = tmp_path / "disk"
    disk.mkdir()
    with s3_server(tmp_path, str(disk)) as query:
        run(SPEC, store, chunk_size=CHUNK, parts=f"s3://{BUCKET}/a=b/runs?{query}", progress=False)
        done = ask(SPEC, store)
        where = done.folder.place()
        write_object(object_path(where, "visits", 77), b"what a killed worker left")
        remove_object(object_path(where, "visits", 3))
        complete(done, check=True)
        assert len(files_below(disk)) == 13, "a removed object hides no other"
        assert done.verify() == []
        store.delete(done.run_id)
        assert files_below(disk) == []


def test_a_run_is_kept_while_anything_of_it_is_left(store, tmp_path, keys):
    disk = tmp_path / "disk"
    disk.mkdir()
    with s3_server(tmp_path, str(disk)) as query:
        run(SPEC, store, chunk_size=CHUNK, parts=f"s3://{BUCKET}/runs?{query}", progress=False)
        done = ask(SPEC, store)
        address, scheme = (value.partition("=")[2] for value in query.split("&"))
        once = fs.AwsStandardS3RetryStrategy(max_attempts=1)
        server = fs.S3FileSystem(endpoint_override=address, scheme=scheme, retry_strategy=once)
        with suppress(OSError):  # makes the folder again, as others may, and hides what is in it
            server.delete_file(object_path(done.folder.place(), "visits", 0).key)
        with pytest.raises(StoreError, match=r"reads as an empty file.*aws s3 rm --recursive"):
            store.delete(done.run_id)
        assert len(files_below(disk)) == 12
        assert [run.run_id for run in store.list()] == [done.run_id]


def test_what_a_server_keeps_back_is_named(done, store, monkeypatch):
    monkeypatch.setattr(objects, "remove_object", lambda path: None)
    with pytest.raises(StoreError, match=r"13 objects of the run are still in s3://trials/ape/"):
        store.delete(done.run_id)
    assert not done.folder.is_locked()
    assert [run.run_id for run in store.list()] == [done.run_id]


def test_removing_puts_no_folders_in_the_place_of_objects(done, store, place):
    where, query = done.folder.place(), place.partition("?")[2]
    folder = ObjectPath(where, "").key.rstrip("/")
    store.delete(done.run_id)
    server = fs.S3FileSystem.from_uri(f"s3://{BUCKET}/?{query}")[0]
    assert server.get_file_info(folder).type == fs.FileType.NotFound


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


def test_a_server_that_does_not_do_says_why(store, place):
    there = place.replace(BUCKET, "no-such-bucket")
    with pytest.raises(StoreError, match="there is no bucket 'no-such-bucket' at 127.0.0.1:"):
        submit(SPEC, store, parts=there)
    silent = f"s3://{BUCKET}/ape?endpoint_override=127.0.0.1:{free_port()}&scheme=http"
    with pytest.raises(StoreError, match=r"127.0.0.1:\d+ does not answer"):
        ask(SPEC, store, parts=silent)
    assert store.list() == []


def test_a_refused_access_says_which_keys_to_look_at(done, store, place, monkeypatch, forgotten):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(StoreError, match=r"refused access. AWS_ACCESS_KEY_ID and .* are set, and"):
        done.digest()
    objects._connected.cache_clear()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for refused in (done.digest, lambda: size_of_object(ObjectPath(place, "a"))):
        with pytest.raises(StoreError, match="refused access. Set AWS_ACCESS_KEY_ID"):
            refused()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("remove", "not answer.* do the same again. The run stays"),
        ("read", "not answer.* do the same again. What was committed"),
        ("write", "not answer.* resume. What was committed"),
    ],
)
def test_what_to_do_is_said_of_what_failed(action, expected):
    path = ObjectPath("s3://bucket/a?endpoint_override=minio:9000", "x")
    with pytest.raises(StoreError, match=expected), object_errors(action, path):
        raise OSError("AWS Error NETWORK_CONNECTION")


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
