"""Measurements: Redis, the API server or EC2 is not there for a while."""

import time

from sandbox.chaos.lab import Lab
from sandbox.chaos.schedule import Fault

PODS = 10
AWAY = {Fault.REDIS_AWAY: 10.0, Fault.API_AWAY: 20.0, Fault.EC2_HANGS: 20.0}
MANY = 100
WATCHED = 25.0


def redis_away(lab: Lab) -> None:
    """Redis is away for 10 s and keeps its data; 10 pods are created and 10 deleted meanwhile."""
    _away(lab, Fault.REDIS_AWAY)


def ec2_hangs(lab: Lab) -> None:
    """Every EC2 call hangs for 20 s; 10 pods are created and 10 deleted meanwhile."""
    _away(lab, Fault.EC2_HANGS)


def api_away(lab: Lab) -> None:
    """The API server is away for 20 s; 10 pods were deleted right before, 10 are created right after."""
    old = lab.serve("old", PODS)
    lab.delete(old)
    began = time.monotonic()
    with lab.injector.struck(Fault.API_AWAY):
        time.sleep(AWAY[Fault.API_AWAY])
    back = time.monotonic()
    new = lab.create("new", PODS)
    off, served = lab.until_each(
        {
            "the addresses of the deleted pods are off": lambda: _off(lab),
            "the new pods are served": lambda: lab.served(new) == PODS,
        },
        back,
    )
    lab.say(f"on {lab.cluster.described}")
    lab.say(
        f"away for {back - began:.1f} s; {off:.1f} s later all addresses of deleted pods are off their IPs"
    )
    lab.say(f"pods created when it is back are served {served:.1f} s later")


def flushall(lab: Lab) -> None:
    """FLUSHALL with 100 served pods; a pod is created right after."""
    _lost(lab, Fault.REDIS_FLUSHED, 0)


def redis_empty(lab: Lab) -> None:
    """Redis is killed with 100 served pods and comes back empty after 2 s; a pod is created right after."""
    _lost(lab, Fault.REDIS_EMPTY, 2)


def _away(lab: Lab, fault: Fault) -> None:
    old = lab.serve("old", PODS)
    with lab.injector.struck(fault):
        lab.delete(old)
        new = lab.create("new", PODS)
        time.sleep(AWAY[fault])
    back = time.monotonic()
    first, off, served = lab.until_each(
        {
            "the first new pod is served": lambda: lab.served(new),
            "the addresses of the deleted pods are off": lambda: _off(lab),
            "all new pods are served": lambda: lab.served(new) == PODS,
        },
        back,
    )
    lab.say(f"{fault}, for {AWAY[fault]:.0f} s; after it, the first new pod is served in {first:.1f} s,")
    lab.say(f"all {PODS} in {served:.1f} s; addresses of deleted pods are off their IPs in {off:.1f} s")


def _lost(lab: Lab, fault: Fault, seconds: float) -> None:
    old = lab.serve("old", MANY)
    lab.stack.ec2.reset_calls()
    with lab.injector.struck(fault):
        time.sleep(seconds)
    back = time.monotonic()
    new = lab.create("new", 1)
    served, claims = lab.until_each(
        {
            "the new pod is served": lambda: lab.served(new) == 1,
            "all claims are there": lambda: len(lab.claims()) == MANY + 1,
        },
        back,
    )
    time.sleep(WATCHED)
    lab.say(f"all {MANY} claims are there again after {claims:.1f} s")
    lab.say(f"a pod created at once is served after {served:.1f} s")
    lab.say(f"EC2 calls until {WATCHED:.0f} s later, one new pod included: {lab.mutations()}")
    lab.say(f"pods of before that are still served: {lab.served(old)} of {MANY}")


def _off(lab: Lab) -> bool:
    """Whether no address is on an IP that no pod has."""
    network = lab.stack.kubelet.network
    return all(
        network.occupant(address.private_ip) for address in lab.stack.ec2.addresses() if address.private_ip
    )
