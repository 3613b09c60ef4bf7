"""Where the parts of a run are when they are not in its folder: a place in an S3 object store.

A place is a URL, as s3://bucket/prefix?endpoint_override=minio.example:9000&scheme=http, fixed
when the run is created and named by its checkpoint. Who may read and write there, the environment
says and nothing else: no key is ever written to a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from ape_core.errors import InvalidInputError

SETTINGS: Final = ("endpoint_override", "scheme", "region")
"""What may follow the question mark."""

QUESTION: Final = "spec.json"
"""The question of the run stands with its parts, so that who finds them knows what they are."""

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[A-Za-z0-9!_.*'()/=-]{0,400}")
_ENDPOINT: Final = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_HINT: Final = (
    "Give it as s3://BUCKET/PREFIX, with ?endpoint_override=HOST:PORT&scheme=http where it is not "
    "Amazon's; keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
)


@dataclass(frozen=True)
class ObjectPath:
    """One object of a place, where others have the path of a file."""

    place: str
    name: str

    def __str__(self) -> str:
        return f"{shown(self.place)}/{self.name}"

    @property
    def parts(self) -> tuple[str, ...]:
        """What stands between the slashes, as of a path."""
        return tuple(str(self).split("/"))

    @property
    def key(self) -> str:
        """Bucket and key."""
        return str(self).removeprefix("s3://")


PartPath = Path | ObjectPath
"""Where a file of a part is."""


def check_place(text: str) -> str:
    """The place that somebody asked for, in its one form.

    Raises
    ------
    InvalidInputError
        When it is none, or holds a key.
    """
    url, settings = _split(text)
    if "@" in url.netloc:
        raise InvalidInputError(
            "The place of the parts holds a user or a key, which would be written to the store.",
            _HINT,
        )
    prefix = url.path.strip("/")
    fits = _BUCKET.fullmatch(url.netloc) and _PREFIX.fullmatch(prefix) and not url.fragment
    if url.scheme != "s3" or not fits or ".." in prefix.split("/"):
        raise InvalidInputError(f"{text[:120]!r} is no place for parts.", _HINT)
    _check_settings(settings)
    return _joined(f"s3://{url.netloc}/{prefix}".rstrip("/"), settings)


def place_of_run(place: str, run_id: str) -> str:
    """A place below the one asked for that no other run uses, nor the same run of another store."""
    url, settings = _split(place)
    return _joined(f"s3://{url.netloc}{url.path}/{run_id}/{token_hex(4)}", settings)


def is_below(place: str, asked: str) -> bool:
    """Whether the place of a run is below the one that somebody asks for now."""
    (url, settings), (above, other) = _split(place), _split(asked)
    return (
        settings == other
        and url.netloc == above.netloc
        and url.path.rsplit("/", 2)[0] == above.path
    )


def settings_of(place: str) -> dict[str, str]:
    """What the place says of its server."""
    return _split(place)[1]


def shown(place: str) -> str:
    """A place for people, without what it says of the server."""
    return place.partition("?")[0]


def _split(place: str) -> tuple[SplitResult, dict[str, str]]:
    """A place and what it says of its server."""
    try:
        url = urlsplit(place)
        pairs = parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query))
    except ValueError as error:
        raise InvalidInputError(f"{place[:120]!r} is no place for parts.", _HINT) from error
    return url, dict(pairs)


def _joined(address: str, settings: dict[str, str]) -> str:
    """A place in its one form."""
    given = [(name, settings[name]) for name in SETTINGS if name in settings]
    query = urlencode(given, safe=":[]")
    return f"{address}?{query}" if query else address


def _check_settings(settings: dict[str, str]) -> None:
    """Refuse what cannot be said of a server, above all keys."""
    for name, value in settings.items():
        if name not in SETTINGS:
            raise InvalidInputError(
                f"{name[:40]!r} cannot be said of the place of the parts; {', '.join(SETTINGS)} "
                "can.",
                _HINT,
            )
        pattern = {"endpoint_override": _ENDPOINT, "region": _REGION}.get(name)
        if not (pattern.fullmatch(value) if pattern else value in {"http", "https"}):
            raise InvalidInputError(f"The {name} of the place is {value[:80]!r}.", _HINT)
