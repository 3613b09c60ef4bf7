"""What is asked of the model, and which of it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.analysis.wording import WORDING
from widgets.html import html, text
from widgets.validation.headings import CARDS, heading
from widgets.validation.waiting import WAITING

if TYPE_CHECKING:
    from ape_core.analysis.criteria import Check, Criterion
    from ape_core.analysis.validation import Validation


class CriteriaPanel:
    """A card with a line for each criterion, which unfolds to its figures."""

    def __init__(self) -> None:
        self.view = html("ape-card", "ape-all")

    def draw(self, validation: Validation | None) -> None:
        """Show a validation, or that there is none yet."""
        self.view.value = criteria_markup(validation)


def criteria_markup(validation: Validation | None) -> str:
    """Heading, and a section for each criterion."""
    head = heading("asked")
    if validation is None:
        return f"{head}{WAITING}"
    sections = "".join(map(_section, validation.criteria))
    return (
        f"{head}<p class='ape-said'>{said(validation)}</p>"
        f"<div class='ape-criteria'>{sections}</div>"
    )


def said(validation: Validation) -> str:
    """How many hold, in a sentence."""
    found = validation.criteria
    met = sum(criterion.met for criterion in found)
    return (
        f"{met} of {len(found)} hold. A criterion holds when every figure of it does; unfold one "
        "to see them all, those that miss first."
    )


def criteria_table(validation: Validation) -> str:
    """Every criterion as a row, for a report."""
    rows = "".join(
        f"<tr><td>{text(each.title)}</td><td>{text(each.asked)}</td>"
        f"<td>{_state(each)}</td><td>{each.n_met} of {len(each.checks)}</td>"
        f"<td>{text(_farthest(each))}</td></tr>"
        for each in validation.criteria
    )
    return (
        f"<h2>{CARDS['asked'][0]}</h2><table><thead><tr><th>About</th><th>Asked</th><th>Holds</th>"
        f"<th>Figures</th><th>Farthest</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _section(criterion: Criterion) -> str:
    """One criterion; those that miss come first among its figures."""
    ordered = sorted(criterion.checks, key=lambda check: -check.excess)
    kind = "is-met" if criterion.met else "is-missed"
    n = len(criterion.checks)
    how_many = f"{criterion.n_met} of {n}" if n > 1 else ordered[0].said
    return (
        f"<details class='ape-section ape-criterion {kind}'><summary>"
        f"<i class='ape-state'>{_state(criterion)}</i><b>{text(criterion.title)}</b> "
        f"<span>{text(criterion.asked)}</span><em>{text(how_many)}</em></summary>"
        "<div class='ape-table-scroll'><table class='ape-checks'><thead><tr><th>Figure</th>"
        "<th>Asked</th><th>Simulated</th><th>Observed</th><th>Holds</th></tr></thead>"
        f"<tbody>{''.join(map(_row, ordered))}</tbody></table></div></details>"
    )


def _row(check: Check) -> str:
    """One figure."""
    observed, simulated = (_shown(check, value) for value in (check.observed, check.simulated))
    title = (
        f" <small>{text(WORDING[check.outcome].title)}</small>" if check.week is not None else ""
    )
    if check.week is None:
        simulated = check.said
    elif check.judged != check.simulated:
        simulated += f" <small>z {check.judged:+.2f}</small>".replace("-", "\N{MINUS SIGN}")
    return (
        f"<tr class='{'is-met' if check.met else 'is-missed'}'><th>{text(check.place)}{title}</th>"
        f"<td>{_asked(check)}</td><td>{simulated}</td><td>{observed}</td>"
        f"<td>{'yes' if check.met else 'no'}</td></tr>"
    )


def _asked(check: Check) -> str:
    """Bounds of a figure."""
    if check.week is None:
        return f"at most {check.high:.2f}"
    if check.judged != check.simulated:
        return f"z within \N{PLUS-MINUS SIGN}{check.high:g}"
    return f"{_shown(check, check.low)} to {_shown(check, check.high)}"


def _shown(check: Check, value: float | None) -> str:
    """Value of a figure, or a dash."""
    return "\N{EN DASH}" if value is None else WORDING[check.outcome].value(value)


def _state(criterion: Criterion) -> str:
    """Whether it holds, in a word."""
    return "holds" if criterion.met else "missed"


def _farthest(criterion: Criterion) -> str:
    """The figure that lies farthest from what is asked."""
    far = criterion.farthest
    title = f", {WORDING[far.outcome].title}" if far.week is not None else ""
    return f"{far.place}{title}: {far.said}"
