"""Make room: what sits on the pod's IP already.

It is looked for once EC2 has refused an association because of it, or when nobody knows how one ended.
"""

from eip import names
from eip.claim import changed
from eip.errors import Ec2Error
from eip.names import Action
from workers.aws.codes import Verdict, verdict
from workers.confirm import confirm_to_associate
from workers.failure import failed
from workers.ours import is_lent_to, is_ours
from workers.outcome import Again, Done, Failed, Outcome
from workers.ports import Address
from workers.shown import located
from workers.steps.doubles import swapped
from workers.steps.locate import moved
from workers.world import Job


def make_room(job: Job, own: Address | None, interface_id: str) -> Outcome | None:
    """Look, and take off what is ours; None once nothing is in the way of AssociateAddress.

    `own` is the pod's address as EC2 shows it, on the pod's IP or on none.
    """
    job.renew()
    claim, now = job.held.claim, job.held.now
    shown = job.world.ec2.addresses_at(claim.pod_ip)
    there = next((a for a in shown if a.interface_id == interface_id), None)
    here = there if there is not None and there.allocation_id == claim.allocation_id else own
    if here is not None and here.association_id:
        # Another worker may have found another interface, and the newer one.
        if here.interface_id in {interface_id, claim.attempted_interface_id}:
            return Done("already associated", lambda c: located(c, here, now))
        return moved(job, here) if claim.lent else _take_off(job, here)
    return None if there is None else _leave_or_take_off(job, there)


def _leave_or_take_off(job: Job, there: Address) -> Outcome:
    claim, now, world = job.held.claim, job.held.now, job.world
    mine = is_ours(there, world.identity, world.scope)
    if mine and not claim.lent and there.tags.get(names.POD_UID_TAG) == claim.uid:
        # It serves the pod: what connects by it must not be cut off for one that nobody knows yet.
        return Done("has an address already", lambda c: swapped(c, there, now))
    if mine or is_lent_to(there, world.identity, claim.namespace, claim.name):
        return _take_off(job, there)
    return Failed(
        "ForeignAddress",
        f"{there.public_ip} is associated with {claim.pod_ip} and is not ours",
        f"{claim.pod_ip} has the address {there.public_ip}, which this operator did not allocate and will "
        "not touch. The pod gets its own address once that one is disassociated.",
        slow=True,
    )


def _take_off(job: Job, address: Address) -> Outcome:
    """Disassociate what is in the way: that the pod has this IP says that no other needs it there.

    EC2 may go on showing it for seconds, so that the next step does not look, and is refused if it is wrong.
    """
    job.token(Action.DISASSOCIATE)
    now = job.held.now
    confirmed = confirm_to_associate(job, Action.DISASSOCIATE)
    if isinstance(confirmed, Done):
        return confirmed
    try:
        job.world.ec2.disassociate(address.association_id)
    except Ec2Error as error:
        if verdict(error).verdict is not Verdict.GONE:
            return failed(error)
        return Again(
            2.0,
            f"EC2 says {error.code}, and shows the association still",
            lambda c: changed(confirmed(c), looked_at=now),
        )
    return Done(
        f"disassociated {address.public_ip} from {address.private_ip}",
        lambda c: changed(confirmed(c), looked_at=now),
    )
