"""Title of a service: how patients come, and for how many there is room, is said below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.spec.recruitment import Recruitment
from ape_core.storage.changes import changes_in_short
from widgets import format as words
from widgets.changes import changed_line
from widgets.title import TitlePanel, line_with

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec


class ServiceTitle(TitlePanel):
    """Title of the run that is shown."""

    def _line(self, spec: RunSpec) -> str:
        """Who is simulated, and how many of the years are of the service."""
        before = spec.cohort.recruitment.caseload_years or 0
        service = f"{words.plural(spec.years - before, 'year')} of service"
        if before:
            built = words.plural(before, "year")
            service += f" (and the {built} before, in which its caseload came)"
        return line_with(spec, service)

    def _say_changes(self, spec: RunSpec) -> str:
        """Say what is other than usual, but for what is part of the question of a service."""
        if self._changes_of is not spec:
            usual = spec.replace(recruitment=Recruitment(), capacity=None)
            said = changes_in_short(usual, self._session.store)
            self._changes = changed_line(said)
            self._changes_of = spec
        return self._changes
