"""Candidates on one API server: who leads, until when, and with which fence."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from eip.errors import KubernetesError
from eip.kubernetes.leases import Lease
from producer.elector import Elector

AWAY = KubernetesError(0, "ReadTimeoutError", "Read timed out.")


class Hands:
    """A clock that goes as far as it is put."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Server:
    """Keeps one Lease and refuses what was written over something else than it has."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.lease: Lease | None = None
        self.version = 0
        self.reads = 0
        self.away = False
        self.lose_answers = False
        self.delay = 0.0

    def get(self, namespace: str, name: str) -> Lease | None:
        self.reads += 1
        self._answer()
        return self.lease

    def create(self, namespace: str, lease: Lease) -> Lease:
        return self._write(lease, expected=None)

    def replace(self, namespace: str, name: str, lease: Lease) -> Lease:
        return self._write(lease, expected=lease.metadata["resourceVersion"])

    def _answer(self) -> None:
        if self.away:
            raise AWAY

    def _write(self, lease: Lease, expected: str | None) -> Lease:
        self._answer()
        if expected != (self.lease.metadata["resourceVersion"] if self.lease else None):
            raise KubernetesError(409, "Conflict", "the object has been modified")
        self.version += 1
        metadata = {**lease.metadata, "resourceVersion": str(self.version)}
        self.lease = msgspec.structs.replace(lease, metadata=metadata)
        self.hands.time += self.delay
        if self.lose_answers:
            raise AWAY
        return self.lease


@pytest.fixture
def hands() -> Hands:
    """The clock of all."""
    return Hands()


@pytest.fixture
def server(hands: Hands) -> Server:
    """The API server."""
    return Server(hands)


@pytest.fixture
def candidates(server: Server, hands: Hands) -> tuple[Elector, Elector]:
    """Two of them; the second one's wall clock is a year ahead. Chance always takes the upper end."""
    wall = datetime(2026, 1, 1, tzinfo=UTC)

    def candidate(identity: str, skew: timedelta) -> Elector:
        def skewed() -> datetime:
            return wall + skew + timedelta(seconds=hands.time)

        return Elector(server, "ours", identity, hands, wall=skewed, chance=lambda _, high: high)

    return candidate("a", timedelta()), candidate("b", timedelta(days=365))


def live(hands: Hands, elector: Elector, until: float) -> None:
    """Rounds of one candidate until that time."""
    while hands.time < until:
        hands.sleep(elector.turn())


def fence(elector: Elector) -> int:
    """The fence of one who must be leading."""
    held = elector.fence
    assert held is not None
    return held


def leads(elector: Elector) -> bool:
    """Whether it may write at this moment."""
    return elector.fence is not None


def test_nobody_leads_before_the_first_round(candidates: tuple[Elector, Elector]) -> None:
    """Without having asked there is no fence."""
    assert [each.fence for each in candidates] == [None, None]


def test_one_of_two_leads(candidates: tuple[Elector, Elector]) -> None:
    """The second one stands by, and has seen the Lease."""
    first, second = candidates

    first.turn()
    second.turn()

    assert first.fence is not None
    assert (second.fence, second.answered) == (None, True)


def test_of_two_that_create_at_once_one_leads(candidates: tuple[Elector, Elector], server: Server) -> None:
    """The other hears a conflict, which is no trouble worth a line."""
    first, second = candidates
    read = server.get

    def get(namespace: str, name: str) -> Lease | None:
        lease = read(namespace, name)
        server.get = read  # type: ignore[method-assign]
        first.turn()
        return lease

    server.get = get  # type: ignore[method-assign]
    with capture_logs() as logs:
        second.turn()

    assert first.fence is not None
    assert second.fence is None
    assert [entry["event"] for entry in logs] == ["leading"]


def test_the_leader_renews_without_reading(
    candidates: tuple[Elector, Elector], server: Server, hands: Hands
) -> None:
    """One request a renewal, and the fence stays."""
    leader, _ = candidates
    leader.turn()
    fence = leader.fence

    live(hands, leader, 60.0)

    assert (leader.fence, server.reads) == (fence, 1)


def test_a_live_leader_is_not_replaced(candidates: tuple[Elector, Elector], hands: Hands) -> None:
    """However far the clocks of the two are apart."""
    leader, other = candidates
    for _ in range(100):
        leader.turn()
        other.turn()
        hands.sleep(2.0)

    assert leader.fence is not None
    assert other.fence is None


def test_a_dead_leader_is_replaced_with_a_higher_fence(
    candidates: tuple[Elector, Elector], hands: Hands
) -> None:
    """Within 15 s after its last renewal, and never while it could still believe to lead."""
    leader, other = candidates
    leader.turn()
    old = fence(leader)
    hands.sleep(1.9)

    while other.fence is None:
        hands.sleep(other.turn())
        assert leader.fence is None or other.fence is None

    assert other.fence == old + 1
    assert hands.time <= 15.0
    assert leader.fence is None


def test_a_leader_without_the_api_server_stops_in_time(
    candidates: tuple[Elector, Elector], server: Server, hands: Hands
) -> None:
    """It is certain for 7 s of the 10 s that others wait, and says so once when that is over."""
    leader, _ = candidates
    leader.turn()
    server.away = True

    hands.time = 6.9
    assert leads(leader)
    hands.time = 7.0
    assert not leads(leader)

    with capture_logs() as logs:
        live(hands, leader, 60.0)
    lost = "no longer leading: the Lease could not be renewed in time"
    assert [entry["event"] for entry in logs].count(lost) == 1
    assert len(logs) == 2


def test_the_term_counts_from_before_the_request(
    candidates: tuple[Elector, Elector], server: Server, hands: Hands
) -> None:
    """A slow answer shortens our term: others saw the renewal when it was written, not when we heard."""
    leader, _ = candidates
    server.delay = 6.0

    leader.turn()

    assert leads(leader)
    hands.time = 7.0
    assert not leads(leader)


def test_a_lost_answer_costs_no_lead(
    candidates: tuple[Elector, Elector], server: Server, hands: Hands
) -> None:
    """The renewal was written: the Lease is read, found to be ours, and renewed with the same fence."""
    leader, _ = candidates
    leader.turn()
    fence = leader.fence
    hands.sleep(2.5)
    server.lose_answers = True
    leader.turn()
    server.lose_answers = False

    live(hands, leader, 10.0)

    assert leader.fence == fence


def test_a_paused_leader_does_not_come_back(candidates: tuple[Elector, Elector], hands: Hands) -> None:
    """It wakes after another took the Lease: no fence even before its first round, and none after it."""
    paused, other = candidates
    paused.turn()
    live(hands, other, 30.0)

    assert paused.fence is None
    paused.turn()
    paused.turn()
    assert paused.fence is None
    assert other.fence is not None


def test_a_lease_that_was_written_over_is_anothers(
    candidates: tuple[Elector, Elector], server: Server, hands: Hands
) -> None:
    """Whoever did that, even by hand: the lead ends when it is seen, not when the term does."""
    leader, _ = candidates
    leader.turn()
    lease = server.lease
    assert lease is not None
    spec = msgspec.structs.replace(lease.spec, holder_identity="someone")
    server.replace("ours", "k8s-eip-operator", Lease(lease.metadata, spec))

    leader.turn()
    hands.sleep(leader.turn())

    assert hands.time < 7.0
    assert leader.fence is None


def test_a_released_lease_is_taken_at_the_next_look(
    candidates: tuple[Elector, Elector], server: Server
) -> None:
    """A rolling update costs seconds, not the duration of the Lease."""
    leader, other = candidates
    leader.turn()
    other.turn()
    old = fence(leader)

    leader.release()

    assert leader.fence is None
    other.turn()
    assert other.fence == old + 1


def test_a_standby_releases_nothing(candidates: tuple[Elector, Elector], server: Server) -> None:
    """The Lease is the leader's."""
    leader, other = candidates
    leader.turn()
    other.turn()
    before = server.lease

    other.release()

    assert server.lease is before


def test_a_release_that_fails_is_one_line(candidates: tuple[Elector, Elector], server: Server) -> None:
    """The process ends all the same; the others wait until the Lease has run out."""
    leader, _ = candidates
    leader.turn()
    server.away = True

    with capture_logs() as logs:
        leader.release()

    assert leader.fence is None
    assert [entry["seconds"] for entry in logs] == [10.0]


def test_a_deleted_lease_is_made_again_with_a_higher_fence(
    candidates: tuple[Elector, Elector], server: Server, hands: Hands
) -> None:
    """Else the ledger would refuse all that the new leader writes."""
    leader, _ = candidates
    leader.turn()
    old = fence(leader)
    server.lease = None

    live(hands, leader, 90.0)

    assert fence(leader) > old


def test_a_missing_right_says_what_to_grant(candidates: tuple[Elector, Elector], server: Server) -> None:
    """Once, with the rights by name."""
    candidate, _ = candidates

    def get(namespace: str, name: str) -> Lease | None:
        raise KubernetesError(403, "Forbidden", "cannot get leases")

    server.get = get  # type: ignore[method-assign]
    with capture_logs() as logs:
        candidate.turn()
        candidate.turn()

    assert [entry["event"] for entry in logs] == [
        "not allowed to use the Lease: this replica never leads; grant it get, create and update on leases"
    ]
    assert not candidate.answered
