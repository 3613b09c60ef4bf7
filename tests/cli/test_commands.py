"""Every command, in words and in JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from ape_core.runs.starting import ask, open_run
from ape_core.spec.capacity import Capacity
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.storage.own_protocols import OwnProtocols
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import is_simulating, kill_workers, suspend_at, until

SMALL = ("--patients", "1,200", "--years", "2", "--seed", "7", "--chunk-size", "300")
QUESTION = ("aflibercept-2mg-treat-and-extend", *SMALL)


@pytest.fixture
def done(ape):
    """A complete run, as `ape run --json` tells of it."""
    return ape("run", *QUESTION, "--json").json


def test_run_answers_in_json(ape):
    said = ape("run", *QUESTION, "--json")
    assert said.status == 0
    assert list(said.json) == ["run_id", "status", "n_patients", "n_visits", "seconds", "reused"]
    assert said.json["status"] == "complete"
    assert said.json["n_patients"] == 1_200
    assert not said.json["reused"]
    again = ape("run", *QUESTION, "--json", "--chunk-size", "500", "--workers", "1").json
    assert again == said.json | {"reused": True}


def test_run_answers_in_words(ape):
    said = ape("run", *QUESTION)
    assert said.status == 0
    assert "patients  1,200" in said.out
    rows = [line.split() for line in said.out.splitlines()]
    assert [row[0] for row in rows if row and row[0] in {"1", "2"}] == ["1", "2"]
    assert "the answer was in the store" in ape("run", *QUESTION).out


def test_run_limits_the_slots_of_clinics(ape, tmp_path):
    named = ("--slots-per-day", "4", "--patients-per-clinic", "100", "--open-days", "5")
    small = ("aflibercept-2mg-treat-and-extend", "--years", "1", "--json")
    by_name = ape("run", *small, "--patients", "300", *named).json
    assert open_run(by_name["run_id"]).spec.capacity == Capacity(100, 4, 5)
    cohort = tmp_path / "cohort.yaml"
    cohort.write_text(
        "{n_patients: 300, capacity: {patients_per_clinic: 100, slots_per_day: 9, open_days: 5}}"
    )
    by_file = ape("run", *small, "--cohort", cohort, "--slots-per-day", "4").json
    assert by_file == by_name | {"reused": True}
    never_binding = ("--slots-per-day", "1,000,000", "--patients-per-clinic", "100")
    ordinary = ape("run", *small, "--patients", "300").json["run_id"]
    unlimited = ape("run", *small, "--patients", "300", *never_binding).json["run_id"]
    digests = {ape("digest", run, "--json").json["digest"] for run in (ordinary, unlimited)}
    assert ordinary != unlimited
    assert len(digests) == 1
    assert "have room for 4 visits a day" in " ".join(ape("show", by_name["run_id"]).out.split())
    refused = ape("run", *small[:3], "--slots-per-day", "4")
    assert refused.status == 2
    assert "The field patients_per_clinic is missing" in refused.err


def test_run_takes_files(ape, tmp_path):
    protocol, cohort = tmp_path / "mine.yaml", tmp_path / "cohort.yaml"
    protocol.write_text(
        "{name: mine, title: Mine, drug: aflibercept-2mg,"
        " loading: {n_injections: 3, interval_weeks: 4},"
        " phases: [{regimen: fixed, interval_weeks: 6}]}"
    )
    cohort.write_text("{n_patients: 400, population: trial, female_share: 1.0}")
    first = ape("run", protocol, "--cohort", cohort, "--years", "1", "--json").json
    assert first["n_patients"] == 400
    assert open_run(first["run_id"]).spec.people.female_share == 1.0
    other = ape("run", protocol, "--cohort", cohort, "--patients", "300", "--years", "1", "--json")
    assert other.json["n_patients"] == 300
    named = ape("run", protocol, "--cohort", "trial", "--patients", "300", "--years", "1", "--json")
    assert named.json["run_id"] != other.json["run_id"]


def test_detach_returns_at_once_and_progress_follows(ape):
    said = ape("run", *QUESTION, "--detach", "--json").json
    assert said["status"] in {"running", "queued", "complete"}
    run = open_run(said["run_id"])
    now = ape("progress", said["run_id"], "--json").json
    assert {
        "run_id",
        "status",
        "patients_done",
        "n_patients",
        "per_second",
        "seconds_left",
        "memory_mb",
        "queue_place",
    } <= set(now)
    assert run.wait(PATIENCE) == "complete"
    assert ape("progress", "latest").out.startswith("complete: 1,200 of 1,200 patients (100%)")
    assert ape("run", *QUESTION, "--detach", "--json").json["reused"]


def test_list_and_show(ape, done):
    [listed] = ape("list", "--json").json
    assert listed["run_id"] == done["run_id"]
    assert (listed["n_patients"], listed["years"], listed["seed"]) == (1_200, 2, 7)
    assert done["run_id"][:12] in ape("list").out
    shown = ape("show", "latest", "--json").json
    assert shown["statistics"]["n_patients"] == 1_200
    assert shown["provenance"]["attempts"][0]["patients"] == 1_200
    assert "Loading: 3 injections" in ape("show", done["run_id"][:8]).out


def test_verify_and_digest(ape, done):
    assert ape("verify", "latest", "--json").json["sound"]
    assert "is sound" in ape("verify", "latest").out
    digest = ape("digest", "latest", "--json").json
    assert digest["run_id"] == done["run_id"]
    assert ape("digest", "latest").out.strip() == digest["digest"]
    assert len(digest["digest"]) == 64


def test_a_damaged_run_is_named_and_repaired(ape, done, store_path):
    sound = ape("digest", "latest").out
    part = store_path / "runs" / done["run_id"] / "visits" / "part-000002.parquet"
    part.write_bytes(part.read_bytes()[:-50])
    said = ape("verify", "latest")
    assert said.status == 2
    assert "\n- visits/part-000002.parquet is damaged: " in said.out
    assert f"`ape resume {done['run_id'][:12]}`" in said.out
    assert max(map(len, said.out.splitlines())) <= 96
    assert ape("verify", "latest", "--json").json["problems"][0]["part"] == 2
    repaired = ape("verify", "latest", "--repair", "--json")
    assert repaired.status == 0
    assert repaired.json["repaired"]
    assert ape("verify", "latest").status == 0
    assert ape("digest", "latest").out == sound


def test_resuming_says_what_was_damaged(ape, done, store_path):
    folder = store_path / "runs" / done["run_id"]
    for damaged in ("visits/part-000002.parquet", "patients/part-000002.parquet"):
        (folder / damaged).write_bytes(b"")
    (folder / "spec.json").write_text((folder / "spec.json").read_text() + " ")
    parts = ["patients/part-000002.parquet", "visits/part-000002.parquet"]
    damage = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = ape("resume", "latest", "--quiet").out
    again = "Patients 600 to 899 were simulated again, as patients/part-000002.parquet and"
    assert said.replace("\n  ", " ").count(again) == 1
    assert "spec.json was damaged or missing and has been written again" in said
    for path, content in damage.items():
        path.write_bytes(content)
    assert ape("resume", "latest", "--json").json["repaired"] == [*parts[:1], "spec.json", parts[1]]
    [*_, attempt] = ape("show", "latest", "--json").json["provenance"]["attempts"]
    assert sorted(attempt["repaired"]) == [*parts[:1], "spec.json", parts[1]]
    assert "simulated again" not in ape("resume", "latest", "--quiet").out


def test_what_somebody_named_is_not_deleted_by_mistake(ape, done):
    ape("note", done["run_id"], "for Monday")
    refused = ape("delete", done["run_id"])
    assert refused.status == 2
    assert "it has a note" in refused.err
    ape("rename", done["run_id"], "Base case")
    refused = ape("delete", done["run_id"])
    assert 'it is named "Base case" and has a note' in refused.err
    assert "--yes" in refused.err
    assert ape("list", "--json").json[0]["note"] == "for Monday"
    assert ape("delete", done["run_id"], "--yes").status == 0
    assert ape("list", "--json").json == []


def test_delete(ape, done):
    assert ape("delete", done["run_id"], "--json").json["status"] == "deleted"
    assert ape("list", "--json").json == []
    assert "There is no run" in ape("list").out


def test_cancel_and_resume(ape):
    spec = small_spec(40_000, years=2)
    question = (spec.protocol.name, "--patients", "40_000", "--years", "2", "--seed", "1")
    ape("run", *question, "--chunk-size", "500", "--workers", "1", "--detach")
    run = open_run(spec.run_id)
    try:
        worker = suspend_at(run, 0)
        assert ape("delete", run.run_id).status == 2
        worker.resume()
        said = ape("cancel", run.run_id, "--json")
        interrupted = {"run_id": run.run_id, "status": "interrupted", "cancelled": True}
        assert said.json == interrupted
        assert "there is nothing to stop" in ape("cancel", run.run_id).out
        assert "was cancelled at" in ape("doctor").out
        for command in ("list", "show", "progress"):
            words = () if command == "list" else (run.run_id,)
            out = ape(command, *words).out
            assert "cancelled" in out
            assert "interrupted" not in out.splitlines()[-1]
            told = ape(command, *words, "--json").json
            told = told[0] if command == "list" else told
            assert interrupted.items() <= told.items()
        resumed = ape("resume", run.run_id, "--json").json
        assert (resumed["status"], resumed["repaired"]) == ("complete", [])
        assert not ape("progress", run.run_id, "--json").json["cancelled"]
    finally:
        kill_workers(run)


def test_protocols_and_check(ape, tmp_path):
    shipped = ape("protocols", "--json").json
    assert {"name", "title", "regimen", "drug"} == set(shipped[0])
    assert all(protocol["name"] in ape("protocols").out for protocol in shipped)
    checked = ape("check", shipped[0]["name"], "--json").json
    assert checked["valid"]
    assert checked["description"][0] in ape("check", shipped[0]["name"]).out


def test_own_protocols_are_listed_checked_and_run_by_name(ape, store_path):
    shipped = load_protocol("no-treatment")
    library = OwnProtocols(store_path)
    library.save(replace(shipped, name="mine", title="Mine", parent="no-treatment"))
    library.file("broken").write_text("name: broken")
    assert ape("protocols", "--json").json[-1] == {
        "name": "mine", "title": "Mine", "regimen": "none", "drug": "none", "own": True,
    }  # fmt: skip
    listed = ape("protocols").out
    assert "broken cannot be used: broken.yaml: The fields title, drug, phases are" in listed
    assert "made from  no-treatment" in ape("check", "mine").out
    assert ape("check", "broken").status == 2
    said = ape("run", "mine", "--patients", "50", "--years", "1", "--json").json
    assert said["status"] == "complete"
    assert "Mine" in ape("show", said["run_id"]).out
    assert "Own protocols are: broken, mine" in ape("run", "mime").err


def test_estimate(ape):
    said = ape("estimate", "faricimab-6mg", "--patients", "1_000_000", "--json").json
    assert said["n_visits"] > 10_000_000
    assert said["memory_mb"] < 400
    assert "whatever the number of patients" in ape("estimate", "faricimab-6mg").out
    assert ape("list", "--json").json == []
    assert "time      about " in ape("estimate", "faricimab-6mg", "--workers", "1").out
    assert " on 1 thread\n" in ape("estimate", "faricimab-6mg", "--workers", "1").out + "\n"


def test_doctor_and_estimate_say_the_same_of_a_million(ape):
    asked = ("aflibercept-2mg-treat-and-extend", "--patients", "1_000_000", "--years", "5")
    estimated = ape("estimate", *asked, "--json").json
    assert ape("doctor", "--json").json["seconds_per_million"] == estimated["seconds"]


def test_doctor_explains_and_cleans(ape, done, store_path):
    said = ape("doctor", "--json")
    assert said.status == 0
    assert said.json["runs"] == {"complete": 1}
    assert said.json["problems"] == []
    assert said.json["patients_that_fit"] > 0
    visits = store_path / "runs" / done["run_id"] / "visits" / "part-000000.parquet"
    sound = visits.read_bytes()
    middle = len(sound) // 2
    visits.write_bytes(sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1 :])
    assert "The rows of the runs were not read: `ape verify RUN`" in ape("doctor").out
    repaired = ape("doctor", "--repair")
    assert "was repaired" in repaired.out
    assert "not read" not in repaired.out
    assert visits.read_bytes() == sound
    left = store_path / "runs" / done["run_id"] / ".spec.json.0123456789abcdef.tmp"
    left.write_text("")
    assert "ape doctor --clean" in ape("doctor").out
    assert ape("doctor", "--clean", "--json").json["leftovers"] == []
    assert not left.exists()
    (store_path / "runs" / done["run_id"] / "spec.json").write_text("{}")
    damaged = ape("doctor")
    assert damaged.status == 2
    assert "spec.json" in damaged.out


def test_store_may_stand_before_or_after_the_command(ape, tmp_path):
    other = tmp_path / "other"
    question = ("run", "no-treatment", "--patients", "100", "--years", "1", "--json")
    first = ape("--store", other, *question).json
    assert not first["reused"]
    assert ape(*question, "--store", other).json["reused"]
    assert (other / "runs" / first["run_id"]).is_dir()
    assert ape("--json", "--store", other, "list").json[0]["run_id"] == first["run_id"]


def command(*words):
    return [sys.executable, "-m", "ape_core.cli", *words]


def test_ctrl_c_ends_at_a_commit_with_a_sentence(store_path):
    spec = small_spec(1_000_000, years=2)
    words = [spec.protocol.name, "--patients", "1M", "--years", "2", "--workers", "1"]
    started = subprocess.Popen(
        command("run", *words, "--chunk-size", "500"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    run = ask(spec, chunk_size=500)
    until(lambda: is_simulating(run))
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=PATIENCE)
    assert started.returncode == 130
    assert out == ""
    assert f"`ape resume {run.run_id[:12]}` goes on" in err
    assert "Traceback" not in err
    assert run.progress().patients_done > 0


def test_a_reader_that_has_gone_is_no_error(store_path):
    reading, writing = os.pipe()
    os.close(reading)
    listed = subprocess.run(
        command("protocols"), stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert listed.stderr == ""


def test_help_and_protocols_load_nothing_heavy(store_path):
    code = (
        "import sys; from ape_core.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert {'numpy', 'numba', 'pyarrow', 'pandas', 'yaml'}.isdisjoint(sys.modules)\n"
        "assert main(['protocols', '--json']) == 0\n"
        "assert {'numba', 'pyarrow', 'pandas'}.isdisjoint(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_progress_is_on_standard_error_and_json_alone_on_standard_output(store_path):
    done = subprocess.run(
        command("run", *QUESTION, "--json"), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["status"] == "complete"
    assert time.monotonic() > 0


def test_doctor_repairs_the_whole_store(ape, done, store_path):
    sound = ape("digest", "latest").out
    folder = store_path / "runs" / done["run_id"]
    (folder / "visits" / "part-000001.parquet").write_bytes(b"")
    (folder / "patients" / "part-000002.parquet").unlink()
    (folder / "spec.json").write_text("{}")
    (folder / ".spec.json.0123456789abcdef.tmp").write_text("")
    found = ape("doctor")
    assert found.status == 2
    assert "has 0 bytes, not " in found.out
    assert "patients/part-000002.parquet is missing" in found.out
    assert "`ape doctor --repair` makes good" in found.out
    said = ape("doctor", "--repair")
    assert said.status == 0
    assert f"{done['run_id'][:12]} was repaired:" in said.out
    assert "Patients 300 to 599 were simulated again" in said.out
    assert said.out.endswith("Nothing is wrong.\n")
    assert ape("digest", "latest").out == sound
    again = ape("doctor", "--repair", "--json").json
    assert (again["repaired"], again["not_repaired"], again["cleaned"]) == ({}, {}, [])


def test_doctor_says_what_it_could_not_repair(ape, done, store_path):
    folder = store_path / "runs" / done["run_id"]
    for name in ("spec.json", "checkpoint.json"):
        (folder / name).write_text("{}")
    said = ape("doctor", "--repair")
    assert said.status == 2
    assert f"{done['run_id'][:12]} could not be repaired:" in said.out
    assert "Ask the same question again" in " ".join(said.out.split())


def test_a_killed_run_says_what_happened_and_goes_on(ape, store_path):
    spec = small_spec(20_000, years=2)
    question = (spec.protocol.name, "--patients", "20_000", "--years", "2", "--seed", "1")
    ape("run", *question, "--chunk-size", "200", "--workers", "1", "--detach")
    run = open_run(spec.run_id)
    until(lambda: run.progress().patients_committed > 0)
    kill_workers(run)
    story = f"The system ended the worker of this run at {run.progress().patients_done:,} of 20,000"
    for command in (("progress", "latest"), ("show", "latest"), ("doctor",)):
        assert story in " ".join(ape(*command).out.split())
    assert ape("progress", "latest", "--json").json["story"].startswith(story)
    assert ape("show", "latest", "--json").json["story"].startswith(story)
    done = ape("resume", "latest", "--quiet").out
    assert f"before    {story}" in done
    assert "before" not in ape("run", *question, "--quiet").out
