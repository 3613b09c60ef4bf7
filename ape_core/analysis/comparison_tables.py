"""Tables of a comparison: one that a paper prints, and one that holds every figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import decimals_of, difference_text, mean_text
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference, Mean, Paired

_HEADINGS: Final = (
    ("Protocol", ""),
    ("Outcome", ""),
    ("Unit", ""),
    ("Year", ""),
    ("n", ""),
    ("Value", ""),
    ("SD", ""),
    ("Interval from", "95%"),
    ("Interval to", "95%"),
    ("Reference", ""),
    ("Difference", ""),
    ("Difference from", "95%"),
    ("Difference to", "95%"),
    ("Variance without pairing", "times"),
    ("Patients without pairing", ""),
)


def outcomes_table(paired: Paired, titles: Sequence[str], reference: int, year: int) -> Table:
    """One outcome in a row; a column for each protocol, and one for its difference.

    All differences have as many decimals as the one that needs most.
    """
    runs = range(paired.n_runs)
    others = [run for run in runs if run != reference]
    apart = {
        run: [paired.difference(run, reference, name, year) for name in OUTCOMES] for run in others
    }
    decimals = decimals_of(item for found in apart.values() for item in found)
    columns = [
        ("Outcome", "", [_outcome(name) for name in OUTCOMES]),
        *(
            (titles[run], _SHOWN, [mean_text(paired.mean(run, name, year)) for name in OUTCOMES])
            for run in runs
        ),
        *(
            (
                f"{titles[run]} less {titles[reference]}",
                "difference, 95% interval",
                [difference_text(item, decimals) for item in apart[run]],
            )
            for run in others
        ),
    ]
    return Table.of(f"Outcomes at year {year}, {paired.n_patients:,} patients", *columns)


_SHOWN: Final = "mean (SD) or n (%)"


def numbers_table(paired: Paired, titles: Sequence[str], reference: int) -> Table:
    """One outcome of one run at the end of one year in a row, with all digits."""
    rows = [
        _row(paired, titles, (run, reference), name, year)
        for run in range(paired.n_runs)
        for name in OUTCOMES
        for year in range(1, paired.years + 1)
    ]
    values = zip(*rows, strict=True)
    columns = [(name, unit, column) for (name, unit), column in zip(_HEADINGS, values, strict=True)]
    return Table.of(f"Every outcome of {paired.n_patients:,} patients", *columns)


def courses_table(paired: Paired, titles: Sequence[str]) -> Table:
    """Every run over time, one week in a row."""
    courses = [paired.course(run) for run in range(paired.n_runs)]
    columns: list[tuple[str, str, Any]] = [
        ("Week", "", courses[0].weeks),
        ("Living eyes", "", courses[0].n_eyes),
    ]
    for title, course in zip(titles, courses, strict=True):
        columns += [
            (f"{title}: mean change", "ETDRS letters", course.letters_change),
            (f"{title}: injections per patient", "", course.injections),
        ]
    return Table.of(f"Courses of {paired.n_patients:,} patients", *columns)


def tradeoff_table(paired: Paired, titles: Sequence[str], reference: int, year: int) -> Table:
    """Letters and injections of each run at the end of a year, with intervals of differences."""
    columns: list[tuple[str, str, Any]] = [("Protocol", "", titles)]
    runs = range(paired.n_runs)
    for name, unit in (("letters_change", "ETDRS letters"), ("injections", "")):
        title = OUTCOMES[name].wording.title
        apart = [paired.difference(run, reference, name, year) for run in runs]
        columns += [
            (title, unit, [paired.mean(run, name, year).value for run in runs]),
            (f"{title}, less {titles[reference]}", unit, [item.value for item in apart]),
            ("95% interval from", unit, [item.low for item in apart]),
            ("95% interval to", unit, [item.high for item in apart]),
        ]
    return Table.of(f"Letters and injections at year {year}", *columns)


def _outcome(name: str) -> str:
    """Outcome with the unit of its values, where the name does not say it."""
    wording = OUTCOMES[name].wording
    said = wording.title.lower().startswith(wording.unit)
    return wording.title if said else f"{wording.title}, {wording.unit}"


def _row(
    paired: Paired, titles: Sequence[str], runs: tuple[int, int], name: str, year: int
) -> list[Any]:
    """Every figure of one outcome of a run, and of its difference from the reference."""
    run, reference = runs
    mean = paired.mean(run, name, year)
    row = _mean(titles[run], mean)
    if run == reference:
        return [*row, "", "", "", "", "", ""]
    return [*row, titles[reference], *_difference(paired.difference(run, reference, name, year))]


def _mean(title: str, mean: Mean) -> list[Any]:
    """Figures of one run."""
    what = OUTCOMES[mean.outcome]
    sd: float | str = mean.sd if what.squares else ""
    return [
        title, what.wording.title, what.wording.unit, mean.year, mean.n, mean.value, sd, mean.low,
        mean.high,
    ]  # fmt: skip


def _difference(found: Difference) -> list[Any]:
    """Figures of a difference."""
    return [
        found.value, found.low, found.high, found.variance_ratio, found.patients_without_pairing
    ]  # fmt: skip
