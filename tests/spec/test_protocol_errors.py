"""A wrong protocol is refused in words that name the field, the value and what is allowed."""

from __future__ import annotations

import copy

import pytest

from ape_core.errors import InvalidSpecError
from ape_core.spec.protocol_yaml import load_protocol, parse_protocol, parse_protocol_yaml

TE = {
    "regimen": "treat-and-extend",
    "first_interval_weeks": 8,
    "extend_by_weeks": 2,
    "shorten_by_weeks": 2,
    "min_interval_weeks": 4,
    "max_interval_weeks": 16,
    "activity": "fluid",
}
LABEL = {
    "regimen": "label",
    "interval_weeks": 12,
    "shorten_to_weeks": [8],
    "criteria": "fluid-and-letters",
    "letters_lost": 5,
}
GOOD = {
    "name": "mine",
    "title": "Mine",
    "drug": "aflibercept-2mg",
    "loading": {"n_injections": 3, "interval_weeks": 4},
    "phases": [{"until_week": 52, "regimen": "fixed", "interval_weeks": 8}, TE],
    "stopping": {"stable_at_max_interval_visits": 3, "stable_stop_probability": 0.1},
    "after_stopping": {"monitor_interval_weeks": 8, "retreat_on_activity": True},
}
MISSING = object()


def changed(path, value, base=GOOD):
    """Copy of the good protocol with one value changed or removed, as 'phases.1.activity'."""
    data = copy.deepcopy(base)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    target = data
    for part in way:
        target = target[part]
    if value is MISSING:
        del target[last]
    else:
        target[last] = value
    return data


def with_phase(phase):
    """The good protocol with another last phase."""
    return changed("phases.1", phase)


def test_the_good_protocol_is_good():
    protocol = parse_protocol(GOOD, "good.yaml")
    assert protocol.regimen == "treat-and-extend"
    assert protocol.sources == ()


BAD = {
    # missing
    "name": (MISSING, "mine.yaml: The field name is missing.*Fields here are: name, title, drug"),
    "title": (MISSING, "The field title is missing"),
    "drug": (MISSING, "The field drug is missing"),
    "phases": (MISSING, "The field phases is missing"),
    "loading.interval_weeks": (MISSING, "loading: The field interval_weeks is missing"),
    "phases.0.regimen": (MISSING, r"phases\[0\]: The field regimen is missing.*fixed, prn, treat"),
    "phases.0.interval_weeks": (MISSING, r"phases\[0\] \(fixed\): The field interval_weeks is mi"),
    "phases.1.activity": (MISSING, r"phases\[1\] \(treat-and-extend\): The field activity is mi"),
    "phases.1.min_interval_weeks": (MISSING, "The field min_interval_weeks is missing"),
    "phases.0.until_week": (MISSING, r"phases\[0\] has no until_week, but only the last"),
    "stopping.stable_stop_probability": (MISSING, "so the field stable_stop_probability is mis"),
    "after_stopping.monitor_interval_weeks": (MISSING, "field monitor_interval_weeks is missing"),
    # unknown
    "drugs": ("x", r"mine.yaml: 'drugs' is not a field here; allowed are: .*Did you mean 'drug'\?"),
    "loading.n_injection": (3, r"loading: 'n_injection' is not .*Did you mean 'n_injections'\?"),
    "phases.0.intervall_weeks": (8, r"phases\[0\].*Did you mean 'interval_weeks'\?"),
    "phases.0.max_gap_weeks": (12, r"'max_gap_weeks' is not a field here; allowed are: until_week"),
    "stopping.futile": (15, r"stopping: 'futile' is not a field here"),
    "x" * 500: (1, "'x+… is not a field here"),
    # of another type
    "phases.0.interval_weeks ": (8, "'interval_weeks ' is not a field here"),
    "loading": ("3 monthly", "loading is '3 monthly', but must be a mapping of fields"),
    "phases.1": ("fixed", r"phases\[1\] is 'fixed', but must be a mapping"),
    "stopping": (True, "stopping is True, but must be a mapping"),
    "sources": ("a paper", "sources is 'a paper', but must be a list of texts"),
    "description": (["x"], r"description is \['x'\], but must be text"),
    # out of range
    "phases.1.extend_by_weeks": (
        0,
        "extend_by_weeks is 0, but must be a whole number from 1 to 52",
    ),
    "phases.1.max_interval_weeks": (53, "max_interval_weeks is 53, but must be a whole .* 1 to 52"),
    "after_stopping.retreat_on_activity": ("yes", "retreat_on_activity is 'yes', but must be true"),
}


@pytest.mark.parametrize("path", BAD)
def test_names_what_is_wrong(path):
    value, message = BAD[path]
    with pytest.raises(InvalidSpecError, match=message):
        parse_protocol(changed(path, value), "mine.yaml")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("8", "'8'"),
        (True, "True"),
        (8.5, "8.5"),
        (0, "0"),
        (-8, "-8"),
        (53, "53"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (10**400, r"1000+…"),
        pytest.param(10**5_000, "an integer of thousands of digits", id="huge"),
        (None, "None"),
        ([8], r"\[8\]"),
        ({"weeks": 8}, r"\{'weeks': 8\}"),
    ],
)
@pytest.mark.parametrize(
    "path", ["loading.interval_weeks", "phases.0.interval_weeks", "phases.1.first_interval_weeks"]
)
def test_weeks_are_whole_numbers_from_1_to_52(path, value, shown):
    field = path.split(".")[-1]
    message = f"{field} is {shown}, but must be a whole number from 1 to 52"
    with pytest.raises(InvalidSpecError, match=message):
        parse_protocol(changed(path, value), "mine.yaml")


def test_a_float_that_is_whole_is_taken_as_whole():
    protocol = parse_protocol(changed("phases.0.interval_weeks", 8.0), "mine.yaml")
    assert protocol == parse_protocol(GOOD, "mine.yaml")
    assert type(protocol.phases[0].interval_weeks) is int


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "drug",
            "aflibercept-2",
            "drug is 'aflibercept-2', but must be one of: none, aflibercept-2mg",
        ),
        ("drug", "aflibercept-2", r"Did you mean 'aflibercept-2mg'\?"),
        ("drug", None, "drug is None, but must be one of: none,"),
        (
            "phases.0.regimen",
            "fixd",
            r"regimen is 'fixd'.*one of: fixed, prn.*Did you mean 'fixed'\?",
        ),
        (
            "phases.1.activity",
            "oedema",
            "activity is 'oedema', but must be one of: fluid, fluid-or-",
        ),
        ("name", "../../etc/passwd", "name is '../../etc/passwd', but must be 1 to 80 lower-case"),
        ("name", "<script>", "name is '<script>', but must be 1 to 80 lower-case"),
        ("name", 8, "name is 8, but must be 1 to 80 lower-case"),
        ("title", "", "title is '', but must be 1 to 200 printable characters"),
        ("title", "x" * 201, "but must be 1 to 200 printable characters"),
        ("title", "a\x07b", "but must be 1 to 200 printable characters"),
        ("sources", [1], r"sources\[0\] is 1, but must be text"),
        ("sources", ["x"] * 41, "sources has 41 entries, but may have 40"),
        ("phases", [], "phases has 0 entries, but must have 1 to 12"),
        ("phases", {"regimen": "fixed"}, "phases is .*, but must be a list"),
        ("stopping", {}, "stopping has no rule"),
        ("stopping", {"consecutive_visits": 2}, "so the field futile_below_letters is missing"),
        (
            "stopping.stable_stop_probability",
            0,
            "stable_stop_probability is 0, but must be a number above 0 and up to 1",
        ),
        (
            "stopping.stable_stop_probability",
            1.1,
            "stable_stop_probability is 1.1, but must be a n",
        ),
        ("stopping.stable_stop_probability", "often", "is 'often', but must be a number above 0"),
        (
            "stopping.stable_interval_weeks",
            0,
            "stopping: stable_interval_weeks is 0, but must be a whole number from 1 to 52",
        ),
        ("stopping.stable_interval_weeks", 53, "is 53, but must be a whole number from 1 to 52"),
        ("stopping.stable_interval_weeks", 8.5, "is 8.5, but must be a whole number from 1 to"),
        ("stopping.stable_interval_weeks", "8", "is '8', but must be a whole number from 1 to"),
        (
            "stopping",
            {"futile_below_letters": 15, "consecutive_visits": 2, "stable_interval_weeks": 8},
            "stable_interval_weeks is given, but no eye is stopped for stable .*Give stable_at_max",
        ),
        ("stopping", {"stable_interval_weeks": 8}, "stopping has no rule"),
    ],
)
def test_names_the_value_and_what_is_allowed(path, value, message):
    with pytest.raises(InvalidSpecError, match=message):
        parse_protocol(changed(path, value), "mine.yaml")


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        (
            TE | {"min_interval_weeks": 17},
            "min_interval_weeks is 17, which is more than max_in.*, 16",
        ),
        (
            TE | {"first_interval_weeks": 2},
            "min_interval_weeks is 4, which is more than first_.*, 2",
        ),
        (
            TE | {"first_interval_weeks": 20},
            "first_interval_weeks is 20, which is more than max.*16",
        ),
        (
            TE | {"letters_lost": 5},
            "letters_lost is 5, but activity is 'fluid', for which letters do",
        ),
        (
            TE | {"activity": "fluid-or-letters", "letters_lost": 31},
            "letters_lost is 31, but must be",
        ),
        (
            {"regimen": "prn", "visit_interval_weeks": 8, "max_gap_weeks": 4},
            "visit_interval_weeks is 8, which is more than max_gap_weeks, 4",
        ),
        (
            LABEL | {"shorten_to_weeks": [8, 10]},
            r"shorten_to_weeks is \[8, 10\], but must decrease",
        ),
        (
            LABEL | {"shorten_to_weeks": [12]},
            r"\[12\], but must decrease and stay below interv.*12",
        ),
        (LABEL | {"shorten_to_weeks": [8, 8]}, r"\[8, 8\], but must decrease"),
        (LABEL | {"shorten_to_weeks": ["8"]}, r"shorten_to_weeks\[0\] is '8', but must be a whole"),
        (LABEL | {"shorten_to_weeks": 8}, "shorten_to_weeks is 8, but must be a list of weeks"),
        (LABEL | {"shorten_to_weeks": "8"}, "shorten_to_weeks is '8', but must be a list of weeks"),
        (LABEL | {"shorten_to_weeks": []}, "shorten_to_weeks and assign_at_weeks are both empty"),
        (
            LABEL | {"assign_at_weeks": [8]},
            r"phases\[1\].assign_at_weeks counts weeks from the last",
        ),
        (LABEL | {"criteria": "activity"}, "criteria is 'activity', but must be one of: fluid, fl"),
        (
            TE | {"until_week": 104},
            r"phases\[1\].until_week is 104, but the last phase must have none",
        ),
        (
            {"regimen": "none", "visit_interval_weeks": 12},
            "drug is 'aflibercept-2mg', but regimen 'no",
        ),
    ],
)
def test_names_both_sides_of_a_contradiction(phase, message):
    with pytest.raises(InvalidSpecError, match=message):
        parse_protocol(with_phase(phase), "mine.yaml")


def test_phases_follow_each_other_in_time():
    first = {"until_week": 52, "regimen": "fixed", "interval_weeks": 8}
    data = changed("phases", [first, first, TE])
    with pytest.raises(
        InvalidSpecError,
        match=r"phases\[1\].until_week is 52, but must be after until_week of phases\[0\], week 52",
    ):
        parse_protocol(data, "mine.yaml")


def test_a_phase_does_not_end_before_loading_is_finished():
    data = changed("phases.0.until_week", 8)
    with pytest.raises(
        InvalidSpecError,
        match=r"until_week is 8, but must be after the week of the last loading injection, week 8",
    ):
        parse_protocol(data, "mine.yaml")


def test_assessments_increase_and_stay_below_the_interval():
    phase = LABEL | {"interval_weeks": 16, "shorten_to_weeks": [], "assign_at_weeks": [12, 8]}
    with pytest.raises(InvalidSpecError, match=r"assign_at_weeks is \[12, 8\], but must increase"):
        parse_protocol(changed("phases", [phase]), "mine.yaml")


def test_assessments_need_loading():
    phase = LABEL | {"assign_at_weeks": [4, 8]}
    data = changed("phases", [phase])
    parse_protocol(data, "mine.yaml")
    del data["loading"]
    with pytest.raises(InvalidSpecError, match="belongs to the first phase after a loading phase"):
        parse_protocol(data, "mine.yaml")


def test_no_drug_goes_with_no_treatment_and_only_with_it():
    nothing = {"regimen": "none", "visit_interval_weeks": 12}
    bare = {"name": "x", "title": "x", "drug": "none"}
    parse_protocol(bare | {"phases": [nothing]}, "x")
    with pytest.raises(
        InvalidSpecError, match="drug is 'none', but regimen 'treat-and-extend' of ph"
    ):
        parse_protocol(bare | {"phases": [TE]}, "x")
    with pytest.raises(InvalidSpecError, match="drug is 'none', but there is a loading phase"):
        parse_protocol(bare | {"phases": [nothing], "loading": GOOD["loading"]}, "x")
    with pytest.raises(InvalidSpecError, match="stopping is given, but drug is 'none'"):
        parse_protocol(bare | {"phases": [nothing], "stopping": GOOD["stopping"]}, "x")


def test_what_follows_stopping_needs_a_rule_that_stops():
    futile = {"futile_below_letters": 15, "consecutive_visits": 2}
    with pytest.raises(
        InvalidSpecError, match="after_stopping is given, but no eye is ever stopped"
    ):
        parse_protocol(changed("stopping", futile), "mine.yaml")


def test_letters_lost_are_five_when_letters_count_and_none_are_given():
    phase = parse_protocol(with_phase(TE | {"activity": "fluid-or-letters"}), "x").phases[1]
    assert phase.letters_lost == 5


def test_loading_a_protocol_that_does_not_exist_suggests_one():
    with pytest.raises(
        InvalidSpecError, match="There is no protocol 'ranibizumab-prn'; shipped are"
    ):
        load_protocol("ranibizumab-prn")
    with pytest.raises(InvalidSpecError, match=r"Did you mean 'ranibizumab-0.5mg-prn'\?"):
        load_protocol("ranibizumab-prn")
    with pytest.raises(InvalidSpecError, match="There is no file nowhere/mine.yaml"):
        load_protocol("nowhere/mine.yaml")
    with pytest.raises(InvalidSpecError, match="The protocol is 8, but must be a name or the path"):
        load_protocol(8)


def test_loads_a_file_by_its_path(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text("name: mine\ntitle: Mine\ndrug: none\nphases: [{regimen: none, v: 1}]\n")
    with pytest.raises(
        InvalidSpecError, match=r"mine.yml: phases\[0\] \(none\): 'v' is not a field"
    ):
        load_protocol(path)
    path.write_text(path.read_text().replace("v:", "visit_interval_weeks:"))
    assert load_protocol(path) == load_protocol(str(path))


def test_a_user_file_is_read_again_when_it_changed(tmp_path):
    path = tmp_path / "mine.yaml"
    text = "name: mine\ntitle: Mine\ndrug: none\nphases: [{regimen: none, visit_interval_weeks: 4}]"
    path.write_text(text)
    before = load_protocol(path)
    path.write_text(text.replace("4", "8"))
    assert load_protocol(path) != before


def test_yaml_words_that_are_no_text_are_refused():
    with pytest.raises(InvalidSpecError, match="title is True, but must be text"):
        parse_protocol_yaml("{name: mine, title: yes, drug: none, phases: []}", "mine.yaml")
