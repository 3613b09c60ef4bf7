"""A run is its question: what is in the hash, what is not, and how it is read back."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from ape_core.errors import CorruptRunError, InvalidSpecError
from ape_core.limits import MAX_PATIENTS, MAX_SEED, MAX_YEARS
from ape_core.spec import run_spec
from ape_core.spec.cohort import Cohort
from ape_core.spec.model import load_model
from ape_core.spec.people import AgeYears, BaselineLetters
from ape_core.spec.population import load_population
from ape_core.spec.protocol import FixedPhase, Loading, Protocol
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec

# A question spelt out in full here, so that its hash depends on no shipped file. It may change only
# when the form of a question changes (a field or model parameter added, renamed or written
# otherwise). No earlier run is then found by its question: raise MODEL_VERSION and say so.
PINNED_RUN_ID = "48c34ca4750b10607dcaccdb4ae33a86861b187e903ba94ee32386bcb32b5e75"


def pinned_spec():
    """Return a spec without a shipped protocol, population or model value."""
    people = dataclasses.replace(
        load_population("trial"),
        baseline_letters=BaselineLetters(55, 12, 25, 73),
        age_years=AgeYears(76, 8, 50, 100),
        female_share=0.6,
        attendance=dataclasses.replace(
            load_population("trial").attendance,
            late_share=0.1,
            late_days_mean=3,
            missed_share=0,
            breaks_per_year=0,
            break_weeks_mean=0,
        ),
        leaving=dataclasses.replace(
            load_population("trial").leaving, lost_per_year=0.08, transferred_per_year=0
        ),
        mortality_hazard_ratio=0.35,
        acuity_noise_sd_letters=4,
    )
    shipped = load_model()
    model = shipped.replace(**dict.fromkeys(shipped.parameters, 1))
    protocol = Protocol("x", "X", "aflibercept-2mg", Loading(3, 4), (FixedPhase(None, 8),))
    return RunSpec(protocol, Cohort(1_000, people), 5, 1, model, model_version="pinned")


def spec(**changes):
    """Return a small run, changed."""
    base = RunSpec(load_protocol("aflibercept-2mg-view"), Cohort(1_000), 5, 1)
    return base.replace(**changes) if changes else base


def test_the_hash_of_a_question_stays():
    assert pinned_spec().run_id == PINNED_RUN_ID


def test_the_hash_is_that_of_the_canonical_question():
    question = spec().question()
    text = json.dumps(question, sort_keys=True, separators=(",", ":"))
    assert spec().run_id == hashlib.sha256(text.encode()).hexdigest()
    assert re.fullmatch("[0-9a-f]{64}", spec().run_id)


def test_the_hash_is_the_same_in_another_process():
    code = (
        "from ape_core.spec.run_spec import RunSpec; from ape_core.spec.cohort import Cohort;"
        "from ape_core.spec.protocol_yaml import load_protocol;"
        "print(RunSpec(load_protocol('aflibercept-2mg-view'), Cohort(1000), 5, 1).run_id)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == spec().run_id


@pytest.mark.parametrize(
    "same",
    [
        {"years": 5.0},
        {"years": np.int8(5)},
        {"years": np.float32(5)},
        {"seed": np.uint64(1)},
        {"seed": 1.0},
        {"n_patients": np.int64(1_000)},
        {"n_patients": 1e3},
        {"attendance": "routine"},
        {"female_share": 0.612},
        {"protocol": dataclasses.replace(load_protocol("aflibercept-2mg-view"), title="Other")},
    ],
)
def test_is_one_run_however_it_is_written(same):
    assert spec(**same).run_id == spec().run_id
    assert spec(**same) == spec()
    assert len({spec(**same), spec()}) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"years": 6},
        {"seed": 2},
        {"n_patients": 1_001},
        {"population": "trial"},
        {"attendance": "trial"},
        {"female_share": 0.5},
        {"two_eyes": True},
        {"baseline_letters": BaselineLetters(55, 14)},
        {"age_years": AgeYears(75, 8)},
        {"protocol": load_protocol("ranibizumab-0.5mg-monthly")},
        {"model": load_model().replace(fluid_threshold=0.1)},
        {"model_version": "other"},
    ],
)
def test_is_another_run_when_a_row_could_differ(other):
    assert spec(**other) != spec()
    assert spec(**other).run_id != spec().run_id


def test_only_the_drug_that_is_given_counts():
    shipped = load_model()
    drugs = {"aflibercept-2mg": shipped.drugs["aflibercept-2mg"]}
    fewer = dataclasses.replace(shipped, drugs=drugs)
    assert spec(model=fewer) == spec()
    assert spec(protocol=load_protocol("no-treatment")).question()["model"]["drug"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"years": 0}, f"years is 0, but must be a whole number from 1 to {MAX_YEARS}"),
        ({"years": MAX_YEARS + 1}, "years is 41, but must be a whole number from 1 to 40"),
        ({"years": 2.5}, "years is 2.5, but must be a whole number"),
        ({"years": True}, "years is True, but must be a whole number"),
        ({"years": "5"}, "years is '5', but must be a whole number"),
        ({"years": float("nan")}, "years is nan, but must be a whole number"),
        ({"years": np.array([5])}, r"years is array\(\[5\]\), but must be a whole number"),
        (
            {"seed": -1},
            "seed is -1, but must be a whole number from 0 to 9,223,372,036,854,775,807",
        ),
        ({"seed": MAX_SEED + 1}, "seed is 9223372036854775808, but must be"),
        ({"seed": 2.0**63}, r"seed is 9.22\d+e\+18, but must be"),
        ({"seed": np.bool_(True)}, "seed is True, but must be a whole number"),
        ({"seed": None}, "seed is None, but must be a whole number"),
        ({"n_patients": 0}, "n_patients is 0, but must be a whole number from 1 to 100,000,000"),
        ({"n_patients": MAX_PATIENTS + 1}, "n_patients is 100000001, but must be"),
        ({"n_patients": "many"}, "n_patients is 'many', but must be"),
        (
            {"protocol": "no-treatment"},
            "protocol is 'no-treatment', but must be a Protocol.*Load it",
        ),
        ({"cohort": 100}, "cohort is 100, but must be a Cohort"),
        ({"model": {}}, r"model is \{\}, but must be a DiseaseModel"),
        ({"model_version": ""}, "model_version is '', but must be"),
        ({"chunk_size": 10}, "The field to replace is 'chunk_size', but must be one of: .*years"),
        ({"year": 2}, r"The field to replace is 'year'.*Did you mean 'years'\?"),
    ],
)
def test_refuses_at_the_door(change, message):
    with pytest.raises(InvalidSpecError, match=message):
        spec(**change)


def test_a_float_seed_is_exact_or_refused():
    assert spec(seed=float(2**53)).seed == 2**53


def test_the_model_must_know_the_drug():
    drugs = {"aflibercept-8mg": load_model().drugs["aflibercept-8mg"]}
    with pytest.raises(
        InvalidSpecError, match="The model has no drug 'aflibercept-2mg'; it has: aflibercept-8mg"
    ):
        spec(model=dataclasses.replace(load_model(), drugs=drugs))


def test_a_run_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec().years = 6
    with pytest.raises(TypeError):
        spec().model.parameters["fluid_threshold"] = 0


def test_the_question_handed_out_is_a_copy():
    asked = spec()
    asked.question()["cohort"]["n_patients"] = 1
    assert asked.question()["cohort"]["n_patients"] == 1_000


def test_the_json_is_readable_and_says_what_the_run_is_about():
    data = json.loads(spec(population="trial", female_share=0.5).to_json())
    assert set(data) == {"run_id", "question", "about"}
    assert data["about"]["protocol"]["name"] == "aflibercept-2mg-view"
    assert data["about"]["protocol"]["sources"]
    assert data["about"]["population"]["name"] == "trial"
    assert data["about"]["overrides"] == {"female_share": 0.5}


def test_a_run_is_read_back_without_the_shipped_files(monkeypatch, tmp_path):
    asked, other = spec(), spec(seed=2)
    text = asked.to_json()
    for module in ("model", "population", "protocol_yaml"):
        monkeypatch.setattr(f"ape_core.spec.{module}.read_yaml", None)
    monkeypatch.setattr("ape_core.spec.shipped.DATA", tmp_path)
    again = RunSpec.from_json(text)
    assert again == asked
    assert again.protocol.title == asked.protocol.title
    assert again.people.title == "UK routine care"
    assert again.replace(seed=2) == other


def test_a_run_of_an_earlier_model_is_read_but_not_current(monkeypatch):
    """Its question may lack parameters of today and have others."""
    data = json.loads(spec().to_json())
    data["question"]["model_version"] = "0"
    data["question"]["model"]["parameters"]["forgotten"] = data["question"]["model"][
        "parameters"
    ].pop("reading_log_sd")
    canonical = json.dumps(data["question"], sort_keys=True, separators=(",", ":"))
    data["run_id"] = hashlib.sha256(canonical.encode()).hexdigest()
    old = RunSpec.from_json(json.dumps(data))
    assert old.run_id == data["run_id"]
    assert old.model_version == "0"
    assert not old.is_current
    assert spec().is_current
    assert old.question() == data["question"]
    assert RunSpec.from_json(old.to_json()) == old


def damaged(change):
    """JSON of a run after a change to its data."""
    data = json.loads(spec().to_json())
    change(data)
    return json.dumps(data)


def reseal(data):
    """Give data the hash of what it now asks."""
    canonical = json.dumps(data["question"], sort_keys=True, separators=(",", ":"))
    data["run_id"] = hashlib.sha256(canonical.encode()).hexdigest()


def add_to_question(data):
    data["question"]["cohort"]["discount"] = 1
    reseal(data)


def patients_as_text(data):
    data["question"]["cohort"]["n_patients"] = "1000"
    reseal(data)


def years_as_float(data):
    data["question"]["years"] = 5.0
    reseal(data)


def lose_a_parameter(data):
    del data["question"]["model"]["parameters"]["fluid_threshold"]
    reseal(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The spec is not JSON of a run"),
        ("[]", r"The spec is not JSON of a run: The spec is \[\], but must be a mapping"),
        ("{", "The spec is not JSON of a run"),
        ("{}", "cannot be read: The fields run_id, question, about are missing"),
        ('{"run_id": NaN}', "NaN is not a number in JSON"),
        ("[" * 100_000, "The spec is not JSON of a run"),
        (" " * 300_000, "The spec is larger than 256,000 bytes"),
        (b"\xff\xff", "The spec is not JSON of a run"),
        (
            damaged(lambda d: d["question"].update(seed=2)),
            "The question has the hash .*, but the run",
        ),
        (damaged(lambda d: d.update(run_id="0" * 64)), "but the run states '0000"),
        (damaged(lambda d: d.update(run_id=None)), "but the run states None"),
        (damaged(lambda d: d["question"].pop("seed")), "The field seed is missing"),
        (damaged(lambda d: d.update(question=[])), r"question is \[\], but must be a mapping"),
        (damaged(lambda d: d["about"].pop("protocol")), "cannot be read: 'protocol'"),
        (damaged(lambda d: d["about"]["protocol"].update(title="")), "title is '', but must be"),
        (
            damaged(lambda d: d["about"]["population"].update(x=1)),
            "unexpected keyword argument 'x'",
        ),
        (damaged(add_to_question), "unexpected keyword argument 'discount'"),
        (damaged(patients_as_text), "n_patients is '1000', but must be"),
        (damaged(years_as_float), "holds something that is not of it"),
        (damaged(lose_a_parameter), "The field fluid_threshold is missing"),
    ],
)
def test_says_what_is_wrong_with_a_damaged_run(text, message):
    with pytest.raises(CorruptRunError, match=message):
        RunSpec.from_json(text)


def test_the_model_version_is_a_short_word():
    assert re.fullmatch(r"[0-9.]{1,10}", run_spec.MODEL_VERSION)
