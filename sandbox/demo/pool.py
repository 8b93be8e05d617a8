"""The act of the pool: an admin lends fewer addresses than there are pods that ask for one."""

import time

from eip.names import LEND_TAG, POOL_ANNOTATION, EventReason
from sandbox.accounts import done
from sandbox.demo.picture import Row, State
from sandbox.demo.scene import Scene
from sandbox.demo.stays import Shared, mutating
from sandbox.ec2.messages import AddressSnapshot
from sandbox.stack import CLUSTER_NAME
from sandbox.staying import create_pod, lend

POOL = "proxies"
LENT = 2
PROXIES = 3
PODS = [f"proxy-{number}" for number in range(PROXIES)]
QUICK_SECONDS = 0.05


def share(scene: Scene) -> Shared:
    """Lend, serve, let one go, let all go. StalledError when that does not come to its end."""
    scene.view.phase(
        f"{PROXIES} pods share a pool of {LENT} addresses that others know, in their firewalls perhaps",
        f"An admin lends the addresses by the tag {LEND_TAG}; the pods name the pool in the annotation "
        f"{POOL_ANNOTATION}. Whatever pods come and go, none of the addresses is tagged or released.",
    )
    scene.camera.forget()
    for _ in range(LENT):
        lend(scene.stack, CLUSTER_NAME, pool=POOL)
    before = _lent(scene)
    scene.stack.ec2.reset_calls()
    for name in PODS:
        create_pod(scene.stack, name, {POOL_ANNOTATION: POOL})
    scene.until(lambda now: now.count(State.READY) == LENT and bool(_told(scene)))
    picture = scene.camera.take()
    waiting, *served = sorted(map(picture.row, PODS), key=lambda row: row.state is State.READY)
    scene.view.note(f'{waiting.name} waits, and an Event says why: "{_told(scene)}"')
    had, seconds = _hand_over(scene, served[0], waiting)
    for name in (served[1].name, waiting.name):
        scene.stack.delete_pod(name)
    scene.until(lambda now: now.count(State.RETURNED) == PROXIES)
    scene.view.note("all pods are gone, and both addresses are the admin's, as before")
    return Shared(
        before=before,
        after=_lent(scene),
        had={row.name: row.public_ip for row in served} | {waiting.name: had},
        waited=waiting.name,
        told=_told(scene),
        seconds=seconds,
        calls=mutating(scene.stack.ec2.calls()),
    )


def _hand_over(scene: Scene, served: Row, waiting: Row) -> tuple[str, float]:
    """One pod goes; the public IP of the one that waited, and how many seconds it took."""
    began = time.monotonic()
    scene.stack.delete_pod(served.name)
    scene.until(lambda now: now.row(waiting.name).state is State.READY, period=QUICK_SECONDS)
    seconds = time.monotonic() - began
    had = scene.camera.take().row(waiting.name).public_ip
    scene.view.note(f"{served.name} is deleted, and {seconds:.1f} s later {waiting.name} has {had}")
    return had, seconds


def _lent(scene: Scene) -> list[AddressSnapshot]:
    return [address for address in scene.stack.ec2.addresses() if LEND_TAG in address.tags]


def _told(scene: Scene) -> str:
    events = done(scene.stack.api.get("/api/v1/events"))["items"]
    return next((event["message"] for event in events if event["reason"] == EventReason.NOT_FREE), "")
