"""A worker's world on an empty Redis."""

import pytest
import redis

from eip.store.keys import Keys
from tests.workers_world import Workers
from workers.sweep.unlabelled import DAY


@pytest.fixture
def workers(redis_client: redis.Redis) -> Workers:
    """Nothing is known and nothing is done yet; the daily look at pods without the label was made."""
    made = Workers(redis_client)
    made.ledger.first_in(Keys.UNLABELLED, "", DAY)
    return made
