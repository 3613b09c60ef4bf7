"""The two tables of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ape_core import schema
from ape_core.schema import Column

TABLES: Final[Mapping[str, tuple[Column, ...]]] = {
    "visits": schema.VISITS,
    "patients": schema.PATIENTS,
}
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "visits": ("patient_id", "eye", "day"),
    "patients": ("patient_id", "eye"),
}
"""Columns that identify a row, in the order in which rows are sorted."""
