"""Sets of values that ship with APE or come from a user's file: listing, finding and reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from ape_core.spec.shipped import is_shipped, resolve, shipped_names
from ape_core.spec.yaml_door import parse_yaml, read_yaml

T = TypeVar("T")


class Shelf(Generic[T]):
    """All sets of one kind.

    Parameters
    ----------
    kind
        Of which `shipped` knows the folder; messages name it.
    parse
        Reads a set from plain data; its second argument names the origin in messages.
    """

    def __init__(self, kind: str, parse: Callable[[Mapping[str, Any], str], T]) -> None:
        self._kind = kind
        self._parse = parse
        self._shipped = lru_cache(self._read)

    def names(self) -> tuple[str, ...]:
        """Names of the shipped sets."""
        return shipped_names(self._kind)

    def load(self, name_or_path: str | Path) -> T:
        """Give a shipped set by its name, or one from a YAML file.

        A shipped one is read once; a user's file may change under us and is read each time.
        """
        path = resolve(self._kind, name_or_path)
        if is_shipped(path):
            return self._shipped(path)
        return self._parse(read_yaml(path), str(path))

    def parse_text(self, content: bytes | str, origin: str) -> T:
        """Read a set from the text of a YAML file; `origin` names it in messages."""
        return self._parse(parse_yaml(content, origin), origin)

    def _read(self, path: Path) -> T:
        """Read a shipped set."""
        return self._parse(read_yaml(path), path.name)
