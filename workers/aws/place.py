"""Where a pod is, and what can be said about the network interface that has its IP."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PodPlace:
    """What a pod's interface is found by; `eni_hint` is the annotation pod-eni, and not trusted."""

    uid: str
    ip: str
    node: str
    host_ip: str
    eni_hint: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """EC2 says that this interface has the pod's IP."""

    interface_id: str


@dataclass(frozen=True, slots=True)
class NotServable:
    """The pod can't have an Elastic IP where it runs: why, and what its author can do."""

    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """The interface is not known at the moment; asking again later may help."""

    reason: str
