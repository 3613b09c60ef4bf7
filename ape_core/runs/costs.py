"""What simulating costs: figures measured once, from which memory, disk and time are estimated.

Measured with every shipped protocol at 1 to 40 years on two cores of an x86-64 server; `ape
doctor` and the benchmarks show what holds on the machine at hand.
"""

from __future__ import annotations

from typing import Final

WORKER_MB: Final = 245.0
"""Memory of a worker that has loaded the simulator, before its first chunk."""

PAGE_MB: Final = 130.0
"""Memory that the kernel of one page takes, with some to spare."""

THREAD_MB: Final = 3.0
"""Memory that each thread adds before it has a chunk."""

BYTES_PER_VISIT_IN_CHUNK: Final = 115.0
"""Memory of a visit while its chunk is simulated, encoded and written: 35 as columns."""

SUMMARIES_PER_THREAD: Final = 6
"""Summaries that a thread holds at a time: of the pieces of a chunk, merged and about to be."""

THREAD_MB_PER_YEAR: Final = 1.5
"""Memory for the assessments of a chunk of 5,000 patients, and for these summaries, per year.

With it a run of 40 years takes 330 MB on one thread (measured: 328) and 415 on two (410).
"""

DISK_BYTES_PER_VISIT: Final = 4.4
"""Parquet with zstd: 2.4 (fixed interval, kept appointments) to 4.4 (treat-and-extend)."""

DISK_BYTES_PER_PATIENT: Final = 9.0
DISK_BYTES_PER_PATIENT_YEAR: Final = 1.5

START_SECONDS: Final = 1.5
"""Starting a worker and loading the compiled simulator."""

SECONDS_PER_VISIT: Final = 2.0e-6
"""Simulating, counting, encoding and writing a visit, on one thread of a machine with two cores.

Between 1.0e-6 where nothing else is going on and 4e-6 where other programs share the cores. Used
until runs in the store say how fast this machine is.
"""

DEATHS_PER_YEAR: Final = 0.045
"""At the age at which neovascular AMD is first treated, for the estimate only."""

AGEING_PER_YEAR: Final = 0.1
"""By how much that grows with every year of age (Gompertz), as in the life table from 50 on."""

ACTIVE_SHARE: Final = {"treat-and-extend": 0.32, "label": 0.65}
"""Where the mean schedule lies between those of an eye that stays dry and one that stays active."""
