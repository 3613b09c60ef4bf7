"""From the shell: what starting costs before anything is compiled, and after."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench.common import PROTOCOL, SEED, Bench
from benchmarks.bench.report import Figure, median_of
from benchmarks.bench.runs_from_shell import measure_run, taken

FEW_PATIENTS = 1_000

COMMANDS = {
    "python -c pass, for comparison": ["-c", "pass"],
    "import ape_core": ["-c", "import ape_core"],
    "ape --help": ["-m", "ape_core.cli", "--help"],
    "ape protocols": ["-m", "ape_core.cli", "protocols"],
    "ape list": ["-m", "ape_core.cli", "list"],
}


def figures(bench: Bench) -> Iterator[Figure]:
    """Start, and run little."""
    empty = {"APE_STORE": str(bench.folder / "empty")}
    for what, command in COMMANDS.items():
        took = [taken(command, empty) for _ in range(bench.times(5))]
        yield median_of(what, [each.seconds for each in took], "s")
    what = f"ape run, {FEW_PATIENTS:,} patients x 1 year, "
    cold = []
    for k in range(bench.times(2)):
        cache = {"NUMBA_CACHE_DIR": str(bench.folder / f"cache-{k}")}
        cold.append(_seconds(bench, f"cold-{k}", cache))
    yield median_of(f"{what}nothing compiled yet", cold, "s")
    warm = [_seconds(bench, f"warm-{k}", cache) for k in range(bench.times(5))]
    yield median_of(f"{what}compiled code cached", warm, "s")


def _seconds(bench: Bench, store: str, cache: dict[str, str]) -> float:
    """A small run with its compiled code in some folder."""
    run = measure_run(bench.folder / store, PROTOCOL, FEW_PATIENTS, 1, 1, SEED, cache)
    return run.seconds
