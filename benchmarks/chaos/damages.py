"""Ways to damage a file: flipped, cut off, overwritten, or replaced by something else."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

Damage = Callable[[Path], None]
Regions = Mapping[str, tuple[int, int]]
"""Classes of positions, from where to where: negative from the end, a stop of 0 being the end."""


def flips(
    rng: random.Random, size: int, regions: Regions, per_region: int
) -> Iterator[tuple[str, Damage]]:
    """One bit changed at positions of every class, both ends of each included."""
    for name, (start, stop) in regions.items():
        for position in _positions(rng, size, start, stop, per_region):
            yield f"flipped in {name}", flip(position, rng.randrange(8))


def replacements(place: Path, sound: bytes, other: bytes) -> Iterator[tuple[str, Damage]]:
    """Everything else that may stand where a file was.

    Parameters
    ----------
    place
        Folder to which a link may lead.
    sound
        The content of the file.
    other
        The content of the same file of another run.
    """
    for kept in (0, 1, len(sound) // 3, len(sound) // 2, -9, -1):
        yield "cut off", _rewrite(lambda data, kept=kept: data[:kept])
    yield "longer", _rewrite(lambda data: data + b"\0")
    yield "overwritten", _rewrite(lambda data: bytes(len(data)))
    yield "overwritten", _rewrite(lambda data: b"{}" * (len(data) // 2))
    yield "of another run", _rewrite(lambda _: other)
    yield "missing", lambda path: path.unlink()
    yield "a folder", _folder(full=False)
    yield "a folder", _folder(full=True)
    for leads_to in (place / "copy", Path("nowhere"), Path("/dev/zero")):
        yield "a link", _link(leads_to)
    yield "a link", lambda path: _link(Path(path.name))(path)


def flip(position: int, bit: int) -> Damage:
    """Change one bit."""

    def change(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[position % len(data)] ^= 1 << bit
        path.write_bytes(data)

    return change


def undo(path: Path, content: bytes) -> None:
    """Write a file again, whatever stands in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.write_bytes(content)


def _positions(rng: random.Random, size: int, start: int, stop: int, n: int) -> list[int]:
    """Positions in a region of a file: both ends and some between."""
    low = max(0, size + start if start < 0 else start)
    high = min(size, size + stop if stop <= 0 else stop)
    inner = [rng.randrange(low, high) for _ in range(n - 2)] if high > low else []
    return sorted({low, max(low, high - 1), *inner} & set(range(size)))


def _rewrite(change: Callable[[bytes], bytes]) -> Damage:
    """Write something made of the content in its place."""
    return lambda path: path.write_bytes(change(path.read_bytes())) and None


def _folder(*, full: bool) -> Damage:
    """Put a folder in the place of a file."""

    def replace(path: Path) -> None:
        path.unlink()
        path.mkdir()
        if full:
            (path / "somebody's").write_text("Not to be lost.")

    return replace


def _link(leads_to: Path) -> Damage:
    """Put a link in the place of a file; one that leads to a copy has the right content."""

    def replace(path: Path) -> None:
        if leads_to.name == "copy":
            leads_to.write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(leads_to)

    return replace
