"""The demo's phases: pods ask for addresses, a worker is killed, pods go, and nothing is left."""

import time
from collections.abc import Iterator
from functools import partial

from cli.doctor.finding import counted
from eip.names import MANAGE_SELECTOR, POD_UID_TAG, Action
from eip.store.ledger import LEASE, Ledger
from sandbox.demo.picture import Picture, State, is_labelled, is_touched
from sandbox.demo.pool import PROXIES
from sandbox.demo.rolling import REPLICAS
from sandbox.demo.scene import Scene
from sandbox.demo.summary import BURST, RATE, Run
from sandbox.processes import Process
from sandbox.stack import Shape

UNLABELLED = 5
EC2_LATENCY_SECONDS = 0.05
PODS_PER_NODE = 50
SPARE_IPS = 1.3

LATER_PODS = 2 * REPLICAS + PROXIES
"""Pods of the acts that follow, while the IPs of those before them rest."""

KILL_AT = 3
"""The worker is killed as soon as one pod in so many has its address associated."""

WAVE = 100
"""Pods that are deleted at once: EC2 lets 5 addresses a second be taken off their IPs, and all must be off
within 30 s."""

KILL_POLL_SECONDS = 0.02


def shape_for(pods: int, *, tls: bool) -> Shape:
    """Nodes with IPs enough for so many pods."""
    total = pods + UNLABELLED + LATER_PODS
    nodes = max(3, -(-total // PODS_PER_NODE))
    settings = {"sweep_interval": "30"}
    return Shape(nodes=nodes, ips_per_node=int(total * SPARE_IPS / nodes) + 2, tls=tls, settings=settings)


class Story:
    """Tells it once, on a stack that runs."""

    def __init__(self, scene: Scene, pods: int) -> None:
        """Nothing happens yet; `pods` ask for an address."""
        self._scene = scene
        self._stack = scene.stack
        self._view = scene.view
        self._pods = [f"web-{number:0{len(str(pods))}}" for number in range(1, pods + 1)]
        self._leases: dict[str, float] = {}
        self._unheard: dict[str, float] = {}
        self._without_worker = 0.0
        self._strangers_touched = 0

    def tell(self) -> Run:
        """All phases; what was recorded. StalledError when one of them does not come to its end."""
        worker = self._start()
        self._create()
        self._kill(worker)
        self._serve()
        self._delete()
        return self._recorded()

    def _start(self) -> Process:
        self._view.phase(
            "The operator starts",
            "The producer watches pods and has no AWS credentials; the worker speaks to EC2; Flower shows "
            "what waits. All are the real programs, with the rights of deploy/roles.yaml.",
        )
        self._stack.ec2.delay(EC2_LATENCY_SECONDS)
        producer, worker, flower = self._stack.producer(), self._stack.worker(), self._stack.flower()
        for process in (producer, worker, flower):
            process.start(wait=False)
        for process in (producer, worker, flower):
            process.wait_until_ready()
        self._scene.camera.flower = flower.url
        self._view.note(f"ready; Flower is at {flower.url} (no password here)")
        return worker

    def _create(self) -> None:
        bound = max(0.0, (len(self._pods) - BURST) / RATE)
        self._view.phase(
            f"{len(self._pods)} pods ask for public IP addresses"
            if len(self._pods) > 1
            else "A pod asks for a public IP address",
            f"Label: {MANAGE_SELECTOR}. {UNLABELLED} other pods are without it and must be left alone."
            + (f" EC2's rate limits allow no better than {bound:.1f} s for so many." if bound else ""),
        )
        for number in range(UNLABELLED):
            self._stack.create_pod(f"plain-{number + 1}", labelled=False)
        for name in self._pods:
            self._stack.create_pod(name)

    def _kill(self, worker: Process) -> None:
        enough = max(1, len(self._pods) // KILL_AT)
        self._scene.until(lambda _: self._associations() >= enough, period=KILL_POLL_SECONDS)
        worker.kill()
        killed_at = time.monotonic()
        self._remember_steps()
        self._view.phase(
            "kill -9 to the only worker, in the middle of its work",
            "As in a crash, or when the kernel is short of memory. What must not happen: an address that is "
            "paid for, and that nobody knows of.",
        )
        self._view.note(
            f"{counted(self._associations(), 'address')} associated so far; "
            f"{counted(len(self._leases), 'step')} cut off"
        )
        self._stack.worker("worker-2").start()
        self._without_worker = time.monotonic() - killed_at
        self._view.note(
            f"a new worker is there {self._without_worker:.1f} s later. It takes up a step that was cut off "
            f"when its lease of {LEASE:.0f} s has ended, and looks an allocation whose answer nobody heard "
            "up by its tag before it makes another"
        )

    def _serve(self) -> None:
        self._scene.until(lambda now: now.count(State.READY) == len(self._pods))
        owners = {address.tags.get(POD_UID_TAG) for address in self._stack.ec2.addresses()}
        strangers = [pod for pod in self._stack.pods() if not is_labelled(pod)]
        self._strangers_touched = sum(
            is_touched(pod) or pod["metadata"]["uid"] in owners for pod in strangers
        )
        self._view.note("every labelled pod has its own address, written on the pod for external-dns to read")

    def _delete(self) -> None:
        waves = list(_waves(self._pods))
        self._view.phase(
            "The pods are deleted",
            "Each address must be off its private IP within 30 s, as another pod may get that IP then, and "
            "be given back to EC2, as it costs money."
            + (f" EC2's rate limits allow {WAVE} at a time." if len(waves) > 1 else ""),
        )
        for number, wave in enumerate(waves, 1):
            for name in wave:
                self._stack.delete_pod(name)
            done = min(number * WAVE, len(self._pods))
            self._scene.until(partial(self._are_released, done))
        self._view.note("no address is left")

    def _recorded(self) -> Run:
        strangers = {pod["metadata"]["uid"] for pod in self._stack.pods()}
        networks = self._stack.kubelet.network
        tenancies = {ip: networks.tenancies(ip) for node in self._stack.networks for ip in node.pod_ips}
        return Run(
            pods=len(self._pods),
            calls=self._stack.ec2.calls(),
            tenancies={ip: [t for t in past if t.uid not in strangers] for ip, past in tenancies.items()},
            leaked=len(self._stack.ec2.addresses()),
            strangers_touched=self._strangers_touched,
            leases=self._leases,
            unheard=self._unheard,
            without_worker=self._without_worker,
        )

    def _associations(self) -> int:
        return self._stack.ec2.calls().count(Action.ASSOCIATE, "ok")

    def _remember_steps(self) -> None:
        """What is in a worker's hands, by the claims; their times are put on this machine's clock."""
        with self._stack.redis_client() as client:
            ledger = Ledger(client)
            claims, now = ledger.claims(sorted(ledger.uids())), ledger.now()
        ahead = time.monotonic() - now / 1000
        held = [claim for claim in claims.values() if claim.lease_until > now]
        self._leases = {claim.uid: claim.lease_until / 1000 + ahead for claim in held}
        self._unheard = {claim.uid: claim.intent_at / 1000 + ahead for claim in held if claim.intent_at}

    def _are_released(self, pods: int, picture: Picture) -> bool:
        return picture.count(State.RELEASED) == pods


def _waves(pods: list[str]) -> Iterator[list[str]]:
    return (pods[start : start + WAVE] for start in range(0, len(pods), WAVE))
