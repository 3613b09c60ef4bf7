"""Name and note of a run travel with it, and never replace what somebody wrote here."""

from __future__ import annotations

import json

import pytest

from ape_core.errors import InvalidInputError
from ape_core.runs.exporting import export
from ape_core.runs.importing import import_package
from ape_core.storage.names import Names, read_names, write_names
from ape_core.storage.store import Store
from support.packages import closed, made_run, opened

NAME, NOTE = "Grundfall \N{EN DASH} Ä", "for Monday\nsecond line"


@pytest.fixture
def run(tmp_path):
    return made_run(Store(tmp_path / "store"))


@pytest.fixture
def elsewhere(tmp_path):
    return Store(tmp_path / "elsewhere")


@pytest.fixture
def package(run, tmp_path):
    write_names(run, name=NAME, note=NOTE)
    return export(run, tmp_path / "run.ape.zip").path


def test_a_new_run_has_the_name_and_note_that_it_was_exported_with(package, elsewhere):
    imported = import_package(package, elsewhere)
    assert read_names(imported.run.folder) == Names(NAME, NOTE)
    assert (imported.run.name, imported.run.note) == (NAME, NOTE)
    assert imported.note == ""


def test_the_same_name_gives_the_same_bytes_and_none_gives_no_file(package, run, tmp_path):
    first = package.read_bytes()
    write_names(run, name="another")
    assert export(run, package).path.read_bytes() != first
    write_names(run, name=NAME)
    assert export(run, package).path.read_bytes() == first
    write_names(run, name="", note="")
    export(run, package)
    never_named = export(made_run(Store(tmp_path / "never")), tmp_path / "never.ape.zip").path
    assert package.read_bytes() == never_named.read_bytes()


@pytest.mark.parametrize("parts", [(0, 1, 2), (0,), ()])
def test_a_run_that_is_there_takes_them_only_where_nobody_wrote_any(
    parts, run, elsewhere, tmp_path
):
    write_names(run, name=NAME, note=NOTE)
    package = export(run, tmp_path / "run.ape.zip", with_data=True).path
    mine = made_run(elsewhere, parts) if parts else None
    imported = import_package(package, elsewhere)
    assert read_names(imported.run.folder) == Names(NAME, NOTE)
    assert ("has those of the package now" in imported.note) == (mine is not None)
    write_names(imported.run.folder, name="", note="mine")
    again = import_package(package, elsewhere)
    assert read_names(again.run.folder) == Names("", "mine")
    assert "of the package now" not in again.note


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (b"[]", "holds no name and note"),
        (b'{"name": 5, "note": ""}\n', "holds no name and note"),
        (b'{"name": "x"}\n', "holds no name and note"),
        (b"\xff", "holds no name and note"),
        (b'{"name": "a", "note": "b"}', "is not written as APE writes one"),
        (b'{"name": "", "note": ""}\n', "is not written as APE writes one"),
        (json.dumps({"name": "x" * 81, "note": ""}).encode() + b"\n", "has 81 characters"),
        ('{"name": "\u202e", "note": ""}\n'.encode(), r"U\+202E, which is no text"),
        (b'{"name": "a", "note": "b", "more": 1}\n', "is not written as APE writes one"),
    ],
)
def test_what_is_no_name_is_refused_and_leaves_nothing(package, elsewhere, words, why):
    content, files = opened(package)
    edited = [(name, words if name == "names.json" else data) for name, data in files]
    package.write_bytes(closed(content, edited))
    with pytest.raises(InvalidInputError, match=f"names.json.*{why}"):
        import_package(package, elsewhere)
    assert elsewhere.list() == []
