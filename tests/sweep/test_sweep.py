"""The sweep: EC2, the claims and Kubernetes side by side; what differs is mended, what is unknown is left."""

from collections.abc import Iterator

import pytest

from eip import names
from eip.claim import Claim
from eip.decide import Desired, EventType
from eip.errors import EpochChanged, RedisAway
from eip.names import Action, Step
from eip.pod import PodList
from tests.workers_world import ENI, IP, IP2, OTHER, UID, Workers

DESCRIBES_ONCE = [("cluster",)]
HOUR = 3_600_000


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


def test_sweeps_that_piled_up_are_made_once(served: Workers) -> None:
    """No worker ran for an hour: all twelve were asked for before the first of them begins."""
    now = served.ledger.now()

    said = {served.sweeper.sweep(now - HOUR // 12 * number) for number in range(12)}

    assert served.ec2.made(Action.DESCRIBE_ADDRESSES) == DESCRIBES_ONCE
    assert "another has begun since this was asked for" in said


def test_a_sweep_that_is_asked_for_after_another_began_is_made(served: Workers) -> None:
    """It may be to see what that one could not."""
    for _ in range(2):
        served.sweeper.sweep(served.ledger.now())
        served.time.pass_by(1)

    assert served.ec2.made(Action.DESCRIBE_ADDRESSES) == DESCRIBES_ONCE * 2


def test_a_sweep_is_owed_in_a_new_epoch(served: Workers) -> None:
    """What the one before it saw is lost."""
    asked = served.ledger.now()
    served.sweeper.sweep(asked)
    served.client.flushall()
    served.ledger.open_epoch()

    served.sweeper.sweep(asked)

    assert served.ec2.made(Action.DESCRIBE_ADDRESSES) == DESCRIBES_ONCE * 2


def test_a_sweep_in_steady_state_is_one_describe(served: Workers) -> None:
    """Nothing else is asked of EC2, nothing is woken, and one list is read."""
    sweep(served)

    assert served.ec2.made(Action.DESCRIBE_ADDRESSES) == DESCRIBES_ONCE
    assert len(served.ec2.calls) == 1
    assert served.kubernetes.calls == [("list", "")]
    assert served.notes == []


def test_ec2_is_asked_before_kubernetes(served: Workers) -> None:
    """A pod that appears in between only looks as if it had no address."""
    sweep(served)

    assert served.journal == [Action.DESCRIBE_ADDRESSES, "list"]


def test_the_sweep_says_what_it_did(served: Workers) -> None:
    """Flower shows it as the task's result."""
    assert sweep(served) == "1 addresses, 1 pods: 0 adopted, 0 lost, 0 left, 0 suspected, 0 of others"


def everything(workers: Workers) -> tuple[list[object], dict[str, Claim], dict[str, int]]:
    """All that a sweep may change."""
    claims = workers.ledger.claims(sorted(workers.ledger.uids()))
    return [*workers.ec2.addresses], claims, workers.ledger.suspects()


@pytest.mark.parametrize("code", ["NoReply", "UnauthorizedOperation", "RequestLimitExceeded"])
def test_nothing_is_touched_while_ec2_is_unknown(served: Workers, code: str) -> None:
    """The pod looks as if it were gone, and is not asked about."""
    served.kubernetes.remove("web")
    before = everything(served)
    served.ec2.refuse(Action.DESCRIBE_ADDRESSES, code)

    assert sweep(served).startswith("put off")
    assert everything(served) == before
    assert served.messages == []


@pytest.mark.parametrize("code", [0, 401, 403, 410, 500, 503])
def test_nothing_is_touched_while_kubernetes_is_unknown(served: Workers, code: int) -> None:
    """No pod is believed to be gone because the list failed, and no suspicion is dropped."""
    served.ec2.give(OTHER, "old")
    served.ledger.suspect({"eipalloc-x": 5})
    before = everything(served)
    served.kubernetes.breaks(code)

    assert sweep(served).startswith("put off")
    assert everything(served) == before
    assert served.messages == []


@pytest.mark.parametrize("error", [RedisAway("gone"), EpochChanged("EPOCH")], ids=["away", "flushed"])
def test_a_redis_that_is_lost_is_no_error(
    served: Workers, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The sweep ends, and the next one does it."""

    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(served.ledger, "suspect", fail)

    assert served.sweeper.sweep().startswith("put off")


def test_an_association_that_was_moved_by_hand_is_moved_back(served: Workers) -> None:
    """The pod's address sits on its IP again, after two calls."""
    served.ec2.put(served.claim().allocation_id, IP2)

    sweep(served)

    assert served.ec2.mutating == [Action.DISASSOCIATE, Action.ASSOCIATE]
    assert served.ec2.at(IP)[0].allocation_id == served.claim().allocation_id
    assert served.claim().serving


def test_an_association_that_was_taken_away_by_hand_is_made_again(served: Workers) -> None:
    """The pod says the truth afterwards as before."""
    served.ec2.take(served.claim().allocation_id)

    sweep(served)

    assert served.ec2.mutating == [Action.ASSOCIATE]
    assert served.claim().serving
    assert served.kubernetes.ready("web") == "True"


def test_an_address_that_was_released_by_hand_is_replaced(served: Workers) -> None:
    """The pod gets another, and its annotations name that."""
    served.ec2.drop(served.claim().allocation_id)

    sweep(served)

    assert served.ec2.mutating == [Action.ALLOCATE, Action.ASSOCIATE]
    assert served.kubernetes.annotations("web")[names.PUBLIC_IP_ANNOTATION] == served.claim().public_ip


def test_an_address_that_is_too_young_to_be_listed_is_not_replaced(workers: Workers) -> None:
    """EC2's lists lag."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()
    workers.forget_calls()
    workers.ec2.lag = 30

    sweep(workers)

    assert workers.ec2.mutating == []
    assert workers.claim().serving


def test_a_deletion_that_went_unseen_is_made_up_for(served: Workers) -> None:
    """The list does not have the pod, the API server confirms it, and the address goes."""
    served.kubernetes.remove("web")

    sweep(served)

    assert served.kubernetes.asked("get") == ["shop/web"] * 2
    assert served.ec2.addresses == []


def test_a_label_that_was_removed_unseen_is_made_up_for(served: Workers) -> None:
    """The pod lives on without an address, and without annotations."""
    served.kubernetes.edit("web", "metadata", labels={})

    sweep(served)

    assert served.ec2.addresses == []
    assert served.kubernetes.annotations("web") == {}


def test_a_pod_that_went_unseen_by_the_watch_is_served(workers: Workers) -> None:
    """Nobody woke it: the sweep does."""
    workers.kubernetes.add(UID, "web", IP)

    sweep(workers)

    assert workers.claim().serving


def test_a_pod_that_appears_between_the_two_reads_is_not_harmed(served: Workers) -> None:
    """Its address is missing from EC2's answer, and it gets exactly one."""
    served.meanwhile("list", lambda: served.see(served.kubernetes.add(OTHER, "db", IP2)))

    sweep(served)

    assert served.ec2.mutating == [Action.ALLOCATE, Action.ASSOCIATE]
    assert served.claim(OTHER).serving


def test_an_address_that_is_allocated_between_the_two_reads_is_not_lost(served: Workers) -> None:
    """The whole step ran while the sweep read: the claim knows better than EC2's answer."""

    def serve_other() -> None:
        served.see(served.kubernetes.add(OTHER, "db", IP2))
        served.run()

    served.meanwhile("list", serve_other)

    sweep(served)

    assert served.ec2.mutating == [Action.ALLOCATE, Action.ASSOCIATE]
    assert served.claim(OTHER).serving


def test_what_changed_after_the_answer_is_not_overwritten(served: Workers) -> None:
    """EC2 said that the association was gone; it is there again by the time that the claims are read."""
    served.ec2.take(served.claim().allocation_id)
    plans = served.sweeper

    def mended() -> None:
        served.ec2.put(served.claim().allocation_id, IP)
        address = served.ec2.at(IP)[0]
        served.set(association_id=address.association_id, changed_at=served.ledger.now() + 1)

    served.meanwhile("list", mended)
    plans.sweep()
    served.run()

    assert served.ec2.mutating == []
    assert served.claim().serving


def test_a_claim_whose_message_was_lost_is_woken(workers: Workers) -> None:
    """It wants something, and stands in no queue."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.messages.clear()
    workers.client.delete("eip:wakeups:allocate")

    sweep(workers)

    assert workers.claim().serving


def test_a_claim_that_waits_for_its_time_is_left_waiting(workers: Workers) -> None:
    """The sweep does not shorten a back-off."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.ec2.refuse(Action.ALLOCATE, "UnauthorizedOperation")
    workers.time.pass_by(1)
    workers.run()
    workers.forget_calls()

    sweep(workers)

    assert workers.ec2.mutating == []


def test_a_claim_at_work_is_left_alone(served: Workers) -> None:
    """Another worker holds its lease, and is about to change what EC2 says."""
    served.ec2.take(served.claim().allocation_id)
    held = served.ledger.begin(UID, Step.ASSOCIATE.queue)
    assert held is not None
    before = served.claim().association_id

    sweep(served)

    assert served.claim().association_id == before
    assert served.ec2.mutating == []


def test_sweeps_find_nothing_more_to_do(served: Workers) -> None:
    """What one sweep mended the next one finds right."""
    served.ec2.give(UID, "web")
    served.ec2.put(served.claim().allocation_id, IP2)
    sweep(served)
    served.run_for(30)
    served.forget_calls()

    sweep(served)

    assert len(served.ec2.calls) == 1
    assert served.claim().serving
    assert served.claim().interface_id == ENI


def test_a_claim_that_is_over_is_forgotten(workers: Workers) -> None:
    """Nothing is left to do for it, and nobody will come by: the sweep clears it away."""
    workers.write(Claim(uid=UID, namespace="shop", name="web", desired=Desired.RELEASE))

    sweep(workers)

    assert workers.ledger.uids() == set()


def test_a_held_address_is_kept(served: Workers) -> None:
    """A pod without network keeps its allocation over any number of sweeps."""
    condition = {"type": "PodReadyToStartContainers", "status": "False"}
    served.see(served.kubernetes.edit("web", "status", conditions=[condition]))
    served.run()
    for _ in range(3):
        served.time.pass_by(300)
        sweep(served)

    assert served.claim().desired is Desired.HOLD
    assert len(served.ec2.addresses) == 1


def test_a_pod_that_goes_during_a_sweep_does_not_revive(served: Workers) -> None:
    """The list still had it, and by the end its claim is over: the confirming read says so again."""
    lists = served.kubernetes.list_pods

    def listed_then_deleted(selector: str, namespace: str | None = None) -> Iterator[PodList]:
        pages = list(lists(selector, namespace))
        served.see(served.kubernetes.remove("web"), EventType.DELETED)
        served.run()
        yield from pages

    served.kubernetes.list_pods = listed_then_deleted  # type: ignore[method-assign]
    served.sweeper.sweep()
    served.run()

    assert served.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]
    assert served.ledger.uids() == set()


def test_pods_that_are_right_cost_redis_nothing(workers: Workers) -> None:
    """A sweep asks for all claims at once, however many there are."""
    workers.serve()
    workers.sweeper.sweep()  # Redis counts a script that it does not know yet twice
    before = _scripts(workers)
    workers.sweeper.sweep()
    one = _scripts(workers) - before
    workers.serve(OTHER, "other", IP2)

    before = _scripts(workers)
    workers.sweeper.sweep()

    assert _scripts(workers) - before == one


def _scripts(workers: Workers) -> int:
    return int(workers.client.info("commandstats")["cmdstat_evalsha"]["calls"])
