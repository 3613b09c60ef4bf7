"""What pages, tables and the command line call the states of a run and the statuses of an eye."""

import pytest

from ape_core import schema
from ape_core.results import Criteria
from ape_core.results.course import ENDINGS
from ape_core.results.query_answer import QueryAnswer
from ape_core.summaries import status_over_time
from ape_core.summaries.definitions import STATUSES
from ape_core.summaries.tables import flow_table, status_table
from ape_core.terms import END_REASONS, RUN_STATES, STOPPED_AS_STABLE, end_reason_code, run_state
from ape_core.terms import STATUSES as NAMED
from widgets.html import text
from widgets.patients.query import columns_markup
from widgets.patients.wishes import WISHES, criteria_of, sentence_of
from widgets.title import state_words


def test_every_code_has_a_name_of_its_own():
    assert tuple(END_REASONS) == schema.END_REASONS
    assert tuple(NAMED) == STATUSES
    for names in (END_REASONS.values(), [status.full_name for status in NAMED.values()]):
        assert len(set(names)) == len(names)


def test_stopped_as_stable_is_one_term_of_which_a_summary_knows_the_two_parts():
    whole = END_REASONS["discharged stable"]
    parts = [status.full_name for status in NAMED.values() if status.full_name.startswith(whole)]
    assert parts == [f"{whole}, monitored", f"{whole}, discharged"]
    assert ENDINGS["discharged stable"] == whole


def test_who_is_looked_for_is_called_what_charts_call_them():
    (wish,) = (wish for wish in WISHES if wish.name == "end_reason")
    for place, (code, name) in enumerate(END_REASONS.items(), start=1):
        assert wish.choices[place].label == name.capitalize()
        assert name in sentence_of({"end_reason": place})
        assert criteria_of({"end_reason": place}) == Criteria(end_reason=code)
        assert end_reason_code(name) == end_reason_code(code) == code
    assert end_reason_code("gone") == "gone"


def test_whoever_reads_the_code_in_an_answer_is_told_its_name():
    plain = QueryAnswer(("end_reason",), ("VARCHAR",), (("lost",),), is_cut=False)
    assert plain.words() == "1 row."
    coded = QueryAnswer(
        ("end_reason", "n"), ("VARCHAR", "BIGINT"), (("discharged stable", 3),), True
    )
    assert coded.words() == f"The first 1 row; there are more. {STOPPED_AS_STABLE}"
    assert f'"discharged stable" means {END_REASONS["discharged stable"]}' in STOPPED_AS_STABLE
    assert text(STOPPED_AS_STABLE) in columns_markup()
    assert [NAMED[code].name for code in ("monitored", "discharged stable")] == [
        "stable, monitored", "stable, discharged",
    ]  # fmt: skip


def test_tables_have_the_full_names(summary):
    titles = [column.name for column in status_table(summary).columns]
    assert "Stopped as stable, monitored" in titles
    known = {status.full_name for status in NAMED.values()}
    assert {name for row in flow_table(summary).rows for name in row[1:3]} <= known
    assert status_over_time(summary).statuses == STATUSES


@pytest.mark.parametrize("status", RUN_STATES)
def test_a_page_and_the_shell_say_the_same_of_a_run(status):
    assert state_words(status, cancelled=False) == run_state(status, cancelled=False).capitalize()
    stopped = "cancelled" if status == "interrupted" else RUN_STATES[status]
    assert run_state(status, cancelled=True) == stopped
