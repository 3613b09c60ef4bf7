"""Title of a service: how patients come, and for how many there is room, is said below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.spec.recruitment import Recruitment
from ape_core.storage.changes import changes_in_short
from widgets.changes import changed_line
from widgets.title import TitlePanel

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec


class ServiceTitle(TitlePanel):
    """Title of the run that is shown."""

    def _say_changes(self, spec: RunSpec) -> str:
        """Say what is other than usual, but for what is part of the question of a service."""
        if self._changes_of is not spec:
            usual = spec.replace(recruitment=Recruitment(), capacity=None)
            said = changes_in_short(usual, self._session.store)
            self._changes = changed_line(said)
            self._changes_of = spec
        return self._changes
