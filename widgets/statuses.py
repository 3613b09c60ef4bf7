"""What the statuses of an eye are called, and what they mean, in plain words."""

from __future__ import annotations

from typing import Final

IN_PLAIN_WORDS: Final = {
    "on treatment": ("on treatment", "Followed by the clinic, which treats as the protocol says."),
    "monitored": ("monitored", "Treatment was stopped; the clinic still looks at the eye."),
    "discharged stable": (
        "stopped: stable",
        "Discharged because the eye had stayed dry, as the rules of the protocol allow.",
    ),
    "discharged futile": (
        "stopped: futile",
        "Discharged because acuity was too low to gain from treatment, by the protocol's rule.",
    ),
    "lost": ("lost", "No longer came to the clinic, for reasons that it does not know."),
    "transferred": ("transferred", "Treated on by another clinic."),
    "died": (
        "died in care",
        "Died while the clinic looked after the eye. Whoever left before is counted by the reason.",
    ),
}
"""Name and meaning of each status, for readers."""
