"""What simulating costs: figures measured once, from which memory, disk and time are estimated.

Measured with every shipped protocol at 1 to 40 years on two cores of an x86-64 server; `ape
doctor` and the benchmarks show what holds on the machine at hand.
"""

from __future__ import annotations

from typing import Final

WORKER_MB: Final = 132.0
"""Memory of a worker that has loaded the compiled simulator, before its first chunk.

The one that compiles it first, once on a machine, takes up to 360 until its first chunk is done.
"""

PAGE_MB: Final = 100.0
"""Memory that the kernel of one page takes, with some to spare.

Measured: 77 to 86 with charts. The page of patients maps 139, of which 60 are the library that
reads rows, which is in memory once for all processes.
"""

THREAD_MB: Final = 3.0
"""Memory that each thread adds before it has a chunk."""

BYTES_PER_VISIT_IN_CHUNK: Final = 85.0
"""Memory of a visit while its chunk is simulated and encoded: 35 as columns, and what a heap keeps
that has had many chunks."""

BYTES_PER_VISIT_IN_CLINIC: Final = 115.0
"""The same where slots are limited: visits are put in order again, which takes a copy."""

SUMMARY_MB_PER_YEAR: Final = 0.25
"""Size of a summary, nearly all of which grows with the years."""

SUMMARIES_PER_THREAD: Final = 2.5
"""Summaries that a thread holds at a time: of its chunk, of a piece of that, and at the commit."""

SUMMARIES_PER_RUN: Final = 5.0
"""Summaries that a run holds beside them, when a chunk is written or added to the whole.

With these figures a run of 40 years takes 219 MB on one thread (measured: 211), 256 on two (247 to
257) and 330 on four (298); one of 5 years 154 (151), 170 (151 of few patients, 173 of a million).
"""

DASK_MB: Final = 60.0
"""Memory that Dask adds to each process that it is loaded in."""

COORDINATOR_MB: Final = 150.0
"""Memory of a process that has others simulate and only commits (measured: 128 to 132)."""

DISK_BYTES_PER_VISIT: Final = 4.0
"""Parquet with zstd: 3.1 (fixed interval) to 4.0 (treat-and-extend)."""

DISK_BYTES_PER_PATIENT: Final = 6.0
DISK_BYTES_PER_PATIENT_YEAR: Final = 1.6
"""Both together: 7 bytes of one year, 14 of five, 28 of twenty, by when many have died."""

START_SECONDS: Final = 0.6
"""Starting a worker and loading the compiled simulator."""

SECONDS_PER_VISIT: Final = 0.6e-6
"""Simulating, counting, encoding and writing a visit, on one thread of a machine with two cores.

Between 0.3e-6 where nothing else is going on and 1.5e-6 where other programs share the cores. Used
until runs in the store say how fast this machine is.
"""

DEATHS_PER_YEAR: Final = 0.045
"""At the age at which neovascular AMD is first treated, for the estimate only."""

AGEING_PER_YEAR: Final = 0.1
"""By how much that grows with every year of age (Gompertz), as in the life table from 50 on."""

ACTIVE_SHARE: Final = {"treat-and-extend": 0.32, "label": 0.65}
"""Where the mean schedule lies between those of an eye that stays dry and one that stays active."""
