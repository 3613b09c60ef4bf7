"""What is wrong with a field, in the words that stand beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ape_core.spec import people_guide
from ape_core.spec.field_guide import Field
from ape_core.spec.protocol_guide import DRUG, GUIDE, REGIMEN, UNTIL_WEEK

_PLACE: Final = re.compile(
    r"^(?:(?:protocol|cohort|capacity|[a-z_]+\[\d+\](?: \([a-z-]+\))?|loading|stopping|"
    r"after_stopping|baseline_letters|age_years|recruitment): )+"
)
_PATH: Final = re.compile(r"\b(?:[a-z_]+(?:\[\d+\])?\.)+(?=[a-z_]+\b)")
_PHASE: Final = re.compile(r"\bphases\[(\d+)\]")


def in_words(message: str, fields: Iterable[Field] = ()) -> str:
    """Message of the spec with the names of fields as a form shows them.

    Parameters
    ----------
    message
        What the spec says.
    fields
        Fields of the part it is about, whose names count first.
    """
    titles = dict(_TITLES) | {field.name: field.title for field in fields}
    said = _PATH.sub("", _PLACE.sub("", message))
    said = _PHASE.sub(lambda match: f"phase {int(match[1]) + 1}", said)
    pattern = "|".join(sorted(map(re.escape, titles), key=len, reverse=True))
    return re.sub(
        rf"(?<![\w'-])(?:{pattern})(?![\w'-])", lambda match: f"“{titles[match[0]]}”", said
    )


def _all_titles() -> dict[str, str]:
    """Title of each field whose name is no word of its own; of several, the first."""
    titles: dict[str, str] = {"loading": "Loading phase", "stopping": "Stopping"}
    groups = [
        *GUIDE.values(),
        people_guide.SINGLES,
        people_guide.CAPACITY,
        (DRUG, REGIMEN, UNTIL_WEEK),
    ]
    groups += [fields for _, fields in people_guide.GROUPS.values()]
    for field in (field for group in groups for field in group if "_" in field.name):
        titles.setdefault(field.name, field.title)
    return {name: title for name, title in titles.items() if "_" in name}


_TITLES: Final = _all_titles()
