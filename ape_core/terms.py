"""What readers call the states of a run and the statuses of an eye: one name for one thing.

Files, columns, JSON and Python keep their codes; pages, tables, reports and the command line show
these names. *Stopped as stable* is the wider term: the table of patients says of an eye only that,
with the code "discharged stable", while a summary tells those that the clinic still looks at
(*monitored*) from those that it sees no more (*discharged*).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RUN_STATES: Final = {
    "complete": "complete",
    "running": "running",
    "queued": "queued",
    "interrupted": "interrupted",
    "failed": "failed",
    "corrupt": "damaged",
}
"""What the status of a run is called, in the middle of a sentence."""


def run_state(status: str, *, cancelled: bool) -> str:
    """State of a run in one word: it is cancelled when it was asked to stop, and has stopped."""
    return "cancelled" if cancelled and status == "interrupted" else RUN_STATES[status]


OF_STUDY: Final = "of a study"
"""What is said of a run that was simulated as one of the draws, bars or points of a study."""


def runs_of_studies(n: int) -> str:
    """So many runs that lists leave out until somebody asks for them."""
    return f"1 run {OF_STUDY}" if n == 1 else f"{n:,} runs of studies"


END_REASONS: Final = {
    "on treatment": "on treatment",
    "discharged stable": "stopped as stable",
    "discharged futile": "stopped as futile",
    "lost": "lost to follow-up",
    "transferred": "transferred to another clinic",
    "died": "died in care",
}
"""What the reasons are called for which follow-up of an eye ended."""


STOPPED_AS_STABLE: Final = (
    '"discharged stable" means stopped as stable: treatment stopped as the eye had stayed dry. '
    "Where the protocol monitors, the clinic still looks at it; elsewhere it sees it no more."
)
"""What the table of patients does not tell apart."""


def end_reason_code(name: str) -> str:
    """Code of a reason, which may be given by its name too; what is neither is left as it is."""
    codes = {shown: code for code, shown in END_REASONS.items()}
    return codes.get(name, name)


@dataclass(frozen=True, slots=True)
class Status:
    """Name of a status of an eye beside a chart, its name where it stands alone, its meaning."""

    name: str
    full_name: str
    meaning: str


STATUSES: Final = {
    "on treatment": Status(
        "on treatment",
        END_REASONS["on treatment"],
        "Followed by the clinic, which treats as the protocol says.",
    ),
    "monitored": Status(
        "stable, monitored",
        f"{END_REASONS['discharged stable']}, monitored",
        "Treatment was stopped because the eye had stayed dry; the clinic still looks at it.",
    ),
    "discharged stable": Status(
        "stable, discharged",
        f"{END_REASONS['discharged stable']}, discharged",
        "Treatment was stopped because the eye had stayed dry; the clinic sees it no more.",
    ),
    "discharged futile": Status(
        END_REASONS["discharged futile"],
        END_REASONS["discharged futile"],
        "Discharged because acuity was too low to gain from treatment, by the protocol's rule.",
    ),
    "lost": Status(
        "lost",
        END_REASONS["lost"],
        "Lost to follow-up: no longer came to the clinic, for reasons that it does not know.",
    ),
    "transferred": Status(
        "transferred", END_REASONS["transferred"], "Treated on by another clinic."
    ),
    "died": Status(
        END_REASONS["died"],
        END_REASONS["died"],
        "Died while the clinic looked after the eye. Whoever left before is counted by the reason.",
    ),
}
"""Of each status of an eye, as a summary tells them apart."""
