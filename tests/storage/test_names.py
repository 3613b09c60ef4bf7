"""Names and notes are bounded text beside the question; the last use is told by no clock's whim."""

from __future__ import annotations

import json
import multiprocessing
import os

import pytest

from ape_core.errors import InvalidInputError, NoSuchRunError
from ape_core.storage import last_use
from ape_core.storage.last_use import Instant, cautious_present, idle_seconds
from ape_core.storage.names import MAX_NAME, MAX_NOTE, Names, matches, read_names, write_names
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.verify import verify
from support.patience import PATIENCE

YEAR = 365 * 86_400.0


def test_a_name_and_a_note_are_kept_beside_the_question(run, spec):
    assert not read_names(run).are_given
    write_names(run, name="  Base case ")
    write_names(run, note="as discussed\r\non Monday")
    names = read_names(RunFolder(run.path))
    assert (names.name, names.note) == ("Base case", "as discussed\non Monday")
    assert names.are_given
    assert RunFolder(run.path).spec().run_id == spec.run_id
    assert verify(run) == []
    write_names(run, name="", note=" ")
    assert not read_names(run).are_given


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"name": "x" * (MAX_NAME + 1)}, "has 81 characters, but at most 80"),
        ({"note": "x" * (MAX_NOTE + 1)}, "has 2,001 characters, but at most 2,000"),
        ({"name": "two\nlines"}, r"Character 4 of the name is U\+000A"),
        ({"note": "a\x1b[31mred"}, r"Character 2 of the note is U\+001B"),
        ({"name": "fdp.\u202exe"}, r"U\+202E, which is no text"),
        ({"note": "half \ud800"}, r"U\+D800"),
        ({"note": "a\u2028b"}, r"U\+2028"),
    ],
)
def test_what_is_no_short_text_is_refused(run, given, why):
    write_names(run, name="before", note="before")
    with pytest.raises(InvalidInputError, match=why):
        write_names(run, **given)
    assert read_names(run) == Names("before", "before")


def test_any_script_is_text(run):
    name = "Grundfall \N{GREEK SMALL LETTER BETA} \u4e2d\u6587 \u05d0\u05d1 \N{EYE}"
    assert write_names(run, name=name).name == name
    assert read_names(run).name == name


@pytest.mark.parametrize(
    "content", ["", "[]", '{"name": "\\u0000"}', '{"name": "' + "x" * 999 + '"}']
)
def test_names_that_cannot_be_read_are_still_somebodys(run, content):
    (run.path / "names.json").write_text(content)
    names = read_names(run)
    assert (names.name, names.note, names.are_given) == ("", "", True)
    write_names(run, name="again")
    assert read_names(run).name == "again"


def test_a_deleted_run_has_no_names(run, store):
    store.delete(run.run_id)
    with pytest.raises(NoSuchRunError):
        write_names(run, name="late")
    assert list(store.runs_path.iterdir()) == []


def write_many(path, field):
    for number in range(40):
        write_names(RunFolder(path), **{field: f"{field} {number}"})


def test_two_processes_at_once_lose_neither(run):
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=write_many, args=(run.path, field)) for field in ("name", "note")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE)
        assert writer.exitcode == 0
    assert (read_names(run).name, read_names(run).note) == ("name 39", "note 39")


def test_words_are_found_in_any_case_and_order():
    said = ("Faricimab 6 mg", "Archived", "for Monday")
    assert matches("monday FARI", *said)
    assert matches("", *said)
    assert not matches("monday tuesday", *said)


def test_the_last_use_is_noted_and_read(run):
    last_use.mark_used(run)
    used = last_use.last_used(run)
    assert 0 <= idle_seconds(used, last_use.now()) < 60
    assert verify(run) == []


def test_without_a_note_the_last_commit_counts(run):
    (run.path / "used.json").unlink(missing_ok=True)
    os.utime(run.path / "checkpoint.json", (1e9, 1e9))
    assert last_use.last_used(run) == Instant(1e9)
    (run.path / "used.json").write_text(json.dumps({"seconds": "soon"}))
    assert last_use.last_used(run) == Instant(1e9)


def test_since_the_start_of_the_machine_no_clock_is_asked():
    used = Instant(seconds=1e9, boot="b", uptime=100.0)
    for clock in (0.0, 1e9 - YEAR, 1e9, 1e9 + YEAR):
        assert idle_seconds(used, Instant(clock, "b", 160.0)) == 60.0
    assert idle_seconds(used, Instant(1e9, "b", 40.0)) == 0.0


def test_a_date_in_the_future_is_now():
    used = Instant(seconds=1e9 + YEAR, boot="before", uptime=5.0)
    assert idle_seconds(used, Instant(1e9, "after", 1e6)) == 0.0
    assert idle_seconds(Instant(1e9 - 50), Instant(1e9, "after", 1e6)) == 50.0


def test_a_clock_set_forwards_since_the_start_is_set_back():
    stamp = Instant(seconds=1e9, boot="b", uptime=100.0)
    present = cautious_present(Instant(1e9 + YEAR, "b", 160.0), [stamp, Instant(5.0, "a", 1.0)])
    assert present.seconds == 1e9 + 60
    assert idle_seconds(Instant(1e9 - 50, "a", 3.0), present) == 110.0
    set_back = Instant(1e9 - YEAR, "b", 160.0)
    assert cautious_present(set_back, [stamp]) == set_back
