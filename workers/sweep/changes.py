"""What a claim becomes by what a sweep has read; what changed since it was read stays as it is."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from eip import names
from eip.claim import Claim, changed, is_over, next_step, without_address
from workers.outcome import Change
from workers.ports import Address
from workers.shown import with_address
from workers.steps.intent import without_intent
from workers.sweep.plan import QUIET_MS

ClaimChange = Callable[[Claim | None], Claim | None]


def taken(uid: str, addresses: Sequence[Address], taken_at: int, ended: Callable[[], bool]) -> ClaimChange:
    """What a claim becomes when EC2 shows these addresses for its pod.

    One that is not there and `ended` since EC2 was read stays away: its address may be another's by now.
    """

    def change(claim: Claim | None) -> Claim | None:
        if claim is None and ended():
            return None
        if claim is not None and _knows_better(claim, addresses, taken_at):
            return claim
        mine = claim or _unknown(uid, addresses[0])
        if mine.lent:
            return changed(mine, doubles=",".join(sorted(address.allocation_id for address in addresses)))
        live = sorted(addresses, key=lambda a: _preference(mine, a))
        best, rest = live[0], live[1:]
        return changed(
            with_address(without_intent(mine), best),
            allocated_at=mine.allocated_at or taken_at,
            doubles=",".join(address.allocation_id for address in rest),
        )

    return change


def _knows_better(claim: Claim, addresses: Sequence[Address], taken_at: int) -> bool:
    """Whether it changed after EC2 was read, or so short before that EC2 may not have shown it."""
    known = claim.allocation_id in {address.allocation_id for address in addresses}
    return claim.changed_at > taken_at - (QUIET_MS if known else 0)


def _preference(claim: Claim, address: Address) -> tuple[bool, bool, bool, str]:
    """The live one first: on the pod's IP, then the claimed one, then any associated one."""
    return (
        not claim.pod_ip or address.private_ip != claim.pod_ip,
        address.allocation_id != claim.allocation_id,
        not address.association_id,
        address.allocation_id,
    )


def _unknown(uid: str, address: Address) -> Claim:
    tags = address.tags
    return Claim(
        uid=uid,
        namespace=tags.get(names.NAMESPACE_TAG, ""),
        name=tags.get(names.POD_NAME_TAG, ""),
        reason="found in EC2",
    )


def unless_retagged(allocation_id: str, claim: Claim | None) -> Claim | None:
    """The claim without the address, unless it was inherited and is only to be tagged yet."""
    mine = claim is not None and claim.allocation_id == allocation_id and not claim.retag
    return without_address(claim) if claim is not None and mine else claim


def if_settled(change: Change, taken_at: int) -> ClaimChange:
    """The change, unless the claim was changed, or is being worked on, since EC2 was read at `taken_at`."""

    def guarded(claim: Claim | None) -> Claim | None:
        if claim is None or claim.changed_at > taken_at or claim.lease_until > taken_at:
            return claim
        return change(claim)

    return guarded


def is_looked_after(claim: Claim, waiting: AbstractSet[str]) -> bool:
    """Whether it rests rightly, or somebody will look at it; whatever changes it later sees to that too."""
    return claim.uid in waiting or (next_step(claim) is None and not is_over(claim))
