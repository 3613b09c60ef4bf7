"""What the dashboard is not, in words that stand on every page of it."""

from __future__ import annotations

from typing import Final

CAVEAT: Final = "A research tool, not medical advice. The model is provisional."

_HELP: Final = (
    "The patients are simulated. The model takes its parameters from published studies, and some "
    "from judgement; it compares ways to treat many eyes and does not predict what happens to one "
    "person. Figures may change as the model does."
)


def caveat_short() -> str:
    """The sentence, with its meaning when it is pointed at."""
    return f'<p class="ape-caveat" title="{_HELP}">{CAVEAT}</p>'


def caveat() -> str:
    """The sentence and what it means."""
    return f'<p class="ape-caveat"><b>{CAVEAT}</b> {_HELP}</p>'
