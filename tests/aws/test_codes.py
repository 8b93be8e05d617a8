"""What each error code means, and what a user is told of it."""

from collections import Counter
from pathlib import Path

import pytest

from eip.errors import Ec2Error, KubernetesError
from workers.aws.codes import DOES, TABLE, Row, Service, Verdict, verdict
from workers.aws.errors_page import errors_page

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("RequestLimitExceeded", Verdict.THROTTLED),
        ("Client.RequestLimitExceeded", Verdict.THROTTLED),
        ("EC2ThrottledException", Verdict.THROTTLED),
        ("AddressLimitExceeded", Verdict.QUOTA),
        ("InvalidAllocationID.NotFound", Verdict.GONE),
        ("InvalidAssociationID.NotFound", Verdict.GONE),
        ("InvalidNetworkInterfaceID.NotFound", Verdict.GONE),
        ("InvalidIPAddress.InUse", Verdict.IN_USE),
        ("Resource.AlreadyAssociated", Verdict.ASSOCIATED),
        ("AuthFailure", Verdict.DENIED),
        ("UnauthorizedOperation", Verdict.DENIED),
        ("OptInRequired", Verdict.DENIED),
        ("NoReply", Verdict.UNCERTAIN),
        ("Server.InternalError", Verdict.UNCERTAIN),
        ("ServiceUnavailable", Verdict.UNCERTAIN),
        ("Http5xx", Verdict.UNCERTAIN),
        ("InvalidParameterValue", Verdict.REFUSED),
        ("OperationNotPermitted", Verdict.REFUSED),
        ("InvalidAddress.PtrSet", Verdict.NAMED),
        ("InvalidAddress.Locked", Verdict.REFUSED),
        ("InvalidIpamPoolId.NotFound", Verdict.REFUSED),
        ("Gateway.NotAttached", Verdict.REFUSED),
        ("TagLimitExceeded", Verdict.REFUSED),
        ("NotSent", Verdict.RETRY),
        ("IncorrectState", Verdict.RETRY),
        ("InsufficientAddressCapacity", Verdict.RETRY),
        ("RequestExpired", Verdict.CREDENTIALS),
        ("NoCredentials", Verdict.CREDENTIALS),
        ("NeverHeardOf", Verdict.REFUSED),
    ],
)
def test_codes_of_ec2(code: str, means: Verdict) -> None:
    """Each has one verdict, with or without EC2's prefix."""
    assert means == verdict(Ec2Error(code, "")).verdict


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (0, Verdict.UNCERTAIN),
        (400, Verdict.REFUSED),
        (401, Verdict.CREDENTIALS),
        (403, Verdict.DENIED),
        (404, Verdict.GONE),
        (409, Verdict.RETRY),
        (410, Verdict.RETRY),
        (418, Verdict.REFUSED),
        (422, Verdict.REFUSED),
        (429, Verdict.THROTTLED),
        (500, Verdict.UNCERTAIN),
        (503, Verdict.UNCERTAIN),
        (599, Verdict.UNCERTAIN),
    ],
)
def test_statuses_of_the_api_server(status: int, means: Verdict) -> None:
    """Only 404 means that something is gone; no 5xx and no silence does."""
    assert means == verdict(KubernetesError(status, "", "")).verdict


def test_no_denial_or_failure_means_gone() -> None:
    """An address is not forgotten because EC2 did not let us see it."""
    gone = {row.code for row in TABLE if row.verdict is Verdict.GONE}

    assert all(code.endswith(".NotFound") or code == "404" for code in gone)


def test_an_unknown_code_keeps_its_name() -> None:
    """A user sees what EC2 said, not what the table made of it."""
    assert "EC2 said NeverHeardOf" in verdict(Ec2Error("NeverHeardOf", "")).remedy


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.service}-{row.code}")
def test_every_remedy_is_whole_sentences_that_fit_an_event(row: Row) -> None:
    """What happened, what follows, what to do; an Event's message may have 1024 characters."""
    assert row.code in row.remedy
    assert DOES[row.verdict] in row.remedy
    assert row.remedy.endswith(".")
    assert not row.todo or row.todo.endswith(".")
    assert row.meaning.endswith(".")
    assert len(row.remedy) <= 512


def test_what_needs_a_human_says_what_to_do() -> None:
    """A refusal, a denial and the quota go on until somebody acts."""
    human = {Verdict.REFUSED, Verdict.DENIED, Verdict.QUOTA, Verdict.CREDENTIALS}

    assert [] == [row.code for row in TABLE if row.verdict in human and not row.todo]


def test_no_code_has_two_rows() -> None:
    """There is one answer to what a code means."""
    assert not [key for key, times in Counter((row.service, row.code) for row in TABLE).items() if times > 1]


def test_every_verdict_is_explained_and_used() -> None:
    """A verdict without a code, or without an explanation, is a leftover."""
    assert set(Verdict) == set(DOES) == {row.verdict for row in TABLE}


def test_the_page_of_errors_is_current() -> None:
    """docs/errors.md is made from the table."""
    assert PAGE.read_text() == errors_page(), "docs/errors.md is out of date: run `make docs`"


def test_the_page_names_every_code() -> None:
    """Whoever searches the page for what EC2 said finds it."""
    page = errors_page()

    assert [] == [row.code for row in TABLE if f"`{row.code}`" not in page]
    assert [f"## {service}" for service in Service] == [s for s in page.splitlines() if s[3:] in set(Service)]
