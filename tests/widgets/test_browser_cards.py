"""The menu of a card in the browser: what is saved is what is shown, and what Python gives."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ape_core.runs import open_run, submit
from ape_core.runs.estimating import Estimate
from ape_core.summaries import acuity_over_time, change_bands, headline, moves, status_flow
from ape_core.summaries.tables import acuity_table, flow_table
from support.pages import IN_BROWSER, chromium, open_page, served, wait_for_charts
from support.runs import small_spec
from widgets.charts.story import PARTS
from widgets.controls import estimate_markup
from widgets.theme import hexadecimal, stylesheet

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A page in the dark theme that shows a complete run, and the summary of the run."""
    folder = tmp_path_factory.mktemp("cards")
    handle = submit(small_spec(400, years=2), folder / "store")
    assert handle.wait() == "complete"
    summary = open_run(handle.run_id, folder / "store").summary()
    with served(folder) as server, chromium() as browser:
        page = open_page(browser, f"{server.address}?run={handle.run_id[:12]}&theme=dark")
        wait_for_charts(page)
        page.wait_for_selector(".ape-card-menu")
        yield page, summary
        page.close(run_before_unload=True)


def saved(page, card, item):
    """File that an item of the menu of a card gives: its name and its bytes."""
    page.locator(f".ape-as-{card} .ape-card-menu").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def rgb(name):
    """A colour of the dark theme as browsers write it."""
    digits = hexadecimal(name, dark=True)[1:]
    return "rgb({}, {}, {})".format(*(int(digits[i : i + 2], 16) for i in (0, 2, 4)))


def open_part(page, part):
    page.get_by_role("button", name=PARTS[part], exact=True).click()
    page.wait_for_selector(f".ape-show-{part}")


def test_a_card_is_saved_as_it_is_shown_with_the_numbers_of_python(shown):
    page, summary = shown
    name, image = saved(page, "visual-acuity", "Save as PNG")
    assert re.fullmatch(r"ape-[0-9a-f]{12}-visual-acuity\.png", name)
    assert image.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", image[16:24])
    assert width > 1_000 < 3 * height
    assert len(image) > 20_000  # one that is empty compresses to far less
    name, drawing = saved(page, "visual-acuity", "Save as SVG")
    assert name.endswith(".svg")
    ET.fromstring(drawing)  # it is whole
    words, view = drawing.decode(), acuity_over_time(summary)
    texts = "".join(re.sub(r"<[^>]+>", " ", words).split())
    for expected in ("Visual acuity", f"{view.mean[-1]:.1f}", "90th centile", f"{view.n[0]:,}"):
        assert expected.replace(" ", "") in texts
    assert {rgb("card"), rgb("ink"), rgb("acuity")} <= set(re.findall(r"rgb\([\d, ]+\)", words))
    assert not re.search(r"var\(|NaN|undefined|foreignObject|Save or enlarge", words)
    name, numbers = saved(page, "visual-acuity", "Save numbers as CSV")
    assert name.endswith("-visual-acuity.csv")
    assert numbers.decode() == acuity_table(summary).to_csv()
    assert page.trouble == []


def test_every_part_shows_the_figures_of_python(shown):
    page, summary = shown
    last, bands, flow = headline(summary, 2), change_bands(summary), status_flow(summary)
    tiles = page.locator(".ape-tiles").inner_text()
    for figure in (f"{last.pct_bcva_ge70:.1f}%", f"{last.pct_on_treatment:.1f}%"):
        assert figure in tiles
    open_part(page, 1)
    gains = page.locator(".ape-as-letters-gained-and-lost")
    assert f"{bands.percent[-1, -1]:.1f}% gained" in gains.locator(".ape-ends").inner_text()
    open_part(page, 3)
    foot = page.locator(".ape-as-from-year-to-year .ape-foot").inner_text()
    assert f"{moves(flow).left.sum():,} left care" in foot
    _, numbers = saved(page, "from-year-to-year", "Save numbers as CSV")
    assert numbers.decode() == flow_table(summary).to_csv()
    shapes = page.locator(".ape-as-from-year-to-year svg path")
    assert shapes.count() > 3
    open_part(page, 0)
    assert page.trouble == []


def test_charts_are_presented_one_by_one_by_the_keyboard(shown):
    page, _ = shown
    page.get_by_role("button", name="Present", exact=True).focus()
    page.keyboard.press("Enter")
    heading = page.locator(".ape-presented h3")
    heading.wait_for()
    assert heading.inner_text() == "Visual acuity"
    box = page.locator(".ape-presented").bounding_box()
    assert (box["width"], box["height"]) == (1440, 900)
    for key, expected in (
        ("ArrowRight", "Who stays in care"),
        ("ArrowLeft", "Visual acuity"),
        ("ArrowLeft", "From year to year"),
        ("ArrowRight", "Visual acuity"),
    ):
        page.keyboard.press(key)
        heading.get_by_text(expected, exact=True).wait_for()
    page.keyboard.press("Escape")
    heading.wait_for(state="detached")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == (
        "Save or enlarge: Visual acuity"
    )
    assert page.trouble == []


def test_an_estimate_of_the_first_run_ever_fits_into_its_form(shown):
    """It says that the simulator is compiled before, which takes more room than seconds."""
    page = shown[0].context.new_page()
    needed = Estimate(70_000, 260.0, 1.0, 2.0, 2)
    form = f'<div class="ape" style="width:276px">{estimate_markup(needed, compiles=True)}</div>'
    page.set_content(f"<style>{stylesheet()}</style>{form}")
    estimate = page.locator("dl.ape-estimate")
    assert "after compiling" in estimate.inner_text()
    assert estimate.evaluate("list => list.scrollWidth <= list.clientWidth")
    last = estimate.locator("dd").last.bounding_box()
    assert last["x"] + last["width"] < estimate.bounding_box()["x"] + 276
    page.close()


def test_what_a_field_proposes_can_be_read_in_the_dark(shown):
    field = shown[0].locator(".ape-search input")
    colour = field.evaluate("field => getComputedStyle(field, '::placeholder').color")
    assert colour == rgb("ink-faint")
