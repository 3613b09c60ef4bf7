"""Thresholds and what they mean: the only place. Environment variables can lower most of them."""

from __future__ import annotations

import math
import os
from typing import Final

from ape_core.errors import InvalidSettingError


def _lowered(name: str, ceiling: int) -> int:
    """Value of environment variable APE_<name>, at most the ceiling; the ceiling when unset."""
    text = os.environ.get(f"APE_{name}")
    if text is None:
        return ceiling
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= ceiling:
        raise InvalidSettingError(
            f"APE_{name} is {text!r}, but it can only lower a limit.",
            f"Set it to a whole number from 1 to {ceiling:,}, or remove it.",
        )
    return value


def _chosen(name: str, usual: float, low: float, high: float, unit: str) -> float:
    """Value of environment variable APE_<name>; the usual one when unset."""
    text = os.environ.get(f"APE_{name}")
    if text is None:
        return usual
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise InvalidSettingError(
            f"APE_{name} is {text!r}, but it can be from {low:g} to {high:,.0f} {unit}.",
            f"Set it to such a number, or remove it for {usual:g}.",
        )
    return value


MEMORY_THRESHOLD: Final = _lowered("MEMORY_THRESHOLD", 1_000)
"""Patients from which results are read in batches from Parquet instead of held in memory."""

MEMORY_WARNING_THRESHOLD: Final = _lowered("MEMORY_WARNING_THRESHOLD", 10_000)
"""Patients from which an explicit request for results in memory warns."""

MEMORY_AUTO_DISK_THRESHOLD: Final = _lowered("MEMORY_AUTO_DISK_THRESHOLD", 50_000)
"""Patients from which an explicit request for results in memory is refused."""

CHUNK_SIZE: Final = _lowered("CHUNK_SIZE", 5_000)
"""Patients simulated, written and committed together."""

SLICE_PATIENTS: Final = 5_000
"""Patients whose rows a thread holds at a time, however large the chunks of a run are."""

THRIFTY_SLICE_PATIENTS: Final = 2_500
"""The same where memory is short, and in long runs. Neither changes a byte of a run."""

LONG_RUN_YEARS: Final = 10
"""Runs of more years hold fewer patients at a time, each of whom has more rows."""

MAX_CONCURRENT_SIMULATIONS: Final = _lowered("MAX_CONCURRENT_SIMULATIONS", 3)
"""Runs that simulate at the same time on one store; the rest queue."""

ARCHIVE_AFTER_DAYS: Final = _chosen("ARCHIVE_AFTER_DAYS", 30, 0, 36_500, "days")
"""`ape tidy` archives what nobody has used for so long; nothing younger is ever deleted by it."""

STORE_QUOTA_GB: Final = _chosen("STORE_QUOTA_GB", 20, 0.001, 1_000_000, "GB")
"""Size of all runs of a store, in 10^9 bytes, from which further ones are archived, too."""

MAX_PATIENTS: Final = _lowered("MAX_PATIENTS", 100_000_000)
"""Patients in one run."""

MAX_CLINIC_PATIENTS: Final = 10_000
"""Patients of a clinic with a limited number of slots: it is simulated as a whole."""

MAX_YEARS: Final = 40
MAX_SEED: Final = 2**63 - 1
MAX_CHUNK_SIZE: Final = 50_000
"""A chunk is held in memory: at this size it takes about 100 MB for ten years."""

MAX_RANGE_PATIENTS: Final = 5_000
"""Patients that one bounded read (`get_patient_range`, a batch) may return."""

MAX_QUERY_ROWS: Final = 10_000
"""Rows that the answer to a question in SQL may have; the question itself can count any number."""

MAX_QUERY_BYTES: Final = 20_000_000
"""Text and lists in such an answer: a row may hold any amount."""

MAX_SQL_LETTERS: Final = 20_000
QUERY_SECONDS: Final = 120.0
"""Time that such a question may take unless another is given."""

MAX_YAML_BYTES: Final = 256_000
"""Size of a protocol, cohort or model file; the largest one shipped is a tenth of it."""

MAX_OWN_PROTOCOLS: Final = _lowered("MAX_OWN_PROTOCOLS", 500)
"""Protocols that users keep in a store; each is at most as large as a YAML file may be."""

MAX_WORKER_THREADS: Final = 64

COMMIT_SECONDS: Final = 1.0
"""Commits are grouped to about one in this time; a crash costs at most this much work."""

MAX_ARMS: Final = 500
"""Arms that one score simulates."""

MAX_TARGETS: Final = 10_000
"""Observed outcomes that arms are compared with."""

MAX_TARGETS_BYTES: Final = 5_000_000
"""Size of a file of targets; the one shipped is a hundredth of it."""

MAX_PACKAGE_BYTES: Final = _lowered("MAX_PACKAGE_BYTES", 100_000_000_000)
"""Size of a package that is imported or exported: all rows of the largest runs."""

MAX_PACKAGE_FILES: Final = 100_000
"""Files in a package: more than the largest run has, in parts of the usual size."""

MAX_UPLOAD_BYTES: Final = _lowered("MAX_UPLOAD_BYTES", 8_000_000)
"""Size of a package that a page takes in; its connection ends at messages of 10 MiB."""

MAX_DOWNLOAD_BYTES: Final = _lowered("MAX_DOWNLOAD_BYTES", 2_000_000)
"""Size of a package that a page hands out within itself."""
