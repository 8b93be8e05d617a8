"""An address with a reverse DNS record is released: the record goes first, whoever knows of it."""

import pytest

from eip import names
from eip.decide import EventType
from eip.names import Action, Step
from eip.reverse_dns import DomainState
from sandbox.ec2.messages import Settings
from tests.workers_world import IP, OTHER, UID, Workers

NAME = "mail.example.com"
DOWN = [Action.DISASSOCIATE, Action.RESET_ATTRIBUTE, Action.RELEASE]


@pytest.fixture
def named(workers: Workers) -> Workers:
    """A pod whose address resolves to its name; the logs are empty."""
    serve(workers)
    return workers


def serve(workers: Workers, **asks: str) -> None:
    """Serve a pod that asks for the name, and whatever else."""
    given = {f"{names.PREFIX}/{key}": value for key, value in asks.items()}
    annotations = {names.REVERSE_DNS_ANNOTATION: NAME, **given}
    workers.see(workers.kubernetes.add(UID, "web", IP, metadata={"annotations": annotations}))
    workers.run()
    workers.ec2.dns.point(NAME, workers.claim().public_ip)
    workers.run_for(60)
    assert workers.ec2.name_of(workers.claim().allocation_id) == NAME
    workers.age()
    workers.forget_calls()


def end(workers: Workers) -> None:
    """The pod is gone."""
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)


def test_three_calls_down(named: Workers) -> None:
    """Off the IP first; each in a task of its own, and each after the API server's word."""
    end(named)
    named.run()

    assert named.ec2.mutating == DOWN
    assert named.ec2.addresses == []
    made = [entry for entry in named.journal if entry in {*DOWN, "get"}]
    assert made == ["get", DOWN[0], "get", DOWN[1], "get", DOWN[2]]


def test_a_pod_without_a_name_costs_two(workers: Workers) -> None:
    """Nobody pays for what others ask for."""
    workers.serve()
    end(workers)
    workers.run()

    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]


def test_a_name_that_was_never_set_costs_nothing(workers: Workers) -> None:
    """What was refused needs not be taken back: no right is missed that was never given."""
    workers.serve(metadata={"annotations": {names.REVERSE_DNS_ANNOTATION: NAME}})
    assert workers.claim().domain_state is DomainState.ASKED
    workers.ec2.refuse(Action.RESET_ATTRIBUTE, "UnauthorizedOperation", times=50)
    end(workers)
    workers.run()

    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]


def test_a_lost_redis_is_told_by_ec2(named: Workers) -> None:
    """The release is refused, the record taken away, and the address released."""
    named.client.flushall()
    named.ledger.open_epoch()
    named.sweeper.refill()
    end(named)
    named.run_for(10)

    assert named.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE, Action.RESET_ATTRIBUTE, Action.RELEASE]
    assert named.ec2.addresses == []
    assert named.kubernetes.told("ReleaseFailed") == []


def test_ec2_takes_its_time(named: Workers) -> None:
    """It refuses for minutes after the record is gone: that is waited for, and not asked for again."""
    named.ec2.settings = Settings(ptr_release_seconds=100)
    end(named)
    named.run_for(200)

    assert named.ec2.addresses == []
    assert named.ec2.made(Action.RESET_ATTRIBUTE) != []
    assert named.ec2.mutating.count(Action.RESET_ATTRIBUTE) <= 2
    assert named.ec2.mutating.count(Action.RELEASE) <= 14


def test_a_record_that_does_not_go_is_told(named: Workers) -> None:
    """After some tries, on the pod; and EC2 is asked once more."""
    named.ec2.refuse(Action.RELEASE, "InvalidAddress.PtrSet", times=20)
    end(named)
    named.run_for(400)

    assert named.kubernetes.told("ReleaseFailed")
    assert named.ec2.mutating.count(Action.RESET_ATTRIBUTE) >= 2


def test_a_missing_right_is_told_and_tried_again(named: Workers) -> None:
    """The address is paid for: somebody must hear of it."""
    named.ec2.refuse(Action.RESET_ATTRIBUTE, "UnauthorizedOperation", times=3)
    end(named)
    named.run_for(200)

    assert named.kubernetes.told("ReleaseFailed")
    assert named.ec2.addresses == []


@pytest.mark.parametrize("code", ["InvalidParameterValue", "NeverHeardOf"])
def test_a_refused_reset_does_not_keep_the_address(named: Workers, code: str) -> None:
    """Somebody has taken the record away by hand: the release tells that there is none."""
    [address] = named.ec2._book.current.values()
    named.ec2.dns.reset(address)
    named.ec2.refuse(Action.RESET_ATTRIBUTE, code, times=50)
    end(named)
    named.run_for(60)

    assert named.ec2.addresses == []


def test_a_lost_answer_is_one_more_call(named: Workers) -> None:
    """Taken away twice it is gone as well."""
    named.ec2.lose_reply(Action.RESET_ATTRIBUTE)
    end(named)
    named.run_for(10)

    assert named.ec2.mutating == [DOWN[0], DOWN[1], DOWN[1], DOWN[2]]


@pytest.mark.parametrize("code", [0, 401, 403, 500])
def test_nothing_is_taken_away_while_nothing_is_known(named: Workers, code: int) -> None:
    """An API server that does not say whether the pod lives says nothing about its name."""
    end(named)
    named.step(Step.RELEASE)
    named.kubernetes.breaks(code)
    named.step(Step.RELEASE)

    assert named.ec2.made(Action.RESET_ATTRIBUTE) == []
    assert named.tokens_spent(Action.RESET_ATTRIBUTE) == 0


def test_a_pod_that_is_back_keeps_its_name(named: Workers) -> None:
    """Its label came back before the record was taken away."""
    labels = {names.MANAGE_LABEL: "true"}
    named.see(named.kubernetes.edit("web", "metadata", labels={}))
    named.step(Step.RELEASE)
    named.meanwhile("get", lambda: named.kubernetes.edit("web", "metadata", labels=labels))
    named.run()

    assert named.ec2.mutating == [Action.DISASSOCIATE, Action.ASSOCIATE]
    assert named.tokens_spent(Action.RESET_ATTRIBUTE) == 0


def test_a_kept_address_keeps_its_name(workers: Workers) -> None:
    """While it is idle, and for the next pod of its name: that costs no call for the name."""
    serve(workers, keep="1h")
    end(workers)
    workers.run_for(60)
    assert workers.ec2.mutating == [Action.DISASSOCIATE]

    annotations = {names.REVERSE_DNS_ANNOTATION: NAME, names.KEEP_ANNOTATION: "1h"}
    workers.see(workers.kubernetes.add(OTHER, "web", IP, metadata={"annotations": annotations}))
    workers.run_for(60)
    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.TAG, Action.ASSOCIATE]
    assert workers.ec2.name_of(workers.claim(OTHER).allocation_id) == NAME


def test_the_next_pod_may_want_no_name(workers: Workers) -> None:
    """What the pod before it asked for is taken away."""
    serve(workers, keep="1h")
    end(workers)
    workers.run_for(60)
    annotations = {names.KEEP_ANNOTATION: "1h"}
    workers.see(workers.kubernetes.add(OTHER, "web", IP, metadata={"annotations": annotations}))
    workers.run_for(60)

    assert workers.ec2.name_of(workers.claim(OTHER).allocation_id) == ""


def test_a_kept_address_is_released_in_the_end(workers: Workers) -> None:
    """Nobody came: the record goes first."""
    serve(workers, keep="90s")
    end(workers)
    workers.run_for(120)

    assert workers.ec2.mutating == DOWN


def test_a_double_with_a_record_is_released(workers: Workers) -> None:
    """No claim knows of its record; the live address keeps its own."""
    live = workers.serve()
    double = workers.ec2.give(UID, "web")
    workers.ec2.dns.point(NAME, double.public_ip)
    workers.ec2.set_reverse_dns(double.allocation_id, NAME)
    workers.forget_calls()
    workers.set(doubles=double.allocation_id)
    workers.messages.append((Step.RELEASE, UID))
    workers.run_for(300)
    assert workers.ec2.mutating == [Action.RELEASE, Action.RESET_ATTRIBUTE]
    workers.sweeper.sweep()
    workers.run_for(20)

    assert workers.ec2.mutating == [Action.RELEASE, Action.RESET_ATTRIBUTE, Action.RELEASE]
    assert [address.allocation_id for address in workers.ec2.addresses] == [live.allocation_id]
