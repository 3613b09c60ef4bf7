"""What is done with one chunk: simulate, count and encode it, slice by slice, then write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ape_core.limits import SLICE_PATIENTS
from ape_core.runs.sizes import slice_stop
from ape_core.runs.threads import keep_freed_memory
from ape_core.simulation.chunk import Chunk
from ape_core.simulation.simulate import simulate
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.parts import EncodedPart, encode_slices, write_encoded
from ape_core.summaries.summary import Summary
from ape_core.summaries.tally import Tally

PatientRange = tuple[int, int]
"""First patient and the one after the last."""


@dataclass(frozen=True)
class FinishedChunk:
    """A chunk whose rows are on disk, ready to be committed."""

    record: PartRecord
    summary: Summary

    @property
    def n_patients(self) -> int:
        """Patients of the chunk."""
        return self.record.stop - self.record.first


@dataclass(frozen=True)
class EncodedChunk:
    """A chunk whose rows are counted and encoded, ready to be written."""

    part: EncodedPart
    summary: Summary


def encode_chunk(
    spec: RunSpec, slice_patients: Callable[[], int] = lambda: SLICE_PATIENTS
) -> Callable[[PatientRange], EncodedChunk]:
    """Function that simulates a range of patients of a run, counts and encodes it.

    Parameters
    ----------
    spec
        The question.
    slice_patients
        Asked before each slice how many patients it may have.
    """
    keep_freed_memory()

    def encode(patients: PatientRange) -> EncodedChunk:
        """Rows of a slice live only until the next one is simulated."""
        tally = Tally(spec.years)

        def counted() -> Iterator[Chunk]:
            """Slices of the range, each of which is counted."""
            for chunk in _slices(spec, *patients, slice_patients):
                tally.add(chunk)
                yield chunk
                del chunk  # or it would be kept while the next one is simulated

        part = encode_slices(spec.years, counted())
        return EncodedChunk(part, Summary(spec.years, tally.arrays))

    return encode


def write_chunk(
    folder: Path, chunk_size: int, place: str = ""
) -> Callable[[EncodedChunk], FinishedChunk]:
    """Function that writes the part of a chunk.

    Parameters
    ----------
    folder
        The folder of the run.
    chunk_size
        Patients in a part.
    place
        Where the parts of the run are; in its folder unless given.
    """

    def write(chunk: EncodedChunk) -> FinishedChunk:
        """Both files are on disk when it returns."""
        index = chunk.part.first // chunk_size
        return FinishedChunk(write_encoded(folder, index, chunk.part, place), chunk.summary)

    return write


def finish_chunk(
    spec: RunSpec,
    folder: Path,
    chunk_size: int,
    slice_patients: Callable[[], int] = lambda: SLICE_PATIENTS,
    place: str = "",
) -> Callable[[PatientRange], FinishedChunk]:
    """Function that does all with a range of patients: see `encode_chunk` and `write_chunk`."""
    encode = encode_chunk(spec, slice_patients)
    write = write_chunk(folder, chunk_size, place)
    return lambda patients: write(encode(patients))


def count_chunk(
    spec: RunSpec, slice_patients: Callable[[], int] = lambda: SLICE_PATIENTS
) -> Callable[[PatientRange], Summary]:
    """Function that simulates a range of patients and counts it, without writing."""

    def count(patients: PatientRange) -> Summary:
        """Count slice by slice."""
        return Summary.of_chunks(spec.years, _slices(spec, *patients, slice_patients))

    return count


def _slices(
    spec: RunSpec, first: int, stop: int, slice_patients: Callable[[], int]
) -> Iterator[Chunk]:
    """Simulate a range of patients slice by slice."""
    while first < stop:
        end = slice_stop(spec, first, stop, slice_patients())
        yield simulate(spec, first, end)
        first = end
