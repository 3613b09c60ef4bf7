"""The rules of the protocol: drug, loading, phases, stopping; and where it is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button

from ape_core.spec.field_guide import Field
from ape_core.spec.protocol import MAX_PHASES, AfterStopping, Loading, Stopping
from ape_core.spec.protocol_guide import DRUG, GUIDE
from widgets.editor import draft, editing
from widgets.editor.form import FieldForm
from widgets.editor.library_panel import LibraryPanel
from widgets.editor.phase_form import PhaseForm
from widgets.editor.wording import in_words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text

if TYPE_CHECKING:
    from widgets.session import Session

_RULES: Final = "rules."
_SWITCHES: Final = (
    Field("loading", "Loading phase", "Injections at the start, whatever is seen.", "switch"),
    Field(
        "after_stopping",
        "Watched after stopping",
        "Whether an eye is still seen when treatment stopped because it was stable.",
        "switch",
    ),
)


class ProtocolPanel:
    """Every field of the protocol; a change makes it an edited one, with a parent.

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
        self._touched = ""
        self._drug = FieldForm((DRUG,), partial(self._typed, ""), session)
        self._switches = {
            field.name: FieldForm((field,), self._switched, session) for field in _SWITCHES
        }
        self._parts = {
            name: FieldForm(GUIDE[kind], partial(self._typed, name), session)
            for name, kind in (
                ("loading", Loading),
                ("stopping", Stopping),
                ("after_stopping", AfterStopping),
            )
        }
        self._phases: list[PhaseForm] = []
        self._phase_box = box(classes="ape-phases")
        self._add = classed(Button(description="Add a phase"), "ape-button")
        self._add.on_click(guarded(session, self._added))
        self._trouble = html()
        self._library = LibraryPanel(session, draw)
        self.view = self._compose()

    def refresh(self) -> None:
        """Show the rules, and beside its field what is wrong."""
        rules = editing.rules_of(self._session)
        if rules is None:
            return
        session = self._session
        is_mine = session.wrong_field.startswith(_RULES)
        field = self._where(session.wrong_field.removeprefix(_RULES)) if is_mine else ""
        wrong = (field, session.problem if is_mine else "")
        said = [self._drug.refresh(rules, wrong), *self._show_parts(rules, wrong)]
        said += self._show_phases(rules, wrong)
        unsaid = is_mine and not any(said)
        self._trouble.value = _alert(in_words(session.problem)) if unsaid else ""
        self._library.refresh()

    def _where(self, field: str) -> str:
        """Field at which to say what is wrong: of two that contradict each other, the typed one."""
        part, _, name = self._touched.rpartition(".")
        beside = field.rpartition(".")[0] == part and part != ""
        return self._touched if beside and name in self._session.problem else field

    def _compose(self) -> Any:
        """Arrange the parts in the order of time."""
        loading, after = self._switches["loading"].view, self._switches["after_stopping"].view
        return box(
            self._drug.view,
            box(loading, self._parts["loading"].view, classes="ape-editor-part"),
            self._phase_box, self._add,
            box(html(value="<h3>Stopping</h3>"), self._parts["stopping"].view,
                classes="ape-editor-part"),
            box(after, self._parts["after_stopping"].view, classes="ape-editor-part"),
            self._trouble, self._library.view, classes="ape-editor",
        )  # fmt: skip

    def _show_parts(self, rules: draft.Rules, wrong: tuple[str, str]) -> list[bool]:
        """Show loading, stopping and what follows."""
        field, message = wrong
        found = []
        for name, form in self._parts.items():
            values = draft.part_at(rules, name)
            mine = field.removeprefix(f"{name}.") if field.startswith(f"{name}.") else ""
            if name in self._switches:
                self._switches[name].refresh({name: name in rules}, (field, message))
                set_class(form.view, "ape-hidden", on=name not in rules)
            found += [
                form.refresh(values, (mine, message)),
                name in self._switches and field == name,
            ]
        return found

    def _show_phases(self, rules: draft.Rules, wrong: tuple[str, str]) -> list[bool]:
        """Show the phases; forms are made as they are needed, and kept."""
        phases = rules["phases"]
        while len(self._phases) < len(phases):
            self._phases.append(PhaseForm(self._session, len(self._phases), self._apply))
            self._phase_box.children = tuple(form.view for form in self._phases)
        self._add.disabled = len(phases) >= MAX_PHASES
        return [form.refresh(rules, wrong) for form in self._phases]

    def _typed(self, part: str, field: Field, value: Any) -> None:
        """Put a value into the rules."""
        touched = f"{part}.{field.name}" if part else field.name
        self._apply(lambda rules: draft.put(rules, part, field.name, value), touched)

    def _switched(self, field: Field, on: Any) -> None:
        """Add a part or take it away."""
        self._apply(lambda rules: draft.set_part(rules, field.name, on=bool(on)))

    def _added(self, _: Any) -> None:
        """Add a phase at the end."""
        self._apply(draft.add_phase)

    def _apply(self, alter: Callable[[draft.Rules], draft.Rules], touched: str = "") -> None:
        """Change the rules, and show what follows."""
        self._touched = touched
        rules = editing.rules_of(self._session)
        if rules is not None:
            editing.change(self._session, alter(rules))
        self._draw()


def _alert(message: str) -> str:
    """What is wrong with no single field."""
    return f'<p class="ape-blocked" role="status">{text(message)}</p>'
