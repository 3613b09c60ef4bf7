"""Opens the comparison that a notebook asks for.

A live page where somebody looks: in Voilà, and in a notebook whose cells are run by hand. A report
where a notebook is executed from end to end, as by papermill: it has to read without a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from widgets.page import is_page, run_by_hand

if TYPE_CHECKING:
    from widgets.compare.page import ComparePage
    from widgets.compare.report import ComparisonReport


def open_comparison(namespace: Mapping[str, Any]) -> ComparePage | ComparisonReport:
    """Open the comparison that the parameters of a notebook describe.

    A page shows the runs that are named, or those of its address; its form asks for others.

    Parameters
    ----------
    namespace
        The notebook's `globals()`, before it defines anything but its parameters.

    Raises
    ------
    InvalidInputError
        A parameter is not one of the notebook's, or its value is not allowed.
    """
    if is_page() or run_by_hand():
        from widgets.compare.page import ComparePage

        return ComparePage(namespace.get("runs") or None, namespace.get("store") or None)
    from widgets.compare.report import PARAMETERS, ComparisonReport
    from widgets.report import parameters_of

    return ComparisonReport.of(parameters_of(namespace, PARAMETERS))
