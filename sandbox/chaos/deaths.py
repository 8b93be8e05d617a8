"""Measurements: processes of the operator die."""

import time

from eip.claim import Claim, next_step
from eip.names import Step
from sandbox.chaos.lab import Lab
from sandbox.ec2.messages import Fault, FaultKind

HELD = 3
SLOW_SECONDS = 1.5
PODS = 12


def worker_killed(lab: Lab) -> None:
    """The only worker is killed while it holds at least 3 pods in one step; another starts at once."""
    for step in Step:
        pods = lab.serve("old", PODS) if step is Step.RELEASE else []
        _slow(lab, step)
        if pods:
            lab.delete(pods)
        else:
            pods = lab.create(step, PODS)
        lab.until(lambda step=step: len(_held(lab, step)) >= HELD, f"{HELD} pods held in {step}")  # type: ignore[misc]
        _kill_in(lab, step, pods)
        lab.delete(pods if step is not Step.RELEASE else [])
        lab.until(lambda: not lab.claims() and not lab.stack.ec2.addresses(), "nothing left")


def leader_killed(lab: Lab) -> None:
    """The leading producer is killed; a pod is created at that moment."""
    lab.serve("before", 1)
    leader, standby = lab.operator.leader(), lab.operator.standby()
    if leader is None or standby is None:
        raise RuntimeError("one producer should lead, and one stand by")
    leader.kill()
    killed = time.monotonic()
    pods = lab.create("after", 1)
    leads = lab.until(lambda: lab.operator.leader() is standby, "the standby leads", killed)
    served = lab.until(lambda: lab.served(pods) == 1, "the pod is served", killed)
    lab.say(f"the standby leads after {leads:.1f} s; the pod is served after {served:.1f} s")


def _kill_in(lab: Lab, step: Step, pods: list[str]) -> None:
    [worker] = lab.operator.workers
    held = _held(lab, step)
    worker.kill()
    killed = time.monotonic()
    held = {uid: claim for uid, claim in _held(lab, step).items() if uid in held}
    _unslow(lab)
    worker.start(wait=False)

    def taken_up() -> bool:
        now = lab.claims()
        return all(_goes_on(claim, now.get(uid)) for uid, claim in held.items())

    up = lab.until(taken_up, "the pods that it held go on", killed)
    if step is Step.RELEASE:
        done = lab.until(lambda: not lab.stack.ec2.addresses(), "all addresses released", killed)
    else:
        done = lab.until(lambda: lab.served(pods) == len(pods), "all pods served", killed)
    lab.say(f"killed in {step}: its {len(held)} pods go on after {up:.1f} s, all is done after {done:.1f} s")


def _goes_on(before: Claim, now: Claim | None) -> bool:
    """Whether another holds the lease, or the call of the dead one went through."""
    return now is None or now.lease_token != before.lease_token or next_step(now) is None


def _held(lab: Lab, step: Step) -> dict[str, Claim]:
    return {uid: claim for uid, claim in lab.leased().items() if next_step(claim) is step}


ACTIONS = {
    Step.ALLOCATE: "AllocateAddress",
    Step.ASSOCIATE: "AssociateAddress",
    Step.RELEASE: "DisassociateAddress",
}


def _slow(lab: Lab, step: Step) -> None:
    """Make the step take so long that a kill meets it."""
    if action := ACTIONS.get(step):
        lab.stack.ec2.add_fault(Fault(FaultKind.HANG_BEFORE, action, seconds=SLOW_SECONDS))
    elif lab.stack.kubernetes:
        lab.stack.kubernetes.slow(SLOW_SECONDS, count=None, verbs=("patch",), resources=("pods/status",))


def _unslow(lab: Lab) -> None:
    lab.cluster.calm_ec2()
    if lab.stack.kubernetes:
        lab.stack.kubernetes.clear()
