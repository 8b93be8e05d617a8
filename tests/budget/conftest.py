"""A worker's world on an empty Redis."""

import pytest
import redis

from tests.workers_world import Workers


@pytest.fixture
def workers(redis_client: redis.Redis) -> Workers:
    """Nothing is known and nothing is done yet."""
    return Workers(redis_client)
