"""Whatever happens, in whatever order: tests.faults.machine says what may happen, and what must hold.

A failure prints the steps that led to it, and its name the seed; `make soak SEED=N` tries others.
"""

import os

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import AnyOrder
from tests.tried import SOAK

PARTS, EXAMPLES = (20, 250) if SOAK else (1, 90)
FIRST = int(os.environ.get("EIP_SOAK_SEED") or 1) * 1000
STEPS = 40


@pytest.mark.timeout(3600 if SOAK else 300)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + PARTS))
def test_all_comes_right(redis_url: str, tried: dict[str, int], seed: int) -> None:
    """Nothing is violated on the way, and nothing is lost or leaked once nothing goes wrong any more."""

    @hypothesis.seed(seed)
    class Seeded(AnyOrder):
        runs = 0

    Seeded.redis_url = redis_url

    run_state_machine_as_test(
        Seeded,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            phases=[Phase.generate, Phase.shrink] if SOAK else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

    tried["random histories"] = tried.get("random histories", 0) + Seeded.runs
