"""What a command answers: one object for programs and the same in words for people."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

LINE_WIDTH: Final = 96
"""Columns of a line of text."""


@dataclass(frozen=True)
class Answer:
    """Result of a command: `data` is printed with --json, `text` without; then the exit status.

    Words that say why a command was not carried out go to standard error.
    """

    data: Any
    text: str
    status: int = 0
    refused: bool = False

    def show(self, *, as_json: bool) -> str:
        """What is printed on standard output."""
        return json.dumps(self.data, indent=2, ensure_ascii=False) if as_json else self.text


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Columns of equal width under their titles; those named in `right` are set to the right."""
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(len(titles))]

    def line(cells: Sequence[str]) -> str:
        """One row, each cell as wide as its column."""
        padded = [
            cell.rjust(width) if title in right else cell.ljust(width)
            for cell, width, title in zip(cells, widths, titles, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return "\n".join([line(titles), line(["-" * width for width in widths]), *map(line, rows)])


def listing(items: Sequence[tuple[str, str]]) -> str:
    """Names and what they are, one under the other; a name without a value is left out."""
    shown = [(name, value) for name, value in items if value]
    width = max((len(name) for name, _ in shown), default=0)
    lines = []
    for name, value in shown:
        first, *more = textwrap.wrap(
            value, LINE_WIDTH - width, break_long_words=False, break_on_hyphens=False
        )
        lines += [f"{name.ljust(width)}  {first}", *(f"{'':{width}}  {line}" for line in more)]
    return "\n".join(lines)


def megabytes(value: float) -> str:
    """Megabytes as a person would say them: 640 KB, 12 MB, 3.4 GB."""
    if value < 1:
        return f"{value * 1024:,.0f} KB"
    if value < 10_000:
        return f"{value:,.0f} MB"
    return f"{value / 1024:,.1f} GB"


def counted(number: int, noun: str) -> str:
    """A number of things: 1 year, 5 years."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def paragraph(text: str) -> str:
    """One paragraph, its first line marked and the others beneath."""
    return textwrap.fill(
        text,
        LINE_WIDTH,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def problem(message: str, hint: str, status: int) -> Answer:
    """Answer of a command that could not be carried out."""
    text = f"ape: {message}" + (f"\n     {hint}" if hint else "")
    return Answer({"error": message, "hint": hint}, text, status, refused=True)
