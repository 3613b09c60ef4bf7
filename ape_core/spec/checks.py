"""Checks of single values at the door: cast what is meant, refuse the rest in words."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ape_core.errors import InvalidSpecError

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
_SHOWN_CHARACTERS = 60


def shown(value: object) -> str:
    """Value as it is shown in a message, cut when it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python does not print integers of thousands of digits
        text = "an integer of thousands of digits"
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def listed(names: Iterable[str]) -> str:
    """Names joined by commas."""
    return ", ".join(names)


def suggestion(word: object, names: Sequence[str]) -> str:
    """Hint that names the closest allowed word, or nothing when none is close."""
    close = difflib.get_close_matches(str(word)[:100], names, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else ""


def _real(field: str, value: object, allowed: str) -> float | int:
    """Finite real number, including NumPy's, as Python's own; not bool, text or None."""
    plain: Any = value
    if _is_scalar_array(plain):
        plain = plain.item()
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not _is_finite(plain):
        raise InvalidSpecError(f"{field} is {shown(plain)}, but must be {allowed}.", field=field)
    return float(plain) if isinstance(plain, float) else int(plain)


def _is_scalar_array(value: Any) -> bool:
    """True for a NumPy scalar or an array without dimensions."""
    return hasattr(value, "item") and getattr(value, "shape", None) == ()


def _is_finite(value: float) -> bool:
    """False for NaN, the infinities and integers that no float can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def whole(field: str, value: object, low: int, high: int) -> int:
    """Whole number from low to high; 8.0 is taken as 8, '8' and True are refused."""
    allowed = f"a whole number from {low:,} to {high:,}"
    real = _real(field, value, allowed)
    if real != int(real) or not low <= real <= high:
        raise InvalidSpecError(f"{field} is {shown(real)}, but must be {allowed}.", field=field)
    return int(real)


def number(field: str, value: object, low: float, high: float) -> float:
    """Finite number from low to high, as a float."""
    allowed = f"a number from {low:g} to {high:g}"
    real = _real(field, value, allowed)
    if not low <= real <= high:
        raise InvalidSpecError(f"{field} is {shown(real)}, but must be {allowed}.", field=field)
    return float(real) + 0.0  # turns -0.0 into 0.0, which would hash differently


def positive(field: str, value: object, high: float) -> float:
    """Finite number above 0 and up to high, as a float."""
    allowed = f"a number above 0 and up to {high:g}"
    real = _real(field, value, allowed)
    if not 0 < real <= high:
        raise InvalidSpecError(f"{field} is {shown(real)}, but must be {allowed}.", field=field)
    return float(real)


def share(field: str, value: object) -> float:
    """Probability or share, from 0 to 1."""
    return number(field, value, 0, 1)


def switch(field: str, value: object) -> bool:
    """Truth value; numbers and text are refused."""
    if not isinstance(value, bool):
        raise InvalidSpecError(
            f"{field} is {shown(value)}, but must be true or false.", field=field
        )
    return value


def choice(field: str, value: object, names: Sequence[str]) -> str:
    """One of the names."""
    if not isinstance(value, str) or value not in names:
        raise InvalidSpecError(
            f"{field} is {shown(value)}, but must be one of: {listed(names)}.",
            suggestion(value, names),
            field,
        )
    return value


def is_name(value: str) -> bool:
    """Whether a text can be the name of something that ships or is saved."""
    return _NAME.fullmatch(value) is not None


def name(field: str, value: object) -> str:
    """Name that can be typed and used in a path: lower case, digits, dots and hyphens."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidSpecError(
            f"{field} is {shown(value)}, but must be 1 to 80 lower-case letters, digits, "
            "dots and hyphens, and start with a letter or digit.",
            field=field,
        )
    return value


def text(field: str, value: object, longest: int, *, empty: bool = False) -> str:
    """Text of bounded length without control characters, spaces at its ends removed."""
    if not isinstance(value, str):
        raise InvalidSpecError(f"{field} is {shown(value)}, but must be text.", field=field)
    stripped = " ".join(value.split())
    if not (empty or stripped) or len(stripped) > longest or not stripped.isprintable():
        raise InvalidSpecError(
            f"{field} is {shown(value)}, but must be {0 if empty else 1} to {longest:,} "
            "printable characters.",
            field=field,
        )
    return stripped
