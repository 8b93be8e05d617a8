"""The call log: what was called, how it ended, and how often."""

from collections import Counter, deque

from sandbox.ec2.messages import Call, Calls
from sandbox.ec2.wire import Fields, Params, filters

NEWEST = 100_000
IDS = ("AllocationId", "AssociationId", "NetworkInterfaceId", "InstanceId", "PrivateIpAddress", "PublicIp")
ANSWERED_IDS = {"allocationId": "AllocationId", "associationId": "AssociationId", "publicIp": "PublicIp"}


def ids_of(params: Params, answered: Fields) -> dict[str, str]:
    """What a call is about: ids of the request and its answer, lists and filters by their length."""
    ids = {name: params[name] for name in IDS if name in params}
    ids.update({name: answered[key] for key, name in ANSWERED_IDS.items() if key in answered})
    ids.update(
        {name: value for name, value in params.items() if name.startswith(("AllocationId.", "ResourceId."))}
    )
    ids.update({f"filter:{name}": str(len(values)) for name, values in filters(params).items()})
    return ids


class CallLog:
    """Counts of all calls, and the newest of them one by one."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=NEWEST)
        self._counts: dict[str, Counter[str]] = {}

    def add(self, call: Call) -> None:
        """Log one call."""
        self._calls.append(call)
        self._counts.setdefault(call.action, Counter())[call.outcome] += 1

    def read(self) -> Calls:
        """Everything since the last reset."""
        counts = {action: dict(outcomes) for action, outcomes in self._counts.items()}
        return Calls(counts, list(self._calls))

    def reset(self) -> None:
        """Forget everything."""
        self._calls.clear()
        self._counts.clear()
