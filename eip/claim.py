"""One pod's claim on an address: what is desired, what EC2 has, what the pod says; and the next step.

`next_step` is the only place that knows what follows what:

| desired          | what is there                                 | next step |
|------------------|-----------------------------------------------|-----------|
| any, no doubt    | a second address for the same pod             | release   |
| serve            | on another IP than the pod's                  | release   |
| serve            | an address whose tags name another pod        | allocate  |
| serve            | the same, and it cannot be found or tagged    | release   |
| serve            | no address, not ending                        | allocate  |
| serve            | an address without association, not ending    | associate |
| serve            | an association that is contested              | associate |
| serve, ending    | maybe a lent address on its IP                | allocate  |
| serve, ending    | no association, but maybe one, or lent        | release   |
| serve            | served, and the pod does not say so           | annotate  |
| serve            | served, and its tags say something else       | allocate  |
| serve            | all of it right, but the reverse DNS record   | annotate  |
| hold             | an association, or maybe one                  | release   |
| hold, ending     | a lent address                                | release   |
| release          | an address aside that the pod still names     | annotate  |
| release, unknown | an address, an intent, or a look-up to do     | release   |
| any but unknown  | the pod says something else than is true      | annotate  |
| any              | nothing of this                               | none      |
"""

import msgspec

from eip import names
from eip.decide import Desired
from eip.names import Step
from eip.request import Request
from eip.reverse_dns import DomainState, is_owed

PATIENCE = 5
"""Tries to write on a pod that its address is gone before the address is given back all the same."""

NOTHING_WRITTEN = "|||"
NOT_READY_WRITTEN = "|||False"


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is known of one pod's address; times are Redis' own, in milliseconds.

    `written` is what the pod said when it was last seen, in the form of `expected_writing`.
    `contested` says that EC2 must be asked what is associated: it refused an association because something
    is already, or did not answer, or whoever worked on the claim died. `attempted_interface_id` is where the
    last AssociateAddress was to put it, noted before the call.
    `wanted_at` is since when the pod has had its IP without the address on it, `freed_at` since when the
    address has been on an IP that the pod no longer has; the script that writes the claim sets both.
    `doubles` are allocation ids of addresses that carry this pod's uid beside the one in use.
    `lent` says that the address is an admin's, `retag` that its tags name the pod that had it before,
    `tagged_keep` for how long it stays by its tags, `idle_since` since when it is kept for the next pod.
    `reverse_dns` is the name that is asked for, `domain_name` the one that EC2 was asked for last, at
    `domain_at`, and `domain_tries` how often that was in vain.
    """

    uid: str
    namespace: str = ""
    name: str = ""

    desired: Desired = Desired.UNKNOWN
    rule: str = ""
    reason: str = ""
    warn: bool = False
    terminating: bool = False
    pod_ip: str = ""
    node: str = ""
    host_ip: str = ""
    eni_hint: str = ""
    resource_version: int = 0
    look_up: bool = False

    request_address: str = ""
    pool: str = ""
    public_ipv4_pool: str = ""
    keep: int = 0
    reverse_dns: str = ""

    written: str = ""
    last_written: str = ""
    written_at: int = 0

    allocation_id: str = ""
    public_ip: str = ""
    association_id: str = ""
    associated_ip: str = ""
    interface_id: str = ""
    attempted_interface_id: str = ""
    allocated_at: int = 0
    changed_at: int = 0
    wanted_at: int = 0
    freed_at: int = 0
    contested: bool = False
    doubles: str = ""
    lent: bool = False
    retag: bool = False
    tagged_keep: int = 0
    idle_since: int = 0

    domain_name: str = ""
    domain_state: DomainState = DomainState.NONE
    domain_at: int = 0
    domain_tries: int = 0

    intent_at: int = 0
    intent_by: str = ""
    intent_looks: int = 0
    looked_at: int = 0

    attempts: int = 0
    error: str = ""
    message: str = ""

    version: int = 0
    sequence: int = 0
    lease_token: str = ""
    lease_until: int = 0

    @property
    def key(self) -> str:
        """`namespace/name`, as people write it."""
        return f"{self.namespace}/{self.name}"

    @property
    def is_node(self) -> bool:
        """Whether the address is a node's: see eip.node."""
        return self.namespace == names.NODES

    @property
    def serving(self) -> bool:
        """Whether the address reaches the pod as it is desired."""
        return (
            self.desired is Desired.SERVE
            and bool(self.association_id)
            and bool(self.pod_ip)
            and self.associated_ip == self.pod_ip
        )

    @property
    def is_in_doubt(self) -> bool:
        """Whether a call may have associated its address of which nobody knows how it ended."""
        return bool(self.allocation_id) and self.contested

    @property
    def is_spare(self) -> bool:
        """Whether a lent address will be on no IP of its pod's any more, for that is ending."""
        return self.lent and self.terminating and not self.association_id

    @property
    def request(self) -> Request:
        """What the pod's author asked for."""
        return Request(
            address=self.request_address,
            pool=self.pool,
            keep=self.keep,
            public_ipv4_pool=self.public_ipv4_pool,
            reverse_dns=self.reverse_dns,
        )

    @property
    def owes_tags(self) -> bool:
        """Whether the tags of its address must be written again; those of a lent one are the admin's."""
        return bool(self.allocation_id) and not self.lent and (self.retag or self.keep != self.tagged_keep)

    @property
    def owes_name(self) -> bool:
        """Whether the reverse DNS record of its address is not what it is to be; nothing waits for it."""
        lasting = self.serving and not self.terminating and not self.lent
        return lasting and is_owed(self.reverse_dns, self.domain_name, self.domain_state)

    @property
    def owes_double(self) -> bool:
        """Whether a second address goes first; its own may be on an IP that is another's soon."""
        return bool(self.doubles) and not self.is_in_doubt

    @property
    def extra(self) -> tuple[str, ...]:
        """The doubles' allocation ids."""
        return tuple(self.doubles.split(",")) if self.doubles else ()


def expected_writing(claim: Claim) -> str:
    """What the pod should say: public IP, allocation id, external-dns target and the condition."""
    if claim.serving:
        return f"{claim.public_ip}|{claim.allocation_id}|{claim.public_ip}|True"
    return NOT_READY_WRITTEN


def writing_is_right(claim: Claim) -> bool:
    """Whether the pod says what is true; a pod that never had an address need not say so."""
    if claim.serving or claim.warn:
        return claim.written == expected_writing(claim)
    return claim.written in ("", NOTHING_WRITTEN, NOT_READY_WRITTEN)


def next_step(claim: Claim) -> Step | None:
    """The one step that brings what is there closer to what is desired, or None."""
    if claim.owes_double:
        return Step.RELEASE
    step = _address_step(claim)
    to_write = claim.desired is not Desired.UNKNOWN and not writing_is_right(claim)
    if to_write and (step is None or _is_aside(claim, step) or _is_only_to_be_tagged(claim, step)):
        return Step.ANNOTATE
    return Step.ANNOTATE if step is None and claim.owes_name else step


def _is_aside(claim: Claim, step: Step) -> bool:
    """Whether its address is on no IP and waits until the pod names it no more.

    Once it is given back nothing but Redis knows what the pod says, and nobody lists pods without the label.
    But neither an API server that takes nothing nor somebody who undoes it may keep what costs money.
    """
    free = step is Step.RELEASE and not claim.association_id and not claim.is_in_doubt
    return free and _may_be_written(claim)


def _is_only_to_be_tagged(claim: Claim, step: Step) -> bool:
    """Whether its address serves it, and to be tagged can wait until the pod says so: EC2 may refuse that."""
    return step is Step.ALLOCATE and claim.serving and _may_be_written(claim)


def _may_be_written(claim: Claim) -> bool:
    return claim.attempts < PATIENCE and claim.last_written != expected_writing(claim)


def _address_step(claim: Claim) -> Step | None:
    match claim.desired:
        case Desired.SERVE:
            return _serve_step(claim)
        case Desired.HOLD:
            return Step.RELEASE if claim.association_id or claim.is_in_doubt or claim.is_spare else None
        case _:
            owed = claim.allocation_id or claim.intent_at or claim.look_up
            return Step.RELEASE if owed else None


def _serve_step(claim: Claim) -> Step | None:
    if claim.association_id and claim.associated_ip != claim.pod_ip:
        # Another pod may have that IP by now.
        return Step.RELEASE
    if claim.retag and not claim.lent:
        # By its tags it is another pod's: whoever finds it so would take it away from this one. But it may be
        # on that pod's IP, and that does not wait for a tag.
        hidden = claim.is_in_doubt and not claim.association_id
        return Step.RELEASE if hidden else Step.ALLOCATE
    if claim.association_id and claim.contested:
        return Step.ASSOCIATE
    if claim.association_id:
        return Step.ALLOCATE if claim.owes_tags else None
    if claim.terminating:
        return _ending_step(claim)
    return Step.ASSOCIATE if claim.allocation_id else Step.ALLOCATE


def _ending_step(claim: Claim) -> Step | None:
    if claim.look_up and not claim.allocation_id:
        return Step.ALLOCATE
    return Step.RELEASE if claim.is_in_doubt or claim.is_spare else None


def is_over(claim: Claim) -> bool:
    """Whether nothing is left to do or to remember for this pod."""
    return claim.desired in (Desired.RELEASE, Desired.UNKNOWN) and next_step(claim) is None


def without_association(claim: Claim) -> Claim:
    """The claim once its address is on no IP of its pod's."""
    return changed(claim, association_id="", associated_ip="", interface_id="")


def without_address(claim: Claim) -> Claim:
    """The claim once its address is known to exist no longer."""
    return changed(
        without_name(without_doubt(without_association(claim))),
        allocation_id="",
        public_ip="",
        attempted_interface_id="",
        allocated_at=0,
        lent=False,
        retag=False,
        tagged_keep=0,
        idle_since=0,
    )


def in_doubt(claim: Claim, now: int) -> Claim:
    """The claim when EC2 may show late, at the time `now`, what its address is associated with."""
    return changed(claim, contested=True, intent_looks=0, looked_at=now)


def without_doubt(claim: Claim) -> Claim:
    """The claim once it is known what its address is associated with."""
    return changed(claim, contested=False, intent_looks=0, looked_at=0)


def without_name(claim: Claim, state: DomainState = DomainState.NONE, at: int = 0) -> Claim:
    """The claim once its address is known to have no reverse DNS record."""
    return changed(claim, domain_name="", domain_state=state, domain_at=at, domain_tries=0)


def changed(claim: Claim, **fields: object) -> Claim:
    """The claim with some fields replaced."""
    return msgspec.structs.replace(claim, **fields)
