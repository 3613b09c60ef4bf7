"""Targets as rows: the difference with its interval on a scale, both figures, and the source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ape_core.analysis.sources import HOW_READ
from ape_core.analysis.wording import WORDING
from widgets import format as words
from widgets.charts.axes import round_ticks
from widgets.html import text
from widgets.validation.words import figure, missed, outcome_title, size

if TYPE_CHECKING:
    from ape_core.analysis.validation import Compared

_NORMAL_95: Final = 1.96
_DOI: Final = re.compile(r"10\.\d{4,9}/[^\s;,]+")


def forest_markup(rows: Sequence[Compared]) -> str:
    """Rows on one scale: in their unit if they share an outcome, else in units of z."""
    if not rows:
        return "<p class='ape-to-come'>No target is like that. Take a filter away.</p>"
    alike = len({row.outcome for row in rows}) == 1
    spans = [_span(row, in_unit=alike) for row in rows]
    top = round_ticks(max(max(abs(low), abs(high)) for low, _, high in spans), 6)[-1]
    items = "".join(
        _row(row, [50 + 50 * end / top for end in span], alike=alike)
        for row, span in zip(rows, spans, strict=True)
    )
    unit = WORDING[rows[0].outcome].apart if alike else "z"
    return f"<div class='ape-forest'>{_axis(top, unit)}{items}</div>"


def _span(row: Compared, *, in_unit: bool) -> tuple[float, float, float]:
    """Lower end, middle and upper end of a difference."""
    middle, half = (row.difference, row.half_width) if in_unit else (row.z, _NORMAL_95)
    return middle - half, middle, middle + half


def _axis(top: float, unit: str) -> str:
    """Heads of the columns, and the scale; each row says all of it by itself."""
    low, high = (f"{sign}{top:g}" for sign in ("\N{MINUS SIGN}", "+"))
    return (
        "<div class='ape-forest-row ape-forest-head' aria-hidden='true'>"
        f"<span>Arm and week</span><span class='ape-glance-scale'>"
        f"<i style='left:0'>{low}</i><i style='left:50%'>0</i>"
        f"<i style='left:100%'>{high}</i><i class='ape-unit'>{text(unit)}</i></span>"
        "<span>Simulated</span><span>Observed</span><span>z</span></div>"
    )


def _row(row: Compared, span: Sequence[float], *, alike: bool) -> str:
    """One target, which unfolds to its source."""
    low, at, high = span
    about = f"<small>week {row.week}</small>"
    if not alike:
        about += f"<em>{text(outcome_title(row.outcome))}</em>"
    kinds = f"{size(row.z)}{'' if row.fitted else ' is-unfitted'}"
    return (
        f"<details class='ape-target'><summary class='ape-forest-row {kinds}' "
        f"aria-label='{text(f'{row.arm}. {missed(row)}')}'>"
        f"<span>{text(row.arm)} {about}</span>"
        f"<span class='ape-track {kinds}'><i style='left:{low:.2f}%;width:{high - low:.2f}%'></i>"
        f"<b style='left:{at:.2f}%'></b></span>"
        f"<span>{figure(row.outcome, row.simulated)}</span>"
        f"<span>{figure(row.outcome, row.observed)}</span>"
        f"<span>{words.signed(row.z)}</span></summary>{source_markup(row)}</details>"
    )


def source_markup(row: Compared) -> str:
    """Everything that is known of a target."""
    wording, source = WORDING[row.outcome], row.source
    error = f", standard error {row.observed_se:.2g}" if row.observed_se else ""
    lines = (
        ("Counts", f"{wording.meaning} Unit: {wording.unit or 'a pure number'}{error}."),
        ("Source", source.citation),
        ("Found", f"{HOW_READ[source.provenance]}; confidence {source.confidence}"),
        ("Note", source.note),
        ("Fitted", "yes" if row.fitted else "no, only shown"),
    )
    shown = "".join(f"<dt>{name}</dt><dd>{text(line)}</dd>" for name, line in lines if line)
    return f"<dl class='ape-source'>{shown}{_links(source.identifier)}</dl>"


def _links(identifier: str) -> str:
    """Links to what an identifier names."""
    found = [
        f"<a href='https://doi.org/{text(doi)}' target='_blank' rel='noreferrer'>{text(doi)}</a>"
        for doi in _DOI.findall(identifier)
    ]
    if not found:
        return f"<dt>Number</dt><dd>{text(identifier)}</dd>" if identifier else ""
    return f"<dt>DOI</dt><dd>{', '.join(found)}</dd>"
