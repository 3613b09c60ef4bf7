"""Names that can be typed, from names that are read."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ape_core.errors import InvalidInputError

_LONGEST_NAME: Final = 80
_NO_NAME: Final = re.compile(r"[^a-z0-9.]+")


def typed_name(title: str) -> str:
    """Name that can be typed, from one that is read: "My trust" becomes my-trust.

    Raises
    ------
    InvalidInputError
        The title holds nothing that a name can hold.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = _NO_NAME.sub("-", plain).strip("-.")[:_LONGEST_NAME].rstrip("-.")
    if not name:
        raise InvalidInputError("A name needs a letter or a digit.", "As: My clinic, 20 weeks.")
    return name
