"""One AWS account in one region: what a call goes through, from throttling to the log."""

import re
import threading
from dataclasses import dataclass

from moto.core.exceptions import ServiceException

from eip.clock import Clock
from sandbox.ec2 import fallback, wire
from sandbox.ec2.actions import Actions
from sandbox.ec2.addresses import AddressBook, Target
from sandbox.ec2.buckets import Buckets, bucket_name
from sandbox.ec2.calls import CallLog, ids_of
from sandbox.ec2.errors import Ec2Error, invalid_value, request_limit_exceeded
from sandbox.ec2.faults import Faults, Strike
from sandbox.ec2.messages import AddressSnapshot, Call, FaultKind, Settings
from sandbox.ec2.network import VpcNetwork
from sandbox.ec2.pools import Pools
from sandbox.ec2.reverse_dns import ReverseDns
from sandbox.ec2.visibility import LONGEST_LAG

LOST_REPLY = "lost-reply"
ERROR_CODE = re.compile(rb"<Errors><Error><Code>([^<]+)")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it travels; a lost one is never sent."""

    status: int
    body: bytes
    lost: bool = False


@dataclass(slots=True)
class _Outcome:
    status: int
    body: bytes
    name: str
    answered: wire.Fields


class Account:
    """Answers EC2 calls; many threads may call at once."""

    def __init__(self, clock: Clock, region: str = "us-east-1", settings: Settings | None = None) -> None:
        self._clock = clock
        self._region = region
        self.lock = threading.RLock()
        self.calls = CallLog()
        self.faults = Faults()
        self.reset(settings or Settings())

    def reset(self, settings: Settings) -> None:
        """Start again as a new account: no addresses, no pools, only the default VPC, no faults, no log."""
        self.network = VpcNetwork(self._region)
        self.addresses = AddressBook(self._clock.now)
        self.pools = Pools()
        self.reverse_dns = ReverseDns(self._clock.now)
        self.buckets = Buckets()
        self.faults.clear()
        self.calls.reset()
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Change how the account behaves from the next call on."""
        if not 0 <= settings.lag <= LONGEST_LAG:
            raise invalid_value("lag", str(settings.lag), f"It must be 0 to {LONGEST_LAG:.0f} seconds.")
        self.settings = settings
        self._actions = Actions(
            self.network, self.addresses, self.pools, self.reverse_dns, self._clock.now, settings.seed
        )

    def call(self, body: bytes) -> Reply:
        """Answer one request of the query protocol."""
        began = self._clock.now()
        params = wire.parse(body)
        action = params.get("Action", "")
        with self.lock:
            strike = self.faults.strike(action)
        self._hang(strike, FaultKind.HANG_BEFORE)
        outcome = self._answer(action, params, body, strike)
        self._hang(strike, FaultKind.HANG_AFTER)
        name = LOST_REPLY if strike.loses_reply else outcome.name
        latency = self._clock.now() - began
        with self.lock:
            self.calls.add(Call(began, action, name, ids_of(params, outcome.answered), latency))
        return Reply(outcome.status, outcome.body, lost=strike.loses_reply)

    def snapshot(self) -> list[AddressSnapshot]:
        """All addresses as they are."""
        snapshots = []
        for address in self.addresses.current.values():
            association = address.association
            snapshots.append(
                AddressSnapshot(
                    allocation_id=address.allocation_id,
                    public_ip=address.public_ip,
                    allocated_at=address.allocated_at,
                    tags=dict(address.tags),
                    association_id=association.id if association else "",
                    interface_id=association.target.interface_id if association else "",
                    private_ip=association.target.private_ip if association else "",
                    ptr_record=self.reverse_dns.of(address).name,
                )
            )
        return snapshots

    def settle(self) -> None:
        """After interfaces may have gone: take the addresses off them."""
        self.network.drop_terminated()
        self.addresses.disassociate_lost(self._exists)

    def _exists(self, target: Target) -> bool:
        interface = self.network.interfaces.get(target.interface_id)
        return interface is not None and self.network.carries(interface, target.private_ip)

    def _hang(self, strike: Strike, kind: FaultKind) -> None:
        if seconds := strike.seconds(kind):
            self._clock.sleep(seconds)

    def _answer(self, action: str, params: wire.Params, body: bytes, strike: Strike) -> _Outcome:
        try:
            with self.lock:
                return self._perform(action, params, body, strike)
        except ServiceException as error:
            return _refused(Ec2Error(error.code, error.message))
        except Ec2Error as error:
            return _refused(error)

    def _perform(self, action: str, params: wire.Params, body: bytes, strike: Strike) -> _Outcome:
        if not self.buckets.take(bucket_name(action, params), self.settings, self._clock.now()):
            raise request_limit_exceeded()
        if error := strike.error(FaultKind.REFUSE):
            raise error
        outcome = self._own(action, params) or self._moto(action, body)
        if error := strike.error(FaultKind.FAIL_AFTER):
            raise error
        return outcome

    def _own(self, action: str, params: wire.Params) -> _Outcome | None:
        perform = self._actions.table.get(action)
        if not perform:
            return None
        fields = perform(params, self.settings)
        return _Outcome(200, wire.answer(action, fields), "ok", fields)

    def _moto(self, action: str, body: bytes) -> _Outcome:
        status, text = fallback.answer(self.network.backend, action, body)
        if not action.startswith("Describe"):
            self.settle()
        code = ERROR_CODE.search(text)
        return _Outcome(status, text, code.group(1).decode() if code else "ok", {})


def _refused(error: Ec2Error) -> _Outcome:
    return _Outcome(error.status, wire.refusal(error), error.code, {})
