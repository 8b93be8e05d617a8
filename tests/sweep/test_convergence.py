"""Whatever happens in whatever order: in the end each pod that wants an address has one, and nothing leaks.

Histories are drawn at random from events of pods, faults of EC2 and of the API server, lost messages, crashes
of workers, a flushed Redis and people's own hands. Their seed is the test's id.
"""

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from eip import names
from eip.decide import EventType
from eip.errors import EipError
from tests.fakes.ec2 import MUTATING
from tests.fakes.kubernetes import UNKNOWN
from tests.workers_world import Workers
from workers.ports import Interface

SEEDS = range(15)
EVENTS = 40
IPS = [f"10.0.1.{number}" for number in range(1, 9)]
Act = Callable[[], object]
LABEL = {names.MANAGE_LABEL: "true"}


class History:
    """One random history of some pods in one world."""

    def __init__(self, workers: Workers, seed: int) -> None:
        """Two strangers' addresses are there from the beginning."""
        self.workers = workers
        self.chance = random.Random(seed)  # noqa: S311 - repeats with its seed
        self.made = 0
        workers.ec2.interfaces = [Interface("eni-1", "i-00000000000000001", "vpc-0a", frozenset(IPS))]
        theirs = {names.CLUSTER_UID_TAG: "another"}
        self.strangers = [workers.ec2.give(f"s{n}", f"s{n}", **theirs).allocation_id for n in range(2)]
        self.robbed: list[str] = []
        self._watch_disassociations()
        self.acts: list[Act] = [
            *[self.create] * 5,
            *[self.delete] * 3,
            self.unlabel,
            self.label,
            self.move,
            self.lose_network,
            self.finish,
            *[self.work] * 12,
            *[self.wait] * 6,
            self.sweep,
            self.lose_message,
            self.crash,
            self.refuse,
            self.lose_reply,
            self.lag,
            self.break_kubernetes,
            self.flush,
            self.meddle,
        ]

    def _watch_disassociations(self) -> None:
        """Note each address that is taken off the IP of a pod that wants it there at that very moment."""
        disassociate = self.workers.ec2.disassociate

        def watched(association_id: str) -> None:
            for address in self.workers.ec2.addresses:
                wanted_at = wanted(self.workers).get(address.tags.get(names.POD_UID_TAG, ""))
                if address.association_id == association_id and address.private_ip == wanted_at:
                    self.robbed.append(address.allocation_id)
            disassociate(association_id)

        self.workers.ec2.disassociate = watched  # type: ignore[method-assign]

    @property
    def names(self) -> list[str]:
        """The pods that there are."""
        return [name for _, name in self.workers.kubernetes.pods]

    def happen(self) -> None:
        """Let all of it happen."""
        for _ in range(EVENTS):
            self.chance.choice(self.acts)()

    def some(self) -> str:
        """The name of some pod, or nothing."""
        return self.chance.choice(self.names) if self.names else ""

    def report(self, name: str, event: EventType = EventType.MODIFIED) -> None:
        """The watch brings the news, most times."""
        if self.chance.random() < 0.85:
            self.workers.see(self.workers.kubernetes.pod(name), event)

    def create(self) -> None:
        taken = {self.workers.kubernetes.pod(name).ipv4 for name in self.names}
        free = [ip for ip in IPS if ip not in taken]
        if free:
            self.made += 1
            uid = f"00000000-0000-4000-8000-{self.made:012d}"
            self.workers.kubernetes.add(uid, f"pod-{self.chance.randrange(6)}", self.chance.choice(free))
            self.report(list(self.workers.kubernetes.pods)[-1][1], EventType.ADDED)

    def delete(self) -> None:
        if name := self.some():
            last = self.workers.kubernetes.remove(name)
            if self.chance.random() < 0.85:
                self.workers.see(last, EventType.DELETED)

    def unlabel(self) -> None:
        if name := self.some():
            self.workers.kubernetes.edit(name, "metadata", labels={})
            self.report(name, EventType.DELETED)

    def label(self) -> None:
        if name := self.some():
            self.workers.kubernetes.edit(name, "metadata", labels=LABEL)
            self.report(name)

    def move(self) -> None:
        taken = {self.workers.kubernetes.pod(name).ipv4 for name in self.names}
        free = [ip for ip in IPS if ip not in taken]
        if (name := self.some()) and free:
            self.workers.kubernetes.edit(name, "status", podIP=self.chance.choice(free))
            self.report(name)

    def lose_network(self) -> None:
        if name := self.some():
            down = {"type": names.NETWORK_CONDITION, "status": self.chance.choice(["True", "False"])}
            self.workers.kubernetes.edit(name, "status", conditions=[down])
            self.report(name)

    def finish(self) -> None:
        if name := self.some():
            self.workers.kubernetes.edit(name, "status", phase="Succeeded")
            self.report(name)

    def work(self) -> None:
        if self.workers.messages:
            place = self.chance.randrange(len(self.workers.messages))
            self.workers.step(*self.workers.messages.pop(place))

    def wait(self) -> None:
        self.workers.time.pass_by(self.chance.choice([0.3, 1, 3, 10, 31]))
        with suppress(EipError):
            self.workers.world.queue.dispatch()

    def sweep(self) -> None:
        self.workers.sweeper.sweep()

    def lose_message(self) -> None:
        if self.workers.messages:
            self.workers.messages.pop()

    def crash(self) -> None:
        """A worker dies just before or just after some call."""
        if self.workers.messages:
            moment = self.chance.choice([*MUTATING, "get", "patch"])
            self.workers.meanwhile(moment, _die)
            with suppress(KeyboardInterrupt):
                self.workers.step(*self.workers.messages.pop())
            self.workers.meanwhile("never", lambda: None)

    def refuse(self) -> None:
        codes = ["RequestLimitExceeded", "UnauthorizedOperation", "InternalError", "NoReply"]
        self.workers.ec2.refuse(self.chance.choice(MUTATING), self.chance.choice(codes))

    def lose_reply(self) -> None:
        self.workers.ec2.lose_reply(self.chance.choice(MUTATING))

    def lag(self) -> None:
        self.workers.ec2.lag = self.chance.choice([0, 0, 2, 6])
        self.workers.ec2.young = self.chance.choice([0, 0, 3])

    def break_kubernetes(self) -> None:
        if self.workers.kubernetes.broken is None and self.chance.random() < 0.5:
            self.workers.kubernetes.breaks(self.chance.choice(UNKNOWN))
        else:
            self.workers.kubernetes.mend()

    def flush(self) -> None:
        self.workers.client.flushall()
        self.workers.messages.clear()
        self.refill()

    def refill(self) -> None:
        self.workers.ledger.open_epoch()
        with suppress(EipError):
            self.workers.sweeper.refill()

    def meddle(self) -> None:
        ours = [a for a in self.workers.ec2.addresses if a.allocation_id not in self.strangers]
        if ours:
            address = self.chance.choice(ours)
            self.chance.choice([self.workers.ec2.take, self.workers.ec2.drop])(address.allocation_id)

    def settle(self) -> None:
        """Everything answers again, and sweeps go on."""
        self.workers.ec2.faults.clear()
        self.workers.ec2.lag = self.workers.ec2.young = 0
        self.workers.kubernetes.mend()
        for _ in range(5):
            if not self.workers.ledger.open_epoch().refilled:
                self.refill()
            self.workers.world.queue.resync()
            self.workers.sweeper.sweep()
            self.workers.run(200)
            self.workers.run_for(200)


def _die() -> None:
    raise KeyboardInterrupt


def wanted(workers: Workers) -> dict[str, str]:
    """The IP on which each pod that wants an address should have it, by uid."""
    pods = [workers.kubernetes.pod(name) for _, name in workers.kubernetes.pods]
    return {
        pod.uid: pod.ipv4
        for pod in pods
        if pod.managed and pod.status.phase == "Running" and pod.condition(names.NETWORK_CONDITION) != "False"
    }


def held(workers: Workers) -> set[str]:
    """The pods that may keep an address until their network is back."""
    pods = [workers.kubernetes.pod(name) for _, name in workers.kubernetes.pods]
    return {pod.uid for pod in pods if pod.managed and pod.status.phase == "Running"} - wanted(workers).keys()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_history_ends_well(workers: Workers, seed: int) -> None:
    """One address on each IP that wants one, none elsewhere, none taken from a pod, strangers untouched."""
    history = History(workers, seed)
    history.happen()
    history.settle()

    assert history.robbed == []
    ours = [a for a in workers.ec2.addresses if a.allocation_id not in history.strangers]
    on_ip = sorted((a.tags[names.POD_UID_TAG], a.private_ip) for a in ours if a.private_ip)
    assert on_ip == sorted(wanted(workers).items())
    spare = {a.tags[names.POD_UID_TAG] for a in ours if not a.private_ip}
    assert spare <= held(workers)
    assert len(ours) == len({a.tags[names.POD_UID_TAG] for a in ours})
    assert {a.allocation_id for a in workers.ec2.addresses} >= set(history.strangers)
    for _, name in workers.kubernetes.pods:
        public = {a.public_ip for a in ours if a.tags[names.POD_UID_TAG] == workers.kubernetes.pod(name).uid}
        expected = public if workers.kubernetes.pod(name).uid in wanted(workers) else set()
        assert (
            set(filter(None, [workers.kubernetes.pod(name).annotation(names.PUBLIC_IP_ANNOTATION)]))
            == expected
        )
