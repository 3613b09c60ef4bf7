"""Compile all loops once (`python -m ape_core.summaries.warm_cache`), so that no user waits."""

from __future__ import annotations

from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries.summary import Summary

_N_PATIENTS = 200
"""So many that some have disease in the second eye."""


def main() -> None:
    """Simulate and count a few patients of a shipped protocol: one eye, two, and limited slots."""
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    spec = RunSpec(protocol=protocol, cohort=Cohort(n_patients=_N_PATIENTS), years=1, seed=0)
    two_eyes = spec.replace(cohort=Cohort(n_patients=_N_PATIENTS, two_eyes=True))
    for asked in (spec, two_eyes, spec.replace(capacity=Capacity(_N_PATIENTS, 1))):
        Summary.of_chunk(simulate(asked, 0, _N_PATIENTS))


if __name__ == "__main__":
    main()
