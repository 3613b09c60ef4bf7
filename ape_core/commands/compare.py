"""`ape compare`."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict
from typing import Any, Final

from ape_core.analysis.compare import Comparison
from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import compared_text, difference_text, mean_text
from ape_core.analysis.paired import Difference, Mean
from ape_core.analysis.same_patients import check_same_patients, of_the_same_patients
from ape_core.commands.answer import Answer, table
from ape_core.commands.question import read_question
from ape_core.errors import InvalidInputError
from ape_core.runs import console
from ape_core.runs.completing import complete
from ape_core.runs.starting import ask, open_run
from ape_core.runs.threads import check_threads
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.location import default_store_path
from ape_core.storage.own_protocols import list_protocols, load_protocol

_RUN: Final = re.compile(r"latest|[0-9a-f]{4,64}")
_HEADLINE: Final = ("letters_change", "injections")
_ABOUT_PATIENTS: Final = ("patients", "years", "seed", "cohort")


def compare(asked: argparse.Namespace) -> Answer:
    """Compare protocols on the same patients, simulating those that are not in the store."""
    check_threads(asked.workers)
    reference, specs = _reference(asked), _questions(asked)
    check_same_patients(specs)
    runs = [ask(spec) for spec in specs]
    comparison = Comparison(runs)
    for run in runs:
        line = None if asked.quiet else console.ProgressLine()
        try:
            complete(run, asked.workers, line.show if line else None)
        finally:
            if line:
                line.close()
    year = asked.year or comparison.years
    means, differences = comparison.means(year), comparison.differences(reference, year)
    data = {
        "n_patients": comparison.n_patients,
        "year": year,
        "reference": reference,
        "runs": [
            {"run_id": run.run_id, "protocol": run.spec.protocol.name, "title": title}
            for run, title in zip(runs, comparison.titles, strict=True)
        ],
        "means": [_mean(mean, run) for run, mean in _by_run(means)],
        "differences": [_difference(item) for item in differences],
    }
    return Answer(data, _in_words(comparison, means, differences, reference))


def _questions(asked: argparse.Namespace) -> list[RunSpec]:
    """Give the questions: protocols are asked of the patients of the first run, if one is named."""
    found = [_run(word) for word in asked.what]
    first = next((spec for spec in found if spec is not None), None)
    given = [name for name in _ABOUT_PATIENTS if getattr(asked, name) is not None]
    if first is not None and given:
        raise InvalidInputError(
            f"--{given[0]} was given, but the run {first.run_id[:12]} says who the patients are.",
            "Leave it out, or name protocols only.",
        )
    return [
        spec or _question(asked, word, first) for spec, word in zip(found, asked.what, strict=True)
    ]


def _run(word: str) -> RunSpec | None:
    """Question of a run of the store; None for what is a protocol."""
    names = {protocol.name for protocol in list_protocols(default_store_path())}
    return open_run(word).spec if _RUN.fullmatch(word) and word not in names else None


def _question(asked: argparse.Namespace, word: str, first: RunSpec | None) -> RunSpec:
    """Question of a protocol, of the patients of a run or of those that were asked for."""
    if first is not None:
        return of_the_same_patients(first, load_protocol(word, default_store_path()))
    years = 5 if asked.years is None else asked.years
    seed = 1 if asked.seed is None else asked.seed
    settings = {**vars(asked), "protocol": word, "years": years, "seed": seed}
    return read_question(argparse.Namespace(**settings))


def _reference(asked: argparse.Namespace) -> int:
    """Place of what the others are compared with: named as it was given, or the first."""
    if asked.reference is None:
        return 0
    words: list[str] = asked.what
    if asked.reference in words:
        return words.index(asked.reference)
    raise InvalidInputError(
        f"The reference {asked.reference!r} is not among what is compared.",
        f"Name one of: {', '.join(asked.what)}.",
    )


def _by_run(means: list[Mean]) -> list[tuple[int, Mean]]:
    """Each mean with the place of its run."""
    return [(place // len(OUTCOMES), mean) for place, mean in enumerate(means)]


def _mean(mean: Mean, run: int) -> dict[str, Any]:
    """Figures of one run in one outcome."""
    return {"run": run, **asdict(mean)}


def _difference(item: Difference) -> dict[str, Any]:
    """Figures of a difference, and what pairing did for it."""
    return {
        **asdict(item),
        "variance_ratio": item.variance_ratio,
        "patients_without_pairing": item.patients_without_pairing,
    }


def _in_words(
    comparison: Comparison, means: list[Mean], differences: list[Difference], reference: int
) -> str:
    """Every outcome of every run, then the headline of each difference."""
    letters = "ABCDEF"
    year = means[0].year
    lines = [
        f"{letters[place]}  {run.run_id[:12]}  {title}"
        for place, (run, title) in enumerate(zip(comparison.runs, comparison.titles, strict=True))
    ]
    titles = ["outcome", *letters[: len(lines)]]
    others = [place for place in range(len(lines)) if place != reference]
    titles += [f"{letters[place]} less {letters[reference]}" for place in others]
    rows = []
    for at, name in enumerate(OUTCOMES):
        of_runs = [mean_text(mean) for _, mean in _by_run(means)[at :: len(OUTCOMES)]]
        apart = [difference_text(item) for item in differences[at :: len(OUTCOMES)]]
        rows.append([OUTCOMES[name].wording.title, *of_runs, *apart])
    head = f"{comparison.n_patients:,} patients, the same ones in each run; at year {year}:"
    notes = "means (SD) or n (%); differences with 95% intervals, paired by patient"
    said = [_headline(letters, item) for item in differences if item.outcome in _HEADLINE]
    text = [*lines, "", head, "", table(titles, rows, titles[1:]), notes, "", *said]
    return "\n".join(text)


def _headline(letters: str, item: Difference) -> str:
    """One difference in words, with what pairing did for it."""
    outcome = OUTCOMES[item.outcome].wording.title
    return (
        f"{letters[item.run]} against {letters[item.reference]}, {outcome.lower()}: "
        f"{compared_text(item)}; as certain without pairing with "
        f"{item.patients_without_pairing:,} patients each"
    )
