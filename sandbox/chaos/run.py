"""One run: pods are served, everything fails for some minutes, quiet, verdict."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import redis

from eip.names import Queue
from sandbox.chaos import timeline
from sandbox.chaos.churn import Churn
from sandbox.chaos.cluster import Cluster
from sandbox.chaos.inject import Injector
from sandbox.chaos.operator import Operator
from sandbox.chaos.record import Record, Span, Struck
from sandbox.chaos.recorder import Recorder
from sandbox.chaos.schedule import Planned, plan
from sandbox.chaos.state import Wrong, wrong
from sandbox.chaos.verdict import Verdict, judge
from sandbox.stack import Shape

PODS_PER_NODE = 50
SPARE_IPS = 1.3
"""So few spare IPs that a freed one is given to another pod soon after its cool-down."""

CHANGES_PER_POD = 0.01
LOOK_SECONDS = 5.0
FILL_PATIENCE = 120.0
QUIET_PATIENCE = 150.0
QUIET_LOOK = 0.5

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
        names = [f"web-{number:03}" for number in range(options.pods)]
        self.churn = Churn(cluster.stack, names, options.pods * CHANGES_PER_POD, options.seed)
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
            return judge(self._record(*self._until_right()))

    def logs(self) -> dict[str, str]:
        """What the operator's processes have logged."""
        return {process.name: process.log(whole=True) for process in self._operator.all}

    def _fill(self) -> None:
        self._tell(f"{self._options.pods} pods are created")
        began = time.monotonic()
        self.churn.fill()
        while self._look() < self._options.pods and time.monotonic() - began < FILL_PATIENCE:
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
        began = time.monotonic()
        while True:
            left = wrong(self._stack)
            since = time.monotonic() - began
            if not left.sentences or since > QUIET_PATIENCE:
                return since, left
            time.sleep(QUIET_LOOK)

    def _look(self) -> int:
        """Tell how it stands; how many pods are served."""
        network = self._stack.kubelet.network
        ips = [ip for node in self._stack.networks for ip in node.pod_ips]
        occupants = {ip: network.occupant(ip) for ip in ips}
        wanted = self.churn.wishes.present
        present = self._recorder.sightings.present
        wanting = [(uid, ip) for ip, uid in occupants.items() if uid in wanted]
        served = sum(pair in present for pair in wanting)
        self._tell(timeline.look(timeline.Look(wanting=len(wanting), served=served, queues=self._queues())))
        return served

    def _queues(self) -> dict[Queue, int] | None:
        try:
            return self._stack.queue_lengths()
        except redis.RedisError:
            return None

    def _record(self, quiet: float, left: Wrong) -> Record:
        network = self._stack.kubelet.network
        ips = [ip for node in self._stack.networks for ip in node.pod_ips]
        sightings = self._recorder.sightings
        return Record(
            ended_at=time.monotonic(),
            period=self._recorder.period,
            wishes=self.churn.wishes.all,
            tenancies={ip: network.tenancies(ip) for ip in ips},
            sightings=sightings.all,
            doubled=sightings.doubled,
            struck=self._struck,
            wrong=left.sentences,
            leaked=left.leaked,
            quiet=quiet,
        )

    def _tell(self, text: str) -> None:
        self._say(timeline.at(time.monotonic() - self._began, text))
