"""An address may have been allocated whose id nobody wrote down: look its tag up, and adopt what is found.

AllocateAddress has no client token, so a lost reply can only be mended by looking. Another worker's call may
still be under way, and a new address may not be visible yet: an empty look-up counts when the intent is old,
and two of them, apart, are believed.
"""

from collections.abc import Sequence

from eip.claim import Claim, changed
from workers.ours import is_ours
from workers.outcome import Again, Change, Done, Outcome
from workers.ports import Address
from workers.shown import with_address
from workers.steps.look_again import APART_MS, look_again
from workers.world import Job

MIN_AGE_MS = 20_000


def settle(job: Job) -> Outcome:
    """Look the pod's tag up; forget the intent once it is sure that nothing came of it."""
    claim, now = job.held.claim, job.held.now
    world = job.world
    tagged = world.ec2.addresses_of_pod(claim.uid)
    found = [address for address in tagged if is_ours(address, world.identity, world.scope)]
    if found:
        ids = ", ".join(address.allocation_id for address in found)
        return Done(f"found {ids}", adopt(found, now))
    if claim.intent_at and now - claim.intent_at < MIN_AGE_MS - APART_MS:
        return Again(APART_MS / 1000, "nothing found yet that may have been allocated")
    again = look_again(job, "looks once more for what may have been allocated")
    return again or Done("nothing had been allocated", without_intent)


def adopt(found: Sequence[Address], now: int) -> Change:
    """The claim with the first address as its own and the others as doubles.

    The one that is associated with the pod's IP goes first: the live one is never taken away.
    """

    def change(claim: Claim) -> Claim:
        if claim.allocation_id:
            return claim
        best, *rest = sorted(found, key=lambda a: (a.private_ip != claim.pod_ip, a.allocation_id))
        return changed(
            with_address(without_intent(claim), best),
            allocated_at=now,
            changed_at=now,
            doubles=",".join(address.allocation_id for address in rest),
        )

    return change


def without_intent(claim: Claim) -> Claim:
    """The claim once it is known what came of its intent."""
    return changed(claim, intent_at=0, intent_by="", intent_looks=0, looked_at=0, look_up=False)
