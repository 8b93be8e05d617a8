"""`eip release --all`: every address goes, when nobody else is at work, and no other's."""

from dataclasses import replace
from typing import NoReturn

import pytest

from cli.commands import release as release_command
from cli.commands.release_all import ROUNDS
from cli.reach.installation import Deployment
from cli.reach.operating import Time, at_work
from eip import names
from eip.errors import KubernetesError
from eip.names import Action
from tests.cli.conftest import LEASE_NAMESPACE, Api, Eip, Reach, lease
from tests.fakes.ec2 import CLUSTER
from tests.workers_world import IP, OTHER, Workers


@pytest.fixture(autouse=True)
def own_time(world: Workers, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes only when somebody waits; the operator is stopped."""
    api.leases.lease = lease(None)
    monkeypatch.setattr(release_command, "Time", lambda: Time(world.time.now, world.time.sleep))


def test_addresses_in_use_and_aside_go(eip: Eip, world: Workers) -> None:
    """In use: disassociated, then released."""
    world.serve()
    world.ec2.give(OTHER, "gone")

    shown = eip("release", "--all", "--yes")

    assert shown.code == 0
    assert world.ec2.addresses == []
    assert world.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE, Action.RELEASE]


def test_a_reverse_dns_record_goes_before_its_address(eip: Eip, world: Workers) -> None:
    """EC2 releases no address that has one."""
    world.serve()
    [address] = world.ec2.addresses
    world.ec2.dns.point("mail.example.com", address.public_ip)
    world.ec2.set_reverse_dns(address.allocation_id, "mail.example.com")

    shown = eip("release", "--all", "--yes")

    assert shown.code == 0
    assert world.ec2.addresses == []
    assert Action.RESET_ATTRIBUTE in [call.action for call in world.ec2.calls]


def test_the_pod_no_longer_names_its_address_before_that_goes(eip: Eip, world: Workers, api: Api) -> None:
    """Else external-dns would publish an IP that is another's by then."""
    world.serve()

    eip("release", "--all", "--yes")

    assert api.annotations("web") == {}
    assert api.ready("web") == "False"
    assert world.journal.index("patch") < world.journal.index(Action.DISASSOCIATE)


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({names.CLUSTER_UID_TAG: "another"}, id="another-cluster-of-this-name"),
        pytest.param({names.CLUSTER_UID_TAG: ""}, id="no-cluster-uid"),
        pytest.param({names.POD_UID_TAG: ""}, id="no-pod"),
        pytest.param({names.LEND_TAG: "true"}, id="lent-by-an-admin"),
        pytest.param({names.KEEP_TAG: "24h"}, id="kept-for-the-next-pod"),
    ],
)
def test_what_is_not_ours_or_stays_aside_is_not_touched(
    eip: Eip, world: Workers, tags: dict[str, str]
) -> None:
    """Not even listed."""
    world.ec2.give(OTHER, "other", IP, **tags)

    shown = eip("release", "--all", "--yes")

    assert "there is no address to give back" in shown.out
    assert world.ec2.mutating == []


def test_kept_addresses_go_when_that_is_asked_for(eip: Eip, world: Workers) -> None:
    """Their IPs cannot be had again."""
    world.ec2.give(OTHER, "kept", **{names.KEEP_TAG: "24h"})

    assert eip("release", "--all", "--kept", "--yes").code == 0
    assert world.ec2.addresses == []


def test_a_dry_run_only_lists(eip: Eip, world: Workers, api: Api) -> None:
    """While the operator is at work too."""
    claim = world.serve()
    api.operator_pods = ["worker-1"]

    shown = eip("release", "--all", "--dry-run")

    assert shown.code == 0
    assert claim.allocation_id in shown.out
    assert world.ec2.mutating == []


@pytest.mark.parametrize("arguments", [["--all"], ["--yes"], []], ids=["unconfirmed", "not-all", "bare"])
def test_nothing_goes_without_a_word(eip: Eip, world: Workers, arguments: list[str]) -> None:
    """No terminal to ask at, or not asked for at all."""
    world.serve()

    assert eip("release", *arguments).code == 2
    assert world.ec2.mutating == []


def test_nothing_goes_while_the_operator_is_at_work(eip: Eip, world: Workers, api: Api) -> None:
    """Its pods would get new addresses at once; the message says how to stop it."""
    world.serve()
    api.operator_pods = ["worker-1"]

    shown = eip("release", "--all", "--yes")

    assert shown.code == 1
    assert "worker-1" in shown.err
    assert "--replicas=0" in shown.err
    assert world.ec2.mutating == []


CALLED_OTHERWISE = {
    "app.kubernetes.io/name": "addresses",
    "app.kubernetes.io/instance": "blue",
    "helm.sh/chart": "k8s-eip-operator-0.1.0",
}


def _installed(reach: Reach, labels: dict[str, str]) -> list[Deployment]:
    """Deployments of an installation with these labels, which the command can list."""
    deployed = [
        Deployment(LEASE_NAMESPACE, f"blue-addresses-{it}", {**labels, "app.kubernetes.io/component": it})
        for it in ("producer", "worker")
    ]
    reach.connections = replace(reach.connections, deployments=lambda _: deployed)
    return deployed


def test_an_installation_under_another_name_is_found_by_its_pods(
    eip: Eip, world: Workers, api: Api, reach: Reach
) -> None:
    """Nobody leads any more, and a worker still works; the message names the Deployments that are there."""
    world.serve()
    _, worker = _installed(reach, CALLED_OTHERWISE)
    api.operator_pods, api.operator_selector = ["blue-addresses-worker-1"], worker.selector

    shown = eip("release", "--all", "--yes")

    assert (shown.code, world.ec2.mutating) == (1, [])
    assert "blue-addresses-worker-1" in shown.err
    stop = "kubectl -n eip-system scale deployment blue-addresses-producer blue-addresses-worker --replicas=0"
    assert stop in shown.err


def test_keda_is_to_be_paused_before_the_workers_are_stopped(
    eip: Eip, world: Workers, api: Api, reach: Reach
) -> None:
    """The chart's ScaledObject has the name of the workers' Deployment."""
    world.serve()
    _installed(reach, CALLED_OTHERWISE)
    api.operator_pods = ["worker-1"]

    said = eip("release", "--all", "--yes").err

    pause = "annotate scaledobject blue-addresses-worker autoscaling.keda.sh/paused-replicas=0"
    assert pause in said


def test_who_may_list_no_deployments_is_told_what_to_name(
    eip: Eip, world: Workers, api: Api, reach: Reach
) -> None:
    """The pods of an installation with the chart's own name are found all the same."""

    def denied(_: str) -> NoReturn:
        raise KubernetesError(403, "Forbidden", "deployments is forbidden")

    world.serve()
    api.operator_pods = ["worker-1"]
    reach.connections = replace(reach.connections, deployments=denied)

    shown = eip("release", "--all", "--yes")

    assert (shown.code, world.ec2.mutating) == (1, [])
    assert "these pods of it run in namespace eip-system: worker-1" in shown.err
    assert "kubectl -n eip-system scale deployment PRODUCER WORKER --replicas=0" in shown.err


def test_nothing_goes_when_the_api_server_cannot_say(eip: Eip, world: Workers, api: Api) -> None:
    """Not knowing is no leave."""
    world.serve()
    api.leases.lease = None

    shown = eip("release", "--all", "--yes")

    assert shown.code == 1
    assert "--lease-namespace" in shown.err
    assert world.ec2.mutating == []


def test_nothing_goes_while_it_is_not_known_whose_it_is(eip: Eip, world: Workers, reach: Reach) -> None:
    """The uid of the cluster could not be read; --force does not help."""
    world.serve()
    reach.lose("kubernetes")

    assert eip("release", "--all", "--yes", "--force").code == 3
    assert world.ec2.mutating == []


def test_addresses_of_a_cluster_that_is_gone_can_be_given_back(
    eip: Eip, world: Workers, reach: Reach
) -> None:
    """With its uid from the settings, and --force: nobody is left who could be asked."""
    world.serve()
    settings = reach.connections.settings.model_copy(update={"cluster_uid": CLUSTER[1]})
    reach.connections = replace(reach.connections, settings=settings)
    reach.lose("kubernetes")

    assert eip("release", "--all", "--yes").code == 1
    assert world.ec2.mutating == []
    assert eip("release", "--all", "--yes", "--force").code == 0
    assert world.ec2.addresses == []


def test_an_address_stays_while_its_pod_names_it(
    eip: Eip, world: Workers, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patch was refused: that address is left, and the code says so."""
    claim = world.serve()
    world.ec2.give(OTHER, "gone")
    monkeypatch.setattr(api, "patch_pod_status", _refusing("web", api))

    shown = eip("release", "--all", "--yes")

    assert shown.code == 1
    assert [address.allocation_id for address in world.ec2.addresses] == [claim.allocation_id]
    assert "1 of 2 addresses are left" in shown.err


def test_the_charts_admission_policy_is_named(
    eip: Eip, world: Workers, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets nobody but the workers' account change what a pod says of its address."""
    said = "pods is forbidden: ValidatingAdmissionPolicy 'x' with binding 'x-annotations' denied request: no"
    world.serve()
    monkeypatch.setattr(api, "patch_pod_status", _refusing("web", api, said))

    shown = eip("release", "--all", "--yes")

    assert (shown.code, world.ec2.mutating) == (1, [])
    assert "first: kubectl delete validatingadmissionpolicybinding x-annotations" in shown.err


def test_kept_addresses_that_stay_are_counted(eip: Eip, world: Workers) -> None:
    """Else nobody would know that they still cost money."""
    world.ec2.give(OTHER, "kept", **{names.KEEP_TAG: "24h"})

    assert "1 address kept for a pod's name will stay; --kept" in eip("release", "--all", "--yes").err


def test_ec2s_late_answers_are_waited_for(eip: Eip, world: Workers) -> None:
    """Released only when EC2 shows no association any more."""
    world.serve()
    world.ec2.lag = 5

    assert eip("release", "--all", "--yes").code == 0
    assert world.ec2.addresses == []


def test_an_association_that_stays_is_not_waited_for_without_end(
    eip: Eip, world: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody associates it again and again; the address is left, and said to be."""
    world.serve()
    monkeypatch.setattr(world.ec2, "disassociate", lambda _: None)

    shown = eip("release", "--all", "--yes")

    assert shown.code == 1
    assert world.ec2.made(Action.RELEASE) == []
    assert len(world.ec2.made(Action.DESCRIBE_ADDRESSES)) == ROUNDS + 1


def test_a_throttled_call_is_made_again(eip: Eip, world: Workers) -> None:
    """After a pause."""
    world.serve()
    world.ec2.refuse(Action.RELEASE, "RequestLimitExceeded", times=2)

    assert eip("release", "--all", "--yes").code == 0
    assert world.ec2.addresses == []


def test_a_call_without_the_right_is_not_made_again(eip: Eip, world: Workers) -> None:
    """EC2's words are passed on."""
    world.serve()
    world.ec2.refuse(Action.DISASSOCIATE, "UnauthorizedOperation")

    shown = eip("release", "--all", "--yes")

    assert shown.code == 1
    assert "UnauthorizedOperation" in shown.err
    assert world.ec2.mutating == [Action.DISASSOCIATE]


def test_many_calls_keep_to_ec2s_rate(eip: Eip, world: Workers) -> None:
    """The burst at once, and then five a second."""
    for number in range(50):
        world.ec2.give(f"uid-{number}", f"gone-{number}")
    begun = world.time.now()

    assert eip("release", "--all", "--yes").code == 0
    assert world.time.now() - begun == pytest.approx((50 - 46) / 5)


@pytest.mark.parametrize(
    ("holder", "renewed", "busy"),
    [
        pytest.param("producer-1", True, True, id="renewed-while-it-is-watched"),
        pytest.param("producer-1", False, False, id="its-holder-died"),
        pytest.param(None, False, False, id="given-back"),
    ],
)
def test_a_lease_is_watched_and_no_clocks_are_compared(
    world: Workers, api: Api, holder: str | None, *, renewed: bool, busy: bool
) -> None:
    """As another candidate would do before it takes the Lease."""
    api.leases.lease, api.leases.renewed = lease(holder), renewed

    why = at_work(api, [], LEASE_NAMESPACE, Time(world.time.now, world.time.sleep))

    assert bool(why) is busy


def _refusing(name: str, api: Api, said: str = "pods/status is forbidden") -> object:
    patch = api.patch_pod_status

    def patched(namespace: str, pod: str, *rest: object) -> object:
        if pod == name:
            raise KubernetesError(403, "Forbidden", said)
        return patch(namespace, pod, *rest)  # type: ignore[arg-type]

    return patched
