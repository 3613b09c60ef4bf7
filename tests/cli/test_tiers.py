"""Archiving, restoring, tidying, naming and searching from the shell."""

from __future__ import annotations

import json
import re

import pytest

from ape_core import limits
from ape_core.runs.starting import open_run

QUESTION = ("aflibercept-2mg-treat-and-extend", "--patients", "1,200", "--years", "2")
SMALL = (*QUESTION, "--chunk-size", "300", "--json")


@pytest.fixture
def done(ape):
    return ape("run", *SMALL).json["run_id"]


def age(run_id, days):
    path = open_run(run_id).folder.path / "used.json"
    used = json.loads(path.read_text())
    path.write_text(json.dumps({**used, "boot": "", "seconds": used["seconds"] - days * 86_400}))


def test_archive_and_restore(ape, done):
    digest = ape("digest", done, "--json").json
    said = ape("archive", done, "--json")
    assert said.status == 0
    assert list(said.json) == ["run_id", "tier", "bytes_before", "bytes_after", "seconds"]
    assert said.json["tier"] == "cold"
    assert said.json["bytes_after"] < 0.85 * said.json["bytes_before"]
    assert "is archived already" in ape("archive", done).out
    assert "cold: archived at maximum compression" in ape("show", done).out
    assert ape("digest", done, "--json").json == digest
    assert ape("verify", done).status == 0
    assert "is restored" in ape("restore", done).out
    assert "is not archived" in ape("restore", done).out
    assert ape("list", "--json").json[0]["tier"] == "warm"
    assert ape("digest", done, "--json").json == digest


def test_it_says_how_much_smaller_it_is(ape, done):
    said = ape("archive", "latest").out
    assert f"Run {done[:12]} is archived: " in said
    assert "% less), read back and compared" in said


def test_what_cannot_be_archived_is_refused_in_words(ape, done, store_path):
    part = store_path / "runs" / done / "visits" / "part-000001.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    said = ape("archive", done)
    assert said.status == 2
    assert "does not verify and stays as it is" in said.err
    assert ape("archive", done, "--json").json["hint"]
    assert ape("archive", "abcdef").status == 2
    with open_run(done).folder.acquire():
        said = ape("restore", done, "--json"), ape("archive", done, "--json")
    assert said[1].status == 2
    assert "is in use and cannot be archived" in said[1].json["error"]


def test_a_run_is_named_noted_and_found(ape, done):
    other = ape("run", "no-treatment", *QUESTION[1:], "--json").json["run_id"]
    assert ape("rename", done, "Base case", "--json").json["name"] == "Base case"
    assert "is now called 'Base case'" in ape("rename", done, "Base case").out
    assert ape("note", done, "<b>for Monday</b>", "--json").json == {
        "run_id": done,
        "name": "Base case",
        "note": "<b>for Monday</b>",
    }
    assert ape("note", done).out == "<b>for Monday</b>\n"
    assert "Nothing is noted" in ape("note", other).out
    shown = ape("show", done)
    assert "Base case" in shown.out
    assert "for Monday" in shown.out
    for words in ("base CASE", "monday extend", done[:10], "complete aflibercept warm"):
        assert [run["run_id"] for run in ape("list", "--search", words, "--json").json] == [done]
    assert "Base case" in ape("list").out
    assert ape("list", "--search", "no such words", "--json").json == []
    assert "none has all of the words" in ape("list", "--search", "no such words").out
    ape("archive", other)
    assert [run["run_id"] for run in ape("list", "--search", "archived", "--json").json] == [other]
    assert ape("rename", done, "").out.endswith("has no name.\n")


@pytest.mark.parametrize("command", ["rename", "note"])
def test_what_is_no_name_or_note_is_refused(ape, done, command):
    said = ape(command, done, "a\x07b")
    assert said.status == 2
    assert "U+0007" in said.err
    assert ape(command, done, "x" * 3_000, "--json").status == 2


def test_tidy_by_age(ape, done):
    assert ape("tidy", "--json").json["archived"] == []
    age(done, 31)
    planned = ape("tidy", "--dry-run", "--json").json
    assert (planned["dry_run"], planned["archived"]) == (True, [done])
    assert re.search(rf"would be archived +{done[:12]}", ape("tidy", "--dry-run").out)
    assert ape("list", "--json").json[0]["tier"] == "warm"
    assert ape("list").out.count("31 days ago") == 1
    tidied = ape("tidy", "--json")
    assert (tidied.status, tidied.json["archived"]) == (0, [done])
    assert tidied.json["bytes_after"] < tidied.json["bytes_before"]
    assert ape("list", "--json").json[0]["tier"] == "cold"


def test_tidy_by_quota(ape, done, monkeypatch):
    monkeypatch.setattr(limits, "STORE_QUOTA_GB", 1e-6)
    age(done, 31)
    said = ape("tidy")
    assert re.search(rf"archived +{done[:12]}", said.out)
    assert f"`ape tidy --delete` would delete {done[:12]}" in " ".join(said.out.split())
    ape("rename", done, "kept")
    assert ape("tidy", "--delete", "--json").json["deleted"] == []
    ape("rename", done, "")
    assert ape("tidy", "--delete", "--json").json["deleted"] == [done]
    assert ape("list", "--json").json == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("APE_STORE_QUOTA_GB", "0"), ("APE_STORE_QUOTA_GB", "big"), ("APE_ARCHIVE_AFTER_DAYS", "-1")],
)
def test_a_limit_that_cannot_be_is_refused(ape, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(limits.InvalidSettingError, match=name):
        limits._chosen(name.removeprefix("APE_"), 30, 0.001, 100, "of something")


def test_doctor_finds_what_an_interrupted_archiving_left(ape, done):
    run = open_run(done).folder
    from ape_core.storage.archive import archive

    told = iter([True, False])
    with run.acquire():
        assert not archive(run, lambda _: next(told, True))
    stray = run.path / "visits" / "part-000003.cold.parquet"
    stray.write_bytes(b"")
    said = ape("doctor")
    assert said.status == 0
    assert "It is archived in part, 1 of 4 parts; all of it can be read." in said.out
    assert ape("doctor", "--json").json["leftovers"] == [str(stray)]
    assert ape("doctor", "--clean").status == 0
    assert not stray.exists()
    assert ape("archive", done).status == 0
    assert "Nothing is wrong" in ape("doctor").out
