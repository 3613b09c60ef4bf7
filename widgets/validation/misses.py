"""What the model gets wrong, in plain words, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.validation import LARGE_Z
from ape_core.analysis.wording import value_with_unit
from widgets.html import html, text
from widgets.validation.headings import heading
from widgets.validation.waiting import WAITING
from widgets.validation.words import figure, outcome_title, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape_core.analysis.validation import Compared, Validation

_BY_CHANCE: Final = 0.046
"""Share of right figures that lie beyond `LARGE_Z`."""


class MissesPanel:
    """A card with one sentence for each outcome that is missed."""

    def __init__(self) -> None:
        self.view = html("ape-card", "ape-all")

    def draw(self, validation: Validation | None) -> None:
        """Show a validation, or that there is none yet."""
        self.view.value = misses_markup(validation)


def misses_markup(validation: Validation | None) -> str:
    """The misses as a list of sentences."""
    head = heading("misses")
    if validation is None:
        return f"{head}{WAITING}"
    far = [row for row in validation.rows if abs(row.z) >= LARGE_Z]
    n_all = len(validation.rows)
    said = (
        f"{len(far)} of {n_all} targets are missed by more than chance and the usual differences "
        f"between studies explain (z of {LARGE_Z:g} or more); of figures that are right, about "
        f"{_BY_CHANCE * n_all:.0f} would be. The worst come first."
    )
    items = "".join(_item(rows, validation) for rows in grouped(far))
    return f"{head}<p class='ape-said'>{text(said)}</p><ol class='ape-misses'>{items}</ol>"


def grouped(far: Sequence[Compared]) -> list[list[Compared]]:
    """Misses of one outcome to one side together; each group, and the groups, worst first."""
    found: dict[tuple[str, bool], list[Compared]] = {}
    for row in sorted(far, key=lambda row: -abs(row.z)):
        found.setdefault((row.outcome, row.difference > 0), []).append(row)
    return list(found.values())


def _item(rows: Sequence[Compared], validation: Validation) -> str:
    """One group as sentences."""
    worst = rows[0]
    side = "too high" if worst.difference > 0 else "too low"
    n_all = len(validation.of_outcome(worst.outcome))
    where = f"in {len(rows)} of {n_all} targets" if n_all > 1 else "in the one target"
    lead = ". Worst: " if len(rows) > 1 else ": "
    return (
        f"<li><b>{text(outcome_title(worst.outcome))}: {side}</b> by {text(span(rows))} "
        f"{where}{lead}{text(_one(worst))}{_others(rows[1:])}.{text(_unfitted(rows))}</li>"
    )


def _one(row: Compared) -> str:
    """Where, and both figures."""
    return (
        f"{row.arm} at week {row.week}, {value_with_unit(row.outcome, row.simulated)} simulated, "
        f"{figure(row.outcome, row.observed)} observed"
    )


def _others(rows: Sequence[Compared]) -> str:
    """The rest of a group, folded into one clause."""
    if not rows:
        return ""
    weeks: dict[str, list[str]] = {}
    for row in rows:
        weeks.setdefault(row.arm, []).append(str(row.week))
    named = [f"{arm} (week {' and '.join(at)})" for arm, at in weeks.items()]
    return text(f"; also {', '.join(named)}")


def _unfitted(rows: Sequence[Compared]) -> str:
    """What was not fitted, as a sentence."""
    n = sum(not row.fitted for row in rows)
    if not n:
        return ""
    if n < len(rows):
        return f" The model was not fitted to {n} of them."
    return f" The model was not fitted to {'them' if n > 1 else 'it'}."
