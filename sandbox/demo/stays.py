"""What became of addresses that stay: kept for the next pod of a name, or lent to too many pods; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eip.names import Action
from sandbox.ec2.messages import AddressSnapshot, Calls

MUTATING = (Action.ALLOCATE, Action.TAG, Action.ASSOCIATE, Action.DISASSOCIATE, Action.RELEASE)


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """Pods that were replaced under their names: public IPs by name, and what replacing them cost."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    calls: Mapping[Action, int]
    leaked: int = 0
    """Addresses that are still there after the pods have given them back."""

    @property
    def pods(self) -> int:
        """How many were replaced."""
        return len(self.before)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A pool with fewer addresses than pods: what it was before and after, and what the pods cost."""

    before: Sequence[AddressSnapshot]
    after: Sequence[AddressSnapshot]
    had: Mapping[str, str]
    """The public IP that each pod had."""
    waited: str
    """The name of the pod that had to wait."""
    told: str
    """What its Event said."""
    seconds: float
    """From a pod's deletion until the one that waited had its address."""
    calls: Mapping[Action, int]


def mutating(calls: Calls) -> dict[Action, int]:
    """How often each action was called that changes something, refused calls too."""
    return {action: count for action in MUTATING if (count := calls.count(action))}


def said(calls: Mapping[Action, int]) -> str:
    """The calls in words."""
    return ", ".join(f"{action} {count}" for action, count in calls.items()) or "none"


def roll_problems(rolled: Rolled) -> list[str]:
    """What is wrong with a roll, a sentence each."""
    return [sentence for wrong, sentence in _roll_checks(rolled) if wrong]


def pool_problems(shared: Shared) -> list[str]:
    """What is wrong with what became of a pool, a sentence each."""
    return [sentence for wrong, sentence in _pool_checks(shared) if wrong]


def _roll_checks(rolled: Rolled) -> Iterator[tuple[bool, str]]:
    for name, before in rolled.before.items():
        after = rolled.after.get(name) or "no address"
        yield after != before, f"{name} had {before} and came back with {after}, though it asked to keep it."
    due = dict.fromkeys((Action.TAG, Action.ASSOCIATE, Action.DISASSOCIATE), rolled.pods)
    yield (
        dict(rolled.calls) != due,
        f"Replacing {rolled.pods} pods took {said(rolled.calls)}, and not {said(due)}.",
    )
    yield rolled.leaked > 0, f"{rolled.leaked} kept addresses are left though their pods gave them back."


def _pool_checks(shared: Shared) -> Iterator[tuple[bool, str]]:
    pods, lent = len(shared.had), {address.public_ip for address in shared.before}
    for name, public_ip in shared.had.items():
        yield public_ip not in lent, f"{name} had {public_ip or 'no address'}, and none of the pool."
    yield not shared.told, f"{shared.waited} waited, and no Event told why."
    due = dict.fromkeys((Action.ASSOCIATE, Action.DISASSOCIATE), pods)
    yield (
        dict(shared.calls) != due,
        f"{pods} pods of the pool took {said(shared.calls)}, and not {said(due)}.",
    )
    after = {address.allocation_id: address for address in shared.after}
    for address in shared.before:
        yield (
            after.get(address.allocation_id) != address,
            f"{address.public_ip} did not come back to the pool as it was lent.",
        )
