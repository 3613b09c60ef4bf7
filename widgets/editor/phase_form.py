"""One phase of a protocol: its regimen, the fields of that regimen, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ipywidgets import Button

from ape_core.spec.phases import PHASE_KINDS
from ape_core.spec.protocol_guide import GUIDE, REGIMEN, UNTIL_WEEK
from widgets.editor import draft
from widgets.editor.form import FieldForm
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class

if TYPE_CHECKING:
    from ape_core.spec.field_guide import Field
    from widgets.session import Session


class PhaseForm:
    """A phase; made once for each place, and hidden where the protocol has fewer phases.

    Parameters
    ----------
    session
        The page's view of the store.
    place
        Which phase it is, from 0.
    apply
        Called with a function that changes the rules, and the field that was typed into.
    """

    def __init__(
        self,
        session: Session,
        place: int,
        apply: Callable[[Callable[[draft.Rules], draft.Rules], str], None],
    ) -> None:
        self._session = session
        self._place = place
        self._apply = apply
        self._part = f"phases[{place}]"
        self._head = html(value=f"<h3>Phase {place + 1}</h3>")
        self._regimen = FieldForm((REGIMEN,), self._regimen_chosen, session)
        self._end = FieldForm((UNTIL_WEEK,), self._typed, session)
        self._forms: dict[str, FieldForm] = {}
        self._remove = classed(Button(description=f"Remove phase {place + 1}"), "ape-button")
        self._remove.on_click(guarded(session, self._removed))
        self._below = (self._end.view, self._remove)
        self.view = box(
            self._head, self._regimen.view, *self._below, classes="ape-editor-part ape-phase"
        )

    def refresh(self, rules: draft.Rules, wrong: tuple[str, str]) -> bool:
        """Show the phase; return whether what is wrong could be said in it."""
        phases = rules["phases"]
        set_class(self.view, "ape-hidden", on=self._place >= len(phases))
        if self._place >= len(phases):
            return False
        phase = phases[self._place]
        field, message = wrong
        mine = field.removeprefix(f"{self._part}.") if field.startswith(f"{self._part}.") else ""
        here = (mine, message)
        found = self._regimen.refresh(phase, here)
        found = self._show_fields(phase, here) or found
        is_last = self._place == len(phases) - 1
        set_class(self._end.view, "ape-hidden", on=is_last and "until_week" not in phase)
        found = self._end.refresh(phase, here) or found
        set_class(self._head, "ape-hidden", on=len(phases) == 1)
        set_class(self._remove, "ape-hidden", on=len(phases) == 1)
        return found

    def _show_fields(self, phase: draft.Rules, wrong: tuple[str, str]) -> bool:
        """Show the fields of the regimen, and hide those of others."""
        regimen = str(phase.get("regimen", ""))
        if regimen in PHASE_KINDS and regimen not in self._forms:
            form = FieldForm(GUIDE[PHASE_KINDS[regimen]], self._typed, self._session)
            self._forms[regimen] = form
            shown = [form.view for form in self._forms.values()]
            self.view.children = (self._head, self._regimen.view, *shown, *self._below)
        for name, form in self._forms.items():
            set_class(form.view, "ape-hidden", on=name != regimen)
        return regimen in self._forms and self._forms[regimen].refresh(phase, wrong)

    def _typed(self, field: Field, value: Any) -> None:
        """Put a value into the rules."""
        self._apply(
            lambda rules: draft.put(rules, self._part, field.name, value),
            f"{self._part}.{field.name}",
        )

    def _regimen_chosen(self, _: Field, regimen: Any) -> None:
        """Give the phase another regimen."""
        if regimen in PHASE_KINDS:
            self._apply(lambda rules: draft.set_regimen(rules, self._place, regimen), "")

    def _removed(self, _: Any) -> None:
        """Take the phase away."""
        self._apply(lambda rules: draft.remove_phase(rules, self._place), "")
