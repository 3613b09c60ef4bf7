"""Published distributions of routine care: percentages of eyes by class, which ship with APE."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Final

from ape_core.analysis.arms import DATA

MOORFIELDS_DISTRIBUTIONS: Final = DATA / "moorfields_distributions.csv"
CITATION: Final = (
    "Fu DJ et al. Insights from survival analyses during 12 years of anti-VEGF therapy for "
    "neovascular AMD. JAMA Ophthalmol 2021;139:57-67; computed from its open data, CC0, "
    "doi:10.5061/dryad.nvx0k6dqg"
)


@dataclass(frozen=True, slots=True)
class Published:
    """One distribution, as far as it was published.

    Attributes
    ----------
    mean
        Of all eyes.
    n
        Eyes.
    classes
        First and last value of each class, both in it.
    percent
        `[n_classes]`: of the eyes.
    """

    mean: float
    n: int
    classes: tuple[tuple[int, int], ...]
    percent: tuple[float, ...]


def load_published() -> dict[str, Published]:
    """Return the published distributions by name: "baseline", "letters", "change" and so on."""
    with MOORFIELDS_DISTRIBUTIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return {
        name: _published([row for row in rows if row["distribution"] == name])
        for name in dict.fromkeys(row["distribution"] for row in rows)
    }


def _published(rows: list[dict[str, str]]) -> Published:
    """Make a distribution of its rows."""
    (mean,) = (row for row in rows if row["figure"] == "mean")
    shares = [row for row in rows if row["figure"] == "percent"]
    return Published(
        float(mean["value"]),
        int(mean["n"]),
        tuple((int(row["first"]), int(row["last"])) for row in shares),
        tuple(float(row["value"]) for row in shares),
    )
