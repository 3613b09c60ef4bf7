"""What a page of economics shows, as a report is asked for it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from widgets.report_panel import ReportPanel, Shown, shown_comparison

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.economics.session import EconomicsSession


class EconomicsReportPanel(ReportPanel):
    """The button of the report; prices that are not saved are written for it when it is pressed."""

    def __init__(self, session: EconomicsSession, draw: Callable[[], None]) -> None:
        self._prices = session
        super().__init__(session, draw, partial(shown_economics, session))

    def _pressed(self, pressed: Any) -> None:
        """Have the report made."""
        self._prices.keep_reported_prices()
        super()._pressed(pressed)


def shown_economics(session: EconomicsSession) -> Shown | None:
    """The complete runs that a page compares, at its prices; None while there are none."""
    shown = shown_comparison(session)
    if shown is None or session.compared is None:
        return None
    study = session.study
    has_all = study.state is not None and study.state.status == "complete"
    runs = study.runs if has_all else None
    first = next(iter(session.economics.utilities))
    what = replace(
        shown.what,
        prices=session.reported_prices,
        utility="" if session.utility == first else session.utility,
        draws=runs.n_draws if runs else 0,
        draw_patients=runs.n_patients if runs else 0,
    )
    return Shown(shown.store, what, shown.name.replace("comparison", "economics"))
