"""Compile the kernels once (`python -m ape_core.simulation.warm_cache`), so that no user waits."""

from __future__ import annotations

from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec


def main() -> None:
    """Simulate one patient of a shipped protocol, without and with limited slots."""
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    spec = RunSpec(protocol=protocol, cohort=Cohort(n_patients=1), years=1, seed=0)
    for asked in (spec, spec.replace(capacity=Capacity(1, 1))):
        simulate(asked, 0, 1)


if __name__ == "__main__":
    main()
