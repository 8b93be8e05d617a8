"""One run: pods are served, everything fails for some minutes, quiet, verdict."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import redis

from eip.names import Queue
from sandbox.chaos import timeline
from sandbox.chaos.asks import asks, lend_for, servable
from sandbox.chaos.churn import Churn
from sandbox.chaos.cluster import Cluster
from sandbox.chaos.inject import Injector
from sandbox.chaos.operator import Operator
from sandbox.chaos.record import Record, Span, Struck
from sandbox.chaos.recorder import Recorder
from sandbox.chaos.returning import take_back
from sandbox.chaos.schedule import LOSING, Planned, plan
from sandbox.chaos.state import Asked, Wrong, compare
from sandbox.chaos.verdict import Verdict, judge
from sandbox.pod_network import Tenancy
from sandbox.stack import Shape

PODS_PER_NODE = 50
SPARE_IPS = 1.3
"""So few spare IPs that a freed one is given to another pod soon after its cool-down."""

CHANGES_PER_POD = 0.01
LOOK_SECONDS = 5.0
FILL_PATIENCE = 120.0
QUIET_PATIENCE = 150.0
QUIET_LOOK = 0.5
QUIET_TOLD = 15.0

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How long, with how many pods, and by which seed."""

    seconds: float
    pods: int
    seed: int


def shape_for(pods: int) -> Shape:
    """Nodes with few IPs to spare; sweeps so frequent that the quiet time can be short."""
    nodes = max(2, -(-pods // PODS_PER_NODE))
    settings = {"sweep_interval": "10", "orphan_age": "20", "quota_probe_interval": "15"}
    return Shape(nodes=nodes, ips_per_node=int(pods * SPARE_IPS / nodes) + 2, grace=1.0, settings=settings)


class Run:
    """A run on a cluster; `say` prints a line."""

    def __init__(self, cluster: Cluster, options: Options, say: Say) -> None:
        """Nothing happens yet."""
        self._stack = cluster.stack
        self._options = options
        self._say = say
        self._operator = Operator(cluster.stack)
        self._injector = Injector(cluster, self._operator, options.seed)
        self._recorder = Recorder(cluster.stack)
        self._lent = lend_for(cluster.stack, options.pods)
        self._asks = asks(options.pods, self._lent)
        self.churn = Churn(cluster.stack, self._asks, options.pods * CHANGES_PER_POD, options.seed)
        self._struck: list[Struck] = []
        self._failures: list[Exception] = []
        self._broken = threading.Event()
        self._began = time.monotonic()

    def verdict(self) -> Verdict:
        """Run it. Raises what went wrong with the doubles themselves."""
        with ExitStack() as opened:
            opened.callback(self._operator.kill)
            self._operator.start()
            opened.enter_context(self._recorder)
            self._fill()
            self._fail()
            if self._failures:
                raise self._failures[0]
            self._tell("no more faults, no more changes: quiet")
            quiet, left = self._until_right()
            # Before anything more is changed: what is recorded from here on is of no interest.
            record = self._record(quiet, left)
            return judge(replace(record, lent_touched=take_back(self._stack, self._asks, self._lent)))

    def logs(self) -> dict[str, str]:
        """What the operator's processes have logged."""
        return {process.name: process.log(whole=True) for process in self._operator.all}

    def _fill(self) -> None:
        self._tell(f"{self._options.pods} pods are created")
        began = time.monotonic()
        self.churn.fill()
        while self._look() < servable(self._asks) and time.monotonic() - began < FILL_PATIENCE:
            time.sleep(LOOK_SECONDS)

    def _fail(self) -> None:
        planned = plan(self._options.seed, self._options.seconds)
        start = time.monotonic()
        lanes = [
            threading.Thread(target=self._lane, args=(start, faults), daemon=True)
            for faults in planned.values()
        ]
        with self.churn:
            for lane in lanes:
                lane.start()
            while time.monotonic() - start < self._options.seconds and not self._broken.wait(LOOK_SECONDS):
                self._look()
            for lane in lanes:
                lane.join()

    def _lane(self, start: float, planned: Sequence[Planned]) -> None:
        try:
            for each in planned:
                if self._broken.wait(max(0.0, start + each.at - time.monotonic())):
                    return
                self._strike(each)
        except Exception as error:  # noqa: BLE001 - the main thread raises it
            self._failures.append(error)
            self._broken.set()

    def _strike(self, planned: Planned) -> None:
        since = time.monotonic()
        self._tell(timeline.begins(planned.fault, planned.seconds))
        with self._injector.struck(planned.fault):
            self._broken.wait(planned.seconds)
        self._struck.append(Struck(planned.fault, Span(since, time.monotonic())))
        self._tell(timeline.ends(planned.fault))

    def _until_right(self) -> tuple[float, Wrong]:
        """Look until all is right or patience ends; how long it took, and what is still wrong."""
        began, told = time.monotonic(), 0.0
        while True:
            left = self._wrong()
            since = time.monotonic() - began
            if not left.sentences or since > QUIET_PATIENCE:
                return since, left
            if since > told + QUIET_TOLD:
                told = since
                self._tell(f"   not right yet: {'; '.join(left.sentences[: timeline.NAMED])}")
            time.sleep(QUIET_LOOK)

    def _wrong(self) -> Wrong:
        """What is not right; EC2 is read last, so that an address that is there is there."""
        pods = {pod["metadata"]["uid"]: pod for pod in self._stack.pods()}
        lives = self.churn.lives
        asked = Asked(
            asks={uid: life.ask for uid, life in lives.items()},
            idle=self._idle(),
            lent=frozenset(address.public_ip for address in self._lent.all),
        )
        return compare(pods, self._stack.ec2.addresses(), asked)

    def _idle(self) -> dict[str, float]:
        """For how many seconds each pod has had no IP; a Redis that forgot it counts anew."""
        now = time.monotonic()
        losses = [each.span.until or now for each in self._struck if each.fault in LOSING]
        ended = sorted((t.until or now, t.uid) for past in self._tenancies().values() for t in past)
        return {uid: now - max([until, *losses]) for until, uid in ended}

    def _look(self) -> int:
        """Tell how it stands; how many pods are served."""
        network = self._stack.kubelet.network
        ips = [ip for node in self._stack.networks for ip in node.pod_ips]
        occupants = {ip: network.occupant(ip) for ip in ips}
        wanted = self.churn.wishes.present
        present = self._recorder.sightings.present
        wanting = [(uid, ip) for ip, uid in occupants.items() if uid in wanted]
        served = sum((uid, ip) in present or ("", ip) in present for uid, ip in wanting)
        self._tell(timeline.look(timeline.Look(wanting=len(wanting), served=served, queues=self._queues())))
        return served

    def _queues(self) -> dict[Queue, int] | None:
        try:
            return self._stack.queue_lengths()
        except redis.RedisError:
            return None

    def _record(self, quiet: float, left: Wrong) -> Record:
        sightings = self._recorder.sightings
        return Record(
            ended_at=time.monotonic(),
            period=self._recorder.period,
            wishes=self.churn.wishes.all,
            lives=list(self.churn.lives.values()),
            tenancies=self._tenancies(),
            sightings=sightings.all,
            doubled=sightings.doubled,
            struck=self._struck,
            wrong=left.sentences,
            leaked=left.leaked,
            kept=left.kept,
            lent=frozenset(address.public_ip for address in self._lent.all),
            quiet=quiet,
        )

    def _tenancies(self) -> dict[str, list[Tenancy]]:
        ips = (ip for node in self._stack.networks for ip in node.pod_ips)
        return {ip: self._stack.kubelet.network.tenancies(ip) for ip in ips}

    def _tell(self, text: str) -> None:
        self._say(timeline.at(time.monotonic() - self._began, text))
