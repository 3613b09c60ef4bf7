"""Where the details of a defect are left."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

from ape_core import __version__
from ape_core.clocks import utc_now
from ape_core.storage.store import Store


def write_details(words: list[str]) -> Path:
    """Write the error that is being handled into the store's logs, or else a temporary folder.

    Parameters
    ----------
    words
        What stood after `ape`.

    Returns
    -------
    Path
        The file.
    """
    now = utc_now()
    name = f"ape-{now:%Y%m%dT%H%M%S}-{os.getpid()}.log"
    text = f"ape {__version__}, Python {sys.version}\n{words}\n\n{traceback.format_exc()}"
    for folder in (Store().path / "logs", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        return folder / name
    return Path(os.devnull)
