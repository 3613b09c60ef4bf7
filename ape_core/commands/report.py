"""`ape report`: a run, or several of the same patients, as one HTML file."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from ape_core.analysis.same_patients import check_same_patients
from ape_core.commands.answer import Answer, megabytes, problem
from ape_core.errors import InvalidInputError, RunFailedError
from ape_core.runs.handle import Run
from ape_core.runs.memory import MB
from ape_core.runs.starting import open_run
from ape_core.storage.store import Store


def report(asked: argparse.Namespace) -> Answer:
    """Have the report made in a process of its own, which draws and executes the notebook."""
    if find_spec("widgets") is None:
        raise InvalidInputError(
            "Reports are not installed beside ape_core.", "Install all of APE, as README.md says."
        )
    runs = [open_run(word) for word in asked.run]
    if len(runs) > 1:
        check_same_patients([run.spec for run in runs])
    path = Path(asked.out or _name(runs)).expanduser().absolute()
    if not path.parent.is_dir():
        raise InvalidInputError(
            f"There is no folder {path.parent}.", "Make it, or give another file with --out."
        )
    ids = [run.run_id for run in runs]
    _check_costs(asked, len(runs))
    command = [
        *(sys.executable, "-P", "-m", "widgets.report_file", "--runs", *ids),
        *("--reference", str(_reference(asked.reference, ids)), "--prices", _prices(asked.set)),
        *("--utility", asked.utility or "", "--draws", str(asked.draws)),
        *("--draw-patients", str(asked.draw_patients)),
        *("--store", str(Store().path), "--out", str(path)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return _refused(done)
    n_bytes = path.stat().st_size
    of = {"run_id": ids[0]} if len(ids) == 1 else {"run_ids": ids}
    short = ", ".join(run_id[:12] for run_id in ids)
    told = f"run{'s' * (len(ids) > 1)} {short}"
    return Answer(
        {**of, "file": str(path), "n_bytes": n_bytes},
        f"The report of {told} is in {path} ({megabytes(n_bytes / MB)}).",
    )


def _check_costs(asked: argparse.Namespace, n_runs: int) -> None:
    """Refuse options of costs where there are none, which would have no effect."""
    if (asked.utility or asked.draws) and not asked.set:
        raise InvalidInputError(
            "--utility and --draws are of costs, but no prices are named.",
            "Name them with --set, as in --set uk-list-prices.",
        )
    if (asked.utility or asked.draws) and n_runs == 1:
        raise InvalidInputError(
            "--utility and --draws are for the report of a comparison, but one run is given.",
            "Name two to six runs of the same patients.",
        )


def _name(runs: Sequence[Run]) -> str:
    """Name of the file unless one is given."""
    if len(runs) == 1:
        return f"ape-{runs[0].spec.protocol.name}-{runs[0].run_id[:12]}.html"
    return f"ape-comparison-{'-'.join(run.run_id[:6] for run in runs)}.html"


def _prices(asked: str | None) -> str:
    """Set of prices; a file is named so that it is found from anywhere."""
    is_file = asked is not None and asked.endswith((".yaml", ".yml"))
    return str(Path(asked or "").expanduser().absolute()) if is_file else asked or ""


def _reference(asked: str | None, ids: Sequence[str]) -> int:
    """Place of the run that the others are compared with: the first unless one is named."""
    if asked is None:
        return 0
    wanted = open_run(asked).run_id
    if wanted not in ids:
        raise InvalidInputError(
            f"The reference {wanted[:12]} is not among the runs of the report.",
            f"Name one of: {', '.join(run_id[:12] for run_id in ids)}.",
        )
    return ids.index(wanted)


def _refused(done: subprocess.CompletedProcess[str]) -> Answer:
    """What the process said of why there is no report."""
    try:
        said = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().rpartition("\n")[2]
        raise RunFailedError(f"The report could not be made: {last}") from None
    return problem(said["error"], said["hint"], done.returncode)
