"""What cannot be is answered by a sentence and status 2, and nothing is lost."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import sys

import pytest

from ape_core.storage.checkpoint import _sealed

NAME = "aflibercept-2mg-treat-and-extend"
SMALL = ("--patients", "600", "--years", "1", "--chunk-size", "200", "--quiet")

QUESTIONS = [
    ((NAME, "--patients", "-5"), "n_patients is -5"),
    ((NAME, "--patients", "0"), "n_patients is 0"),
    ((NAME, "--patients", "many"), "'many' is not a whole number"),
    ((NAME, "--patients", "9" * 30), "n_patients is 9"),
    ((NAME, "--years", "0"), "years is 0"),
    ((NAME, "--years", "41"), "years is 41"),
    ((NAME, "--seed", "-1"), "seed is -1"),
    ((NAME, "--workers", "0"), "number of workers is 0"),
    ((NAME, "--chunk-size", "0"), "chunk size is 0"),
    ((NAME, "--chunk-size", "10_000_000"), "chunk size is 10,000,000"),
    ((NAME, "--cohort", "mars"), "no population 'mars'"),
    ((NAME, "--cohort", "missing/cohort.yaml"), "cohort.yaml"),
    ((NAME, "--patience", "5"), "nrecognized arguments: --patience"),
    (("aflibercept",), "no protocol 'aflibercept'"),
    (("missing.yaml",), "missing.yaml"),
    ((), "required"),
]

PROTOCOLS = {
    "malformed": ("{name: [", "YAML"),
    "huge": ("# " + "x" * 300_000, "256,000"),
    "not-a-mapping": ("[1, 2]", "mapping"),
    "minimum-above-maximum": (
        (
            "{name: a, title: A, drug: aflibercept-2mg, phases: [{regimen: treat-and-extend,"
            " first_interval_weeks: 8, extend_by_weeks: 2, shorten_by_weeks: 2,"
            " min_interval_weeks: 16, max_interval_weeks: 4, activity: fluid}]}"
        ),
        "min_interval_weeks is 16",
    ),
    "unknown-drug": (
        "{name: a, title: A, drug: water, phases: [{regimen: fixed, interval_weeks: 8}]}",
        "'water'",
    ),
    "unsafe": ("!!python/object/apply:os.system ['echo unsafe']", "YAML"),
}


@pytest.mark.parametrize(("words", "message"), QUESTIONS)
def test_a_question_that_cannot_be(ape, store_path, words, message):
    said = ape("run", *words)
    assert said.status == 2
    assert said.out == ""
    assert message in said.err
    as_json = ape("run", *words, "--json")
    assert as_json.status == 2
    assert set(as_json.json) == {"error", "hint"}
    assert message in as_json.json["error"]
    assert not list(store_path.glob("runs/*"))


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_protocol_that_cannot_be(ape, tmp_path, command, name):
    text, message = PROTOCOLS[name]
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    said = ape(command, path)
    assert said.status == 2
    assert message in said.err
    assert "unsafe" not in said.out


@pytest.mark.parametrize(
    "command", ["show", "progress", "resume", "cancel", "verify", "digest", "delete"]
)
@pytest.mark.parametrize("run", ["abcdef12", "latest", "../../etc", "ab"])
def test_a_run_that_is_not_there(ape, command, run):
    said = ape(command, run, "--json")
    assert said.status == 2
    assert "run" in said.json["error"]


def test_a_prefix_of_several_runs(ape, store_path):
    for end in "01":
        (store_path / "runs" / ("abcdef" + end * 58)).mkdir(parents=True)
    assert "begins the ids of 2 runs" in ape("show", "abcdef").err


@pytest.mark.parametrize("command", [("run", NAME, *SMALL), ("run", NAME, *SMALL, "--detach")])
def test_a_store_that_cannot_be_written(ape, tmp_path, command):
    (tmp_path / "file").write_text("")
    said = ape(*command, "--store", tmp_path / "file")
    assert said.status == 2
    assert "a file stands where a folder is needed" in said.err
    assert "Choose another store with --store or APE_STORE" in said.err


@pytest.mark.parametrize("folder", ["/proc/nope", "/sys/nope"])
def test_a_store_where_no_folder_can_be_made(ape, folder):
    for command in (("run", NAME, *SMALL), ("run", NAME, *SMALL, "--detach")):
        said = ape(*command, "--store", folder)
        assert said.status == 2
        assert f"Could not create {folder}" in said.err
        assert "Choose another store with --store or APE_STORE" in said.err
    said = ape("doctor", "--store", folder)
    assert said.status == 2
    assert f"Could not create {folder}" in said.out
    assert "patients over 5 years in about" in said.out
    assert "which fits" not in said.out
    assert ape("doctor", "--store", folder, "--json").json["patients_that_fit"] is None


def test_a_store_on_a_disk_that_is_read_only(ape, store_path, monkeypatch):
    def refuse(*_args, **_options):
        raise OSError(errno.EROFS, "Read-only file system")

    ape("run", NAME, *SMALL)
    monkeypatch.setattr("ape_core.storage.store.TemporaryFile", refuse)
    said = ape("run", NAME, *SMALL, "--seed", "2")
    assert said.status == 2
    assert f"Could not write to {store_path}/runs: the file system is read-only" in said.err
    assert ape("run", NAME, *SMALL, "--json").json["reused"]


@pytest.fixture
def done(ape, store_path):
    """Folder of a complete run."""
    ape("run", NAME, *SMALL)
    [folder] = (store_path / "runs").iterdir()
    return folder


def test_an_edited_question(ape, done):
    sound = (done / "spec.json").read_text()
    (done / "spec.json").write_text(sound.replace('"seed": 1', '"seed": 2'))
    for command in ("show", "digest", "verify"):
        said = ape(command, done.name)
        assert said.status == 2
        assert "edited or damaged" in " ".join((said.out + said.err).split())
    assert "(damaged)" in ape("list").out
    assert "spec.json was damaged" in ape("resume", done.name, "--quiet").out
    assert (done / "spec.json").read_text() == sound
    assert ape("verify", done.name).status == 0
    (done / "spec.json").write_text("{}")
    assert ape("run", NAME, *SMALL, "--json").json["reused"]
    assert (done / "spec.json").read_text() == sound


def test_the_message_about_an_edited_question_is_short(ape, done):
    path = done / "spec.json"
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    message = ape("digest", done.name, "--json").json["error"]
    assert done.name[:12] in message
    assert re.search(r"[0-9a-f]{13}", message) is None


def test_a_missing_question(ape, done):
    """It is one damaged run among others, and asking again puts it back."""
    ape("run", NAME, *SMALL, "--seed", "2")
    sound = (done / "spec.json").read_bytes()
    (done / "spec.json").unlink()
    listed = {run["run_id"]: run["status"] for run in ape("list", "--json").json}
    assert sorted(listed.values()) == ["complete", "failed"]
    assert listed[done.name] == "failed"
    assert "(damaged)" in ape("list").out
    for command in ("show", "progress", "doctor"):
        said = ape(command, *(() if command == "doctor" else (done.name[:8],))).out
        assert f"spec.json of run {done.name[:12]} is missing" in said.replace("\n", " ")
        assert "The checkpoint holds a copy: `ape resume" in " ".join(said.split())
    assert ape("run", NAME, *SMALL, "--json").json["reused"]
    assert (done / "spec.json").read_bytes() == sound
    (done / "spec.json").unlink()
    assert "spec.json was damaged or missing" in ape("resume", done.name).out
    assert (done / "spec.json").read_bytes() == sound
    assert ape("verify", done.name).status == 0
    assert ape("doctor").status == 0


def test_an_empty_folder_of_a_run(ape, done):
    for path in sorted(done.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert "(damaged)" in ape("list").out
    again = ape("run", NAME, *SMALL, "--json").json
    assert (again["status"], again["n_patients"]) == ("complete", 600)
    assert ape("verify", done.name).status == 0


def test_a_question_that_is_missing_may_be_deleted(ape, done):
    (done / "spec.json").unlink()
    assert ape("delete", done.name).status == 0
    assert ape("list", "--json").json == []


def test_a_run_of_a_newer_version_does_not_hide_the_others(ape, done):
    path = done / "checkpoint.json"
    body = path.read_bytes().rpartition(b',"checksum":"')[0].replace(b'"format":1', b'"format":99')
    path.write_bytes(_sealed(body))
    assert "(damaged)" in ape("list").out
    assert "has format 99" in ape("show", done.name).out


def test_a_damaged_part(ape, done):
    path = done / "visits" / "part-000001.parquet"
    sound = path.read_bytes()
    path.write_bytes(b"PAR1" + bytes(len(sound) - 8) + b"PAR1")
    for command in ("digest", "verify"):
        said = ape(command, done.name)
        assert said.status == 2
        assert "part-000001.parquet" in said.out + said.err
    path.write_bytes(sound)
    assert ape("verify", done.name).status == 0


def test_a_damaged_checkpoint(ape, done):
    path = done / "checkpoint.json"
    path.write_text(path.read_text().replace("600", "601"))
    for command in ("digest", "verify"):
        said = ape(command, done.name)
        assert said.status == 2
        assert "checkpoint.json" in said.out + said.err
    assert "checkpoint.json is damaged" in ape("doctor").out
    assert ape("resume", done.name, "--quiet").status == 0
    assert ape("verify", done.name).status == 0


def test_a_digest_of_half_a_run(ape, done):
    (done / "checkpoint.json").unlink()
    assert ape("digest", done.name).status == 2


def test_a_bad_setting_of_the_environment(ape, monkeypatch):
    monkeypatch.setenv("MEM_LIMIT", "lots")
    said = ape("doctor")
    assert said.status == 2
    assert "MEM_LIMIT is 'lots'" in said.err


def test_a_limit_that_cannot_be_read(store_path, monkeypatch):
    monkeypatch.setenv("APE_CHUNK_SIZE", "lots")
    said = subprocess.run(
        [sys.executable, "-m", "ape_core.cli", "list", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "APE_CHUNK_SIZE is 'lots'" in json.loads(said.stdout)["error"]
    assert said.stderr == ""


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_folder_is_no_protocol(ape, tmp_path, command):
    said = ape(command, tmp_path)
    assert said.status == 2
    assert "is a folder" in said.err


@pytest.mark.parametrize("folder", [".", "..", "mine"])
def test_a_folder_named_without_a_separator_is_called_one(ape, tmp_path, monkeypatch, folder):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    said = ape("check", folder)
    assert said.status == 2
    words = " ".join(said.err.split())
    assert f"'{folder}' is a folder, not a protocol. Name a YAML file in it, or what ships" in words


def test_no_command(ape):
    said = ape()
    assert said.status == 2
    assert "COMMAND" in said.err


def test_a_defect_is_a_sentence_and_a_log(ape, store_path, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("of our own making")

    monkeypatch.setattr("ape_core.commands.protocols.list_protocols", fail)
    said = ape("protocols", "--json")
    assert said.status == 3
    assert "ZeroDivisionError: of our own making" in said.json["error"]
    [log] = (store_path / "logs").iterdir()
    assert str(log) in said.json["hint"]
    assert "Traceback" in log.read_text()


def test_a_run_that_fails_has_status_3(ape, monkeypatch):
    def fail(*_):
        raise MemoryError("no room")

    monkeypatch.setattr("ape_core.runs.chunks.simulate", fail)
    said = ape("run", NAME, *SMALL, "--json")
    assert said.status == 3
    assert "MemoryError: no room" in said.json["error"]
    assert "ape resume" in said.json["hint"]
    monkeypatch.undo()
