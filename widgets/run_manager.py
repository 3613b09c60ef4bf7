"""What can be done with one run of the list: name it, note something, archive it, delete it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ipywidgets import Button, Text, Textarea

from ape_core.runs.tiering import start_tier_change
from ape_core.storage.names import write_names
from ape_core.storage.tiers import COLD, WARM
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.tiers import about_tier, last_used

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipywidgets import Box

    from widgets.runs_in_store import ListedRun
    from widgets.session import Session


class RunManager:
    """A panel, made once, that stands below whichever run is managed.

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
        self._run: ListedRun | None = None
        self._about, self._saved, self._trouble, self._warning = (html() for _ in range(4))
        # Both are sent when Enter is pressed or the field is left, and saved then.
        self._name = classed(Text(description="Name", continuous_update=False), "ape-field")
        self._note = classed(
            Textarea(description="Note", rows=2, continuous_update=False), "ape-field"
        )
        self._shelve = _button("Archive", self._guard(self._change_tier))
        self._delete = _button("Delete", self._guard(self._ask))
        self._confirm = _button("Delete it", self._guard(self._delete_now), "ape-danger")
        self._keep = _button("Keep it", self._guard(self._keep_it))
        for field in (self._name, self._note):
            field.observe(self._guard(self._save_names), names="value")
        self._choice = box(self._shelve, self._delete, classes="ape-actions")
        self._question = box(
            self._warning,
            box(self._confirm, self._keep, classes="ape-actions"),
            classes="ape-question ape-hidden",
        )
        self.view = self._compose()

    @property
    def run_id(self) -> str:
        """The run that is managed; empty when there is none."""
        return self._run.run_id if self._run else ""

    def manage(self, run: ListedRun | None) -> None:
        """Begin to manage a run, or none."""
        self._run = None
        if run is not None:
            self._take(run)
            self._name.placeholder = run.title
            self._trouble.value = self._saved.value = ""
            self._keep_it(None)
            self.refresh(run)

    def refresh(self, run: ListedRun) -> None:
        """Show what the store says of the run by now; what is being typed stays."""
        before = self._run
        if before is None or (before.name, before.note) != (run.name, run.note):
            self._take(run)
        self._run = run
        self._about.value = _about(run)
        if run.trouble:
            self._trouble.value = _alert(run.trouble)
        self._shelve.description = _next_step(run)
        self._shelve.disabled = run.status != "complete"
        set_class(self._shelve, "ape-hidden", on=bool(run.place))
        self._delete.disabled = bool(run.doing) or run.status in ("running", "queued")

    def _compose(self) -> Box:
        """Arrange the parts."""
        return box(
            self._about, self._name, self._note, self._saved, self._choice, self._question,
            self._trouble, classes="ape-manager",
        )  # fmt: skip

    def _guard(self, handler: Callable[[ListedRun], None]) -> Callable[..., None]:
        """Call with the run that is managed; say in the panel what went wrong."""

        def handled(_: Any = None) -> None:
            self._trouble.value = self._saved.value = ""
            if self._run is not None:
                handler(self._run)

        return guarded(self, handled)

    def report(self, message: str, hint: str) -> None:
        """Tell the reader what went wrong, where the reader looks."""
        self._trouble.value = _alert(f"{message} {hint}")

    def _take(self, run: ListedRun) -> None:
        """Show name and note as they are saved."""
        self._run = None  # so that nothing of it is taken for what a person typed
        self._name.value, self._note.value = run.name, run.note
        self._run = run

    def _save_names(self, run: ListedRun) -> None:
        """Save name and note, if a person changed them."""
        if (self._name.value, self._note.value) == (run.name, run.note):
            return
        folder = self._session.handle(run.run_id).folder
        names = write_names(folder, name=self._name.value, note=self._note.value)
        self._take(replace(run, name=names.name, note=names.note))
        self._saved.value = '<p class="ape-help" role="status">Saved.</p>'
        self._done()

    def _change_tier(self, run: ListedRun) -> None:
        """Archive or restore the run in a process of its own, or stop that process."""
        handle = self._session.handle(run.run_id)
        if run.doing:
            handle.cancel()
        else:
            start_tier_change(handle, WARM if run.is_archived else COLD)
        self._done()

    def _ask(self, run: ListedRun) -> None:
        """Ask whether the run is really to be deleted."""
        self._warning.value = _warning(run)
        set_class(self._question, "ape-hidden", on=False)
        set_class(self._choice, "ape-hidden", on=True)

    def _keep_it(self, _: Any) -> None:
        """Ask no more."""
        set_class(self._question, "ape-hidden", on=True)
        set_class(self._choice, "ape-hidden", on=False)

    def _delete_now(self, run: ListedRun) -> None:
        """Delete the run."""
        self._keep_it(None)
        self._session.delete(run.run_id)
        self._run = None
        self._draw()

    def _done(self) -> None:
        """Show what was changed."""
        self._session.read_list()
        self._draw()


def _button(name: str, pressed: Callable[..., None], style: str = "") -> Button:
    """Button of the panel."""
    button = classed(Button(description=name), f"ape-button {style}")
    button.on_click(pressed)
    return button


def _next_step(run: ListedRun) -> str:
    """What the button does that moves a run between the tiers."""
    if run.doing:
        return "Stop"
    return "Restore" if run.is_archived else "Archive"


def _about(run: ListedRun) -> str:
    """Which run it is, where its rows are, and how far a change is."""
    bar = ""
    if run.doing:
        share = 100 * run.done_share
        waiting = "" if run.done_share else " is-waiting"
        bar = (
            f'<div class="ape-bar{waiting}" role="progressbar" aria-label="{text(run.doing)}" '
            f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share:.0f}">'
            f'<i style="width:{share:.1f}%"></i></div>'
        )
    return (
        f'<p class="ape-help">{text(about_tier(run))} '
        f'<span class="ape-run-id">Run {text(run.run_id[:12])}, {text(last_used(run))}.</span></p>'
        f"{bar}"
    )


def _warning(run: ListedRun) -> str:
    """What deleting means."""
    patients = words.plural(run.n_patients, "patient") if run.n_patients else "everything in it"
    named = " Its name and note go, too." if run.name or run.note else ""
    return (
        f'<p role="alert"><b>Delete this run with {text(patients)} for good?</b> '
        f"This cannot be undone. The same question can be simulated again.{named}</p>"
    )


def _alert(message: str) -> str:
    """Something that went wrong."""
    return f'<p class="ape-blocked" role="alert">{text(message)}</p>'
