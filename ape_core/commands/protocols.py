"""`ape protocols` and `ape check`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ape_core.commands.answer import Answer, listing, table
from ape_core.spec.protocol_yaml import list_protocols, load_protocol


def list_shipped(asked: argparse.Namespace) -> Answer:  # noqa: ARG001  all commands take the same
    """The protocols that are shipped."""
    shipped = list_protocols()
    rows = [(p.name, p.regimen, p.drug, p.title) for p in shipped]
    return Answer([asdict(p) for p in shipped], table(("name", "regimen", "drug", "title"), rows))


def check(asked: argparse.Namespace) -> Answer:
    """Check a protocol and say in plain words what it does."""
    protocol = load_protocol(asked.protocol)
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
        ]
    )
    return Answer(data, "\n".join([head, "", *sentences]))
