"""Validation: what was observed beside what is simulated, as a page and as a report."""

from widgets.validation.opening import open_validation

__all__ = ["open_validation"]
