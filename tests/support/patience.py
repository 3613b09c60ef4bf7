"""How long tests wait for what has to happen: many times what it takes, as machines can be busy."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 180.0
"""Seconds."""
