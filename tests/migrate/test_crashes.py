"""Killed after any step, there or back, a move is gone on with, and never passes through a bad state."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from cli.migrate.back import back
from cli.migrate.facts import Address, Eip, Facts, Pod
from cli.migrate.judge import Request
from cli.migrate.perform import Performer, Stopped, changed, perform
from cli.migrate.plan import Plan, plan
from cli.migrate.steps import Step
from eip import names
from tests.migrate.facts_made import NAME, OLD_TAGS, address, eip, facts, operator, pod, request

Decide = Callable[[Facts, Request], Plan]
Raw = dict[str, Any]


class Killed(BaseException):
    """As by SIGKILL: nothing of the program runs after it."""


def _unheard(step: Step, done: bool) -> None:  # noqa: FBT001 - the performer's signature
    """Nobody is told."""


def second(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of another pod's address."""
    return {key: value.replace("web", "db") for key, value in tags.items()}


START = facts(
    addresses=(
        address(),
        address(
            allocation_id="eipalloc-db",
            association_id="eipassoc-db",
            private_ip="10.0.0.8",
            instance_id="i-2",
            tags=second(OLD_TAGS),
        ),
    ),
    pods=(pod(), pod("db", "10.0.0.8", node_name="node-2")),
    eips=(eip(), eip("db")),
)


@dataclass
class House:
    """EC2 and the API server in memory; `calls_left` until it kills who calls."""

    addresses: dict[str, Address]
    objects: dict[str, Raw]
    calls_left: int = 10_000
    slept: float = 0.0
    versions: int = 100
    bad: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, start: Facts) -> "House":
        """As these facts say."""
        things: list[Pod | Eip] = [*start.pods, *start.eips]
        objects = {thing.path: msgspec.json.decode(msgspec.json.encode(thing)) for thing in things}
        return cls({a.allocation_id: a for a in start.addresses}, objects)

    def facts(self, _: Request) -> Facts:
        """What a reader would read."""
        pods = [msgspec.convert(o, Pod) for path, o in self.objects.items() if "/pods/" in path]
        eips = [msgspec.convert(o, Eip) for path, o in self.objects.items() if "/eips/" in path]
        return replace(START, addresses=tuple(self.addresses.values()), pods=tuple(pods), eips=tuple(eips))

    def tag(self, allocation_id: str, tags: Mapping[str, str]) -> None:
        self._call()
        self._set(allocation_id, {**self.addresses[allocation_id].tags, **tags})

    def untag(self, allocation_id: str, keys: tuple[str, ...]) -> None:
        self._call()
        old = self.addresses[allocation_id].tags
        self._set(allocation_id, {key: value for key, value in old.items() if key not in keys})

    def patch(self, path: str, patch: Mapping[str, Any]) -> bool:
        self._call()
        there = self.objects.get(path)
        wanted = patch["metadata"]
        if there is None or wanted["uid"] != there["metadata"]["uid"]:
            return False
        if (
            wanted.get("resourceVersion", there["metadata"]["resourceVersion"])
            != there["metadata"]["resourceVersion"]
        ):
            return False
        _merge(there["metadata"], wanted)
        self.versions += 1
        there["metadata"]["resourceVersion"] = str(self.versions)
        self._judge()
        return True

    def delete(self, path: str, uid: str) -> bool:
        self._call()
        if self.objects[path]["metadata"].get("finalizers"):
            self.bad.append(f"{path} was deleted with a finalizer, which releases the address")
        there = msgspec.convert(self.objects.pop(path), Eip)
        return there.metadata.uid == uid

    def now(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def move(self, decide: Decide, asked: Request) -> None:
        """As `eip migrate` does it."""
        perform(self.facts, decide, asked, Performer(self, self, self, _unheard))

    def _call(self) -> None:
        if self.calls_left == 0:
            raise Killed
        self.calls_left -= 1

    def _set(self, allocation_id: str, tags: Mapping[str, str]) -> None:
        self.addresses[allocation_id] = replace(self.addresses[allocation_id], tags=tags)
        self._judge()

    def _judge(self) -> None:
        """What must hold between any two calls, whoever is started then."""
        for read in self.facts(request()).pods:
            name = read.metadata.name
            tags = self.addresses[f"eipalloc-{name}"].tags
            ours, labelled = names.POD_UID_TAG in tags, names.MANAGE_LABEL in read.metadata.labels
            held = f"{NAME}/disassociate" in read.metadata.finalizers
            if ours and not labelled:
                self.bad.append(f"{name} is tagged and not labelled: our sweep would release the address")
            if not ours and not held:
                self.bad.append(f"{name} can go, and nobody would take its address away")
            if not ours and f"{NAME}/eip_uid" not in tags:
                self.bad.append(f"the address of {name} is nobody's")


def _merge(item: Raw, patch: Mapping[str, Any]) -> None:
    for key, value in patch.items():
        if value is None:
            item.pop(key, None)
        elif isinstance(value, Mapping):
            _merge(item.setdefault(key, {}), value)
        else:
            item[key] = deepcopy(value)


def state(house: House) -> Raw:
    """All that is kept, versions aside."""
    objects = deepcopy(house.objects)
    for item in objects.values():
        item["metadata"].pop("resourceVersion")
    return {"objects": objects, "addresses": house.addresses}


def moved(asked: Request) -> House:
    """A house after the whole move."""
    house = House.of(START)
    house.move(plan, asked)
    return house


def crashes(begin: Callable[[], House], decide: Decide, asked: Request) -> Iterator[tuple[int, House]]:
    """A house for every number of calls after which the move can be killed."""
    for calls in range(100):
        house = begin()
        house.calls_left = calls
        try:
            house.move(decide, asked)
        except Killed:
            house.calls_left = 10_000
            yield calls, house
        else:
            return


@pytest.mark.parametrize("remove_old", [False, True])
def test_a_killed_run_is_gone_on_with(remove_old: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """The end is the same, and no state on the way is one that costs an address."""
    asked = request(remove_old=remove_old)
    whole = moved(asked)
    assert whole.bad == []

    tried = 0
    for calls, house in crashes(lambda: House.of(START), plan, asked):
        house.move(plan, asked)
        tried += 1

        assert house.bad == [], calls
        assert state(house) == state(whole), calls
    assert tried == (14 if remove_old else 8)


def test_a_killed_way_back_is_gone_on_with() -> None:
    """The end is what was there before the move."""
    tried = 0
    for calls, house in crashes(lambda: moved(request()), back, request()):
        house.bad.clear()
        house.move(back, request())
        tried += 1

        assert house.bad == [], calls
        assert {a.allocation_id: dict(a.tags) for a in house.addresses.values()} == {
            a.allocation_id: dict(a.tags) for a in START.addresses
        }
        assert state(house) == state(House.of(START)), calls
    assert tried == 8


def test_a_move_stops_when_the_other_operator_comes_back() -> None:
    """It is looked for before each phase."""
    house = House.of(START)
    other = operator("materialize/k8s-eip-operator", "CLUSTER_NAME")

    def tell(step: Step, done: bool) -> None:  # noqa: FBT001 - the performer's signature
        house.objects[other.path] = msgspec.json.decode(msgspec.json.encode(other))
        house.addresses["eipalloc-operator"] = address(allocation_id="eipalloc-operator", tags={})

    with pytest.raises(Stopped, match="the other operator runs in games/operator"):
        perform(house.facts, plan, request(), Performer(house, house, house, tell))
    held = house.facts(request()).pods[0].metadata.finalizers
    assert f"{NAME}/disassociate" in held


def test_an_address_is_not_tagged_for_a_pod_that_went_away() -> None:
    """The label's patch is the last look at the pod."""
    house = House.of(START)

    def read(asked: Request) -> Facts:
        found = house.facts(asked)
        house.objects.pop(pod().path, None)
        return found

    perform(read, plan, request(), Performer(house, house, house, _unheard))

    assert house.addresses["eipalloc-web"].tags == OLD_TAGS
    assert names.POD_UID_TAG in house.addresses["eipalloc-db"].tags


def test_what_is_never_shown_as_done_ends_the_move() -> None:
    """Finalizers stay while EC2 does not show our tags."""
    house = House.of(START)
    blind = house.facts(request())

    with pytest.raises(Stopped, match="still not to be seen"):
        perform(lambda _: blind, plan, request(), Performer(house, house, house, _unheard))
    assert house.slept > 20
    assert f"{NAME}/disassociate" in house.facts(request()).pods[0].metadata.finalizers


def test_calls_come_no_faster_than_ec2_takes_them() -> None:
    """Ten changes of tags a second."""
    house = moved(request())

    assert house.slept == pytest.approx(0.1 * 8)


def test_a_changed_association_is_told() -> None:
    """Whoever did it meanwhile."""
    before = plan(START, request())
    other = replace(START.addresses[0], association_id="eipassoc-other")

    lines = changed(before, replace(START, addresses=(other,)))

    was, became = (f"{one} on 10.0.0.7 of eni-00000001" for one in ("eipassoc-web", "eipassoc-other"))
    assert lines == [
        "eipalloc-db was eipassoc-db on 10.0.0.8 of eni-00000001 and is not to be seen",
        f"eipalloc-web was {was} and is {became}",
    ]
