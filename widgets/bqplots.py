"""bqplot, imported so that a page's kernel stays small.

bqplot imports pandas, and pandas imports pyarrow where it finds it: some 40 MB in every page for
something that no chart uses. In the kernel of a Voilà page, where nobody else can run code,
pyarrow is kept out while pandas is imported. A notebook's kernel belongs to its user, and nothing
is kept from it.
"""

from __future__ import annotations

import sys
import warnings

from widgets.page import is_page


def _import() -> None:
    """Import bqplot, without pyarrow where the kernel serves a page."""
    keep_out = is_page() and "pyarrow" not in sys.modules and "pandas" not in sys.modules
    if keep_out:
        sys.modules["pyarrow"] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            # bqplot declares some traits in a way that traitlets has deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            import bqplot  # noqa: F401
    finally:
        if keep_out:
            del sys.modules["pyarrow"]


_import()

from bqplot import Axis, Bars, Figure, Label, LinearScale, Lines, Scatter  # noqa: E402

__all__ = ["Axis", "Bars", "Figure", "Label", "LinearScale", "Lines", "Scatter"]
