"""Where the protocol is kept: saved under a name, deleted, written to a file, taken from one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipywidgets import Button, FileUpload, Text

from ape_core.limits import MAX_YAML_BYTES
from ape_core.spec.protocol_yaml import protocol_to_yaml
from widgets.changes import changes_list
from widgets.editor import editing
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text

if TYPE_CHECKING:
    from ape_core.spec.protocol import Protocol
    from widgets.session import Session


class LibraryPanel:
    """Buttons, and below them what came of it.

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
        self._offered: Protocol | None = None
        self._changes, self._link, self._outcome, self._warning = html(), html(), html(), html()
        self._name = classed(Text(description="Save as"), "ape-field")
        self._name.placeholder = "My clinic, up to 20 weeks"
        self._name.observe(guarded(self, lambda _: self._name_buttons()), names="value")
        self._save = self._button("Save", self._saved)
        self._delete = self._button("Delete", self._ask)
        self._confirm = self._button("Delete it", self._deleted, "ape-danger")
        self._keep = self._button("Keep it", lambda: self._show_question(on=False))
        self._question = box(
            self._warning,
            box(self._confirm, self._keep, classes="ape-actions"),
            classes="ape-question ape-hidden",
        )
        self._upload = classed(
            FileUpload(description="Import YAML", accept=".yaml,.yml", multiple=False, icon=""),
            "ape-button ape-upload ape-upload-yaml",
        )
        self._upload.observe(guarded(self, self._uploaded), names="value")
        too_large = (
            f'<p class="ape-blocked ape-too-large" role="alert" data-most="{MAX_YAML_BYTES}" '
            'data-accept=".yaml,.yml" data-words="is too large for the file of a protocol." '
            "hidden></p>"
        )
        self.view = box(
            html(value="<h3>Keep it</h3>"), self._changes, self._name,
            box(self._save, self._delete, classes="ape-actions"), self._question, self._link,
            self._upload, html(value=too_large), self._outcome,
            classes="ape-editor-part ape-library",
        )  # fmt: skip

    def refresh(self) -> None:
        """Offer the protocol of the question as a file, and what can be done with it."""
        protocol = self._session.protocol
        if protocol != self._offered:
            self._offered, self._outcome.value = protocol, ""
            link = _link(protocol.name, protocol_to_yaml(protocol)) if protocol else ""
            self._link.value = link
            self._show_question(on=False)
            self._say_changes()
        self._name_buttons()

    def _say_changes(self) -> None:
        """Say what is other than in the parent, here where that is about to be kept."""
        parent = editing.parent_of(self._session)
        title = f"Changed from {parent.title}" if parent is not None else ""
        self._changes.value = changes_list(title, editing.changes(self._session))

    def report(self, message: str, hint: str) -> None:
        """Say what went wrong where the reader looks."""
        self._outcome.value = (
            f'<p class="ape-blocked" role="alert">{text(f"{message} {hint}".strip())}</p>'
        )

    def _button(self, name: str, pressed: Callable[[], None], style: str = "") -> Button:
        """Button of the panel."""
        button = classed(Button(description=name), f"ape-button {style}")
        button.on_click(guarded(self, lambda _: pressed()))
        return button

    @property
    def _own(self) -> str:
        """Name of the own protocol that is asked for; empty when it is another."""
        question = self._session.question
        name = question["protocol"]
        return name if question["rules"] is None and name in self._session.library else ""

    def _name_buttons(self) -> None:
        """Say what the buttons do with what is typed and chosen."""
        title = self._name.value.strip()
        replaced = editing.takes_the_place_of(self._session, title)
        self._save.description = "Replace" if replaced else "Save"
        self._save.disabled = not title or self._session.protocol is None
        set_class(self._delete, "ape-hidden", on=not self._own)

    def _saved(self) -> None:
        """Keep the protocol under the name that is typed."""
        title = self._name.value.strip()
        name = editing.save_as(self._session, title)
        self._name.value = ""
        self._draw()
        self._outcome.value = (
            f'<p class="ape-help" role="status">Saved. In a shell: <code>ape run {text(name)}'
            "</code></p>"
        )

    def _ask(self) -> None:
        """Ask whether the protocol is really to be deleted."""
        self._warning.value = (
            '<p role="alert"><b>Delete this protocol?</b> Its runs stay as they are.</p>'
        )
        self._show_question(on=True)

    def _deleted(self) -> None:
        """Delete the protocol."""
        self._show_question(on=False)
        if self._own:
            editing.delete(self._session, self._own)
            self._draw()

    def _show_question(self, *, on: bool) -> None:
        """Show or hide the question before deleting."""
        set_class(self._question, "ape-hidden", on=not on)

    def _uploaded(self, change: Any) -> None:
        """Ask for the protocol of the file that was chosen."""
        if not change.new:
            return
        chosen = change.new[0]
        file, content = Path(str(chosen["name"])).name[:80], bytes(chosen["content"])
        self._upload.value = ()  # the page keeps no copy
        self._outcome.value = ""
        protocol = editing.take_in(self._session, content, file)
        self._draw()
        self._outcome.value = (
            f'<p class="ape-help" role="status">Read: {text(protocol.title)}. It is kept when it '
            "is saved.</p>"
        )


def _link(name: str, content: str) -> str:
    """Link that holds the protocol as a file."""
    data = base64.b64encode(content.encode()).decode("ascii")
    return (
        f'<a class="ape-download" download="{text(name)}.yaml" '
        f'href="data:application/yaml;charset=utf-8;base64,{data}">Export YAML</a>'
    )
