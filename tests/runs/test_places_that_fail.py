"""An object store that refuses, fails or is gone for a while: nothing is lost, and it is said."""

from __future__ import annotations

import os
import socket
from collections import Counter

import pytest

from ape_core.errors import StoreError
from ape_core.runs.completing import complete
from ape_core.runs.dask_tasks import errand_of
from ape_core.runs.dask_work import finish_there
from ape_core.runs.engine import DASK, Engine
from ape_core.runs.starting import ask
from ape_core.simulation.simulate import simulate
from ape_core.storage import objects
from ape_core.storage.digest import digest_chunks
from ape_core.storage.object_errors import may_pass, object_errors
from ape_core.storage.places import ObjectPath
from benchmarks.servers.clusters import cluster_at
from benchmarks.servers.object_stores import BUCKET, KEYS, ObjectStore
from benchmarks.servers.ports import free_port
from benchmarks.servers.unreliable import CUT, unreliable
from support.runs import small_spec

SPEC = small_spec(3_000, years=1)
CHUNK = 500


@pytest.fixture(scope="module")
def expected():
    """Digest of the run in one piece, in memory, never on disk."""
    return digest_chunks([simulate(SPEC, 0, SPEC.cohort.n_patients)])


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server, and in the environment the keys to it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        with ObjectStore(tmp_path_factory.mktemp("s3")) as server:
            yield server


def place_at(query):
    return f"s3://{BUCKET}/ape?{query}"


def test_a_worker_without_keys_is_named_and_the_run_goes_on_once_it_has_them(
    store, server, expected
):
    port = free_port()
    engine = Engine(DASK, f"tcp://127.0.0.1:{port}")
    without = {name: value for name, value in os.environ.items() if name not in KEYS}
    asked = ask(SPEC, store, CHUNK, parts=place_at(server.query))
    with (
        cluster_at(port, {**without, "AWS_EC2_METADATA_DISABLED": "true"}),
        pytest.raises(StoreError, match="refused access. Set AWS_ACCESS_KEY_ID") as refused,
    ):
        complete(asked, engine=engine)
    assert f"The worker on {socket.gethostname()} says: " in str(refused.value)
    assert "start workers again" in refused.value.hint
    assert asked.status == "failed"
    with cluster_at(port):
        complete(asked, check=True, engine=engine)
    assert asked.digest() == expected


def test_keys_that_may_only_read_are_told_from_those_that_are_missing(store, server, expected):
    def refuse_parts(method, path):
        return 403 if method == "PUT" and "part-" in path else None

    with unreliable(server.address, refuse_parts) as query:
        asked = ask(SPEC, store, CHUNK, parts=place_at(query))
        with pytest.raises(StoreError, match="worker on .* says: .* are set, and it is these keys"):
            finish_there(errand_of(asked.folder), 0, CHUNK)
    assert asked.folder.checkpoint().parts == ()


def test_a_server_that_fails_now_and_then_delays_a_run_and_no_more(
    store, server, expected, monkeypatch
):
    monkeypatch.setattr(objects, "_LONGEST_PAUSE", 0.1)
    seen = Counter()

    def fail_at_first(method, path):
        """More failures in a row than pyarrow bears, for three objects."""
        seen[method, path] += 1
        for name, status in (("part-000001", 503), ("part-000003", 500), ("part-000004", CUT)):
            if method == "PUT" and f"visits-{name}" in path and seen[method, path] <= 4:
                return status
        return None

    with unreliable(server.address, fail_at_first) as query:
        asked = ask(SPEC, store, CHUNK, parts=place_at(query))
        complete(asked, 3)
        assert asked.digest() == expected
        assert max(seen.values()) == 5


def test_what_does_not_pass_is_not_waited_for(store, server):
    statuses = {}

    def fail(method, path):
        return statuses.get(method)

    with unreliable(server.address, fail) as query:
        asked = ask(SPEC, store, CHUNK, parts=place_at(query))
        statuses["PUT"] = 507
        with pytest.raises(StoreError, match=f"says that '{BUCKET}' is full. Make room there"):
            complete(asked, 1)
        statuses["PUT"] = None
        complete(asked, 1)
    assert asked.status == "complete"


def test_a_server_is_asked_again_for_so_long_and_no_longer(monkeypatch):
    now, pauses = [0.0], []

    def sleep(seconds):
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(objects.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(objects.time, "sleep", sleep)

    def silent():
        raise OSError("AWS Error NETWORK_CONNECTION during PutObject operation: curlCode: 7")

    with pytest.raises(OSError, match="NETWORK_CONNECTION"):
        objects._patiently(silent, 120.0)
    assert 100.0 < now[0] <= 120.0
    assert max(pauses) <= objects._LONGEST_PAUSE
    pauses.clear()
    with pytest.raises(OSError, match="NETWORK_CONNECTION"):
        objects._patiently(silent, 0.0)
    assert pauses == []


@pytest.mark.parametrize(
    ("said", "expected", "passes"),
    [
        ("AWS Error UNKNOWN (HTTP status 503) during", r"answers, but .*HTTP status 503", True),
        ("AWS Error SLOW_DOWN during PutObject", r"answers, but .*SLOW_DOWN.* resume\.", True),
        ("ExceptionName: IncompleteBody Message", r"answers, but .*IncompleteBody", True),
        ("AWS Error NETWORK_CONNECTION", "not answer.* resume. What was committed", True),
        ("(HTTP status 507): XMinioStorageFull", "'bucket' is full", False),
        ("(HTTP status 403): ExceptionName: QuotaExceeded", "'bucket' is full", False),
        ("curlCode: 60, SSL peer certificate was not OK; Details", "no secure connection", False),
        ("(HTTP status 301) ", r"another region. .*s3://bucket/PREFIX\?region=REGION", False),
        (
            "AuthorizationHeaderMalformed: the region 'us-east-1' is wrong; expecting 'eu-west-2'",
            r"in another region\. Name .*\?region=eu-west-2'",
            False,
        ),
        ("AWS Error ACCESS_DENIED. the bucket is located in 'x'", "refused access", False),
        ("(HTTP status 400): ExpiredToken", "refused access", False),
        ("AWS Error REQUEST_TIME_TOO_SKEWED", "the clock of this machine", False),
        ("something new", "something new", False),
    ],
)
def test_each_answer_has_its_sentence(said, expected, passes):
    path = ObjectPath("s3://bucket/a?endpoint_override=minio:9000", "x")
    with pytest.raises(StoreError, match=expected), object_errors("write", path):
        raise OSError(said)
    assert may_pass(OSError(said)) == passes
