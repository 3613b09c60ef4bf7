"""`ape slipping`: what waiting for a slot did to acuity."""

from __future__ import annotations

import argparse

from ape_core.analysis.slipping import SlippingEffect, came_in, slipping_effect
from ape_core.commands.answer import Answer, table
from ape_core.errors import InvalidInputError
from ape_core.runs.starting import open_run
from ape_core.storage.store import Store

_SAID = (
    "Letters by which the slots changed the mean acuity of living first eyes, by years since the "
    "first visit, with 95% intervals over patients as if each were alone; only while the service "
    "is whole."
)


def slipping(asked: argparse.Namespace) -> Answer:
    """Compare a run with limited slots with the run of the same patients without a limit."""
    run = open_run(asked.run)
    if run.spec.capacity is None:
        raise InvalidInputError(
            f"Run {run.run_id[:12]} has as many slots as are wanted: nothing slips in it.",
            "Give a run that was asked with `--slots-per-day`.",
        )
    beside = run.spec.replace(capacity=None)
    if beside.run_id not in {folder.run_id for folder in Store().list()}:
        raise InvalidInputError(
            f"There is no run of the patients of {run.run_id[:12]} without a limit on slots.",
            "Ask the same question without `--slots-per-day`, or open the run on the page Service.",
        )
    effect = slipping_effect(run, open_run(beside.run_id))
    return Answer({"run_id": run.run_id, **effect.to_json()}, f"{_table(effect)}\n{_SAID}")


def _table(effect: SlippingEffect) -> str:
    """A row for each year in which patients came, a column for each year of follow-up."""
    shown = range(1, int(effect.is_told.any(axis=0).sum()))
    titles = ("came in", *(f"after {year}" for year in shown))
    rows = [
        (
            came_in(int(came)),
            *(f"{cost[year]:+.1f} ± {half[year]:.1f}" if told[year] else "" for year in shown),
        )
        for part in (effect, effect.whole)
        for came, cost, half, told in zip(
            part.came, part.cost, part.half_width, part.is_told, strict=True
        )
        if told[1:].any()
    ]
    return table(titles, rows, right=titles[1:])
