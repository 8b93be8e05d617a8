"""The harness sees what it is for: with one safeguard taken out of the operator, it fails."""

from dataclasses import dataclass
from typing import Any

import pytest

from eip.claim import without_address
from eip.errors import KubernetesError
from eip.observe import gone
from eip.store.workqueue import WorkQueue
from tests.faults.faults import Fault
from tests.faults.scenarios import SCENARIOS
from tests.faults.schedules import run
from workers import perform
from workers.confirm import confirm_for
from workers.failure import failed
from workers.outcome import Done, unchanged
from workers.steps import associate, doubles, intent, release, reverse_dns
from workers.sweep import plan
from workers.sweep.sweeper import Sweeper
from workers.world import Job

renew = Job.renew


def without_intent(job: Job, action: Any, **_: object) -> None:
    """The lease is renewed, and no intent is written."""
    renew(job, action)


def read_as_gone(job: Job, action: Any) -> Any:
    """An error of the API server counts as an answer."""
    try:
        return confirm_for(job, action)
    except KubernetesError:
        return gone


def by_name_only(address: Any, identity: Any, _: object) -> str:
    """Another cluster's uid does not matter."""
    name = address.tags.get("eip.aws.materialize.com/cluster_name")
    return "" if name == identity.cluster_name else "another's"


def forgetful(*_: object) -> Any:
    """What was found is not adopted."""
    return intent.without_intent


def nodes_as_gone(job: Job, action: Any) -> Any:
    """Nobody looks for a node: among the pods there is none of its name."""
    return gone if job.held.claim.is_node else confirm_for(job, action)


@dataclass(frozen=True)
class Break:
    """A safeguard, what stands in its place, and the story and fault that show it."""

    owner: object
    name: str
    instead: Any
    story: str
    call: str = ""
    fault: Fault = Fault.LOST


BREAKS = {
    "no intent": Break(Job, "renew", without_intent, "up", "EC2 AllocateAddress"),
    "nothing adopted": Break(intent, "adopt", forgetful, "up", "EC2 AllocateAddress"),
    "released without asking": Break(release, "confirm_for", lambda *_: gone, "down"),
    "associated without asking": Break(associate, "confirm_to_associate", lambda *_: unchanged, "up"),
    "errors count as gone": Break(release, "confirm_for", read_as_gone, "down", "Kubernetes GET"),
    "lost messages stay lost": Break(WorkQueue, "resync", lambda _: 0, "up", "Redis commit", Fault.AFTER),
    "nothing comes due": Break(WorkQueue, "dispatch", lambda _: 0, "down", "Kubernetes GET", Fault.AFTER),
    "no refill": Break(Sweeper, "refill", lambda self: self.world.ledger.mark("refilled"), "Redis flushed"),
    "no sweep": Break(Sweeper, "sweep", lambda _: "", "moved by hand"),
    "orphans stay": Break(plan, "_suspect", lambda *_: None, "orphan and double"),
    "other clusters' are ours": Break(plan, "whose", by_name_only, "orphan and double"),
    "given back without looking": Break(
        release,
        "locate",
        lambda _: Done("", without_address),
        "lent and gone at once",
        "EC2 AssociateAddress",
    ),
    "strays stay": Break(Sweeper, "_take_strays", lambda *_: None, "lent and forgotten"),
    "kept for nobody": Break(release, "keep", lambda _: None, "kept and made again"),
    "late calls count": Break(
        reverse_dns,
        "_changing",
        lambda _, call: call(),
        "named, and called otherwise",
        "EC2 ModifyAddressAttribute",
        Fault.STALL,
    ),
    "named for ever": Break(release, "still_named", lambda _, error: failed(error), "named and forgotten"),
    "slow to come back": Break(perform, "backoff", lambda *_, **__: 60.0, "down", "Kubernetes GET"),
    "nodes are released without asking": Break(release, "confirm_for", nodes_as_gone, "node unlabelled"),
}


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)
def test_a_missing_safeguard_is_seen(broken: Break, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The story that holds with it does not hold without it."""
    monkeypatch.setattr(broken.owner, broken.name, broken.instead)
    if broken.instead is by_name_only:
        monkeypatch.setattr(doubles, "is_ours", lambda *_: True)

    assert not holds(redis_url, broken)


def holds(redis_url: str, broken: Break) -> bool:
    """Whether all that must hold does, without the fault and with it, and no pod had two addresses."""
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == broken.story)
    try:
        ran = run(redis_url, scenario, {})
        calls = [number for number in ran.numbers if broken.call and broken.call in ran.calls[number]]
        runs = [ran, *(run(redis_url, scenario, {number: broken.fault}) for number in calls)]
    except AssertionError:
        return False
    return all(set(ran.allocated.values()) <= {1} for ran in runs)
