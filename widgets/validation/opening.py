"""Opens the validation that a notebook asks for.

A live page where somebody looks: in Voilà, and in a notebook whose cells are run by hand. A report
where a notebook is executed from end to end, as by papermill: it has to read without a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ape_core.errors import InvalidInputError
from widgets.page import is_page, run_by_hand
from widgets.report import parameters_of
from widgets.validation.session import ValidationSession

if TYPE_CHECKING:
    from widgets.validation.page import ValidationPage
    from widgets.validation.report import ValidationReport

PARAMETERS: Final = ("n_patients", "records", "store")


def open_validation(namespace: Mapping[str, Any]) -> ValidationPage | ValidationReport:
    """Open the validation that the parameters of a notebook describe.

    Parameters
    ----------
    namespace
        The notebook's `globals()`, before it defines anything but its parameters.

    Raises
    ------
    InvalidInputError
        A parameter is not one of the notebook's, or its value is not allowed.
    """
    given = parameters_of(namespace, PARAMETERS)
    for name in ("records", "store"):
        if not isinstance(given[name], str):
            raise InvalidInputError(
                f"{name} is {given[name]!r}, but must be a path as text.",
                "Leave it empty for none.",
            )
    session = ValidationSession(given["n_patients"], given["records"], given["store"] or None)
    if is_page() or run_by_hand():
        from widgets.validation.page import ValidationPage

        return ValidationPage(session)
    from widgets.validation.report import ValidationReport

    return ValidationReport(session)
