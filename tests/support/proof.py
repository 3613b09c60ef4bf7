"""Parts of the proof that need a process of their own, in their short versions."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.chaos.nursery import ROOT


def rows_of(part: str) -> list[dict[str, Any]]:
    """Rows of the table for a part."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", "benchmarks.chaos", "--only", part, "--short", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return list(json.loads(done.stdout))
