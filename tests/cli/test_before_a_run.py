"""What the shell says before anything is simulated: its version, and what a run will take."""

from __future__ import annotations

import pytest

from ape_core import __version__


def test_version(ape):
    assert ape("--version").out == f"ape {__version__}\n"


def test_an_estimate_is_not_more_exact_than_it_can_be(ape):
    asked = ("estimate", "faricimab-6mg", "--patients", "123456")
    exact = ape(*asked, "--json").json["n_visits"]
    (line,) = [line for line in ape(*asked).out.splitlines() if line.startswith("visits")]
    shown = int(line.split()[-1].replace(",", ""))
    assert shown == pytest.approx(exact, rel=0.05)
    assert len(str(shown).rstrip("0")) <= 2
