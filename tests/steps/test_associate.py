"""AssociateAddress: on the pod's own IP, only while the API server says that the pod has it."""

from collections.abc import Callable

import pytest

from eip import names
from eip.decide import Desired, EventType
from eip.names import Action, Step
from eip.pod import Pod
from tests.workers_world import ENI, IP, IP2, OTHER, UID, Workers
from workers.ports import Interface
from workers.shown import place_of


@pytest.fixture
def allocated(workers: Workers) -> Workers:
    """A pod whose address is allocated, and is to be associated next."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(*workers.messages.pop())
    workers.forget_calls()
    return workers


def test_the_order_is_token_lease_read_call(allocated: Workers) -> None:
    """Nothing waits between the confirming read and the call, or the IP could be another pod's by then."""
    allocated.step(Step.ASSOCIATE)

    tail = allocated.journal[allocated.journal.index("token AssociateAddress") :]
    assert tail == ["token AssociateAddress", "served", "renew", "get", "AssociateAddress"]


def test_it_is_the_pods_interface_and_ip(allocated: Workers) -> None:
    """An interface has many IPs, each of another pod."""
    allocated.step(Step.ASSOCIATE)

    [(_, interface, ip)] = allocated.ec2.made(Action.ASSOCIATE)
    assert (interface, ip) == (ENI, IP)


def test_the_pods_own_address_that_is_there_already_stays(allocated: Workers) -> None:
    """It was tagged for the pod by who moved over: connections go on, and the new one is given back."""
    there = allocated.ec2.give(UID, "web", IP)
    allocated.run_for(15)

    assert allocated.claim().allocation_id == there.allocation_id
    assert allocated.claim().serving
    assert [address.allocation_id for address in allocated.ec2.addresses] == [there.allocation_id]
    assert Action.DISASSOCIATE not in allocated.ec2.mutating


def test_an_ip_that_ec2_does_not_show_is_looked_for_less_and_less(allocated: Workers) -> None:
    """The CNI may need seconds; who waits for longer is told why, and costs others no look-ups."""
    allocated.ec2.interfaces = []
    allocated.messages.append((Step.ASSOCIATE, UID))

    allocated.run_for(50)
    assert allocated.kubernetes.told("AssociateFailed") == []

    allocated.run_for(550)
    assert len(allocated.ec2.made(Action.DESCRIBE_INTERFACES)) < 60
    [event] = allocated.kubernetes.told("AssociateFailed")
    assert event["message"].startswith(f"EC2 shows {IP} on no network interface of ")
    assert allocated.ec2.mutating == []


def moved(workers: Workers) -> None:
    """A served pod whose sandbox was made anew, with another IP."""
    workers.serve()
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2))


def test_the_address_follows_the_pods_ip(workers: Workers) -> None:
    """The old IP, which is another pod's soon, is free of it first."""
    moved(workers)
    workers.run()

    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.ASSOCIATE]
    assert workers.ec2.at(IP) == []
    assert workers.ec2.at(IP2)[0].allocation_id == workers.claim().allocation_id
    assert workers.claim().serving


def test_the_address_follows_the_ip_of_a_pod_that_is_ending(workers: Workers) -> None:
    """The old IP is freed at once, though the pod will not need the new one for long."""
    moved(workers)
    workers.see(workers.kubernetes.edit("web", "metadata", deletionTimestamp="2026-01-01T00:00:00Z"))

    workers.run()

    assert workers.ec2.at(IP) == []


def without_network(workers: Workers) -> None:
    """A served pod whose node was rebooted."""
    workers.serve()
    network_lost(workers)
    workers.see(workers.kubernetes.pod("web"))


@pytest.mark.parametrize("happens", [moved, without_network])
def test_a_pod_whose_address_cannot_leave_says_so(
    workers: Workers, happens: Callable[[Workers], None]
) -> None:
    """Or external-dns would go on leading its name to an IP that it no longer has."""
    workers.ec2.refuse(Action.DISASSOCIATE, "UnauthorizedOperation", times=1000)
    happens(workers)

    workers.run_for(60)

    assert workers.ec2.at(IP)
    assert names.PUBLIC_IP_ANNOTATION not in workers.kubernetes.annotations("web")
    assert workers.kubernetes.ready("web") == "False"


def test_who_writes_what_the_pod_says_has_the_lease(workers: Workers) -> None:
    """Another worker may have served the pod meanwhile, and written that."""
    moved(workers)
    workers.step(*workers.messages.pop())
    workers.world.finder.forget(place_of(workers.claim()))
    workers.ec2.interfaces = []
    taken: list[object] = []

    def slow(name: str) -> None:
        workers.time.pass_by({"node": 8.0, Action.DESCRIBE_INTERFACES: 9.0}.get(name, 0.0))
        if name == "patch":
            taken.append(workers.ledger.begin(UID, Step.ASSOCIATE.queue))

    workers.ec2.before = workers.kubernetes.before = slow
    workers.step(Step.ASSOCIATE)

    assert taken == [None]


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "NoReply"])
def test_a_claim_that_changed_meanwhile_loses_no_time(workers: Workers, code: str) -> None:
    """There is nothing to write by then; the call that failed is made again as soon as ever."""
    without_network(workers)
    workers.ec2.refuse(Action.DISASSOCIATE, code)
    workers.meanwhile(Action.DISASSOCIATE, lambda: workers.see(ended(workers)))

    workers.run_for(3)

    assert workers.ec2.at(IP) == []


def test_what_another_removes_is_not_fought_for_while_a_step_fails(workers: Workers) -> None:
    """It is written again, at most every ten seconds."""
    workers.ec2.refuse(Action.DISASSOCIATE, "UnauthorizedOperation", times=1000)
    moved(workers)
    for _ in range(60):
        workers.run_for(1)
        workers.kubernetes.annotations("web")[names.PUBLIC_IP_ANNOTATION] = "198.18.77.77"
        workers.see(workers.kubernetes.touched("web"))

    assert 2 <= len(workers.kubernetes.asked("patch")) <= 7


def gone(workers: Workers) -> None:
    """The pod is deleted, and the watch has not said so yet."""
    workers.kubernetes.remove("web")


def replaced(workers: Workers) -> None:
    """A StatefulSet's next pod of the same name."""
    workers.kubernetes.add(OTHER, "web", IP)


def unlabelled(workers: Workers) -> None:
    """The label is taken away."""
    workers.kubernetes.edit("web", "metadata", labels={})


def another_ip(workers: Workers) -> None:
    """The sandbox is made anew."""
    workers.kubernetes.edit("web", "status", podIP=IP2)


def network_lost(workers: Workers) -> None:
    """The node was rebooted."""
    condition = {"type": "PodReadyToStartContainers", "status": "False"}
    workers.kubernetes.edit("web", "status", conditions=[condition])


def ended(workers: Workers) -> Pod:
    """The containers have come to their end."""
    return workers.kubernetes.edit("web", "status", phase="Succeeded")


def ending(workers: Workers) -> None:
    """The pod is being deleted."""
    workers.kubernetes.edit("web", "metadata", deletionTimestamp="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "change", [gone, replaced, unlabelled, another_ip, network_lost, ended, ending], ids=lambda f: f.__name__
)
def test_a_pod_that_changed_unseen_is_not_associated(allocated: Workers, change: object) -> None:
    """The confirming read finds out; nothing is called, and the token is given back."""
    assert callable(change)
    change(allocated)

    allocated.step(Step.ASSOCIATE)

    assert allocated.ec2.mutating == []
    assert allocated.tokens_spent(Action.ASSOCIATE) == 0


@pytest.mark.parametrize("code", [0, 401, 403, 429, 500, 503, 504])
def test_a_pod_of_which_nothing_is_known_is_not_associated(allocated: Workers, code: int) -> None:
    """Without a word from the API server nothing is called; the token is given back, the claim backs off."""
    allocated.kubernetes.before = lambda name: allocated.kubernetes.breaks(code) if name == "get" else None

    allocated.step(Step.ASSOCIATE)

    assert allocated.ec2.mutating == []
    assert allocated.tokens_spent(Action.ASSOCIATE) == 0
    assert allocated.claim().attempts == 1
    assert allocated.claim().desired is Desired.SERVE


def test_a_claim_that_changed_while_it_waited_is_not_associated(allocated: Workers) -> None:
    """The watch reported the deletion while the step waited for its token."""
    allocated.empty(Action.ASSOCIATE, promised=10)
    last = allocated.kubernetes.remove("web")
    passed = allocated.time.sleep
    seen: list[float] = []

    def sleep(seconds: float) -> None:
        passed(seconds)
        if not seen:
            seen.append(seconds)
            allocated.see(last, EventType.DELETED)

    allocated.time.sleep = sleep  # type: ignore[method-assign]
    allocated.journal.clear()
    allocated.step(Step.ASSOCIATE)

    assert allocated.ec2.mutating == []
    assert allocated.kubernetes.asked("get") == []
    assert allocated.tokens_spent(Action.ASSOCIATE) == 0


def test_an_interface_that_is_not_there_yet_is_waited_for(allocated: Workers) -> None:
    """The CNI adds interfaces seconds after a node starts: no failure, no token, no call."""
    interfaces = allocated.ec2.interfaces
    allocated.ec2.interfaces = []

    allocated.step(Step.ASSOCIATE)
    assert allocated.ec2.mutating == []
    assert allocated.claim().attempts == 0
    assert allocated.tokens_spent(Action.ASSOCIATE) == 0

    allocated.ec2.interfaces = interfaces
    allocated.run_for(8)
    assert allocated.claim().serving


def test_a_pod_that_cannot_be_served_is_told_why(allocated: Workers) -> None:
    """On a node that is not EC2's: an Event with a remedy, and a slow back-off."""
    allocated.kubernetes.nodes["node-1"] = "eks-hybrid:///eu-west-1/prod/mi-0123"

    allocated.step(Step.ASSOCIATE)

    [event] = allocated.kubernetes.told("AssociateFailed")
    assert "hybrid" in event["message"]
    assert allocated.ec2.mutating == []
    assert allocated.claim().error == "NotServable"


def test_an_ip_that_was_reported_later_for_another_pod_waits(allocated: Workers) -> None:
    """One private IP has one claim; the newest report wins, and the other calls nothing."""
    allocated.see(allocated.kubernetes.add(OTHER, "db", IP))
    allocated.messages.clear()

    allocated.step(Step.ASSOCIATE)

    assert allocated.ec2.mutating == []
    assert allocated.kubernetes.asked("get") == []
    assert allocated.claim().attempts == 0


def test_an_older_report_of_the_same_ip_does_not_win(allocated: Workers) -> None:
    """The watch of a paused leader can say what has long changed."""
    stale = allocated.kubernetes.add(OTHER, "db", IP, metadata={"resourceVersion": "1"})
    allocated.kubernetes.pods["shop", "db"]["metadata"]["resourceVersion"] = "1"
    stale = allocated.kubernetes.pod("db")
    allocated.see(stale)

    allocated.step(Step.ASSOCIATE)

    assert allocated.claim().associated_ip == IP


def test_the_ip_is_free_again_once_the_other_pod_has_gone(allocated: Workers) -> None:
    """What was reported for it counts no longer."""
    allocated.see(allocated.kubernetes.add(OTHER, "db", IP))
    allocated.messages.clear()
    allocated.see(allocated.kubernetes.remove("db"), EventType.DELETED)

    allocated.step(Step.ASSOCIATE)

    assert allocated.claim().serving


def test_a_young_address_that_is_unknown_is_tried_again(allocated: Workers) -> None:
    """EC2 learns of a new id in all its parts within seconds: it is not allocated anew."""
    allocated.ec2.young = 3
    allocated.ec2.lag = 3
    allocated.messages.append((Step.ASSOCIATE, UID))

    allocated.run_for(20)

    assert allocated.claim().serving
    assert allocated.ec2.made(Action.ALLOCATE) == []
    assert len(allocated.ec2.addresses) == 1


def test_an_old_address_that_is_unknown_is_gone(allocated: Workers) -> None:
    """Somebody released it by hand: the pod gets another."""
    old = allocated.claim().allocation_id
    allocated.age()
    allocated.ec2.drop(old)
    allocated.messages.append((Step.ASSOCIATE, UID))

    allocated.run_for(20)

    assert allocated.claim().serving
    assert allocated.claim().allocation_id != old


def test_an_old_address_that_a_describe_still_shows_is_kept(allocated: Workers) -> None:
    """Two answers that differ are no reason to pay for another address."""
    allocated.age()
    allocated.ec2.refuse(Action.ASSOCIATE, "InvalidAllocationID.NotFound")

    allocated.step(Step.ASSOCIATE)

    assert allocated.claim().allocation_id == allocated.ec2.addresses[0].allocation_id
    assert allocated.claim().attempts == 1


@pytest.mark.parametrize("code", ["InvalidNetworkInterfaceID.NotFound", "InvalidParameterValue"])
def test_an_interface_that_is_not_the_pods_is_looked_up_again(allocated: Workers, code: str) -> None:
    """The pod's IP is on another interface by now."""
    allocated.ec2.refuse(Action.ASSOCIATE, code)
    allocated.step(Step.ASSOCIATE)
    allocated.ec2.interfaces = [
        Interface(ENI, "i-00000000000000001", "vpc-0a", frozenset()),
        Interface("eni-2", "i-00000000000000001", "vpc-0a", frozenset({IP})),
    ]

    allocated.run_for(35)

    assert allocated.ec2.at(IP)[0].interface_id == "eni-2"


def test_a_young_address_that_may_not_be_used_yet_is_no_news(allocated: Workers) -> None:
    """Authorization by tags lags after an allocation: it is tried again soon, and nobody is alarmed."""
    allocated.ec2.refuse(Action.ASSOCIATE, "UnauthorizedOperation", 2)
    allocated.messages.append((Step.ASSOCIATE, UID))

    allocated.run_for(5)

    assert allocated.claim().serving
    assert allocated.kubernetes.told("AssociateFailed") == []


def test_an_address_that_may_not_be_used_is_told(allocated: Workers) -> None:
    """After a minute it is the policy that says no, and somebody must mend it."""
    allocated.time.pass_by(61)
    allocated.ec2.refuse(Action.ASSOCIATE, "UnauthorizedOperation")

    allocated.step(Step.ASSOCIATE)

    [event] = allocated.kubernetes.told("AssociateFailed")
    assert "UnauthorizedOperation" in event["message"]


def test_throttling_is_no_news(allocated: Workers) -> None:
    """It passes by itself: the claim backs off, and no Event is posted."""
    allocated.ec2.refuse(Action.ASSOCIATE, "RequestLimitExceeded", 3)
    allocated.messages.append((Step.ASSOCIATE, UID))

    allocated.run_for(10)

    assert allocated.claim().serving
    assert allocated.claim().attempts == 0
    assert [event["reason"] for event in allocated.kubernetes.events] == ["AddressReady"]
