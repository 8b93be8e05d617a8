"""A worker's world in which nodes are served, and the node of its pods wants an address."""

import pytest
import redis

from eip import names
from eip.decide import Scope
from tests.workers_world import Workers

NODE = "node-1"
NODE_IP = "10.0.0.1"


@pytest.fixture
def workers(redis_client: redis.Redis) -> Workers:
    """What a test adds to the API server are nodes; pods are added with another `space`."""
    workers = Workers(redis_client, Scope(nodes=True))
    workers.kubernetes.space = names.NODES
    return workers
