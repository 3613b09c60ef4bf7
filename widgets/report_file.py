"""A report as one file: papermill executes a notebook, and what it shows becomes a page.

    python -m widgets.report_file --runs RUN --store FOLDER --out FILE

One run is reported by itself, several are compared. The page needs nothing else: no script, no
style sheet, no image of any other address.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from ape_core.analysis.compare import Comparison
from ape_core.errors import ApeError, RunFailedError
from ape_core.storage.files import write_atomic
from ape_core.storage.own_economics import OwnEconomics
from widgets.caveat import caveat
from widgets.html import text
from widgets.report import complete_run
from widgets.reported import Reported, add_what, what_of
from widgets.theme import hexadecimal

NOTEBOOKS: Final = Path(__file__).parents[1] / "notebooks"
WIDTHS: Final = ("820px", "1080px")
"""Of a report of one run, and of several, whose tables are wider."""

_RULES: Final = (
    "body{margin:0 auto;max-width:%(width)s;padding:32px 24px 56px;line-height:1.5;"
    "font-family:Inter,'Segoe UI',system-ui,-apple-system,'Helvetica Neue',Arial,sans-serif;"
    "color:%(ink)s;background:%(card)s}"
    "h2{margin:1.6em 0 .4em;font-size:1.35em;line-height:1.25}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92em}"
    "th,td{padding:5px 12px 5px 0;border-bottom:1px solid %(line)s;text-align:right}"
    "tbody th,thead th:first-child{text-align:left;font-weight:500}"
    "img{display:block;width:100%%;height:auto;margin:14px 0;break-inside:avoid}"
    "pre{padding:12px;border-radius:8px;background:%(inset)s;white-space:pre-wrap}"
    "code{overflow-wrap:anywhere}li{margin:.2em 0}"
    "@media(max-width:760px){table{display:block;overflow-x:auto;white-space:nowrap}"
    "tbody th{white-space:normal;min-width:9em}}"
    "footer{margin-top:2.4em;color:%(ink-faint)s;font-size:.88em}"
)


def make_report(what: Reported, store: str, out: Path) -> None:
    """Write the report of a complete run, or of complete runs beside each other.

    Raises
    ------
    ApeError
        There is no such run, one is not complete, they are not of the same patients, there are no
        such prices, or the file cannot be written.
    """
    runs = [complete_run(run_id, store) for run_id in what.run_ids]
    if what.prices:
        OwnEconomics(store).load(what.prices)
    if len(runs) == 1:
        notebook = _executed("run", {"run": runs[0].run_id, "prices": what.prices}, store)
        title = f"{runs[0].spec.protocol.title}, run {runs[0].run_id[:12]}"
    else:
        titles = Comparison(runs).titles
        asked = {
            "runs": [run.run_id for run in runs],
            "reference": what.reference,
            "prices": what.prices,
            "utility": what.utility,
            "draws": what.draws,
            "draw_patients": what.draw_patients,
        }
        notebook = _executed("compare", asked, store)
        costs = "Cost and QALYs of " if what.prices else ""
        title = f"{costs}{len(titles)} protocols on the same patients: {'; '.join(titles)}"
    write_atomic(out, page_of(notebook, title, WIDTHS[len(runs) > 1]).encode())


def page_of(notebook: Any, title: str, width: str) -> str:
    """What an executed notebook shows, as a page."""
    colours = {name: hexadecimal(name) for name in ("ink", "ink-faint", "card", "line", "inset")}
    colours["width"] = width
    body = "\n".join(_shown(notebook))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_RULES % colours}</style></head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<footer>{caveat()}</footer>\n</body></html>\n"
    )


def away_from_pages(store: str) -> None:
    """Make this process one that reports on a store, whichever page or notebook started it."""
    os.environ["APE_STORE"] = store
    for name in ("SERVER_SOFTWARE", "QUERY_STRING"):
        os.environ.pop(name, None)  # with them a notebook takes itself for a page


def _executed(name: str, asked: dict[str, Any], store: str) -> Any:
    """A notebook, executed in a kernel of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the dependencies of papermill
        import nbformat
        import papermill  # type: ignore[import-untyped]

        with TemporaryDirectory() as folder:
            done = Path(folder) / "report.ipynb"
            try:
                papermill.execute_notebook(
                    str(NOTEBOOKS / f"{name}.ipynb"), str(done), {**asked, "store": store},
                    progress_bar=False,
                )  # fmt: skip
            except papermill.PapermillExecutionError as failure:
                raise RunFailedError(f"The report could not be made: {failure.evalue}") from failure
            return nbformat.read(done, as_version=4)  # type: ignore[no-untyped-call]


def _shown(notebook: Any) -> Iterator[str]:
    """What the cells show: markup of ours, and images."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "text/html" in data:
                yield data["text/html"]
            elif "image/png" in data:
                about = output.get("metadata", {}).get("image/png", {}).get("alt", "Chart")
                image = data["image/png"].replace("\n", "")
                yield f'<img alt="{about}" src="data:image/png;base64,{image}">'


def main() -> int:
    """Make a report; say on standard output, as JSON, why there is none."""
    parser = argparse.ArgumentParser()
    add_what(parser)
    asked = parser.parse_args()
    away_from_pages(asked.store)
    try:
        make_report(what_of(asked), asked.store, Path(asked.out))
    except ApeError as error:
        print(json.dumps({"error": error.message, "hint": error.hint}))  # noqa: T201
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
