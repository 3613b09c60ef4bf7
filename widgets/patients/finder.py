"""Where to look and for whom: the run, a number, a sentence, and four ways to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, Text

from ape_core.terms import OF_STUDY, runs_of_studies
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.patients.wishes import WISHES, sentence_of
from widgets.tiers import state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.patients.session import PatientsSession
    from widgets.runs_in_store import ListedRun

WAYS: Final = (
    ("typical", "Typical", "Nearest to the middle in age, acuity and injections"),
    ("best", "Best", "Most letters gained from the first to the last visit"),
    ("worst", "Worst", "Most letters lost from the first to the last visit"),
    ("random", "Random", "Drawn by lot; again for others"),
)
_NO_RUN: Final = ("No run", "")
_STUDIES: Final = "studies"
"""Value of the choice that lists the runs of studies, too, or leaves them out again."""


class FinderPanel:
    """Form whose every change looks again."""

    def __init__(self, session: PatientsSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._offering = self._shows_studies = False
        self._run = classed(Dropdown(description="Run", options=[_NO_RUN]), "ape-field")
        self._number = classed(
            Text(description="Patient number", continuous_update=False), "ape-field"
        )
        self._show = classed(Button(description="Show"), "ape-button")
        self._wishes = {
            wish.name: classed(
                Dropdown(
                    description=wish.label,
                    options=[(choice.label, i) for i, choice in enumerate(wish.choices)],
                ),
                "ape-field",
            )
            for wish in WISHES
        }
        self._ways = {
            order: classed(Button(description=name, tooltip=about), "ape-button")
            for order, name, about in WAYS
        }
        self._sentence = html()
        self._connect()
        self.view = box(
            self._run,
            box(self._number, self._show, classes="ape-pair ape-by-number"),
            html(value="<h2>Show me one who ...</h2>"),
            box(*self._wishes.values(), classes="ape-wishes"),
            self._sentence,
            box(*self._ways.values(), classes="ape-ways"),
            classes="ape-form",
        )

    def refresh(self) -> None:
        """Show the runs of the store and what is asked."""
        session = self._session
        self._offer(self._options() or [_NO_RUN])
        for name, field in self._wishes.items():
            field.value = session.chosen.get(name, 0)
        for order, button in self._ways.items():
            button.disabled = session.summary is None
            set_class(button, "ape-primary", on=order == session.order)
        self._show.disabled = session.summary is None
        said = f"Show me {sentence_of(session.chosen)}:"
        self._sentence.value = f'<p class="ape-help ape-said">{text(said)}</p>'

    def _options(self) -> list[tuple[str, str]]:
        """Runs to choose among, and at the end what lists those of studies, if there are any."""
        runs, shown = self._session.runs, self._session.run_id
        studies = [run for run in runs if run.is_of_study and run.run_id != shown]
        left_out = [] if self._shows_studies else studies
        options = [(_run_words(run), run.run_id) for run in runs if run not in left_out]
        if studies:
            step = "Hide" if self._shows_studies else "Show"
            options.append((f"{step} {runs_of_studies(len(studies))}", _STUDIES))
        return options

    def _offer(self, options: list[tuple[str, str]]) -> None:
        """Let the reader choose among the runs; what is set here is not what a reader chose."""
        known = [run_id for _, run_id in options]
        shown = self._session.run_id if self._session.run_id in known else known[0]
        if list(self._run.options) == options and self._run.value == shown:
            return
        self._offering = True
        try:
            self._run.options = options
            self._run.value = shown
        finally:
            self._offering = False

    def _connect(self) -> None:
        """Pass every change to the session."""
        session = self._session
        self._run.observe(guarded(session, self._run_chosen), names="value")
        self._number.observe(guarded(session, self._numbered), names="value")
        self._show.on_click(guarded(session, self._numbered))
        for name, field in self._wishes.items():
            field.observe(guarded(session, self._wished(name)), names="value")
        for order, button in self._ways.items():
            button.on_click(guarded(session, self._way(order)))

    def _run_chosen(self, change: Any) -> None:
        """Look in another run, or among more runs."""
        if change.new == _STUDIES and not self._offering:
            self._shows_studies = not self._shows_studies
            self.refresh()
        elif change.new and change.new != self._session.run_id and not self._offering:
            self._session.open(change.new)
            self._draw()

    def _numbered(self, _: Any) -> None:
        """Show the patient of the number in the field."""
        if self._number.value.strip():
            self._session.show(self._number.value)
            self._draw()

    def _wished(self, name: str) -> Any:
        """Handler that asks something else."""

        def wished(change: Any) -> None:
            if change.new != self._session.chosen.get(name, 0):
                self._session.wish(name, change.new)
                self._draw()

        return wished

    def _way(self, order: str) -> Any:
        """Handler that looks in another way."""

        def pressed(_: Any) -> None:
            self._session.find(order)
            self._draw()

        return pressed


def _run_words(run: ListedRun) -> str:
    """A run in one line, and its state unless it is complete."""
    if run.status == "corrupt":
        return f"{run.shown_name}: damaged"
    state = "" if run.status == "complete" else f" ({state_of(run).lower()})"
    size = f"{words.short_count(run.n_patients)} patients, {words.plural(run.years, 'year')}"
    study = f", {OF_STUDY}" if run.is_of_study else ""
    other = f", {run.other_than_usual}" if run.other_than_usual else ""
    return f"{run.shown_name}{study}{other}, {size}, seed {run.seed}{state}"
