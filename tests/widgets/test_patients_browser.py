"""The page of patients as a visitor uses it: by the keyboard, in headless Chromium."""

from __future__ import annotations

import shutil

import pytest

from ape_core.results import Criteria
from ape_core.results.telling import tell
from ape_core.runs import open_run
from support.pages import IN_BROWSER, chromium, open_page, served

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER


_FITS = """list => {
  const style = getComputedStyle(list), pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(list.selectedOptions[0].text).width <= room;
}"""


def _first_words(browser, address):
    """What a page says before its kernel has answered, as a screen reader is told it."""
    page = browser.new_page()
    page.goto(address, wait_until="commit")
    words = page.get_by_role("status").filter(has_text="Starting").inner_text()
    page.close()
    return words


def test_a_patient_is_found_and_shown_as_python_gives_it(tmp_path, first_answer):
    results = open_run("latest", first_answer).results_so_far()
    criteria = Criteria(sex="male", letters_gained=(None, -15))
    hits = results.find_patients(criteria, "worst", 12).patients
    second = results.get_patient(hits[1].patient_id)
    shutil.copytree(first_answer, tmp_path / "store")
    with served(tmp_path) as server, chromium() as browser:
        address = f"{server.address}voila/render/patients.ipynb?patient=2"
        assert "Starting the page and reading its runs." in _first_words(browser, address)
        page = open_page(browser, address)
        page.get_by_role("heading", name="Patient 2", exact=True).wait_for()
        page.wait_for_selector("#ape-skeleton", state="detached")
        page.get_by_label("Sex").select_option("Man")
        page.get_by_label("By the last visit").select_option("Lost 15 or more")
        page.get_by_label("Run", exact=True).hover()
        chosen = "list => list.title === list.selectedOptions[0].text && list.title.length > 20"
        assert page.get_by_label("Run", exact=True).evaluate(chosen)
        lost = page.get_by_label("By the last visit")
        assert lost.evaluate(_FITS), "what was chosen is cut off"
        page.get_by_role("button", name="Worst").press("Enter")
        first = f"Patient {hits[0].patient_id:,}"
        page.get_by_role("heading", name=first, exact=True).wait_for()
        listed = page.locator(".ape-hits button:visible")
        assert listed.count() == len(hits)
        listed.nth(1).press("Enter")
        page.get_by_role("heading", name=f"Patient {second.patient_id:,}", exact=True).wait_for()
        assert page.locator(".ape-history").inner_text().split() == " ".join(tell(second)).split()
        drawing = page.locator(".ape-if-room svg.ape-timeline")
        assert drawing.locator("circle.is-visit").count() == second.eyes[0].n_visits
        assert drawing.locator("rect.is-injection").count() == second.eyes[0].n_injections
        page.wait_for_url(f"**patient={second.patient_id}*")
        with page.expect_download() as saved:
            page.locator(".ape-as-patient .ape-card-menu").click()
            page.get_by_role("menuitem", name="Save numbers as CSV").click()
        lines = saved.value.path().read_text().splitlines()
        assert len(lines) == 1 + second.eyes[0].n_visits
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert page.trouble == []
        page.close(run_before_unload=True)
