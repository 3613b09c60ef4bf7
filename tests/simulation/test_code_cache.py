"""Where compiled code is kept: never older than its sources, and somewhere even if read-only."""

from __future__ import annotations

from pathlib import Path

import pytest

from ape_core.simulation import code_cache


@pytest.fixture
def user_cache(tmp_path, monkeypatch):
    """An empty cache of the user."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(
        code_cache.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache")
    )
    monkeypatch.setattr(code_cache.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path / "cache"


def test_compiled_code_is_kept_in_the_cache_of_the_user(user_cache):
    folder = code_cache.cache_folder()
    assert folder.is_dir()
    assert folder.parent == user_cache


def test_another_folder_can_be_chosen(user_cache, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "chosen"))
    assert code_cache.cache_folder().parent == tmp_path / "chosen"


def test_a_changed_source_changes_the_folder(user_cache, tmp_path, monkeypatch):
    """Also when only a function that others call has changed."""
    package = tmp_path / "package"
    package.mkdir()
    for source in Path(code_cache.__file__).parent.glob("*.py"):
        (package / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(code_cache, "__file__", str(package / "code_cache.py"))
    before = code_cache.cache_folder()
    assert code_cache.cache_folder() == before
    with (package / "philox.py").open("a") as source:
        source.write("\n")
    assert code_cache.cache_folder() != before


def test_no_cache_of_the_user_means_a_temporary_folder(user_cache, tmp_path):
    user_cache.write_text("a file where the folder should be")
    folder = code_cache.cache_folder()
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_read_only_cache_means_a_temporary_folder(user_cache, tmp_path, monkeypatch):
    monkeypatch.setattr(code_cache.os, "access", lambda *_: False)
    assert code_cache.cache_folder().parent == tmp_path


def test_the_temporary_folder_of_another_user_is_not_used(user_cache, tmp_path, monkeypatch):
    """Code is loaded from there, and anyone can make a folder in the place for temporary files."""
    user_cache.write_text("a file where the folder should be")
    theirs = code_cache.cache_folder()
    monkeypatch.setattr(code_cache.os, "getuid", lambda: theirs.stat().st_uid + 1)
    monkeypatch.setattr(code_cache.tempfile, "mkdtemp", lambda prefix: str(tmp_path / "mine"))
    taken = tmp_path / f"ape-{code_cache.os.getuid()}-{theirs.name.split('-', 2)[2]}"
    taken.mkdir()
    assert code_cache.cache_folder() == tmp_path / "mine"
