"""Addresses that stay: kept for the next pod of a name, fixed, out of a pool, or of a range brought to AWS.

The calls that docs/addresses.md promises are counted here.
"""

from collections.abc import Iterator
from dataclasses import replace
from http.client import CONFLICT, CREATED
from typing import TYPE_CHECKING

import pytest

from eip import names
from eip.names import Action
from eip.store.keys import Keys
from sandbox.kubernetes.status import JsonObject
from tests import clusters
from tests.journeys import installation as installed
from tests.journeys.installation import Installation
from tests.journeys.right import condition, expected, our_addresses, written

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import TagTypeDef

    from sandbox.ec2.messages import AddressSnapshot

pytestmark = clusters.NEAREST

RANGE = "ipam-pool-0a1b2c3d4e5f60718"
SHAPE = replace(
    installed.SHAPE,
    settings={**installed.SHAPE.settings, "lent_public_ipv4_pools": f"{RANGE}=default/edge-*"},
)
MUTATING = (Action.ALLOCATE, Action.TAG, Action.ASSOCIATE, Action.DISASSOCIATE, Action.RELEASE)
NO_FREE = {"NoAddressFree": "Warning"}


@pytest.fixture
def stack(stack: Installation) -> Iterator[Installation]:
    """The module's installation; pods go, and what is lent comes back, before all is cleaned away."""
    yield stack
    for pod in stack.pods():
        stack.delete_pod(pod["metadata"]["name"], pod["metadata"]["namespace"])
    stack.until(lambda: not any(a.private_ip for a in stack.ec2.addresses()), "nothing is associated")
    stack.until(lambda: not holders(stack), "nobody has a lent address")


def create(stack: Installation, name: str, namespace: str = "default", **annotations: str) -> JsonObject:
    """A labelled pod; annotations by the last word of their names, `_` for `-`."""
    given = {f"{names.PREFIX}/{key.replace('_', '-')}": value for key, value in annotations.items()}
    metadata = {"name": name, "labels": {names.MANAGE_LABEL: "true"}, "annotations": given}
    spec = {"containers": [{"name": "main", "image": "example"}]}
    path = f"/api/v1/namespaces/{namespace}/pods"
    reply = stack.api.post(path, {"metadata": metadata, "spec": spec})
    assert reply.status == CREATED, reply.body
    made: JsonObject = reply.body
    return made


def lend(stack: Installation, to: str, pool: str = "") -> "AddressSnapshot":
    """An address of an admin's, with the tags that lend it."""
    tags: list[TagTypeDef] = [{"Key": names.LEND_TAG, "Value": to}]
    if pool:
        tags.append({"Key": names.POOL_TAG, "Value": pool})
    made = stack.aws.allocate_address(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    return next(a for a in stack.ec2.addresses() if a.allocation_id == made["AllocationId"])


def at(stack: Installation, pod: JsonObject | None) -> "list[AddressSnapshot]":
    """The addresses on a pod's IP."""
    ip = pod["status"].get("podIP") if pod else None
    return [address for address in stack.ec2.addresses() if ip and address.private_ip == ip]


def is_served(stack: Installation, name: str) -> bool:
    """Whether the pod has one address, says so, and is ready."""
    pod = stack.pod(name)
    found = at(stack, pod)
    if pod is None or len(found) != 1:
        return False
    return written(pod) == expected(found[0]) and condition(pod, names.READY_CONDITION) == "True"


def until_served(stack: Installation, *pods: str) -> "list[AddressSnapshot]":
    """Wait until these pods are served; their addresses."""
    stack.until(lambda: all(is_served(stack, name) for name in pods), f"served: {', '.join(pods)}")
    return [at(stack, stack.the_pod(name))[0] for name in pods]


def calls(stack: Installation) -> dict[str, int]:
    """The mutating calls since the log was emptied."""
    log = stack.ec2.calls()
    return {action.value: count for action in MUTATING if (count := log.count(action))}


def until_called(stack: Installation, **counts: int) -> None:
    """Wait for exactly these mutating calls, and empty the log."""
    stack.until(lambda: calls(stack) == counts, f"the calls {counts}, not {calls(stack)}")
    stack.ec2.reset_calls()


def until_off(stack: Installation, name: str, address: "AddressSnapshot") -> None:
    """Delete a pod and wait until it is gone and its address is on nothing."""
    stack.delete_pod(name)
    stack.until(lambda: stack.pod(name) is None, f"{name} is gone")
    gone = address.allocation_id
    stack.until(
        lambda: not any(a.private_ip for a in stack.ec2.addresses() if a.allocation_id == gone),
        f"{address.public_ip} is on nothing",
    )


def now(stack: Installation, address: "AddressSnapshot") -> "AddressSnapshot":
    """The address as it is at this moment."""
    return next(a for a in stack.ec2.addresses() if a.allocation_id == address.allocation_id)


def the_event(stack: Installation, pod: JsonObject, reason: str) -> str:
    """The text of an Event on a pod."""
    found = stack.api.get("/api/v1/events").body["items"]
    texts = [e["message"] for e in found if e["involvedObject"]["uid"] == pod["metadata"]["uid"]]
    reasons = [e["reason"] for e in found if e["involvedObject"]["uid"] == pod["metadata"]["uid"]]
    return str(dict(zip(reasons, texts, strict=True))[reason])


def holders(stack: Installation) -> dict[str, str]:
    """Who has which lent address, as Redis says."""
    with stack.redis_client() as client:
        return dict(client.hgetall(Keys.BORROWED))


def test_a_kept_address_waits_for_the_next_pod(stack: Installation) -> None:
    """A pod that is made again under its name: one call down, two up, and none is allocated or released."""
    create(stack, "db-0", keep="1h")
    [first] = until_served(stack, "db-0")
    until_called(stack, AllocateAddress=1, AssociateAddress=1)

    until_off(stack, "db-0", first)
    until_called(stack, DisassociateAddress=1)
    create(stack, "db-0", keep="1h")
    [second] = until_served(stack, "db-0")
    until_called(stack, CreateTags=1, AssociateAddress=1)

    assert (second.allocation_id, second.public_ip) == (first.allocation_id, first.public_ip)
    assert second.tags[names.POD_UID_TAG] == stack.the_pod("db-0")["metadata"]["uid"]
    assert len(our_addresses(stack)) == 1

    stack.annotate("db-0", {names.KEEP_ANNOTATION: None})
    until_called(stack, CreateTags=1)
    stack.label_pod("db-0", managed=False)
    until_called(stack, DisassociateAddress=1, ReleaseAddress=1)
    assert our_addresses(stack) == []


def test_a_pod_is_made_again_at_once(stack: Installation) -> None:
    """As a StatefulSet does it: the address leaves the old IP first or is moved, and the new pod has it."""
    create(stack, "db-0", keep="20s")
    [first] = until_served(stack, "db-0")
    until_called(stack, AllocateAddress=1, AssociateAddress=1)

    stack.delete_pod("db-0")
    stack.until(lambda: stack.pod("db-0") is None, "the name is free")
    create(stack, "db-0", keep="20s")
    [second] = until_served(stack, "db-0")

    assert second.allocation_id == first.allocation_id
    down = calls(stack).get(Action.DISASSOCIATE, 0)
    assert down <= 1
    up = {Action.TAG.value: 1, Action.ASSOCIATE.value: 1}
    assert {action: count for action, count in calls(stack).items() if action != Action.DISASSOCIATE} == up
    stack.label_pod("db-0", managed=False)
    stack.until(lambda: not our_addresses(stack), "given back")


def test_without_the_label_nothing_is_kept(stack: Installation) -> None:
    """Whoever takes the label away gives the address back, for however long it was to stay."""
    create(stack, "db-0", keep="forever")
    until_served(stack, "db-0")
    stack.ec2.reset_calls()

    stack.label_pod("db-0", managed=False)

    until_called(stack, DisassociateAddress=1, ReleaseAddress=1)


def test_a_kept_address_is_given_back_in_the_end(stack: Installation) -> None:
    """Nobody came for it: it is released, not before its time."""
    create(stack, "db-0", keep="3s")
    [address] = until_served(stack, "db-0")

    until_off(stack, "db-0", address)
    stack.until(lambda: not our_addresses(stack), "the address is released")

    log = stack.ec2.calls().calls
    times = [call.time for call in log if call.action in (Action.DISASSOCIATE, Action.RELEASE)]
    assert len(times) == 2
    assert times[1] - times[0] >= 3
    assert stack.ec2.calls().count(Action.TAG) == 0


def test_redis_is_lost_while_an_address_is_kept(stack: Installation) -> None:
    """Its tags say that it is meant to stay, and for whom."""
    create(stack, "db-0", keep="1h")
    [first] = until_served(stack, "db-0")
    until_off(stack, "db-0", first)

    stack.redis.flushall()
    with stack.redis_client() as client:
        stack.until(lambda: client.hgetall(Keys.KEPT), "it is known again that one is kept")
    create(stack, "db-0", keep="1h")

    [second] = until_served(stack, "db-0")
    assert second.allocation_id == first.allocation_id
    assert stack.ec2.calls().count(Action.RELEASE) == 0
    stack.label_pod("db-0", managed=False)
    stack.until(lambda: not our_addresses(stack), "given back")


def test_a_fixed_address_goes_from_pod_to_pod(stack: Installation) -> None:
    """One call up, one down, never released; who waits is told who has it, and served when it is back."""
    lent = lend(stack, "default/game-*")
    stack.ec2.reset_calls()
    create(stack, "game-0", request_address=lent.public_ip)
    assert until_served(stack, "game-0") == [now(stack, lent)]
    until_called(stack, AssociateAddress=1)

    second = create(stack, "game-1", request_address=lent.allocation_id)
    stack.until_told(second, NO_FREE)
    assert "default/game-0" in the_event(stack, second, "NoAddressFree")
    assert calls(stack) == {}

    stack.delete_pod("game-0")
    until_served(stack, "game-1")
    until_called(stack, DisassociateAddress=1, AssociateAddress=1)
    until_off(stack, "game-1", lent)
    until_called(stack, DisassociateAddress=1)
    stack.until(lambda: not holders(stack), "nobody has it")
    assert now(stack, lent).tags == lent.tags


def test_the_third_pod_waits_for_a_pool_of_two(stack: Installation) -> None:
    """It is told so, no call is made for it, and it is served as soon as one is back."""
    lent = [lend(stack, "sandbox", "web") for _ in range(2)]
    for number in range(2):
        create(stack, f"web-{number}", pool="web")
    served = until_served(stack, "web-0", "web-1")
    assert {a.allocation_id for a in served} == {a.allocation_id for a in lent}
    stack.ec2.reset_calls()

    third = create(stack, "web-2", pool="web")
    stack.until_told(third, NO_FREE)
    assert "All 2 addresses of the pool web" in the_event(stack, third, "NoAddressFree")
    assert calls(stack) == {}
    stack.delete_pod("web-0")

    [freed] = until_served(stack, "web-2")
    assert freed.allocation_id == served[0].allocation_id
    until_called(stack, DisassociateAddress=1, AssociateAddress=1)


def test_an_admin_adds_to_a_pool(stack: Installation) -> None:
    """Who waits is served after the next sweep, without doing anything."""
    lend(stack, "sandbox", "web")
    create(stack, "web-0", pool="web")
    until_served(stack, "web-0")
    stack.until_told(create(stack, "web-1", pool="web"), NO_FREE)

    added = lend(stack, "sandbox", "web")

    assert [a.allocation_id for a in until_served(stack, "web-1")] == [added.allocation_id]


@pytest.mark.parametrize("by", ["pool", "request_address"])
def test_what_is_lent_to_others_is_not_taken(stack: Installation, by: str) -> None:
    """A pod of another namespace is told how to get one, and no call is made."""
    assert stack.api.post("/api/v1/namespaces", {"metadata": {"name": "team-b"}}).status in (
        CREATED,
        CONFLICT,
    )
    lent = lend(stack, "team-a/*", "web")
    stack.ec2.reset_calls()
    asked = {"pool": "web", "request_address": lent.public_ip}

    pod = create(stack, "thief", "team-b", **{by: asked[by]})

    stack.until_told(pod, {"AllocateFailed": "Warning"})
    assert "naming the cluster or team-b/thief" in the_event(stack, pod, "AllocateFailed")
    assert calls(stack) == {}
    assert now(stack, lent) == lent


def test_redis_is_lost_while_a_pool_is_in_use(stack: Installation) -> None:
    """Nothing moves, everybody keeps the same, and nobody gets another's."""
    for _ in range(2):
        lend(stack, "sandbox", "web")
    for number in range(2):
        create(stack, f"web-{number}", pool="web")
    before = until_served(stack, "web-0", "web-1")
    stack.ec2.reset_calls()

    stack.redis.flushall()
    third = create(stack, "web-2", pool="web")
    stack.until_told(third, NO_FREE)
    stack.until(lambda: len(holders(stack)) == 2, "it is known again who has what")

    assert until_served(stack, "web-0", "web-1") == before
    assert calls(stack) == {}
    uids = {stack.the_pod(f"web-{n}")["metadata"]["uid"]: before[n].allocation_id for n in range(2)}
    assert holders(stack) == {allocation_id: uid for uid, allocation_id in uids.items()}


def test_redis_is_lost_while_a_pod_of_a_pool_goes(stack: Installation) -> None:
    """No claim remembers it: the address is taken off the freed IP all the same, and goes to the next."""
    [lent] = [lend(stack, "sandbox", "web")]
    create(stack, "web-0", pool="web")
    until_served(stack, "web-0")
    stack.first_worker.kill()
    stack.delete_pod("web-0")
    stack.until(lambda: stack.pod("web-0") is None, "web-0 is gone")

    stack.redis.flushall()
    stack.ec2.reset_calls()
    create(stack, "web-1", pool="web")
    stack.first_worker.start()

    [taken] = until_served(stack, "web-1")
    assert taken.allocation_id == lent.allocation_id
    until_called(stack, DisassociateAddress=1, AssociateAddress=1)


def test_an_address_of_a_range_of_ones_own(stack: Installation) -> None:
    """Allocated and released as any other, for the pods that the range is open to; others are refused."""
    stack.ec2.add_pool(RANGE, "203.0.113.0/30")
    create(stack, "edge-0", public_ipv4_pool=RANGE, request_address="203.0.113.2")
    create(stack, "edge-1", public_ipv4_pool=RANGE)
    named, other = until_served(stack, "edge-0", "edge-1")
    assert named.public_ip == "203.0.113.2"
    assert other.public_ip in {"203.0.113.0", "203.0.113.1", "203.0.113.3"}
    until_called(stack, AllocateAddress=2, AssociateAddress=2)

    refused = create(stack, "web-0", public_ipv4_pool=RANGE)
    stack.until_told(refused, {"AddressRefused": "Warning"})
    assert "EIP_LENT_PUBLIC_IPV4_POOLS" in the_event(stack, refused, "AddressRefused")

    waiting = create(stack, "edge-2", public_ipv4_pool=RANGE, request_address="203.0.113.2")
    stack.until_told(waiting, NO_FREE)
    assert calls(stack).keys() <= {Action.ALLOCATE.value}
    for name in ("edge-0", "edge-1", "edge-2"):
        stack.delete_pod(name)
    stack.until(lambda: not our_addresses(stack), "all are released")
