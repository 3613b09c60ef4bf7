"""Files are complete or absent, and every refusal of the system is a sentence."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ape_core.errors import CorruptRunError, StoreError
from ape_core.storage import files
from ape_core.storage.locks import FileLock

REFUSALS = {
    errno.ENOSPC: "disk is full .* MB free.* undamaged.*Free some space",
    errno.EDQUOT: "disk is full",
    errno.EFBIG: "larger than files may be.*ulimit -f",
    errno.EROFS: "file system is read-only.*APE_STORE",
    errno.EACCES: "permission denied.*Allow access",
    errno.EIO: "disk reported an error.*verify",
    errno.ENOTDIR: "a file stands where a folder is needed",
    errno.ENOLCK: "does not support it.*local disk",
    errno.EMFILE: "Too many open files",
}

LIMITED = """
import resource, sys
from pathlib import Path
from ape_core.errors import StoreError
from ape_core.storage.files import write_atomic
path = Path(sys.argv[1])
write_atomic(path, b"old")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomic(path, bytes(100_000))
except StoreError as error:
    print(error)
print(path.read_bytes(), len(list(path.parent.iterdir())))
"""


def refuse(number):
    def call(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    return call


def test_new_content_replaces_old_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "file"
    for content in (b"one", b"", b"three" * 100_000):
        files.write_atomic(path, content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(("number", "message"), REFUSALS.items())
@pytest.mark.parametrize("call", ["fsync", "open"])
def test_a_refusal_says_what_to_do_and_the_old_content_stays(
    tmp_path, monkeypatch, number, message, call
):
    path = tmp_path / "checkpoint.json"
    files.write_atomic(path, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse(number))
        with pytest.raises(StoreError, match=f"write .*checkpoint.json: .*{message}"):
            files.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["checkpoint.json"]


def test_a_refused_rename_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.json"
    files.write_atomic(path, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse(errno.ENOSPC))
        with pytest.raises(StoreError, match="disk is full"):
            files.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["checkpoint.json"]


def test_what_is_only_advisory_does_not_wait_for_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    files.write_json(tmp_path / "progress.json", {"patients_done": 5}, durable=False)
    assert files.read_json(tmp_path / "progress.json") == {"patients_done": 5}


def test_the_message_counts_the_free_space(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", refuse(errno.ENOSPC))
    with pytest.raises(StoreError, match=r"\([\d,]+ MB of [\d,]+ MB free\)"):
        files.write_atomic(tmp_path / "part", b"")


def test_a_real_limit_of_the_system_is_explained(tmp_path):
    """The kernel refuses, not a patched function."""
    shown = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "file")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "larger than files may be here" in shown
    assert shown.endswith("b'old' 1\n")


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(CorruptRunError, match="spec.json is missing.*ape verify"):
        files.read_bytes(tmp_path / "spec.json")
    with pytest.raises(CorruptRunError, match="part.parquet is missing"):
        files.sha256_file(tmp_path / "part.parquet")
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(CorruptRunError, match="list.json is damaged: it is not a JSON object"):
        files.read_json(tmp_path / "list.json")
    (tmp_path / "text.json").write_bytes(b"\xff{")
    with pytest.raises(CorruptRunError, match="it is not JSON"):
        files.read_json(tmp_path / "text.json")


def test_unfinished_files_are_removed_unless_they_are_being_written(tmp_path):
    dead = tmp_path / ".part-000000.parquet.0123456789abcdef.tmp"
    alive = tmp_path / ".part-000001.parquet.0123456789abcdef.tmp"
    for path in (dead, alive, tmp_path / "part-000000.parquet"):
        path.write_bytes(b"x")
    with FileLock.acquire(alive):
        assert files.remove_temporary(tmp_path) == [dead]
    assert files.remove_temporary(tmp_path) == [alive]
    assert os.listdir(tmp_path) == ["part-000000.parquet"]


def test_a_file_is_locked_while_it_is_written(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(files.remove_temporary(tmp_path)))
    monkeypatch.setattr(files, "sync_folder", lambda _: None)
    files.write_atomic(tmp_path / "file", b"content")
    assert seen == [[]]
    assert (tmp_path / "file").read_bytes() == b"content"


def test_a_hint_names_the_run_that_the_file_is_of(tmp_path):
    run = "0123456789abcdef" * 4
    missing = files.missing_file(tmp_path / run / "a")
    damaged = files.damaged_file(tmp_path / run / "a", "gone")
    for error in (missing, damaged):
        assert "`ape verify 0123456789ab`" in error.hint
        assert "`ape resume 0123456789ab`" in error.hint
