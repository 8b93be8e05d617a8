"""What follows what: the table of `next_step`, and that it leads somewhere from everywhere."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eip.claim import (
    NOT_READY_WRITTEN,
    PATIENCE,
    Claim,
    changed,
    expected_writing,
    is_over,
    next_step,
    without_address,
    writing_is_right,
)
from eip.decide import Desired
from eip.names import Step
from eip.reverse_dns import BARE, DomainState
from tests.performing import performed

ADDRESS: dict[str, Any] = {"allocation_id": "eipalloc-1", "public_ip": "203.0.113.1"}
ASSOCIATED: dict[str, Any] = {**ADDRESS, "association_id": "eipassoc-1", "associated_ip": "10.0.0.7"}
WRITTEN = "203.0.113.1|eipalloc-1|203.0.113.1|True"
NAMED: dict[str, Any] = {
    **ASSOCIATED,
    "written": WRITTEN,
    "reverse_dns": "a.b",
    "domain_name": "a.b",
    "domain_state": DomainState.SET,
}


def claim(desired: Desired = Desired.SERVE, **fields: Any) -> Claim:
    """A claim; one that is to be served has an IP."""
    served = {"pod_ip": "10.0.0.7"} if desired is Desired.SERVE else {}
    return Claim(uid="u", desired=desired, **{**served, **fields})


@pytest.mark.parametrize(
    ("given_claim", "step"),
    [
        pytest.param(claim(), Step.ALLOCATE, id="serve: nothing is there"),
        pytest.param(claim(intent_at=1), Step.ALLOCATE, id="serve: an old intent is settled by allocate"),
        pytest.param(claim(**ADDRESS), Step.ASSOCIATE, id="serve: an address lies idle"),
        pytest.param(claim(**ADDRESS, contested=True), Step.ASSOCIATE, id="serve: EC2 said it is taken"),
        pytest.param(
            claim(**{**ASSOCIATED, "associated_ip": "10.0.0.9"}),
            Step.RELEASE,
            id="serve: the address is on another IP",
        ),
        pytest.param(claim(**ASSOCIATED), Step.ANNOTATE, id="serve: the pod does not say so yet"),
        pytest.param(
            claim(**ASSOCIATED, written=NOT_READY_WRITTEN), Step.ANNOTATE, id="serve: the pod says no"
        ),
        pytest.param(claim(**ASSOCIATED, written=WRITTEN), None, id="serve: all is done"),
        pytest.param(claim(terminating=True), None, id="serve, ending: no new address"),
        pytest.param(claim(terminating=True, **ADDRESS), None, id="serve, ending: no new association"),
        pytest.param(
            claim(terminating=True, **ASSOCIATED, written=WRITTEN), None, id="serve, ending: it serves on"
        ),
        pytest.param(
            claim(**ADDRESS, terminating=True, written=WRITTEN),
            Step.ANNOTATE,
            id="serve, ending: a lost association is told",
        ),
        pytest.param(claim(Desired.HOLD, **ASSOCIATED), Step.RELEASE, id="hold: taken off the IP"),
        pytest.param(claim(Desired.HOLD, **ADDRESS), None, id="hold: the allocation is kept"),
        pytest.param(
            claim(Desired.HOLD, **ADDRESS, contested=True), Step.RELEASE, id="hold: it may be on the IP"
        ),
        pytest.param(claim(Desired.HOLD, contested=True), None, id="hold: what is not there is on no IP"),
        pytest.param(claim(Desired.HOLD), None, id="hold: nothing is allocated"),
        pytest.param(claim(Desired.HOLD, intent_at=1), None, id="hold: an intent may wait"),
        pytest.param(
            claim(Desired.HOLD, **ADDRESS, written=WRITTEN), Step.ANNOTATE, id="hold: the pod says so"
        ),
        pytest.param(claim(Desired.RELEASE, **ASSOCIATED), Step.RELEASE, id="release: off the IP"),
        pytest.param(claim(Desired.RELEASE, **ADDRESS), Step.RELEASE, id="release: back to EC2"),
        pytest.param(claim(Desired.RELEASE, intent_at=1), Step.RELEASE, id="release: an intent is settled"),
        pytest.param(claim(Desired.RELEASE, look_up=True), Step.RELEASE, id="release: the tag is looked up"),
        pytest.param(
            claim(Desired.RELEASE, written=WRITTEN), Step.ANNOTATE, id="release: the pod's writing is removed"
        ),
        pytest.param(claim(Desired.RELEASE), None, id="release: nothing is left"),
        pytest.param(
            claim(Desired.RELEASE, warn=True), Step.ANNOTATE, id="release: a refused pod is told once"
        ),
        pytest.param(
            claim(Desired.RELEASE, warn=True, written=NOT_READY_WRITTEN), None, id="release: and not twice"
        ),
        pytest.param(claim(Desired.UNKNOWN, **ADDRESS), Step.RELEASE, id="unknown: release asks first"),
        pytest.param(claim(Desired.UNKNOWN, intent_at=1), Step.RELEASE, id="unknown: an intent is settled"),
        pytest.param(claim(Desired.UNKNOWN, written=WRITTEN), None, id="unknown: nothing is written"),
        pytest.param(
            claim(**ASSOCIATED, written=WRITTEN, doubles="eipalloc-2"),
            Step.RELEASE,
            id="serve: a double is removed",
        ),
        pytest.param(claim(doubles="eipalloc-2"), Step.RELEASE, id="serve: a double goes before allocate"),
        pytest.param(
            claim(**ADDRESS, contested=True, doubles="eipalloc-2"),
            Step.ASSOCIATE,
            id="serve: an address in doubt goes before a double",
        ),
        pytest.param(
            claim(**ASSOCIATED, keep=60), Step.ANNOTATE, id="serve: the pod says so before it is tagged"
        ),
        pytest.param(
            claim(**ASSOCIATED, retag=True, attempts=PATIENCE), Step.ALLOCATE, id="serve: but not for ever"
        ),
        pytest.param(
            claim(**{**ASSOCIATED, "associated_ip": "10.0.0.9"}, keep=60, written=WRITTEN),
            Step.RELEASE,
            id="serve: what serves nobody is not to be tagged",
        ),
        pytest.param(
            claim(Desired.HOLD, **ADDRESS, contested=True, written=WRITTEN),
            Step.RELEASE,
            id="hold: an address in doubt does not wait for the pod to say so",
        ),
        pytest.param(
            claim(Desired.RELEASE, **ADDRESS, written=WRITTEN, last_written=NOT_READY_WRITTEN),
            Step.RELEASE,
            id="release: who undoes what is written on the pod keeps no address",
        ),
        pytest.param(
            claim(**ADDRESS, retag=True),
            Step.ALLOCATE,
            id="serve: taken over, and tagged before it is associated",
        ),
        pytest.param(
            claim(**{**ASSOCIATED, "associated_ip": "10.0.0.9"}, retag=True),
            Step.RELEASE,
            id="serve: taken over, and it leaves the old pod's IP",
        ),
        pytest.param(
            claim(**ASSOCIATED, written=WRITTEN, keep=60), Step.ALLOCATE, id="serve: its tags say less"
        ),
        pytest.param(
            claim(**ASSOCIATED, written=WRITTEN, tagged_keep=60), Step.ALLOCATE, id="serve: its tags say more"
        ),
        pytest.param(
            claim(**ASSOCIATED, written=WRITTEN, keep=60, tagged_keep=60),
            None,
            id="serve: its tags say the same",
        ),
        pytest.param(
            claim(**ASSOCIATED, written=WRITTEN, keep=60, lent=True),
            None,
            id="serve: a lent one is not tagged",
        ),
        pytest.param(
            claim(**ADDRESS, keep=60),
            Step.ASSOCIATE,
            id="serve: how long it stays is not what a pod waits for",
        ),
        pytest.param(
            claim(**ASSOCIATED, contested=True, keep=60, written=WRITTEN),
            Step.ASSOCIATE,
            id="serve: nor what is contested",
        ),
        pytest.param(
            claim(keep=60), Step.ALLOCATE, id="serve: what is kept for it is taken over by allocate"
        ),
        pytest.param(claim(pool="blue"), Step.ALLOCATE, id="serve: what is lent is taken by allocate"),
        pytest.param(
            claim(terminating=True, pool="blue"), None, id="serve, ending: no lent address is taken either"
        ),
        pytest.param(
            claim(terminating=True, **ADDRESS, lent=True),
            Step.RELEASE,
            id="serve, ending: a lent one that it will not need is given back",
        ),
        pytest.param(
            claim(terminating=True, **ADDRESS, keep=60),
            None,
            id="serve, ending: idle, it is not tagged for this pod",
        ),
        pytest.param(
            claim(Desired.HOLD, **ADDRESS, keep=60, retag=True),
            None,
            id="hold: tags can wait for the network",
        ),
        pytest.param(
            claim(Desired.HOLD, **ADDRESS, lent=True), None, id="hold: a lent one is kept for the pod too"
        ),
        pytest.param(
            claim(Desired.RELEASE, **ADDRESS, lent=True), Step.RELEASE, id="release: a lent one is given back"
        ),
        pytest.param(
            claim(Desired.RELEASE, **ADDRESS, tagged_keep=60, idle_since=1),
            Step.RELEASE,
            id="release: one that is kept is looked at until its time is over",
        ),
        pytest.param(claim(Desired.HOLD, doubles="eipalloc-2"), Step.RELEASE, id="hold: a double is removed"),
        pytest.param(claim(**NAMED), None, id="serve: its reverse DNS is what is asked for"),
        pytest.param(claim(**{**NAMED, "domain_name": "b.c"}), Step.ANNOTATE, id="serve: it is another name"),
        *(
            pytest.param(
                claim(**{**NAMED, "domain_state": state}), Step.ANNOTATE, id=f"serve: it is {state!r}"
            )
            for state in DomainState
            if state is not DomainState.SET
        ),
        *(
            pytest.param(
                claim(**{**NAMED, "reverse_dns": "", "domain_state": state}),
                None if state in BARE else Step.ANNOTATE,
                id=f"serve: no name is asked for, and it is {state!r}",
            )
            for state in DomainState
        ),
        pytest.param(
            claim(**{**ASSOCIATED, "associated_ip": "10.0.0.9"}, reverse_dns="a.b"),
            Step.RELEASE,
            id="serve: the name waits for the association",
        ),
        pytest.param(
            claim(**ASSOCIATED, written=WRITTEN, reverse_dns="a.b", keep=60),
            Step.ALLOCATE,
            id="serve: and for the tags",
        ),
        pytest.param(
            claim(**ASSOCIATED, written=WRITTEN, reverse_dns="a.b", terminating=True),
            None,
            id="serve, ending: no name is set",
        ),
        pytest.param(
            claim(**ASSOCIATED, written=WRITTEN, reverse_dns="a.b", lent=True),
            None,
            id="serve: a lent one has its admin's name",
        ),
        pytest.param(
            claim(Desired.HOLD, **ADDRESS, reverse_dns="a.b"), None, id="hold: the name waits for the network"
        ),
        pytest.param(
            claim(Desired.RELEASE, **ADDRESS, domain_name="a.b", domain_state=DomainState.SET),
            Step.RELEASE,
            id="release: the name goes in the same step",
        ),
    ],
)
def test_table(given_claim: Claim, step: Step | None) -> None:
    """One row of the table."""
    assert next_step(given_claim) is step


def test_address_goes_before_writing() -> None:
    """What a pod says is mended after what is true was mended."""
    assert next_step(claim(Desired.RELEASE, **ASSOCIATED, written=WRITTEN)) is Step.RELEASE


@pytest.mark.parametrize(
    ("given_claim", "over"),
    [
        pytest.param(claim(Desired.RELEASE), True, id="released"),
        pytest.param(claim(Desired.UNKNOWN), True, id="nothing known, nothing there"),
        pytest.param(claim(Desired.RELEASE, **ADDRESS), False, id="not while an address is left"),
        pytest.param(claim(Desired.RELEASE, doubles="eipalloc-2"), False, id="not while a double is left"),
        pytest.param(claim(Desired.RELEASE, written=WRITTEN), False, id="not while the pod says otherwise"),
        pytest.param(claim(Desired.HOLD), False, id="not while the pod may come back"),
        pytest.param(claim(**ASSOCIATED, written=WRITTEN), False, id="not while it is served"),
        pytest.param(claim(terminating=True), False, id="not while it ends"),
    ],
)
def test_is_over(given_claim: Claim, *, over: bool) -> None:
    """A claim is forgotten only when nothing is left to do or to remember."""
    assert is_over(given_claim) is over


@pytest.mark.parametrize("written", ["", "|||", "|||False"])
def test_pod_without_address_need_not_say_so(written: str) -> None:
    """A pod that never had an address should not be patched to say it."""
    assert writing_is_right(claim(written=written))


@pytest.mark.parametrize("written", ["203.0.113.1|||False", "|||True", "||203.0.113.1|False", "|||Unknown"])
def test_pod_without_address_should_not_claim_one(written: str) -> None:
    """What looks like an address, or like ready, is removed."""
    assert not writing_is_right(claim(written=written))


def test_no_address_is_never_called_serving() -> None:
    """An association without a pod IP does not serve: two absences are not equal."""
    given_claim = claim(**{**ASSOCIATED, "associated_ip": ""}, pod_ip="")

    assert not given_claim.serving
    assert expected_writing(given_claim) == NOT_READY_WRITTEN


def test_doubles_are_a_list() -> None:
    """The ids are kept in one string, and none is an empty list."""
    assert claim(doubles="eipalloc-2,eipalloc-3").extra == ("eipalloc-2", "eipalloc-3")
    assert claim().extra == ()


IPS = st.sampled_from(["10.0.0.7", "10.0.0.8"])
CLAIMS = st.builds(
    Claim,
    uid=st.just("u"),
    desired=st.sampled_from(Desired),
    warn=st.booleans(),
    terminating=st.booleans(),
    pod_ip=IPS,
    look_up=st.booleans(),
    written=st.sampled_from(["", "|||", NOT_READY_WRITTEN, WRITTEN, "evil|||True"]),
    allocation_id=st.sampled_from(["", "eipalloc-1"]),
    association_id=st.sampled_from(["", "eipassoc-1"]),
    associated_ip=IPS,
    contested=st.booleans(),
    doubles=st.sampled_from(["", "eipalloc-2", "eipalloc-2,eipalloc-3"]),
    intent_at=st.sampled_from([0, 1]),
    attempts=st.sampled_from([0, 1]),
    lent=st.booleans(),
    retag=st.booleans(),
    keep=st.sampled_from([0, 60]),
    tagged_keep=st.sampled_from([0, 60]),
    reverse_dns=st.sampled_from(["", "a.b"]),
    domain_name=st.sampled_from(["", "a.b", "b.c"]),
    domain_state=st.sampled_from(DomainState),
).filter(lambda c: bool(c.allocation_id) or not (c.lent or c.retag or c.association_id))


def after(step: Step, given_claim: Claim) -> Claim:
    """The claim after a step, which resets the tries; `allocate` tags an address that is there already."""
    if step is Step.ALLOCATE and given_claim.allocation_id:
        return changed(given_claim, retag=False, tagged_keep=given_claim.keep, attempts=0)
    fresh = {"tagged_keep": given_claim.keep} if step is Step.ALLOCATE else {}
    left = performed(step, given_claim)
    return changed(left, attempts=0, retag=left.retag and bool(left.allocation_id), **fresh)


@given(CLAIMS)
def test_steps_come_to_an_end(given_claim: Claim) -> None:
    """From any claim the steps end soon, each only where it is wanted, and what they leave is right."""
    steps = []
    while (step := next_step(given_claim)) is not None:
        steps.append(step)
        if step in {Step.ALLOCATE, Step.ASSOCIATE}:
            assert given_claim.desired is Desired.SERVE
        if step is Step.ALLOCATE:
            new = not given_claim.allocation_id and (given_claim.look_up or not given_claim.terminating)
            assert given_claim.owes_tags or new
        if step is Step.ASSOCIATE:
            assert not given_claim.retag or given_claim.lent
        given_claim = after(step, given_claim)
        assert len(steps) <= 9

    assert not given_claim.doubles
    match given_claim.desired:
        case Desired.SERVE:
            assert given_claim.serving or (given_claim.terminating and not given_claim.association_id)
            assert not (given_claim.serving and given_claim.owes_tags)
        case Desired.HOLD:
            assert not given_claim.association_id
        case _:
            assert not given_claim.allocation_id
            assert not given_claim.intent_at
            assert not given_claim.look_up


@given(CLAIMS)
def test_what_is_at_rest_stays_at_rest(given_claim: Claim) -> None:
    """Neither a new resourceVersion nor the count of tries makes work for a claim that is as desired."""
    while (step := next_step(given_claim)) is not None:
        given_claim = after(step, given_claim)

    assert next_step(msgspec.structs.replace(given_claim, attempts=3, resource_version=9)) is None


@pytest.mark.parametrize(
    ("attempts", "step"),
    [(0, Step.ANNOTATE), (PATIENCE - 1, Step.ANNOTATE), (PATIENCE, Step.RELEASE)],
    ids=["the pod is told first", "and again", "but the address is not kept for ever"],
)
def test_a_pod_that_still_names_its_address_is_told_before_the_address_is_given_back(
    attempts: int, step: Step
) -> None:
    """An API server that takes no patch must not keep an address that costs money."""
    given_up = Claim(
        uid="u",
        desired=Desired.RELEASE,
        allocation_id="eipalloc-1",
        written="198.18.0.1|eipalloc-1|198.18.0.1|True",
        attempts=attempts,
    )

    assert next_step(given_up) is step


@pytest.mark.parametrize(
    ("given_claim", "owes"),
    [
        (claim(retag=True), False),
        (claim(**ADDRESS, retag=True), True),
        (claim(**ADDRESS, keep=60), True),
        (claim(**ADDRESS, keep=60, tagged_keep=60), False),
        (claim(**ADDRESS, lent=True, keep=60, retag=True), False),
    ],
    ids=["no address", "another's tags", "stays longer", "as tagged", "lent"],
)
def test_owes_tags(given_claim: Claim, *, owes: bool) -> None:
    """What is lent never does, whatever else is said of it."""
    assert given_claim.owes_tags is owes


def test_a_claim_without_an_address_remembers_nothing_of_it() -> None:
    """What the next one is, lent or kept, is for the next one to say."""
    given_claim = claim(
        **ASSOCIATED, lent=True, retag=True, tagged_keep=60, idle_since=5, contested=True, allocated_at=7
    )

    assert without_address(given_claim) == claim()
