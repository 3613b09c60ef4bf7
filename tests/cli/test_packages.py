"""`ape export` and `ape import`: runs that were really simulated, from one store to another."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ape_core.runs.starting import open_run
from support.patience import PATIENCE
from support.workers import until

QUESTION = ("aflibercept-2mg-treat-and-extend", "--patients", "400", "--years", "2", "--seed", "7")


@pytest.fixture
def exporter(ape):
    """A complete run, and its digest."""
    run_id = ape("run", *QUESTION, "--chunk-size", "150", "--json").json["run_id"]
    return run_id, ape("digest", run_id, "--json").json["digest"]


@pytest.fixture
def elsewhere(tmp_path):
    return ("--store", str(tmp_path / "elsewhere"))


def test_a_run_without_its_rows_is_simulated_again_to_the_same_rows(
    ape, exporter, elsewhere, tmp_path
):
    run_id, digest = exporter
    file = tmp_path / "run.ape.zip"
    said = ape("export", run_id, file, "--json").json
    content = Path(file).read_bytes()
    assert said == {
        "run_id": run_id,
        "file": str(file),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "with_data": False,
        "n_patients": 400,
    }
    taken = ape("import", file, *elsewhere, "--json").json
    assert taken["run_id"] == run_id
    assert (taken["status"], taken["is_new"], taken["patients_done"]) == ("interrupted", True, 0)
    shown = ape("show", run_id, *elsewhere, "--json").json
    assert shown["statistics"]["n_patients"] == 400, "the figures are there at once"
    assert ape("resume", run_id, *elsewhere, "--json").json["status"] == "complete"
    assert ape("digest", run_id, *elsewhere, "--json").json["digest"] == digest
    provenance = ape("show", run_id, *elsewhere, "--json").json["provenance"]
    assert provenance["imported"]["with_data"] is False, "where it came from is not forgotten"
    assert len(provenance["attempts"]) == 1


def test_a_run_with_its_rows_is_complete_at_once(ape, exporter, elsewhere, tmp_path):
    run_id, digest = exporter
    file = tmp_path / "run.ape.zip"
    assert "the rows and figures of 400 patients" in ape(
        "export", run_id, file, "--with-data"
    ).out.replace("  ", " ")
    said = ape("import", file, *elsewhere)
    assert (
        f"Run {run_id[:12]} is imported with its figures and all rows of its 400 patients."
        in said.out
    )
    assert "injections" in said.out
    assert ape("digest", run_id, *elsewhere, "--json").json["digest"] == digest
    assert ape("verify", run_id, *elsewhere).status == 0
    again = ape("import", file, *elsewhere, "--json").json
    assert (again["is_new"], again["patients_added"], again["status"]) == (False, 0, "complete")
    assert "was left as it is" in again["note"]


def test_a_run_is_exported_as_far_as_it_is_while_it_goes_on(ape, elsewhere, tmp_path):
    asked = (*QUESTION[:1], "--patients", "12000", "--years", "5", "--chunk-size", "200")
    run = open_run(ape("run", *asked, "--detach", "--json").json["run_id"])
    until(lambda: run.progress().patients_committed > 0)
    exported = ape("export", run.run_id, tmp_path / "part.zip", "--with-data", "--json").json
    assert 0 < exported["n_patients"] < 12_000
    taken = ape("import", tmp_path / "part.zip", *elsewhere, "--json").json
    assert taken["patients_done"] == exported["n_patients"]
    assert ape("resume", run.run_id, *elsewhere, "--json").json["status"] == "complete"
    assert run.wait(PATIENCE) == "complete"
    assert ape("digest", run.run_id, *elsewhere, "--json").json["digest"] == run.digest()


def test_an_archived_run_is_exported_like_any_other(ape, exporter, elsewhere, tmp_path):
    run_id, digest = exporter
    assert ape("archive", run_id).status == 0
    file = tmp_path / "run.ape.zip"
    assert ape("export", run_id, file, "--with-data").status == 0
    assert ape("import", file, *elsewhere, "--json").json["status"] == "complete"
    assert ape("digest", run_id, *elsewhere, "--json").json["digest"] == digest


def test_what_cannot_be_imported_is_said_in_words(ape, elsewhere, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("no package")
    said = ape("import", file, *elsewhere, "--json")
    assert said.status == 2
    assert said.json["error"] == f"{file} cannot be imported: it is no package of APE."
    assert "ape export" in said.json["hint"]
    missing = ape("import", tmp_path / "missing.zip", *elsewhere)
    assert missing.status == 2
    assert "it does not exist" in missing.err


def test_where_nothing_can_be_exported_to_is_said_in_words(ape, exporter, tmp_path):
    run_id, _ = exporter
    for path in (tmp_path, tmp_path / "no" / "run.zip"):
        said = ape("export", run_id, path)
        assert said.status == 2
        assert str(tmp_path) in said.err
    assert ape("export", "0000", tmp_path / "run.zip").status == 2
