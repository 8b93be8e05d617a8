"""What a command could see and what not: it shows what it has, and says what is missing and why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cli.output.exits import Exit
from eip.errors import Ec2Error, KubernetesError, RedisAway, RedisUnfit, SettingsError

T = TypeVar("T")

UNSEEN = (RedisAway, RedisUnfit, KubernetesError, Ec2Error, SettingsError)

REDIS, KUBERNETES, EC2 = "Redis", "Kubernetes", "EC2"

REMEDIES = {
    REDIS: "From outside the cluster: "
    "`kubectl -n eip-system port-forward service/k8s-eip-operator-redis 6379` "
    "with EIP_REDIS_URL=redis://:PASSWORD@127.0.0.1:6379/0; or run the command in a worker: "
    "`kubectl -n eip-system exec deploy/k8s-eip-operator-worker -- eip ...`",
    KUBERNETES: "Name a kubeconfig in KUBECONFIG, another context with --context, or ask for the right",
    EC2: "Set AWS_REGION and credentials that may call ec2:DescribeAddresses, or run the command in a worker",
}


@dataclass(slots=True)
class Sight:
    """Notes what could not be seen."""

    missing: dict[str, str] = field(default_factory=dict)

    def of(self, source: str, read: Callable[[], T]) -> T | None:
        """What `read` answers; None when the source cannot be seen, which is noted once."""
        if source in self.missing:
            return None
        try:
            return read()
        except UNSEEN as error:
            self.missing[source] = str(error)
            return None

    @property
    def notes(self) -> list[str]:
        """One line for each source that could not be seen: what, why, and what to do."""
        return [
            f"{source} could not be seen: {why}\n{REMEDIES[source]}" for source, why in self.missing.items()
        ]

    @property
    def exit(self) -> Exit:
        """PARTIAL when something could not be seen."""
        return Exit.PARTIAL if self.missing else Exit.OK
