"""The operators that can be left: what each writes on addresses, pods and resources, and how it is known.

MaterializeInc/k8s-eip-operator, eip_operator/src: `aws.rs` (tags), `controller/pod.rs`, `controller/eip.rs`
(finalizers), `main.rs` (what it releases at its start). aws-samples/aws-pod-eip-controller: `pkg/config.go`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cli.migrate.facts import Container, Pod
from eip import aliases
from eip.aliases import Alias

OURS_VARIABLE = "EIP_"

_PROGRAMS = {"k8s-eip-operator", "eip-operator"}
_MATERIALIZE = "eip.materialize.cloud"
_AWS_SAMPLES = "aws-samples.github.com/aws-pod-eip-controller"


@dataclass(frozen=True, slots=True)
class Origin:
    """One of them; `labels` and `annotations` are those that it writes on pods by itself.

    `eip_uid_tag` and `node_tag` are empty where it has no resources of its own and serves no nodes.
    """

    alias: Alias
    marker_tag: str
    cluster_tag: str
    tags: tuple[str, ...]
    own_name: str
    pod_finalizer: str
    eip_finalizer: str
    eip_uid_tag: str
    node_tag: str
    labels: tuple[str, ...]
    annotations: tuple[str, ...]
    pod_key: Callable[[Mapping[str, str]], str]
    asks: Callable[[Pod], bool]
    kept: Callable[[Pod, Mapping[str, str]], str]
    runs: Callable[[Container], bool]

    def running(self, pods: tuple[Pod, ...]) -> list[str]:
        """The pods in which it runs, as `namespace/name`."""
        return [pod.key for pod in pods if not pod.ended and any(map(self.runs, pod.spec.containers))]


def ours_running(pods: tuple[Pod, ...]) -> list[str]:
    """The pods of our own producer and workers."""
    return [
        pod.key
        for pod in pods
        if not pod.ended
        and any(
            c.has_variable(OURS_VARIABLE) and c.name in {"producer", "worker"} for c in pod.spec.containers
        )
    ]


def _is_materialize(container: Container) -> bool:
    """Our own image may have the same name: the environment tells them apart."""
    named = container.program in _PROGRAMS or container.name in _PROGRAMS
    return named and not container.has_variable(OURS_VARIABLE)


def _materialize_kept(pod: Pod, tags: Mapping[str, str]) -> str:
    own = aliases.managed_by_alias(_without_ours(pod), None, {Alias.MATERIALIZE})
    if own and tags.get(f"{_MATERIALIZE}/eip_name") == pod.metadata.name:
        return ""
    return f"the Eip {tags.get(f'{_MATERIALIZE}/eip_name', '')} was made by hand and keeps it beyond its pod"


def _without_ours(pod: Pod) -> dict[str, str]:
    return {key: value for key, value in pod.metadata.labels.items() if key.startswith(_MATERIALIZE)}


MATERIALIZE = Origin(
    alias=Alias.MATERIALIZE,
    marker_tag=f"{_MATERIALIZE}/eip_uid",
    cluster_tag=f"{_MATERIALIZE}/cluster_name",
    tags=tuple(
        f"{_MATERIALIZE}/{name}"
        for name in ("eip_uid", "eip_name", "cluster_name", "namespace", "pod_name", "node_selector")
    ),
    own_name="eip-operator:",
    pod_finalizer=f"{_MATERIALIZE}/disassociate",
    eip_finalizer=f"{_MATERIALIZE}/destroy",
    eip_uid_tag=f"{_MATERIALIZE}/eip_uid",
    node_tag=f"{_MATERIALIZE}/node_selector",
    labels=(),
    annotations=(f"{_MATERIALIZE}/allocation_id",),
    pod_key=lambda tags: (
        f"{tags.get(f'{_MATERIALIZE}/namespace', '')}/{tags.get(f'{_MATERIALIZE}/pod_name', '')}"
    ),
    asks=lambda pod: aliases.MATERIALIZE_MANAGE_LABEL in pod.metadata.labels,
    kept=_materialize_kept,
    runs=_is_materialize,
)


def _aws_samples_kept(pod: Pod, tags: Mapping[str, str]) -> str:  # noqa: ARG001 - as the other's
    kind = tags.get(f"{_AWS_SAMPLES}-type", "")
    return "" if kind == aliases.AWS_SAMPLES_OWN_ADDRESS else f"it is an address of your own ({kind})"


AWS_SAMPLES = Origin(
    alias=Alias.AWS_SAMPLES,
    marker_tag=f"{_AWS_SAMPLES}-pod",
    cluster_tag=f"{_AWS_SAMPLES}-cluster-name",
    tags=tuple(f"{_AWS_SAMPLES}-{name}" for name in ("type", "cluster-name", "pod")),
    own_name="",
    pod_finalizer="",
    eip_finalizer="",
    eip_uid_tag="",
    node_tag="",
    labels=tuple(
        f"aws-pod-eip-controller-{name}"
        for name in ("public-ip", "type", "public-ipv4-pool", "fixed-tag", "fixed-tag-value")
    ),
    annotations=(),
    pod_key=lambda tags: tags.get(f"{_AWS_SAMPLES}-pod", ""),
    asks=lambda pod: bool(pod.metadata.annotations.get(aliases.AWS_SAMPLES_TYPE_ANNOTATION)),
    kept=_aws_samples_kept,
    runs=lambda container: (
        container.program == "aws-pod-eip-controller"
        or container.name == "aws-pod-eip-controller"
        or container.has_variable("PEC_")
    ),
)

ORIGINS = {origin.alias: origin for origin in (MATERIALIZE, AWS_SAMPLES)}
