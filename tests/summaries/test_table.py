"""The numbers behind charts as tables, and as files for spreadsheets."""

from __future__ import annotations

import csv
from io import StringIO

import numpy as np
import pytest

from ape_core.errors import InvalidInputError
from ape_core.summaries.table import Table


def read(text):
    return list(csv.reader(StringIO(text, newline=""), strict=True))


def test_a_file_gives_back_every_digit_and_every_word():
    numbers = [0.1 + 0.2, 1e-12, -3.5, np.float32(0.1), np.int64(2**53 + 1)]
    names = ['says "no", twice', "two\nlines", "plain", "", "Größe"]
    table = Table.of("Odd", ("Value", "letters", numbers), ("Name", "", names))
    text = table.to_csv()
    assert text.endswith("\r\n")
    head, *rows = read(text)
    assert head == ["Value (letters)", "Name"]
    assert [float(row[0]) for row in rows[:4]] == [float(number) for number in numbers[:4]]
    assert int(rows[4][0]) == 2**53 + 1
    assert [row[1] for row in rows] == names


@pytest.mark.parametrize(
    "evil",
    ["=1+1", "+A1", "-A1", "@SUM(A1)", "\tx", "\rx", " =1+1", "\uff1d1+1", "=cmd|' /C x'!A0"],
)
def test_a_text_cannot_become_a_formula(evil):
    text = Table.of(evil, (evil, "", [evil]), ("n", "", [-1])).to_csv()
    (head, _), (cell, number) = read(text)
    assert head == cell == f"'{evil}"
    assert number == "-1"  # a number is none


def test_a_table_without_rows_has_its_headings():
    assert read(Table.of("None", ("Week", "weeks", [])).to_csv()) == [["Week (weeks)"]]


def test_columns_that_cannot_be_a_table():
    with pytest.raises(InvalidInputError, match=r"columns of 'Odd' have \[1, 2\] values"):
        Table.of("Odd", ("a", "", [1]), ("b", "", [1, 2]))
    for value in (np.nan, float("inf"), None, [1]):
        with pytest.raises(InvalidInputError, match="'a' has the value .* finite numbers"):
            Table.of("Odd", ("a", "", [value]))
