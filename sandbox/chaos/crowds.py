"""Measurements: more pods than EC2 gives addresses, and many deletions at once."""

import time
from pathlib import Path

from eip.names import MANAGE_LABEL, Action, EventReason
from eip.store.keys import Keys
from sandbox.accounts import done
from sandbox.chaos.lab import Lab
from sandbox.chaos.percentile import spread
from sandbox.chaos.record import Record
from sandbox.chaos.verdict import judge

QUOTA = 10
PARKED = 60
PROBED = 120.0
DELETED = 200
WAITING = 300
MANY = 10_000
GROWTH_WATCHED = 120.0
ELSEWHERE = "elsewhere"
"""A node that the kubelet does not run, so that its pods cost nothing."""


def quota(lab: Lab) -> None:
    """A quota of 10 and 70 pods, so that 60 wait; then one pod is deleted."""
    lab.stack.ec2.configure(quota=QUOTA)
    served = lab.serve("served", QUOTA)
    waiting = lab.create("waiting", PARKED)
    parked = lab.until(lambda: _parked(lab) == PARKED, "all others are parked")
    lab.say(f"{PARKED} pods are parked after {parked:.1f} s; {_told(lab)} of them say so in an Event")
    _probes(lab)
    lab.delete(served[:1])
    next_ = lab.until(lambda: lab.served(waiting) == 1, "the next pod is served")
    lab.say(f"one pod deleted: its address is released and another pod is served {next_:.1f} s later")


def many_parked(lab: Lab) -> None:
    """10,000 pods wait at a quota of 10."""
    lab.stack.ec2.configure(quota=QUOTA)
    served = lab.serve("served", QUOTA)
    before = _memory(lab)
    began = time.monotonic()
    for number in range(MANY):
        _create_elsewhere(lab, number)
    lab.say(f"{MANY} pods created in {time.monotonic() - began:.0f} s")
    parked = lab.until(lambda: _parked(lab) == MANY, "all others are parked")
    lab.say(
        f"all parked {parked:.0f} s later; memory of the workers {before} MiB before, {_memory(lab)} MiB now"
    )
    _probes(lab, GROWTH_WATCHED)
    lab.say(f"memory of the workers {GROWTH_WATCHED:.0f} s later: {_memory(lab)} MiB")
    lab.stack.ec2.reset_calls()
    lab.delete(served[:1])
    next_ = lab.until(
        lambda: lab.stack.ec2.calls().count(Action.ALLOCATE, "ok"), "the next pod has an address"
    )
    lab.say(f"one pod deleted: its address is released and another allocated {next_:.1f} s later")


def mass_deletion(lab: Lab) -> None:
    """200 served pods are deleted at once while 300 new ones wait for allocation."""
    old = lab.serve("old", DELETED)
    new = lab.create("new", WAITING)
    lab.until(lambda: lab.served(new) >= 50, "the burst is used up")  # noqa: PLR2004
    lab.stack.ec2.reset_calls()
    began = time.monotonic()
    lab.delete(old)
    asked = time.monotonic() - began
    off = lab.until(lambda: not _associated(lab, old), "all addresses are off", began)
    allocated = lab.stack.ec2.calls().count(Action.ALLOCATE, "ok")
    served = lab.until(lambda: lab.served(new) == WAITING, "all new pods are served", began)
    lab.say(
        f"{DELETED} deletions asked for in {asked:.1f} s; the last address is off its IP after {off:.1f} s"
    )
    lab.say(f"IP freed to address off it: {spread([stay.seconds for stay in judge(_record(lab)).stays])}")
    lab.say(f"meanwhile {allocated} addresses were allocated, {allocated / off:.1f} a second")
    lab.say(f"all {WAITING} new pods are served after {served:.1f} s")
    lab.say(f"EC2 calls: {lab.mutations()}")


def _record(lab: Lab) -> Record:
    network = lab.stack.kubelet.network
    ips = [ip for node in lab.stack.networks for ip in node.pod_ips]
    return Record(
        ended_at=time.monotonic(),
        period=lab.recorder.period,
        tenancies={ip: network.tenancies(ip) for ip in ips},
        sightings=lab.recorder.sightings.all,
    )


def _associated(lab: Lab, pods: list[str]) -> bool:
    """Whether an address of one of these pods is on an IP."""
    names = set(pods)
    return any(
        address.private_ip and names & set(address.tags.values()) for address in lab.stack.ec2.addresses()
    )


def _probes(lab: Lab, seconds: float = PROBED) -> None:
    lab.stack.ec2.reset_calls()
    time.sleep(seconds)
    lab.say(f"EC2 calls in {seconds:.0f} s at the quota: {lab.mutations()}")


def _parked(lab: Lab) -> int:
    with lab.stack.redis_client() as client:
        return int(client.zcard(Keys.PARKED))


def _told(lab: Lab) -> int:
    events = lab.stack.api.get("/api/v1/events").body["items"]
    return len({e["involvedObject"]["uid"] for e in events if e["reason"] == EventReason.QUOTA})


def _memory(lab: Lab) -> str:
    """Resident MiB of each worker."""
    sizes = [_resident(worker.pid) for worker in lab.operator.workers]
    return " and ".join(f"{size:.0f}" for size in sizes)


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [size] = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(size) / 1024


def _create_elsewhere(lab: Lab, number: int) -> None:
    body = {
        "metadata": {"name": f"many-{number:05}", "labels": {MANAGE_LABEL: "true"}},
        "spec": {"nodeName": ELSEWHERE, "containers": [{"name": "main", "image": "example"}]},
    }
    pods = "/api/v1/namespaces/default/pods"
    done(lab.stack.api.post(pods, body))
    ip = f"10.200.{number // 256}.{number % 256}"
    status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]}
    done(lab.stack.api.patch(f"{pods}/many-{number:05}/status", {"status": status}))
