"""What people do for addresses that stay: pods ask for one by annotations, and an admin lends some."""

from collections.abc import Mapping
from urllib.parse import urlencode

import urllib3

from eip.names import LEND_TAG, MANAGE_LABEL, POOL_TAG
from sandbox.accounts import done
from sandbox.ec2.messages import AddressSnapshot
from sandbox.kubernetes.status import JsonObject
from sandbox.stack import Stack


def create_pod(stack: Stack, name: str, annotations: Mapping[str, str]) -> JsonObject:
    """Create a labelled pod with these annotations, in the namespace `default`."""
    body = {
        "metadata": {"name": name, "labels": {MANAGE_LABEL: "true"}, "annotations": dict(annotations)},
        "spec": {"containers": [{"name": "main", "image": "example"}]},
    }
    return done(stack.api.post("/api/v1/namespaces/default/pods", body))


def lend(stack: Stack, to: str, *, pool: str = "") -> AddressSnapshot:
    """Allocate an address that is lent `to` pods, as the tag `lend` says it; it counts in the call log."""
    tags = {LEND_TAG: to} | ({POOL_TAG: pool} if pool else {})
    request = {"Action": "AllocateAddress", "TagSpecification.1.ResourceType": "elastic-ip"}
    for number, (key, value) in enumerate(tags.items(), 1):
        request |= {
            f"TagSpecification.1.Tag.{number}.Key": key,
            f"TagSpecification.1.Tag.{number}.Value": value,
        }
    before = {address.allocation_id for address in stack.ec2.addresses()}
    urllib3.request("POST", stack.ec2_url, body=urlencode(request), retries=False)
    [made] = [address for address in stack.ec2.addresses() if address.allocation_id not in before]
    return made
