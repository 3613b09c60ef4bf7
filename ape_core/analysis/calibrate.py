"""Fitting the model to what was observed, by hand:

    python -m ape_core.analysis.calibrate --out fit.yaml

The fit starts at the values of the shipped files and frees every parameter whose source says that
it was fitted. It writes the optimum, the SD and correlation of the parameters, the score before and
after, and draws from the plausible set, in YAML and as a CSV table beside it. Nothing of what ships
is changed: a person does that, and raises MODEL_VERSION.
"""  # noqa: D400

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from ape_core.analysis.arms import CALIBRATION_ARMS, Arm, load_arms
from ape_core.analysis.fitting import Observer, Optimum, Problem, optimise
from ape_core.analysis.free import fitted, free_parameters
from ape_core.analysis.leaving_out import LeftOut, leave_out_each, overall
from ape_core.analysis.plausible import Plausible, plausible_draws
from ape_core.analysis.score import Score
from ape_core.analysis.targets import CALIBRATION_TARGETS, Target, load_targets
from ape_core.errors import ApeError, InvalidInputError
from ape_core.limits import MAX_PATIENTS
from ape_core.spec import checks
from ape_core.spec.model import DiseaseModel, load_model
from ape_core.spec.run_spec import MODEL_VERSION

MARGIN: Final = 0.15
"""By how much the rms z of a plausible set may exceed that of the optimum."""


@dataclass(frozen=True)
class Fit:
    """Result of a calibration.

    Attributes
    ----------
    problem, optimum
        What was fitted, and the best values in spreads from the start.
    before, after
        Score at the start and at the optimum.
    plausible
        Draws around the optimum that agree about as well.
    n_simulations
        Of all arms, until the fit was done.
    left_out
        How well each study would have been met without it; empty unless asked for.
    """

    problem: Problem
    optimum: Optimum
    before: Score
    after: Score
    plausible: Plausible
    n_simulations: int
    left_out: tuple[LeftOut, ...] = ()

    @property
    def values(self) -> dict[str, float]:
        """Best value of each free parameter."""
        return self.problem.values(self.optimum.scaled)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: what was fitted to what, how well, and how surely."""
        problem = self.problem
        return {
            "model": problem.model.name,
            "model_version": MODEL_VERSION,
            "n_targets": len(problem.targets),
            "n_patients_per_arm": problem.n_patients,
            "seed": problem.seed,
            "n_simulations": self.n_simulations,
            "rms_z": {"start": _short(self.before.rms_z), "optimum": _short(self.after.rms_z)},
            "max_abs_z": {
                "start": _short(self.before.max_abs_z),
                "optimum": _short(self.after.max_abs_z),
            },
            "parameters": self._parameters(),
            "correlation": [[_short(x) for x in row] for row in self.optimum.correlation],
            "plausible": {
                "rms_z_at_most": _short(self.plausible.cut),
                "n_tried": self.plausible.n_tried,
                "n_accepted": len(self.plausible.values),
            },
            **self._left_out(),
        }

    def _left_out(self) -> dict[str, Any]:
        """Rms z of the studies that were left out in turn, and of all of them."""
        if not self.left_out:
            return {}
        studies = {
            item.study: {"rms_z": _short(item.rms_z), "left_out": _short(item.rms_z_left_out)}
            for item in self.left_out
        }
        return {"left_out": {"rms_z": _short(overall(self.left_out)), "studies": studies}}

    def _parameters(self) -> dict[str, dict[str, float]]:
        """Start, optimum, SD and range of each parameter."""
        sd = np.sqrt(np.diag(self.optimum.covariance)) * self.problem.scale
        rows = zip(self.values.items(), sd.tolist(), self.problem.parameters, strict=True)
        return {
            name: {
                "start": item.value,
                "optimum": _short(value),
                "sd": _short(error),
                "low": item.low,
                "high": item.high,
            }
            for (name, value), error, item in rows
        }

    def write(self, path: Path) -> Path:
        """Write the fit as YAML, and its draws as CSV beside it, whose path is returned."""
        text = yaml.safe_dump(self.to_dict(), sort_keys=False, default_flow_style=None, width=100)
        path.write_text(text, encoding="utf-8")
        table = path.with_suffix(".draws.csv")
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*self.problem.names, "rms_z"])
            for values, rms_z in zip(self.plausible.values, self.plausible.rms_z, strict=True):
                writer.writerow([*(f"{x:.6g}" for x in values.values()), f"{rms_z:.4f}"])
        return table


def calibrate(
    free: Sequence[str] | None = None,
    targets: str | Path | Sequence[Target] = CALIBRATION_TARGETS,
    arms: str | Path | Sequence[Arm] = CALIBRATION_ARMS,
    *,
    model: DiseaseModel | None = None,
    n_patients: int = 3_000,
    n_draws: int = 20,
    max_steps: int = 12,
    seed: int = 1,
    prior: bool = True,
    leave_out: bool = False,
    workers: int | None = None,
    observe: Observer | None = None,
) -> Fit:
    """Fit free parameters to targets, and draw from the set that agrees with them.

    Parameters
    ----------
    free
        Names as in `free`; all that were fitted unless given.
    targets, arms
        As in `score`.
    model
        Where the fit starts; the shipped one unless given.
    n_patients
        Of each arm in every simulation.
    n_draws
        Draws from the plausible set; 0 for none.
    max_steps
        Steps of the optimiser, each with one simulation of all arms per parameter.
    seed
        Of all simulations, and of the draws.
    prior
        Whether the distance from the start, in spreads of the shipped distributions, counts.
    leave_out
        Whether to work out how well each study would have been met without it.
    workers
        Threads; one per core unless given.
    observe
        Told after each simulation.

    Raises
    ------
    InvalidInputError
        A file, a name or a number is not allowed, or SciPy is not installed.
    """
    start = model or load_model()
    known_arms = load_arms(arms) if isinstance(arms, str | Path) else tuple(arms)
    wanted = load_targets(targets) if isinstance(targets, str | Path) else tuple(targets)
    used = [arm for arm in known_arms if arm.id in {target.arm for target in wanted}]
    names = tuple(free) if free is not None else fitted(free_parameters(start, used))
    if not names:
        raise InvalidInputError("No parameter is free.", "Name at least one.")
    n = checks.whole("n_patients", n_patients, 2, MAX_PATIENTS)
    steps = checks.whole("max_steps", max_steps, 1, 1_000)
    wanted_draws = checks.whole("n_draws", n_draws, 0, 10_000)
    problem = Problem(start, used, wanted, names, n, seed, prior, workers, observe)
    before = problem.score({})
    optimum = optimise(problem, steps)
    after = problem.score(problem.values(optimum.scaled))
    plausible = plausible_draws(problem, optimum, wanted_draws, after.rms_z + MARGIN, seed)
    left_out = leave_out_each(problem, optimum.scaled) if leave_out else ()
    return Fit(problem, optimum, before, after, plausible, problem.n_simulations, left_out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, write, and say what was found; return the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        if not asked.out.parent.is_dir():
            raise InvalidInputError(f"There is no folder {asked.out.parent}.", "Make it first.")
        fit = calibrate(
            asked.free,
            asked.targets,
            asked.arms,
            n_patients=asked.patients,
            n_draws=asked.draws,
            max_steps=asked.steps,
            seed=asked.seed,
            prior=not asked.no_prior,
            leave_out=asked.leave_out,
            workers=asked.workers,
            observe=_say,
        )
    except ApeError as error:
        sys.stderr.write(f"\n{error}\n")
        return error.exit_status
    table = fit.write(asked.out)
    sys.stderr.write("\n")
    sys.stdout.write(
        f"Root-mean-square z {fit.before.rms_z:.3f} at the start, {fit.after.rms_z:.3f} at the "
        f"optimum. Written: {asked.out}, {table} ({len(fit.plausible.values)} draws).\n"
    )
    return 0


def _say(n_simulations: int, rms_z: float) -> None:
    """Show how far it is, in one line."""
    sys.stderr.write(f"\rsimulation {n_simulations:,}, rms z {rms_z:.3f} ")
    sys.stderr.flush()


def _short(value: float) -> float:
    """Number with the digits that mean something."""
    return float(f"{value:.5g}")


def _parser() -> argparse.ArgumentParser:
    """What can be asked."""
    parser = argparse.ArgumentParser(prog="python -m ape_core.analysis.calibrate")
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FILE", help="YAML to write")
    add("--targets", type=Path, default=CALIBRATION_TARGETS, metavar="FILE", help="CSV")
    add("--arms", type=Path, default=CALIBRATION_ARMS, metavar="FILE", help="YAML")
    add("--free", nargs="+", metavar="NAME", help="parameters (default: all that were fitted)")
    add("--patients", type=int, default=3_000, metavar="N", help="of each arm (default 3,000)")
    add("--draws", type=int, default=20, metavar="N", help="from the plausible set (default 20)")
    add("--steps", type=int, default=12, metavar="N", help="of the optimiser, at most (default 12)")
    add("--seed", type=int, default=1, metavar="S", help="random seed (default 1)")
    add("--workers", type=int, metavar="K", help="threads (default: one per core)")
    add("--leave-out", action="store_true", help="say how well each study is met without it")
    add("--no-prior", action="store_true", help="let no parameter be held near its start")
    return parser


if __name__ == "__main__":
    sys.exit(main())
