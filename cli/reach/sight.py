"""What a command could see and what not: it shows what it has, and says what is missing and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from cli.output.exits import Exit
from cli.reach.installation import NOWHERE, Installation
from eip.errors import Ec2Error, KubernetesError, RedisAway, RedisUnfit, SettingsError

T = TypeVar("T")

UNSEEN = (RedisAway, RedisUnfit, KubernetesError, Ec2Error, SettingsError)

REDIS, KUBERNETES, EC2 = "Redis", "Kubernetes", "EC2"

REMEDIES = {
    REDIS: "  In a worker it can be seen: {place.in_a_worker}\n"
    "  From elsewhere, the chart's own: {place.kubectl} port-forward service/{place.redis} 6379, and "
    "EIP_REDIS_URL=redis://:PASSWORD@127.0.0.1:6379/0",
    KUBERNETES: "  Name a kubeconfig in KUBECONFIG, another context with --context, or ask for the right.",
    EC2: "  Set AWS_REGION and credentials that may call ec2:DescribeAddresses, or ask in a worker: "
    "{place.in_a_worker}",
}


@dataclass(slots=True)
class Sight:
    """Notes what could not be seen; `look_for` finds the installation, for what is said of it."""

    look_for: Callable[[], Installation] = lambda: NOWHERE
    missing: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """Those whose error says itself what to do."""

    def of(self, source: str, read: Callable[[], T]) -> T | None:
        """What `read` answers; None when the source cannot be seen, which is noted once."""
        if source in self.missing:
            return None
        try:
            return read()
        except UNSEEN as error:
            self.missing[source] = str(error)
            if isinstance(error, SettingsError | RedisUnfit):
                self.told.add(source)
            return None

    @property
    def notes(self) -> list[str]:
        """For each source that could not be seen: what, why, and what to do."""
        place = NOWHERE if KUBERNETES in self.missing or not self._remedies else self.look_for()
        return [
            "\n".join([f"{source} could not be seen: {why}", *self._remedy(source, place)])
            for source, why in self.missing.items()
        ]

    @property
    def _remedies(self) -> set[str]:
        return self.missing.keys() - self.told

    def _remedy(self, source: str, place: Installation) -> Iterator[str]:
        if source in self._remedies:
            yield REMEDIES[source].format(place=place)

    @property
    def exit(self) -> Exit:
        """PARTIAL when something could not be seen."""
        return Exit.PARTIAL if self.missing else Exit.OK
