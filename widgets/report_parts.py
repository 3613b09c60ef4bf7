"""The words and tables of a report, as HTML that any notebook viewer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.spec.protocol_guide import DRUG
from ape_core.storage.changes import changes_of_protocol, changes_of_spec, kept
from ape_core.summaries.statistics import statistics
from widgets import format as words
from widgets.html import text
from widgets.report_commands import commands

if TYPE_CHECKING:
    from pathlib import Path

    from ape_core.spec.protocol import Protocol
    from ape_core.spec.run_spec import RunSpec
    from ape_core.summaries import Summary

_ROWS: Final = (
    ("Living eyes", "n_alive", words.count),
    ("Mean acuity, letters", "letters_mean", words.one_decimal),
    ("Change from baseline, letters", "letters_change_mean", words.signed),
    ("Gained 15 letters or more", "pct_gain_ge15", words.percent),
    ("Lost 15 letters or more", "pct_loss_ge15", words.percent),
    ("70 letters or better", "pct_bcva_ge70", words.percent),
    ("Eyes in care through the year", "n_in_care_through_year", words.count),
    ("Injections in the year, per eye in care", "injections_mean", words.one_decimal),
    ("Visits in the year, per eye in care", "visits_mean", words.one_decimal),
    ("Injection intervals of 12 weeks or more", "pct_injection_interval_ge12w", words.percent),
    ("On treatment, of all patients", "pct_on_treatment", words.percent),
    ("Died, of all patients", "pct_died", words.percent),
)


def question_words(spec: RunSpec, store: Path) -> str:
    """Who is treated, with what and how, for how long, and what the protocol was made from."""
    people = spec.people
    return (
        f"<h2>{text(spec.protocol.title)}</h2>"
        f"<p>{words.count(spec.cohort.n_patients)} simulated patients, {text(people.title)}, "
        f"followed for {words.plural(spec.years, 'year')}, seed {spec.seed}.</p>"
        f"<p>{text(spec.protocol.description)}</p>"
        f"{rules_words(spec.protocol)}{_made_from(spec.protocol, store)}"
        f"<p>{text(people.title)}: {text(people.description)}</p>{changes_words(spec)}"
    )


def rules_words(protocol: Protocol) -> str:
    """The drug of a protocol and its rules."""
    said = (f"Drug: {DRUG.say(protocol.drug)}.", *protocol.summary_sentences())
    return f"<ul>{''.join(f'<li>{text(rule)}</li>' for rule in said)}</ul>"


def _made_from(protocol: Protocol, store: Path) -> str:
    """The protocol that one was made from, and what was changed; nothing of an original."""
    parent = kept(protocol.parent, store)
    if parent is None:
        gone = f"<p>Made from {text(protocol.parent)}, which is not in this store.</p>"
        return gone if protocol.parent else ""
    changed = changes_of_protocol(protocol, store)
    lines = "".join(f"<li>{text(item.sentence)}</li>" for item in changed)
    said = f"Changed from {text(parent.title)}"
    return f"<p>{said}:</p><ul>{lines}</ul>" if lines else f"<p>{said}, with the same rules.</p>"


def changes_words(spec: RunSpec) -> str:
    """What is overridden in the population and changed in the disease model."""
    lines = "".join(f"<li>{text(item.sentence)}</li>" for item in changes_of_spec(spec))
    return f"<p>Other than usual in this run:</p><ul>{lines}</ul>" if lines else ""


def outcome_table(summary: Summary) -> str:
    """Outcomes at the end of, or during, each year, with 95% intervals of the mean change."""
    figures = statistics(summary)
    years = figures["by_year"]
    head = "".join(f"<th>Year {year['year']}</th>" for year in years)
    rows = []
    for name, key, shown in _ROWS:
        cells = "".join(f"<td>{shown(year[key])}</td>" for year in years)
        rows.append(f"<tr><th>{name}</th>{cells}</tr>")
        if key == "letters_change_mean":
            spans = "".join(f"<td>{_interval(year)}</td>" for year in years)
            rows.append(f"<tr><th>95% interval of that mean</th>{spans}</tr>")
    baseline = (
        f"<p>At the first visit: mean acuity {figures['baseline_letters_mean']:.1f} letters "
        f"(SD {figures['baseline_letters_sd']:.1f}), mean age "
        f"{figures['age_years_mean']:.1f} years, {figures['pct_female']:.0f}% women.</p>"
    )
    return (
        f"<h2>Outcomes</h2>{baseline}<table><thead><tr><th></th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


HOW_TO_READ: Final = (
    "<h2>How to read this</h2><ul>"
    "<li>These are simulated patients. The disease model takes its parameters from published "
    "studies; it does not predict what happens to one person.</li>"
    "<li>Acuity is that of all living eyes as they would measure, in care or not, so that "
    "those who leave do not flatter the mean.</li>"
    "<li>Intervals state the chance of the draw over the simulated patients alone, not what "
    "is uncertain about the parameters.</li></ul>"
)
"""Caveats of every report."""


def repeat_words(spec: RunSpec, store: str) -> str:
    """Caveats, and the commands that give the same figures."""
    sources = "".join(f"<li>{text(source)}</li>" for source in spec.protocol.sources)
    return (
        f"{HOW_TO_READ}<h2>How to repeat it</h2>"
        f"<p>Question <code>{spec.run_id}</code>, model version {text(spec.model_version)}, "
        f"store <code>{text(store)}</code>. The same question gives the same rows anywhere:</p>"
        f"<pre>{text(commands([spec]))}</pre>"
        + (f"<h2>Sources of the protocol</h2><ul>{sources}</ul>" if sources else "")
    )


def _interval(year: dict[str, float]) -> str:
    """Confidence interval of the mean change."""
    low, high = (year[f"letters_change_ci95_{end}"] for end in ("low", "high"))
    return f"{words.signed(low)} to {words.signed(high)}"
