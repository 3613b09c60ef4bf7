"""What a card says before there is anything to show."""

from __future__ import annotations

from typing import Final

WAITING: Final = "<p class='ape-to-come'>It appears when the arms are simulated.</p>"
