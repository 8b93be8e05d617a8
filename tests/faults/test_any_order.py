"""Whatever happens, in whatever order: tests.faults.machine says what may happen, and what must hold.

A failure prints the steps that led to it; `--hypothesis-seed=N` repeats a run of `make soak`, whose seed is
printed with the failure. `make test` always tries the same.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import AnyOrder
from tests.tried import SOAK

EXAMPLES = 5000 if SOAK else 60
STEPS = 40


@pytest.mark.timeout(4 * 3600 if SOAK else 300)
def test_all_comes_right(redis_url: str, tried: dict[str, int]) -> None:
    """Nothing is violated on the way, and nothing is lost or leaked once nothing goes wrong any more."""
    AnyOrder.redis_url = redis_url
    AnyOrder.runs = 0

    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=not SOAK,
            print_blob=True,
            phases=[Phase.generate, Phase.shrink] if SOAK else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

    tried["random histories"] = AnyOrder.runs
