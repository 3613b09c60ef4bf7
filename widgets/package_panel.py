"""The run that is shown as a file to keep or pass on, and files of others taken in."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, FileUpload

from ape_core.clocks import instant
from ape_core.errors import ApeError, InvalidInputError
from ape_core.limits import MAX_DOWNLOAD_BYTES, MAX_UPLOAD_BYTES
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, text
from widgets.moment import moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.session import Session

_MEGABYTE: Final = 1_000_000
_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


class PackagePanel:
    """Two buttons, and below each what came of it.

    What is downloaded is part of the page, as a page of Voilà can hand out no file of the store;
    so only the question and the figures are. How to export the rows is said.

    Parameters
    ----------
    session
        The page's view of the store.
    draw
        Shows what was changed.
    """

    def __init__(self, session: Session, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._offered = ""
        self._about, self._link, self._outcome = html(), html(), html()
        self._export = classed(Button(description="Export this run"), "ape-button")
        self._export.on_click(guarded(session, self._exported))
        self._upload = classed(
            FileUpload(description="Import a run", accept=".zip", multiple=False, icon=""),
            "ape-button ape-upload",
        )
        self._upload.observe(guarded(session, self._uploaded), names="value")
        limit = words.megabytes(MAX_UPLOAD_BYTES / _MEGABYTE)
        help_words = (
            f'<p class="ape-help">A file that somebody exported, of at most {limit}; the shell '
            "takes in larger ones: <code>ape import FILE</code>.</p>"
            f'<p class="ape-blocked ape-too-large" role="alert" data-most="{MAX_UPLOAD_BYTES}" '
            'data-accept=".zip" data-words="is too large for a page. In a shell: ape import FILE" '
            "hidden></p>"
        )
        self.view = box(
            html(value="<h2>Export and import</h2>"), self._about, self._export, self._link,
            self._upload, html(value=help_words), self._outcome, classes="ape-runs ape-package",
        )  # fmt: skip

    def refresh(self) -> None:
        """Say when the run that is shown was created; a link to another is taken away."""
        run_id = self._session.run_id
        self._export.disabled = not run_id
        if run_id == self._offered:
            return
        self._offered, self._link.value, self._about.value = run_id, "", ""
        if run_id:
            created = instant(self._session.handle(run_id).folder.created())
            self._about.value = f'<p class="ape-help">Created {moment(created)}.</p>'

    def _exported(self, _: Any) -> None:
        """Put the question and the figures into a link of the page."""
        run_id = self._session.run_id
        run, short = self._session.handle(run_id), run_id[:12]
        with TemporaryDirectory() as folder:
            exported = run.export(Path(folder) / "run.ape.zip")
            content = exported.path.read_bytes() if _fits(exported.n_bytes) else b""
        command = f"ape export {short} {short}.ape.zip"
        if not content:
            self._link.value = _by_shell(f"The file is too large for a page: {exported.n_bytes:,} "
                                         "bytes.", command)  # fmt: skip
            return
        data = base64.b64encode(content).decode("ascii")
        name = f"ape-{_NAME.sub('-', run.spec.protocol.name)}-{short}.ape.zip"
        link = (
            f'<a class="ape-download" download="{text(name)}" '
            f'href="data:application/zip;base64,{data}">Download {_size(len(content))}</a>'
        )
        about = "The question and the figures; the rows are simulated again from them."
        with_rows = _by_shell("With the rows:", f"{command} --with-data")
        self._link.value = f'{link}<p class="ape-help">{about}</p>{with_rows}'

    def _uploaded(self, change: Any) -> None:
        """Take in the file that was chosen, and show its run."""
        if not change.new:
            return
        chosen = change.new[0]
        name, content = Path(str(chosen["name"])).name, chosen["content"]
        self._upload.value = ()  # the page keeps no copy
        self._outcome.value = '<p class="ape-help" role="status">Checking the file.</p>'
        try:
            self._take_in(_NAME.sub("-", name)[-80:].lstrip(".") or "run.zip", content)
        except ApeError:
            self._outcome.value = ""
            raise
        self._draw()

    def _take_in(self, name: str, content: Any) -> None:
        """Import a file and open its run."""
        if len(content) > MAX_UPLOAD_BYTES:
            raise InvalidInputError(
                f"{name} has {len(content):,} bytes; a page takes in at most {MAX_UPLOAD_BYTES:,}.",
                "Import it in a shell, with `ape import FILE`.",
            )
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            try:
                imported = self._session.take_in(path)
            except ApeError as error:
                message = error.message.replace(f"{folder}/", "")
                raise InvalidInputError(message, error.hint) from error
        self._session.open(imported.run.run_id)
        said = imported.note or _what_came(imported.n_added, imported.run.n_patients)
        self._outcome.value = f'<p class="ape-help" role="status">{text(said)}</p>'


def _what_came(n_rows: int, n_patients: int) -> str:
    """What a new run has."""
    if n_rows == n_patients:
        return "The run is imported with all of its rows."
    rows = f"rows of {n_rows:,} of its {n_patients:,} patients" if n_rows else "its figures"
    return f"The run is imported with {rows}; the rest is simulated again, as it was."


def _fits(n_bytes: int) -> bool:
    """Whether a page can hand out a file of that size."""
    return n_bytes <= MAX_DOWNLOAD_BYTES


def _size(n_bytes: int) -> str:
    """Size of a file, small or large."""
    if n_bytes < _MEGABYTE:
        return f"{max(1, round(n_bytes / 1000)):,} kB"
    return words.megabytes(n_bytes / _MEGABYTE)


def _by_shell(why: str, command: str) -> str:
    """A command, and what it is for."""
    return f'<p class="ape-help">{text(why)} <code>{text(command)}</code></p>'
