"""The only way in for YAML: bounded, plain data, one document, no duplicate keys, no aliases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_YAML_BYTES
from ape_core.spec.checks import shown
from ape_core.spec.fields import as_mapping

MAX_DEPTH: Final = 20
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times as fast


class _Loader(_Safe):  # type: ignore[misc]
    """Safe loader that refuses a key given twice, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 (as the base class has it)
        """Build a mapping after checking that no scalar key comes twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                line = key.start_mark.line + 1
                raise InvalidSpecError(f"The field {shown(key.value)} is given twice, line {line}.")
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def read_yaml(path: Path) -> Mapping[str, Any]:
    """Read a YAML file that holds one mapping.

    Raises
    ------
    InvalidSpecError
        The file cannot be read, is too large, is not YAML, or holds something else.
    """
    return parse_yaml(_read_bounded(path), str(path))


def parse_yaml(content: bytes | str, origin: str) -> Mapping[str, Any]:
    """Read YAML that holds one mapping; `origin` names it in messages.

    Raises
    ------
    InvalidSpecError
        It is too large, not YAML, nested too deeply, has an alias, a tag or a key given twice,
        or is not a mapping.
    """
    return as_mapping(_load(_decoded(content, origin), origin), origin)


def read_yaml_list(path: Path) -> list[Any]:
    """Read a YAML file that holds one list; limits and errors are those of `read_yaml`."""
    return parse_yaml_list(_read_bounded(path), str(path))


def parse_yaml_list(content: bytes | str, origin: str) -> list[Any]:
    """Read YAML that holds one list; limits and errors are those of `parse_yaml`."""
    data = _load(_decoded(content, origin), origin)
    if not isinstance(data, list):
        raise InvalidSpecError(f"{origin} is {shown(data)}, but must be a list.")
    return data


def _load(text: str, origin: str) -> object:
    """Plain data of the text, with every parser error in words."""
    try:
        _check_shape(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a subclass of the safe loader)
    except InvalidSpecError as error:
        raise InvalidSpecError(f"{origin}: {error.message}", error.hint) from None
    except yaml.YAMLError as error:
        raise InvalidSpecError(f"{origin} is not YAML that can be read: {_cause(error)}.") from None
    except ValueError as error:  # a number or date that YAML recognises and Python refuses
        raise InvalidSpecError(f"{origin} has a value that cannot be read: {error}.") from None


def _check_shape(text: str) -> None:
    """Refuse aliases, deep nesting and nothing at all before anything is built from the events."""
    depth, is_empty = 0, True
    for event in yaml.parse(text, Loader=_Safe):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidSpecError(
                f"The alias *{event.anchor} is not allowed.",
                "Write the value out where it is used.",
            )
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise InvalidSpecError(f"It is nested more than {MAX_DEPTH} levels deep.")
        is_empty = is_empty and not isinstance(event, yaml.NodeEvent)
    if is_empty:
        raise InvalidSpecError("It is empty: no field is given.", "Write the fields into it.")


def _read_bounded(path: Path) -> bytes:
    """Content of a regular file, at most one byte more than the limit."""
    try:
        if path.is_dir():
            raise InvalidSpecError(f"{path} is a folder, not a file.", "Name a file in it.")
        if not path.is_file():
            raise InvalidSpecError(f"There is no file {path}.", "Check its path.")
        with path.open("rb") as file:
            return file.read(MAX_YAML_BYTES + 1)
    except OSError as error:
        raise InvalidSpecError(f"{path} cannot be read: {error.strerror}.") from None


def _decoded(content: bytes | str, origin: str) -> str:
    """Text of the content, if it is small enough and UTF-8."""
    data = content.encode() if isinstance(content, str) else content
    if len(data) > MAX_YAML_BYTES:
        raise InvalidSpecError(f"{origin} is larger than the allowed {MAX_YAML_BYTES:,} bytes.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidSpecError(f"{origin} is not text in UTF-8.") from None


def _cause(error: yaml.YAMLError) -> str:
    """What the parser found and where, on one line."""
    parts = [getattr(error, part, None) for part in ("context", "problem")]
    problem = ", ".join(part for part in parts if part) or "it has characters that YAML forbids"
    mark = getattr(error, "problem_mark", None)
    return f"{problem}, line {mark.line + 1}" if mark else problem
