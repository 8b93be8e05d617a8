"""A worker's world for tests: a real Redis, EC2 and Kubernetes in memory, and time that passes on demand."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import redis

from eip.claim import Claim
from eip.decide import EventType, Scope, decide
from eip.names import EVENTS_BUCKET, EXTERNAL_DNS_ANNOTATIONS, Action, Queue, Step
from eip.observe import observe
from eip.pod import Pod
from eip.store.handover import Handover
from eip.store.keys import Keys
from eip.store.ledger import Held, Ledger
from eip.store.limiter import Limiter, Rate, Turn
from eip.store.quota import Quota
from eip.store.scripts import Scripts
from eip.store.workqueue import WorkQueue
from eip.writing import seen_on
from tests.fakes.ec2 import CLUSTER, VPC, FakeEc2
from tests.fakes.kubernetes import FakeKubernetes
from workers.aws.interface import interface_finder
from workers.budget import Budget
from workers.ours import Identity
from workers.perform import perform
from workers.ports import Interface
from workers.sweep.sweeper import Sweeper
from workers.tell import Teller
from workers.world import Job, World

UID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
IP, IP2, IP3 = "10.0.0.9", "10.0.0.10", "10.0.0.11"
ENI = "eni-1"
RATES = {action.value: Rate(46, 5) for action in Action} | {EVENTS_BUCKET: Rate(50, 5)}

_HASH_TIMES = (
    "intent_at",
    "looked_at",
    "swept_at",
    "newest",
    "allocated_at",
    "changed_at",
    "written_at",
    "lease_until",
    "wanted_at",
    "freed_at",
    "idle_since",
    "domain_at",
)
_BUCKET_TIMES = ("at", "turn", "cut_at")


@dataclass
class Time:
    """Passes only by `sleep`: all that Redis remembers grows older by as much."""

    client: redis.Redis
    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Monotonic seconds."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let seconds pass."""
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        """Let seconds pass that nobody slept for."""
        self.seconds += seconds
        age = int(seconds * 1000)
        for key in map(str, self.client.scan_iter("eip:*")):
            kind = self.client.type(key)
            if kind == "zset":
                for member in self.client.zrange(key, 0, -1):
                    self.client.zincrby(key, -age, str(member))
            elif kind == "hash":
                self._age_hash(key, age)
            elif kind == "string" and self.client.pttl(key) > 0:
                self._age_string(key, age)

    def _age_string(self, key: str, age: int) -> None:
        left = int(self.client.pttl(key)) - age
        if left > 0:
            self.client.pexpire(key, left)
        else:
            self.client.delete(key)

    def _age_hash(self, key: str, age: int) -> None:
        if key == Keys.SUSPECTS:
            fields = list(self.client.hkeys(key))
        elif key.startswith("eip:bucket:"):
            fields = list(_BUCKET_TIMES)
        else:
            fields = [*_HASH_TIMES, "probe_at"]
        for name in fields:
            value = self.client.hget(key, name)
            if value is not None and float(value) > 0:
                self.client.hset(key, name, _number(float(value) - age))


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


class RecordingLimiter(Limiter):
    """Notes what is taken and refunded in the order of everything else."""

    journal: list[str]

    def take(self, action: str, max_wait: float) -> Turn:
        turn = super().take(action, max_wait)
        self.journal.append(f"token {action}" if turn.granted else f"no token {action}")
        return turn

    def refund(self, action: str) -> None:
        self.journal.append(f"refund {action}")
        super().refund(action)


class RecordingLedger(Ledger):
    """Notes when a lease is renewed in the order of everything else."""

    journal: list[str]

    def renew(self, held: Held, *, intent: bool = False, limit: int = 0, interface_id: str = "") -> Held:
        self.journal.append("intent" if intent else "renew")
        return super().renew(held, intent=intent, limit=limit, interface_id=interface_id)


@dataclass
class Workers:
    """Everything that a test of the workers' logic sets up, lets run, and looks at."""

    client: redis.Redis
    scope: Scope = field(default_factory=Scope)
    messages: list[tuple[Step, str]] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Wire the world; Redis knows already what EC2 has: nothing."""
        self.time = Time(self.client)
        self.ledger = RecordingLedger(self.client)
        self.ledger.journal = self.journal
        self.ec2 = FakeEc2(self.time.now, before=self.journal.append)
        self.ec2.interfaces = [
            Interface(ENI, "i-00000000000000001", VPC, frozenset({IP, IP2, IP3, "10.0.0.1"}))
        ]
        self.kubernetes = FakeKubernetes(before=self.journal.append)
        self.kubernetes.nodes = {"node-1": "aws:///us-east-1a/i-00000000000000001"}
        self.limiter = RecordingLimiter(Scripts(self.client), RATES)
        self.limiter.journal = self.journal
        self.world = self._world()
        self.ledger.mark("refilled")

    def _world(self) -> World:
        return World(
            ec2=self.ec2,
            kubernetes=self.kubernetes,
            ledger=self.ledger,
            handover=Handover(self.ledger),
            queue=WorkQueue(self.ledger, lambda step, claim, _: self.messages.append((step, claim.uid))),
            budget=Budget(self.limiter, self.ledger, self.time),
            quota=Quota(self.ledger),
            finder=interface_finder(self.ec2, self.time, self.kubernetes, ""),
            teller=Teller(self.kubernetes, self.ledger, self.limiter),
            scope=self.scope,
            identity=Identity(*CLUSTER),
            external_dns=EXTERNAL_DNS_ANNOTATIONS,
        )

    @property
    def sweeper(self) -> Sweeper:
        """A sweeper over this world."""
        return Sweeper(self.world, self.kubernetes, orphan_age=120, reads_nodes=True)

    def narrow(self, scope: Scope) -> None:
        """Serve other pods."""
        self.world = replace(self.world, scope=scope)

    def see(self, pod: Pod, event: EventType = EventType.MODIFIED) -> Claim | None:
        """The producer sees a pod."""
        decision = decide(event, pod, self.world.scope)
        written = seen_on(pod, self.world.external_dns)
        return self.world.queue.update(pod.uid, lambda c: observe(c, event, pod, decision, written))

    def claim(self, uid: str = UID) -> Claim:
        """The claim as it is in Redis."""
        claim = self.ledger.claim(uid)
        assert claim is not None
        return claim

    def write(self, claim: Claim) -> None:
        """Put a claim into Redis as if it had always been there, resting."""
        fields = msgspec.to_builtins(claim)
        flat = {k: ("1" if v is True else str(v)) for k, v in fields.items() if v not in (False, "", 0)}
        self.client.delete(Keys.claim(claim.uid))
        self.client.hset(Keys.claim(claim.uid), mapping={**flat, "version": 1})
        self.client.sadd(Keys.CLAIMS, claim.uid)
        if claim.pod_ip:
            self.client.hset(Keys.IPS, claim.pod_ip, f"{claim.resource_version} {claim.uid}")

    def set(self, uid: str = UID, **fields: object) -> None:
        """Change fields of a claim from outside, without waking anybody."""
        for name, value in fields.items():
            self.client.hset(Keys.claim(uid), name, str(value))

    def step(self, step: Step, uid: str = UID) -> str:
        """Perform one message; answers with its note."""
        note = perform(step, uid, self.world, lambda: self.journal.append("served"))
        self.notes.append(note)
        return note

    def job(self, step: Step, uid: str = UID) -> Job:
        """A job under a lease, for a step that a test calls by itself."""
        held = self.ledger.begin(uid, step.queue)
        assert held is not None
        return Job(held, self.world, lambda: self.journal.append("served"))

    def run(self, most: int = 50) -> int:
        """Perform all messages, safest first, until there are none; fails when there is no end to them."""
        for performed in range(most):
            if not self.messages:
                return performed
            message = min(self.messages, key=lambda m: list(Queue).index(m[0].queue))
            self.messages.remove(message)
            self.step(*message)
        raise AssertionError(f"{most} messages and no end: {self.notes[-6:]}")

    def run_for(self, seconds: float) -> None:
        """Perform messages, and let time pass from one that is due to the next, for so many seconds."""
        end = self.time.now() + seconds
        self.run()
        while (due := self._next_due()) is not None and self.time.now() + due <= end:
            self.time.pass_by(max(0.0, due) + 0.01)
            self.world.queue.dispatch()
            self.run()
        self.time.pass_by(max(0.0, end - self.time.now()))

    def _next_due(self) -> float | None:
        first = self.client.zrange(Keys.DUE, 0, 0)
        score = self.client.zscore(Keys.DUE, str(first[0])) if first else None
        return None if score is None else (float(score) - self.ledger.now()) / 1000

    def serve(self, uid: str = UID, name: str = "web", ip: str = IP, **fields: Any) -> Claim:
        """A pod that has its address, written on it, with nothing left to do; the logs are empty again."""
        self.see(self.kubernetes.add(uid, name, ip, **fields))
        self.run()
        claim = self.claim(uid)
        assert claim.serving
        self.age(uid)
        self.forget_calls()
        return self.claim(uid)

    def age(self, uid: str = UID, seconds: float = 600.0) -> None:
        """Make a claim, its allocation and its last change old."""
        self.time.pass_by(seconds)

    def forget_calls(self) -> None:
        """Empty the logs of calls."""
        self.ec2.calls.clear()
        self.kubernetes.calls.clear()
        self.journal.clear()
        self.notes.clear()

    def tokens_spent(self, action: Action) -> int:
        """Tokens taken less tokens given back."""
        return self.journal.count(f"token {action}") - self.journal.count(f"refund {action}")

    def empty(self, action: str, promised: int = 0) -> None:
        """Leave no token of an action, and promise some ahead."""
        self.limiter.take(action, 0)
        self.client.hset(Keys.bucket(action), "tokens", -promised)
        self.journal.clear()

    def meanwhile(self, moment: str, act: Callable[[], object]) -> None:
        """Do something once, just before a call with this name goes out."""
        pending = [act]

        def before(name: str) -> None:
            self.journal.append(name)
            if name == moment and pending:
                pending.pop()()

        self.ec2.before = before
        self.kubernetes.before = before
