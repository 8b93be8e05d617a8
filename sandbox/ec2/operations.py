"""The control API: a POST to `/_sandbox/OPERATION`, JSON in and JSON out."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from moto.core.exceptions import ServiceException

from sandbox.ec2.account import Account, Reply
from sandbox.ec2.errors import Ec2Error
from sandbox.ec2.messages import (
    Calls,
    Empty,
    Fault,
    ForwardRequest,
    GrowRequest,
    Id,
    Interface,
    InterfaceRequest,
    Network,
    NetworkRequest,
    Node,
    NodesRequest,
    PoolRequest,
    Settings,
    ShrinkRequest,
)

PREFIX = "/_sandbox/"


class Operation(NamedTuple):
    """What an operation takes, and what it does; the lock is held while it does it."""

    request: type
    perform: Callable[[Account, Any], object]


def _clear_faults(account: Account, _: Empty) -> None:
    account.faults.clear()


def _calls(account: Account, _: Empty) -> Calls:
    return account.calls.read()


def _reset_calls(account: Account, _: Empty) -> None:
    account.calls.reset()


def _forward(account: Account, request: ForwardRequest) -> None:
    account.reverse_dns.point(request.name, request.public_ip)


def _network(account: Account, request: NetworkRequest) -> Network:
    return account.network.default() if request.default else account.network.create(request.cidr)


def _add_nodes(account: Account, request: NodesRequest) -> list[Node]:
    return [account.network.add_node(request.subnet_id, request.shapes) for _ in range(request.count)]


def _remove_node(account: Account, request: Id) -> None:
    account.network.remove_node(request.id)
    account.settle()


def _remove_interface(account: Account, request: Id) -> None:
    account.network.remove_interface(request.id)
    account.settle()


def _grow(account: Account, request: GrowRequest) -> Interface:
    return account.network.grow(request.interface_id, request.secondary_ips, request.prefixes)


def _shrink(account: Account, request: ShrinkRequest) -> Interface:
    interface = account.network.shrink(request.interface_id, request.addresses)
    account.settle()
    return interface


OPERATIONS: dict[str, Operation] = {
    "reset": Operation(Settings, lambda account, settings: account.reset(settings)),
    "settings": Operation(Empty, lambda account, _: account.settings),
    "configure": Operation(Settings, lambda account, settings: account.configure(settings)),
    "add-fault": Operation(Fault, lambda account, fault: account.faults.add(fault)),
    "clear-faults": Operation(Empty, _clear_faults),
    "calls": Operation(Empty, _calls),
    "reset-calls": Operation(Empty, _reset_calls),
    "addresses": Operation(Empty, lambda account, _: account.snapshot()),
    "add-pool": Operation(PoolRequest, lambda account, request: account.pools.add(request.id, request.cidr)),
    "add-forward-record": Operation(ForwardRequest, _forward),
    "create-network": Operation(NetworkRequest, _network),
    "add-nodes": Operation(NodesRequest, _add_nodes),
    "node": Operation(Id, lambda account, request: account.network.node(request.id)),
    "remove-node": Operation(Id, _remove_node),
    "add-interface": Operation(
        InterfaceRequest,
        lambda account, request: account.network.add_interface(request.instance_id, request.shape),
    ),
    "remove-interface": Operation(Id, _remove_interface),
    "grow-interface": Operation(GrowRequest, _grow),
    "shrink-interface": Operation(ShrinkRequest, _shrink),
}


def control(account: Account, path: str, body: bytes) -> Reply:
    """Perform the operation that the path names; a wrong one is answered with what is wrong."""
    name = path.removeprefix(PREFIX)
    if name not in OPERATIONS:
        return _error(404, f"There is no operation {name!r}; there are {', '.join(sorted(OPERATIONS))}.")
    operation = OPERATIONS[name]
    try:
        request: Any = msgspec.json.decode(body or b"{}", type=operation.request)
        with account.lock:
            return Reply(200, msgspec.json.encode(operation.perform(account, request)))
    except (msgspec.DecodeError, Ec2Error, ServiceException) as error:
        return _error(400, f"{name}: {error}")


def _error(status: int, text: str) -> Reply:
    return Reply(status, msgspec.json.encode({"error": text}))
