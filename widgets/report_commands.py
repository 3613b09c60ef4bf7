"""Commands that give the figures of a report again, anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ape_core.errors import InvalidSpecError
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.spec.shipped import shipped_names

if TYPE_CHECKING:
    from ape_core.spec.protocol import Protocol


def commands(specs: Sequence[RunSpec]) -> str:
    """Lines that ask the same; what no option can say is carried by files.

    Of an earlier model version the rows are carried, too: nothing here can simulate them again.
    """
    if all(_can_be_asked(spec) for spec in specs):
        first = specs[0]
        names = " ".join(spec.protocol.name for spec in specs)
        asks = "run" if len(specs) == 1 else "compare"
        return (
            f"ape {asks} {names} --patients {first.cohort.n_patients} --years {first.years} "
            f"--seed {first.seed} --cohort {first.people.name}"
        )
    here, elsewhere = [], []
    for spec in specs:
        short = spec.run_id[:12]
        here.append(
            f"ape export {short} {short}.ape.zip{'' if spec.is_current else ' --with-data'}"
        )
        elsewhere.append(f"ape import {short}.ape.zip")
        if spec.is_current:
            elsewhere[-1] += f" && ape resume {short}"
    if len(specs) > 1:
        elsewhere.append(f"ape compare {' '.join(spec.run_id[:12] for spec in specs)}")
    return "\n".join([*here, "# and elsewhere", *elsewhere])


def _can_be_asked(spec: RunSpec) -> bool:
    """Whether the names of what ships, and numbers, say all of a question."""
    protocol = _shipped(spec.protocol.name)
    if protocol is None or spec.people.name not in shipped_names("population"):
        return False
    cohort = Cohort(spec.cohort.n_patients, population=spec.people.name)
    return RunSpec(protocol, cohort, spec.years, spec.seed) == spec


def _shipped(name: str) -> Protocol | None:
    """Protocol that ships under a name, if one does."""
    try:
        return load_protocol(name) if name in shipped_names("protocol") else None
    except InvalidSpecError:
        return None
