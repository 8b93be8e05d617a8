"""Samples EC2 four times a second, and remembers which address was seen where, and for how long."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence

from eip.names import POD_UID_TAG
from sandbox.chaos.background import Background
from sandbox.chaos.record import Sighting, Span, Wish, ended
from sandbox.ec2.messages import AddressSnapshot
from sandbox.stack import Stack

PERIOD = 0.25

Place = tuple[str, str, str]


class Sightings:
    """What samples amount to; not for more than one thread."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self._there: dict[Place, Sighting] = {}
        self._left: list[Sighting] = []
        self._doubled: dict[str, Wish] = {}
        self._single: list[Wish] = []

    def take(self, addresses: Iterable[AddressSnapshot], now: float) -> None:
        """All addresses as they were a moment before `now`."""
        seen = list(addresses)
        self._follow(seen, now)
        counts = Counter(uid for address in seen if (uid := address.tags.get(POD_UID_TAG)))
        twice = {uid for uid, count in counts.items() if count > 1}
        for uid in twice - self._doubled.keys():
            self._doubled[uid] = Wish(uid, Span(now))
        for uid in self._doubled.keys() - twice:
            self._single.append(ended(self._doubled.pop(uid), now))

    @property
    def all(self) -> list[Sighting]:
        """Every address on every private IP."""
        return [*self._left, *self._there.values()]

    @property
    def present(self) -> set[tuple[str, str]]:
        """The pod, which a lent address does not name, and the private IP of each address on one."""
        return {(sighting.uid, sighting.private_ip) for sighting in list(self._there.values())}

    @property
    def doubled(self) -> list[Wish]:
        """When pods had more than one address."""
        return [*self._single, *self._doubled.values()]

    def _follow(self, seen: Sequence[AddressSnapshot], now: float) -> None:
        places = {_place(address) for address in seen if address.private_ip}
        for place in places - self._there.keys():
            self._there[place] = Sighting(*place, Span(now))
        for place in self._there.keys() - places:
            self._left.append(ended(self._there.pop(place), now))


class Recorder(Background):
    """A context manager: a thread that samples while it is entered."""

    def __init__(self, stack: Stack, period: float = PERIOD) -> None:
        """`period` is in seconds."""
        super().__init__("recorder")
        self._stack = stack
        self.period = period
        self.sightings = Sightings()

    def _run(self) -> None:
        while not self._stopping.wait(self.period):
            addresses = self._stack.ec2.addresses()
            self.sightings.take(addresses, time.monotonic())


def _place(address: AddressSnapshot) -> Place:
    return address.public_ip, address.tags.get(POD_UID_TAG, ""), address.private_ip
