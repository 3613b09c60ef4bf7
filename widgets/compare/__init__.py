"""Protocols compared on the same patients, as a page and as a report."""

from widgets.compare.opening import open_comparison

__all__ = ["open_comparison"]
