"""Packages of fabricated runs, and the means to make hostile ones of them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ape_core.storage.packages import layout
from ape_core.storage.packages.layout import Entry
from ape_core.storage.parts import write_part
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.store import Store
from ape_core.summaries.summary import Summary
from support.chunks import cut_all, fabricate
from support.runs import small_spec

N_PATIENTS, YEARS, CHUNK_SIZE = 60, 2, 25

Content = dict[str, Any]
Files = list[tuple[str, bytes]]


def made_run(
    store: Store, parts: tuple[int, ...] = (0, 1, 2), chunk_size: int = CHUNK_SIZE
) -> RunFolder:
    """A fabricated run of which some parts are committed, with their summary."""
    run = store.create(small_spec(N_PATIENTS, YEARS), chunk_size)
    chunks = list(cut_all(fabricate(N_PATIENTS, YEARS), chunk_size))
    chosen = [chunks[index] for index in parts if index < len(chunks)]
    records = [write_part(run.path, chunk.first // chunk_size, chunk) for chunk in chosen]
    summary = Summary.merged(YEARS, map(Summary.of_chunk, chosen))
    run.committed.save_progress(records, summary.to_arrays())
    run.write_provenance({"model_version": "1", "seconds": 1.5, "attempts": []})
    return run


def opened(path: Path) -> tuple[Content, Files]:
    """Manifest and files of a package."""
    with zipfile.ZipFile(path) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    return json.loads(files[0][1]), files[1:]


def closed(content: Content, files: Files, edit: Callable[[Content], object] = bool) -> bytes:
    """A package of these files, with a manifest that agrees with them unless it is edited."""
    described = [_described(name, data) for name, data in files]
    content = {key: value for key, value in content.items() if key != "checksum"}
    content = {**content, "files": described}
    edit(content)
    return archived([("manifest.json", sealed(content)), *files])


def sealed(content: Content) -> bytes:
    """A manifest with its checksum."""
    body = json.dumps(content, separators=(",", ":")).encode()[:-1]
    digest = hashlib.sha256(body).hexdigest()
    return body + f',"checksum":"{digest}"}}\n'.encode()


def archived(files: Files) -> bytes:
    """The archive of some files."""
    entries = [Entry(name, len(data), zlib.crc32(data)) for name, data in files]
    pieces = [
        layout.local_header(entry) + data for entry, (_, data) in zip(entries, files, strict=True)
    ]
    return b"".join(pieces) + layout.directory(entries)


def by_zipfile(files: Files, **settings: Any) -> bytes:
    """The same files in an archive that Python's own module writes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **settings) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def _described(name: str, data: bytes) -> list[Any]:
    """What a manifest says of a file."""
    return [name, len(data), zlib.crc32(data), hashlib.sha256(data).hexdigest()]
