"""The run of the same patients without a limit on slots, and what comes of comparing with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.analysis.slipping import SlippingEffect
from ape_core.errors import ApeError, InvalidInputError
from ape_core.runs import Run, submit
from widgets.shell import Shell

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.store import Store
    from ape_core.summaries.summary import Summary


class Beside:
    """What is known beside a run with limited slots; trouble with it does no harm to the page.

    Parameters
    ----------
    store
        Of both runs.

    Attributes
    ----------
    run
        The other run, once it was asked for.
    summary
        Its summary, once it is complete.
    effect
        What slipping does to acuity, once both are complete and were compared.
    trouble
        Why there is none of these, in words; empty unless something went wrong.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._of = ""
        self._shell: Shell | None = None
        self.run: Run | None = None
        self.summary: Summary | None = None
        self.effect: SlippingEffect | None = None
        self.trouble = ""

    @property
    def version(self) -> tuple[object, ...]:
        """Changes whenever something else is known."""
        status = self.run.status if self.run and self.summary is None else ""
        return (self._of, status, self.summary is None, self.effect is None, self.trouble)

    def follow(self, run_id: str, spec: RunSpec | None, *, complete: bool) -> None:
        """Have the same patients simulated without a limit, and both compared when complete."""
        try:
            if run_id != self._of:
                self._begin(run_id, spec)
            if not self.trouble and self.effect is None:
                self._go_on(run_id, complete=complete)
        except ApeError as error:
            self.trouble = error.message

    def close(self) -> None:
        """Let go of everything; the other run goes on."""
        if self._shell is not None:
            self._shell.end()
        self._shell = self.run = self.summary = self.effect = None
        self._of = self.trouble = ""

    def _begin(self, run_id: str, spec: RunSpec | None) -> None:
        """Ask for the other run, if this one has limited slots."""
        self.close()
        self._of = run_id
        if spec is None or spec.capacity is None:
            return
        if not spec.is_current:
            raise InvalidInputError(
                "This run is of another version of the model: nothing can be simulated beside it."
            )
        self.run = submit(spec.replace(capacity=None), self._store)

    def _go_on(self, run_id: str, *, complete: bool) -> None:
        """Read the other run once it is complete; compare both, in a process of its own."""
        if self.run is None:
            return
        if self.summary is None and self.run.status == "complete":
            self.summary = self.run.summary()
        if self.summary is None or not complete:
            return
        if self._shell is None:
            self._shell = Shell(self._store.path, "slipping", run_id)
        if not self._shell.is_done:
            return
        said = self._shell.answer()
        self._shell.end()
        self._shell = None
        if isinstance(said, str):
            self.trouble = said
        else:
            self.effect = SlippingEffect.from_json(said)
