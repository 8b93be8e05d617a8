"""The account of IPs: rest, order, and memory. Time is the test's own."""

import pytest

from sandbox.pod_network import NodeNetwork, PodNetwork, Tenancy

NODE = NodeNetwork("node-1", "i-1", "us-east-1a", "10.0.1.1", ("10.0.1.10", "10.0.1.11"))


class StoppedClock:
    """A clock that a test moves."""

    time = 100.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock() -> StoppedClock:
    """Stands at 100 s."""
    return StoppedClock()


@pytest.fixture
def network(clock: StoppedClock) -> PodNetwork:
    """Two IPs that rest 30 s."""
    return PodNetwork([NODE], clock)


def test_gives_a_pod_the_same_ip_twice(network: PodNetwork) -> None:
    """To ask again changes nothing."""
    assert network.take("node-1", "a") == network.take("node-1", "a") == "10.0.1.10"


@pytest.mark.parametrize(("seconds", "expected"), [(29.9, None), (30.0, "10.0.1.10")])
def test_lets_an_ip_rest(
    network: PodNetwork, clock: StoppedClock, seconds: float, expected: str | None
) -> None:
    """Not before 30 s after it was freed does an IP serve again."""
    network.take("node-1", "a")
    network.take("node-1", "b")
    network.free("a")

    clock.sleep(seconds)

    assert network.take("node-1", "c") == expected


def test_gives_the_longest_freed_first(network: PodNetwork, clock: StoppedClock) -> None:
    """Of two rested IPs the one that was freed first."""
    network.take("node-1", "a")
    network.take("node-1", "b")
    network.free("b")
    clock.sleep(1)
    network.free("a")
    clock.sleep(100)

    assert network.take("node-1", "c") == "10.0.1.11"


def test_remembers_who_had_an_ip(network: PodNetwork, clock: StoppedClock) -> None:
    """Every tenancy with its times."""
    network.take("node-1", "a")
    clock.sleep(5)
    network.free("a")
    clock.sleep(30)
    network.take("node-1", "b")
    network.take("node-1", "c")

    assert network.tenancies("10.0.1.11") == [Tenancy("b", 135.0)]
    assert network.tenancies("10.0.1.10") == [Tenancy("a", 100.0, 105.0), Tenancy("c", 135.0)]
    assert network.freed_at("10.0.1.10") is None
    assert network.room("node-1") == 0


def test_frees_nothing_for_a_stranger(network: PodNetwork) -> None:
    """A pod without an IP has none to free, and an unknown node none to give."""
    assert network.free("a") is None
    assert network.take("node-9", "a") is None
    assert network.occupant("10.0.1.10") is None
