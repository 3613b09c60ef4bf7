"""Binder's own tool, run dry: which files it takes and what it would build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def dockerfile(root, tracked, tmp_path_factory):
    """What repo2docker would build from the tracked files."""
    clone = tmp_path_factory.mktemp("binder") / "ape"
    for path in tracked:
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / path, clone / path)
    done = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(clone)],
        cwd=clone.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_base_environment_has_our_python(dockerfile):
    assert "Building conda environment for python=3.11" in dockerfile


def test_exact_versions_are_installed_before_the_repository_is_copied(dockerfile):
    """So that Binder rebuilds them only when the list changes."""
    install = dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"')
    copy = re.search(r"^COPY .*\bsrc/ \$\{REPO_DIR\}", dockerfile, re.MULTILINE)
    assert copy is not None
    assert install < copy.start()


def test_build_runs_our_post_build_and_start(dockerfile):
    assert "RUN ./binder/postBuild" in dockerfile
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile


def test_scripts_are_executable_and_start_hands_over(root):
    scripts = [root / "binder" / name for name in ("postBuild", "start")]
    assert all(os.access(script, os.X_OK) for script in scripts)
    assert scripts[1].read_text(encoding="utf-8").rstrip().endswith('exec "$@"')


def test_post_build_installs_the_package_and_compiles_the_kernel(root):
    script = (root / "binder" / "postBuild").read_text(encoding="utf-8")
    assert "pip install --no-cache-dir --no-deps --editable ." in script
    assert "python -m ape_core.summaries.warm_cache" in script


def test_readme_links_to_the_page_that_opens_on_the_dashboard(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    opened = re.search(r"urlpath=voila%2Frender%2F([\w%.]+)", readme)
    assert opened is not None
    assert (root / opened[1].replace("%2F", "/")).is_file()
