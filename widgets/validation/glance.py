"""Every target at a glance: one line for each outcome, one mark for each target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.validation import LARGE_Z
from widgets.html import text
from widgets.validation.words import missed, outcome_title, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape_core.analysis.validation import Compared, Validation

FARTHEST: Final = 5.0
"""Marks beyond it are drawn at the edge."""

_TOGETHER: Final = ("pct_eye_median_interval", "Usual interval, by class")


def glance_markup(validation: Validation) -> str:
    """All outcomes, on one scale of z."""
    lines = "".join(_line(title, rows) for title, rows in _lines(validation))
    ticks = "".join(
        f"<i style='left:{_share(tick):.1f}%'>{_signed(tick)}</i>" for tick in (-4, -2, 0, 2, 4)
    )
    return (
        "<div class='ape-glance'><div class='ape-glance-row ape-glance-head' aria-hidden='true'>"
        f"<span>Outcome</span><span class='ape-glance-scale'>{ticks}</span><span>missed</span>"
        f"</div>{lines}</div>"
    )


def _lines(validation: Validation) -> list[tuple[str, list[Compared]]]:
    """Titles and targets of the lines."""
    found: dict[str, list[Compared]] = {}
    prefix, together = _TOGETHER
    for outcome in validation.outcomes:
        title = together if outcome.startswith(prefix) else outcome_title(outcome)
        found.setdefault(title, []).extend(validation.of_outcome(outcome))
    return list(found.items())


def _line(title: str, rows: Sequence[Compared]) -> str:
    """One outcome."""
    far = sum(abs(row.z) >= LARGE_Z for row in rows)
    marks = "".join(map(_mark, rows))
    said = f"{title}: {far} of {len(rows)} targets missed"
    return (
        f"<div class='ape-glance-row'><span>{text(title)}</span>"
        f"<span class='ape-glance-track' role='img' aria-label='{text(said)}'>{marks}</span>"
        f"<span class='{'is-far' if far else ''}'>{far} of {len(rows)}</span></div>"
    )


def _mark(row: Compared) -> str:
    """One target; hollow if it was not fitted."""
    kinds = f"{size(row.z)}{'' if row.fitted else ' is-unfitted'}"
    told = text(f"{row.arm}. {missed(row)}")
    return f"<b class='{kinds}' style='left:{_share(row.z):.1f}%' title='{told}'></b>"


def _share(z: float) -> float:
    """Place on the scale, in per cent of its width."""
    return 50 + 50 * min(max(z / FARTHEST, -1.0), 1.0)


def _signed(number: int) -> str:
    """Whole number with its sign; 0 without."""
    return (f"{number:+d}" if number else "0").replace("-", "\N{MINUS SIGN}")
