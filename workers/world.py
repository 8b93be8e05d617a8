"""All that a step may use, passed in as one value, so that a test can pass its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eip.decide import Scope
from eip.names import Action
from eip.store.handover import Handover
from eip.store.ledger import Held, Ledger
from eip.store.quota import Quota
from eip.store.workqueue import WorkQueue
from workers.aws.interface import InterfaceFinder
from workers.budget import Budget
from workers.ours import Identity
from workers.ports import Ec2, Kubernetes
from workers.tell import Teller


def unlimited(_: str) -> int:
    """A namespace may have any number of addresses."""
    return 0


@dataclass(frozen=True, slots=True)
class World:
    """EC2, Kubernetes, the ledger, and what belongs to them."""

    ec2: Ec2
    kubernetes: Kubernetes
    ledger: Ledger
    queue: WorkQueue
    handover: Handover
    budget: Budget
    quota: Quota
    finder: InterfaceFinder
    teller: Teller
    scope: Scope
    identity: Identity
    external_dns: tuple[str, ...] = ()
    limit_of: Callable[[str], int] = field(default=unlimited)


@dataclass(slots=True)
class Job:
    """One step at work: the claim that it holds, the world, and whom to tell that it waits no longer."""

    held: Held
    world: World
    served: Callable[[], None]

    def token(self, action: Action, *, interface_id: str = "") -> None:
        """Wait for a rate token, then make sure of the lease: the confirming read and the call come next.

        Raises:
            TryLater: the wait would be too long.
            LeaseLost: the claim changed or is another's; the token was given back.

        """
        self.world.budget.acquire(action, self.held, self.served)
        self.renew(action, interface_id=interface_id)

    def renew(self, action: Action | None = None, *, intent: bool = False, interface_id: str = "") -> None:
        """Renew the lease, and note an intent or where an address goes.

        A token for `action` is given back if that fails.

        Raises:
            LeaseLost: the claim changed or is another's.
            NamespaceFull: the claim's namespace has as many addresses as it may have.

        """
        limit = self.world.limit_of(self.held.claim.namespace) if intent else 0
        try:
            self.held = self.world.ledger.renew(
                self.held, intent=intent, limit=limit, interface_id=interface_id
            )
        except Exception:
            if action:
                self.world.budget.refund(action)
            raise
