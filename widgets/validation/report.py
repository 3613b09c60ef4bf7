"""A validation as a report: text, tables and images that read the same without a kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ape_core.analysis.wording import WORDING
from ape_core.errors import RunFailedError
from widgets import format as words
from widgets.caveat import caveat
from widgets.html import text
from widgets.validation.criteria import criteria_table
from widgets.validation.goodness import goodness_markup
from widgets.validation.misses import misses_markup
from widgets.validation.parameters import groups
from widgets.validation.records_panel import records_markup
from widgets.validation.words import figure, outcome_title

if TYPE_CHECKING:
    from ape_core.analysis.validation import Validation
    from ape_core.spec.parameter import Parameter
    from widgets.validation.session import ValidationSession

_LOOK_SECONDS: Final = 0.2
_WIDTH_PX: Final = 820


class ValidationReport:
    """What a notebook shows of a validation.

    Parameters
    ----------
    session
        What is computed, and how far it is.
    """

    def __init__(self, session: ValidationSession) -> None:
        self.session = session

    def _ipython_display_(self) -> None:
        """Wait until everything is computed, then show it."""
        from IPython.display import HTML, Image, display

        from widgets.validation.static import draw_all

        validation = self.wait()
        session = self.session
        for markup in self.parts(validation):
            display(HTML(markup))  # type: ignore[no-untyped-call]
        for title, png in draw_all(validation, session.records).items():
            shown = Image(data=png, alt=text(title), width=_WIDTH_PX)  # type: ignore[no-untyped-call]
            display(shown)  # type: ignore[no-untyped-call]
        display(HTML(parameter_tables()))  # type: ignore[no-untyped-call]

    def wait(self) -> Validation:
        """Have it computed and wait for it.

        Raises
        ------
        RunFailedError
            It could not be computed.
        """
        session = self.session
        session.arrive()
        while not session.is_settled:
            time.sleep(_LOOK_SECONDS)
            session.refresh()
            if session.state.status == "absent":
                raise RunFailedError("The process that simulates has ended.", "Run the cell again.")
        if session.validation is None:
            raise RunFailedError(session.state.error, session.state.hint)
        return session.validation

    def parts(self, validation: Validation) -> list[str]:
        """Everything that is words and tables."""
        session = self.session
        return [
            "<h2>Goodness of fit</h2>" + goodness_table(validation) + caveat(),
            criteria_table(validation),
            misses_markup(validation),
            records_markup(session.records, session.records_path, session.problem),
            targets_table(validation),
        ]


def goodness_table(validation: Validation) -> str:
    """Goodness of fit in one number, and what it means."""
    meaning = goodness_markup(validation).split("</dl>")[1]
    return (
        f"<p><b>Root mean square z of the mean changes in acuity: {validation.goodness:.2f}</b> "
        f"({words.count(validation.n_patients)} patients in each arm, model version "
        f"{text(validation.model_version)}).</p>{meaning}"
    )


def targets_table(validation: Validation) -> str:
    """Every target as a row, with its source."""
    rows = "".join(
        f"<tr><td>{text(row.arm)}</td><td>{row.week}</td>"
        f"<td>{text(outcome_title(outcome))} ({text(WORDING[outcome].unit or 'pure number')})</td>"
        f"<td>{figure(outcome, row.observed)}</td><td>{figure(outcome, row.simulated)}</td>"
        f"<td>{words.signed(row.z)}</td><td>{'yes' if row.fitted else 'no'}</td>"
        f"<td>{text(row.source.citation)} {text(row.source.identifier)} {text(row.source.note)}"
        "</td></tr>"
        for outcome in validation.outcomes
        for row in validation.of_outcome(outcome)
    )
    return (
        "<h2>Every target</h2><table><thead><tr><th>Arm</th><th>Week</th><th>Outcome</th>"
        "<th>Observed</th><th>Simulated</th><th>z</th><th>Fitted</th><th>Source</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def parameter_tables() -> str:
    """Every parameter with its source."""
    tables = "".join(_table(name, group) for name, group in groups())
    return f"<h2>Parameters and where they come from</h2>{tables}"


def _table(name: str, group: list[tuple[str, Parameter]]) -> str:
    """One group of parameters."""
    rows = "".join(
        f"<tr><td>{text(label)}</td><td>{each.value:g}</td><td>{each.low:g} to {each.high:g}</td>"
        f"<td>{text(each.unit)}</td><td>{each.confidence}</td><td>{text(each.source)}</td></tr>"
        for label, each in group
    )
    return (
        f"<h3>{text(name)}</h3><table><thead><tr><th>Parameter</th><th>Value</th><th>Range</th>"
        f"<th>Unit</th><th>Confidence</th><th>Source</th></tr></thead><tbody>{rows}</tbody></table>"
    )
