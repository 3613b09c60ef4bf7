"""A page that is closed gives its kernel back, under each kind of server; notebooks keep theirs."""

from __future__ import annotations

import json
import subprocess
import sys


def test_the_kernel_of_a_closed_page_is_gone_at_once_and_that_of_a_notebook_stays(pytestconfig):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos.departures", "--short"],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(done.stdout)
    assert len(rows) == 4
    assert [row for row in rows if row["outcome"] != "held"] == []
