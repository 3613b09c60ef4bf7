"""Processes whose wall clock is wrong, as after somebody has set it; the monotonic one is not.

libfaketime would do the same, but its version 0.9.10 breaks `time.sleep` of Python 3.11.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_SOURCE = """
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long seconds_off(void) {
    const char *text = getenv("CLOCK_SECONDS_OFF");
    return text ? atol(text) : 0;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += seconds_off();
    return failed;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int failed = syscall(SYS_gettimeofday, now, zone);
    if (!failed) now->tv_sec += seconds_off();
    return failed;
}
time_t time(time_t *where) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}
"""


def clock_library(folder: Path) -> Path | None:
    """Make a library that, loaded first, sets the clock of a process; None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_SOURCE)
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return library


def another_clock(library: Path, seconds_off: int) -> dict[str, str]:
    """Environment variables of a process whose wall clock is so many seconds off."""
    return {"LD_PRELOAD": str(library), "CLOCK_SECONDS_OFF": str(seconds_off)}
