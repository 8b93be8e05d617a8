"""How a failed call is told: performed, not performed, or not known; and never a secret in it."""

import socket
from collections.abc import Callable

import pytest

from eip.errors import Ec2Error
from eip.names import Action
from tests.aws.conftest import Endpoint
from tests.aws.making import OWNER
from workers.aws import session as module
from workers.aws.client import Cluster, Ec2Client
from workers.aws.codes import Verdict, verdict


def failure(call: Callable[[], object]) -> Ec2Error:
    """What the call raises."""
    with pytest.raises(Ec2Error) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "told", "means"),
    [
        pytest.param(400, "AddressLimitExceeded", "AddressLimitExceeded", Verdict.QUOTA, id="4xx"),
        pytest.param(400, "Client.AuthFailure", "AuthFailure", Verdict.DENIED, id="with-a-prefix"),
        pytest.param(400, "NeverHeardOf", "NeverHeardOf", Verdict.REFUSED, id="unknown-4xx"),
        pytest.param(503, "RequestLimitExceeded", "RequestLimitExceeded", Verdict.THROTTLED, id="throttled"),
        pytest.param(
            503, "InsufficientAddressCapacity", "InsufficientAddressCapacity", Verdict.RETRY, id="no-ips"
        ),
        pytest.param(500, "InternalError", "InternalError", Verdict.UNCERTAIN, id="5xx"),
        pytest.param(502, "NeverHeardOf", "Http5xx", Verdict.UNCERTAIN, id="unknown-5xx"),
    ],
)
def test_an_answer_keeps_ec2s_code(
    endpoint: Endpoint, client: Ec2Client, status: int, code: str, told: str, means: Verdict
) -> None:
    """An unknown 5xx is told as such: EC2 may have allocated."""
    endpoint.refuse(status, code)
    error = failure(lambda: client.allocate(OWNER))

    assert told == error.code
    assert means == verdict(error).verdict
    assert "said EC2" in str(error)
    assert 1 == len(endpoint.requests)


def test_only_throttling_is_told_to_who_keeps_the_rate(
    endpoint: Endpoint, connect: Callable[[str], Ec2Client]
) -> None:
    """The action's bucket is emptied and slowed for all workers, and for nothing else."""
    connect(endpoint.url)
    slowed: list[Action] = []
    client = Ec2Client(Cluster("prod", "c0ffee"), lambda _: None, slowed.append)
    endpoint.refuse(503, "RequestLimitExceeded")
    endpoint.refuse(400, "AuthFailure")
    endpoint.refuse(503, "RequestLimitExceeded")
    failure(lambda: client.release("eipalloc-1"))
    failure(lambda: client.release("eipalloc-1"))
    failure(client.addresses_of_cluster)

    assert [Action.RELEASE, Action.DESCRIBE_ADDRESSES] == slowed


def test_a_proxys_page_is_an_unknown_outcome(endpoint: Endpoint, client: Ec2Client) -> None:
    """A 502 without EC2's XML says nothing about what EC2 did."""
    endpoint.answer(502, "<html>Bad Gateway</html>")

    assert Verdict.UNCERTAIN == verdict(failure(lambda: client.allocate(OWNER))).verdict


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((0, ""), id="closed-without-answer"),
        pytest.param((200, "<Response"), id="broken-xml"),
        pytest.param((200, "<Response/>"), id="without-the-id"),
    ],
)
def test_no_readable_answer_is_no_reply(
    endpoint: Endpoint, client: Ec2Client, answer: tuple[int, str]
) -> None:
    """The address may exist; it is not asked for a second time here."""
    endpoint.answer(*answer)

    assert "NoReply" == failure(lambda: client.allocate(OWNER)).code
    assert 1 == len(endpoint.requests)


def test_silence_is_no_reply(connect: Callable[[str], Ec2Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the request and says nothing may have performed it."""
    monkeypatch.setattr(module, "READ_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = connect(f"http://127.0.0.1:{silent.getsockname()[1]}")

        assert "NoReply" == failure(lambda: client.release("eipalloc-1")).code


@pytest.mark.parametrize(
    "url",
    [pytest.param("http://127.0.0.1:1", id="refused"), pytest.param("http://ec2.invalid", id="no-such-name")],
)
def test_no_connection_is_not_sent(connect: Callable[[str], Ec2Client], url: str) -> None:
    """Certainly nothing was done."""
    error = failure(lambda: connect(url).allocate(OWNER))

    assert "NotSent" == error.code
    assert Verdict.RETRY == verdict(error).verdict
    assert url.removeprefix("http://").split(":")[0] in str(error)


def test_missing_credentials_say_what_to_do(client: Ec2Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """IRSA and Pod Identity are named."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    error = failure(lambda: client.allocate(OWNER))

    assert "NoCredentials" == error.code
    assert "IRSA or EKS Pod Identity" in str(error)


def test_a_role_that_is_not_given_is_not_ec2s_denial(
    endpoint: Endpoint,
    client: Ec2Client,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """STS's AccessDenied is about the trust policy; EC2 was never asked."""
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text("a.jwt.token")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/eip")
    endpoint.answer(
        403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    )

    error = failure(lambda: client.allocate(OWNER))

    assert "NoCredentials" == error.code
    assert "AssumeRoleWithWebIdentity said AccessDenied" in str(error)
    assert ["AssumeRoleWithWebIdentity"] == [request["Action"] for request in endpoint.requests]


def test_a_request_that_can_not_be_built_is_refused(client: Ec2Client) -> None:
    """Botocore checks types before it sends."""
    error = failure(lambda: client.release(None))  # type: ignore[arg-type]

    assert Verdict.REFUSED == verdict(error).verdict


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        pytest.param("no. Encoded authorization failure message: Ab3-x", "no.", id="encoded-denial"),
        pytest.param("wrong. The Canonical String was 'x-amz-security-token:SECRET'", "wrong.", id="echo"),
        pytest.param("user AKIAIOSFODNN7EXAMPLE may not", "user [key id] may not", id="key-id"),
    ],
)
def test_secrets_do_not_reach_the_error(
    endpoint: Endpoint, client: Ec2Client, message: str, kept: str
) -> None:
    """The text is written to logs and Events."""
    endpoint.refuse(403, "UnauthorizedOperation", message)

    assert f"UnauthorizedOperation: AllocateAddress: {kept}" == str(failure(lambda: client.allocate(OWNER)))
