"""What is to be done, in which order, there and back; and what forbids to begin."""

import pytest

from cli.migrate.back import back
from cli.migrate.facts import Facts, Pod
from cli.migrate.judge import Verdict
from cli.migrate.plan import plan
from cli.migrate.steps import Kind
from eip import names
from tests.migrate.facts_made import (
    ASKS,
    IDENTITY,
    NAME,
    OLD_TAGS,
    OUR_TAGS,
    address,
    eip,
    facts,
    operator,
    pod,
    request,
)

MOVED = facts(addresses=(address(tags=OLD_TAGS | OUR_TAGS),))
ENDED = facts(
    addresses=(address(tags=OLD_TAGS | OUR_TAGS),),
    pods=(pod(labels=ASKS | {names.MANAGE_LABEL: "true"}, finalizers=["example.com/theirs"]),),
    eips=(eip(finalizers=[]),),
)


def kinds(found: object) -> list[Kind]:
    """The kinds of a plan's steps."""
    return [step.kind for step in found.steps]  # type: ignore[attr-defined]


def test_the_label_comes_first_and_finalizers_last() -> None:
    """Until EC2 shows our tags, the finalizer is what keeps the pod."""
    found = plan(facts(), request())

    assert kinds(found) == [Kind.LABEL, Kind.TAG, Kind.FREE_POD, Kind.FREE_EIP]
    assert [step.kind for step in found.due] == [Kind.LABEL, Kind.TAG]


def test_our_tags_are_set_and_the_name_stays() -> None:
    """The uid is the API server's; what the other operator wrote is not touched."""
    [tag] = [step for step in plan(facts(), request(tags={"team": "a"})).steps if step.kind is Kind.TAG]

    assert (tag.target, tag.body) == ("eipalloc-web", OUR_TAGS | {"team": "a"})


def test_an_address_without_a_name_gets_one() -> None:
    """There is nothing to give back."""
    bare = {key: value for key, value in OLD_TAGS.items() if key != "Name"}
    [tag] = [s for s in plan(facts(addresses=(address(tags=bare),)), request()).steps if s.kind is Kind.TAG]

    assert tag.body["Name"] == "blue/games/web"


def test_only_the_other_operators_finalizer_is_removed() -> None:
    """And only from the very version of the pod that was read."""
    [free] = [step for step in plan(MOVED, request()).steps if step.kind is Kind.FREE_POD]

    assert free.body == {
        "metadata": {"uid": "pod-web", "resourceVersion": "7", "finalizers": ["example.com/theirs"]}
    }


def test_a_finished_move_has_nothing_to_do() -> None:
    """The old tags, and the Eip without its finalizer, stay for the way back."""
    found = plan(ENDED, request())

    assert (found.steps, found.rows[0].verdict) == ((), Verdict.MOVED)


def test_a_label_that_was_taken_after_the_move_is_not_set_again() -> None:
    """Its owner gives the address back."""
    assert Kind.LABEL not in kinds(plan(MOVED, request()))


def test_what_cannot_be_undone_is_done_when_it_is_asked_for() -> None:
    """The tag by which the address is found goes last of all."""
    found = plan(ENDED, request(remove_old=True))

    assert kinds(found) == [Kind.DELETE_EIP, Kind.RENAME, Kind.UNTAG]
    assert found.steps[1].body == {"Name": "blue/games/web"}
    assert set(found.steps[2].keys) == OLD_TAGS.keys() - {"Name"}


def test_a_kept_address_is_marked_to_be_kept() -> None:
    """On the pod, and on the address."""
    by_hand = facts(pods=(pod(labels={f"{NAME}/manage": "true"}),))
    label, tag, *_ = plan(by_hand, request(adopt_kept=True)).steps

    assert label.body["metadata"]["annotations"] == {names.KEEP_ANNOTATION: "forever"}
    assert tag.body[names.KEEP_TAG] == "forever"


UNTOUCHED = [
    pytest.param(
        facts(addresses=(address(tags=OLD_TAGS | {f"{NAME}/cluster_name": "green"}),)), id="another's"
    ),
    pytest.param(facts(addresses=(address(association_id="", private_ip=""),)), id="not associated"),
    pytest.param(facts(pods=(pod(), pod("db"))), id="two pods"),
    pytest.param(facts(pods=(pod(phase="Succeeded"),)), id="an ended pod"),
    pytest.param(facts(pods=(pod(labels={f"{NAME}/manage": "true"}),)), id="an Eip made by hand"),
]


@pytest.mark.parametrize("read", UNTOUCHED)
def test_what_has_a_problem_is_not_touched(read: Facts) -> None:
    """Neither the address, nor the finalizers of its pod and Eip."""
    mine = {address().allocation_id, pod().path, eip().path}

    assert [s for s in plan(read, request(remove_old=True)).steps if s.target in mine] == []


def test_a_pod_that_waits_for_an_address_is_labelled() -> None:
    """It was made when nobody was at work."""
    new = pod("new", "10.0.0.8", finalizers=[])
    found = plan(facts(pods=(pod(), new)), request())

    assert [step.kind for step in found.steps if step.about == "games/new"] == [Kind.LABEL]
    assert found.rows[-1].why == "has no address yet; this operator allocates one"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(
            pod("new", "10.0.0.8", finalizers=[], labels={f"{NAME}/manage": "true"}), id="not its own"
        ),
        pytest.param(pod("new", "10.0.0.8", finalizers=[], labels={}), id="unlabelled"),
        pytest.param(pod("new", "10.0.0.8", finalizers=[], phase="Succeeded"), id="ended"),
        pytest.param(
            pod("new", "10.0.0.8", finalizers=[], labels=ASKS | {names.MANAGE_LABEL: "false"}), id="said no"
        ),
    ],
)
def test_a_pod_that_does_not_ask_is_not_labelled(other: Pod) -> None:
    """An address costs money."""
    assert [s for s in plan(facts(pods=(pod(), other)), request()).steps if s.about == "games/new"] == []


def test_a_finalizer_that_protects_nothing_is_removed() -> None:
    """The other operator set it on every pod with its label, Eip or not."""
    bare = pod("bare", "10.0.0.8", labels={f"{NAME}/manage": "true"})
    found = plan(facts(pods=(pod(), bare)), request())

    assert [step.kind for step in found.steps if step.about == "games/bare"] == [Kind.FREE_POD]


@pytest.mark.parametrize(
    ("running", "obstacle"),
    [
        pytest.param(
            operator("materialize/k8s-eip-operator:v1", "CLUSTER_NAME"), "the other operator runs", id="it"
        ),
        pytest.param(
            operator("registry:5000/x/k8s-eip-operator@sha256:0", "CLUSTER_NAME"),
            "the other operator runs",
            id="it, mirrored",
        ),
        pytest.param(
            operator("materialize/k8s-eip-operator", "EIP_CLUSTER_NAME", name="worker"),
            "this operator runs",
            id="ours",
        ),
    ],
)
def test_nobody_may_be_at_work(running: Pod, obstacle: str) -> None:
    """Two operators would fight over the pods, and ours would allocate second addresses."""
    [found] = plan(facts(pods=(pod(), running)), request()).obstacles

    assert found.startswith(f"{obstacle} in games/")


def test_ours_may_run_while_leftovers_are_removed() -> None:
    """No address changes hands any more; on the way back they do."""
    ours = operator("materialize/k8s-eip-operator", "EIP_CLUSTER_NAME", name="producer")
    read = facts(addresses=ENDED.addresses, pods=(*ENDED.pods, ours))

    assert plan(read, request(remove_old=True)).obstacles == ()
    assert "this operator runs in games/producer" in back(read, request()).obstacles[0]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(operator("nginx:1", "CLUSTER_NAME"), id="another program"),
        pytest.param(
            operator("materialize/k8s-eip-operator", "EIP_REDIS_URL", name="flower"), id="our Flower"
        ),
    ],
)
def test_others_may_be_at_work(other: Pod) -> None:
    """They touch no address."""
    assert plan(facts(pods=(pod(), other)), request()).obstacles == ()


def test_missing_rights_are_named() -> None:
    """All of them at once."""
    found = plan(facts(denied=("patch pods in all namespaces", "ec2:CreateTags")), request())

    assert found.obstacles == (
        "a right is missing: patch pods in all namespaces",
        "a right is missing: ec2:CreateTags",
    )


def test_the_way_back_gives_back_what_the_other_operator_needs() -> None:
    """Its finalizers before our tags go, our tags before the label goes."""
    found = back(ENDED, request())

    assert kinds(found) == [Kind.HOLD_EIP, Kind.HOLD_POD, Kind.DISOWN, Kind.UNLABEL]
    assert found.steps[1].body["metadata"]["finalizers"] == ["example.com/theirs", f"{NAME}/disassociate"]
    assert set(found.steps[2].keys) == OUR_TAGS.keys()


def test_the_way_back_can_be_gone_on_with() -> None:
    """Our tags are gone, the label is still there."""
    halfway = facts(pods=(pod(labels=ASKS | {names.MANAGE_LABEL: "true"}),))

    assert kinds(back(halfway, request())) == [Kind.UNLABEL]


def test_what_was_not_moved_has_no_way_back() -> None:
    """Nothing is done to it."""
    assert back(facts(), request()).steps == ()


def test_a_pod_that_is_being_deleted_gets_no_finalizer() -> None:
    """The API server would refuse it."""
    ending = pod(finalizers=[], deletion_timestamp="2026-11-24T11:59:00Z")
    found = back(facts(addresses=MOVED.addresses, pods=(ending,)), request())

    assert Kind.HOLD_POD not in kinds(found)


@pytest.mark.parametrize(
    ("read", "why"),
    [
        pytest.param(facts(addresses=MOVED.addresses, eips=()), "its Eip was deleted", id="Eip deleted"),
        pytest.param(
            facts(addresses=(address(tags=OUR_TAGS),)),
            "it was allocated by this operator",
            id="allocated since",
        ),
    ],
)
def test_an_address_that_the_other_operator_would_release_is_named(read: Facts, why: str) -> None:
    """At its start it releases all with our cluster's name and without an Eip."""
    found = back(read, request())

    assert [row.verdict for row in found.rows if why in row.why] == [Verdict.PROBLEM]
    assert found.steps == ()


def test_an_installation_of_another_name_loses_nothing_to_the_other_operator() -> None:
    """It looks for its own cluster's name."""
    ours_alone = facts(addresses=(address(tags=OUR_TAGS),))

    assert back(ours_alone, request(old_cluster="azure")).rows == ()
    assert IDENTITY.cluster_name == "blue"
