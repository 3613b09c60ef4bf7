"""Patient-level records: what was read, or how to get them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.analysis.record_files import layouts_in_words
from ape_core.analysis.records import WINDOW_DAYS
from widgets.html import html, text

if TYPE_CHECKING:
    from ape_core.analysis.records import Records

DRYAD = "https://doi.org/10.5061/dryad.nvx0k6dqg"


class RecordsPanel:
    """What the page knows of records."""

    def __init__(self) -> None:
        self.view = html()

    def draw(self, records: Records | None, path: str, problem: str) -> None:
        """Show what was read of a path, why it could not be, or how to get records."""
        self.view.value = records_markup(records, path, problem)


def records_markup(records: Records | None, path: str, problem: str) -> str:
    """What is to be said of records."""
    head = "<h2>Patient-level records</h2>"
    if problem:
        return f"{head}<p class='ape-blocked' role='alert'>{text(problem)}</p>{_how()}"
    if records is not None:
        return f"{head}{_read(records, path)}"
    if path:
        return f"{head}<p class='ape-help'>The records are being counted.</p>"
    return f"{head}{_how()}"


def _read(records: Records, path: str) -> str:
    """What was counted."""
    left_out = (
        f" {records.n_impossible:,} visits were left out: acuity beyond 0 to 100 letters, or a "
        "day before the first."
        if records.n_impossible
        else ""
    )
    name = path.rsplit("/", 1)[-1]
    return (
        f"<p class='ape-help'>{text(name)}: {text(records.kind)}. {records.n_eyes:,} eyes and "
        f"{records.n_visits:,} visits on aflibercept from October 2013 are counted, "
        f"{records.n_other:,} other visits are not.{left_out} Acuity at week 52 is the nearest "
        f"measured within {WINDOW_DAYS // 7} weeks; injections are counted in eyes that were still "
        "seen after a year.</p>"
    )


def _how() -> str:
    """Where records are to be had, and how to name them."""
    columns = "".join(
        f"<li>{text(name)}: <code>{text(', '.join(names))}</code></li>"
        for name, names in layouts_in_words().items()
    )
    return (
        "<p class='ape-help'>Without records, routine care is drawn beside published percentages. "
        "For finer ones: Moorfields Eye Hospital published the visits of 7,802 eyes under CC0. "
        f"Download <code>MEH_AMD_survivaloutcomes_database.csv</code> from <a href='{DRYAD}' "
        "target='_blank' rel='noreferrer'>Dryad</a>, then name the file in "
        "<code>APE_RECORDS</code> before you start the dashboard, or in the parameter "
        "<code>records</code> of the notebook. It is read here and goes nowhere.</p>"
        "<details class='ape-more'><summary><b>Columns that are read, CSV or Parquet</b></summary>"
        f"<ul>{columns}</ul></details>"
    )
