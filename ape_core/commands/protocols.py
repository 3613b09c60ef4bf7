"""`ape protocols` and `ape check`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from ape_core.commands.answer import Answer, listing, paragraph, table
from ape_core.spec.protocol_yaml import ProtocolInfo
from ape_core.storage.location import default_store_path
from ape_core.storage.own_protocols import OwnProtocols, list_protocols, load_protocol

_COLUMNS = ("name", "", "regimen", "drug", "title")


def list_all(asked: argparse.Namespace) -> Answer:  # noqa: ARG001  all commands take the same
    """The protocols that are shipped, and after them those that users saved in the store."""
    store = default_store_path()
    known = list_protocols(store)
    rows = [(p.name, "own" if p.is_own else "", p.regimen, p.drug, p.title) for p in known]
    broken = [item for item in OwnProtocols(store).list() if item.protocol is None]
    said = [paragraph(f"{item.name} cannot be used: {item.problem}") for item in broken]
    return Answer([_data(p) for p in known], "\n".join([table(_COLUMNS, rows), *said]))


def _data(info: ProtocolInfo) -> dict[str, Any]:
    """What programs are told of a protocol; only an own one says that it is."""
    data = asdict(info)
    return {**data, "own": True} if data.pop("is_own") else data


def check(asked: argparse.Namespace) -> Answer:
    """Check a protocol and say in plain words what it does."""
    protocol = load_protocol(asked.protocol, default_store_path())
    sentences = protocol.summary_sentences()
    data = {
        "name": protocol.name,
        "title": protocol.title,
        "regimen": protocol.regimen,
        "drug": protocol.drug,
        "valid": True,
        "description": sentences,
        "sources": list(protocol.sources),
    }
    head = listing(
        [
            ("name", protocol.name),
            ("title", protocol.title),
            ("regimen", protocol.regimen),
            ("drug", protocol.drug),
            ("made from", protocol.parent),
        ]
    )
    return Answer(data, "\n".join([head, "", *sentences]))
