"""A process that decodes what came in a package and writes it again, as this APE writes it.

Parquet from elsewhere can end the process that decodes it, or make it take any amount of memory.
So that happens here, in a process that has no more than it needs, and what the store keeps is never
what came but what was decoded, found right and encoded anew. It is asked on standard input, one
line for each part, and answers on standard output.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import sys
import zipfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ape_core.errors import ApeError, InvalidInputError, StoreError

INCOMING: Final = "incoming"
"""Folder of what came and is not checked yet, within the folder of the run."""

KEPT: Final = "kept"
DROPPED: Final = "dropped"
"""What became of a summary."""

MAX_SUMMARY_ARRAYS_BYTES: Final = 256_000_000


class Checker:
    """Checks the parts and the summary of one run.

    Parameters
    ----------
    folder
        The folder in which the run is put together.
    years, n_patients, chunk_size
        Of the run.
    """

    def __init__(self, folder: Path, years: int, n_patients: int, chunk_size: int) -> None:
        self._folder = folder
        self._years = years
        self._n_patients = n_patients
        self._chunk_size = chunk_size

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer one request: what was written, or why it is refused."""
        try:
            if "part" in asked:
                return {"record": self._part(**asked["part"])}
            return {"summary": self._summary(**asked["summary"])}
        except StoreError as error:
            return {"failed": [error.message, error.hint]}
        except ApeError as error:
            return {"refused": error.message.rstrip(".")}
        except MemoryError:
            return {"refused": "it takes more memory to read than its rows can need"}
        except Exception as error:  # noqa: BLE001  libraries raise anything on such files
            return {"refused": f"it cannot be read ({type(error).__name__}: {error})"}

    def _part(self, index: int, n_visits: int, n_eyes: int) -> dict[str, Any]:
        """Decode both tables of a part, check the rows and write them."""
        from ape_core.simulation.chunk import Chunk
        from ape_core.storage.packages.rows import check_rows
        from ape_core.storage.parts import write_part

        first = index * self._chunk_size
        stop = min(first + self._chunk_size, self._n_patients)
        visits = self._rows("visits", index, n_visits)
        patients = self._rows("patients", index, n_eyes)
        chunk = Chunk(
            first,
            stop,
            self._years,
            self._n_patients,
            visits,
            patients,
            _no_assessments(n_eyes, self._years),
        )
        check_rows(chunk)
        return asdict(write_part(self._folder, index, chunk))

    def _rows(self, table: str, index: int, n_rows: int) -> dict[str, Any]:
        """Rows of a table of a part; the file is removed."""
        import numpy as np

        from ape_core.storage.arrow import PartFile, arrow_schema, to_numpy

        path = incoming(self._folder, table, index)
        content = path.read_bytes()
        path.unlink()
        file = PartFile(Path(f"{table} of part {index}"), table, content)
        if not file.schema.equals(arrow_schema(table, self._years)):
            raise InvalidInputError(f"the columns of {table} are not those of the schema")
        if file.n_rows != n_rows:
            raise InvalidInputError(f"{table} has {file.n_rows:,} rows, not {n_rows:,}")
        groups = [to_numpy(table, file.read(group)) for group in range(file.n_groups)]
        if not groups:
            raise InvalidInputError(f"{table} has no rows")
        return {name: np.concatenate([rows[name] for rows in groups]) for name in groups[0]}

    def _summary(self, counted: dict[str, int], *, keep_other: bool) -> str:
        """Read the summary, compare it with what was counted, and write it.

        One that another version of APE counted in its own way is dropped where it can be counted
        again, and otherwise kept for that version.
        """
        from ape_core.storage import arrays
        from ape_core.storage.files import write_atomic
        from ape_core.summaries.definitions import MEASURES, SUMMARY_FORMAT
        from ape_core.summaries.summary import Summary

        path = self._folder / INCOMING / "summary"
        content = path.read_bytes()
        path.unlink()
        _check_unpacked(content)
        named = arrays.from_bytes(content)
        if named["about"].shape == (2,) and int(named["about"][0]) != SUMMARY_FORMAT:
            if not keep_other:
                return DROPPED
            write_atomic(path, arrays.to_bytes(named))
            return KEPT
        summary = Summary.from_arrays(named)
        if summary.years != self._years:
            raise InvalidInputError(f"the summary is of {summary.years} years, not {self._years}")
        for name, number in counted.items():
            if getattr(summary, name) != number:
                raise InvalidInputError(
                    f"the summary counts {getattr(summary, name):,} {name[2:]}, not {number:,}"
                )
        if not 0 <= summary.n_patients <= self._n_patients:
            raise InvalidInputError(f"the summary counts {summary.n_patients:,} patients")
        counts = (summary[measure.name] for measure in MEASURES if not measure.sums_changes)
        if any(int(array.min(initial=0)) < 0 for array in counts):
            raise InvalidInputError("the summary has negative counts")
        write_atomic(path, arrays.to_bytes(summary.to_arrays()))
        return KEPT


def incoming(folder: Path, table: str, index: int) -> Path:
    """Where a table of a part is that came and is not checked yet."""
    return folder / INCOMING / f"{table}-{index:06d}"


def _no_assessments(n_eyes: int, years: int) -> Any:
    """Assessments are counted in a summary and not kept in a part."""
    import numpy as np

    from ape_core import schema

    n_periods = schema.PERIODS_PER_YEAR * years + 1
    return np.broadcast_to(np.int8(schema.NOT_ASSESSED), (n_eyes, n_periods))


def _check_unpacked(content: bytes) -> None:
    """Refuse a summary that says to become too large when it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise InvalidInputError("the summary is not a file of arrays") from error
    if size > MAX_SUMMARY_ARRAYS_BYTES:
        raise InvalidInputError(f"the summary says to unpack to {size:,} bytes")


def _confine(memory_mb: int) -> None:
    """Give up what is not needed: memory beyond a limit, core dumps, being spared when short."""
    limit = memory_mb << 20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def main() -> int:
    """Answer requests until there are no more."""
    parser = argparse.ArgumentParser(prog="python -m ape_core.runs.import_check")
    parser.add_argument("folder", type=Path, help="folder in which the run is put together")
    for name in ("years", "patients", "chunk-size", "memory-mb"):
        parser.add_argument(f"--{name}", type=int, required=True)
    asked = parser.parse_args()
    _confine(asked.memory_mb)
    checker = Checker(asked.folder, asked.years, asked.patients, asked.chunk_size)
    for line in sys.stdin:
        print(json.dumps(checker.answer(json.loads(line))), flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
