"""The page of economics without a browser: its figures are Python's, and a price starts no run."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import ape_core as ape
from ape_core.analysis.economic_draws import EconomicDraws, Pricing
from ape_core.analysis.economics_certainty import ALL, DISEASE, INPUTS, PATIENTS
from ape_core.analysis.economics_words import (
    increment_words,
    pounds,
    qalys_text,
    ratio_pounds,
)
from ape_core.analysis.price_words import LIST_PRICES, drug_price_words
from ape_core.errors import InvalidInputError
from ape_core.runs.starting import open_run, run
from ape_core.spec.economics_yaml import load_economics, parse_economics_yaml
from ape_core.summaries.economics import HealthEconomics
from support.runs import small_spec
from widgets.economics.answer import caveats_markup, table_markup
from widgets.economics.drawing import ticks_between
from widgets.economics.inputs import parse_amount
from widgets.economics.page import EconomicsPage
from widgets.economics.report import Priced, economics_answer, economics_parts
from widgets.economics.reported import shown_economics
from widgets.economics.session import EconomicsSession
from widgets.economics.uncertainty import points_of, shares_of
from widgets.economics.uncertainty_drawings import marked_at
from widgets.several.colours import LETTERS

NAMES = ("aflibercept-2mg-treat-and-extend", "faricimab-6mg", "no-treatment")
SHIPPED = load_economics()


def plain(markup):
    """Words of markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


@pytest.fixture(scope="module")
def ids():
    base = small_spec(300, 2)
    return [base.replace(protocol=ape.load_protocol(name)).run_id for name in NAMES]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("economics") / "store"
    base = small_spec(300, 2)
    for name in NAMES:
        run(base.replace(protocol=ape.load_protocol(name)), folder, progress=False)
    return folder


@pytest.fixture
def page(kept, ids, monkeypatch):
    """A page on which nothing can start a run."""

    def refuse(*_, **__):
        raise AssertionError("a run was started")

    page = EconomicsPage(ids, kept, light=False)
    for place in (
        "ape_core.runs.starting.submit",
        "ape_core.analysis.compare.submit",
        "widgets.several.session.compare",
    ):
        monkeypatch.setattr(place, refuse)
    yield page
    page.close()


@pytest.fixture
def compared(kept, ids):
    def compare(economics=SHIPPED, utility=None, reference=0):
        runs = [open_run(item, kept) for item in ids]
        priced = {
            run.spec.protocol.title: ape.health_economics(run.summary(), economics, utility)
            for run in runs
        }
        return ape.cost_effectiveness(priced, list(priced)[reference])

    return compare


def check_figures(page, compared):
    """Every figure in words and tables is the one that Python gives."""
    said = plain(page._answer.value)
    for place, item in enumerate(compared.priced):
        assert pounds(item.cost) in said
        assert qalys_text(item.qalys_per_patient) in said
        if place != compared.reference:
            words = increment_words(
                compared.increment(place), LETTERS[place], LETTERS[compared.reference]
            )
            assert words in said
    bars = plain(page._charts[0]._drawing.value)
    assert all(pounds(item.cost) in bars for item in compared.priced)
    tables = [plain(panel.card._foot.value) for panel in page._tables]
    for step in compared.steps:
        assert pounds(compared.costs[step.place]) in tables[0]
        assert step.icer is None or f"{ratio_pounds(step.icer)} per QALY gained" in tables[0]
    others = [place for place in range(3) if place != compared.reference]
    for place in others:
        gain = compared.increment(place).net_benefit(20_000)
        assert pounds(gain.value) in tables[2]
        assert pounds(gain.low) in tables[2]


def test_every_figure_is_the_one_that_python_gives(page, compared):
    check_figures(page, compared())
    assert page.session.notice is None
    assert page.address()["runs"].count(",") == 2


def test_another_price_is_drawn_at_once_and_starts_no_run(page, compared):
    began = time.perf_counter()
    page.session.change({"drugs/faricimab-6mg": 300})
    page.draw()
    print(f"priced and drawn in {1000 * (time.perf_counter() - began):.0f} ms")
    check_figures(page, compared(SHIPPED.with_price("drugs/faricimab-6mg", 300)))
    row = page._inputs._rows["drugs/faricimab-6mg"]
    assert row._field.value == "300.00"
    assert "own value" in row._about.value
    assert "with 1 own value" in plain(page._title.head.value)
    page.session.undo()
    page.draw()
    check_figures(page, compared())
    assert "own value" not in row._about.value


def test_a_field_takes_a_price_and_says_at_it_what_cannot_be(page, compared):
    row = page._inputs._rows["care/scan"]
    row._field.value = "£1,000.50"
    check_figures(page, compared(SHIPPED.with_price("care/scan", 1_000.5)))
    said = plain(row._about.value)
    assert "plausible" in said
    assert "1000.50 lies outside" in said
    for typed, why in (
        ("dear", "OCT scan is 'dear', but must be a number."),
        ("-5", "OCT scan is \N{MINUS SIGN}5, but must be from 0 to 10,000,000."),
        ("1e999", "OCT scan is '1e999', but must be a number."),
    ):
        row._field.value = typed
        page.session.choose_utility("brown-2000")  # the page draws anew, and the text stays
        page.draw()
        assert row._field.value == typed
        assert "is-wrong" in row._field._dom_classes
        assert plain(row._problem.value).startswith(why)
        assert "1000.50 is used until then." in row._problem.value
        page.session.choose_utility(next(iter(SHIPPED.utilities)))
        page.draw()
    check_figures(page, compared(SHIPPED.with_price("care/scan", 1_000.5)))
    letters = page._inputs._rows["assumptions/fellow_eye_letters"]
    letters._field.value = "200"
    assert "Other eye, mean acuity is 200, but must be from 0 to 100." in letters._problem.value
    page._inputs._undo.click()
    assert row._problem.value == letters._problem.value == ""
    assert "lies outside" not in row._about.value
    assert row._field.value == f"{SHIPPED.pence('care/scan') / 100:.2f}"


def test_another_mapping_reference_and_worth_are_drawn(page, compared):
    page._inputs._utility.value = "brown-2000"
    page._title._reference.value = 2
    check_figures(page, compared(utility="brown-2000", reference=2))
    assert "Brown" in page._inputs._citation.value
    page._charts[2].choice.value = 50_000.0
    assert page.session.threshold == 50_000
    assert "Where a QALY is worth £50,000" in page._charts[2].card._foot.value


def test_the_plane_and_the_curves_can_take_prices_as_uncertain(page):
    together = page._charts[1]._drawing.value
    assert "This leaves out what is not known of the disease." in page._charts[2].card._foot.value
    page._charts[1].choice.value = PATIENTS
    assert page._charts[1]._drawing.value != together
    left_out = "leaves out what is not known of the disease, of prices and of utilities"
    assert left_out in page._charts[1].card._foot.value
    assert left_out in page._charts[2].card._foot.value
    page._charts[1].choice.value = INPUTS
    assert page._charts[1]._drawing.value == together
    assert "list prices of drugs, are held" in plain(page._charts[1].card._foot.value)
    sources = page._charts[4]
    said = plain(sources.card._foot.value)
    spread = page.session.uncertain.net_benefit_spread(1, 20_000)
    assert f"Luck of these patients {pounds(spread.patients)}" in said
    assert f"Prices and utilities {pounds(spread.parameters)}" in said
    assert "Numbers of the disease not drawn yet" in said
    assert "First visit: £172, lognormal" in said
    assert "prices and utilities drawn together; the numbers of the disease stay" in plain(
        page._caveats.value
    )
    drawn = [panel._drawing.value for panel in page._charts if hasattr(panel, "_drawing")]
    assert not [markup for markup in drawn if re.search(r"nan|inf", markup.lower())]


@pytest.fixture
def drawn(page):
    """The same page with three draws of the disease, which are simulated here."""
    session = page.session
    page.refresh()
    assert session.study.n_patients == "300"
    session.study.n_draws = "3"
    runs = EconomicDraws(session.questions, 3, store=session.store)
    runs.complete()
    page._charts[4]._start.click()
    page.refresh()
    return runs


def test_draws_of_the_disease_are_those_of_python(page, drawn):
    session = page.session
    assert session.notice is None
    assert session.drawn == ALL
    titles = [title for title, _ in page._charts[1].choice.options]
    assert titles[2:] == ["Disease", "Disease, prices and utilities"]
    for kind, draws_inputs in ((ALL, True), (DISEASE, False)):
        page._charts[1].choice.value = kind
        found = drawn.uncertainty(Pricing(SHIPPED, draws_inputs=draws_inputs))
        costs, qalys = found.plane()
        assert points_of(session)[0].tolist() == costs.tolist()
        points = page._charts[1].card.view.numbers()
        assert [row[3] for row in points.rows] == qalys[1:].ravel().tolist()
        assert shares_of(session).tolist() == found.acceptability().tolist()
        assert "3 draws" in plain(page._charts[2].card._foot.value)
    said = plain(page._charts[4].card._foot.value)
    sd = drawn.uncertainty(Pricing(SHIPPED)).net_benefit_spread(1, 20_000).parameters
    assert f"Numbers of the disease {pounds(sd)}" in said
    assert "3 of 3 draws" in plain(page._charts[4]._hint.value)


def test_another_price_draws_the_disease_anew_without_a_run(page, drawn):
    n_runs = len(drawn.store.list())
    page._inputs._rows["drugs/faricimab-6mg"]._field.value = "100"
    cheaper = SHIPPED.with_price("drugs/faricimab-6mg", 100)
    found = drawn.uncertainty(Pricing(cheaper, draws_inputs=True))
    assert points_of(page.session)[0].tolist() == found.plane()[0].tolist()
    page._title._reference.value = 2
    assert points_of(page.session)[0][2].tolist() == [0.0] * 3
    assert len(drawn.store.list()) == n_runs


def test_draws_that_were_asked_for_before_are_found_again(drawn, kept, ids):
    session = EconomicsSession(kept)
    session.arrive(ids)
    session.refresh()
    assert session.study.n_complete == 3
    assert session.study.state.status == "complete"
    assert session.study.n_draws == "3"
    assert session.drawn == INPUTS  # nobody chose another
    assert DISEASE in session.drawable


def test_the_report_is_asked_for_at_the_prices_of_the_page(page, drawn):
    session = page.session
    what = shown_economics(session).what
    assert (what.prices, what.utility, what.draws) == ("uk-list-prices", "", 3)
    session.change({"drugs/faricimab-6mg": 100})
    session.choose_utility("brown-2000")
    page._inputs.refresh()
    what = shown_economics(session).what
    assert what.utility == "brown-2000"
    assert not Path(what.prices).exists()
    session.keep_reported_prices()
    priced = Priced(what.prices, what.utility, what.draws, what.draw_patients)
    page._title._reference.value = 1
    said = plain("".join(economics_parts(session.comparison, 1, priced)))
    compared, economics = session.compared, session.economics
    for place, item in enumerate(compared.priced):
        figures = f"{pounds(item.cost)} {qalys_text(item.qalys_per_patient)}"
        assert f"{compared.names[place]} {figures} " in said
        if place != 1:
            gain = compared.increment(place).net_benefit(20_000)
            assert f"£20,000 {pounds(gain.value)} {pounds(gain.low)} {pounds(gain.high)}" in said
    uncertain = drawn.uncertainty(Pricing(economics, "brown-2000", 1))
    assert pounds(uncertain.net_benefit_spread(0, 20_000).parameters) in said
    assert "Faricimab 6 mg £100 GBP per injection, own value Set by the user" in said
    assert "First visit £172 GBP, uprated from £140.04 in 2018/19 LEAVO" in said
    assert "Aflibercept 2 mg £816 GBP per injection, as listed in 2023/24" in said
    assert "Worth of a QALY £20,000 GBP per QALY" in said
    assert "with 1 own value. All in pounds of 2024/25. Utilities: Brown 2000" in said
    assert "Own values: Faricimab 6 mg £100." in said
    assert "At list prices." not in said
    assert "3 draws are few: a share of them moves in steps of 33.3%." in said
    assert "1,000 draws of patients, prices and utilities drawn together" in said
    answer = plain(economics_answer(session.comparison, 1, priced))
    item = compared.priced[0]
    figures = f"{pounds(item.cost)} and {qalys_text(item.qalys_per_patient)} QALYs per patient"
    assert f"A {compared.names[0]}: {figures}" in answer
    assert "var(--" not in "".join(economics_parts(session.comparison, 1, priced))
    assert " --set /" in priced.options
    assert priced.options.endswith(" --utility brown-2000 --draws 3 --draw-patients 300")


def test_a_report_of_draws_that_are_not_simulated_is_refused(page):
    with pytest.raises(InvalidInputError, match="The 7 draws of the disease are not simulated"):
        economics_parts(page.session.comparison, 0, Priced("uk-list-prices", "", 7, 200))
    assert economics_parts(page.session.comparison, 0, Priced()) == []


def test_the_cost_of_lost_sight_says_that_it_is_not_counted_until_it_has_a_price(page):
    costs, years = page._charts[0], page._charts[5]
    assert "sight loss not counted (price £0)" in plain(costs._drawing.value)
    assert "sight loss not counted" in costs._drawing.value.split("aria-label")[1]
    assert "sight loss" not in years.card._foot.value
    page.session.change({"care/sight_loss_year": 1_000})
    page.draw()
    assert "not counted" not in costs._drawing.value
    assert "sight loss" in years.card._foot.value


def test_why_these_runs_are_shown_is_said(page):
    assert "ape-why" not in page._title.head.value
    page.session.why = "These are the newest runs."
    page.draw()
    assert "These are the newest runs." in page._title.head.value


def test_draws_that_cannot_be_are_refused_in_words(page):
    sources = page._charts[4]
    sources._n.value = "many"
    sources._start.click()
    page.draw()
    assert "Draws: 'many' is not a whole number from 2 to 200." in plain(page._notices.view.value)
    assert page.session.drawn == INPUTS


def test_where_slots_ran_short_the_page_shows_no_interval(page, monkeypatch):
    monkeypatch.setattr(HealthEconomics, "slots_ran_short", True)
    page.session._known = ()
    page.refresh()
    assert "is not known" in plain(page._answer.value)
    assert "95% interval" not in plain(page._answer.value)
    assert "is-dots" not in page._charts[1]._drawing.value
    assert "Visits slipped in these runs" in page._charts[2]._drawing.value
    assert "svg" not in page._charts[2]._drawing.value
    assert "Visits slipped in these runs" in page._charts[1].card._foot.value
    assert "Luck of these patients not known" in plain(page._charts[4].card._foot.value)
    assert "Visits slipped in these runs" in page._caveats.value
    page._charts[1].choice.value = INPUTS
    assert "is-dots" in page._charts[1]._drawing.value


def test_every_chart_gives_its_numbers(page):
    tables = [card.view.numbers() for card in (*page._charts, *page._tables)]
    assert all(table.rows for table in tables)
    assert len({table.to_csv() for table in tables}) >= 7


def test_own_prices_are_saved_offered_and_used_again(page, kept):
    page.session.change({"care/scan": 12})
    page._inputs._name.value = "My trust"
    page._inputs._save.click()
    assert "Saved as my-trust." in page._inputs._said.value
    assert "my-trust" in [value for _, value in page._inputs._set.options]
    page._inputs._set.value = "uk-list-prices"
    assert page.session.changed == ()
    page._inputs._set.value = "my-trust"
    assert page.session.changed == ("care/scan",)
    assert "Own prices “my-trust”, made from: UK list prices" in plain(page._title.head.value)
    assert "plausible" in page._inputs._rows["care/scan"]._about.value
    session = EconomicsSession(kept)
    session.choose_set("my-trust")
    assert session.economics.pence("care/scan") == 1_200
    session.take_in((kept / "economics" / "my-trust.yaml").read_bytes(), "x.yaml")
    assert session.economics == parse_economics_yaml(
        (kept / "economics" / "my-trust.yaml").read_text(), "x"
    )
    page._inputs._name.value = "uk-list-prices"
    page._inputs._save.click()
    assert "ships with APE" in page._inputs._said.value
    page._inputs._name.value = "!"
    page._inputs._save.click()
    assert "Not saved. A name needs a letter or a digit." in page._inputs._said.value
    page.session.change({"care/scan": 13})
    page._inputs._name.value = "my trust"
    page._inputs._save.click()
    assert "Saved as my-trust." in page._inputs._said.value


def test_list_prices_are_said_only_of_drugs_at_them(page):
    drugs = {"aflibercept-2mg", "faricimab-6mg", "none"}
    assert drug_price_words(SHIPPED, drugs) == LIST_PRICES
    assert drug_price_words(SHIPPED, {"none"}) == ""
    page.session.change({"drugs/faricimab-6mg": 450})
    said = plain(caveats_markup(page.session))
    assert "At list prices." not in said
    assert "put in its place: Faricimab 6 mg £450." in said
    assert "At the list price: Aflibercept 2 mg." in said
    page.draw()
    assert page._charts[1].choice.value == INPUTS
    foot = plain(page._charts[1].card._foot.value)
    assert "as list prices of drugs and own values, are held" in foot
    page.session.change({"drugs/aflibercept-2mg": 400})
    page.draw()
    assert "list price:" not in plain(caveats_markup(page.session))
    assert "as own values, are held" in plain(page._charts[1].card._foot.value)
    assert "with 2 own values" in plain(page._title.head.value)


def test_every_curve_has_its_letter_away_from_the_values_of_the_axis():
    falling, rising = np.linspace(1, 0, 101), np.linspace(0, 1, 101)
    assert marked_at(np.stack([falling, rising, 0 * rising, 0 * rising])) == [3, 100, 93, 86]


def test_what_is_left_out_is_said(page):
    said = plain(caveats_markup(page.session))
    for words in ("Only one eye", "62.8 letters", "list prices", "better-seeing", "Not counted"):
        assert words in said


def test_runs_of_several_drugs_are_refused_in_words(page, monkeypatch):
    summary = page.session.comparison.runs[0].summary()
    mixed = dict(summary.arrays)
    mixed["injections_by_drug"] = summary["injections_by_drug"] + 1
    several = type(summary)(summary.years, mixed)
    monkeypatch.setattr(type(page.session.comparison.runs[0]), "summary", lambda _: several)
    page.session._known = ()
    page.refresh()
    assert "These runs cannot be priced." in page._answer.value
    assert "several drugs" in page._answer.value
    assert "ape-hidden" in page._cards._dom_classes
    assert "that all runs have simulated" in page._tables[0].card._foot.value
    for chart in page._charts:
        assert "<p></p>" not in chart.card._head.value, "what is to come is said before it is there"


def test_names_are_escaped_in_tables():
    from ape_core.summaries.table import Table

    table = Table.of("<b>", ("<i>", "", ["<script>"]), ("x", "GBP", [1.0]))
    assert "<script>" not in table_markup(table, ["<script>"])


def test_a_page_closes_without_a_trace(kept, ids, count_widgets):
    before = count_widgets()
    page = EconomicsPage(ids, kept, light=True)
    page._toggle.value = True
    page.close()
    assert count_widgets() == before


def test_amounts_are_read_as_they_are_typed():
    assert [parse_amount(t, "x") for t in ("816", "£1,234.50", " 0.5 ")] == [816, 1_234.5, 0.5]
    assert ticks_between(0, 0)[0] < ticks_between(0, 0)[-1]
    assert ticks_between(-3, 18_000)[-1] >= 18_000


def test_the_kernel_of_the_page_stays_small(kept, ids):
    code = (
        "import sys\nfrom widgets.economics.page import EconomicsPage\n"
        f"page = EconomicsPage({ids!r}, {str(kept)!r}, light=False)\n"
        "print({'numba', 'pyarrow', 'matplotlib', 'scipy'} & set(sys.modules) or 'small')"
    )
    environment = {"SERVER_SOFTWARE": "voila/0.5.13", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "small"
