"""The sweep: reads EC2, then the claims, then Kubernetes, and mends what differs.

EC2 comes first: a pod that appears after it only looks as if it had no address, and is left to its own step.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial

import structlog

from eip import names
from eip.claim import Claim, in_doubt, without_address
from eip.decide import EventType, decide
from eip.errors import EipError
from eip.observe import left, observe
from eip.pod import Pod
from eip.writing import seen_on
from workers.observing.sweeps import sweeping
from workers.ports import Address
from workers.shown import with_association
from workers.sweep.changes import if_settled, is_looked_after, taken, unless_retagged
from workers.sweep.lists import PodLists
from workers.sweep.plan import Plan, Snapshot, plan
from workers.sweep.stray import stray
from workers.sweep.unlabelled import clear_unlabelled
from workers.world import World

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Sweeps over one world; `orphan_age` is in seconds, `reads_nodes` says whether nodes may be listed."""

    world: World
    lists: PodLists
    orphan_age: float
    reads_nodes: bool = False

    def sweep(self, asked_at: int | None = None) -> str:
        """One sweep; answers what it did, in words.

        One that was asked for (ms) before another began is not made: they pile up while no worker runs.
        """
        try:
            if asked_at is not None and not self.world.ledger.begin_sweep(asked_at):
                return "another has begun since this was asked for"
            with sweeping():
                return self._sweep()
        except EipError as error:
            log.warning("sweep put off: what is not known is not touched", error=str(error))
            return f"put off: {error}"

    def _sweep(self) -> str:
        snapshot = self._snapshot()
        todo = plan(snapshot, self.world.identity, self.world.scope, int(self.orphan_age * 1000))
        self._mend(todo, snapshot)
        clear_unlabelled(self.world, self.lists)
        done = _in_words(todo, snapshot)
        log.info("sweep", note=done)
        return done

    def refill(self) -> None:
        """Fill the claims from EC2 after Redis lost its data, so that nothing is allocated twice.

        Raises:
            EpochChanged: Redis lost its data once more meanwhile, whichever thread of ours saw it first.

        """
        epoch = self.world.ledger.open_epoch().name
        now = self.world.ledger.now()
        addresses = self.world.ec2.addresses_of_cluster()
        snapshot = Snapshot(now, tuple(addresses), {}, _everyone(addresses), {})
        todo = plan(snapshot, self.world.identity, self.world.scope, 0)
        self._leave_to_the_next(addresses)
        for uid, owned in todo.adopt.items():
            ended = partial(self._ended_once_filled, uid)
            self.world.queue.update(uid, taken(uid, owned, now, ended), ensure=True)
        # Whom a lent address was for is forgotten: one that no pod asks for has been astray since now.
        self.world.ledger.suspect(todo.suspects)
        self.world.ledger.mark("refilled", epoch)
        log.info("claims filled from EC2", addresses=len(addresses))

    def _ended_once_filled(self, uid: str) -> bool:
        """Whether a claim ended after another worker filled it in; before, it ended without its address."""
        ledger = self.world.ledger
        return ledger.tombstoned(uid) and ledger.open_epoch().refilled

    def _leave_to_the_next(self, addresses: Sequence[Address]) -> None:
        """A Redis that failed over may have forgotten that a kept address is the next pod's by now."""
        ledger = self.world.ledger
        owners = {a.allocation_id: a.tags.get(names.POD_UID_TAG, "") for a in addresses}
        for uid, claim in ledger.claims(sorted(ledger.uids())).items():
            if claim.tagged_keep and owners.get(claim.allocation_id, uid) != uid:
                self.world.queue.update(uid, partial(unless_retagged, claim.allocation_id))

    def _snapshot(self) -> Snapshot:
        ledger = self.world.ledger
        taken_at = ledger.now()
        addresses = tuple(self.world.ec2.addresses_of_cluster())
        claims = ledger.claims(sorted(ledger.uids()))
        addresses += self._lent_no_longer(addresses, claims)
        pods = {pod.uid: pod for pod in self._pods()}
        return Snapshot(taken_at, addresses, claims, pods, ledger.suspects())

    def _lent_no_longer(self, shown: Sequence[Address], claims: Mapping[str, Claim]) -> tuple[Address, ...]:
        """Addresses that pods have, and that are not shown: an admin took the tag `lend` away."""
        known = {address.allocation_id for address in shown}
        missing = sorted({c.allocation_id for c in claims.values() if c.lent and c.allocation_id} - known)
        return tuple(found for one in missing if (found := self.world.ec2.address(one)) is not None)

    def _pods(self) -> Iterator[Pod]:
        for namespace, selector in self.world.scope.sources:
            for page in self.lists.list_pods(selector, namespace):
                yield from filter(self.world.scope.is_managed, page.items)

    def _mend(self, todo: Plan, snapshot: Snapshot) -> None:
        self._mend_claims(todo, snapshot)
        queue = self.world.queue
        waiting = self.world.ledger.waiting()
        for pod in snapshot.pods.values():
            self._observe(pod, snapshot.claims.get(pod.uid), waiting)
        for uid in snapshot.claims.keys() - snapshot.pods.keys():
            if not is_looked_after(snapshot.claims[uid], waiting):
                queue.update(uid, lambda claim: claim, ensure=True)
        for address in todo.free:
            pool = address.tags.get(names.POOL_TAG, "")
            self.world.handover.offer(address.allocation_id, address.public_ip, pool)
        self.world.ledger.suspect(todo.suspects)
        for allocation_id, why in todo.reports.items():
            log.warning("address left alone", allocation_id=allocation_id, reason=why)
        self._take_strays(todo.strays, snapshot)

    def _mend_claims(self, todo: Plan, snapshot: Snapshot) -> None:
        """Put on the claims what EC2 shows, unless they have changed since."""
        queue = self.world.queue
        for uid, owned in todo.adopt.items():
            change = taken(uid, owned, snapshot.taken_at, partial(snapshot.claims.__contains__, uid))
            queue.update(uid, change, ensure=True)
        for uid, address in todo.shown.items():
            queue.update(uid, if_settled(partial(with_association, address=address), snapshot.taken_at))
        for uid in todo.doubted:
            queue.update(uid, if_settled(partial(in_doubt, now=snapshot.taken_at), snapshot.taken_at))
        for uid in todo.lost:
            queue.update(uid, if_settled(without_address, snapshot.taken_at))
        for uid in todo.left:
            queue.update(uid, left)

    def _take_strays(self, strays: Sequence[Address], snapshot: Snapshot) -> None:
        """Take lent addresses off our own nodes' interfaces where no claim remembers them.

        One on another interface is an admin's business, or another cluster's.
        """
        if not strays or not self.reads_nodes:
            return
        nodes = {provider_id.rpartition("/")[2] for provider_id in self.lists.provider_ids()} - {""}
        for address in strays:
            interface = self.world.ec2.interface(address.interface_id)
            if interface is not None and interface.instance_id in nodes:
                claim = stray(address, snapshot.taken_at)
                self.world.queue.add(claim)

    def _observe(self, pod: Pod, known: Claim | None, waiting: AbstractSet[str]) -> None:
        """Nothing is asked of Redis for a pod that is as its claim says: most of thousands are."""
        decision = decide(EventType.READ, pod, self.world.scope)
        written = seen_on(pod, self.world.external_dns)

        def change(claim: Claim | None) -> Claim | None:
            return observe(claim, EventType.READ, pod, decision, written)

        if known is None or change(known) is not known or not is_looked_after(known, waiting):
            self.world.queue.update(pod.uid, change, ensure=True)


def _everyone(addresses: Sequence[Address]) -> dict[str, Pod]:
    """Every pod that an address names, as if it were there: a refill suspects nobody."""
    return {address.tags.get(names.POD_UID_TAG, ""): Pod() for address in addresses}


def _in_words(todo: Plan, snapshot: Snapshot) -> str:
    return (
        f"{len(snapshot.addresses)} addresses, {len(snapshot.pods)} pods: {len(todo.adopt)} adopted, "
        f"{len(todo.lost)} lost, {len(todo.left)} left, {len(todo.suspects)} suspected, "
        f"{len(todo.reports)} of others"
    )
