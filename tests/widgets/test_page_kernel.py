"""What the kernel of a page loads and how much memory it takes, measured in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from widgets.navigation import PAGES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

HEAVY = {"numba", "pyarrow", "pandas", "matplotlib", "scipy", "duckdb", "dask"}
"""What no page with charts may load; see `test_patients` for the one without, which reads rows."""

CODE = """
import json, sys
from pathlib import Path
import psutil
from ipykernel import kernelapp
from ape_core.runs.starting import list_runs
from widgets.dashboard import Dashboard
from widgets.navigation import PAGES

def rss_mb():
    return psutil.Process().memory_info().rss / 1e6

dashboard = Dashboard(run_id="")
while dashboard.session.progress.status != "complete":
    dashboard.refresh()
dashboard.refresh()
found = {"loaded": {"dashboard": sorted(sys.modules)}, "rss_mb": rss_mb(),
         "drawn": dashboard.session.summary.n_patients}
for name in PAGES:
    if name in ("dashboard", "patients"):
        continue
    cells = json.loads(Path(sys.argv[1], name + ".ipynb").read_text())["cells"]
    exec("\\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"), {})
    found["loaded"][name] = sorted(sys.modules)
found["all_mb"] = rss_mb()
for run in list_runs():
    run.cancel()
for run in list_runs():
    run.wait()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    environment = {
        **os.environ,
        "APE_STORE": str(tmp_path_factory.mktemp("store")),
        "SERVER_SOFTWARE": "voila/0.5.13",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(NOTEBOOKS)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_pages_draw_without_simulating_or_reading_tables(pages):
    assert pages["drawn"] == 3_000
    assert pages["loaded"].keys() == PAGES.keys() - {"patients"}
    for name, loaded in pages["loaded"].items():
        assert "bqplot" in loaded
        assert HEAVY.isdisjoint(loaded), f"first loaded by {name}"


def test_pages_take_little_memory(pages):
    first, together = pages["rss_mb"], pages["all_mb"]
    print(f"resident memory of a page's kernel: {first:.0f} MB, {together:.0f} MB with all pages")
    assert first < 100
    assert together < 120


DATES = """
import sys
from widgets.bqplots import Label
from bqplot.traits import array_to_json, convert_to_date
import numpy as np

Label(text=["a", "b"], x=[0.0, 1.0], y=[0.0, 1.0], scales={}).get_state()
array_to_json(np.array(["a", "b"], dtype=object))
assert "pandas" not in sys.modules
day = convert_to_date(["2026-01-31"])[0]
import pandas
assert day == pandas.Timestamp(2026, 1, 31)
assert array_to_json(np.array([day], dtype=object))["type"] == "date"
"""


def test_pandas_is_there_for_charts_that_need_it():
    environment = {**os.environ, "SERVER_SOFTWARE": "voila/0.5.13"}
    subprocess.run([sys.executable, "-c", DATES], env=environment, check=True)
