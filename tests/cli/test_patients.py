"""`ape patient` and `ape find`."""

from __future__ import annotations

import pytest

from ape_core.results import Criteria
from ape_core.runs import open_run


@pytest.fixture
def run(ape, store_path):
    """A run of 300 patients."""
    words = ("--patients", "300", "--years", "2", "--json", "--quiet")
    said = ape("run", "aflibercept-2mg-treat-and-extend", *words)
    return open_run(said.json["run_id"], store_path)


def test_patients_are_found_and_shown(ape, run):
    short = run.run_id[:8]
    asked = ("--age", "75:", "--gained=:-5", "--sex", "female", "--order", "worst", "--limit", "3")
    said = ape("find", short, *asked, "--json").json
    criteria = Criteria(age_years=(75, None), letters_gained=(None, -5), sex="female")
    found = run.results().find_patients(criteria, "worst", 3)
    assert [p["patient_id"] for p in said["patients"]] == [p.patient_id for p in found.patients]
    assert (said["n_matching"], said["n_looked_at"]) == (found.n_matching, 300)
    in_words = ape("find", short, *asked).out
    assert f"{found.n_matching} of the 300 patients looked at are like that." in in_words

    one = run.results().get_patient(found.patients[0].patient_id)
    told = ape("patient", short, one.patient_id, "--json").json
    assert [v["letters"] for v in told["eyes"][0]["visits"]] == [
        v.letters for v in one.eyes[0].visits
    ]
    shown = ape("patient", short, one.patient_id).out
    assert shown.startswith(f"Patient {one.patient_id}. A woman of {one.age_years}, first seen")
    assert len(shown.splitlines()) == 4 + one.eyes[0].n_visits

    for words, message in (
        (("find", short, "--age", "old"), "--age is 'old', but must be a range of whole numbers"),
        (("find", short, "--ended", "gone"), "end_reason is 'gone'"),
        (("find", short, "--order", "up"), "order is 'up'"),
        (("patient", short, "300"), "There is no patient 300"),
    ):
        refused = ape(*words)
        assert refused.status == 2
        assert message in refused.err
    assert "0 of the 300 patients" in ape("find", short, "--age", "1").out
