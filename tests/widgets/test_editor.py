"""The panels behind the question: every change is seen, said and can be taken back."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from ape_core.clocks import utc_now
from ape_core.limits import MAX_YAML_BYTES
from ape_core.spec.model import load_model
from ape_core.spec.model_guide import numbers_of
from ape_core.spec.phases import PHASE_KINDS
from ape_core.spec.protocol_yaml import (
    list_protocols,
    load_protocol,
    parse_protocol,
    parse_protocol_yaml,
    protocol_fields,
    protocol_to_yaml,
)
from ape_core.spec.recruitment import RECRUITMENT_KINDS
from ape_core.storage.changes import changes_in_short
from simulation.strategies import protocols
from widgets.closing import close_all
from widgets.controls import ControlsPanel
from widgets.editor import draft, editing
from widgets.editor.wording import in_words
from widgets.report_parts import question_words, repeat_words

PARENT = "aflibercept-2mg-treat-and-extend"


@pytest.fixture
def form(session):
    """The form of a page that has asked nothing yet."""
    session.edit("seed", "1")
    drawn = []

    def draw():
        drawn[0].refresh()

    drawn.append(ControlsPanel(session, draw))
    draw()
    yield drawn[0]
    close_all(drawn[0].view)


@pytest.fixture
def editor(form):
    """The panel of the protocol, unfolded."""
    form._edit.toggle.value = True
    return form._edit.panel


@pytest.fixture
def people(form):
    form._people.toggle.value = True
    return form._people.panel


@pytest.fixture
def model(form):
    form._model.toggle.value = True
    return form._model.panel


def row(form, name):
    """One field of a form."""
    return next(row for row in form._rows if row.field.name == name)


def of_phase(editor, name, place=0):
    """One field of the regimen that a phase has now."""
    phase = editor._phases[place]
    shown = [form for form in phase._forms.values() if "ape-hidden" not in form.view._dom_classes]
    [fields] = shown
    return row(fields, name)


def plain(html):
    return re.sub(r"<[^>]+>", " ", html.value)


def test_at_first_sight_there_is_no_editor(form, session, count_widgets):
    assert [fold.panel for fold in (form._edit, form._people, form._model)] == [None] * 3
    before = count_widgets()
    form.refresh()
    assert count_widgets() == before
    assert session.asked is not None


def test_a_longer_interval_is_another_question_with_its_difference_to_the_parent(
    editor, form, session
):
    asked = session.asked.run_id
    of_phase(editor, "max_interval_weeks")._input.value = "20"
    assert session.asked.run_id != asked
    assert session.asked.protocol.phases[0].max_interval_weeks == 20
    assert session.asked.protocol.parent == PARENT
    said = plain(form._protocol_words)
    assert "9 injections" in said  # in the picture, of an eye that stays dry
    assert re.search(r"Longest interval +16 weeks +\N{RIGHTWARDS ARROW} +20 weeks", said)
    kept_where_saved = plain(editor._library._changes)
    assert re.search(
        r"Longest interval +16 weeks +\N{RIGHTWARDS ARROW} +20 weeks", kept_where_saved
    )
    assert form._edit.toggle.description == "Edit the protocol (1 changed)"
    assert form._protocol.label.startswith("Edited: Aflibercept 2 mg")
    of_phase(editor, "max_interval_weeks")._input.value = "16"
    assert session.asked.run_id == asked
    assert editor._library._changes.value == ""
    assert session.question["rules"] is None
    assert form._protocol.value == PARENT


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("max_interval_weeks", "2", "“Shortest interval” is 4, which is more than “Longest"),
        ("max_interval_weeks", "60", "“Longest interval” is 60, but must be a whole number from 1"),
        ("max_interval_weeks", "many", "“Longest interval” is 'many', but must be a whole number"),
        ("max_interval_weeks", "", "The field “Longest interval” is missing"),
        ("extend_by_weeks", "1.5", "“Extend by” is 1.5, but must be a whole number"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_that_was_typed_into(
    editor, form, session, field, typed, said
):
    typed_into = of_phase(editor, field)
    typed_into._input.value = typed
    assert said in typed_into._note.value.replace("&#x27;", "'")
    assert "is-wrong" in typed_into._input._dom_classes
    assert typed_into._input.value == typed
    assert form._start.disabled
    assert session.problem
    typed_into._input.value = "16" if field.startswith("max") else "2"
    assert "is-wrong" not in typed_into._input._dom_classes
    assert session.question["rules"] is None


def test_every_part_can_be_given_and_taken_away(editor, session):
    for name in ("loading", "after_stopping"):
        switch = row(editor._switches[name], name)
        switch._input.value = False
        assert getattr(session.asked.protocol, name) is None
        switch._input.value = True
        assert getattr(session.asked.protocol, name) is not None
    stopping = editor._parts["stopping"]
    row(stopping, "futile_below_letters")._input.value = ""
    assert "is missing" in plain(row(stopping, "futile_below_letters")._note)
    row(stopping, "consecutive_visits")._input.value = ""
    assert session.asked.protocol.stopping.futile_below_letters is None
    assert not session.problem


@pytest.mark.parametrize("regimen", [name for name in PHASE_KINDS if name != "none"])
def test_each_regimen_begins_as_a_shipped_protocol_has_it(editor, session, regimen):
    row(editor._phases[0]._regimen, "regimen")._input.value = regimen
    assert session.problem == ""
    assert session.asked.protocol.phases[0].regimen == regimen
    shown = [name for name, form in editor._phases[0]._forms.items()
             if "ape-hidden" not in form.view._dom_classes]  # fmt: skip
    assert shown == [regimen]


def test_phases_are_added_and_removed(editor, session, count_widgets):
    editor._add.click()
    assert "has no until_week" not in plain(editor._trouble)
    end = row(editor._phases[0]._end, "until_week")
    assert "“Ends in week”" in end._note.value
    end._input.value = "52"
    assert [phase.until_week for phase in session.asked.protocol.phases] == [52, None]
    before = count_widgets()
    editor._phases[1]._remove.click()
    assert len(session.asked.protocol.phases) == 1
    assert "ape-hidden" in editor._phases[1].view._dom_classes
    editor._add.click()
    assert count_widgets() == before


def test_a_protocol_is_saved_listed_replaced_and_deleted(editor, form, session):
    library = editor._library
    of_phase(editor, "max_interval_weeks")._input.value = "20"
    assert library._save.disabled
    library._name.value = "Our clinic: 20 weeks"
    library._save.click()
    saved = session.library.load("our-clinic-20-weeks")
    assert (saved.title, saved.parent) == ("Our clinic: 20 weeks", PARENT)
    assert "ape run our-clinic-20-weeks" in library._outcome.value
    assert form._protocol.value == "our-clinic-20-weeks"
    assert form._protocol.label == "Own: Our clinic: 20 weeks"
    assert session.question["rules"] is None
    assert "16 weeks" in plain(form._protocol_words)  # its difference to the parent
    of_phase(editor, "max_interval_weeks")._input.value = "24"
    assert "Changed from Our clinic: 20 weeks" in plain(form._protocol_words)
    library._name.value = "Our clinic: 20 weeks"
    assert library._save.description == "Replace"
    library._save.click()
    replaced = session.library.load("our-clinic-20-weeks")
    assert (replaced.phases[0].max_interval_weeks, replaced.parent) == (24, PARENT)
    library._delete.click()
    library._confirm.click()
    assert session.library.names() == ()
    assert session.asked.protocol.phases[0].max_interval_weeks == 24
    assert form._protocol.label == "Not saved: Our clinic: 20 weeks"


@pytest.mark.parametrize("title", ["!!!", PARENT, "\N{CJK UNIFIED IDEOGRAPH-4E2D}"])
def test_a_name_that_cannot_be_is_refused_beside_the_button(editor, session, title):
    editor._library._name.value = title
    editor._library._save.click()
    assert 'role="alert"' in editor._library._outcome.value
    assert session.library.names() == ()


def test_own_protocols_of_other_pages_appear(form, session):
    session.library.save(replace(load_protocol(PARENT), name="theirs", title="<b>Theirs</b>"))
    session.read_protocols()
    form.refresh()
    assert ("Own: <b>Theirs</b>", "theirs") in form._protocol.options


def test_what_is_exported_reads_back_and_shows_in_the_form(editor, form, session):
    for info in list_protocols():
        form._protocol.value = info.name
        data = re.search(r"base64,([^\"]+)", editor._library._link.value)[1]
        content = base64.b64decode(data)
        assert parse_protocol_yaml(content, "x") == load_protocol(info.name)
        upload(editor, content)
        assert session.question["rules"] is None
        assert session.protocol == load_protocol(info.name)


def test_a_protocol_that_changes_or_goes_elsewhere_is_seen_here(form, session):
    longer = replace(load_protocol(PARENT).phases[0], max_interval_weeks=20)
    mine = replace(load_protocol(PARENT), name="mine", title="Mine", parent="gone")
    session.library.save(mine)
    session.read_protocols()
    session.edit("protocol", "mine")
    form.refresh()
    assert "Made from gone, which is not here." in form._protocol_words.value
    session.library.save(replace(mine, phases=(longer,)), replacing=True)
    session.read_protocols()
    form.refresh()
    assert session.asked.protocol.phases == (longer,)
    assert "9 injections" in form._protocol_words.value
    session.library.delete("mine")
    session.read_protocols()
    form.refresh()
    assert session.asked is None
    assert "There is no protocol" in form._hint.value
    assert form._protocol.label == "mine (is not here)"


def upload(editor, content, name="theirs.yaml"):
    about = {"name": name, "type": "", "size": len(content), "last_modified": utc_now()}
    editor._library._upload.value = ({**about, "content": content},)


def test_a_file_is_taken_in_without_being_kept(editor, form, session):
    mine = replace(load_protocol(PARENT), name="mine", title="Mine <i>", parent=PARENT)
    upload(editor, protocol_to_yaml(replace(mine, loading=None)).encode())
    assert "Read: Mine &lt;i&gt;." in editor._library._outcome.value
    assert session.asked.protocol.loading is None
    assert session.library.names() == ()
    assert form._protocol.label == "Not saved: Mine <i>"
    of_phase(editor, "max_interval_weeks")._input.value = "20"
    assert session.question["rules"]["parent"] == PARENT


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x" * (MAX_YAML_BYTES + 1), "a protocol may have"),
        (b"name: x", "are missing"),
        (b"\xff", "not text in UTF-8"),
        (b"a: *b", "alias"),
        (b"<script>", "must be a mapping"),
    ],
)
def test_a_file_that_holds_no_protocol_is_refused_in_words(editor, session, content, said):
    before = dict(session.question)
    upload(editor, content, name="<img src=x>.yaml")
    outcome = editor._library._outcome.value
    assert said in outcome
    assert "<img" not in outcome
    assert session.question == before


def test_an_override_takes_the_rest_from_the_population(people, form, session):
    mean = row(people._groups["baseline_letters"], "mean")
    assert mean._input.placeholder == "54.7"
    mean._input.value = "60"
    assert session.question["people"] == {"baseline_letters": {"mean": 60, "sd": 15.9}}
    assert form._people.toggle.description == "Population and eyes (1 changed)"
    row(people._singles, "two_eyes")._input.value = True
    row(people._singles, "attendance")._input.value = "trial"
    assert session.asked.cohort.two_eyes
    assert session.asked.cohort.attendance == "trial"
    row(people._groups["recruitment"], "kind")._input.value = "uniform"
    days = row(people._groups["recruitment"], "days")
    assert "“Spread over” is missing" in days._note.value
    days._input.value = "365"
    assert session.asked.cohort.recruitment.days == 365
    mean._input.value = "160"
    assert "but must be a number from 0 to 100" in mean._note.value
    people._reset.click()
    assert session.question["people"] == {}
    assert session.problem == ""


def test_clinics_are_given_little_room_and_no_limit_again(people, form, session):
    asked = session.asked.run_id
    row(people._capacity, "slots_per_day")._input.value = "40"
    needed = row(people._capacity, "patients_per_clinic")
    assert "“Patients of a clinic” is missing" in needed._note.value
    needed._input.value = "1000"
    assert session.asked.capacity.question() == {
        "patients_per_clinic": 1_000, "slots_per_day": 40, "open_days": 7,
    }  # fmt: skip
    assert "room for 40 visits a day" in changes_in_short(session.asked, session.store)
    people._reset.click()
    assert session.asked.run_id == asked


@pytest.mark.parametrize("kind", RECRUITMENT_KINDS)
def test_every_kind_of_recruitment_can_be_asked_for(people, session, kind):
    fields = people._groups["recruitment"]
    row(fields, "kind")._input.value = kind
    for field in fields._fields[1:]:
        if field.counts({"kind": kind}):
            row(fields, field.name)._input.value = "30" if field.name != "caseload_years" else "4"
    assert session.problem == ""
    assert session.asked.cohort.recruitment.kind == kind


def test_the_numbers_of_a_population_are_listed_with_their_sources(people):
    shown = people._numbers.value
    assert shown.count("<details") == 32
    assert "Moorfields" in shown
    assert "Range " in shown


def test_a_changed_number_is_marked_said_and_reset(model, form, session):
    asked = session.asked.run_id
    model._search.value = "half-life"
    found = {name for _, name in model._chosen.options}
    assert found >= {name for name in numbers_of(load_model()) if name.endswith("half_life_days")}
    assert len(found) < 10
    model._chosen.value = "aflibercept-2mg/half_life_days"
    assert "Range 9 to 11 days" in plain(model._note)
    model._value.value = "9.5"
    assert session.asked.run_id != asked
    assert 'class="ape-number is-changed"' in model._list.value
    assert form._model.toggle.description == "Disease model (1 changed)"
    model._value.value = "12"
    assert "a number from 9 to 11" in model._note.value
    assert form._start.disabled
    model._reset.click()
    assert session.asked.run_id == asked
    assert model._value.value == "11"


def test_every_number_of_the_model_is_listed_and_can_be_chosen(model):
    names = set(numbers_of(load_model()))
    assert {name for _, name in model._chosen.options} == names
    assert model._list.value.count('<details class="ape-number"') == len(names)
    model._search.value = "nothing is called that"
    assert model._value.disabled
    assert model._list.value == ""


def test_a_changed_run_says_so_in_title_and_report(session, model):
    model._chosen.value = "fluid_noise"
    model._value.value = "0.2"
    session.edit("people", {"two_eyes": True})
    spec = session.asked
    short = changes_in_short(spec, session.store)
    assert "Both eyes: yes instead of no." in short
    assert "Change of fluid from week to week: 0.2" in short
    assert "Other than usual in this run" in question_words(spec, session.store)
    assert "ape export" in repeat_words(spec, "store")
    session.edit("people", {})
    session.edit("model", {})
    assert changes_in_short(session.asked, session.store) == ""
    assert "ape export" not in repeat_words(session.asked, "store")


def test_closing_the_form_closes_all_that_was_unfolded(session, count_widgets):
    session.edit("seed", "1")
    before = count_widgets()
    form = ControlsPanel(session, lambda: None)
    for fold in (form._edit, form._people, form._model):
        fold.toggle.value = True
    form._edit.panel._add.click()
    for regimen in PHASE_KINDS:
        row(form._edit.panel._phases[0]._regimen, "regimen")._input.value = regimen
        form.refresh()
    made = count_widgets() - before
    print(f"widgets of the form with all panels unfolded: {made}")
    close_all(form.view)
    assert count_widgets() == before


@settings(max_examples=40, deadline=None)
@given(protocols())
def test_any_protocol_can_be_edited_and_is_itself_again(protocol):
    rules = draft.begin(protocol)
    assert draft.is_same(rules, protocol)
    assert parse_protocol(rules, "protocol").parent == protocol.name
    more = draft.add_phase(rules)
    assert draft.is_same(draft.remove_phase(more, len(more["phases"]) - 1), protocol)
    before = protocol_fields(protocol)
    draft.put(rules, "phases[0]", "until_week", 9)
    assert protocol_fields(protocol) == before
    assert "until_week" not in rules["phases"][-1]


def test_names_become_words():
    said = "protocol: phases[0] (treat-and-extend): min_interval_weeks is 4, which is more than"
    assert in_words(said) == "“Shortest interval” is 4, which is more than"
    assert in_words("Patients: 'x' is not a whole number") == "Patients: 'x' is not a whole number"
    assert editing.name_from("  Ünser Klinik  ") == "unser-klinik"
