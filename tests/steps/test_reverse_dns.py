"""Reverse DNS of a served pod: set once the name resolves, followed when it changes, and in nobody's way."""

import pytest

from eip import names
from eip.claim import Claim
from eip.names import Action, Step
from eip.reverse_dns import DomainState
from sandbox.ec2.messages import Settings
from tests.workers_world import IP, IP2, UID, Workers

NAME, OTHER_NAME = "mail.example.com", "mx.example.com"
RECORD = (Action.MODIFY_ATTRIBUTE, Action.RESET_ATTRIBUTE, Action.DESCRIBE_ATTRIBUTES)


def asks(workers: Workers, name: str | None) -> None:
    """The pod's author asks for a name, or for none any more."""
    annotations = dict(workers.kubernetes.annotations("web"))
    annotations.pop(names.REVERSE_DNS_ANNOTATION, None)
    if name is not None:
        annotations[names.REVERSE_DNS_ANNOTATION] = name
    workers.see(workers.kubernetes.edit("web", "metadata", annotations=annotations))


def points(workers: Workers, *asked: str) -> Claim:
    """A served pod, and names that resolve to its address."""
    claim = workers.serve()
    for name in asked:
        workers.ec2.dns.point(name, claim.public_ip)
    return claim


def named(workers: Workers) -> Claim:
    """A pod whose address resolves to its name; the logs are empty again."""
    points(workers, NAME, OTHER_NAME)
    asks(workers, NAME)
    workers.run()
    assert workers.claim().domain_state is DomainState.SET
    workers.age(seconds=60)
    workers.forget_calls()
    return workers.claim()


def record(workers: Workers) -> str:
    """What the only address resolves to."""
    [address] = workers.ec2.addresses
    return workers.ec2.name_of(address.allocation_id)


def calls(workers: Workers) -> list[Action]:
    """The calls for the record, in their order."""
    return [call.action for call in workers.ec2.calls if call.action in RECORD]


def test_one_call_where_ec2_sets_it_at_once(workers: Workers) -> None:
    """No look is needed at what the answer tells, and the pod is told once."""
    claim = points(workers, NAME)
    workers.ec2.settings = Settings(ptr_seconds=0)
    asks(workers, NAME)
    workers.run_for(30)

    assert record(workers) == NAME
    assert workers.ec2.made(Action.MODIFY_ATTRIBUTE) == [(claim.allocation_id, NAME)]
    [told] = workers.kubernetes.told("ReverseDnsReady")
    assert (told["type"], told["message"]) == ("Normal", f"{claim.public_ip} resolves to {NAME}")


def test_what_is_pending_is_looked_at_ever_more_rarely(workers: Workers) -> None:
    """EC2 takes minutes: they cost a look now and then, and nothing that changes anything."""
    points(workers, NAME)
    workers.ec2.settings = Settings(ptr_seconds=300)
    asks(workers, NAME)
    workers.run_for(290)
    looks = calls(workers).count(Action.DESCRIBE_ATTRIBUTES)

    assert workers.claim().domain_state is DomainState.PENDING
    assert not workers.kubernetes.told("ReverseDnsReady")
    workers.run_for(70)

    assert calls(workers).count(Action.MODIFY_ATTRIBUTE) == 1
    assert 5 <= looks <= 15
    assert workers.kubernetes.told("ReverseDnsReady")


def test_the_pod_is_served_and_written_on_before_it(workers: Workers) -> None:
    """external-dns makes the forward record out of what is written."""
    annotations = {names.REVERSE_DNS_ANNOTATION: NAME}
    workers.see(workers.kubernetes.add(UID, "web", IP, metadata={"annotations": annotations}))
    workers.run()

    made = [entry for entry in workers.journal if entry in {*Action, "patch"}]
    assert made.index("patch") < made.index(Action.MODIFY_ATTRIBUTE)
    assert workers.claim().serving


@pytest.mark.parametrize("at_once", [True, False], ids=["refused at once", "fails later"])
def test_a_name_that_does_not_resolve_yet_is_asked_for_again(workers: Workers, *, at_once: bool) -> None:
    """At most once a minute; the pod is told which record is missing, and not at the first try."""
    workers.ec2.settings = Settings(ptr_refused_at_once=at_once)
    claim = points(workers)
    asks(workers, NAME)
    workers.run_for(15)
    assert not workers.kubernetes.told("ReverseDnsFailed")

    workers.run_for(585)
    assert 9 <= calls(workers).count(Action.MODIFY_ATTRIBUTE) <= 24
    told = workers.kubernetes.told("ReverseDnsFailed")
    assert told[0]["type"] == "Warning"
    assert f"{NAME} -> {claim.public_ip}" in told[0]["message"]

    workers.ec2.dns.point(NAME, claim.public_ip)
    workers.run_for(70)
    assert record(workers) == NAME


@pytest.mark.parametrize(
    "code",
    ["InvalidParameterValue", "UnauthorizedOperation", "NeverHeardOf", "RequestLimitExceeded", "NoReply"],
)
def test_what_fails_is_in_nobodys_way(workers: Workers, code: str) -> None:
    """The failures do not count as the claim's: a pod with another IP is served there, as ever."""
    workers.ec2.refuse(Action.MODIFY_ATTRIBUTE, code, times=1000)
    points(workers, NAME)
    asks(workers, NAME)
    workers.run_for(300)

    assert workers.claim().attempts == 0
    assert workers.claim().serving
    assert workers.kubernetes.annotations("web")[names.PUBLIC_IP_ANNOTATION]
    workers.forget_calls()
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2))
    workers.run()
    assert workers.ec2.mutating[:2] == [Action.DISASSOCIATE, Action.ASSOCIATE]


def test_a_missing_right_is_told(workers: Workers) -> None:
    """With the code, and not as a record that is missing."""
    workers.ec2.refuse(Action.MODIFY_ATTRIBUTE, "UnauthorizedOperation", times=50)
    points(workers, NAME)
    asks(workers, NAME)
    workers.run_for(60)

    [told] = workers.kubernetes.told("ReverseDnsFailed")
    assert "UnauthorizedOperation" in str(told["message"])


def test_what_is_removed_from_the_pod_is_written_again_while_a_name_waits(workers: Workers) -> None:
    """The next try for the name may be a minute away; what external-dns reads is not."""
    points(workers)
    asks(workers, NAME)
    workers.run_for(200)
    annotations = {names.REVERSE_DNS_ANNOTATION: NAME}
    workers.see(workers.kubernetes.edit("web", "metadata", annotations=annotations))
    workers.run()

    assert workers.kubernetes.annotations("web")[names.PUBLIC_IP_ANNOTATION]


def test_a_corrected_name_does_not_wait_for_the_wrong_one(workers: Workers) -> None:
    """Who mends the annotation sees it work in seconds."""
    points(workers, OTHER_NAME)
    asks(workers, NAME)
    workers.run_for(300)
    asks(workers, OTHER_NAME)
    workers.run_for(10)

    assert record(workers) == OTHER_NAME


def test_a_change_is_one_call(workers: Workers) -> None:
    """The new name takes the old one's place."""
    claim = named(workers)
    asks(workers, OTHER_NAME)
    workers.run()

    assert calls(workers) == [Action.MODIFY_ATTRIBUTE]
    assert record(workers) == OTHER_NAME
    assert workers.claim().allocation_id == claim.allocation_id


def test_without_the_annotation_there_is_no_record(workers: Workers) -> None:
    """One call, and the pod keeps its address."""
    named(workers)
    asks(workers, None)
    workers.run_for(30)

    assert calls(workers) == [Action.RESET_ATTRIBUTE]
    assert record(workers) == ""
    assert workers.claim().serving


def test_second_thoughts_do_not_use_up_the_budget(workers: Workers) -> None:
    """However often the annotation changes, EC2 is asked once in ten seconds."""
    named(workers)
    for turn in range(40):
        asks(workers, (NAME, OTHER_NAME, None)[turn % 3])
        workers.run_for(0.5)
    workers.run_for(30)

    assert len(calls(workers)) <= 4
    assert record(workers) == NAME


@pytest.mark.parametrize("lost", [True, False], ids=["after the call", "before it"])
def test_a_wish_taken_back_in_the_middle_leaves_no_record(workers: Workers, *, lost: bool) -> None:
    """The worker died at the call, or its answer was lost; the author wants no name any more by then."""
    points(workers, NAME)
    if lost:
        workers.ec2.lose_reply(Action.MODIFY_ATTRIBUTE)
    else:
        workers.ec2.refuse(Action.MODIFY_ATTRIBUTE, "NoReply")
    asks(workers, NAME)
    workers.run()
    asks(workers, None)
    workers.run_for(60)

    assert record(workers) == ""
    assert workers.claim().serving


def test_a_right_that_never_was_there_is_not_needed_to_take_the_wish_back(workers: Workers) -> None:
    """Nothing was set, so nothing is left to do."""
    points(workers, NAME)
    for action in (Action.MODIFY_ATTRIBUTE, Action.RESET_ATTRIBUTE):
        workers.ec2.refuse(action, "UnauthorizedOperation", times=50)
    asks(workers, NAME)
    workers.run_for(60)
    asks(workers, None)
    workers.run_for(30)

    assert calls(workers)[-1] is Action.RESET_ATTRIBUTE
    assert not workers.claim().owes_name


def test_an_address_that_is_gone_is_allocated_anew_and_named(workers: Workers) -> None:
    """The record goes with the address; the new one needs its own."""
    claim = named(workers)
    workers.ec2.drop(claim.allocation_id)
    asks(workers, OTHER_NAME)
    workers.run_for(30)
    [address] = workers.ec2.addresses
    workers.ec2.dns.point(OTHER_NAME, address.public_ip)
    workers.run_for(70)

    assert address.allocation_id != claim.allocation_id
    assert record(workers) == OTHER_NAME


def test_a_pod_that_ends_is_given_no_name(workers: Workers) -> None:
    """What is asked for while it ends would be taken away in a moment."""
    points(workers, NAME)
    workers.see(workers.kubernetes.edit("web", "metadata", deletionTimestamp="2026-01-01T00:00:00Z"))
    asks(workers, NAME)
    workers.run_for(30)

    assert calls(workers) == []


def test_a_lent_address_keeps_its_admins_record(workers: Workers) -> None:
    """Even of a pod whose author asks later."""
    lent = workers.ec2.lend("prod", "blue")
    workers.ec2.dns.point(NAME, lent.public_ip)
    workers.serve(metadata={"annotations": {names.POOL_ANNOTATION: "blue"}})
    annotations = {**workers.kubernetes.annotations("web"), names.REVERSE_DNS_ANNOTATION: NAME}
    del annotations[names.POOL_ANNOTATION]
    workers.see(workers.kubernetes.edit("web", "metadata", annotations=annotations))
    workers.run_for(30)

    assert calls(workers) == []
    assert workers.claim().serving


def test_in_steady_state_nothing_is_called(workers: Workers) -> None:
    """A sweep asks DescribeAddresses once, and that shows no records."""
    named(workers)
    for _ in range(3):
        workers.sweeper.sweep()
        workers.run_for(300)

    assert calls(workers) == []
    assert workers.ec2.mutating == []


def test_a_lost_redis_costs_one_call(workers: Workers) -> None:
    """Nothing remembers the record; EC2 answers that it is there."""
    named(workers)
    workers.client.flushall()
    workers.ledger.open_epoch()
    workers.sweeper.refill()
    workers.see(workers.kubernetes.touched("web"))
    workers.run_for(30)

    assert calls(workers) == [Action.MODIFY_ATTRIBUTE]
    assert record(workers) == NAME
    assert workers.claim().domain_state is DomainState.SET


def test_a_name_that_ec2_forgot_to_set_is_asked_for_again(workers: Workers) -> None:
    """It said yes, and shows neither a record nor an update once it had time to."""
    claim = points(workers, NAME)
    workers.ec2.settings = Settings(ptr_seconds=20)
    asks(workers, NAME)
    workers.run_for(10)
    [address] = [a for a in workers.ec2._book.current.values() if a.allocation_id == claim.allocation_id]
    workers.ec2.dns.reset(address)
    workers.run_for(200)

    assert calls(workers).count(Action.MODIFY_ATTRIBUTE) == 2
    assert record(workers) == NAME


def test_no_token_is_waited_for_in_the_queue_of_what_is_written(workers: Workers) -> None:
    """Another pod's writing may stand behind it."""
    points(workers, NAME)
    workers.empty(Action.MODIFY_ATTRIBUTE, promised=20)
    workers.time.slept.clear()
    asks(workers, NAME)
    workers.run()

    assert workers.time.slept == []
    assert workers.ec2.made(Action.MODIFY_ATTRIBUTE) == []
    workers.run_for(20)
    assert record(workers) == NAME


def test_a_step_of_another_queue_goes_first(workers: Workers) -> None:
    """The association is more than the name."""
    named(workers)
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2))
    asks(workers, OTHER_NAME)

    assert workers.messages[0] == (Step.RELEASE, UID)
    workers.run()
    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.ASSOCIATE, Action.MODIFY_ATTRIBUTE]


def test_a_call_that_came_too_late_is_looked_at_again(workers: Workers) -> None:
    """Its worker stood still until another had the claim: it may have set what nobody asks for any more."""
    named(workers)
    asks(workers, OTHER_NAME)
    workers.step(Step.ANNOTATE)
    workers.messages.clear()
    workers.meanwhile(
        Action.MODIFY_ATTRIBUTE,
        lambda: workers.set(
            lease_token="another's", domain_name="", domain_state="withdrawn", reverse_dns=""
        ),
    )
    workers.step(Step.ANNOTATE)
    assert record(workers) == OTHER_NAME

    workers.set(lease_token="", lease_until=0)
    workers.messages.append((Step.ANNOTATE, UID))
    workers.run_for(30)
    assert record(workers) == ""
