"""The main journey: a labelled pod gets its address, and gives it back."""

from eip import names
from tests.journeys.installation import Installation
from tests.journeys.right import condition, our_addresses, written


def mutations(stack: Installation) -> dict[str, int]:
    """How often each mutating EC2 action was called."""
    calls = stack.ec2.calls()
    actions = (names.Action.ALLOCATE, names.Action.ASSOCIATE, names.Action.DISASSOCIATE, names.Action.RELEASE)
    return {action.value: calls.count(action) for action in actions}


def test_an_address_comes_and_goes(stack: Installation) -> None:
    """On a secondary IP and in a prefix: two mutating calls up, two down, one look-up for a new node."""
    stack.ec2.reset_calls()
    stack.create_pod("secondary", nodeName="node-1")
    stack.create_pod("prefixed", nodeName="node-3")
    stack.create_pod("plain", labelled=False, nodeName="node-1")
    stack.until_served("secondary", "prefixed", "plain")

    up = {"AllocateAddress": 2, "AssociateAddress": 2, "DisassociateAddress": 0, "ReleaseAddress": 0}
    assert up == mutations(stack)
    assert 1 <= stack.ec2.calls().count("DescribeNetworkInterfaces") <= 2
    for name in ("secondary", "prefixed"):
        pod, address = stack.the_pod(name), stack.address(name)
        assert address.private_ip == pod["status"]["podIP"]
        assert set(written(pod).values()) == {address.public_ip, address.allocation_id}
        assert condition(pod, names.READY_CONDITION) == "True"
        stack.until_told(pod, {"AddressReady": "Normal"})
    plain = stack.the_pod("plain")
    assert not written(plain)
    assert not condition(plain, names.READY_CONDITION)

    uids = [stack.the_pod(name)["metadata"]["uid"] for name in ("secondary", "prefixed")]
    stack.delete_pod("secondary")
    stack.delete_pod("prefixed")
    stack.until_gone("secondary", "prefixed")

    assert dict.fromkeys(up, 2) == mutations(stack)
    assert our_addresses(stack) == []
    with stack.redis_client() as client:
        stack.until(lambda: not client.smembers("eip:claims"), "no claim left")
        assert not client.exists(*(f"eip:claim:{uid}" for uid in uids))
        assert client.exists(*(f"eip:tombstone:{uid}" for uid in uids)) == 2


def test_a_node_is_looked_up_once(stack: Installation) -> None:
    """A second pod on a node costs no look-up of its interfaces."""
    stack.create_pod("first", nodeName="node-2")
    stack.until_served("first")
    stack.ec2.reset_calls()

    stack.create_pod("second", nodeName="node-2")
    stack.until_served("second")

    assert stack.ec2.calls().count("DescribeNetworkInterfaces") == 0
