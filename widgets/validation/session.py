"""The state of a page of validation: what is computed, how far it is, and what went wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ape_core.analysis.validation_store import DEFAULT_PATIENTS, State, ValidationStore
from ape_core.errors import ApeError
from widgets.session import Notice

if TYPE_CHECKING:
    from ape_core.analysis.records import Records
    from ape_core.analysis.validation import Validation

RECORDS_VARIABLE = "APE_RECORDS"


class ValidationSession:
    """One page's view of a validation, which another process computes.

    Parameters
    ----------
    n_patients
        Simulated in each arm.
    records
        File of patient-level records; by default what APE_RECORDS names, if anything.
    store
        Folder of runs; by default the user's.
    """

    def __init__(
        self,
        n_patients: int = DEFAULT_PATIENTS,
        records: str = "",
        store: str | Path | None = None,
    ) -> None:
        self.records_path = records or os.environ.get(RECORDS_VARIABLE, "")
        self._kept = ValidationStore(store, n_patients, self.records_path)
        self.state = State("absent")
        self.validation: Validation | None = None
        self.records: Records | None = None
        self.problem = ""
        self.notice: Notice | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to come."""
        return self.state.status in ("complete", "failed")

    def arrive(self) -> None:
        """Show what is kept; have computed what is not."""
        self._read()
        if self.state.status == "absent":
            self.start()

    def start(self) -> None:
        """Have it computed, also after a failure."""
        self.notice = None
        self._kept.start()
        self._read()

    def refresh(self) -> None:
        """Read anew what may have changed, until nothing more is to come."""
        if not self.is_settled:
            self._read()

    def close(self) -> None:
        """Leave everything as it is: nothing is held that does not go with the session itself."""

    def _read(self) -> None:
        """Read what is kept."""
        self.state = self._kept.state()
        if self.validation is None:
            self.validation = self._kept.validation()
        if self.records is None and not self.problem:
            self._read_records()
        if self.state.status == "failed":
            self.report(self.state.error, self.state.hint)

    def report(self, message: str, hint: str = "") -> None:
        """Tell the reader what went wrong."""
        self.notice = Notice(message, hint)

    def _read_records(self) -> None:
        """Read what was counted, or why nothing was."""
        try:
            self.records = self._kept.records()
        except ApeError as error:
            self.problem = str(error)
