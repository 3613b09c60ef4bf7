"""What a form needs to know of each field: its name in words, unit, range and a sentence of help.

The ranges are the constants that the checks of the spec use; the checks decide, the guide tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ape_core.spec.checks import listed

_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d{1,3})?")
_LONGEST_NUMBER: Final = 40
DIGITS: Final = 4
"""Significant digits of a number that is told, unless it needs more to differ from another."""

NUMERIC_KINDS: Final = ("whole", "number")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Parameters
    ----------
    name
        Name in the spec.
    title, help
        Name for reading, and a sentence that says what it does.
    kind
        "whole", "number", "weeks" (a list of whole weeks), "choice" or "switch".
    unit
        Empty for a choice, a switch or a pure number.
    low, high
        Least and largest value that is allowed.
    choices
        Values of a choice and what each is called.
    is_optional
        Whether the field may be left empty.
    only_when
        Another field, and the values of it for which this one counts.
    """

    name: str
    title: str
    help: str
    kind: str = "whole"
    unit: str = ""
    low: float = 0
    high: float = 0
    choices: tuple[tuple[str, str], ...] = ()
    is_optional: bool = False
    only_when: tuple[str, tuple[str, ...]] | None = None

    @property
    def label(self) -> str:
        """Name with the unit, unless the name says it."""
        said = not self.unit or self.unit in self.title.lower()
        return self.title if said else f"{self.title}, {self.unit}"

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        empty = " or empty" if self.is_optional else ""
        if self.kind in NUMERIC_KINDS:
            return f"{_grouped(self.low)} to {_grouped(self.high)} {self.unit}".rstrip() + empty
        if self.kind == "weeks":
            return f"{self.low:g} to {self.high:g} {self.unit} each, as 8, 12{empty}"
        return listed(title for _, title in self.choices)

    def counts(self, others: Mapping[str, Any]) -> bool:
        """Whether the field has a meaning beside these values of the others."""
        return self.only_when is None or others.get(self.only_when[0]) in self.only_when[1]

    def read(self, text: str) -> Any:
        """Plain value that a text means; None when it is empty.

        Text that means nothing stays text, so that the checks of the spec can name it.
        """
        words = text.strip()
        if not words:
            return () if self.kind == "weeks" else None
        if self.kind == "weeks":
            return tuple(read_number(word) for word in re.split(r"[,;\s]+", words) if word)
        return read_number(words) if self.kind in NUMERIC_KINDS else words

    def write(self, value: Any) -> str:
        """Text that reads back as a plain value."""
        if value is None:
            return ""
        if isinstance(value, list | tuple):
            return ", ".join(write_number(item) for item in value)
        return write_number(value)

    def say(self, value: Any) -> str:
        """Value with its unit, for a sentence."""
        if value is None or value in ((), []):
            return "none"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.kind == "choice":
            return dict(self.choices).get(value, str(value))
        unit = self.unit[:-1] if value == 1 and self.unit.endswith("s") else self.unit
        return f"{self.write(value)} {unit}".rstrip()


def _grouped(bound: float) -> str:
    """End of a range, with separators where it is large."""
    return f"{int(bound):,}" if bound == int(bound) else f"{bound:g}"


def read_number(text: str) -> int | float | str:
    """Number that a text means, with a point for the decimals; the text when it means none."""
    words = text.strip().replace("\N{MINUS SIGN}", "-").lower()
    if len(words) > _LONGEST_NUMBER or not _NUMBER.fullmatch(words):
        return text.strip()
    return int(words) if words.lstrip("+-").isdecimal() else float(words)


def brief(value: float, n_digits: int = DIGITS) -> float:
    """Number with the digits that matter; a whole one stays as it is."""
    return value if isinstance(value, int) else float(f"{value:.{n_digits}g}")


def write_apart(before: float, after: float) -> tuple[str, str]:
    """Two numbers with the digits that matter, and as many more as tell one from the other."""
    n_digits = DIGITS
    while before != after and brief(before, n_digits) == brief(after, n_digits):
        n_digits += 1
    return write_number(brief(before, n_digits)), write_number(brief(after, n_digits))


def write_number(value: Any) -> str:
    """Shortest text that reads back as the same number; text stays as it is."""
    if isinstance(value, float):
        return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return str(value)
