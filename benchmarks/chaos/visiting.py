"""Visits pages in a browser as people do, who reload one that does not come to life."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.chaos.common import demand, tell

PAGE_SECONDS: Final = 600.0
LIFE_SECONDS: Final = 180.0
MOST_RELOADS: Final = 3

_BEATS: Final = "document.querySelector('.ape-pulse [data-tick]')?.dataset.tick"
_STATE: Final = """({
    state: document.readyState,
    widgets: document.querySelectorAll(".jupyter-widgets").length,
    pulse: document.querySelector(".ape-pulse")?.innerHTML,
    says: document.getElementById("ape-lost")?.innerText,
})"""
"""What a page that does not come to life has come to."""


def open_page(browser: Any, address: str, reloads: list[str]) -> Any:
    """Open a page, which must be let in."""
    status, page = knock(browser, address, reloads)
    demand(status == 200, f"a page is let in, not answered with {status}")
    return page


def knock(browser: Any, address: str, reloads: list[str]) -> tuple[int, Any]:
    """Come as a new visitor: 200 and a page that lives, or what the server says instead.

    A page that does not come to life offers to reload it, which is done as a visitor would, and
    what it had come to is added to `reloads`.
    """
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(PAGE_SECONDS * 1000)
    statuses: list[int] = []
    page.on("response", lambda answer: _note_status(answer, statuses))
    page.goto(address, wait_until="commit")
    for _ in range(MOST_RELOADS):
        if _comes(page):
            break
        reloads.append(str(page.evaluate(_STATE)))
        tell(f"a page is reloaded that did not come to life: {reloads[-1]}")
        page.reload(wait_until="commit")
    demand(_comes(page), f"a page comes to life; it is {page.evaluate(_STATE)}")
    if statuses[-1] == 200:
        return 200, page
    words = page.locator("main p").first.inner_text()
    page.close()
    return statuses[-1], words


def _comes(page: Any) -> bool:
    """Wait for the pulse of a page, or for what the server says instead of a page."""
    from playwright.sync_api import TimeoutError as TooLate

    try:
        page.wait_for_function(
            f"{_BEATS} > 0 || document.querySelector('main > small, main > p')",
            timeout=LIFE_SECONDS * 1000,
            polling=500,  # a machine that has much else to do may draw no frames for long
        )
    except TooLate:
        return False
    return True


def _note_status(answer: Any, statuses: list[int]) -> None:
    """Note how the server answered the visit; the first answer only looks at the browser."""
    if answer.request.is_navigation_request():
        statuses.append(answer.status)


def see_that_pages_live(pages: list[Any]) -> None:
    """Raise Broken unless the kernel of every page still counts."""
    for page in pages:
        before = page.evaluate(_BEATS)
        page.wait_for_function(f"before => {_BEATS} !== before", arg=before, polling=500)
