"""The state of the page of economics: the runs, the prices applied to them, and what follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.analysis.economic_draws import Pricing
from ape_core.analysis.economics import CostEffectiveness, cost_effectiveness
from ape_core.analysis.economics_certainty import (
    ALL,
    DISEASE,
    FIRST_DRAWN,
    INPUTS,
    PATIENTS,
)
from ape_core.analysis.uncertainty import Uncertainty, uncertain_inputs
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.spec.canonical import sha256_text
from ape_core.spec.economics_yaml import (
    SHIPPED,
    economics_to_yaml,
    list_economics,
    parse_economics_yaml,
)
from ape_core.spec.own_values import own_names, with_own_values
from ape_core.storage.files import make_folder, write_atomic
from ape_core.storage.own_economics import OwnEconomics
from ape_core.summaries.economics import HealthEconomics, health_economics
from widgets.economics.study import DrawsStudy
from widgets.kept_report import REPORTS
from widgets.several.colours import LETTERS
from widgets.several.session import SeveralSession

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ape_core.analysis.point_runs import SeriesProgress
    from ape_core.spec.economics import Economics
    from ape_core.spec.run_spec import RunSpec

THRESHOLD: Final = "assumptions/threshold_per_qaly"
STUDY: Final = "draws"
"""The one study of the page: draws of the disease."""


class EconomicsSession(SeveralSession):
    """Several runs of the same patients, with prices that never start one.

    Parameters
    ----------
    store
        Folder of runs and of own prices; by default the user's.
    """

    def __init__(self, store: str | Path | None = None) -> None:
        super().__init__(store)
        self.own = OwnEconomics(self.store.path)
        self.base = self.economics = self.own.load(SHIPPED)
        self.utility = next(iter(self.economics.utilities))
        self.wanted_drawn = ""
        self.priced: dict[str, HealthEconomics] = {}
        self.compared: CostEffectiveness | None = None
        self.refusal = ""
        self.said = ""
        self.version = 0
        self._known: tuple[object, ...] = ()
        self._drawn: dict[str, Uncertainty | None] = {}
        self.study = DrawsStudy(self.store)
        self._looked_for: tuple[str, ...] = ()
        self._ticks = 0
        self._reported: tuple[Economics | None, str] = (None, "")

    @property
    def threshold(self) -> float:
        """Pounds that a QALY is worth."""
        return self.economics.assumption("threshold_per_qaly")

    @property
    def names(self) -> tuple[str, ...]:
        """Titles of the protocols; where two have the same, with their letters."""
        titles = self.titles
        return tuple(
            f"{title} ({LETTERS[place]})" if titles.count(title) > 1 else title
            for place, title in enumerate(titles)
        )

    @property
    def changed(self) -> tuple[str, ...]:
        """Flat names of the numbers that are the user's own."""
        return own_names(self.economics)

    @property
    def questions(self) -> dict[str, RunSpec]:
        """What each protocol was asked, by its name on the page."""
        runs = self.comparison.runs if self.comparison else ()
        return {name: run.spec for name, run in zip(self.names, runs, strict=True)}

    @property
    def reported_prices(self) -> str:
        """What a report names the prices by: their set, or a file for what is not saved."""
        if self._reported[0] is not self.economics:
            kept = self.economics is self.base and self.base.name in self.sets()
            content = "" if kept else economics_to_yaml(self.economics)
            path = self.store.path / REPORTS / f"prices-{sha256_text(content)[:12]}.yaml"
            self._reported = (self.economics, self.base.name if kept else str(path))
        return self._reported[1]

    def keep_reported_prices(self) -> None:
        """Write the file of prices that are not saved, so that a report finds them."""
        path = Path(self.reported_prices)
        if path.is_absolute():
            make_folder(path.parent)
            write_atomic(path, economics_to_yaml(self.economics).encode())

    @property
    def drawable(self) -> tuple[str, ...]:
        """What can be drawn on the plane: the disease once there are draws of it."""
        return (PATIENTS, INPUTS, DISEASE, ALL) if self.study.has_draws else (PATIENTS, INPUTS)

    @property
    def drawn(self) -> str:
        """What is drawn on the plane: what the reader chose, once there are draws of it."""
        if self.wanted_drawn in self.drawable:
            return self.wanted_drawn
        known = self.compared is None or self.compared.knows_patients
        return FIRST_DRAWN if known else PATIENTS

    @property
    def uncertain(self) -> Uncertainty | None:
        """Draws that the reader chose; None for those of the patients alone."""
        return self.uncertainty(self.drawn)

    def uncertainty(self, drawn: str) -> Uncertainty | None:
        """Draws of some of what is uncertain; made when they are asked for."""
        if self.compared is None or drawn == PATIENTS or drawn not in self.drawable:
            return None
        if drawn not in self._drawn:
            runs = self.study.runs
            self._drawn[drawn] = (
                uncertain_inputs(self.compared)
                if drawn == INPUTS or runs is None
                else runs.uncertainty(self._pricing(drawn))
            )
        return self._drawn[drawn]

    def state(self, kind: str) -> SeriesProgress | None:  # noqa: ARG002 - there is one
        """How far the draws of the disease are; None when they were not asked for."""
        return self.study.state

    def was_stopped(self, kind: str) -> bool:  # noqa: ARG002
        """Whether somebody stopped the draws."""
        return self.study.runs is not None and self.study.runs.was_stopped

    def begin(self) -> None:
        """Have the disease drawn, and show what that does."""
        self.notice = None
        if not self.questions:
            raise InvalidInputError("Nothing is compared yet.", "Choose two protocols or more.")
        self.study.begin(self.questions)
        self._read_draws()
        self.wanted_drawn = ALL

    def stop(self, kind: str) -> None:  # noqa: ARG002
        """Begin no further run of the draws."""
        self.study.stop()

    def go_on(self, kind: str) -> None:  # noqa: ARG002
        """Go on with the draws."""
        self.notice = None
        self.study.go_on()

    def sets(self) -> list[str]:
        """Names of the sets that can be chosen: shipped, then own."""
        return [*list_economics(), *self.own.names()]

    def refresh(self) -> None:
        """Read anew what may have changed, and price what was committed."""
        super().refresh()
        self._price()
        self._look_for_draws()
        self._read_draws()

    def choose_set(self, name: str) -> None:
        """Use another set of prices, as it is kept."""
        self._use(self.own.load(name))

    def choose_utility(self, name: str) -> None:
        """Use another mapping from acuity to utility."""
        self.economics.utility(name)
        self.utility = name
        self._price()

    def choose_reference(self, place: int) -> None:
        """Compare with another protocol."""
        self.reference = place
        self._price()

    def change(self, values: Mapping[str, float]) -> None:
        """Put own values in the place of some; nothing is simulated."""
        self.economics = with_own_values(self.economics, values)
        self.notice, self.said = None, ""
        self._price()

    def undo(self) -> None:
        """Take all values as they are kept."""
        self._use(self.base)

    def save(self, name: str, *, replacing: bool = False) -> None:
        """Keep the values as a set of one's own."""
        kept = replace(self.economics, name=name.strip())
        self.own.save(kept, replacing=replacing)
        self._use(kept)
        self.said = f"Saved as {kept.name}."

    def take_in(self, content: bytes, origin: str) -> None:
        """Use the set of a YAML file; it is kept only when it is saved."""
        self._use(parse_economics_yaml(content, origin))
        self.said = f"{origin} is used. Save it to keep it."

    def close(self) -> None:
        """Let go of what is held in memory; runs go on."""
        super().close()
        self._forget()
        self.study.forget()

    def _use(self, economics: Economics) -> None:
        """Take another set; keep the mapping where it has one of that name."""
        self.base = self.economics = economics
        if self.utility not in economics.utilities:
            self.utility = next(iter(economics.utilities))
        self.notice, self.said = None, ""
        self._price()

    def _forget(self) -> None:
        """Forget what was priced."""
        self.priced, self.compared, self.refusal = {}, None, ""
        self._drawn, self._known = {}, ()

    def _pricing(self, drawn: str) -> Pricing:
        """What is applied to the draws of the disease."""
        return Pricing(self.economics, self.utility, self.reference, self.threshold, drawn == ALL)

    def _look_for_draws(self) -> None:
        """See whether the disease was drawn for these runs before; not while the page opens."""
        self._ticks += 1
        if self._ticks > 1 and self._looked_for != self.run_ids:
            self._looked_for = self.run_ids
            self.study.look(self.questions)

    def _read_draws(self) -> None:
        """Read the draws that have become complete."""
        before = self.study.n_complete
        self.study.refresh()
        if self.study.n_complete != before:
            for drawn in (DISEASE, ALL):
                self._drawn.pop(drawn, None)

    def _price(self) -> None:
        """Apply the prices to what is committed, unless that is done already."""
        runs = self.comparison.runs if self.comparison and self.damage is None else ()
        summaries = [run.summary() for run in runs]
        sizes = tuple(summary.n_patients if summary else 0 for summary in summaries)
        known = (self.run_ids, sizes, self.economics, self.utility, self.reference)
        if known == self._known:
            return
        self._forget()
        self._known, self.version = known, self.version + 1
        if not summaries or not all(sizes):
            return
        found = zip(self.names, summaries, strict=True)
        try:
            self.priced = {
                name: health_economics(summary, self.economics, self.utility)
                for name, summary in found
                if summary is not None
            }
        except (InvalidInputError, InvalidSpecError) as error:
            self.refusal = str(error)
            return
        groups = [item.group_patients for item in self.priced.values()]
        if all(np.array_equal(group, groups[0]) for group in groups):
            self.compared = cost_effectiveness(self.priced, self.names[self.reference])
