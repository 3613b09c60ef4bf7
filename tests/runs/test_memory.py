"""The memory that may be used, and that is used."""

from __future__ import annotations

import os

import pytest

from ape_core.errors import InvalidSettingError
from ape_core.runs import cgroup, memory
from ape_core.runs.memory import MB, check_memory, peak_memory_bytes, process_memory_bytes

GB = 1024 * MB


@pytest.fixture
def no_cgroup(monkeypatch):
    monkeypatch.setattr(memory, "limited_cgroups", list)


def fake_cgroup(folder, limit, used, inactive, active=0, mapped=0):
    """A version 2 control group."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    files = f"inactive_file {inactive}\nactive_file {active}\nfile_mapped {mapped}\n"
    (folder / "memory.stat").write_text(f"anon 1\n{files}")


def levels(root, path):
    return list(cgroup._levels(root, path, cgroup._VERSION_2))


def test_this_process_is_measured():
    status = check_memory()
    assert 1 < status.process_mb < status.limit_mb
    assert process_memory_bytes() <= peak_memory_bytes()
    assert status.state in {"ok", "warning", "critical"}
    assert 0 <= status.free_mb <= status.limit_mb


@pytest.mark.parametrize(
    ("text", "megabytes"), [("1G", 1024), ("512M", 512), ("1073741824", 1024), ("1.5 GiB", 1536)]
)
def test_mem_limit_lowers_the_limit(monkeypatch, no_cgroup, text, megabytes):
    monkeypatch.setenv("MEM_LIMIT", text)
    status = check_memory()
    assert status.limit_mb == megabytes
    assert status.limit_source == "MEM_LIMIT"


def test_mem_limit_cannot_raise_the_limit(monkeypatch, no_cgroup):
    monkeypatch.setenv("MEM_LIMIT", "9000T")
    assert check_memory().limit_source == "physical memory"


@pytest.mark.parametrize("text", ["much", "0", "-1G", "1X"])
def test_mem_limit_that_is_not_an_amount_is_named(monkeypatch, no_cgroup, text):
    monkeypatch.setenv("MEM_LIMIT", text)
    with pytest.raises(InvalidSettingError, match="is not an amount of memory"):
        check_memory()


def test_the_tightest_group_around_a_process_counts(tmp_path):
    fake_cgroup(tmp_path, "max", 9 * GB, 0)
    fake_cgroup(tmp_path / "pod", 2 * GB, GB, 0)
    fake_cgroup(tmp_path / "pod" / "container", 4 * GB, GB, 0)
    found = levels(tmp_path, "/pod/container")
    assert [group.limit_bytes for group in found] == [4 * GB, 2 * GB]


def test_a_group_whose_path_is_that_of_the_host_is_found_at_the_root(tmp_path):
    fake_cgroup(tmp_path, GB, GB // 2, 0)
    assert [group.limit_bytes for group in levels(tmp_path, "/docker/abc")] == [GB]


def test_pages_that_the_kernel_can_drop_are_not_used(tmp_path):
    fake_cgroup(tmp_path, GB, 700 * MB, 300 * MB)
    [group] = levels(tmp_path, "/")
    assert group.used_bytes() == 400 * MB
    fake_cgroup(tmp_path, GB, 700 * MB, 300 * MB, active=150 * MB, mapped=100 * MB)
    assert group.used_bytes() == 350 * MB, "files that were read, but not the libraries in use"


@pytest.mark.parametrize(
    ("used", "state", "words"),
    [
        (400, "ok", "400 MB of 1,024 MB (container) are in use."),
        (600, "warning", "more than half"),
        (900, "critical", "close to the limit"),
    ],
)
def test_half_of_the_limit_is_a_warning(monkeypatch, tmp_path, used, state, words):
    fake_cgroup(tmp_path, GB, used * MB, 0)
    monkeypatch.setattr(memory, "limited_cgroups", lambda: levels(tmp_path, "/")[:1])
    monkeypatch.setattr(memory, "process_memory_bytes", lambda: 50 * MB)
    status = check_memory()
    assert status.state == state
    assert words in status.message
    assert status.free_mb == 1024 - used


def test_only_processes_of_ape_are_counted():
    is_ape = memory._is_ape
    assert is_ape(["python", "-P", "-m", "ape_core.runs.worker", "/store"])
    assert is_ape(["/venv/bin/python", "/venv/bin/ape", "run"])
    assert not is_ape(["vim", "ape_core/cli.py"])
    assert not is_ape([])
    assert memory._ape_processes_bytes() >= process_memory_bytes() // 4
    assert os.getpid()
