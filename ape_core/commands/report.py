"""`ape report`: a run as one HTML file."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ape_core.commands.answer import Answer, megabytes, problem
from ape_core.errors import InvalidInputError, RunFailedError
from ape_core.runs.memory import MB
from ape_core.runs.starting import open_run
from ape_core.storage.store import Store


def report(asked: argparse.Namespace) -> Answer:
    """Have the report made in a process of its own, which draws and executes the notebook."""
    if find_spec("widgets") is None:
        raise InvalidInputError(
            "Reports are not installed beside ape_core.", "Install all of APE, as README.md says."
        )
    run = open_run(asked.run)
    name = f"ape-{run.spec.protocol.name}-{run.run_id[:12]}.html"
    path = Path(asked.out or name).expanduser().absolute()
    if not path.parent.is_dir():
        raise InvalidInputError(
            f"There is no folder {path.parent}.", "Make it, or give another file with --out."
        )
    command = [
        *(sys.executable, "-P", "-m", "widgets.report_file", "--run", run.run_id),
        *("--store", str(Store().path), "--out", str(path)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return _refused(done)
    n_bytes = path.stat().st_size
    data = {"run_id": run.run_id, "file": str(path), "n_bytes": n_bytes}
    return Answer(data, f"The report of run {run.run_id[:12]} is in {path} "
                  f"({megabytes(n_bytes / MB)}).")  # fmt: skip


def _refused(done: subprocess.CompletedProcess[str]) -> Answer:
    """What the process said of why there is no report."""
    try:
        said = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().rpartition("\n")[2]
        raise RunFailedError(f"The report could not be made: {last}") from None
    return problem(said["error"], said["hint"], done.returncode)
