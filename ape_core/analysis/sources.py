"""Where the targets that ship with APE come from: the paper, how it was read, what to know."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Final

from ape_core.analysis.targets import CALIBRATION_TARGETS

COLUMNS: Final = ("citation", "doi_or_pmid", "provenance", "confidence", "note")
HOW_READ: Final = {
    "pdf": "read in the paper",
    "page": "read on the publisher's page",
    "data": "computed from the open data",
    "recall": "quoted from memory of the paper",
}
"""Ways in which a figure was found, in words."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from.

    Attributes
    ----------
    citation, identifier
        The paper, and its DOI or PubMed number; empty where none is known.
    provenance
        One of `HOW_READ`.
    confidence
        "high", "medium" or "low".
    note
        What else is to be known; may be empty.
    """

    citation: str
    identifier: str
    provenance: str
    confidence: str
    note: str


def load_sources() -> dict[int, Source]:
    """Return the sources of the shipped targets by the line of each (`Target.line`)."""
    with CALIBRATION_TARGETS.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file.read().splitlines(), strict=True)
    found = {}
    for row in reader:
        found[reader.line_num] = Source(*(row[name].strip() for name in COLUMNS))
    return found
