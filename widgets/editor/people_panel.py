"""Who is treated, where it is to be other than in the population, and what that rests on."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button

from ape_core.spec.people_guide import CAPACITY, GROUPS, SINGLES, usual_values
from ape_core.spec.population import load_population
from widgets.editor.form import FieldForm
from widgets.editor.numbers import number_rows
from widgets.editor.wording import in_words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text

if TYPE_CHECKING:
    from ape_core.spec.field_guide import Field
    from widgets.session import Session

_PEOPLE: Final = "people."
_PAIRS: Final = ("baseline_letters", "age_years")
"""Groups of which mean and SD are given together."""


class PeoplePanel:
    """Fields that are empty where the population decides.

    Parameters
    ----------
    session
        The page's view of the store.
    draw
        Shows what was changed.
    """

    def __init__(self, session: Session, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._groups = {
            name: FieldForm(fields, partial(self._typed, name), session)
            for name, (_, fields) in GROUPS.items()
        }
        self._singles = FieldForm(SINGLES, partial(self._typed, ""), session)
        self._capacity = FieldForm(CAPACITY, self._capacity_typed, session)
        self._reset = classed(Button(description="As usual"), "ape-button")
        self._reset.on_click(guarded(session, self._all_reset))
        self._trouble, self._numbers = html(), html()
        self._told = ""
        parts = [
            box(html(value=f"<h3>{text(title)}</h3>"), self._groups[name].view,
                classes="ape-editor-part")
            for name, (title, _) in GROUPS.items()
        ]  # fmt: skip
        self.view = box(
            *parts[:2], box(self._singles.view, classes="ape-editor-part"), *parts[2:],
            box(html(value="<h3>Room in clinics</h3>"), self._capacity.view,
                classes="ape-editor-part"),
            self._trouble, self._reset, self._numbers, classes="ape-editor",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show what is overridden, and in empty fields what the population has."""
        session = self._session
        people = session.question["people"]
        wrong = session.wrong_field
        is_mine = wrong.partition(".")[0] in ("people", "capacity")
        field = wrong.removeprefix(_PEOPLE) if is_mine else ""
        usual = self._usual()
        found = [self._singles.refresh(people, (field, session.problem), usual.get("", {}))]
        for name, form in self._groups.items():
            mine = field.removeprefix(f"{name}.") if field.startswith(f"{name}.") else ""
            values = people.get(name, {"kind": "at-once"} if name == "recruitment" else {})
            found.append(form.refresh(values, (mine, session.problem), usual.get(name, {})))
        mine = field.removeprefix("capacity.") if field.startswith("capacity.") else ""
        found.append(self._capacity.refresh(session.question["capacity"], (mine, session.problem)))
        unsaid = is_mine and not any(found)
        words = text(in_words(session.problem)) if unsaid else ""
        self._trouble.value = f'<p class="ape-blocked" role="status">{words}</p>' if words else ""
        set_class(self._reset, "ape-hidden", on=not people and not session.question["capacity"])
        self._show_numbers()

    def _usual(self) -> dict[str, dict[str, str]]:
        """What the fields are in the population, as text."""
        if self._session.question["population_of_run"] is not None:
            return {}
        return usual_values(load_population(self._session.question["population"]))

    def _show_numbers(self) -> None:
        """List every number of the population with its source."""
        name = self._session.question["population"]
        if name == self._told or self._session.question["population_of_run"] is not None:
            return
        self._told = name
        population = load_population(name)
        rows = {item.name.replace("_", " ").replace(".", ", "): item for item in population.numbers}
        self._numbers.value = (
            f'<details class="ape-more"><summary><b>All {len(rows)} numbers of '
            f"{text(population.title)}</b></summary>{number_rows(rows)}</details>"
        )

    def _typed(self, group: str, field: Field, value: Any) -> None:
        """Override a number, or leave it to the population again."""
        people = deepcopy(self._session.question["people"])
        owner = people.setdefault(group, {}) if group else people
        if value is None or value == "" or (field.kind == "switch" and not value):
            owner.pop(field.name, None)
        else:
            owner[field.name] = value
        if group in _PAIRS and owner:
            self._complete(group, field.name, owner)
        if group == "recruitment":
            people[group] = _recruitment(owner)
        if group and not people[group]:
            del people[group]
        self._session.edit("people", people)
        self._draw()

    def _capacity_typed(self, field: Field, value: Any) -> None:
        """Limit the clinics, or no longer."""
        capacity = {**self._session.question["capacity"], field.name: value}
        given = {name: number for name, number in capacity.items() if number is not None}
        self._session.edit("capacity", given)
        self._draw()

    def _complete(self, group: str, typed: str, values: dict[str, Any]) -> None:
        """Give mean and SD of the population with a number that needs them."""
        fields = {field.name: field for field in GROUPS[group][1]}
        usual = self._usual().get(group, {})
        for name in ("mean", "sd"):
            if name not in values and name != typed and usual.get(name):
                values[name] = fields[name].read(usual[name])

    def _all_reset(self, _: Any) -> None:
        """Leave everything to the population."""
        self._session.edit("people", {})
        self._session.edit("capacity", {})
        self._draw()


def _recruitment(values: dict[str, Any]) -> dict[str, Any]:
    """Recruitment without what does not count, and nothing when all come at once."""
    kind = values.get("kind", "at-once")
    fields = GROUPS["recruitment"][1]
    kept = {
        field.name: values[field.name]
        for field in fields
        if field.name in values and field.counts({"kind": kind})
    }
    return {} if kind == "at-once" else {**kept, "kind": kind}
