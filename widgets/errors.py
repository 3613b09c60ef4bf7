"""No handler fails in silence: what went wrong is shown in words, where the reader looks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from ape_core.errors import ApeError

_LOG = logging.getLogger(__name__)


class Reporter(Protocol):
    """Something that can show an error to the reader."""

    def report(self, message: str, hint: str) -> None:
        """Show what went wrong and what to do."""


def guarded(reporter: Reporter, handler: Callable[..., None]) -> Callable[..., None]:
    """Wrap a handler of a widget, whose errors would otherwise vanish.

    Parameters
    ----------
    reporter
        Shows the error.
    handler
        What a click or a change calls.
    """

    @wraps(handler)
    def wrapped(*arguments: Any) -> None:
        try:
            handler(*arguments)
        except ApeError as error:
            reporter.report(error.message, error.hint)
        except OSError as error:
            reporter.report(f"The system refused: {error}.", "Check the store and free space.")
        except Exception as error:  # noqa: BLE001 - the last place where it can be shown at all
            _LOG.exception("A handler of the page failed")
            reporter.report(
                f"APE met a fault of its own: {type(error).__name__}: {error}.",
                "Your runs are not affected. Reload the page; if it happens again, report it.",
            )

    return wrapped
