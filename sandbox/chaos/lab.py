"""What a measurement works with: a cluster, the operator on it, and ways to wait and to time it."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from eip.claim import Claim
from eip.names import POD_UID_TAG, PUBLIC_IP_ANNOTATION
from eip.store.ledger import Ledger
from sandbox.chaos.cluster import Cluster, opened
from sandbox.chaos.inject import Injector
from sandbox.chaos.operator import PRODUCERS, WORKERS, Operator
from sandbox.chaos.recorder import Recorder
from sandbox.stack import Shape, Stack

PATIENCE = 180.0
POLL = 0.1


class NeverCameError(Exception):
    """What was waited for did not come; the message says what it was."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a measurement needs; `real` False stays on the double, whose API can be slowed down."""

    shape: Shape = field(default_factory=lambda: Shape(nodes=2, ips_per_node=64))
    producers: tuple[str, ...] = PRODUCERS[:1]
    workers: tuple[str, ...] = WORKERS
    real: bool | None = False


@dataclass(frozen=True)
class Lab:
    """A running operator; times are in seconds."""

    cluster: Cluster
    operator: Operator
    recorder: Recorder
    injector: Injector

    @property
    def stack(self) -> Stack:
        """The stack."""
        return self.cluster.stack

    def say(self, text: str) -> None:
        """Print a line."""
        print(f"  {text}", flush=True)

    def until(self, holds: Callable[[], object], what: str, since: float | None = None) -> float:
        """Wait; the seconds that it took since the monotonic time `since`, or since it was asked."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() > began + PATIENCE:
                raise NeverCameError(f"not within {PATIENCE:.0f} s: {what}")
            time.sleep(POLL)
        return time.monotonic() - (began if since is None else since)

    def until_each(self, goals: Mapping[str, Callable[[], object]], since: float) -> list[float]:
        """Wait for all of them at once; the seconds that each took since the monotonic time `since`."""
        took: dict[str, float] = {}

        def all_hold() -> bool:
            for what in goals.keys() - took.keys():
                if goals[what]():
                    took[what] = time.monotonic() - since
            return len(took) == len(goals)

        self.until(all_hold, " and ".join(goals))
        return [took[what] for what in goals]

    def create(self, prefix: str, count: int) -> list[str]:
        """Create labelled pods; their names."""
        made = [f"{prefix}-{number:05}" for number in range(count)]
        for name in made:
            self.stack.create_pod(name)
        return made

    def delete(self, pods: Iterable[str]) -> None:
        """Delete pods."""
        for name in pods:
            self.stack.delete_pod(name)

    def serve(self, prefix: str, count: int) -> list[str]:
        """Create labelled pods and wait until they are served."""
        made = self.create(prefix, count)
        self.until(lambda: self.served(made) == count, f"{count} pods served")
        return made

    def served(self, pods: Iterable[str]) -> int:
        """How many of these pods have one address, on their IP, and say so."""
        wanted = set(pods)
        addresses = {a.tags.get(POD_UID_TAG): a for a in self.stack.ec2.addresses()}
        found = [pod for pod in self.stack.pods() if pod["metadata"]["name"] in wanted]
        count = 0
        for pod in found:
            address = addresses.get(pod["metadata"]["uid"])
            says = (pod["metadata"].get("annotations") or {}).get(PUBLIC_IP_ANNOTATION)
            if address and address.private_ip == pod["status"].get("podIP") and says == address.public_ip:
                count += 1
        return count

    def claims(self) -> dict[str, Claim]:
        """All claims, by uid."""
        with self.stack.redis_client() as client:
            ledger = Ledger(client)
            return ledger.claims(sorted(ledger.uids()))

    def leased(self) -> dict[str, Claim]:
        """The claims that a worker holds at present."""
        with self.stack.redis_client() as client:
            now = Ledger(client).now()
        return {uid: claim for uid, claim in self.claims().items() if claim.lease_until > now}

    def mutations(self) -> str:
        """The calls that changed something in EC2 since the last reset of the log, and the Describes."""
        counts = {action: sum(ends.values()) for action, ends in self.stack.ec2.calls().counts.items()}
        return ", ".join(f"{action} {count}" for action, count in sorted(counts.items())) or "none"


@contextmanager
def lab(setting: Setting) -> Iterator[Lab]:
    """A lab in which the operator runs and is ready."""
    with ExitStack() as opened_:
        cluster = opened_.enter_context(opened(setting.shape, real=setting.real))
        operator = Operator(cluster.stack, producers=setting.producers, workers=setting.workers)
        opened_.callback(operator.kill)
        operator.start()
        recorder = opened_.enter_context(Recorder(cluster.stack))
        yield Lab(cluster, operator, recorder, Injector(cluster, operator, seed=1))
