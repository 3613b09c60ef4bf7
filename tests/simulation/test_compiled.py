"""What compiles: what others have set of numba stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys


def test_importing_the_kernel_leaves_the_settings_of_numba_alone(tmp_path):
    """Other packages keep their cache, and child processes choose their own."""
    script = (
        "import os, numba; before = numba.config.CACHE_DIR, os.environ.get('NUMBA_CACHE_DIR');"
        "import ape_core.simulation.philox;"
        "assert before == (numba.config.CACHE_DIR, os.environ.get('NUMBA_CACHE_DIR'))"
    )
    env = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**env, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
