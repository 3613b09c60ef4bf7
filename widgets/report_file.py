"""A report as one file: papermill executes the notebook, and what it shows becomes a page.

    python -m widgets.report_file --run RUN --store FOLDER --out FILE

The page needs nothing else: no script, no style sheet, no image of any other address.
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

from ape_core.errors import ApeError, RunFailedError
from ape_core.storage.files import write_atomic
from widgets.caveat import caveat
from widgets.html import text
from widgets.report import complete_run
from widgets.theme import hexadecimal

NOTEBOOK: Final = Path(__file__).parents[1] / "notebooks" / "run.ipynb"
_RULES: Final = (
    "body{margin:0 auto;max-width:820px;padding:32px 24px 56px;line-height:1.5;"
    "font-family:Inter,'Segoe UI',system-ui,-apple-system,'Helvetica Neue',Arial,sans-serif;"
    "color:%(ink)s;background:%(card)s}"
    "h2{margin:1.6em 0 .4em;font-size:1.35em;line-height:1.25}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92em}"
    "th,td{padding:5px 12px 5px 0;border-bottom:1px solid %(line)s;text-align:right}"
    "tbody th,thead th:first-child{text-align:left;font-weight:500}"
    "img{display:block;width:100%%;max-width:720px;height:auto;margin:14px 0;break-inside:avoid}"
    "pre{padding:12px;border-radius:8px;background:%(inset)s;white-space:pre-wrap}"
    "code{overflow-wrap:anywhere}li{margin:.2em 0}"
    "footer{margin-top:2.4em;color:%(ink-faint)s;font-size:.88em}"
)


def make_report(run_id: str, store: str, out: Path) -> None:
    """Write the report of a complete run.

    Raises
    ------
    ApeError
        There is no such run, it is not complete, or the file cannot be written.
    """
    run = complete_run(run_id, store)
    notebook = _executed(run.run_id, store)
    title = f"{run.spec.protocol.title}, run {run.run_id[:12]}"
    write_atomic(out, page_of(notebook, title).encode())


def page_of(notebook: Any, title: str) -> str:
    """What an executed notebook shows, as a page."""
    colours = {name: hexadecimal(name) for name in ("ink", "ink-faint", "card", "line", "inset")}
    body = "\n".join(_shown(notebook))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_RULES % colours}</style></head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<footer>{caveat()}</footer>\n</body></html>\n"
    )


def _executed(run_id: str, store: str) -> Any:
    """The notebook, executed in a kernel of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the dependencies of papermill
        import nbformat
        import papermill  # type: ignore[import-untyped]

        with TemporaryDirectory() as folder:
            done = Path(folder) / "report.ipynb"
            try:
                papermill.execute_notebook(
                    str(NOTEBOOK), str(done), {"run": run_id, "store": store}, progress_bar=False
                )
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
    for name in ("--run", "--store", "--out"):
        parser.add_argument(name, required=True)
    asked = parser.parse_args()
    os.environ["APE_STORE"] = asked.store
    try:
        make_report(asked.run, asked.store, Path(asked.out))
    except ApeError as error:
        print(json.dumps({"error": error.message, "hint": error.hint}))  # noqa: T201
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
