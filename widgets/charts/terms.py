"""What the words of the field mean, where they stand in a sentence and all together."""

from __future__ import annotations

import re
from typing import Final

from widgets.html import text

TERMS: Final = {
    "ETDRS letters": "Letters read on the chart of the Early Treatment Diabetic Retinopathy Study "
    "at 4 m; five letters are a line, 85 letters are 6/6 (20/20), and 70 are 6/12 (20/40).",
    "BCVA": "Best-corrected visual acuity: with the glasses that correct the eye best.",
    "70 letters": "6/12 (20/40), usually taken as enough to drive.",
    "living eyes": "First eyes of all patients alive, whether or not a clinic still sees them, so "
    "that those who leave do not flatter the mean.",
    "in care": "Still seen by the clinic: on treatment, or monitored after treatment was stopped.",
    "centile": "The 10th centile is the acuity that a tenth of the eyes do not exceed.",
    "Number at risk": "How many eyes a figure is of; written below the axis of acuity.",
    "Fluid": "Fluid in or under the retina, as an OCT scan shows it: the sign of active disease.",
    "treat-and-extend": "An injection at every visit, with the next visit later when the eye is "
    "dry and sooner when it is not.",
    "unit of fluid": "The activity of a typical eye that is left untreated; a half is half of it.",
    "units of fluid": "One unit is the activity of a typical eye that is left untreated.",
    "untreated fluid": "The activity that an eye tends to when nothing is injected; eyes differ.",
    "acuity without fluid": "What an eye would see if it had no fluid; scars, haemorrhages and "
    "atrophy take of it for good.",
    "loading phase": "The first injections, monthly, whatever the eye does.",
    "planned interval": "Weeks from a visit to the next one, as decided at that visit.",
}
"""Each term with its meaning in a sentence or two."""

_WORD: Final = re.compile(
    "|".join(rf"(?<!\w){re.escape(term)}" for term in sorted(TERMS, key=len, reverse=True)),
    re.IGNORECASE,
)
_MEANING: Final = {term.lower(): meaning for term, meaning in TERMS.items()}


def explained(sentence: str) -> str:
    """Markup of a sentence, in which the first use of each term can be asked for its meaning."""
    seen: set[str] = set()
    parts, done = [], 0
    for found in _WORD.finditer(sentence):
        term = found[0].lower()
        if term in seen:
            continue
        seen.add(term)
        meaning = f'<abbr title="{text(_MEANING[term])}">{text(found[0])}</abbr>'
        parts += [text(sentence[done : found.start()]), meaning]
        done = found.end()
    return "".join(parts) + text(sentence[done:])


def glossary() -> str:
    """All terms, folded away: what can be pointed at with a mouse can be read here as well."""
    rows = "".join(
        f"<div><dt>{text(term[0].upper() + term[1:])}</dt><dd>{text(meaning)}</dd></div>"
        for term, meaning in TERMS.items()
    )
    summary = "<summary>What the words mean</summary>"
    return f'<details class="ape-terms">{summary}<dl>{rows}</dl></details>'
