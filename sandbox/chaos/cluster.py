"""Where it happens: a stack on a real kube-apiserver, or on the double, and what takes either away."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sandbox import kube_assets
from sandbox.kubernetes.real import RealControlPlane
from sandbox.stack import Shape, Stack

EC2_LATENCY = 0.05
"""Seconds that an EC2 call takes when nothing is wrong."""


@dataclass(frozen=True)
class Cluster:
    """A stack; `real` is its control plane, or None on the double."""

    stack: Stack
    real: RealControlPlane | None

    @property
    def described(self) -> str:
        """On what it runs, in words."""
        if self.real:
            return f"a real kube-apiserver, {kube_assets.version()}"
        return "the Kubernetes double, not a real kube-apiserver (`make kube-assets` builds one)"

    @contextmanager
    def without_api(self) -> Iterator[None]:
        """Nobody reaches the API server; the double goes on for the kubelet and for us."""
        if self.real:
            self.real.stop_server()
            yield
            self.real.start_server()
        elif double := self.stack.kubernetes:
            double.hang(count=None)
            double.drop_watches()
            yield
            double.clear()

    def calm_ec2(self) -> None:
        """No fault, and the usual latency."""
        self.stack.ec2.clear_faults()
        self.stack.ec2.delay(EC2_LATENCY)


@contextmanager
def opened(shape: Shape, *, real: bool | None = None) -> Iterator[Cluster]:
    """A cluster; `real` None takes a kube-apiserver if there is one.

    Raises:
        AssetsError: a real one is wanted, and there is none.

    """
    assets = None if real is False else kube_assets.find()
    if real and assets is None:
        raise kube_assets.AssetsError("kube-apiserver is not there: `make kube-assets` builds it")
    with ExitStack() as opened_:
        control_plane = opened_.enter_context(RealControlPlane(assets)) if assets else None
        cluster = Cluster(opened_.enter_context(Stack(shape, control_plane)), control_plane)
        cluster.calm_ec2()
        yield cluster
