"""What is told of a patient is what the visits say."""

from __future__ import annotations

import pytest

from ape_core.results import EyeHistory, Patient, Visit
from ape_core.results.course import Event, Span, courses, month_of
from ape_core.results.telling import tell

DRUG = "aflibercept-2mg"


def visit(day, letters, phase="maintenance", *, injected=True, fluid=False, delay=0):
    drug = DRUG if injected else "none"
    return Visit(day, day, letters, fluid, injected, drug, phase, 56, delay)


def eye(*visits, end_day=728, end_reason="on treatment", number=0):
    given = sum(v.injected for v in visits)
    return EyeHistory(
        number, visits[0].letters, visits[0].day, len(visits), given, visits[-1].letters,
        end_day, end_reason, (), visits,
    )  # fmt: skip


def patient(*eyes, sex="female", death_day=None):
    return Patient(7, 78, sex, 0, death_day, eyes)


LONG = eye(
    visit(0, 50, "loading", fluid=True),
    visit(28, 60, "loading"),
    visit(100, 71, delay=16),
    visit(400, 65, delay=120),
    visit(456, 66, injected=False),
    visit(512, 58, "monitoring", fluid=True),
    visit(568, 62, "retreatment"),
)


def test_the_course_of_an_eye():
    (course,) = courses(patient(LONG))
    assert course.phases == (
        Span("loading", 0, 100),
        Span("maintenance", 100, 512),
        Span("monitoring", 512, 568),
        Span("retreatment", 568, 728),
    )
    assert [(s.kind, s.days) for s in course.intervals] == [
        ("loading", 28), ("maintenance", 72), ("maintenance", 300), ("monitoring", 112),
        ("retreatment", 56),
    ]  # fmt: skip
    assert course.pauses == (Span("late", 84, 100), Span("break", 280, 400))
    assert course.events == (
        Event("break", 400, "back after 4 months"),
        Event("stopped", 456, "stopped as stable"),
        Event("resumed", 512, "treated again"),
        Event("end", 728, "on treatment at the end"),
    )
    assert (course.best.letters, course.last_day, course.n_dry) == (71, 728, 5)


def test_the_history_in_sentences():
    assert tell(patient(LONG)) == (
        "A woman of 78, first seen with 50 letters: 6 injections at 7 visits in 2 years.",
        "Best 71 letters in month 4; last 62, 12 more than at first.",
        "A break from care of 4 months before month 14.",
        (
            "Treatment was stopped as stable in month 16, "
            "resumed as the eye became active in month 17."
        ),
        "She was on treatment at the end of the run.",
    )


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("lost", "He was lost to follow-up in month 3."),
        ("transferred", "He was transferred to another clinic in month 3."),
        ("discharged futile", ("Treatment was stopped in month 3 because acuity was too low for it "
         "to help.")),
        ("discharged stable", "Treatment was stopped in month 3 because the eye was stable."),
    ],
)  # fmt: skip
def test_why_it_ended(reason, sentence):
    short = eye(visit(0, 50), visit(60, 45), end_day=70, end_reason=reason)
    told = tell(patient(short, sex="male"))
    assert told[0].startswith("A man of 78, first seen with 50 letters: 2 injections at 2 visits")
    assert told[1:] == ("Best 50 letters in month 1; last 45, 5 fewer than at first.", sentence)
    (course,) = courses(patient(short))
    assert [(event.kind, event.day) for event in course.events] == [("end", 70)]


@pytest.mark.parametrize(("before", "said"), [(48, ", but 48 at the visit before"), (35, "")])
def test_a_large_loss_that_the_visit_before_had_not_read_is_told_as_such(before, said):
    lost = eye(visit(0, 50), visit(60, before), visit(90, 30), end_day=100, end_reason="lost")
    best = "Best 50 letters in month 1; last 30, 20 fewer than at first"
    assert tell(patient(lost))[1] == f"{best}{said}."


def test_death_ends_it_and_is_told_once():
    died = patient(eye(visit(0, 1), end_day=20, end_reason="died"), death_day=20)
    assert tell(died) == (
        "A woman of 78, first seen with 1 letter: 1 injection at 1 visit in 20 days.",
        "There was no second visit.",
        "She died in month 1.",
    )
    assert courses(died)[0].events == (Event("died", 20, "died"),)


def test_the_second_eye_has_its_own_course_and_sentences():
    second = eye(
        visit(200, 70, "loading"), visit(228, 75), end_day=300, end_reason="lost", number=1
    )
    both = patient(eye(visit(0, 40), visit(300, 40), end_day=300, end_reason="lost"), second)
    told = tell(both)
    assert told[1] == "Best 40 letters in month 1; last 40, as at first."
    assert told[3:] == (
        (
            "The second eye was treated from month 7, with 70 letters at first: 2 injections at 2 "
            "visits in 3 months."
        ),
        "Best 75 letters in month 8; last 75, 5 more than at first.",
        "This eye was lost to follow-up in month 10.",
    )
    assert courses(both)[1].events[0] == Event("first visit", 200, "second eye treated")


def test_eyes_that_were_never_seen_waited():
    """Where slots are limited, care can end before the first visit."""
    first = EyeHistory(0, 50, 0, 0, 0, 50, 90, "died", (), ())
    second = EyeHistory(1, 60, 28, 0, 0, 60, 90, "died", (), ())
    waited = patient(first, second, death_day=90)
    assert courses(waited) == ()
    assert tell(waited) == (
        "A woman of 78 came with 50 letters and waited for a first visit that was never made.",
        (
            "The second eye came with 60 letters in month 1 and waited for a first visit that was "
            "never made."
        ),
        "She died in month 3.",
    )


def test_months_count_from_one_and_twelve_make_a_study_year():
    assert [month_of(day) for day in (0, 30, 31, 363, 364, 1820)] == [1, 1, 2, 12, 13, 61]


def test_courses_of_a_fabricated_run_account_for_every_day_and_injection(run):
    from ape_core.results import ParquetResults

    for one in ParquetResults(700, run).get_patient_range(0, 300):
        for course in courses(one):
            assert [s.end_day for s in course.phases[:-1]] == [
                s.first_day for s in course.phases[1:]
            ]
            assert course.phases[0].first_day == course.eye.onset_day
            assert course.phases[-1].end_day == course.last_day
            assert len(course.intervals) == max(0, course.eye.n_injections - 1)
        assert all(sentence.endswith(".") for sentence in tell(one))
