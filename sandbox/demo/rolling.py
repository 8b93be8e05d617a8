"""The act of the StatefulSet: its pods are replaced one after another, and have the addresses they had."""

from eip.names import KEEP_ANNOTATION
from sandbox.demo.picture import Picture, Row, State
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
        f"Annotation: {KEEP_ANNOTATION}=24h. The update deletes one pod after the other, the last one first, "
        "and creates it again under its name: other IP, same public IP.",
    )
    scene.camera.forget()
    for name in PODS:
        create_pod(scene.stack, name, KEEP)
    scene.until(lambda now: now.count(State.READY) == REPLICAS)
    before = _addresses(scene.camera.take())
    scene.view.note("all have an address; the update begins, and EC2's calls are counted anew")
    scene.stack.ec2.reset_calls()
    for name in reversed(PODS):
        _replace(scene, name)
    after, calls = _addresses(scene.camera.take()), mutating(scene.stack.ec2.calls())
    _give_back(scene)
    return Rolled(before=before, after=after, calls=calls, leaked=len(scene.stack.ec2.addresses()))


def _replace(scene: Scene, name: str) -> None:
    """As the StatefulSet's controller does it, which waits until a pod is ready."""
    old = _row(scene.camera.take(), name)
    scene.stack.delete_pod(name)
    scene.until(lambda now: _row(now, name).state is State.KEPT)
    create_pod(scene.stack, name, KEEP)
    scene.until(lambda now: _row(now, name).state is State.READY)
    new = _row(scene.camera.take(), name)
    scene.view.note(
        f"{name} had {old.public_ip} on {old.private_ip}; replaced, {new.public_ip} on {new.private_ip}"
    )


def _give_back(scene: Scene) -> None:
    """Without the label nothing is kept."""
    for name in PODS:
        scene.stack.label_pod(name, managed=False)
    scene.until(lambda now: not any(_addresses(now).values()))
    for name in PODS:
        scene.stack.delete_pod(name)
    scene.view.note(
        "without the label nothing is kept: the addresses are given back at once, then the pods go"
    )


def _addresses(picture: Picture) -> dict[str, str]:
    return {row.name: row.public_ip for row in picture.rows if row.name in PODS}


def _row(picture: Picture, name: str) -> Row:
    return next(row for row in picture.rows if row.name == name)
