"""Print what the pins of the tests would be now: `python -m tests.support.pins`.

For a change of the model that is meant; what else it asks for stands beside each pin.
"""

from __future__ import annotations

from tests.simulation.test_golden import rows_digest
from tests.spec.test_model import values_digest
from tests.spec.test_run_spec import pinned_spec

if __name__ == "__main__":
    print(f'tests/spec/test_model.py: PINNED_VALUES = "{values_digest()}"')
    print(f'tests/simulation/test_golden.py: ROWS, for this version "{rows_digest()}"')
    print(f'tests/spec/test_run_spec.py: PINNED_RUN_ID = "{pinned_spec().run_id}"')
