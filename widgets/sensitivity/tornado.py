"""What each uncertain number does at its low and its high value: one row each, widest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import Button, Dropdown

from ape_core.analysis.economics_certainty import SLOTS_RAN_SHORT
from ape_core.analysis.edges import edge_of, one_sided_in_words
from ape_core.analysis.swept_outcomes import SWEPT, effect_text
from ape_core.spec.model_guide import range_in_words
from widgets.charts.card import Card
from widgets.charts.spans import span_ticks
from widgets.charts.terms import explained
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.sensitivity.session import BREADTHS, TORNADO
from widgets.study_progress import StudyProgress
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.analysis.paired import Difference
    from ape_core.analysis.tornado import Bar
    from widgets.sensitivity.session import SensitivitySession

_ENDS = ("low", "high")
_Span = tuple[float, float]


class TornadoPanel:
    """A card with a row for each number; rows come as runs are complete."""

    def __init__(self, session: SensitivitySession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        options = [(title, name) for name, title in BREADTHS.items()]
        self._breadth = classed(Dropdown(description="Numbers", options=options), "ape-year")
        self._breadth.observe(guarded(session, self._breadth_chosen), names="value")
        self.progress = StudyProgress(session, TORNADO, draw)
        self._start = classed(Button(description="Simulate"), "ape-button ape-primary")
        self._start.on_click(guarded(session, self._pressed))
        self._empty = html()
        self._asking = box(self._empty, self._start, classes="ape-asking")
        self.card = Card("What matters most", None, beside=self._breadth)
        head, *rest = self.card.view.children
        self.card.view.children = (head, self.progress.view, self._asking, *rest)
        self.view = self.card.view
        self.view.add_class("ape-full")
        self._span: tuple[tuple[Any, ...], _Span] = ((), (0.0, 0.0))

    def refresh(self) -> None:
        """Show how far the runs are."""
        self.progress.refresh()
        set_class(self._asking, "ape-hidden", on=self._session.tornado is not None)
        if self._breadth.value != self._session.breadth:
            self._breadth.value = self._session.breadth

    def draw(self) -> None:
        """Show the bars of the session."""
        session, found = self._session, self._session.tornado
        bars = found.bars(session.outcome, session.year) if found else []
        known = all(item.is_known for bar in bars for item in (bar.low, bar.high) if item)
        self.card.wait(waiting=False)
        self.card.say(
            f"{SWEPT[session.outcome].title} at the end of year {session.year}, against the base "
            "case, with each uncertain number of the disease at its low and its high value and all "
            "others as they are. The same patients throughout"
            + ("; thin lines are 95% intervals." if known else f". {SLOTS_RAN_SHORT}")
        )
        self._empty.value = "" if found else _to_come(
            "Press Simulate to see which of the uncertain numbers of the disease move the outcome "
            "most, and how far."
        )  # fmt: skip
        if found is None:
            self.card.foot("")
            return
        self.card.offer(lambda: found.table(session.outcome, session.year))
        self.card.foot(tornado_markup(bars, session.outcome, self._fixed(bars)))

    def _pressed(self, _: Any) -> None:
        """Have the numbers varied."""
        self._session.begin(TORNADO)
        self._draw()

    def _breadth_chosen(self, change: Any) -> None:
        """Vary few numbers, or all."""
        if change.new is not None and change.new != self._session.breadth:
            self._session.choose_breadth(change.new)
            self._draw()

    def _fixed(self, bars: list[Bar]) -> _Span:
        """Ends of the scale, which never move inwards while bars arrive."""
        session = self._session
        key = (session.run_id, session.outcome, session.year)
        low, high = self._span[1] if self._span[0] == key else (0.0, 0.0)
        ends = [end for bar in bars for item in (bar.low, bar.high) if item is not None
                for end in ((item.low, item.high) if item.is_known else (item.value,))]  # fmt: skip
        if ends:
            reach = max(-low, high, *(abs(end) for end in ends))
            ticks = span_ticks(-reach, reach, 4)
            low, high = ticks[0], ticks[-1]
        self._span = (key, (low, high))
        return low, high


def tornado_markup(bars: list[Bar], outcome: str, span: _Span) -> str:
    """Rows of the numbers of which something is known, the axis, the key, and the sources."""
    known = [bar for bar in bars if bar.low is not None or bar.high is not None]
    n_left = len(bars) - len(known)
    if not known:
        return _to_come("The bars appear as runs are complete: first the base case, then each "
                        "number at both ends.")  # fmt: skip
    rows = "".join(_row(bar, outcome, span) for bar in known)
    left = f"<p class='ape-to-come'>{n_left} more to come.</p>" if n_left else ""
    edges = [edge for bar in known if (edge := edge_of(bar.place)) is not None]
    said = one_sided_in_words(edges)
    one_sided = f"<p class='ape-one-sided'>{explained(said)}</p>" if said else ""
    return (
        f'<div class="ape-tornado">{_key()}<ol>{rows}</ol>{_axis(outcome, span)}{left}{one_sided}'
        f"{_sources(known)}</div>"
    )


def _row(bar: Bar, outcome: str, span: _Span) -> str:
    """One number."""
    ends = "".join(
        _end(item, name, outcome, span)
        for name, item in zip(_ENDS, (bar.low, bar.high), strict=True)
        if item is not None
    )
    about = _about(bar)
    zero = f'<u style="left:{_share(0, span):.2f}%"></u>'
    values = " ".join(
        f'<em class="is-{name}">{text(_written(bar, value))}</em>'
        for name, value in zip(_ENDS, (bar.low_value, bar.high_value), strict=True)
    )
    return (
        f'<li aria-label="{text(_said(bar, outcome))}">'
        f'<div title="{text(about)}"><b>{text(bar.place.title)}</b>'
        f"<small>{values} {explained(bar.place.unit)}{_at_edge(bar)}</small></div>"
        f'<div class="ape-tornado-track" aria-hidden="true">{zero}{ends}</div></li>'
    )


def _at_edge(bar: Bar) -> str:
    """Where the value of the base case lies, when that is an end of the range."""
    edge = edge_of(bar.place)
    if edge is None:
        return ""
    return f"<br>base case {text(_written(bar, bar.place.value))}: {text(edge.at)}"


def _end(item: Difference, name: str, outcome: str, span: _Span) -> str:
    """Bar, interval and effect of one end."""
    zero, at = _share(0, span), _share(item.value, span)
    ends = (item.low, item.high) if item.is_known else (item.value, item.value)
    low, high = (_share(end, span) for end in ends)
    interval = f'<s class="is-{name}" style="left:{low:.2f}%;width:{high - low:.2f}%"></s>'
    left, width = min(zero, at), abs(at - zero)
    right_of = max(at, high, zero) if item.value >= 0 else min(at, low, zero)
    side = "is-right" if item.value >= 0 else "is-left"
    return (
        f'<i class="is-{name}" style="left:{left:.2f}%;width:{width:.2f}%;'
        f'background:{colour(f"{name}-end")}"></i>'
        f"{interval if item.is_known else ''}"
        f'<span class="is-{name} {side}" style="left:{right_of:.2f}%">'
        f"{text(effect_text(outcome, item.value))}</span>"
    )


def _axis(outcome: str, span: _Span) -> str:
    """Numbers below the rows, and their unit."""
    low, high = span
    marks = "".join(
        f'<i style="left:{_share(tick, span):.2f}%">{text(_tick(tick))}</i>'
        for tick in (low, low / 2, 0.0, high / 2, high)
    )
    unit = SWEPT[outcome].apart
    return (
        f'<div class="ape-tornado-axis" aria-hidden="true"><span>Difference, {text(unit)}</span>'
        f"<div>{marks}</div></div>"
    )


def _key() -> str:
    """Which colour is which end."""
    spans = "".join(
        f'<span class="ape-key"><i style="background:{colour(f"{name}-end")}"></i>{name} value'
        "</span>"
        for name in _ENDS
    )
    return f'<div class="ape-foot">{spans}</div>'


def _sources(bars: list[Bar]) -> str:
    """Range and source of each number, folded away."""
    rows = "".join(f"<li><b>{text(bar.place.title)}</b>: {text(_about(bar))}</li>" for bar in bars)
    return (
        "<details class='ape-more'><summary><b>Ranges and sources of these numbers</b></summary>"
        f"<ul>{rows}</ul></details>"
    )


def _about(bar: Bar) -> str:
    """What is known of a number."""
    item = bar.place.parameter
    assert item is not None
    kind = f", {item.distribution.kind} distribution" if item.distribution else ""
    return (
        f"{_written(bar, item.value)} in the base case; plausible range {range_in_words(item)}"
        f"{kind}. Low and high are "
        f"{'its 2.5% and 97.5% points' if kind else 'the ends of the range'}. {item.source} "
        f"(confidence: {item.confidence})"
    )


def _said(bar: Bar, outcome: str) -> str:
    """The row for those who do not see it."""
    parts = [
        f"at {bar.place.say(value)} {effect_text(outcome, item.value)} {SWEPT[outcome].apart}"
        f"{_interval(item, outcome)}"
        for value, item in ((bar.low_value, bar.low), (bar.high_value, bar.high))
        if item is not None
    ]
    return f"{bar.place.title}: {'; '.join(parts)}"


def _interval(item: Difference, outcome: str) -> str:
    """Interval of a difference, where anything is known of it."""
    low, high = (effect_text(outcome, end) for end in (item.low, item.high))
    return f" (95% interval {low} to {high})" if item.is_known else ""


def _share(value: float, span: _Span) -> float:
    """Place of a value on the scale, in per cent."""
    return 100 * (value - span[0]) / (span[1] - span[0])


def _tick(value: float) -> str:
    """Number of a tick, with its sign."""
    return f"{value:+,.6g}".replace("-", "\N{MINUS SIGN}") if value else "0"


def _written(bar: Bar, value: float) -> str:
    """Value of a number with the digits that are read, and a true minus sign."""
    return bar.place.field.write(float(f"{value:.3g}")).replace("-", "\N{MINUS SIGN}")


def _to_come(sentence: str) -> str:
    """What stands in the place of figures."""
    return f'<p class="ape-to-come">{text(sentence)}</p>'
