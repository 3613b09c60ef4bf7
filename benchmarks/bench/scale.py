"""The same run on threads, on Dask workers of this machine, and by these into an object store.

All of it runs on this machine, whose cores the workers, the coordinator and the server share; what
tells something of a cluster are the processor times, and how they compare.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil

from ape_core.limits import CHUNK_SIZE
from ape_core.storage.run_folder import RunFolder
from ape_core.summaries import warm_cache
from benchmarks.bench.common import PROTOCOL, SEED, YEARS, Bench, apart, tell
from benchmarks.bench.report import Figure, median_of
from benchmarks.bench.runs_from_shell import taken
from benchmarks.servers.clusters import Cluster
from benchmarks.servers.object_stores import BUCKET, KEYS, ObjectStore

WORKERS: Final = 2
LARGEST_CHUNK: Final = 50_000
MILLION: Final = 1_000_000

_THREADS: Final = f"{WORKERS} threads"
_OWN: Final = f"{WORKERS} Dask workers of its own"
_SHARED: Final = f"{WORKERS} Dask workers of a scheduler"
_OBJECTS: Final = f"{WORKERS} Dask workers of a scheduler, to S3"
_WAYS: Final = (_THREADS, _OWN, _SHARED, _OBJECTS)


@dataclass(frozen=True)
class Took:
    """One run: by the clock, of processors, at most of memory, and what it wrote."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    checksums: tuple[str, ...]
    n_bytes: int
    workers_cpu_seconds: float = 0.0
    workers_peak_mb: float = 0.0
    server_cpu_seconds: float = 0.0


def figures(bench: Bench) -> Iterator[Figure]:
    """Every way side by side, as often as it is measured."""
    apart(warm_cache.main)
    n_patients = bench.few(MILLION, 20_000)
    asked = _asked(n_patients, bench.few(LARGEST_CHUNK, CHUNK_SIZE))
    here = ["--workers", str(WORKERS)]
    ways: dict[str, list[Took]] = {name: [] for name in _WAYS}
    for _ in range(bench.times(3)):
        with TemporaryDirectory(dir=bench.folder) as place:
            folder = Path(place)
            for name, words in ((_THREADS, []), (_OWN, ["--executor", "dask"])):
                tell(name)
                ways[name].append(_run([*asked, *here, *words], folder / name.partition(":")[0]))
            with (
                ObjectStore(folder, _made(folder / "objects")) as server,
                Cluster(_made_path(folder / "scratch"), WORKERS, KEYS) as cluster,
            ):
                far = ["--executor", "dask", "--scheduler", cluster.address]
                parts = ["--parts", f"s3://{BUCKET}/ape?{server.query}"]
                _run([*_asked(2_000, 500), *far], folder / "loaded")  # what workers load, once
                for name, words in ((_SHARED, far), (_OBJECTS, [*far, *parts])):
                    tell(name)
                    ways[name].append(_measured([*asked, *words], folder / name, cluster, server))
    yield from _compared(n_patients, ways)


def _asked(n_patients: int, chunk_size: int) -> list[str]:
    """A question on the command line."""
    said = ["--patients", n_patients, "--years", YEARS, "--seed", SEED, "--chunk-size", chunk_size]
    return ["-m", "ape_core.cli", "run", PROTOCOL, "--json", *map(str, said)]


def _run(command: Sequence[str], store: Path) -> Took:
    """One run from the shell, with a store of its own."""
    took = taken([*command, "--store", str(store)], KEYS)
    folder = RunFolder(store / "runs" / json.loads(took.printed)["run_id"])
    parts = folder.checkpoint().parts
    return Took(
        took.seconds,
        took.cpu_seconds,
        took.peak_mb,
        tuple(f"{part.visits_sha256} {part.patients_sha256}" for part in parts),
        sum(part.visits_bytes + part.patients_bytes for part in parts),
    )


def _measured(command: Sequence[str], store: Path, cluster: Cluster, server: ObjectStore) -> Took:
    """One run, with what workers and server needed for it."""
    workers = [worker.pid for worker in cluster.workers]
    before = _cpu_seconds(workers), _cpu_seconds([server.pid])
    took = _run(command, store)
    return Took(
        **vars(took)
        | {
            "workers_cpu_seconds": _cpu_seconds(workers) - before[0],
            "server_cpu_seconds": _cpu_seconds([server.pid]) - before[1],
            "workers_peak_mb": max(map(_peak_mb, workers)),
        }
    )


def _cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time of processes so far."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(each.user + each.system for each in times)


def _peak_mb(pid: int) -> float:
    """Most memory that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def _made_path(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir()
    return folder


def _made(folder: Path) -> str:
    """A new folder, by name."""
    return str(_made_path(folder))


def _compared(n_patients: int, ways: dict[str, list[Took]]) -> Iterator[Figure]:
    """What each way took; a RuntimeError when any wrote other bytes than the first."""
    if len({took.checksums for runs in ways.values() for took in runs}) != 1:
        raise RuntimeError("the parts of the runs differ")
    times = MILLION / n_patients
    for name, runs in ways.items():
        what = f"{n_patients:,} patients, {name}: "
        yield median_of(f"{what}run, all written", [run.seconds for run in runs], "s")
        per = "processor time per million patients, "
        whose = "coordinator" if name in {_SHARED, _OBJECTS} else "all processes"
        yield median_of(f"{what}{per}{whose}", [run.cpu_seconds * times for run in runs], "s")
        yield Figure(f"{what}most memory of the coordinator", max(r.peak_mb for r in runs), "MB")
        if name in {_SHARED, _OBJECTS}:
            spent = [run.workers_cpu_seconds * times for run in runs]
            yield median_of(f"{what}{per}workers", spent, "s")
            peak = max(run.workers_peak_mb for run in runs)
            yield Figure(f"{what}most memory of a worker", peak, "MB")
        if name == _OBJECTS:
            spent = [run.server_cpu_seconds * times for run in runs]
            yield median_of(f"{what}{per}S3 server", spent, "s")
    written = ways[_THREADS][0].n_bytes * times / 1e6
    yield Figure(f"{n_patients:,} patients: rows per million patients", written, "MB")
