"""The command in this process, with a store of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ape_core.cli import main


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)


@pytest.fixture
def store_path(tmp_path, monkeypatch):
    path = tmp_path / "store"
    monkeypatch.setenv("APE_STORE", str(path))
    return path


@pytest.fixture
def ape(store_path, capfd) -> Callable[..., Said]:
    """Carry out a command; nothing of it may ever be a traceback."""

    def carry_out(*words: str) -> Said:
        try:
            status = main([str(word) for word in words])
        except SystemExit as end:
            status = end.code
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Said(status, out, err)

    return carry_out
