"""A pod goes: its address is taken off the IP, and then given back, and only when it is sure."""

import pytest

from eip.decide import Desired, EventType
from eip.names import Action, Step
from tests.workers_world import IP, IP2, OTHER, UID, Workers


def deleted(workers: Workers) -> None:
    """The pod is gone, and the watch said so."""
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)


def test_a_pod_costs_two_mutating_calls(workers: Workers) -> None:
    """One DisassociateAddress and one ReleaseAddress, each with a confirming read; nothing is written."""
    workers.serve()
    deleted(workers)
    workers.run()

    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]
    assert workers.ec2.made(Action.DESCRIBE_ADDRESSES) == []
    assert workers.kubernetes.asked("get") == ["shop/web"] * 2
    assert workers.kubernetes.asked("patch") == []
    assert workers.ec2.addresses == []


def test_nothing_is_remembered_but_a_tombstone(workers: Workers) -> None:
    """The claim is forgotten; that the pod has come to its end is not."""
    workers.serve()
    deleted(workers)
    workers.run()

    assert workers.ledger.uids() == set()
    assert workers.ledger.tombstoned(UID)


def test_the_association_is_what_is_taken_away(workers: Workers) -> None:
    """By its id: an address that was moved in the meantime keeps its new association."""
    association = workers.serve().association_id
    deleted(workers)
    workers.run()

    assert workers.ec2.made(Action.DISASSOCIATE) == [(association,)]


def test_a_task_makes_one_mutating_call(workers: Workers) -> None:
    """A slow ReleaseAddress never holds up a DisassociateAddress."""
    workers.serve()
    deleted(workers)

    workers.step(*workers.messages.pop())
    assert workers.ec2.mutating == [Action.DISASSOCIATE]

    workers.step(*workers.messages.pop())
    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]


def test_the_order_is_token_lease_read_call(workers: Workers) -> None:
    """Nothing waits between the confirming read and either call."""
    workers.serve()
    deleted(workers)
    workers.run()

    assert workers.journal == [
        *["token DisassociateAddress", "served", "renew", "get", "DisassociateAddress"],
        *["token ReleaseAddress", "served", "renew", "get", "ReleaseAddress"],
    ]


@pytest.mark.parametrize("code", [0, 401, 403, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("associated", [True, False], ids=["associated", "disassociated"])
def test_nothing_is_touched_while_nothing_is_known(workers: Workers, code: int, associated: bool) -> None:  # noqa: FBT001
    """No answer, or one that is not about the pod: no call, the token is given back, the claim waits."""
    workers.serve()
    deleted(workers)
    if not associated:
        workers.step(*workers.messages.pop())
    workers.forget_calls()
    workers.kubernetes.breaks(code)

    workers.run()

    assert workers.ec2.calls == []
    assert workers.tokens_spent(Action.DISASSOCIATE) == 0
    assert workers.tokens_spent(Action.RELEASE) == 0
    assert workers.claim().attempts == 1
    assert workers.claim().error == f"Http{code}"


def test_what_was_unknown_is_asked_again(workers: Workers) -> None:
    """The address goes as soon as the API server answers, and the claim remembers no failure."""
    workers.serve()
    deleted(workers)
    workers.kubernetes.breaks(503)
    workers.run_for(30)
    assert len(workers.ec2.addresses) == 1

    workers.kubernetes.mend()
    workers.run_for(60)

    assert workers.ec2.addresses == []


@pytest.mark.parametrize("code", [0, 401, 403, 503])
def test_an_address_on_a_freed_ip_is_tried_every_few_seconds(workers: Workers, code: int) -> None:
    """However long it was unknown: the IP is another pod's 30 s after it was freed."""
    workers.serve()
    deleted(workers)
    workers.set(attempts=20)
    workers.kubernetes.breaks(code)
    workers.run()

    workers.kubernetes.mend()
    workers.run_for(8.5)

    assert workers.ec2.at(IP) == []


def alive(workers: Workers) -> None:
    """The watch was wrong, or is of another time."""
    workers.kubernetes.add(UID, "web", IP)


def relabelled(workers: Workers) -> None:
    """The label was taken away and set again."""
    workers.kubernetes.add(UID, "web", IP)
    workers.kubernetes.touched("web")


def terminating(workers: Workers) -> None:
    """The pod ends, and serves while it does."""
    workers.kubernetes.add(UID, "web", IP, metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})


@pytest.mark.parametrize("state", [alive, relabelled, terminating], ids=lambda f: f.__name__)
def test_a_pod_that_lives_keeps_its_address(workers: Workers, state: object) -> None:
    """Whatever the claim says: the API server says that the pod wants it."""
    workers.serve()
    deleted(workers)
    assert callable(state)
    state(workers)

    workers.run()

    assert workers.ec2.mutating == []
    assert workers.tokens_spent(Action.DISASSOCIATE) == 0
    assert workers.claim().serving


def test_a_pod_from_a_restored_backup_keeps_its_address(workers: Workers) -> None:
    """Its resourceVersion is lower than one that was seen before: the confirming read counts all the same."""
    workers.serve()
    deleted(workers)
    workers.kubernetes.add(UID, "web", IP)
    workers.kubernetes.pods["shop", "web"]["metadata"]["resourceVersion"] = "7"

    workers.run()

    assert workers.ec2.mutating == []
    assert workers.claim().serving


def test_a_terminating_pod_is_not_touched(workers: Workers) -> None:
    """A deletionTimestamp alone frees nothing."""
    workers.serve()
    workers.see(workers.kubernetes.edit("web", "metadata", deletionTimestamp="2026-01-01T00:00:00Z"))
    workers.run()

    assert workers.ec2.calls == []
    assert workers.claim().serving


def test_the_next_pod_of_the_name_does_not_keep_the_address(workers: Workers) -> None:
    """Another uid under the same name means that this one is gone."""
    workers.serve()
    deleted(workers)
    workers.kubernetes.add(OTHER, "web", IP2)

    workers.run()

    assert workers.ec2.addresses == []


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_gives_its_address_back(workers: Workers, phase: str) -> None:
    """It never gets its network back; the pod object stays, and says that it has no address."""
    workers.serve()
    workers.see(workers.kubernetes.edit("web", "status", phase=phase))
    workers.run()

    assert workers.ec2.addresses == []
    assert workers.kubernetes.ready("web") == "False"


def network_lost(workers: Workers) -> None:
    """The sandbox is gone, and may come back."""
    workers.serve()
    condition = {"type": "PodReadyToStartContainers", "status": "False"}
    workers.see(workers.kubernetes.edit("web", "status", conditions=[condition]))
    workers.run()


def test_a_pod_without_network_is_disassociated_and_keeps_its_allocation(workers: Workers) -> None:
    """The IP can be a stranger's in 30 s; the address stays the pod's."""
    network_lost(workers)

    assert workers.ec2.mutating == [Action.DISASSOCIATE]
    assert workers.claim().desired is Desired.HOLD
    assert len(workers.ec2.addresses) == 1


def test_a_pod_that_has_its_network_back_gets_the_same_address(workers: Workers) -> None:
    """On its new IP, with one call."""
    network_lost(workers)
    before = workers.claim().public_ip
    workers.see(workers.kubernetes.edit("web", "status", conditions=[], podIP=IP2))
    workers.run()

    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.ASSOCIATE]
    assert workers.claim().public_ip == before
    assert workers.claim().serving


def test_a_pod_that_is_held_again_by_the_time_of_the_release_keeps_its_allocation(workers: Workers) -> None:
    """It was reported gone, and the API server says that it only waits for its network."""
    network_lost(workers)
    deleted(workers)
    condition = {"type": "PodReadyToStartContainers", "status": "False"}
    workers.kubernetes.add(UID, "web", status={"conditions": [condition]})
    workers.forget_calls()

    workers.run()

    assert workers.ec2.mutating == []
    assert workers.claim().desired is Desired.HOLD
    assert workers.tokens_spent(Action.RELEASE) == 0


def test_a_pod_that_is_out_of_scope_is_not_read_as_gone(workers: Workers) -> None:
    """The claim of an unlabelled pod ends by what the API server says of the label."""
    workers.serve()
    workers.kubernetes.edit("web", "metadata", labels={})
    workers.see(workers.kubernetes.pod("web"), EventType.DELETED)

    workers.run()

    assert workers.ec2.addresses == []
    assert workers.kubernetes.annotations("web") == {}


def test_a_missed_deletion_is_confirmed_by_name_from_the_claim(workers: Workers) -> None:
    """The message's own words are for people: the name that is asked for is the claim's."""
    workers.serve()
    deleted(workers)
    workers.run()

    assert set(workers.kubernetes.asked("get")) == {"shop/web"}


def test_a_claim_without_a_name_touches_nothing(workers: Workers) -> None:
    """Nobody can be asked about it, so nothing is known."""
    workers.serve()
    deleted(workers)
    workers.client.hdel(f"eip:claim:{UID}", "name")

    workers.run()

    assert workers.ec2.mutating == []
    assert workers.tokens_spent(Action.DISASSOCIATE) == 0
    assert workers.claim().allocation_id


def test_a_deletion_of_an_unknown_pod_is_looked_up(workers: Workers) -> None:
    """Its address is found by its tag, and goes."""
    workers.ec2.give(UID, "web", IP)
    last = workers.kubernetes.add(UID, "web", IP)
    workers.kubernetes.pods.clear()

    workers.see(last, EventType.DELETED)
    workers.run_for(20)

    assert workers.ec2.addresses == []
    assert workers.ledger.uids() == set()


def test_a_deletion_of_a_pod_that_had_nothing_ends(workers: Workers) -> None:
    """Two look-ups find nothing; nothing is called, and the claim is forgotten."""
    last = workers.kubernetes.add(UID, "web", IP)
    workers.kubernetes.pods.clear()

    workers.see(last, EventType.DELETED)
    workers.run_for(20)

    assert workers.ec2.mutating == []
    assert len(workers.ec2.made(Action.DESCRIBE_ADDRESSES)) == 2
    assert workers.ledger.uids() == set()


def test_a_slow_release_waits_elsewhere(workers: Workers) -> None:
    """Without a token in half a second it gives its slot to what may be a disassociation."""
    workers.serve()
    deleted(workers)
    workers.step(*workers.messages.pop())
    workers.empty(Action.RELEASE, promised=20)
    workers.forget_calls()
    workers.time.slept.clear()

    workers.run()

    assert workers.time.slept == []
    assert workers.ec2.calls == []
    assert workers.kubernetes.calls == []
    assert workers.claim().attempts == 0
    workers.run_for(10)
    assert workers.ec2.addresses == []


@pytest.mark.parametrize("step", [Step.ALLOCATE, Step.ASSOCIATE, Step.ANNOTATE])
def test_a_message_of_another_step_releases_nothing(workers: Workers, step: Step) -> None:
    """What was queued before the pod went finds that something else is next, and wakes that."""
    workers.serve()
    deleted(workers)
    workers.messages.clear()

    workers.step(step)

    assert workers.ec2.calls == []
