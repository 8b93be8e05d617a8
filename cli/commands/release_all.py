"""Gives back every address of this installation, by an admin's word, while the operator is stopped.

For each pod: what it says of its address is taken back, so that external-dns publishes no IP that will soon
be a stranger's; then the address leaves the pod's IP; and when EC2 shows no association, it is released.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli.reach.connections import Ec2, Kubernetes
from cli.reach.operating import Time
from eip import names
from eip.claim import Claim
from eip.decide import Desired, Scope
from eip.errors import Ec2Error, KubernetesError, SettingsError
from eip.names import Action
from eip.writing import annotations_of, condition_of
from workers.aws.codes import Verdict, verdict
from workers.ours import Identity, whose
from workers.ports import Address

if TYPE_CHECKING:
    from eip.store.limiter import Rate

NAMED = "InvalidAddress.PtrSet"
"""What EC2 says to a release while the address has a reverse DNS record."""

ROUNDS = 10
"""Looks at EC2 until it shows no association any more; its answers lag by seconds."""

BETWEEN_ROUNDS = 2.0
THROTTLED_SECONDS = 1.0
TRIES = 5


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one address; `error` says why it is still there."""

    address: Address
    error: str = ""


@dataclass(slots=True)
class Pace:
    """No more calls of an action than EC2's bucket has tokens for; `spent` counts them."""

    clock: Time
    rates: "dict[str, Rate]"
    spent: dict[str, int] = field(default_factory=dict)

    def wait(self, action: Action) -> None:
        """Let the time pass that this call needs: none within the burst, then one interval each."""
        self.spent[action] = self.spent.get(action, 0) + 1
        if self.spent[action] > self.rates[action].burst:
            self.clock.sleep(1 / self.rates[action].rate)


def releasable(
    addresses: Sequence[Address], identity: Identity, scope: Scope, *, kept: bool
) -> list[Address]:
    """The addresses that this very installation allocated; those that are kept for a name only if asked."""
    ours = [address for address in addresses if not whose(address, identity, scope)]
    mine = [address for address in ours if names.LEND_TAG not in address.tags]
    return [address for address in mine if kept or names.KEEP_TAG not in address.tags]


@dataclass(frozen=True, slots=True)
class Giver:
    """Gives addresses back; `sure` is whether a pod that can't be told keeps its address."""

    ec2: Ec2
    kubernetes: Callable[[], Kubernetes]
    external_dns: Sequence[str]
    pace: Pace
    sure: bool = True

    def give_back(self, addresses: Sequence[Address]) -> Iterator[Result]:
        """The result of each address, as soon as there is one."""
        left: dict[str, Address] = {}
        for address in addresses:
            error = self._silence(address) or self._take_off(address)
            if error:
                yield Result(address, error)
            else:
                left[address.allocation_id] = address
        for _ in range(ROUNDS):
            shown = {address.allocation_id: address for address in self.ec2.addresses_of_cluster()}
            for address in [address for address in left.values() if _is_free(address, shown)]:
                yield Result(address, self._release(address))
                del left[address.allocation_id]
            if not left:
                return
            self.pace.clock.sleep(BETWEEN_ROUNDS)
        yield from (Result(address, "EC2 shows it associated still") for address in left.values())

    def _silence(self, address: Address) -> str:
        claim = _nobodys(address)
        try:
            self.kubernetes().patch_pod_status(
                claim.namespace,
                claim.name,
                claim.uid,
                annotations_of(claim, self.external_dns),
                condition_of(claim),
            )
        except (KubernetesError, SettingsError) as error:
            return f"what the pod {claim.key} says of it can't be taken back: {error}" if self.sure else ""
        return ""

    def _take_off(self, address: Address) -> str:
        if not address.association_id:
            return ""
        return self._called(Action.DISASSOCIATE, lambda: self.ec2.disassociate(address.association_id))

    def _release(self, address: Address) -> str:
        said = self._called(Action.RELEASE, lambda: self.ec2.release(address.allocation_id))
        if NAMED not in said:
            return said
        reset = self._called(
            Action.RESET_ATTRIBUTE, lambda: self.ec2.reset_reverse_dns(address.allocation_id)
        )
        return reset or self._called(Action.RELEASE, lambda: self.ec2.release(address.allocation_id))

    def _called(self, action: Action, call: Callable[[], None]) -> str:
        """The error of a call, in words; what is gone already is none."""
        said = ""
        for _ in range(TRIES):
            self.pace.wait(action)
            try:
                call()
            except Ec2Error as error:
                said, judged = f"{action} said {error}", verdict(error).verdict
            else:
                return ""
            if judged is Verdict.GONE:
                return ""
            if judged is not Verdict.THROTTLED:
                return said
            self.pace.clock.sleep(THROTTLED_SECONDS)
        return said


def _is_free(address: Address, shown: dict[str, Address]) -> bool:
    """Whether EC2 shows no association; one that it does not show at all is asked for by its id."""
    known = shown.get(address.allocation_id)
    return known is None or not known.association_id


def _nobodys(address: Address) -> Claim:
    """The claim of the address' pod once it has none: what is to be written on the pod follows from it."""
    tags = address.tags
    return Claim(
        uid=tags[names.POD_UID_TAG],
        namespace=tags[names.NAMESPACE_TAG],
        name=tags[names.POD_NAME_TAG],
        desired=Desired.RELEASE,
        reason="an admin gave back all addresses of the cluster",
    )
