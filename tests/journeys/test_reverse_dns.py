"""Reverse DNS with real processes: named after it is served, released after the record; calls counted."""

from http.client import CREATED

from eip import names
from eip.names import Action
from tests import clusters
from tests.journeys.installation import Installation

pytestmark = clusters.NEAREST

NAME = "mail.example.com"


def create(stack: Installation, name: str, reverse_dns: str) -> None:
    """A labelled pod that asks for a host name."""
    metadata = {
        "name": name,
        "labels": {names.MANAGE_LABEL: "true"},
        "annotations": {names.REVERSE_DNS_ANNOTATION: reverse_dns},
    }
    spec = {"containers": [{"name": "main", "image": "example"}]}
    reply = stack.api.post("/api/v1/namespaces/default/pods", {"metadata": metadata, "spec": spec})
    assert reply.status == CREATED, reply.body


def succeeded(stack: Installation) -> dict[str, int]:
    """The calls since the log was emptied that changed something, by action."""
    log = stack.ec2.calls()
    changing = [action for action in Action if not action.startswith("Describe")]
    return {action.value: count for action in changing if (count := log.count(action, "ok"))}


def test_a_mail_relay(stack: Installation) -> None:
    """It is served first, named once its name resolves, and its address is released without the name."""
    stack.ec2.configure(ptr_seconds=2, ptr_release_seconds=1, ptr_refused_at_once=False)
    create(stack, "mail", NAME)
    stack.until_served("mail")
    address = stack.address("mail")
    assert address.ptr_record == ""

    stack.ec2.add_forward_record(NAME, address.public_ip)
    expected = {"AddressReady": "Normal", "ReverseDnsReady": "Normal"}
    stack.until_told(stack.the_pod("mail"), expected)
    assert stack.address("mail").ptr_record == NAME
    assert succeeded(stack) == {"AllocateAddress": 1, "AssociateAddress": 1, "ModifyAddressAttribute": 1}
    assert stack.ec2.calls().count(Action.DESCRIBE_ATTRIBUTES) <= 2

    stack.ec2.reset_calls()
    stack.delete_pod("mail")
    stack.until_gone("mail")
    assert succeeded(stack) == {"DisassociateAddress": 1, "ResetAddressAttribute": 1, "ReleaseAddress": 1}
