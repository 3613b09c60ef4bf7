"""Compile the kernel once (`python -m ape_core.simulation.warm_cache`), so that no user waits."""

from __future__ import annotations

from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec


def main() -> None:
    """Simulate one patient of a shipped protocol."""
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    simulate(RunSpec(protocol=protocol, cohort=Cohort(n_patients=1), years=1, seed=0), 0, 1)


if __name__ == "__main__":
    main()
