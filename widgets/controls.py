"""The question: protocol, population, number of patients, years, seed; and the button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, Text

from ape_core.spec.population import list_populations, load_population
from widgets import format as words
from widgets.changes import changes_list
from widgets.editor import editing
from widgets.editor.fold import Fold
from widgets.editor.model_panel import ModelPanel
from widgets.editor.people_panel import PeoplePanel
from widgets.editor.protocol_panel import ProtocolPanel
from widgets.editor.wording import in_words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.progress import time_words
from widgets.question_form import QuestionForm
from widgets.schedule_picture import schedule_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ape_core.runs import Estimate
    from widgets.session import Session

PRESETS: Final = (1_000, 3_000, 20_000, 100_000, 1_000_000, 10_000_000)
_OWN_NUMBER: Final = 0


class ControlsPanel(QuestionForm["Session"]):
    """Form whose every change updates the estimate and says what is in the way, if anything."""

    def __init__(self, session: Session, draw: Callable[[], None]) -> None:
        super().__init__(session, draw)
        self._told_for: tuple[Any, ...] = ()
        self._n_changed = 0
        self._protocol_words, self._population_words = html(), html()
        self._estimate, self._hint = html(), html()
        session.read_protocols()
        self._protocol = _choice("Protocol", _protocols(session))
        self._population = _choice("Population", _populations(session))
        self._edit = Fold("Edit the protocol", lambda: ProtocolPanel(session, draw), session)
        self._people = Fold("Population and eyes", lambda: PeoplePanel(session, draw), session)
        self._model = Fold("Disease model", lambda: ModelPanel(session, draw), session)
        self._patients, self._years, self._seed = (
            classed(Text(description=name, continuous_update=True), "ape-field")
            for name in ("Patients", "Years", "Seed")
        )
        presets = [(words.count(number), number) for number in PRESETS]
        self._preset = _choice("Presets", [("Choose", _OWN_NUMBER), *presets])
        self._start = classed(Button(description="Start"), "ape-button ape-primary")
        self._fields = {
            "protocol": self._protocol,
            "population": self._population,
            "patients": self._patients,
            "years": self._years,
            "seed": self._seed,
        }
        self._connect(self._fields, self._start)
        self._preset.observe(guarded(session, self._preset_chosen), names="value")
        self.view = box(
            html(value="<h2>Question</h2>"), self._protocol, self._protocol_words, self._edit.view,
            self._population, self._population_words, self._people.view, self._model.view,
            box(self._patients, self._preset, classes="ape-pair"),
            box(self._years, self._seed, classes="ape-pair"),
            self._estimate, box(self._start, classes="ape-start"), self._hint, classes="ape-form",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the question of the session."""
        question = self._session.question
        with self._filling():
            _choose(self._protocol, _protocols(self._session), question["protocol"])
            _choose(self._population, _populations(self._session), question["population"])
            self._show(self._fields)
        self._preset.value = _preset_of(question["patients"])
        self._explain()
        self._say()

    def _preset_chosen(self, change: Any) -> None:
        """Copy a common number into the field."""
        if change.new != _OWN_NUMBER and change.new != _preset_of(self._patients.value):
            self._patients.value = words.count(change.new)

    def _explain(self) -> None:
        """Explain the protocol and the population of the question, and what is other in them."""
        session = self._session
        told_for = (session.protocol, session.known_protocols)
        if told_for != self._told_for:
            self._told_for = told_for
            self._explain_protocol()
        self._edit.refresh(self._n_changed)
        kept = session.question["population_of_run"]
        if kept is None:
            about = load_population(session.question["population"]).description
        else:
            about = "This population came with the run. It does not ship with this APE."
        self._population_words.value = _more(about, {})
        self._people.refresh(len(session.question["people"]) + bool(session.question["capacity"]))
        self._model.refresh(len(session.question["model"]))

    def _explain_protocol(self) -> None:
        """Show the schedule of the protocol, what is changed in it, and what is said of it."""
        session = self._session
        protocol, changed = session.protocol, editing.changes(session)
        self._n_changed = len(changed)
        set_class(self._protocol_words, "ape-stale", on=protocol is None)
        if protocol is None:  # while rules contradict each other, the last picture stays
            return
        origin = changes_list(_made_from(session), changed)
        if protocol.parent and not origin:
            origin = f'<p class="ape-help">{text(_made_from(session))}</p>'
        self._protocol_words.value = (
            schedule_picture(protocol)
            + origin
            + _more(
                protocol.description or " ".join(protocol.summary_sentences()),
                {"Rules": protocol.summary_sentences(), "Sources": protocol.sources},
            )
        )

    def _say(self) -> None:
        """Show what the run would take, and why it cannot start, if so."""
        session = self._session
        self._start.disabled = bool(session.problem) or session.is_shown
        again = session.answered and not session.is_shown
        self._start.description = "Open this run" if again else "Start"
        needs, compiles = session.estimate, session.is_compiling
        self._estimate.value = estimate_markup(needs, compiles=compiles) if needs else ""
        self._hint.value = _hint(session)


def _choose(field: Dropdown, options: list[tuple[str, str]], chosen: str) -> None:
    """Let a list offer these options, of which one is chosen."""
    if tuple(field.options) != tuple(options):
        field.options = options
    if field.value != chosen:
        field.value = chosen


def _protocols(session: Session) -> list[tuple[str, str]]:
    """Titles and names of the protocols: shipped, own, and the one that is edited."""
    question = session.question
    found = [(f"Own: {p.title}" if p.is_own else p.title, p.name) for p in session.protocols]
    if question["rules"] is not None:
        own = (editing.label_of(question["rules"]), question["protocol"])
        return [own, *(item for item in found if item[1] != own[1])]
    if question["protocol"] not in [name for _, name in found]:
        found.append((f"{question['protocol']} (is not here)", question["protocol"]))
    return _told_apart(found)


def _told_apart(options: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Options of which no two have the same title."""
    titles = [title for title, _ in options]
    return [
        (f"{title} ({name})" if titles.count(title) > 1 else title, name) for title, name in options
    ]


def _populations(session: Session) -> list[tuple[str, str]]:
    """Titles and names of the populations: shipped, and the one that came with a run."""
    found = [(load_population(name).title, name) for name in list_populations()]
    kept = session.question["population_of_run"]
    if kept is not None:
        about = kept["about"]
        found = [(title, name) for title, name in found if name != about["name"]]
        found.append((f"{about['title']} (of this run)", about["name"]))
    return found


def _made_from(session: Session) -> str:
    """Sentence that names the parent of the protocol."""
    parent, protocol = editing.parent_of(session), session.protocol
    if parent is not None:
        return f"Changed from {parent.title}"
    return f"Made from {protocol.parent}, which is not here." if protocol else ""


def _choice(name: str, options: list[tuple[str, Any]]) -> Dropdown:
    """Drop-down list with its label above it."""
    return classed(Dropdown(description=name, options=options), "ape-field")


def _more(words_first: str, lists: Mapping[str, Sequence[str]]) -> str:
    """The beginning of a description, which unfolds to all of it and the lists below."""
    below = "".join(
        f"<h3>{name}</h3><ul>{''.join(f'<li>{text(item)}</li>' for item in items)}</ul>"
        for name, items in lists.items()
        if items
    )
    return (
        '<details class="ape-more"><summary>'
        f"<span>{text(words_first)}</span><b>More</b></summary>{below}</details>"
    )


def _preset_of(patients: str) -> int:
    """The common number that the field holds, if it holds one."""
    digits = patients.replace(",", "").replace(" ", "")
    number = int(digits) if digits.isdecimal() else _OWN_NUMBER
    return number if number in PRESETS else _OWN_NUMBER


def _hint(session: Session) -> str:
    """Why the button is as it is."""
    if session.problem:
        return f'<p class="ape-blocked" role="status">{text(in_words(session.problem))}</p>'
    if session.is_shown:
        sentence = "This is the run that is shown. Change the question to start another."
    elif session.answered:
        sentence = "This question was asked before, so its run opens at once."
    else:
        return ""
    return f'<p class="ape-help">{sentence}</p>'


def estimate_markup(estimate: Estimate, *, compiles: bool) -> str:
    """Time, memory and disk that the run would take."""
    rows = (
        ("Time", time_words(estimate.seconds, compiles=compiles)),
        ("Memory", words.megabytes(estimate.memory_mb)),
        ("Disk", words.megabytes(estimate.disk_mb)),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{text(value)}</dd></div>" for name, value in rows)
    return f'<dl class="ape-estimate">{cells}</dl>'
