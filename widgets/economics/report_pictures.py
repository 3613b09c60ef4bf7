"""The drawings of the page of economics in a report, in colours for paper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ape_core.analysis.economics_certainty import DRAWN, FIRST_DRAWN, few_draws_words
from ape_core.analysis.economics_sources import first_draws
from ape_core.analysis.economics_words import pounds
from widgets.economics.costs import key_markup, qalys_markup, years_markup
from widgets.economics.uncertainty import plane_draws_words
from widgets.economics.uncertainty_drawings import acceptability_markup, plane_markup
from widgets.economics.value import value_markup
from widgets.html import text
from widgets.several.colours import LETTERS
from widgets.theme import hexadecimal

if TYPE_CHECKING:
    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.analysis.uncertainty import Uncertainty
    from ape_core.summaries.economics import HealthEconomics

_RULES: Final = (
    ".ape-pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));"
    "gap:18px 28px;margin:14px 0}.ape-pictures figure{margin:0;break-inside:avoid}"
    ".ape-pictures figcaption{font-size:.92em}"
    "svg.ape-economics-drawing{width:100%;height:auto;overflow:visible}"
    "svg.ape-economics-drawing text{font:12px sans-serif;fill:var(--ape-ink-faint)}"
    "svg.ape-economics-drawing .is-letter{font-size:11px;font-weight:700;fill:var(--ape-card)}"
    "svg.ape-economics-drawing .is-grid{stroke:var(--ape-grid)}"
    "svg.ape-economics-drawing .is-zero{stroke:var(--ape-field)}"
    "svg.ape-economics-drawing polyline{fill:none;stroke-width:2}"
    "svg.ape-economics-drawing .is-dots{fill:none;stroke-width:3.2;stroke-linecap:round;"
    "stroke-opacity:.4}svg.ape-economics-drawing .is-dots.is-few{stroke-width:6}"
    ".ape-key i{display:inline-block;width:10px;height:10px;margin:0 5px 0 12px}"
    "td.is-words{text-align:left;white-space:normal}"
)
_VARIABLE: Final = re.compile(r"var\(--ape-([a-z0-9-]+)\)")


@dataclass(frozen=True, slots=True)
class Picture:
    """What the drawings of the page are of, without a page."""

    compared: CostEffectiveness
    uncertain: Uncertainty | None = None

    @property
    def priced(self) -> dict[str, HealthEconomics]:
        """By the name of each protocol what it costs and gains."""
        return dict(zip(self.compared.names, self.compared.priced, strict=True))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the protocols."""
        return self.compared.names

    @property
    def reference(self) -> int:
        """Place of the one that the others are compared with."""
        return self.compared.reference

    @property
    def threshold(self) -> float:
        """Pounds that a QALY is worth."""
        return self.compared.threshold


def pictures_markup(compared: CostEffectiveness) -> str:
    """The charts of the page, as they are drawn first."""
    shown = Picture(compared)
    reference = LETTERS[compared.reference]
    beside = f"Net benefit beside {reference} as years add up, a QALY worth "
    figures = [
        ("Cost by year, pounds per patient, not discounted",
         years_markup(shown) + key_markup(shown)),
        (f"QALYs gained in each year beside {reference}, per 1,000 patients, not discounted",
         qalys_markup(compared)),
        (beside + pounds(compared.threshold), value_markup(shown)),
    ]  # fmt: skip
    uncertain = first_draws(compared)
    if uncertain is not None:
        figures += certainty_pictures(Picture(compared, uncertain), FIRST_DRAWN)
    return figures_markup(figures)


def certainty_pictures(shown: Picture, drawn: str) -> list[tuple[str, str]]:
    """The plane, and how often each protocol is best, in draws that are known."""
    uncertain = shown.uncertain
    assert uncertain is not None
    costs, qalys = uncertain.plane()
    n = uncertain.n_draws
    of = plane_draws_words(n, n, drawn)
    beside = f"of {DRAWN[drawn].meaning}. This leaves out {DRAWN[drawn].left_out}. "
    said = f"{beside}{few_draws_words(n)}".strip()
    return [
        (f"Cost-effectiveness plane: per patient beyond {LETTERS[shown.reference]}, {of}",
         plane_markup(shown, costs, qalys)),
        (f"Share of {n:,} draws in which each protocol has the highest net benefit, each {said}",
         acceptability_markup(shown, uncertain.acceptability())),
    ]  # fmt: skip


def figures_markup(figures: list[tuple[str, str]]) -> str:
    """Drawings below their captions, in colours for paper, without a style sheet of a page."""
    parts = "".join(
        f"<figure><figcaption>{text(caption)}</figcaption>{drawing}</figure>"
        for caption, drawing in figures
    )
    markup = f"<style>{_RULES}</style><div class='ape-pictures'>{parts}</div>"
    return _VARIABLE.sub(lambda found: hexadecimal(found.group(1)), markup)
