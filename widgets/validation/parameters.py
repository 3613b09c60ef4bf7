"""Every number that the model rests on: value, range, unit, source, confidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ape_core.spec.model import load_model
from ape_core.spec.population import load_population
from widgets.html import html, text
from widgets.validation.headings import heading

if TYPE_CHECKING:
    from ape_core.spec.parameter import Parameter

POPULATIONS: Final = ("trial", "uk-routine-care")


class ParametersPanel:
    """A card with a section for the disease, the drugs and each population."""

    def __init__(self) -> None:
        self.view = html("ape-card", "ape-all", value=parameters_markup())


def parameters_markup() -> str:
    """Heading, and a table for each group."""
    sections = "".join(
        _section(name, group, is_open=place == 0) for place, (name, group) in enumerate(groups())
    )
    return (
        f"{heading('parameters')}<p class='ape-said'>Value, the range in which "
        "it plausibly lies, and how much the source is worth. Values marked as fitted were found "
        f"together; none of them stands alone.</p>{sections}"
    )


def groups() -> list[tuple[str, list[tuple[str, Parameter]]]]:
    """Names of the groups, and their parameters by name."""
    model = load_model()
    drugs = [
        (f"{drug} {parameter.name}", parameter)
        for drug, does in model.drugs.items()
        for parameter in (does.dose, does.half_life_days)
    ]
    found = [("Disease", list(model.parameters.items())), ("Drugs", drugs)]
    for name in POPULATIONS:
        people = load_population(name)
        found.append((f"Patients: {people.title}", [(n.name, n) for n in people.numbers]))
    return found


def _section(name: str, group: Iterable[tuple[str, Parameter]], *, is_open: bool) -> str:
    """One table, folded unless it is open."""
    rows = [_row(label, parameter) for label, parameter in group]
    return (
        f"<details class='ape-section'{' open' if is_open else ''}><summary><b>{text(name)}</b> "
        f"<span>{len(rows)} parameters</span></summary><div class='ape-table-scroll'>"
        "<table class='ape-table'><thead><tr><th>Parameter</th><th>Value</th><th>Range</th>"
        "<th>Unit</th><th>Confidence</th><th>Source</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def _row(label: str, parameter: Parameter) -> str:
    """One parameter."""
    name = label.replace("_", " ").replace(".", ", ")
    cells = (
        f"{parameter.value:g}",
        f"{parameter.low:g} to {parameter.high:g}",
        parameter.unit or "pure number",
        parameter.confidence,
        parameter.source,
    )
    minus = "\N{MINUS SIGN}"
    shown = [cell.replace("-", minus) if place < 2 else cell for place, cell in enumerate(cells)]
    return f"<tr><th>{text(name)}</th>{''.join(f'<td>{text(cell)}</td>' for cell in shown)}</tr>"
