"""The page of a clinic's work as a visitor meets it: it answers by itself, as Python does."""

from __future__ import annotations

import re

import pytest

from ape_core.analysis.slipping import slipping_effect
from ape_core.runs import list_runs
from ape_core.spec.service_calendar import service_window
from ape_core.spec.staffing_yaml import load_staffing
from ape_core.summaries.slots import slot_use
from ape_core.summaries.staff_plan import staff_plan
from ape_core.summaries.staffing import workload
from support.pages import IN_BROWSER, chromium, open_page, served, wait_for_charts, wait_for_end
from widgets.service.slipping import in_words, letters_of

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER


def row(page, name, place=0):
    """Cells of the row of that name in the table by year."""
    found = page.locator("table.ape-plan tr", has=page.locator(f"th:text-is('{name}')"))
    return found.nth(place).locator("td").all_inner_texts()


def test_a_service_is_shown_by_itself_changed_at_once_and_limited_by_slots(tmp_path):
    with served(tmp_path) as server, chromium() as browser:
        page = open_page(browser, f"{server.address}voila/render/service.ipynb")
        wait_for_charts(page)
        wait_for_end(page)
        (first,) = list_runs(server.store)
        opening, n_days = service_window(first.spec)
        staffing = load_staffing()
        work = workload(first.summary(), staffing, n_days, opening_day=opening)
        plan = staff_plan(work)
        visits = [f"{n:,}" for n in plan.visits]
        page.wait_for_selector(f"table.ape-plan td:text-is('{visits[-1]}')")
        assert row(page, "Visits, each with a scan") == visits
        assert row(page, "All", 3) == [f"{n:.1f}" for n in plan.staff.sum(axis=1)]
        page.get_by_role("button", name="Minutes and staff, with sources").click()
        page.get_by_label("Minutes per injection").fill("40")
        page.get_by_label("Minutes per injection").press("Enter")
        slower = staffing.with_values({"roles/injector/minutes/injection": 40})
        plan = staff_plan(workload(first.summary(), slower, n_days, opening_day=opening))
        staff = [f"{n:.1f}" for n in plan.staff.sum(axis=1)]
        page.wait_for_selector(f"table.ape-plan tr.ape-total td:text-is('{staff[-1]}')")
        assert row(page, "All", 3) == staff
        page.get_by_label(re.compile("Slots each weekday")).fill("12")
        page.get_by_role("button", name="Start", exact=True).click()
        told = page.wait_for_selector(".ape-verdict").inner_text()
        (limited,) = [run for run in list_runs(server.store) if run.spec.capacity]
        use = slot_use(limited.summary(), limited.spec)
        effect = slipping_effect(limited, first)
        assert told == in_words(effect, use)
        last = page.locator("table.ape-triangle tr", has=page.locator("th:text-is('year 4')"))
        assert last.locator("td").all_inner_texts()[0].split() == letters_of(effect, 4, 1).split()
        page.wait_for_selector(".ape-as-slots-and-waiting:not(.ape-waiting) svg path.line")
        assert f"run={limited.run_id[:12]}" in page.url
        assert page.trouble == []
        page.close(run_before_unload=True)
