"""What the kernel of a page loads and how much memory it takes, measured in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

CODE = """
import json, sys
import psutil
from ipykernel import kernelapp
from widgets.dashboard import Dashboard

dashboard = Dashboard(run_id="")
while dashboard.session.progress.status != "complete":
    dashboard.refresh()
dashboard.refresh()
heavy = {"numba", "pyarrow", "matplotlib", "scipy", "duckdb", "dask"} & set(sys.modules)
print(json.dumps({
    "heavy": sorted(heavy),
    "rss_mb": psutil.Process().memory_info().rss / 1e6,
    "drawn": dashboard.session.summary.n_patients,
}))
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    environment = {
        **os.environ,
        "APE_STORE": str(tmp_path_factory.mktemp("store")),
        "SERVER_SOFTWARE": "voila/0.5.13",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_a_page_draws_without_simulating_or_reading_tables(page):
    assert page["drawn"] == 3_000
    assert page["heavy"] == []


def test_a_page_takes_little_memory(page):
    print(f"resident memory of a page's kernel: {page['rss_mb']:.0f} MB")
    assert page["rss_mb"] < 150
