"""The words and tables of the report of a comparison, as HTML that any notebook viewer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import (
    compared_with_chance,
    decimals_of,
    patients_text,
    times_text,
)
from widgets import format as words
from widgets.compare.forest import shown_years
from widgets.compare.headline import HEADLINE
from widgets.compare.outcomes import NOTE
from widgets.compare.pairing import SHOWN
from widgets.html import text
from widgets.report_commands import commands
from widgets.report_parts import HOW_TO_READ, changes_words, rules_words
from widgets.several.colours import LETTERS, colour_name
from widgets.theme import hexadecimal

if TYPE_CHECKING:
    from ape_core.analysis.compare import Comparison
    from ape_core.analysis.paired import Difference
    from ape_core.runs import Run
    from ape_core.summaries.table import Table


def question_markup(comparison: Comparison, reference: int, *, is_priced: bool = False) -> str:
    """Who is treated, how, for how long, and with which version of the model."""
    what = "What it costs and what is gained: " if is_priced else ""
    spec = comparison.runs[0].spec
    people = spec.people
    protocols = "".join(
        _protocol(place, title, run)
        for place, (title, run) in enumerate(zip(comparison.titles, comparison.runs, strict=True))
    )
    return (
        f"<h2>{what}{len(comparison.runs)} protocols on the same "
        f"{words.count(comparison.n_patients)} patients</h2>"
        f"<p>Simulated patients, {text(people.title)}, followed for "
        f"{words.plural(spec.years, 'year')}, seed {spec.seed}, model version "
        f"{text(spec.model_version)}. Each is the same person with the same course of disease and "
        "the same luck under every protocol. Differences are taken from "
        f"{_named(reference, comparison.titles[reference])}.</p>"
        f"{protocols}<p>{text(people.title)}: {text(people.description)}</p>{changes_words(spec)}"
    )


def _protocol(place: int, title: str, run: Run) -> str:
    """One protocol: its rules, and its run."""
    protocol = run.spec.protocol
    return (
        f"<h3>{_named(place, title)}</h3><p>{text(protocol.description)}</p>{rules_words(protocol)}"
        f"<p>Run <code>{run.run_id}</code>.</p>"
    )


def answer_markup(comparison: Comparison, reference: int, *, is_first: bool = True) -> str:
    """How each protocol differs in letters, injections and visits by the end, in words."""
    others = [place for place in range(len(comparison.titles)) if place != reference]
    apart = {
        name: [_difference(comparison, place, reference, name) for place in others]
        for name in HEADLINE
    }
    lines = []
    for at, place in enumerate(others):
        letters, injections, visits = (
            _said(found[at], decimals_of(found)) for found in apart.values()
        )
        said = f"{letters} <i>with</i> {injections} <i>and</i> {visits}"
        lines.append(f"<li>{_named(place, comparison.titles[place])}: {said}</li>")
    after = words.plural(comparison.years, "year")
    heading = "The answer" if is_first else "Letters, injections and visits"
    return (
        f"<h2>{heading}</h2><p>After {after}, beside "
        f"{_named(reference, comparison.titles[reference])}:</p><ul>{''.join(lines)}</ul>"
    )


def outcomes_markup(comparison: Comparison, reference: int) -> str:
    """Tables of outcomes for the first two years and the last, the last first."""
    years = shown_years(comparison.years)[::-1]
    tables = "".join(
        f"<h3>At the end of year {year}</h3>"
        + _table(comparison.table(reference, year), comparison, reference)
        for year in years
    )
    note = f"Means (SD) or numbers (%), and differences with 95% intervals. {NOTE}"
    return f"<h2>Outcomes</h2><p>{text(note)}</p>{tables}"


def pairing_markup(comparison: Comparison, reference: int) -> str:
    """What it brings that the patients are the same, by outcome and protocol."""
    rows = "".join(
        _pairing_row(_difference(comparison, place, reference, outcome))
        for outcome in SHOWN
        for place in range(len(comparison.runs))
        if place != reference
    )
    return (
        "<h2>What pairing brings</h2><p>What patients differ in by nature drops out of the "
        "difference between protocols. With other patients under each protocol, intervals as "
        f"narrow as those of the {words.count(comparison.n_patients)} patients here would need "
        "more of them, under each protocol:</p>"
        f"<table><thead><tr><th>Difference at year {comparison.years}</th><th>Protocols</th>"
        "<th>Variance, times smaller</th><th>Patients needed without pairing</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def repeat_markup(comparison: Comparison, reference: int, store: str, priced: str) -> str:
    """Caveats, the commands that give the same figures, and the sources of the protocols."""
    specs = [run.spec for run in comparison.runs]
    runs = " ".join(run.run_id[:12] for run in comparison.runs)
    # The first is what others are compared with unless another is named.
    against = f" --reference {runs.split()[reference]}" if reference else ""
    sources = dict.fromkeys(source for spec in specs for source in spec.protocol.sources)
    listed = "".join(f"<li>{text(source)}</li>" for source in sources)
    return (
        f"{HOW_TO_READ}<h2>How to repeat it</h2><p>Model version {text(specs[0].model_version)}, "
        f"store <code>{text(store)}</code>. The same questions give the same rows anywhere:</p>"
        f"<pre>{text(commands(specs))}</pre><p>Where the runs are, the figures of this report as "
        f"data, and the report itself:</p><pre>{text(f'ape compare {runs}{against} --json')}\n"
        f"{text(f'ape report {runs}{against}{priced}')}</pre>"
        f"<h2>Sources of the protocols</h2><ul>{listed}</ul>"
    )


def _difference(comparison: Comparison, run: int, reference: int, outcome: str) -> Difference:
    """One run less the reference at the end of the last year."""
    paired = comparison.paired()
    assert paired is not None
    return paired.difference(run, reference, outcome, comparison.years)


def _said(item: Difference, decimals: int) -> str:
    """Difference and interval."""
    said, interval = compared_with_chance(item, decimals)
    return f"<b>{text(said)}</b> {text(interval)}"


def _table(table: Table, comparison: Comparison, reference: int) -> str:
    """A table of outcomes; protocols are headed by their letters."""
    places = range(len(comparison.runs))
    heads = [_named(place) for place in places]
    heads += [f"{LETTERS[p]} less {LETTERS[reference]}" for p in places if p != reference]
    head = "".join(f"<th>{item}</th>" for item in ("Outcome", *heads))
    body = "".join(
        f"<tr><th>{text(row[0])}</th>"
        + "".join(f"<td>{text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _pairing_row(item: Difference) -> str:
    """One difference."""
    return (
        f"<tr><th>{text(OUTCOMES[item.outcome].wording.title)}</th>"
        f"<td>{LETTERS[item.run]} less {LETTERS[item.reference]}</td>"
        f"<td>{times_text(item.variance_ratio)}</td>"
        f"<td>{patients_text(item.patients_without_pairing)}</td></tr>"
    )


def _named(place: int, title: str = "") -> str:
    """Letter of a protocol in its colour, and its title."""
    colour = hexadecimal(colour_name(place))
    swatch = f'<b style="color:{colour}" aria-hidden="true">\N{BLACK SQUARE}</b>'
    return f"{swatch} <b>{LETTERS[place]}</b> {text(title)}".strip()
