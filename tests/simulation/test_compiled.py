"""Where compiled code is kept: never older than its sources, and somewhere even if read-only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ape_core.simulation import compiled


@pytest.fixture
def user_cache(tmp_path, monkeypatch):
    """An empty cache of the user."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(compiled.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))
    monkeypatch.setattr(compiled.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path / "cache"


def test_compiled_code_is_kept_in_the_cache_of_the_user(user_cache):
    folder = compiled.cache_folder()
    assert folder.is_dir()
    assert folder.parent == user_cache


def test_another_folder_can_be_chosen(user_cache, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "chosen"))
    assert compiled.cache_folder().parent == tmp_path / "chosen"


def test_a_changed_source_changes_the_folder(user_cache, tmp_path, monkeypatch):
    """Also when only a function that others call has changed."""
    package = tmp_path / "package"
    package.mkdir()
    for source in Path(compiled.__file__).parent.glob("*.py"):
        (package / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(package / "compiled.py"))
    before = compiled.cache_folder()
    assert compiled.cache_folder() == before
    with (package / "philox.py").open("a") as source:
        source.write("\n")
    assert compiled.cache_folder() != before


def test_no_cache_of_the_user_means_a_temporary_folder(user_cache, tmp_path):
    user_cache.write_text("a file where the folder should be")
    folder = compiled.cache_folder()
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_read_only_cache_means_a_temporary_folder(user_cache, tmp_path, monkeypatch):
    monkeypatch.setattr(compiled.os, "access", lambda *_: False)
    assert compiled.cache_folder().parent == tmp_path


def test_the_temporary_folder_of_another_user_is_not_used(user_cache, tmp_path, monkeypatch):
    """Code is loaded from there, and anyone can make a folder in the place for temporary files."""
    user_cache.write_text("a file where the folder should be")
    theirs = compiled.cache_folder()
    monkeypatch.setattr(compiled.os, "getuid", lambda: theirs.stat().st_uid + 1)
    monkeypatch.setattr(compiled.tempfile, "mkdtemp", lambda prefix: str(tmp_path / "mine"))
    taken = tmp_path / f"ape-{compiled.os.getuid()}-{theirs.name.split('-', 2)[2]}"
    taken.mkdir()
    assert compiled.cache_folder() == tmp_path / "mine"


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
