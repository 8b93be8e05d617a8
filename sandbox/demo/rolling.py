"""The act of the StatefulSet: its pods are replaced one after another, and have the addresses they had."""

from eip.names import KEEP_ANNOTATION
from sandbox.demo.picture import Picture, State
from sandbox.demo.scene import Scene
from sandbox.demo.stays import Rolled, mutating
from sandbox.staying import create_pod

REPLICAS = 3
KEEP = {KEEP_ANNOTATION: "24h"}
PODS = [f"mail-{number}" for number in range(REPLICAS)]


def roll(scene: Scene) -> Rolled:
    """Create, replace, give back. StalledError when that does not come to its end."""
    scene.view.phase(
        f"A StatefulSet of {REPLICAS} pods is updated, and every address stays",
        f"Annotation: {KEEP_ANNOTATION}=24h. The update deletes one pod after another, the last one first, "
        "and creates it again under its name: another private IP, the same public one.",
    )
    scene.camera.forget()
    for name in PODS:
        create_pod(scene.stack, name, KEEP)
    scene.until(lambda now: now.count(State.READY) == REPLICAS)
    before = _addresses(scene.camera.take())
    scene.view.note("all pods have an address: the update begins, and EC2's calls are counted from here on")
    scene.stack.ec2.reset_calls()
    for name in reversed(PODS):
        _replace(scene, name)
    after, calls = _addresses(scene.camera.take()), mutating(scene.stack.ec2.calls())
    _give_back(scene)
    return Rolled(before=before, after=after, calls=calls, leaked=len(scene.stack.ec2.addresses()))


def _replace(scene: Scene, name: str) -> None:
    """As the StatefulSet's controller does it, which waits until a pod is ready."""
    old = scene.camera.take().row(name)
    scene.stack.delete_pod(name)
    scene.until(lambda now: now.row(name).state is State.KEPT)
    create_pod(scene.stack, name, KEEP)
    scene.until(lambda now: now.row(name).state is State.READY)
    new = scene.camera.take().row(name)
    scene.view.note(
        f"{name} is replaced: public IP {old.public_ip}, then {new.public_ip}; "
        f"private IP {old.private_ip}, then {new.private_ip}"
    )


def _give_back(scene: Scene) -> None:
    """Without the label nothing is kept."""
    for name in PODS:
        scene.stack.label_pod(name, managed=False)
    scene.until(lambda now: not any(_addresses(now).values()))
    for name in PODS:
        scene.stack.delete_pod(name)
    scene.view.note("the label is taken away, so nothing is kept: EC2 has the addresses back")


def _addresses(picture: Picture) -> dict[str, str]:
    return {row.name: row.public_ip for row in picture.rows if row.name in PODS}
