"""`ape sweep`: values, a tornado and draws, in words and as data."""

from __future__ import annotations

from ape_core.analysis.drawn_runs import DrawnRuns
from ape_core.analysis.economics_certainty import SLOTS_RAN_SHORT
from ape_core.analysis.sweep import Sweep, points_of
from ape_core.commands.sweep import draws_answer, points_answer
from ape_core.runs.starting import open_run, run
from support.runs import small_spec

TREX = "aflibercept-2mg-treat-and-extend"
SMALL = ("--patients", "100", "--years", "1", "--quiet")
INTERVAL = "protocol.phases.0.max_interval_weeks"


def test_the_answer_is_that_of_python(ape, store_path):
    said = ape("sweep", TREX, "--vary", f"{INTERVAL}=8,12", *SMALL, "--json")
    assert said.status == 0
    base = open_run(said.json["run_id"]).spec
    found = Sweep(base, points_of(base, {INTERVAL: [8, 12]}), store_path)
    assert found.status == "complete"
    assert said.json["base"]["value"] == found.base_estimate().value
    for point, item in zip(found.points, said.json["points"], strict=True):
        assert (item["run_id"], item["value"]) == (point.spec.run_id, point.value)
        assert item["difference"]["value"] == found.difference(point).value
    words = ape("sweep", TREX, "--vary", f"{INTERVAL}=8", "--outcome", "injections", *SMALL)
    assert "Longest interval" in words.out
    assert "paired by patient" in words.out


def test_draws(ape):
    said = ape("sweep", TREX, "--draws", "2", *SMALL, "--json")
    assert said.status == 0
    assert (said.json["n_draws"], len(said.json["draws"])) == (2, 2)
    assert said.json["sd_patients"] > 0
    assert "of the variance comes from the parameters" in ape(
        "sweep", TREX, "--draws", "2", *SMALL
    ).out  # fmt: skip


def test_what_cannot_be_varied(ape):
    assert "Nothing is varied" in ape("sweep", TREX).err
    assert "More than one way" in ape("sweep", TREX, "--tornado", "--draws", "3").err
    assert "must be a path and its values" in ape("sweep", TREX, "--vary", "model.x").err
    wrong = ape("sweep", TREX, "--vary", "model.x=1")
    assert (wrong.status, "there are: " in wrong.err) == (2, True)
    assert "outcome is 'x'" in ape("sweep", TREX, "--tornado", "--outcome", "x").err


def test_runs_of_a_study_are_counted_in_the_list_and_shown_when_asked_for(ape, store_path):
    ape("run", TREX, *SMALL)
    ape("sweep", TREX, "--vary", f"{INTERVAL}=8,12", *SMALL)
    usual, first, second = sorted(ape("list", "--json").json, key=lambda run: run["of_study"])
    assert [run["of_study"] for run in (usual, first, second)] == [False, True, True]
    listed, everything = ape("list").out, ape("list", "--all").out
    assert usual["run_id"][:12] in listed
    assert first["run_id"][:12] not in listed
    assert "2 runs of studies are hidden; `ape list --all` shows them." in listed
    assert everything.count("of a study") == 2
    assert "hidden" not in everything
    found = ape("list", "--search", first["run_id"]).out
    assert found == "1 run of a study is hidden; `ape list --all` shows it.\n"
    assert ape("show", "latest", "--json").json["run_id"] == usual["run_id"]


def test_a_run_of_a_study_is_listed_once_somebody_wants_it(ape, store_path):
    ape("sweep", TREX, "--vary", f"{INTERVAL}=8,12", *SMALL)
    asked, named, gone = (run["run_id"] for run in ape("list", "--json").json)
    run(open_run(asked).spec, store_path, progress=False)
    ape("rename", named, "Mine")
    assert "1 run of a study is hidden" in ape("list").out
    ape("sweep", TREX, "--vary", f"{INTERVAL}=8,12", *SMALL)
    assert "1 run of a study is hidden" in ape("list").out, "it stays somebody's"
    ape("archive", gone)
    assert ape("list", "--all", "--json").json[2]["tier"] == "cold"
    ape("delete", gone)
    assert "hidden" not in ape("list").out


def test_where_slots_ran_short_costs_and_qalys_have_no_interval_but_a_reason(store_path):
    base = small_spec(200, 1).replace(patients_per_clinic=50, slots_per_day=1, open_days=5)
    swept = Sweep(base, points_of(base, {INTERVAL: [8]}), store_path)
    drawn = DrawnRuns(base, 2, 1, store_path)
    for study in (swept, drawn):
        study.complete()
    for outcome in ("cost", "qalys"):
        answer = points_answer(outcome, swept, 1)
        estimate, apart = answer.data["base"], answer.data["points"][0]["difference"]
        assert estimate["value"] > 0
        assert (estimate["low"], estimate["high"], estimate["se"]) == (None, None, None)
        assert apart["value"] != 0
        assert (apart["low"], apart["high"], apart["se"]) == (None, None, None)
        assert answer.data["intervals_unknown_because"] == SLOTS_RAN_SHORT
        assert "not known" in answer.text
        assert SLOTS_RAN_SHORT in " ".join(answer.text.split())
        assert swept.table(outcome).rows[1][4:6] == ("", "")
        said = draws_answer(outcome, drawn, 1)
        assert (said.data["sd_patients"], said.data["parameter_share"]) == (None, None)
        assert said.data["sd_parameters"] > 0
        assert SLOTS_RAN_SHORT in " ".join(said.text.split())
    letters = points_answer("letters_change", swept, 1).data
    assert letters["points"][0]["difference"]["se"] > 0, "blocks of letters hold whole clinics"
    assert letters["intervals_unknown_because"] is None
    plenty = base.replace(slots_per_day=5_000, open_days=7)
    enough = Sweep(plenty, points_of(plenty, {INTERVAL: [8]}), store_path)
    enough.complete()
    assert points_answer("cost", enough, 1).data["points"][0]["difference"]["se"] > 0
