"""Where the operator is in the cluster: its Deployments, known by the chart's labels under every name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

NAME_LABEL = "app.kubernetes.io/name"
INSTANCE_LABEL = "app.kubernetes.io/instance"
COMPONENT_LABEL = "app.kubernetes.io/component"
CHART_LABEL = "helm.sh/chart"
CHART = "k8s-eip-operator"
"""The chart's name: the value of the label name, unless `nameOverride` says otherwise."""


class Component(StrEnum):
    """Which of the operator's processes; also the label app.kubernetes.io/component."""

    PRODUCER = "producer"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A Deployment, as far as its name and its labels say whose it is."""

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether it is of an installation of the operator."""
        made_by = self.labels.get(CHART_LABEL, "")
        return self.labels.get(NAME_LABEL) == CHART or made_by.startswith(f"{CHART}-")

    @property
    def selector(self) -> str:
        """The label selector of its pods."""
        kept = (NAME_LABEL, INSTANCE_LABEL, COMPONENT_LABEL)
        return ",".join(f"{label}={self.labels[label]}" for label in kept if label in self.labels)


COMPONENTS = f"{COMPONENT_LABEL} in ({Component.PRODUCER}, {Component.WORKER})"
"""The label selector of all that may be a producer or a worker."""

DEFAULT_SELECTOR = f"{NAME_LABEL}={CHART},{COMPONENTS}"
"""The pods of an installation without `nameOverride`, for who may list no Deployments."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What to name in a kubectl command; what was not found is a word in capitals there."""

    namespace: str = ""
    producer: str = ""
    worker: str = ""

    @property
    def kubectl(self) -> str:
        """`kubectl` in the operator's namespace."""
        return f"kubectl -n {self.namespace or 'NAMESPACE'}"

    @property
    def in_a_worker(self) -> str:
        """How to run the command where all settings are."""
        return f"{self.kubectl} exec deployment/{self.worker or 'WORKER'} -- eip ..."

    @property
    def redis(self) -> str:
        """The Service of the chart's own Redis, whose name begins as the worker's."""
        return f"{self.worker.removesuffix(Component.WORKER)}redis" if self.worker else "REDIS"

    def logs(self, component: Component) -> str:
        """How to read what a component says; its pods have its label under every name."""
        name = self.worker if component is Component.WORKER else self.producer
        return f"{self.kubectl} logs {f'deployment/{name}' if name else f'-l {COMPONENT_LABEL}={component}'}"


NOWHERE = Installation()
"""Nothing was found."""


def ours(deployments: Iterable[Deployment]) -> list[Deployment]:
    """Producers' and workers' Deployments."""
    return [one for one in deployments if one.is_ours and one.labels.get(COMPONENT_LABEL) in set(Component)]


def installed(deployments: Iterable[Deployment], namespace: str = "") -> Installation:
    """The installation in this namespace; where that is not known, the first that there is."""
    found = [one for one in ours(deployments) if namespace in {"", one.namespace}]
    if not found:
        return Installation(namespace)
    place = found[0].namespace
    names = {one.labels[COMPONENT_LABEL]: one.name for one in reversed(found) if one.namespace == place}
    return Installation(place, names.get(Component.PRODUCER, ""), names.get(Component.WORKER, ""))
