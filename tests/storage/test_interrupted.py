"""Real processes that are killed, or refused by the system, while they write a run."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from ape_core.storage.digest import digest, digest_chunks
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.verify import verify

TESTS = Path(__file__).resolve().parents[1]
WORKER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from support.chunks import cut, fabricate
from support.runs import commit_all
from ape_core.errors import StoreError
from ape_core.storage.run_folder import RunFolder
run = RunFolder(Path(sys.argv[1]))
with run.acquire():
    whole = fabricate(700, 2)
    try:
        for first, stop in run.missing_ranges():
            commit_all(run, [cut(whole, first, stop)])
            print("committed", flush=True)
            exec(sys.argv[3])
    except StoreError as error:
        print(error, flush=True)
"""
LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))"


def start(run, after_each_commit=""):
    command = [sys.executable, "-c", WORKER, str(run.path), str(TESTS), after_each_commit]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert worker.stdout.readline() == "committed\n"
    return worker


def check_and_tidy(run):
    assert not run.is_locked()
    assert verify(RunFolder(run.path)) == []
    run.clean_temporary()
    assert verify(RunFolder(run.path)) == []
    assert list(run.path.rglob("*.tmp")) == []
    return run.checkpoint().patients_done


def test_killed_at_random_moments_it_ends_with_the_same_rows(store, spec, whole):
    rng = random.Random(1)
    run = store.create(spec, 14)
    done = [0]
    for _ in range(5):
        worker = start(run)
        time.sleep(rng.uniform(0.0, 0.015))
        worker.kill()
        worker.communicate()
        done.append(check_and_tidy(run))
    assert done == sorted(set(done))
    assert done[-1] < 700, "the worker was too fast to be interrupted"
    start(run).communicate()
    assert check_and_tidy(run) == 700
    assert digest(run) == digest_chunks([whole])


def test_refused_by_the_system_it_keeps_what_is_committed(store, spec, whole):
    run = store.create(spec, 250)
    said = start(run, LIMIT).communicate()[0]
    assert "part-000001.parquet: it would be larger than files may be here" in said
    assert check_and_tidy(run) == 250
    start(run).communicate()
    assert check_and_tidy(run) == 700
    assert digest(run) == digest_chunks([whole])
