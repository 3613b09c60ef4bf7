"""Questions in SQL: the same answers from every tier, and nothing but answers."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ape_core as ape
from ape_core.cli import main
from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.limits import MAX_QUERY_ROWS
from ape_core.results import InMemoryResults, ParquetResults
from ape_core.results.sql import LEAST_MB
from ape_core.runs import memory
from ape_core.runs.starting import open_run, run
from support.runs import small_spec

QUESTIONS = (
    "SELECT * FROM visits ORDER BY ALL",
    "SELECT * FROM patients",
    "SELECT count(*), sum(letters), min(day), max(calendar_day) FROM visits",
    "SELECT phase, drug, count(*), avg(letters) FROM visits GROUP BY ALL ORDER BY ALL",
    (
        "SELECT p.sex, count(*), sum(v.letters) FROM visits v "
        "JOIN patients p USING (patient_id, eye) "
        "WHERE v.injected AND p.age_years > 70 GROUP BY ALL ORDER BY ALL"
    ),
    (
        "SELECT a.patient_id, b.day FROM visits a JOIN visits b USING (patient_id, eye) "
        "WHERE a.day = 0 AND b.day > 300 ORDER BY ALL"
    ),
    "SELECT patient_id, assessed_letters[2] FROM patients WHERE end_reason = 'died' ORDER BY ALL",
    "FROM patients NATURAL JOIN visits SELECT count(*)",
    "WITH late AS (SELECT * FROM visits WHERE delay_days > 7) SELECT count(*) FROM late",
    "DESCRIBE visits",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("query") / "store"
    run(small_spec(300, 2), folder, progress=False, chunk_size=100)
    return folder


@pytest.fixture(scope="module")
def results(store):
    """One run from disk, in memory, and archived."""
    found = open_run("latest", store)
    of_disk = ParquetResults(300, found.folder)
    of_disk.query_memory = memory.query_memory_mb
    warm = {sql: of_disk.query(sql) for sql in QUESTIONS}
    in_memory = found.results()
    assert isinstance(in_memory, InMemoryResults)
    found.archive()
    return warm, in_memory, ParquetResults(300, found.folder)


@pytest.mark.parametrize("sql", QUESTIONS)
def test_every_tier_gives_the_same_answer(results, sql):
    warm, in_memory, archived = results
    answer = in_memory.query(sql)
    assert answer == warm[sql] == archived.query(sql, memory_mb=200)
    assert answer.rows
    assert not answer.is_cut


def test_answers_are_what_the_rows_say(results):
    _, held, _ = results
    visits, patients = held.to_dataframe(), held.to_dataframe("patients")
    answer = held.query("SELECT phase, count(*) AS n, avg(letters) FROM visits GROUP BY 1")
    assert answer.columns == ("phase", "n", "avg(letters)")
    by_phase = visits.groupby("phase", observed=True)["letters"]
    for phase, n, mean in answer.rows:
        assert n == by_phase.size()[phase]
        assert mean == pytest.approx(by_phase.mean()[phase])
    rows = held.query("SELECT assessed_letters, sex FROM patients ORDER BY patient_id, eye").rows
    assert [row[0] for row in rows] == [list(item) for item in patients["assessed_letters"]]
    assert [row[1] for row in rows] == list(patients["sex"])
    assert np.array_equal(answer.to_dataframe()["n"], [row[1] for row in answer.rows])


@pytest.fixture
def reads(results, monkeypatch):
    """What questions to the run in memory read: table, columns, patients."""
    read, batches = [], InMemoryResults._batches

    def note(held, table, columns, first, stop):
        read.append((table, columns, first, stop))
        return batches(held, table, columns, first, stop)

    monkeypatch.setattr(InMemoryResults, "_batches", note)
    return read


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("SELECT avg(letters) FROM visits", [("visits", ("letters",), 0, 300)]),
        (
            "SELECT day, letters FROM visits WHERE patient_id BETWEEN 20 AND 29 AND letters > 60",
            [("visits", ("day", "letters"), 20, 30)],
        ),
        ("SELECT sex FROM patients WHERE patient_id = 7", [("patients", ("sex",), 7, 8)]),
        ("SELECT sex FROM patients WHERE patient_id > 290", [("patients", ("sex",), 291, 300)]),
        ("SELECT sex FROM patients WHERE patient_id >= 400", [("patients", ("sex",), 400, 400)]),
        ("SELECT sex FROM patients WHERE patient_id <= 4", [("patients", ("sex",), 0, 5)]),
        (
            "SELECT eye FROM patients WHERE patient_id = 3 OR patient_id = 9",
            [("patients", ("patient_id", "eye"), 0, 300)],
        ),
    ],
)
def test_only_what_a_question_needs_is_read(results, reads, store, sql, read):
    _, held, archived = results
    answer = held.query(sql)
    assert reads == read
    assert archived.query(sql, memory_mb=200) == answer
    # The same question, asked in a way that leaves nothing out of what is read.
    everything = "(SELECT * FROM {0} WHERE hash({0}) IS NOT NULL ORDER BY ALL) "
    for table in ("visits", "patients"):
        sql = sql.replace(f"FROM {table}", f"FROM {everything.format(table)}")
    assert held.query(sql).rows == answer.rows
    assert len(reads[-1][1]) > len(read[0][1])


def test_no_patient_is_left_out_or_seen_twice(results):
    _, held, archived = results
    for low, high in ((0, 299), (99, 100), (99, 200), (250, 260), (120, 110)):
        asked = f"SELECT count(*), sum(day) FROM visits WHERE patient_id BETWEEN {low} AND {high}"
        aside = asked.replace("patient_id", "patient_id + 0")
        assert archived.query(asked, memory_mb=200) == held.query(aside)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("COPY visits TO '{path}'", "A statement of the kind COPY cannot be asked"),
        ("SELECT * FROM read_csv('/etc/passwd')", "reaches for something outside of the run"),
        ("SELECT * FROM read_text('/etc/passwd')", "reaches for something outside of the run"),
        ("SELECT * FROM read_parquet('{store}/**')", "reaches for something outside of the run"),
        ("SELECT * FROM glob('/*')", "reaches for something outside of the run"),
        ("SELECT * FROM sniff_csv('/etc/passwd')", "reaches for something outside of the run"),
        ("SELECT * FROM query('FROM read_csv(''/etc/passwd'')')", "outside of the run"),
        ("SELECT * FROM '/etc/passwd'", "There is no|cannot be answered: Table with name"),
        ("SELECT * FROM 'https://example.org/a.parquet'", "cannot be answered|outside of the run"),
        ("SELECT * FROM secret", "cannot be answered: Table with name secret does not exist"),
        ("SELECT getenv('HOME')", "cannot be answered: Scalar Function with name getenv"),
        ("ATTACH '{path}' AS other", "A statement of the kind ATTACH cannot be asked"),
        ("INSTALL httpfs", "A statement of the kind LOAD cannot be asked"),
        ("LOAD httpfs", "A statement of the kind LOAD cannot be asked"),
        ("SET memory_limit = '100GB'", "A statement of the kind SET cannot be asked"),
        ("PRAGMA memory_limit = '100GB'", "A statement of the kind SET cannot be asked"),
        ("RESET lock_configuration", "A statement of the kind SET cannot be asked"),
        ("CREATE TABLE mine AS SELECT 1", "A statement of the kind CREATE cannot be asked"),
        ("DROP VIEW visits", "A statement of the kind DROP cannot be asked"),
        ("EXPORT DATABASE '{path}'", "A statement of the kind EXPORT cannot be asked"),
        ("CALL enable_logging()", "A statement of the kind CALL cannot be asked"),
        ("SELECT 1; SELECT 2", "2 statements were given, not one"),
        ("SELECT 1; COPY visits TO '{path}'", "2 statements were given, not one"),
        ("-- nothing", "0 statements were given, not one"),
        ("", "The question is empty"),
        ("SELEC 1", 'The SQL cannot be read: syntax error at or near "SELEC"'),
        ("SELECT leters FROM visits", 'cannot be answered: Referenced column "leters"'),
        ("SELECT letters + sex FROM visits, patients", "cannot be answered"),
        ("SELECT " + "1+" * 11_000 + "1", "has 22,008 letters; it can have 20,000"),
        ("SELECT " + "(" * 3_000 + "1" + ")" * 3_000, "cannot be read|cannot be answered|nested"),
        ("SELECT repeat('x', 21000000)", "The answer is larger than 20 MB"),
        ("SELECT list(range) FROM range(1000000000)", "needs more than the 100 MB of memory"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(results, store, tmp_path, sql, message):
    secret = results[1].to_dataframe()  # noqa: F841  a variable that DuckDB could look for
    sql = sql.replace("{path}", str(tmp_path / "out")).replace("{store}", str(store))
    with pytest.raises(InvalidInputError, match=message) as caught:
        results[1].query(sql, memory_mb=100)
    assert "\n" not in str(caught.value.message)
    assert list(tmp_path.iterdir()) == []


def test_a_question_reaches_no_network(results, monkeypatch):
    def refuse(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(InvalidInputError):
        results[1].query("SELECT * FROM read_parquet('http://127.0.0.1:9/a.parquet')")


def test_answers_are_bounded_and_say_so(results):
    answer = results[1].query("SELECT * FROM visits", max_rows=7)
    assert (len(answer.rows), answer.is_cut) == (7, True)
    assert answer.words() == "The first 7 rows; there are more."
    endless = results[1].query("SELECT * FROM range(100000000000)")
    assert (len(endless.rows), endless.is_cut) == (MAX_QUERY_ROWS, True)
    for wrong in (0, MAX_QUERY_ROWS + 1, "many"):
        with pytest.raises(InvalidInputError, match="max_rows is"):
            results[1].query("SELECT 1", max_rows=wrong)


def test_a_question_that_takes_too_long_is_stopped(results):
    endless = "SELECT count(*) FROM range(9000000) a, range(9000000) b WHERE a.range * b.range = 7"
    with pytest.raises(InvalidInputError, match="took longer than 0.2 seconds and was stopped"):
        results[1].query(endless, seconds=0.2)


def test_the_memory_that_is_left_is_the_limit(results, store, monkeypatch):
    asked = "SELECT value FROM duckdb_settings() WHERE name = 'memory_limit'"
    assert results[1].query(asked, memory_mb=500).rows == (("476.8 MiB",),)
    monkeypatch.setattr(memory, "free_memory_mb", lambda: 1_100.0)
    monkeypatch.setattr(memory, "pause_mark_mb", lambda: 100.0)
    assert open_run("latest", store).results().query(asked).rows == (("476.8 MiB",),)
    monkeypatch.setattr(memory, "free_memory_mb", lambda: 150.0)
    with pytest.raises(InvalidInputError, match=f"needs {LEAST_MB:.0f} MB of memory or more; 25"):
        open_run("latest", store).results().query("SELECT 1")
    with pytest.raises(InvalidInputError, match="Nothing says how much memory"):
        results[2].query("SELECT 1")
    with pytest.raises(InvalidInputError, match="There is nothing in these results"):
        ape.create_results(5).query("SELECT 1")


def test_a_damaged_file_is_named(tmp_path):
    found = run(small_spec(60, 1), tmp_path, progress=False)
    assert found.query("SELECT 1").rows == ((1,),)
    opened = open_run("latest", tmp_path)
    on_disk = ParquetResults(60, opened.folder)
    path = next((opened.folder.path / "visits").glob("*.parquet"))
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(damaged)
    with pytest.raises(CorruptRunError, match="part-000000"):
        on_disk.query("SELECT avg(letters) FROM visits", memory_mb=100)


def test_the_command_answers_in_words_json_and_csv(store, capsys):
    sql = "SELECT phase, count(*) AS n, 1.5::DECIMAL(3,1) AS d FROM visits GROUP BY 1 ORDER BY 1"
    expected = open_run("latest", store).results().query(sql)
    assert main(["query", "latest", sql, "--store", str(store)]) == 0
    words = capsys.readouterr().out
    assert words.splitlines()[0].split() == ["phase", "n", "d"]
    assert f"{len(expected.rows)} rows." in words
    assert main(["query", "latest", sql, "--json", "--rows", "1", "--store", str(store)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["rows"] == [[*expected.rows[0][:2], 1.5]]
    assert said["is_cut"] is True
    assert main(["query", "latest", sql, "--csv", "--store", str(store)]) == 0
    table = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert table[0] == ["phase", "n", "d"]
    assert [row[1] for row in table[1:]] == [str(row[1]) for row in expected.rows]
    assert main(["query", "latest", "DROP VIEW visits", "--store", str(store)]) == 2
    assert "kind DROP cannot be asked" in capsys.readouterr().err


def test_the_command_says_nothing_but_the_answer(store):
    words = ["query", "latest", "SELECT count(*) FROM visits", "--csv", "--store", str(store)]
    done = subprocess.run(
        [sys.executable, "-m", "ape_core.cli", *words], capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


def test_what_a_spreadsheet_would_compute_stays_text(results):
    answer = results[1].query("SELECT '=1+1' AS a, -2 AS b, NULL AS c")
    assert answer.to_csv() == "a,b,c\n'=1+1,-2,\n"


def test_one_module_imports_duckdb():
    root = Path(ape.__file__).parents[1]
    files = [path for folder in ("ape_core", "widgets") for path in (root / folder).rglob("*.py")]
    using = [
        path.name
        for path in files
        if re.search(r"^\s*(import|from) duckdb", path.read_text(), re.MULTILINE)
    ]
    assert using == ["sql.py"]
