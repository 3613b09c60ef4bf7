"""Counting the patients of a chunk: one module per topic, each gives arrays by measure name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.summaries.counting.acuity import count_acuity
from ape_core.summaries.counting.blocks import count_blocks
from ape_core.summaries.counting.care import events_per_year, follow
from ape_core.summaries.counting.cut import pieces
from ape_core.summaries.counting.groups import count_groups
from ape_core.summaries.counting.patients import count_patients
from ape_core.summaries.counting.retention import count_retention
from ape_core.summaries.counting.sight import by_eye
from ape_core.summaries.counting.slipping import count_slips
from ape_core.summaries.counting.treatment import count_treatment
from ape_core.summaries.counting.workload import count_workload

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.definitions import Counts

__all__ = ["count_piece", "pieces"]


def count_piece(chunk: Chunk) -> dict[str, Counts]:
    """Every measure of `definitions.MEASURES`, of the patients of a chunk or a piece of one."""
    care = follow(chunk)
    events, sight = events_per_year(care), by_eye(chunk)
    return {
        **count_patients(chunk),
        **count_acuity(sight, care),
        **count_treatment(care, events),
        **count_groups(chunk, events, sight),
        **count_blocks(chunk, care, events, sight),
        **count_retention(chunk, care),
        **count_workload(chunk),
        **count_slips(chunk),
    }
