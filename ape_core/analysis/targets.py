"""Observed outcomes, read from CSV, that simulated arms are compared with."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ape_core.analysis.arms import DATA
from ape_core.analysis.outcomes import OUTCOMES
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.limits import MAX_TARGETS, MAX_TARGETS_BYTES, MAX_YEARS
from ape_core.schema import WEEKS_PER_YEAR
from ape_core.spec import checks

CALIBRATION_TARGETS: Final = DATA / "calibration_targets.csv"
"""What was observed in the arms to which the shipped model is fitted."""

REQUIRED: Final = ("arm", "week", "outcome", "value")
SETTINGS: Final = ("RCT", "real-world")
USUAL_SD_LETTERS: Final = 14.0
"""SD of a change in acuity, for one reported with the number of eyes but without its SD."""

_MAX_EYES = 100_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """One observed outcome.

    Parameters
    ----------
    arm
        Id of the arm.
    week
        Weeks since the first visit.
    outcome
        One of `OUTCOMES`.
    value
        In the outcome's unit: letters, injections, visits or per cent.
    se
        Its standard error; 0 where none is known.
    setting
        "RCT", "real-world", or None to take that of the arm.
    weight
        Of its residual in a fit; 0 for what is shown and not fitted.
    line
        Where it stands in its file, for messages; 0 if in none.
    """

    arm: str
    week: int
    outcome: str
    value: float
    se: float = 0.0
    setting: str | None = None
    weight: float = 1.0
    line: int = 0

    def __post_init__(self) -> None:
        put = object.__setattr__
        checks.choice("outcome", self.outcome, tuple(OUTCOMES))
        put(self, "arm", checks.text("arm", self.arm, 100))
        put(self, "week", checks.whole("week", self.week, 0, MAX_YEARS * WEEKS_PER_YEAR))
        low, high = OUTCOMES[self.outcome].limits
        put(self, "value", checks.number("value", self.value, low, high))
        put(self, "se", checks.number("se", self.se, 0, 1_000))
        put(self, "weight", checks.number("weight", self.weight, 0, 100))
        if self.setting is not None:
            checks.choice("setting", self.setting, SETTINGS)


def load_targets(path: str | Path = CALIBRATION_TARGETS) -> tuple[Target, ...]:
    """Read targets from a CSV file; those that ship with APE unless a path is given.

    Columns arm, week, outcome and value are needed, others than se, sd, n, setting and weight (in a
    fit, 1 unless given) ignored.
    The standard error is `se`; else `sd` over the root of `n`; else what follows from `n` alone
    for a percentage, for a standard deviation, and for letters with an SD of 14.

    Raises
    ------
    InvalidInputError
        The file cannot be read or is too large, a column is missing, or a cell cannot be, by line.
    """
    lines = _read_bounded(Path(path)).splitlines()
    reader = csv.DictReader(lines, strict=True)
    try:
        targets = tuple(_parsed(reader, str(path)))
    except csv.Error as error:
        raise InvalidInputError(f"{path} is not CSV that can be read: {error}.") from None
    if not targets:
        raise InvalidInputError(f"{path} has no targets.", "Give one per line below the titles.")
    return targets


def _read_bounded(path: Path) -> str:
    """Text of a file that is not too large."""
    try:
        if path.is_dir():
            raise InvalidInputError(f"{path} is a folder, not a file.", "Name a file in it.")
        if not path.is_file():
            raise InvalidInputError(f"There is no file {path}.", "Check its path.")
        with path.open("rb") as file:
            content = file.read(MAX_TARGETS_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > MAX_TARGETS_BYTES:
        raise InvalidInputError(f"{path} is larger than the allowed {MAX_TARGETS_BYTES:,} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path} is not text in UTF-8.") from None


def _parsed(reader: csv.DictReader[str], origin: str) -> Iterator[Target]:
    """Targets of the rows, after a check of the titles."""
    titles = [title.strip() for title in reader.fieldnames or ()]
    _check_titles(titles, origin)
    reader.fieldnames = titles
    for number, row in enumerate(reader, start=1):
        if number > MAX_TARGETS:
            raise InvalidInputError(f"{origin} has more than the allowed {MAX_TARGETS:,} targets.")
        try:
            yield _target(_cells(row), reader.line_num)
        except InvalidSpecError as error:
            where = f"{origin}, line {reader.line_num}"
            raise InvalidInputError(f"{where}: {error.message}", error.hint) from None


def _cells(row: Mapping[str | None, str | None]) -> dict[str, str]:
    """Cells by title, without spaces at their ends; cells that are left out are empty."""
    if None in row:
        raise InvalidSpecError("There are more cells than titles.")
    return {title: (cell or "").strip() for title, cell in row.items() if title is not None}


def _check_titles(titles: list[str], origin: str) -> None:
    """Refuse a table that lacks a column or names one twice."""
    missing = [title for title in REQUIRED if title not in titles]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise InvalidInputError(
            f"{origin} lacks the column{plural} {checks.listed(missing)}.",
            f"Needed are {checks.listed(REQUIRED)}, and se (or sd and n); setting chooses tau.",
        )
    twice = {title for title in titles if title and titles.count(title) > 1}
    if twice:
        raise InvalidInputError(f"{origin} has the column {min(twice)} twice.", "Remove one.")


def _target(row: Mapping[str, str], line: int) -> Target:
    """Read one row."""
    outcome, value = row["outcome"], _number(row, "value")
    if value is None:
        raise InvalidSpecError("value is empty, but must be a number.")
    checks.choice("outcome", outcome, tuple(OUTCOMES))
    weight = _number(row, "weight")
    return Target(
        arm=row["arm"],
        week=_number(row, "week"),  # type: ignore[arg-type]  # checked and cast by Target
        outcome=outcome,
        value=value,
        se=_standard_error(row, outcome, value),
        setting=_setting(row.get("setting", "")),
        weight=1.0 if weight is None else weight,
        line=line,
    )


def _number(row: Mapping[str, str], title: str) -> float | None:
    """Number in a cell; None where it is empty or there is no such column."""
    text = row.get(title, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidSpecError(f"{title} is {checks.shown(text)}, but must be a number.")
    return value


def _standard_error(row: Mapping[str, str], outcome: str, value: float) -> float:
    """Return the standard error that is given, or follows from what is."""
    se, sd, n = (_number(row, title) for title in ("se", "sd", "n"))
    if se is not None:
        return checks.number("se", se, 0, 1_000)
    if n is None:
        return 0.0
    n_eyes = checks.positive("n", n, _MAX_EYES)
    if sd is None:
        return _usual_spread(outcome, value) / math.sqrt(n_eyes)
    return checks.number("sd", sd, 0, 1_000) / math.sqrt(n_eyes)


def _usual_spread(outcome: str, value: float) -> float:
    """Spread between eyes that an outcome has by its nature, or usually; 0 where none is known."""
    if outcome.startswith("pct_"):
        share = min(max(value / 100, 0.0), 1.0)
        return 100 * math.sqrt(share * (1 - share))
    if outcome == "bcva_change_sd":
        return abs(value) / math.sqrt(2)
    if outcome == "bcva_correlation":
        return 1 - value * value
    return USUAL_SD_LETTERS if outcome in ("bcva_change_mean", "bcva_mean") else 0.0


def _setting(text: str) -> str | None:
    """Setting by how its name begins, as `real-world UK`; None where it is empty."""
    for name in SETTINGS:
        if text.lower().startswith(name.lower()):
            return name
    if text:
        allowed = checks.listed(SETTINGS)
        raise InvalidSpecError(f"setting is {checks.shown(text)}, but must be one of: {allowed}.")
    return None
