"""The report: one table of figures, written anew whenever one more is known."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ape_core.storage.files import write_atomic


@dataclass(frozen=True)
class Target:
    """What a figure has to be."""

    limit: float
    is_least: bool = False

    def is_held(self, value: float) -> bool:
        """Whether a value is within it."""
        return value >= self.limit if self.is_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'at least' if self.is_least else 'at most'} {self.limit:,g}"


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    what
        What was measured.
    value
        The median when it was measured several times.
    unit
        Of the value.
    target
        What it has to be, if anything.
    measured
        Every measurement, in order, when there were several.
    """

    what: str
    value: float
    unit: str
    target: Target | None = None
    measured: tuple[float, ...] = ()


def median_of(
    what: str, measured: Sequence[float], unit: str, target: Target | None = None
) -> Figure:
    """Return the figure of something that was measured several times."""
    return Figure(what, statistics.median(measured), unit, target, tuple(measured))


def at_most(limit: float) -> Target:
    """Return a target that larger values miss."""
    return Target(limit)


def at_least(limit: float) -> Target:
    """Return a target that smaller values miss."""
    return Target(limit, is_least=True)


@dataclass
class Section:
    """Figures of one kind, how long they took, and what went wrong, if anything."""

    name: str
    figures: list[Figure] = field(default_factory=list)
    seconds: float | None = None
    error: str = ""


class Report:
    """The table, in memory and on disk.

    Parameters
    ----------
    folder
        Where bench.md and bench.json are written.
    title
        What was measured.
    is_judged
        Whether targets are compared: a quick look at small runs shows nothing of them.
    """

    def __init__(self, folder: Path, title: str, *, is_judged: bool = True) -> None:
        self.folder, self.title, self.is_judged = folder, title, is_judged
        self.sections: list[Section] = []
        self.began = datetime.now(UTC)
        self._since = 0.0

    def begin(self, name: str) -> None:
        """Begin a section."""
        self.sections.append(Section(name))
        self._since = time.monotonic()
        self._write()

    def add(self, figure: Figure) -> None:
        """Add a figure to the section, and print it."""
        if not self.is_judged:
            figure = replace(figure, target=None)
        self.sections[-1].figures.append(figure)
        print(_line(figure), flush=True)
        self._write()

    def end(self, error: str = "") -> None:
        """End the section, and say what went wrong."""
        section = self.sections[-1]
        section.seconds, section.error = time.monotonic() - self._since, error
        print(f"{section.name}: {section.seconds:,.0f} s{error and f', FAILED: {error}'}\n")
        self._write()

    def markdown(self) -> str:
        """Return the table."""
        lines = [f"# {self.title}", "", *self._about(), "", _HEAD, "|---|--:|---|---|---|---|"]
        for section in self.sections:
            took = "going on" if section.seconds is None else f"{section.seconds:,.0f} s"
            lines.append(f"| **{section.name}** ({took}) | | | | | |")
            lines += [_line(figure) for figure in section.figures]
            if section.error:
                lines.append(f"| FAILED: {_plain(section.error)} | | | | | |")
        return "\n".join(lines) + "\n"

    def content(self) -> dict[str, Any]:
        """Return what the table says, for a program."""
        sections = [asdict(section) for section in self.sections]
        for section in sections:
            for figure in section["figures"]:
                target = figure["target"] and Target(**figure["target"])
                figure["held"] = target.is_held(figure["value"]) if target else None
                figure["target"] = str(target) if target else None
        return {
            "title": self.title,
            "began": self.began.isoformat(timespec="seconds"),
            "machine": _machine(),
            "load": os.getloadavg()[0],
            "sections": sections,
        }

    def _about(self) -> list[str]:
        """The machine, and how busy it is."""
        machine = ", ".join(f"{name} {value}" for name, value in _machine().items())
        began = self.began.isoformat(sep=" ", timespec="minutes")
        about = [f"Began {began}. {machine}. Load now {os.getloadavg()[0]:.1f}."]
        if not self.is_judged:
            words = "A quick look at small runs, mostly taken up by starting: it shows that "
            about += ["", words + "all can be measured. Its speeds and ratios mean nothing."]
        return about

    def _write(self) -> None:
        """Put the report on disk as it is now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.content(), indent=1)
        write_atomic(self.folder / "bench.md", self.markdown().encode(), durable=False)
        write_atomic(self.folder / "bench.json", text.encode(), durable=False)


_HEAD = "| what | value | unit | least - most (times) | target | |"


def _line(figure: Figure) -> str:
    """A figure as a line of the table."""
    spread = target = verdict = ""
    if len(figure.measured) > 1:
        low, high = min(figure.measured), max(figure.measured)
        spread = f"{_number(low)} - {_number(high)} ({len(figure.measured)})"
    if figure.target is not None:
        target = str(figure.target)
        verdict = "held" if figure.target.is_held(figure.value) else "**missed**"
    cells = (_plain(figure.what), _number(figure.value), figure.unit, spread, target, verdict)
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Three digits at least, and all of whole thousands."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _plain(text: str) -> str:
    """Text that leaves a line of a table whole."""
    return " ".join(text.replace("|", "/").split())


def _machine() -> dict[str, Any]:
    """What this was measured on."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "Python": platform.python_version(),
    }
