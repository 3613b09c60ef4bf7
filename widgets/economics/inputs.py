"""Prices, rates and utilities that the reader can change, each with its source and range."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, FileUpload, Text

from ape_core.analysis.economics_words import number_text
from ape_core.errors import ApeError, InvalidInputError
from ape_core.limits import MAX_YAML_BYTES
from ape_core.spec.economics_yaml import SHIPPED, economics_to_yaml
from ape_core.spec.own_values import HIGHEST_PRICE, Input, inputs, limits_of
from widgets.economics.session import THRESHOLD
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.names import typed_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.economics.session import EconomicsSession

_HELP: Final = "A change draws the page anew at once, and starts no run."
_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


class InputsPanel:
    """Choice of a set, of a mapping, a field for every price and assumption, and saving."""

    def __init__(self, session: EconomicsSession, draw: Callable[[], None]) -> None:
        self._session, self._draw, self._drawn = session, draw, -1
        self._refusal = ""
        self._set = classed(Dropdown(description="Prices"), "ape-field")
        self._utility = classed(Dropdown(description="Utilities"), "ape-field")
        self._citation, self._said = html(), html()
        self._rows = {
            item.name: _Row(item, self._edited)
            for item in inputs(session.economics)
            if item.name != THRESHOLD  # it is chosen above the answer
        }
        self._name = classed(Text(description="Name of your own prices"), "ape-field")
        self._save, self._undo = (
            classed(Button(description=words), "ape-button") for words in ("Save", "Undo changes")
        )
        self._upload = classed(
            FileUpload(description="Import prices", accept=".yaml,.yml", multiple=False, icon=""),
            "ape-button ape-upload ape-upload-prices",
        )
        self._link = html()
        self._connect()
        self.view = box(
            html(value=f"<h2>Prices and utilities</h2><p class='ape-help'>{_HELP}</p>"),
            self._set, self._utility, self._citation, *(row.view for row in self._rows.values()),
            self._undo, self._name, self._save, self._said, self._link, self._upload,
            classes="ape-form ape-inputs",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the values of the session."""
        session = self._session
        kind, said = ("ape-blocked", self._refusal) if self._refusal else ("ape-help", session.said)
        self._said.value = f'<p class="{kind}" role="status">{text(said)}</p>' if said else ""
        if session.version == self._drawn:
            return
        self._drawn = session.version
        names = session.sets()
        shown = session.base.name if session.base.name in names else ""
        options = [*([("From a file", "")] if not shown else []), *((n, n) for n in names)]
        _offer(self._set, options, shown)
        mappings = [(item.title, name) for name, item in session.economics.utilities.items()]
        _offer(self._utility, mappings, session.utility)
        self._citation.value = _citation(session)
        used = {f"drugs/{item.drug}" for item in session.priced.values()}
        ranges = published(session)
        for item in inputs(session.economics):
            if item.name in self._rows:
                is_shown = not item.name.startswith("drugs/") or item.name in used or not used
                self._rows[item.name].show(item, ranges.get(item.name), is_shown=is_shown)
        self._undo.disabled = session.economics == session.base
        self._link.value = _download(session)

    def _connect(self) -> None:
        """Pass every change to the session."""
        session = self._session
        self._set.observe(guarded(session, self._set_chosen), names="value")
        self._utility.observe(guarded(session, self._utility_chosen), names="value")
        self._save.on_click(guarded(session, self._saved))
        self._undo.on_click(guarded(session, self._undone))
        self._upload.observe(guarded(session, self._uploaded), names="value")
        for row in self._rows.values():
            row.connect(lambda handler: guarded(session, handler))

    def _begin_anew(self) -> None:
        """Forget what could not be, since other values are shown."""
        self._refusal, self._drawn = "", -1
        for row in self._rows.values():
            row.forget()

    def _edited(self, name: str, value: float) -> None:
        """A value was changed."""
        self._refusal = ""
        self._session.change({name: value})
        self._draw()

    def _set_chosen(self, change: Any) -> None:
        """Another set."""
        if change.new and change.new != self._session.base.name:
            self._session.choose_set(change.new)
            self._begin_anew()
            self._draw()

    def _utility_chosen(self, change: Any) -> None:
        """Another mapping."""
        if change.new and change.new != self._session.utility:
            self._session.choose_utility(change.new)
            self._draw()

    def _saved(self, _: Any) -> None:
        """Keep the values; those of one's own set are replaced."""
        self._refusal, session = "", self._session
        try:
            name = typed_name(self._name.value)
            session.save(name, replacing=name == session.base.name)
        except ApeError as error:  # it is said beside the button
            self._refusal = f"Not saved. {error}"
        self._drawn = -1
        self._draw()

    def _undone(self, _: Any) -> None:
        """Take all values as they are kept."""
        self._session.undo()
        self._begin_anew()
        self._draw()

    def _uploaded(self, change: Any) -> None:
        """Use a file."""
        if not change.new:
            return
        name, content = str(change.new[0]["name"]), bytes(change.new[0]["content"])
        self._upload.value = ()  # the page keeps no copy
        try:
            self._session.take_in(content[: MAX_YAML_BYTES + 1], name[-80:])
            self._begin_anew()
        except ApeError as error:  # it is said beside the button
            self._refusal = f"Not imported. {error}"
        self._draw()


class _Row:
    """Field of one number, with where it comes from below."""

    def __init__(self, item: Input, edited: Callable[[str, float], None]) -> None:
        self._name, self._edited, self._shown, self._wrong = item.name, edited, "", ""
        self._used = ""
        self._field = classed(Text(description=item.title, continuous_update=False), "ape-field")
        self._problem, self._about = html(), html()
        self.view = box(self._field, self._problem, self._about, classes="ape-input")

    def connect(self, guard: Callable[[Callable[..., None]], Callable[..., None]]) -> None:
        """Listen to the field."""
        self._field.observe(guard(self._changed), names="value")

    def show(self, item: Input, published: Input | None, *, is_shown: bool) -> None:
        """Show a number; what cannot be stays in the field while it is corrected."""
        set_class(self.view, "ape-hidden", on=not is_shown)
        set_class(self._field, "is-own", on=item.is_own)
        self._used = self._shown = _shown(item)
        if not self._wrong:
            self._field.value = self._shown
        self._about.value = about_markup(item, published)

    def forget(self) -> None:
        """Forget what could not be."""
        self._say("")

    def _changed(self, change: Any) -> None:
        """Pass a number on; say of what is none why it cannot be, and leave it to be corrected."""
        if change.new == self._shown:
            self._say("")
            return
        try:
            value = parse_amount(change.new, self._field.description, *limits_of(self._name))
        except InvalidInputError as error:
            self._say(f"{error} {self._used} is used until then.")
            return
        self._shown = change.new
        self._say("")
        self._edited(self._name, value)

    def _say(self, wrong: str) -> None:
        """Say at the field what is wrong; nothing when it is empty."""
        self._wrong = wrong
        set_class(self._field, "is-wrong", on=bool(wrong))
        self._problem.value = (
            f'<p class="is-wrong" role="status">{text(wrong)}</p>' if wrong else ""
        )


def parse_amount(typed: str, what: str, low: float = 0, high: float = HIGHEST_PRICE) -> float:
    """Number that somebody typed, within its limits: "816", "£1,234.50"."""
    plain = typed.strip().replace("\N{MINUS SIGN}", "-")
    sign, plain = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    plain = plain.removeprefix("£").strip()
    if not re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?|[0-9]{1,12}(\.[0-9]{1,12})?", plain):
        raise InvalidInputError(
            f"{what} is {typed[:40]!r}, but must be a number.", "Write it as 816 or 1,234.50."
        )
    value = float(sign + plain.replace(",", ""))
    if not low <= value <= high:
        raise InvalidInputError(
            f"{what} is {number_text(value)}, but must be from {number_text(low)} to {high:,.0f}."
        )
    return value


def published(session: EconomicsSession) -> dict[str, Input]:
    """What own values are beside: the numbers of the set, or of the one that ships, by name."""
    sets = [session.own.load(SHIPPED), session.base]
    year = session.economics.price_year
    return {
        item.name: item
        for economics in sets
        if economics.price_year == year
        for item in inputs(economics)
        if not item.is_own
    }


def about_markup(item: Input, published: Input | None = None) -> str:
    """Unit, range, year and source of a number; of an own value the range that is published."""
    mark = "<b class='ape-own'>own value</b> " if item.is_own else ""
    year = ""
    if item.is_price and not item.is_own:
        how = "brought to the year of the set" if item.uprated else "as listed"
        year = f"; price of {item.price_year}/{(item.price_year or 0) % 100 + 1:02d}, {how}"
    of = published if item.is_own else item
    limits = f"; plausible {of.low:,.4g} to {of.high:,.4g}" if of else ""
    outside = ""
    if of and item.is_own and not of.low <= item.value <= of.high:
        outside = f"; <b class='ape-outside'>{text(_shown(item))} lies outside</b>"
    drawn = " Drawn where prices are drawn." if item.is_drawn else ""
    said = f"{mark}{text(item.unit)}{text(limits)}{outside}"
    return (
        f"<details class='ape-more'><summary><span>{said}</span>"
        f"<b>Source</b></summary><p>{text(item.source)}{text(year)}. Confidence: "
        f"{text(item.confidence)}.{drawn}</p></details>"
    )


def _shown(item: Input) -> str:
    """Value as it stands in its field."""
    return f"{item.value:.2f}" if item.is_price else f"{item.value:g}"


def _citation(session: EconomicsSession) -> str:
    """Where the mapping comes from."""
    numbers = session.economics.utility(session.utility).numbers.values()
    first = next(iter(numbers))
    return f"<p class='ape-help'>{text(first.source)}</p>"


def _download(session: EconomicsSession) -> str:
    """The set as a file."""
    data = base64.b64encode(economics_to_yaml(session.economics).encode()).decode("ascii")
    name = _NAME.sub("-", session.economics.name)
    return (
        f'<a class="ape-download" download="{text(name)}.yaml" '
        f'href="data:application/yaml;base64,{data}">Export these prices</a>'
    )


def _offer(choice: Dropdown, options: list[tuple[str, str]], value: str) -> None:
    """Offer options, without a change where nothing changed."""
    if list(choice.options) != options:
        choice.options = options
    if choice.value != value:
        choice.value = value
