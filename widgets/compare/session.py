"""The state of the page of comparison: what is compared with what, and at the end of which year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.several.session import SeveralSession

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference


class CompareSession(SeveralSession):
    """Several runs, with a reference and a year."""

    wanted_year = 0
    """Year that the reader chose; 0 for the last."""

    @property
    def years(self) -> int:
        """Length of the runs that are shown; 0 when there are none."""
        return self.comparison.years if self.comparison else 0

    @property
    def year(self) -> int:
        """Year at whose end outcomes are shown."""
        return self.wanted_year if 1 <= self.wanted_year <= self.years else self.years

    @property
    def others(self) -> list[int]:
        """Places of the runs that are compared with the reference."""
        return [place for place in range(len(self.titles)) if place != self.reference]

    def difference(self, run: int, outcome: str, year: int = 0) -> Difference:
        """One run less the reference, at the end of a year, the chosen one unless given."""
        assert self.paired is not None
        return self.paired.difference(run, self.reference, outcome, year or self.year)
