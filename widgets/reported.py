"""What a report is made of, and how a process is asked to make it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report is made of.

    Attributes
    ----------
    run_ids
        One run, or two to six of the same patients.
    reference
        Place of the run that the others are compared with, counted from 0.
    prices
        Name of a set of prices, or a YAML file; empty for a report without costs.
    utility
        Name of one of its mappings from acuity to utility; its first if empty.
    draws, draw_patients
        Draws of the disease that are reported with the costs, which have to be simulated already,
        and patients of each of their runs; 0 for none.
    """

    run_ids: tuple[str, ...]
    reference: int = 0
    prices: str = ""
    utility: str = ""
    draws: int = 0
    draw_patients: int = 0


def add_what(parser: argparse.ArgumentParser) -> None:
    """Add the options of a process that makes a report."""
    parser.add_argument("--runs", nargs="+", required=True)
    parser.add_argument("--reference", type=int, default=0)
    for name in ("--prices", "--utility"):
        parser.add_argument(name, default="")
    for name in ("--draws", "--draw-patients"):
        parser.add_argument(name, type=int, default=0)
    for name in ("--store", "--out"):
        parser.add_argument(name, required=True)


def what_of(asked: argparse.Namespace) -> Reported:
    """What such a process is to report."""
    return Reported(
        tuple(asked.runs), asked.reference, asked.prices, asked.utility, asked.draws,
        asked.draw_patients,
    )  # fmt: skip


def options_of(what: Reported, store: Path, out: Path) -> list[str]:
    """Options that ask such a process for a report."""
    return [
        *("--runs", *what.run_ids, "--reference", str(what.reference), "--prices", what.prices),
        *("--utility", what.utility, "--draws", str(what.draws)),
        *("--draw-patients", str(what.draw_patients)),
        *("--store", str(store), "--out", str(out)),
    ]
