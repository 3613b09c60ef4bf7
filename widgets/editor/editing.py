"""What a reader does to the protocol of a question: change its rules, keep it, take one in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ape_core.errors import InvalidInputError
from ape_core.limits import MAX_YAML_BYTES
from ape_core.spec.differences import Difference
from ape_core.spec.protocol_yaml import parse_protocol_yaml, protocol_fields
from ape_core.spec.shipped import shipped_names
from ape_core.storage.changes import changes_of_protocol, kept
from widgets.editor.draft import EDITED_NAME, EDITED_TITLE, Rules, begin, is_same
from widgets.names import typed_name

if TYPE_CHECKING:
    from ape_core.spec.protocol import Protocol
    from widgets.session import Session


def rules_of(session: Session) -> Rules | None:
    """Rules that a change begins from; None when the protocol of the question is not there."""
    rules: Rules | None = session.question["rules"]
    if rules is not None and str(rules.get("name", "")).endswith(EDITED_NAME):
        return rules
    protocol = session.protocol
    if protocol is None:
        return rules
    begun = begin(protocol)
    if rules is not None:  # it came with a run or a file, and is kept nowhere
        begun["parent"] = protocol.parent
        if not protocol.parent:
            del begun["parent"]
    return begun


def label_of(rules: Rules) -> str:
    """Name in a list for rules that are kept nowhere: edited here, or of a run."""
    title = str(rules.get("title", ""))
    edited = title.endswith(EDITED_TITLE)
    return f"Edited: {title.removesuffix(EDITED_TITLE)}" if edited else f"Not saved: {title}"


def change(session: Session, rules: Rules) -> None:
    """Ask for changed rules; when they are those of the parent again, for the parent."""
    parent = kept(str(rules.get("parent", "")), session.store)
    if parent is not None and is_same(rules, parent):
        session.edit("protocol", parent.name)
        return
    session.question["protocol"] = rules["name"]
    session.edit("rules", rules)


def parent_of(session: Session) -> Protocol | None:
    """Protocol from which the one of the question was made, if it is here."""
    protocol = session.protocol
    return kept(protocol.parent, session.store) if protocol is not None else None


def changes(session: Session) -> list[Difference]:
    """Return what of the protocol differs from its parent, if both are known."""
    return changes_of_protocol(session.protocol, session.store) if session.protocol else []


def save_as(session: Session, title: str) -> str:
    """Keep the protocol of the question under a name of the reader's; return that name.

    An own protocol of that name is replaced.

    Raises
    ------
    InvalidInputError
        The name cannot be used, or the rules contradict each other.
    """
    protocol = session.protocol
    if protocol is None:
        raise InvalidInputError("A protocol whose rules contradict each other cannot be saved.",
                                "Mend what is marked first.")  # fmt: skip
    name = name_from(title)
    parent = protocol.parent
    if session.question["rules"] is None and name != protocol.name:
        parent = protocol.name  # a copy of one that is kept
    if parent == name:
        replaced = kept(name, session.store)
        parent = replaced.parent if replaced is not None else ""
    session.library.save(replace(protocol, name=name, title=title, parent=parent), replacing=True)
    session.read_protocols()
    session.edit("protocol", name)
    return name


def takes_the_place_of(session: Session, title: str) -> str:
    """Name of the own protocol that saving under a title would replace; empty when it is none."""
    try:
        name = name_from(title)
    except InvalidInputError:
        return ""
    return name if name in session.library else ""


def name_from(title: str) -> str:
    """Name that can be typed, from one that is read.

    Raises
    ------
    InvalidInputError
        The title holds nothing that a name can hold, or is that of a shipped protocol.
    """
    name = typed_name(title)
    if name in shipped_names("protocol"):
        raise InvalidInputError("That is the name of a protocol that ships.", "Choose another.")
    return name


def delete(session: Session, name: str) -> None:
    """Delete an own protocol; the question then holds its rules itself."""
    protocol = session.protocol
    session.library.delete(name)
    session.read_protocols()
    if protocol is not None and session.question["rules"] is None and protocol.name == name:
        session.edit("rules", protocol_fields(protocol))


def take_in(session: Session, content: bytes, file: str) -> Protocol:
    """Ask for the protocol of a YAML file that a reader chose.

    Raises
    ------
    InvalidInputError
        It is too large, or does not hold a protocol.
    """
    if len(content) > MAX_YAML_BYTES:
        raise InvalidInputError(
            f"{file} has {len(content):,} bytes; a protocol may have {MAX_YAML_BYTES:,}.",
            "Choose the YAML file of one protocol.",
        )
    protocol = parse_protocol_yaml(content, file)
    if kept(protocol.name, session.store) == protocol:
        session.edit("protocol", protocol.name)
    else:
        session.question["protocol"] = protocol.name
        session.edit("rules", protocol_fields(protocol))
    return protocol
