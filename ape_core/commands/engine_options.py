"""Options of commands that say where chunks are simulated, and where their rows go."""

from __future__ import annotations

import argparse


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add what says where chunks are simulated."""
    text = "threads of this machine (local, the default) or workers of a Dask cluster (dask)"
    parser.add_argument("--executor", metavar="NAME", default="local", help=text)
    text = "Dask scheduler, as tcp://host:8786; without it, dask uses processes of this machine"
    parser.add_argument("--scheduler", metavar="ADDRESS", help=text)


def add_parts(parser: argparse.ArgumentParser) -> None:
    """Add what says where rows go."""
    text = "where the rows go, as s3://bucket/prefix (default: into the store); see docs/scale.md"
    parser.add_argument("--parts", metavar="PLACE", help=text)
