"""Binder's server shows our page, whose kernel ends with it; notebooks there keep theirs."""

from __future__ import annotations

from support.proof import rows_of


def test_the_kernel_of_a_closed_page_is_gone_at_once_and_that_of_a_notebook_stays():
    rows = rows_of("departures")
    assert [row for row in rows if row["outcome"] != "held"] == []
    assert len(rows) == 2
