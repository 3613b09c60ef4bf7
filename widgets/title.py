"""Name of the product, and one line that says what is being shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.storage.changes import changes_in_short
from ape_core.terms import run_state
from widgets import format as words
from widgets.changes import changed_line
from widgets.html import html, text
from widgets.page import is_page
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec
    from widgets.runs_in_store import ListedRun
    from widgets.session import Session


def state_words(status: str, *, cancelled: bool) -> str:
    """State of a run in one word, as it begins a line."""
    return run_state(status, cancelled=cancelled).capitalize()


def brand() -> str:
    """Mark and name: visits whose intervals grow, on an arc."""
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="2.1"/>' for x, y in _DOTS)
    return (
        '<div class="ape-brand"><svg viewBox="0 0 34 34" aria-hidden="true">'
        f'<rect width="34" height="34" rx="9" fill="{colour("accent")}"/>'
        f'<path d="M5.5 23.5C9 14 15 10 28.5 9.6" fill="none" stroke="{colour("on-accent")}" '
        'stroke-width="1.6" stroke-opacity=".55"/>'
        f'<g fill="{colour("on-accent")}">{dots}</g></svg>'
        "<div><h1>APE</h1><span>AMD Protocol Explorer</span></div></div>"
    )


_DOTS: Final = ((5.5, 23.5), (7.9, 18.6), (11.8, 14.2), (18.2, 11.0), (28.5, 9.6))


def title_of(spec: RunSpec) -> str:
    """What is simulated, as a title that breaks between words only."""
    return spec.protocol.title.replace("-", "\N{NON-BREAKING HYPHEN}")


def line_about(spec: RunSpec) -> str:
    """Who is simulated, and for how long, as a plain line."""
    return line_with(spec, words.plural(spec.years, "year"))


def line_with(spec: RunSpec, how_long: str) -> str:
    """Who is simulated, and some words for how long, as a plain line."""
    eyes = ", both eyes (charts show the first)" if spec.cohort.two_eyes else ""
    return (
        f"{words.count(spec.cohort.n_patients)} simulated patients, {spec.people.title}, "
        f"{how_long}, seed {spec.seed}{eyes}"
    )


def _reference(run_id: str) -> str:
    """How to come back to a run: the link of a page, or the call in a notebook."""
    if is_page():
        return f'<a class="ape-copy-link" href="?run={run_id}">Copy link</a>'
    return f'<code class="ape-reference">ape.open_run("{run_id}")</code>'


_ARCHIVED: Final = (
    '<p class="ape-aside">Archived to save space. Everything here is complete and up to date; '
    "nothing has to be restored.</p>"
)


def _archived(listed: ListedRun | None, status: str, state: str) -> tuple[str, str]:
    """Class and word of the state, which a complete run that is archived has of its own."""
    if status == "complete" and listed is not None and listed.archived_words:
        return "archived", listed.archived_words
    return status, state


class TitlePanel:
    """Title of the run that is shown, its state and the link to it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes_of: RunSpec | None = None
        self._changes = ""
        self.view = html()

    def refresh(self) -> None:
        """Show the run of the session."""
        spec, progress = self._session.shown, self._session.progress
        if spec is None:
            self.view.value = (
                '<div class="ape-title"><div><h2>No run is open</h2>'
                "<p>Ask a question, or open an earlier run.</p></div></div>"
            )
            return
        status = progress.status if progress else "queued"
        if self._session.damage is not None:
            status = "corrupt"
        state = state_words(status, cancelled=self._session.cancelled)
        status, state = _archived(self._session.listed, status, state)
        # While it runs, the bar beside the title says so.
        chip = f'<span class="ape-chip is-{text(status)}">{text(state)}</span>'
        self.view.value = (
            f'<div class="ape-title"><div><h2>{text(title_of(spec))}</h2>'
            f"<p>{text(self._line(spec))} {_reference(spec.run_id[:12])}</p>"
            f"{self._say_changes(spec)}{_ARCHIVED if status == 'archived' else ''}</div>"
            f"{'' if status in ('running', 'queued') else chip}</div>"
        )

    def _line(self, spec: RunSpec) -> str:
        """Who is simulated, and for how long."""
        return line_about(spec)

    def _say_changes(self, spec: RunSpec) -> str:
        """Say what is other than usual; that of a run is looked up once."""
        if self._changes_of is not spec:
            said = changes_in_short(spec, self._session.store)
            self._changes = changed_line(said)
            self._changes_of = spec
        return self._changes
