"""What Python calls runs by machine code that is kept, checked, and made anew when in doubt."""

from __future__ import annotations

import ctypes
import fcntl
import math
import os
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numba
import numpy as np
import pytest
from numba._helperlib import c_helpers

from ape_core.simulation import compiled, machine_code, with_numba
from ape_core.simulation import simulate as module
from ape_core.simulation.compiled import Compiled, Entry
from ape_core.simulation.kernel import run_patients
from ape_core.simulation.machine_code import MATHEMATICS
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec


class Inner(NamedTuple):
    flag: bool
    table: np.ndarray


class Outer(NamedTuple):
    seed: int
    inner: Inner
    rate: float


@Compiled
def _half(x):
    return 0.5 * x


def weighed(outer, numbers, exponent, out):
    """Numbers, arrays, nested tuples, a compiled function, and mathematics."""
    total = 0.0
    for i in range(numbers.size):
        out[i] = numbers[i] + outer.inner.table[i % 2, 0]
        total += math.exp(-outer.rate * numbers[i]) ** exponent + math.log(1.0 + i)
    return _half(total), numbers.size, outer.seed & 7, outer.inner.flag


def twice(number):
    return number + number, number


def count_down(n):
    while n > 0:
        n -= 1


def ended(n):
    if n > 3:
        raise ValueError
    return n


def room(n):
    return np.zeros(n).size


def arguments():
    table = np.arange(6, dtype=np.int16).reshape(2, 3)
    return Outer(2**40 + 5, Inner(True, table), 0.25), np.arange(5.0), 1.5, np.zeros(5)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder for code."""
    monkeypatch.setattr(compiled, "_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def made(monkeypatch):
    """Names of the functions that are compiled from now on."""
    names, make = [], with_numba.machine_code_of

    def noted(function, *rest):
        names.append(function.__name__)
        return make(function, *rest)

    monkeypatch.setattr(with_numba, "machine_code_of", noted)
    return names


def outcome(function):
    """What it returns and what it writes."""
    given = arguments()
    return function(*given), given[-1].tolist()


def test_an_entry_gives_what_python_and_numba_give(folder):
    by_numba = numba.njit(error_model="numpy")(weighed)
    expected = outcome(by_numba)
    assert outcome(Entry(weighed)) == expected
    assert [type(item) for item in expected[0]] == [float, int, int, bool]
    assert expected[0] == pytest.approx(outcome(weighed)[0])


def test_a_function_may_return_nothing_or_one_number(folder):
    assert Entry(count_down)(3) is None
    assert Entry(ended)(3) == 3


def test_code_is_made_once_and_then_loaded(folder, made):
    entry = Entry(weighed)
    assert not entry.is_kept
    first = outcome(entry)
    assert entry.is_kept
    assert made == ["weighed"]
    assert outcome(entry) == outcome(Entry(weighed)) == first
    assert made == ["weighed"]
    assert len(entry.signatures) == 1


@pytest.mark.parametrize(
    "other",
    [
        np.arange(5),
        np.arange(5, dtype=np.float64)[::-1],
        np.frombuffer(np.arange(5.0).tobytes()),
        np.frombuffer(b"\0" + np.arange(5.0).tobytes(), offset=1),
    ],
    ids=["whole numbers", "strides", "read-only", "unaligned"],
)
def test_other_types_are_other_code(folder, made, other):
    entry = Entry(weighed)
    outer, numbers, exponent, out = arguments()
    entry(outer, numbers, exponent, out)
    assert entry(outer, other, exponent, out) == Compiled(weighed)(outer, other, exponent, out)
    assert made == ["weighed"] * 2


@pytest.mark.parametrize(
    "number", [7, -(2**63), 2**64 - 1, np.uint8(200), np.int64(-1), np.float64(1.5), True]
)
def test_numbers_keep_their_width(folder, number):
    assert Entry(twice)(number) == Compiled(twice)(number)


@pytest.mark.parametrize("number", ["text", None, [1], np.array(["a"]), np.zeros(2, ">i4"), 1j])
def test_what_cannot_be_handed_over_is_refused(folder, number):
    with pytest.raises(TypeError, match="takes no"):
        Entry(ended)(number)


def flipped(content, share):
    """A bit of one byte is another."""
    at = int(share * len(content))
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _damages(content):
    return {
        "cut short": content[: len(content) // 2],
        "empty": b"",
        "no line": b"x" * 10,
        "of bytes beyond text": b"\xff" * 64 + content[64:],
        "flipped in its checksum": flipped(content, 0.0),
        "flipped in what is said of it": flipped(content, 0.1),
        "flipped in the middle": flipped(content, 0.5),
        "flipped at its end": flipped(content, 0.999),
    }


@pytest.mark.parametrize("damage", _damages(bytes(200)))
def test_damaged_code_is_made_again(folder, made, damage):
    first = outcome(Entry(weighed))
    (path,) = folder.iterdir()
    sound = path.read_bytes()
    path.write_bytes(_damages(sound)[damage])
    assert not Entry(weighed).is_kept  # so that who starts a run is told that it is compiled first
    assert outcome(Entry(weighed)) == first
    assert made == ["weighed"] * 2
    assert [file.read_bytes() for file in folder.iterdir()] == [sound]


@pytest.mark.parametrize(
    ("where", "what"), [(compiled, "makers"), (machine_code, "processor")], ids=["makers", "cpu"]
)
def test_code_of_other_versions_or_of_another_processor_is_not_taken(
    folder, made, monkeypatch, where, what
):
    outcome(Entry(weighed))
    other = (*getattr(where, what)()[:-1], "another")
    with monkeypatch.context() as patch:
        patch.setattr(where, what, lambda: other)
        assert not Entry(weighed).is_kept
    assert Entry(weighed).is_kept


def test_what_a_killed_process_left_is_removed_and_what_is_being_written_is_not(folder):
    left, written = folder / "new-left", folder / "new-written"
    for path in (left, written):
        path.write_bytes(b"half")
    with written.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        outcome(Entry(weighed))
    assert not left.exists()
    assert written.exists()


@pytest.mark.parametrize("way", [Entry, Compiled])
def test_another_source_beside_it_is_other_code(folder, monkeypatch, way):
    way(twice)(1)
    assert way(twice).is_kept
    monkeypatch.setattr(compiled, "sources_hash", lambda _: "other")
    assert not way(twice).is_kept


def test_rows_are_those_of_the_code_that_numba_loads(monkeypatch):
    """To the bit, whoever links the code into the process."""
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    spec = RunSpec(protocol, Cohort(300, two_eyes=True), 5, 11)
    ours = simulate(spec, 0, 300)
    monkeypatch.setattr(module, "run_patients", Compiled(run_patients.__wrapped__))
    numbas = simulate(spec, 0, 300)
    assert len(module.run_patients.signatures) == 1
    assert ours.n_visits > 5000
    for table in ("visits", "patients"):
        for name, column in getattr(ours, table).items():
            np.testing.assert_array_equal(column, getattr(numbas, table)[name], strict=True)
    np.testing.assert_array_equal(ours.assessments, numbas.assessments, strict=True)


def test_without_a_folder_to_write_to_it_runs_all_the_same(folder, made, monkeypatch):
    monkeypatch.setattr(compiled, "_folder", lambda: folder / "missing")
    assert outcome(Entry(weighed)) == outcome(Entry(weighed))
    assert made == ["weighed"] * 2


def test_threads_at_the_same_time_load_it_once(folder, made):
    entry = Entry(weighed)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: outcome(entry), range(40)))
    assert all(one == found[0] for one in found)
    assert made == ["weighed"]


def test_an_entry_can_be_a_part_of_another(folder):
    inner = Entry(twice)

    def outer(n):
        return inner(n)[0] + 1

    assert Entry(outer)(4) == 9


def test_what_allocates_is_refused(folder):
    with pytest.raises(numba.core.errors.NumbaError):
        Entry(room)(3)
    assert Compiled(room)(3) == 3


def test_what_raises_within_is_an_error(folder):
    entry = Entry(ended)
    with pytest.raises(RuntimeError, match="status"):
        entry(4)
    assert entry(2) == 2


def test_code_that_needs_what_is_not_there_is_not_loaded(folder):
    """LLVM would end the process."""
    entry = Entry(weighed)
    outcome(entry)
    (signature,) = entry.signatures
    code = entry._files.read(signature)
    assert set(code.externals) == {"exp", "log", "pow"}
    assert machine_code.load(replace(code, externals=("no_such_function",)), signature) is None
    assert machine_code.load(replace(code, externals=("system",)), signature) is None


def test_what_a_file_of_code_needs_is_told_only_of_linux():
    with pytest.raises(ValueError, match="ELF"):
        machine_code.externals(b"\xcf\xfa\xed\xfe" + bytes(100))


@pytest.mark.parametrize("name", sorted(MATHEMATICS & c_helpers.keys()))
def test_mathematics_are_those_that_numba_links(name):
    """Which numba calls by detours of its own; to the bit, so that rows do not depend on it."""
    n = {"pow": 2, "fmod": 2}.get(name, 1)
    prototype = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * n)
    by_numba, by_process = (
        prototype(address)
        for address in (
            c_helpers[name],
            ctypes.cast(getattr(ctypes.CDLL(None), name), ctypes.c_void_p).value,
        )
    )
    rng = np.random.default_rng(7)
    numbers = (rng.normal(0, 1, (4000, 2)) * 10.0 ** rng.integers(-5, 4, (4000, 1))).tolist()
    odd = [0.0, -0.0, 1.0, -1.0, 709.8, -745.2, math.inf, -math.inf, math.nan, 5e-324, 1e308]
    for given in [*numbers, *product(odd, odd)]:
        results = [struct.pack("d", call(*given[:n])) for call in (by_numba, by_process)]
        assert results[0] == results[1] or given[0] != given[0] or math.isnan(by_numba(*given[:n]))


TWO = """
import sys, numpy as np
from ape_core.simulation import compiled
from ape_core.simulation.draws import uniform
@compiled.Entry
def drawn(word):
    return uniform(word)
print(drawn(np.uint64(2**31)), 'numba' in sys.modules)
"""


def test_processes_at_the_same_time_leave_one_sound_file(tmp_path):
    script = tmp_path / "two.py"
    script.write_text(TWO)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}

    def printed():
        return subprocess.Popen(
            [sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True
        )

    both = [printed(), printed()]
    answers = {process.communicate()[0].split()[0] for process in both}
    assert len(list((tmp_path / "cache").rglob("*"))) == 2  # the folder and the file
    number, needs_numba = printed().communicate()[0].split()
    assert answers == {number} == {"0.5000000001164153"}
    assert needs_numba == "False"
