"""Addresses that change hands: lent ones, which pods take and return, and those kept for the next pod.

Who has a lent address is decided in one script, so that two pods never get the same one; EC2 confirms it, for
an association that is there already is never moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from eip.claim import Claim
from eip.errors import LeaseLost, NamespaceFull
from eip.store.keys import Keys
from eip.store.ledger import Held, Ledger

INHERITED = (
    "allocation_id",
    "public_ip",
    "association_id",
    "associated_ip",
    "interface_id",
    "contested",
    "allocated_at",
    "tagged_keep",
    "domain_name",
    "domain_state",
    "domain_at",
)
"""What goes from one pod's claim to that of the next."""


OWN = "own"
"""Instead of the id of an association: it is with the pod's own IP."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lent address that may be taken unless another has it; `association_id` is what EC2 shows, or OWN."""

    allocation_id: str
    public_ip: str
    association_id: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """None is free, and the pod stands in the line; `holder` is the uid of the pod that has the first."""

    holder: str = ""


class Handover:
    """Gives addresses from hand to hand; every method raises RedisAway and EpochChanged."""

    def __init__(self, ledger: Ledger) -> None:
        """The claims that they go from and to."""
        self._ledger = ledger

    def borrow(self, held: Held, resource: str, candidates: Sequence[Candidate], limit: int) -> Held | Waits:
        """Take the first of the candidates that nobody has, or line up, as one does without candidates.

        `limit` is how many addresses the namespace may have, 0 for any number.

        Raises:
            LeaseLost: another holds the claim, or it was changed since it was read.
            NamespaceFull: the namespace has as many addresses as it may have.

        """
        claim = held.claim
        keys = [
            Keys.claim(claim.uid),
            Keys.DUE,
            Keys.holders(claim.namespace),
            Keys.BORROWED,
            Keys.RETURNED,
            Keys.waiting(resource),
        ]
        flat = [part for c in candidates for part in (c.allocation_id, c.public_ip, c.association_id)]
        now, answer, *rest = self._ledger.run(
            "borrow", keys, [claim.uid, held.token, claim.version, limit, *flat]
        )
        if answer == "NONE":
            return Waits(rest[0])
        if answer == "FULL":
            raise NamespaceFull.of(claim.namespace, limit)
        _check(answer, claim)
        taken = next(c for c in candidates if c.allocation_id == rest[0])
        after = msgspec.structs.replace(
            claim,
            allocation_id=taken.allocation_id,
            public_ip=taken.public_ip,
            lent=True,
            allocated_at=int(now),
            changed_at=int(now),
            version=claim.version + 1,
        )
        return Held(after, held.token, int(now))

    def kept(self, claim: Claim) -> Claim | None:
        """The claim of another pod of this one's name, whose address stays for the next; None when none does.

        Does not look at the epoch.
        """
        uid = self._ledger.kept_for(claim.namespace, claim.name)
        other = self._ledger.claim(uid) if uid not in {"", claim.uid} else None
        return other if other is not None and other.allocation_id else None

    def inherit(self, held: Held, before: Claim) -> Held | None:
        """Take over the address of the pod that had this name `before`; None while that one is at work on it.

        Raises:
            LeaseLost: another holds the claim, or it was changed since it was read.

        """
        claim = held.claim
        keys = [
            Keys.claim(claim.uid),
            Keys.claim(before.uid),
            Keys.CLAIMS,
            Keys.DUE,
            Keys.tombstone(before.uid),
            Keys.holders(claim.namespace),
            Keys.KEPT,
            Keys.IPS,
        ]
        arguments: list[str | int] = [claim.uid, held.token, claim.version, before.uid, before.version]
        arguments += [self._ledger.tombstone, *INHERITED]
        now, answer = self._ledger.run("inherit", keys, arguments)
        if answer == "BUSY":
            return None
        _check(answer, claim)
        after = self._ledger.claim(claim.uid)
        if after is None:
            raise LeaseLost(f"the claim of {claim.key} was lost while a step worked on it")
        return Held(after, held.token, int(now))

    def offer(self, allocation_id: str, public_ip: str, pool: str) -> None:
        """Wake the first that waits for a lent address, which is free."""
        lines = [f"address:{allocation_id}", f"address:{public_ip}", f"pool:{pool}"]
        keys = [Keys.DUE, Keys.BORROWED, *map(Keys.waiting, lines)]
        self._ledger.run("offer", keys, [allocation_id])


def _check(answer: str, claim: Claim) -> None:
    if answer != "HELD":
        raise LeaseLost(f"the claim of {claim.key} was {answer.lower()} while a step worked on it")
