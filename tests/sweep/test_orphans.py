"""Addresses that nobody, or two, lay claim to: orphans and doubles go, strangers' are never touched."""

import pytest

from eip import names
from eip.decide import EventType, Scope
from eip.names import Action
from tests.workers_world import IP, IP3, OTHER, UID, Workers


@pytest.fixture
def served(workers: Workers) -> Workers:
    """One pod that has its address, and has had it for long."""
    workers.serve()
    return workers


def sweep(workers: Workers) -> str:
    """One sweep, and what follows from it at once."""
    said = workers.sweeper.sweep()
    workers.run()
    return said


def test_an_orphan_is_released_the_second_time_and_once_it_is_old(workers: Workers) -> None:
    """By the queue release, after the API server was asked."""
    workers.ec2.give(OTHER, "old", IP3)

    sweep(workers)
    assert workers.ec2.mutating == []

    workers.time.pass_by(100)
    sweep(workers)
    assert workers.ec2.mutating == []

    workers.time.pass_by(30)
    workers.forget_calls()
    sweep(workers)
    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]
    assert workers.kubernetes.asked("get") == ["shop/old"] * 2
    assert workers.ec2.addresses == []


def test_one_sweep_alone_releases_nothing(workers: Workers) -> None:
    """However old an address is: it was seen without a pod once only."""
    workers.ec2.give(OTHER, "old")
    workers.time.pass_by(9999)

    sweep(workers)

    assert workers.ec2.mutating == []


def test_an_orphan_whose_pod_lives_is_kept(workers: Workers) -> None:
    """The list did not have it, the confirming read has: it is served with what it had."""
    workers.ec2.give(UID, "web", IP)
    workers.kubernetes.add(UID, "web", IP)
    hidden = dict(workers.kubernetes.pods)
    workers.kubernetes.pods.clear()
    sweep(workers)
    workers.time.pass_by(130)
    workers.sweeper.sweep()
    workers.kubernetes.pods.update(hidden)

    workers.run()

    assert workers.ec2.mutating == []
    assert workers.claim().serving


@pytest.mark.parametrize("code", [0, 403, 503])
def test_an_orphan_of_which_nothing_is_known_is_kept(workers: Workers, code: int) -> None:
    """The release asks Kubernetes first, and does not take silence for an answer."""
    workers.ec2.give(OTHER, "old", IP3)
    sweep(workers)
    workers.time.pass_by(130)
    workers.sweeper.sweep()
    workers.kubernetes.breaks(code)

    workers.run()

    assert workers.ec2.mutating == []
    assert len(workers.ec2.at(IP3)) == 1


STRANGERS = {
    "other-cluster": {names.CLUSTER_NAME_TAG: "staging"},
    "other-cluster-of-the-same-name": {names.CLUSTER_UID_TAG: "another"},
    "no-pod-uid": {names.POD_UID_TAG: ""},
    "no-pod-name": {names.POD_NAME_TAG: ""},
}


@pytest.mark.parametrize("tags", STRANGERS.values(), ids=STRANGERS)
def test_a_strangers_address_is_never_touched(workers: Workers, tags: dict[str, str]) -> None:
    """However often it is seen, and whoever's pod it names."""
    workers.ec2.give(OTHER, "theirs", IP3, **tags)
    for _ in range(3):
        sweep(workers)
        workers.time.pass_by(300)

    assert workers.ec2.mutating == []
    assert len(workers.ec2.at(IP3)) == 1


def test_an_address_of_a_namespace_that_is_not_served_is_never_touched(workers: Workers) -> None:
    """Another installation serves it, perhaps."""
    workers.ec2.give(OTHER, "theirs", IP3)
    workers.narrow(Scope(frozenset({"bank"})))
    for _ in range(3):
        sweep(workers)
        workers.time.pass_by(300)

    assert workers.ec2.mutating == []
    assert workers.kubernetes.asked("list") == ["bank"] * 3


def test_a_double_goes_and_the_live_one_stays(served: Workers) -> None:
    """A lost reply of long ago left a second address."""
    mine = served.claim().allocation_id
    served.ec2.give(UID, "web")

    sweep(served)
    served.run_for(15)

    assert served.ec2.mutating == [Action.RELEASE]
    assert [address.allocation_id for address in served.ec2.addresses] == [mine]
    assert served.claim().serving


def test_a_double_that_is_the_live_one_stays(served: Workers) -> None:
    """What sits on the pod's IP becomes the claim's, and the other goes."""
    live = served.ec2.give(UID, "web", IP)

    sweep(served)
    served.run_for(15)

    assert [address.allocation_id for address in served.ec2.addresses] == [live.allocation_id]
    assert Action.DISASSOCIATE not in served.ec2.mutating
    assert served.claim().serving


def test_a_claim_that_ended_while_the_sweep_read_stays_ended(served: Workers) -> None:
    """What EC2 showed a moment ago is no reason to give up an address once more."""
    served.ec2.take(served.claim().allocation_id)
    served.meanwhile("list", lambda: _end(served))

    sweep(served)

    assert served.ledger.uids() == set()
    assert served.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]


def test_what_the_next_pod_took_over_while_the_sweep_read_is_not_taken_from_it(workers: Workers) -> None:
    """By its tags, as they were read, it is the former pod's, which is gone."""
    kept = {"annotations": {names.KEEP_ANNOTATION: "forever"}}
    workers.serve(metadata=kept)
    workers.ec2.take(workers.claim().allocation_id)

    def replace() -> None:
        _end(workers)
        workers.see(workers.kubernetes.add(OTHER, "web", IP3, metadata=kept))
        workers.run()
        assert workers.claim(OTHER).serving

    workers.meanwhile("list", replace)
    sweep(workers)

    assert workers.claim(OTHER).serving
    assert [address.private_ip for address in workers.ec2.addresses] == [IP3]


def _end(workers: Workers) -> None:
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run()
