"""What is written on a pod, and how what is there is read back without believing it."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eip.claim import NOT_READY_WRITTEN, NOTHING_WRITTEN, Claim, expected_writing, writing_is_right
from eip.decide import Desired
from eip.names import EXTERNAL_DNS_ANNOTATIONS
from eip.pod import OwnerMeta, Pod, PodCondition, PodStatus
from eip.writing import annotations_of, condition_of, seen_on

IP = "eip.aws.materialize.com/public-ip"
ID = "eip.aws.materialize.com/allocation-id"
DNS = "external-dns.kubernetes.io/target"
OLD_DNS = "external-dns.alpha.kubernetes.io/target"
READY = "eip.aws.materialize.com/ready"


def serving(**fields: Any) -> Claim:
    """A claim whose address reaches its pod."""
    given_fields: dict[str, Any] = {
        "desired": Desired.SERVE,
        "pod_ip": "10.0.0.7",
        "allocation_id": "eipalloc-1",
        "public_ip": "203.0.113.1",
        "association_id": "eipassoc-1",
        "associated_ip": "10.0.0.7",
    }
    return Claim(uid="u", **{**given_fields, **fields})


def pod(annotations: dict[str, str] | None, ready: str = "") -> Pod:
    """A pod that says this."""
    conditions = [PodCondition(READY, ready)] if ready else None
    return Pod(OwnerMeta(uid="u", annotations=annotations), status=PodStatus(conditions=conditions))


def patched(before: dict[str, str], claim: Claim, external_dns: Sequence[str]) -> Pod:
    """The pod after a merge patch with what is to be written."""
    after: dict[str, str | None] = {**before, **annotations_of(claim, external_dns)}
    return pod(
        {key: value for key, value in after.items() if value is not None}, condition_of(claim)["status"]
    )


DNS_KEYS = st.sampled_from([(), (DNS,), EXTERNAL_DNS_ANNOTATIONS])
ANYTHING = st.text(max_size=80)


@given(
    external_dns=DNS_KEYS,
    before=st.dictionaries(st.sampled_from([IP, ID, DNS, OLD_DNS, "other"]), ANYTHING),
    desired=st.sampled_from(Desired),
    associated_ip=st.sampled_from(["", "10.0.0.7", "10.0.0.8"]),
    warn=st.booleans(),
)
def test_what_is_written_reads_as_expected(
    external_dns: Sequence[str], before: dict[str, str], desired: Desired, associated_ip: str, *, warn: bool
) -> None:
    """Whatever stood on the pod, one patch makes it say what is expected, so that annotate comes to rest."""
    claim = serving(desired=desired, associated_ip=associated_ip, warn=warn)
    after = patched(before, claim, external_dns)
    written = seen_on(after, external_dns)

    assert written == expected_writing(claim)
    assert writing_is_right(serving(desired=desired, associated_ip=associated_ip, warn=warn, written=written))
    assert (after.metadata.annotations or {}).get("other") == before.get("other")


@given(st.dictionaries(st.sampled_from([IP, ID, DNS, OLD_DNS]), st.text(max_size=200)), st.text(max_size=200))
def test_only_the_truth_reads_as_the_truth(annotations: dict[str, str], ready: str) -> None:
    """No other annotations read like those of a served pod."""
    written = seen_on(pod(annotations, ready), EXTERNAL_DNS_ANNOTATIONS)
    true = {IP: "203.0.113.1", ID: "eipalloc-1", DNS: "203.0.113.1", OLD_DNS: "203.0.113.1"}

    assert (written == expected_writing(serving())) is (annotations == true and ready == "True")
    assert len(written) <= 4 * 64 + 3
    assert written.count("|") == 3


@pytest.mark.parametrize(
    ("annotations", "ready"),
    [
        pytest.param({IP: "203.0.113.1|eipalloc-1|203.0.113.1|True"}, "", id="all in one annotation"),
        pytest.param({IP: "203.0.113.1|eipalloc-1", DNS: "203.0.113.1"}, "True", id="two in one annotation"),
        pytest.param({}, "203.0.113.1|eipalloc-1|203.0.113.1|True", id="all in the condition"),
        pytest.param({IP: "203.0.113.1" + " " * 100, ID: "eipalloc-1"}, "True", id="cut off behind the IP"),
    ],
)
def test_hostile_writing_is_mended(annotations: dict[str, str], ready: str) -> None:
    """A pod's author should not be able to feign what the operator writes."""
    written = seen_on(pod(annotations, ready), EXTERNAL_DNS_ANNOTATIONS)

    assert not writing_is_right(serving(written=written))


@pytest.mark.parametrize("size", [65, 262144])
def test_huge_values_are_kept_short(size: int) -> None:
    """What an author writes should not fill Redis."""
    huge = "x" * size

    assert len(seen_on(pod({IP: huge, ID: huge, DNS: huge, OLD_DNS: huge}, huge), [DNS, OLD_DNS])) < 300


def test_pod_that_says_nothing() -> None:
    """A pod without annotations and condition says nothing."""
    assert seen_on(pod(None), EXTERNAL_DNS_ANNOTATIONS) == NOTHING_WRITTEN


def test_targets_that_disagree() -> None:
    """Two external-dns targets that differ are wrong, whichever of them is right."""
    annotations = {IP: "203.0.113.1", ID: "eipalloc-1", DNS: "203.0.113.1", OLD_DNS: "198.51.100.9"}

    assert seen_on(pod(annotations, "True"), EXTERNAL_DNS_ANNOTATIONS) == "203.0.113.1|eipalloc-1|?|True"


def test_one_target_missing() -> None:
    """A target that is absent beside one that is there is wrong."""
    annotations = {IP: "203.0.113.1", ID: "eipalloc-1", DNS: "203.0.113.1"}

    assert not writing_is_right(serving(written=seen_on(pod(annotations, "True"), EXTERNAL_DNS_ANNOTATIONS)))


def test_without_external_dns() -> None:
    """Where external-dns is not used its annotations are neither set, removed nor looked at."""
    annotations = {IP: "203.0.113.1", ID: "eipalloc-1", DNS: "198.51.100.9"}

    assert annotations_of(serving(), ()).keys() == {IP, ID}
    assert writing_is_right(serving(written=seen_on(pod(annotations, "True"), ())))


def test_annotations_of_a_served_pod() -> None:
    """The public IP, its allocation, and the targets."""
    assert annotations_of(serving(), EXTERNAL_DNS_ANNOTATIONS) == {
        IP: "203.0.113.1",
        ID: "eipalloc-1",
        DNS: "203.0.113.1",
        OLD_DNS: "203.0.113.1",
    }


def test_annotations_are_removed() -> None:
    """An address that does not reach the pod is not written, though it is still allocated."""
    claim = serving(association_id="", associated_ip="")

    assert set(annotations_of(claim, [DNS]).values()) == {None}
    assert expected_writing(claim) == NOT_READY_WRITTEN


@pytest.mark.parametrize(
    ("claim", "status", "reason"),
    [
        pytest.param(serving(), "True", "Associated", id="served"),
        pytest.param(serving(association_id=""), "False", "NotAssociated", id="association lost"),
        pytest.param(serving(desired=Desired.HOLD), "False", "NoNetwork", id="network lost"),
        pytest.param(serving(desired=Desired.RELEASE), "False", "NotServed", id="refused"),
    ],
)
def test_condition(claim: Claim, status: str, reason: str) -> None:
    """The condition says whether the address reaches the pod, and the reason is one word."""
    condition = condition_of(claim)

    assert (condition["type"], condition["status"], condition["reason"]) == (READY, status, reason)


def test_condition_says_why() -> None:
    """A refused pod's author reads the reason in the condition."""
    claim = serving(desired=Desired.RELEASE, reason="the pod runs on Fargate")

    assert condition_of(claim)["message"] == "the pod runs on Fargate"
