"""Pods that come and go all the time: what a busy cluster does to the operator."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import urllib3

from eip.names import MANAGE_LABEL
from sandbox.accounts import ApiRefusedError
from sandbox.chaos.asks import Ask
from sandbox.chaos.background import Background
from sandbox.chaos.record import Life, Span, Wish, ended
from sandbox.kubernetes.status import JsonObject
from sandbox.stack import Stack
from sandbox.staying import create_pod

NAMESPACE = "default"


class State(StrEnum):
    """Where a name is on its way."""

    GONE = "gone"
    RUNNING = "running"
    UNLABELLED = "without label"
    OFFLINE = "without network"
    FINISHED = "finished"
    UNKNOWN = "unknown"
    """The API server did not answer the last change: the pod must be read first."""


URGENT = (State.GONE, State.UNKNOWN)


@dataclass
class Slot:
    """A pod's name, which one pod after another has."""

    ask: Ask
    state: State = State.GONE
    uid: str = ""
    unreported: Callable[["Slot"], None] | None = None
    """What happened to the pod's network while the API server could not be told of it."""

    @property
    def name(self) -> str:
        """The pods' name."""
        return self.ask.name


class Wishes:
    """Which pods were to be served, and when."""

    def __init__(self) -> None:
        """Nobody wants anything."""
        self._open: dict[str, Wish] = {}
        self._closed: list[Wish] = []

    def begin(self, uid: str) -> None:
        """From now on the pod wants an address; it may want one already."""
        self._open.setdefault(uid, Wish(uid, Span(time.monotonic())))

    def end(self, uid: str) -> None:
        """It wants none any more, and need not have wanted one."""
        if wish := self._open.pop(uid, None):
            self._closed.append(ended(wish, time.monotonic()))

    @property
    def all(self) -> list[Wish]:
        """All that were."""
        return [*self._closed, *self._open.values()]

    @property
    def present(self) -> set[str]:
        """Who wants an address at present."""
        return set(self._open)


class Churn(Background):
    """A context manager: a thread that changes pods while it is entered."""

    def __init__(self, stack: Stack, asks: Iterable[Ask], per_second: float, seed: int) -> None:
        """`per_second` changes a second, about."""
        super().__init__("churn")
        self._stack = stack
        self._pause = 1 / per_second
        self._chance = random.Random(f"{seed} churn")  # noqa: S311
        self.slots = [Slot(ask) for ask in asks]
        self.wishes = Wishes()
        self.lives: dict[str, Life] = {}
        """Every pod that there was, by its uid."""
        self.changes: Counter[str] = Counter()
        self._next: Mapping[State, tuple[tuple[Callable[[Slot], None], int], ...]] = {
            State.GONE: ((self._create, 1),),
            State.RUNNING: (
                (self._delete, 6),
                (self._unlabel, 2),
                (self._finish, 2),
                (self._lose_network, 2),
                (self._change_ip, 1),
            ),
            State.UNLABELLED: ((self._label, 3), (self._delete, 1)),
            State.OFFLINE: ((self._restore, 3), (self._delete, 1)),
            State.FINISHED: ((self._delete, 1),),
            State.UNKNOWN: ((self._read, 1),),
        }
        self._of_kubelet = (self._finish, self._lose_network, self._change_ip, self._restore)

    def fill(self) -> None:
        """Create a pod of every name, at once."""
        for slot in self.slots:
            self._create(slot)

    def _run(self) -> None:
        while not self._stopping.wait(self._chance.uniform(0.5, 1.5) * self._pause):
            # A name whose pod is not there is more urgent: the number of pods is to stay about the same.
            urgent = [slot for slot in self.slots if slot.state in URGENT or slot.unreported]
            self._change(self._chance.choice(urgent or self.slots))

    def _change(self, slot: Slot) -> None:
        changes, weights = zip(*self._next[slot.state], strict=True)
        change = slot.unreported or self._chance.choices(changes, weights)[0]
        slot.unreported = None
        try:
            change(slot)
        except (urllib3.exceptions.HTTPError, ApiRefusedError):
            # A kubelet goes on telling; what a user asked for is looked at before it is asked for again.
            of_kubelet = change in self._of_kubelet
            slot.unreported = change if of_kubelet else None
            slot.state = slot.state if of_kubelet else State.UNKNOWN
        except LookupError:
            pass  # no IP of the node is free at present
        else:
            if change != self._read:
                self.changes[change.__name__.strip("_").replace("_", " ")] += 1

    def _create(self, slot: Slot) -> None:
        self._take(slot, create_pod(self._stack, slot.name, slot.ask.annotations))

    def _delete(self, slot: Slot) -> None:
        self.wishes.end(slot.uid)
        slot.state = State.GONE
        self._stack.delete_pod(slot.name)

    def _label(self, slot: Slot) -> None:
        self._stack.label_pod(slot.name, managed=True)
        slot.state = State.RUNNING
        self._wish(slot)

    def _unlabel(self, slot: Slot) -> None:
        self.wishes.end(slot.uid)
        self.lives[slot.uid] = replace(self.lives[slot.uid], unlabelled=True)
        self._stack.label_pod(slot.name, managed=False)
        slot.state = State.UNLABELLED

    def _finish(self, slot: Slot) -> None:
        phase = self._chance.choice(("Succeeded", "Failed"))
        self.wishes.end(slot.uid)
        self._stack.kubelet.finish(NAMESPACE, slot.name, phase)
        slot.state = State.FINISHED

    def _lose_network(self, slot: Slot) -> None:
        slot.state = State.OFFLINE
        self._stack.kubelet.lose_network(NAMESPACE, slot.name)

    def _restore(self, slot: Slot) -> None:
        self._stack.kubelet.restore_network(NAMESPACE, slot.name)
        slot.state = State.RUNNING

    def _change_ip(self, slot: Slot) -> None:
        slot.state = State.OFFLINE
        self._stack.kubelet.change_ip(NAMESPACE, slot.name)
        slot.state = State.RUNNING

    def _read(self, slot: Slot) -> None:
        pod = self._stack.pod(slot.name)
        if pod is None or "deletionTimestamp" in pod["metadata"]:
            self.wishes.end(slot.uid)
            slot.state = State.GONE
            return
        self._take(slot, pod)

    def _take(self, slot: Slot, pod: JsonObject) -> None:
        if slot.uid != pod["metadata"]["uid"]:
            self.wishes.end(slot.uid)
        slot.uid, slot.state = pod["metadata"]["uid"], state_of(pod)
        self.lives.setdefault(slot.uid, Life(slot.uid, slot.ask))
        if slot.state in (State.RUNNING, State.OFFLINE):
            self._wish(slot)

    def _wish(self, slot: Slot) -> None:
        """Nobody need serve who asks for what is not lent to it."""
        if slot.ask.servable:
            self.wishes.begin(slot.uid)


def state_of(pod: JsonObject) -> State:
    """Where a pod that is there stands."""
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", ())}
    if pod["status"].get("phase") in ("Succeeded", "Failed"):
        return State.FINISHED
    if pod["metadata"].get("labels", {}).get(MANAGE_LABEL) != "true":
        return State.UNLABELLED
    if conditions.get("PodReadyToStartContainers") == "False":
        return State.OFFLINE
    return State.RUNNING
