"""`score`: simulated arms beside what was observed, and how far they lie apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ape_core.analysis.arms import CALIBRATION_ARMS, Arm, load_arms
from ape_core.analysis.outcomes import OUTCOMES, assessment_week, estimate
from ape_core.analysis.summarising import summarise
from ape_core.analysis.targets import CALIBRATION_TARGETS, Target, load_targets
from ape_core.errors import InvalidInputError
from ape_core.schema import WEEKS_PER_YEAR
from ape_core.spec import checks

if TYPE_CHECKING:
    from ape_core.analysis.summarising import Counted
    from ape_core.spec.model import DiseaseModel

HEADLINE: Final = "bcva_change_mean"
SHOWN: Final = ("arm", "week", "outcome", "observed", "se", "simulated", "z")


@dataclass(frozen=True, slots=True)
class ScoredTarget:
    """An observed outcome and the simulated one.

    Attributes
    ----------
    arm, week, outcome
        Of the target.
    observed, se
        What was seen, and its standard error.
    simulated, se_simulated
        What the arm gave, and its standard error.
    setting, tau
        "RCT" or "real-world", and the SD between studies that goes with it.
    z
        (simulated - observed) / sqrt(se^2 + se_simulated^2 + tau^2).
    """

    arm: str
    week: int
    outcome: str
    observed: float
    se: float
    simulated: float
    se_simulated: float
    setting: str
    tau: float
    z: float


@dataclass(frozen=True, slots=True)
class Score:
    """How well simulated arms agree with what was observed."""

    rows: tuple[ScoredTarget, ...]

    @property
    def headline_rows(self) -> tuple[ScoredTarget, ...]:
        """Mean changes in acuity, by which a fit is judged; all rows where there are none."""
        return tuple(row for row in self.rows if row.outcome == HEADLINE) or self.rows

    @property
    def rms_z(self) -> float:
        """Root of the mean squared z over the headline rows."""
        return rms([row.z for row in self.headline_rows])

    @property
    def max_abs_z(self) -> float:
        """Largest absolute z of the headline rows."""
        return max(abs(row.z) for row in self.headline_rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: rms_z, and each row with the fields of `SHOWN`."""
        rows = [{name: asdict(row)[name] for name in SHOWN} for row in self.rows]
        return {"rms_z": self.rms_z, "rows": rows}


def score(
    targets: str | Path | Sequence[Target] = CALIBRATION_TARGETS,
    arms: str | Path | Sequence[Arm] = CALIBRATION_ARMS,
    *,
    n_patients: int | None = None,
    seed: int = 1,
    model: DiseaseModel | None = None,
    workers: int | None = None,
) -> Score:
    """Simulate arms and compare them with observed outcomes.

    All arms share one seed, so that patient i meets the same luck in each of them.

    Parameters
    ----------
    targets
        CSV file or targets; those to which the shipped model is fitted unless given.
    arms
        YAML file or arms, likewise.
    n_patients
        Patients of each arm, instead of the number that it states.
    seed
        Of all arms.
    model
        Instead of the shipped one.
    workers
        Threads; one per core unless given.

    Returns
    -------
    Score
        One row for each target, in order.

    Raises
    ------
    InvalidInputError
        A file cannot be read, a target's arm is unknown, or its week is beyond the arm's years.
    """
    wanted = load_targets(targets) if isinstance(targets, str | Path) else tuple(targets)
    given = load_arms(arms) if isinstance(arms, str | Path) else tuple(arms)
    by_id = {arm.id: arm if n_patients is None else arm.of_size(n_patients) for arm in given}
    if not wanted:
        raise InvalidInputError("There are no targets.", "Give at least one.")
    check_targets(wanted, by_id)
    used = {target.arm: by_id[target.arm] for target in wanted}
    counted = summarise([arm.spec(seed, model) for arm in used.values()], workers)
    return compare(wanted, used, dict(zip(used, counted, strict=True)))


def check_targets(targets: Sequence[Target], arms: Mapping[str, Arm]) -> None:
    """Refuse a target without an arm, or beyond its arm's years, before anything is simulated."""
    for target in targets:
        where = f"Line {target.line}: " if target.line else ""
        if target.arm not in arms:
            raise InvalidInputError(
                f"{where}there is no arm {checks.shown(target.arm)}; "
                f"there are: {checks.listed(arms)}.",
                checks.suggestion(target.arm, tuple(arms)),
            )
        years = arms[target.arm].years
        if assessment_week(target.week) > years * WEEKS_PER_YEAR:
            raise InvalidInputError(
                f"{where}week {target.week} is beyond the {years} years of the arm {target.arm}.",
                "Simulate the arm for more years, or take the target out.",
            )


def compare(
    targets: Sequence[Target], arms: Mapping[str, Arm], counted: Mapping[str, Counted]
) -> Score:
    """Compare targets with what was counted of their arms."""
    return Score(tuple(_scored(item, arms[item.arm], counted[item.arm]) for item in targets))


def rms(numbers: Sequence[float]) -> float:
    """Root of the mean square."""
    return math.sqrt(sum(number * number for number in numbers) / len(numbers))


def _scored(target: Target, arm: Arm, counted: Counted) -> ScoredTarget:
    """Compare one target with its arm."""
    setting = target.setting or ("RCT" if arm.is_trial else "real-world")
    in_trial = setting == "RCT"
    found = estimate(counted, target.outcome, target.week, in_trial=in_trial)
    tau = OUTCOMES[target.outcome].tau(target.week, in_trial=in_trial)
    spread = math.sqrt(target.se**2 + found.se**2 + tau**2)
    return ScoredTarget(
        arm=target.arm,
        week=target.week,
        outcome=target.outcome,
        observed=target.value,
        se=target.se,
        simulated=found.value,
        se_simulated=found.se,
        setting=setting,
        tau=tau,
        z=(found.value - target.value) / spread,
    )
