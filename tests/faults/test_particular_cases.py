"""What random histories found, each told by itself."""

from collections.abc import Callable

import pytest
import redis

from eip import names
from eip.errors import KubernetesError
from eip.names import Action, Step
from tests.fakes.kubernetes import FakeKubernetes
from tests.workers_world import IP, IP2, UID, Workers


@pytest.fixture
def served(redis_client: redis.Redis) -> Workers:
    """A pod that has its address."""
    workers = Workers(redis_client)
    workers.serve()
    return workers


@pytest.mark.parametrize("code", [0, 403, 503])
def test_a_double_is_not_released_while_nothing_is_known(served: Workers, code: int) -> None:
    """EC2's answer may be old, and the double be all that the pod has."""
    double = served.ec2.give(UID, "web")
    served.set(doubles=double.allocation_id)
    served.kubernetes.breaks(code)

    served.step(Step.RELEASE)

    assert served.ec2.made(Action.RELEASE) == []
    assert served.tokens_spent(Action.RELEASE) == 0


def test_a_double_that_stays_keeps_no_address_on_a_freed_ip(served: Workers) -> None:
    """EC2 refuses to release the double; that is no reason to leave the other where another pod comes."""
    served.set(doubles=served.ec2.give(UID, "web").allocation_id)
    served.ec2.refuse(Action.RELEASE, "UnauthorizedOperation", times=1000)
    served.see(served.kubernetes.edit("web", "status", podIP=IP2))

    served.run_for(5)

    assert served.ec2.at(IP) == []


def test_the_only_address_of_a_pod_is_no_double(served: Workers) -> None:
    """Its own is gone, so that which was one too many becomes its own, and no other is allocated."""
    served.ec2.drop(served.claim().allocation_id)
    double = served.ec2.give(UID, "web")
    cleared = ("allocation_id", "public_ip", "association_id", "associated_ip", "interface_id")
    served.set(doubles=double.allocation_id, **dict.fromkeys(cleared, ""))
    served.messages.append((Step.RELEASE, UID))

    served.run()

    assert served.ec2.mutating == [Action.ASSOCIATE]
    assert [address.allocation_id for address in served.ec2.at(IP)] == [double.allocation_id]


def foreign_address_on_it(workers: Workers) -> None:
    """Somebody puts an address of their own on the pod's IP."""
    theirs = workers.ec2.give("", "theirs", **{names.CLUSTER_NAME_TAG: ""})
    workers.ec2.put(theirs.allocation_id, IP)


def released_at_the_quota(workers: Workers) -> None:
    """Somebody releases the pod's address, and there is no other to be had."""
    workers.ec2.drop(workers.claim().allocation_id)
    workers.ec2.quota = 0


@pytest.mark.parametrize("happens", [foreign_address_on_it, released_at_the_quota])
def test_a_pod_does_not_name_an_address_that_it_lost_for_long(
    served: Workers, happens: Callable[[Workers], None]
) -> None:
    """As long as it gets no other, external-dns must not publish what may be a stranger's by then."""
    happens(served)
    served.sweeper.sweep()

    served.run_for(30)

    assert names.PUBLIC_IP_ANNOTATION not in served.kubernetes.annotations("web")
    assert not set(names.EXTERNAL_DNS_ANNOTATIONS) & set(served.kubernetes.annotations("web"))
    assert served.kubernetes.ready("web") == "False"


def denied(*_: object) -> None:
    """The workers lack the right to patch pods/status."""
    raise KubernetesError(403, "Forbidden", "pods/status is forbidden")


def test_an_address_is_given_though_the_pod_cannot_be_written_on(
    served: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written helps nobody whose traffic does not flow."""
    [address] = served.ec2.at(IP)
    served.ec2.take(address.allocation_id)
    served.ec2.refuse(Action.ASSOCIATE, "InternalError")
    monkeypatch.setattr(FakeKubernetes, "patch_pod_status", denied)
    served.sweeper.sweep()

    served.run_for(60)

    assert len(served.ec2.at(IP)) == 1


def test_an_address_that_may_have_left_its_pod_is_looked_at(served: Workers) -> None:
    """The label comes back after a disassociation whose reply was lost: traffic must not wait for a sweep."""
    served.ec2.lose_reply(Action.DISASSOCIATE)
    served.see(served.kubernetes.edit("web", "metadata", labels={}))
    served.messages.clear()
    served.step(Step.RELEASE)
    assert served.ec2.at(IP) == []

    served.see(served.kubernetes.edit("web", "metadata", labels={names.MANAGE_LABEL: "true"}))
    served.run()

    assert len(served.ec2.at(IP)) == 1
    assert served.claim().serving


def test_an_address_that_cannot_follow_its_pod_leaves_the_freed_ip(served: Workers) -> None:
    """The pod's new IP is taken by a foreign address; the old one will be another pod's."""
    theirs = served.ec2.give("", "theirs", **{names.CLUSTER_NAME_TAG: ""})
    served.ec2.put(theirs.allocation_id, IP2)
    served.see(served.kubernetes.edit("web", "status", podIP=IP2))

    served.run_for(30)

    assert served.ec2.at(IP) == []
    assert [address.allocation_id for address in served.ec2.at(IP2)] == [theirs.allocation_id]


def test_an_address_leaves_the_freed_ip_while_the_new_one_is_not_found(served: Workers) -> None:
    """EC2 may show the new IP late; that must not keep the old one."""
    served.see(served.kubernetes.edit("web", "status", podIP="10.0.0.99"))

    served.run_for(20)

    assert served.ec2.at(IP) == []
    assert len(served.ec2.addresses) == 1
