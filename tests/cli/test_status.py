"""`eip status`: what is desired, what is there, what is next, and since when."""

import json

import msgspec
import pytest

from cli.rows.mode import mode as mode_of
from eip import names
from eip.claim import Claim, changed
from eip.decide import EventType
from eip.names import Action, Queue, Step
from eip.store.keys import Keys
from tests.cli.conftest import Api, Eip, Reach
from tests.workers_world import IP, IP2, OTHER, UID, Workers


def test_a_served_pod_is_done(eip: Eip, world: Workers) -> None:
    """Its address and the IP that it is on stand in the row."""
    claim = world.serve()

    shown = eip("status")

    assert shown.code == 0
    assert shown.out.splitlines()[1].split() == [
        "shop", "web", "serve", claim.public_ip, "on", IP, "-", "done", "10m", "-",
    ]  # fmt: skip


def test_a_pod_in_a_queue_knows_how_many_are_before_it(eip: Eip, world: Workers, api: Api) -> None:
    """The order is that of the wake-ups."""
    world.see(api.add(UID, "web", IP))
    world.time.pass_by(5)
    world.see(api.add(OTHER, "later", IP2))

    shown = eip("status", "later")

    assert "allocate   queued, 1 ahead   0s" in shown.out
    assert "Next: allocate; it stands in that queue, 1 before it." in shown.out
    assert "queued, first" in eip("status", "web").out


def test_a_pod_that_backs_off_says_what_failed(eip: Eip, world: Workers, api: Api) -> None:
    """The last error in EC2's words, how often, and when it is tried again."""
    world.ec2.refuse(Action.ASSOCIATE, "InternalError", times=2)
    world.see(api.add(UID, "web", IP))
    world.run()
    world.time.pass_by(2)
    world.world.queue.dispatch()
    world.run()

    shown = eip("status", "web")

    assert "again in" in shown.out
    assert "InternalError" in shown.out
    assert "failed, 2 times in a row: InternalError: AssociateAddress is refused." in shown.out


def test_a_kept_address_waits_for_the_next_pod(eip: Eip, world: Workers, api: Api) -> None:
    """No step is next, nothing has failed, and a retry would do nothing."""
    pod = api.add(UID, "web", IP, metadata={"annotations": {names.KEEP_ANNOTATION: "25h"}})
    world.see(pod)
    world.run()
    api.remove("web")
    world.see(pod, EventType.DELETED)
    world.run()

    shown = eip("status", "web")

    assert "not associated   -      kept    0s " in shown.out
    assert "It is kept for the next pod of its name for another 1d1h, and released then." in shown.out
    assert "retry" not in shown.out


MODES: list[tuple[dict[str, str], str]] = [
    ({}, "own"),
    ({names.KEEP_ANNOTATION: "24h"}, "kept"),
    ({names.REQUEST_ADDRESS_ANNOTATION: "198.18.0.9"}, "fixed"),
    ({names.POOL_ANNOTATION: "web"}, "pool"),
    ({names.PUBLIC_IPV4_POOL_ANNOTATION: "ipam-pool-0123456789abcdef0"}, "range"),
    ({names.KEEP_ANNOTATION: "soon"}, ""),
]


@pytest.mark.parametrize("known", [True, False], ids=["claimed", "unreported"])
@pytest.mark.parametrize(("annotations", "mode"), MODES, ids=[mode or "nonsense" for _, mode in MODES])
def test_the_mode_is_what_the_pod_asks_for(
    eip: Eip, world: Workers, api: Api, annotations: dict[str, str], mode: str, *, known: bool
) -> None:
    """Before it has anything, too; what cannot be meant is no mode."""
    pod = api.add(UID, "web", IP, metadata={"annotations": annotations})
    if known:
        world.see(pod)

    assert json.loads(eip("status", "web", "-o", "json").out)["mode"] == mode


@pytest.mark.parametrize(("annotations", "mode"), MODES, ids=[mode or "nonsense" for _, mode in MODES])
def test_a_claim_remembers_the_mode(
    eip: Eip, world: Workers, api: Api, reach: Reach, annotations: dict[str, str], mode: str
) -> None:
    """Where the pod cannot be seen."""
    world.see(api.add(UID, "web", IP, metadata={"annotations": annotations}))
    reach.lose("kubernetes")

    assert json.loads(eip("status", "web", "-o", "json").out)["mode"] == mode


def test_what_the_pod_asks_for_now_wins_over_its_claim(eip: Eip, world: Workers, api: Api) -> None:
    """Though it goes on with the address that it has."""
    world.serve()
    api.add(UID, "web", IP, metadata={"annotations": {names.POOL_ANNOTATION: "web"}})

    assert json.loads(eip("status", "web", "-o", "json").out)["mode"] == "pool"


def test_an_address_whose_pod_was_never_seen_has_no_mode() -> None:
    """A claim that a sweep made of tags alone; the tag that keeps it tells of that much."""
    adopted = Claim(uid=UID, allocation_id="eipalloc-1")

    assert (mode_of(adopted, None), mode_of(changed(adopted, tagged_keep=60), None)) == ("", "kept")


def test_nothing_in_a_namespace_is_said_of_that_namespace(eip: Eip, world: Workers) -> None:
    """Others may have addresses."""
    world.serve()

    assert "no pod in namespace games has or asks for an address" in eip("status", "-n", "games").err


def test_a_parked_pod_names_the_quota(eip: Eip, world: Workers, api: Api) -> None:
    """And says what helps."""
    world.ec2.quota = 0
    world.see(api.add(UID, "web", IP))
    world.run()

    shown = eip("status", "shop/web")

    assert "parked, first" in shown.out
    assert "L-0263D0A3" in shown.out


def test_a_claim_under_a_lease_is_at_work(eip: Eip, world: Workers, api: Api) -> None:
    """Nobody needs to retry it."""
    world.see(api.add(UID, "web", IP))
    world.job(Step.ALLOCATE)

    assert "running" in eip("status").out


def test_a_labelled_pod_without_a_claim_was_not_reported(eip: Eip, api: Api) -> None:
    """That is how a producer that does not run shows."""
    api.add(UID, "web", IP)

    shown = eip("status", "web")

    assert "unreported" in shown.out
    assert "does it run" in shown.out


def test_a_refused_pod_is_not_said_to_be_unreported(eip: Eip, api: Api) -> None:
    """Its claim is over once it was told."""
    api.add(UID, "web", IP, spec={"hostNetwork": True})

    shown = eip("status", "web")

    assert "refused" in shown.out
    assert "remove hostNetwork" in shown.out
    assert "unreported" not in shown.out


def test_pods_that_ask_for_nothing_are_not_shown(eip: Eip, api: Api) -> None:
    """An empty table is said on standard error, and is fine."""
    api.add(UID, "web", IP, labelled=False)

    shown = eip("status")

    assert (shown.code, shown.out) == (0, "")
    assert "no pod has or asks for an address" in shown.err


@pytest.mark.parametrize(
    ("add", "why"),
    [
        pytest.param(True, f"the label {names.MANAGE_SELECTOR} is not set", id="without-the-label"),
        pytest.param(False, "there is no pod shop/web", id="no-such-pod"),
    ],
)
def test_a_pod_that_nothing_is_known_of_is_an_error(eip: Eip, api: Api, *, add: bool, why: str) -> None:
    """The message says why; the code is that of something not found."""
    if add:
        api.add(UID, "web", IP, labelled=False)

    shown = eip("status", "web")

    assert (shown.code, shown.out) == (1, "")
    assert why in shown.err


def test_only_the_namespace_that_is_asked_for(eip: Eip, world: Workers) -> None:
    """-n narrows the rows."""
    world.serve()

    assert "web" in eip("status", "-n", "shop").out
    assert eip("status", "-n", "games").out == ""


def test_one_pod_as_json_is_an_object(eip: Eip, world: Workers) -> None:
    """As kubectl prints it; times are RFC 3339."""
    claim = world.serve()

    row = json.loads(eip("status", "web", "-o", "json").out)

    assert (row["publicIp"], row["state"], row["nextStep"]) == (claim.public_ip, "done", "")
    assert row["since"].endswith("Z")


def test_yaml_says_what_json_says(eip: Eip, world: Workers) -> None:
    """All pods are a list of items."""
    world.serve()

    items = msgspec.yaml.decode(eip("status", "-o", "yaml").out)["items"]

    assert [item["name"] for item in items] == ["web"]


def test_names_are_for_other_commands(eip: Eip, world: Workers) -> None:
    """In kubectl's form."""
    world.serve()

    assert eip("status", "-o", "name").out == "pod/web\n"


def test_without_redis_kubernetes_and_ec2_tell_what_they_can(eip: Eip, world: Workers, reach: Reach) -> None:
    """The rows are there without the queues, and standard error says what is missing and how to get there."""
    claim = world.serve()
    reach.lose("redis")

    shown = eip("status")

    assert shown.code == 3
    assert f"{claim.public_ip} on {IP}" in shown.out
    assert "Redis could not be seen: connection refused" in shown.err
    assert "port-forward" in shown.err


def test_without_kubernetes_the_claims_are_shown(eip: Eip, world: Workers, reach: Reach) -> None:
    """A right that is missing is no reason to show nothing."""
    world.serve()
    reach.lose("kubernetes")

    shown = eip("status", "web")

    assert shown.code == 3
    assert "done" in shown.out
    assert "pods is forbidden" in shown.err


def test_without_anything_there_is_only_the_why(eip: Eip, reach: Reach) -> None:
    """All three are named."""
    reach.lose("redis", "kubernetes", "ec2")

    shown = eip("status", "web")

    assert (shown.code, shown.out) == (3, "")
    assert shown.err.count("could not be seen") == 3


def test_nothing_is_claimed_about_pods_that_could_not_be_seen(eip: Eip, reach: Reach) -> None:
    """That there are none is known only where all could be seen."""
    reach.lose("redis", "kubernetes", "ec2")

    shown = eip("status")

    assert (shown.code, shown.out) == (3, "")
    assert "no pod was seen" in shown.err
    assert "asks for an address" not in shown.err


def test_looking_changes_nothing(eip: Eip, world: Workers, api: Api) -> None:
    """Not even the epoch of an empty Redis."""
    world.client.flushall()
    api.add(UID, "web", IP)

    eip("status")
    eip("queues")
    eip("addresses")
    eip("plan")
    eip("explain", "web")

    assert world.client.keys("*") == []
    assert world.ec2.mutating == []


def test_a_claim_that_nobody_looks_at_is_idle(eip: Eip, world: Workers, api: Api) -> None:
    """Its wake-up was lost whole; the next sweep, or `eip retry`, finds it."""
    world.see(api.add(UID, "web", IP))
    world.client.delete(Keys.wakeups(Queue.ALLOCATE))

    assert "idle" in eip("status").out
