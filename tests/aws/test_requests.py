"""What is sent to EC2, field by field; that EC2 acts on it is in test_addresses."""

from collections.abc import Callable

import pytest

from eip.errors import SettingsError
from eip.names import Action
from tests.aws.conftest import Endpoint
from tests.aws.making import OWNER, PREFIX, TAGS, client_of
from workers.aws.client import Ec2Client, Placement

NOTHING = "<Response><addressesSet/></Response>"
ALLOCATED = "<Response><publicIp>203.0.113.1</publicIp><allocationId>eipalloc-1</allocationId></Response>"


def tags_in(request: dict[str, str]) -> dict[str, str]:
    """The tags of the request's only TagSpecification."""
    prefix = "TagSpecification.1.Tag."
    keys = [key for key in request if key.startswith(prefix) and key.endswith(".Key")]
    return {request[key]: request[key.removesuffix("Key") + "Value"] for key in keys}


def test_allocate_sends_all_tags_in_the_same_call(endpoint: Endpoint, client: Ec2Client) -> None:
    """An address is never without the tags that say whose it is."""
    endpoint.answer(200, ALLOCATED)
    address = client.allocate(OWNER)

    (request,) = endpoint.requests
    assert "AllocateAddress" == request["Action"]
    assert "elastic-ip" == request["TagSpecification.1.ResourceType"]
    assert tags_in(request) == TAGS == address.tags
    assert not {"PublicIpv4Pool", "NetworkBorderGroup"} & request.keys()


def test_a_users_tags_do_not_replace_the_operators(
    endpoint: Endpoint, connect: Callable[[str], Ec2Client]
) -> None:
    """Whose an address is can't be changed by a setting."""
    connect(endpoint.url)
    endpoint.answer(200, ALLOCATED)
    client_of([], extra={"team": "edge", f"{PREFIX}/pod_uid": "other", "Name": "x"}).allocate(OWNER)

    assert {**TAGS, "team": "edge"} == tags_in(endpoint.requests[0])


def test_a_long_name_is_trimmed_to_what_a_tag_may_hold(
    endpoint: Endpoint, connect: Callable[[str], Ec2Client]
) -> None:
    """EC2 refuses values over 256 characters."""
    connect(endpoint.url)
    endpoint.answer(200, ALLOCATED)
    client_of([], name="c" * 250).allocate(OWNER)

    assert "c" * 250 + "/shop/" == tags_in(endpoint.requests[0])["Name"]


def test_a_pool_and_a_border_group_are_named_when_set(
    endpoint: Endpoint, connect: Callable[[str], Ec2Client]
) -> None:
    """An address of a Local Zone is released by its border group."""
    connect(endpoint.url)
    endpoint.answer(200, ALLOCATED)
    endpoint.answer(200, "<Response><return>true</return></Response>")
    client = client_of([], Placement("ipv4pool-ec2-1", "us-west-2-lax-1"))
    client.allocate(OWNER)
    client.release("eipalloc-1")

    allocate, release = endpoint.requests
    assert ("ipv4pool-ec2-1", "us-west-2-lax-1") == (
        allocate["PublicIpv4Pool"],
        allocate["NetworkBorderGroup"],
    )
    assert "us-west-2-lax-1" == release["NetworkBorderGroup"]


@pytest.mark.parametrize("sent", ["true", "false"])
def test_associate_always_says_whether_it_may_move_an_address(
    endpoint: Endpoint, client: Ec2Client, sent: str
) -> None:
    """EC2's default is to move it."""
    endpoint.answer(200, "<Response><associationId>eipassoc-1</associationId></Response>")

    said = client.associate("eipalloc-1", "eni-1", "10.0.0.9", allow_reassociation=sent == "true")

    assert "eipassoc-1" == said
    assert sent == endpoint.requests[0]["AllowReassociation"]
    assert "10.0.0.9" == endpoint.requests[0]["PrivateIpAddress"]


def test_describing_calls_take_a_token_and_mutating_ones_do_not(
    endpoint: Endpoint, client: Ec2Client, tokens: list[Action]
) -> None:
    """A step takes a mutating call's token before it confirms that the call is wanted."""
    endpoint.answer(200, ALLOCATED)
    endpoint.answer(200, NOTHING)
    client.allocate(OWNER)
    client.addresses_of_cluster()

    assert [Action.DESCRIBE_ADDRESSES] == tokens


def test_every_page_is_read_and_takes_a_token(
    endpoint: Endpoint, client: Ec2Client, tokens: list[Action]
) -> None:
    """DescribeNetworkInterfaces is paginated, and AWS's own interfaces are asked for too."""
    page = (
        "<networkInterfaceSet><item><networkInterfaceId>{}</networkInterfaceId></item></networkInterfaceSet>"
    )
    endpoint.answer(200, f"<Response>{page.format('eni-1')}<nextToken>next</nextToken></Response>")
    endpoint.answer(200, f"<Response>{page.format('eni-2')}</Response>")

    found = client.interfaces_of_instances(["i-1", "i-2"])

    assert ["eni-1", "eni-2"] == [interface.interface_id for interface in found]
    assert [Action.DESCRIBE_INTERFACES] * 2 == tokens
    first, second = endpoint.requests
    assert ("1000", "true") == (first["MaxResults"], first["IncludeManagedResources"])
    assert ("i-1", "i-2") == (first["Filter.1.Value.1"], first["Filter.1.Value.2"])
    assert "NextToken" not in first
    assert "next" == second["NextToken"]


def test_no_instances_are_no_call(endpoint: Endpoint, client: Ec2Client) -> None:
    """A filter without values would list the whole account."""
    assert [] == client.interfaces_of_instances([])
    assert [] == endpoint.requests


def test_wildcards_in_a_cluster_name_match_themselves_only(
    endpoint: Endpoint, connect: Callable[[str], Ec2Client]
) -> None:
    """A cluster called `*` does not own every address; what is answered is compared once more."""
    connect(endpoint.url)
    other = f"<tagSet><item><key>{PREFIX}/cluster_name</key><value>prod</value></item></tagSet>"
    endpoint.answer(200, f"<Response><addressesSet><item>{other}</item></addressesSet></Response>")

    assert [] == client_of([], name="*").addresses_of_cluster()
    assert "\\*" == endpoint.requests[0]["Filter.1.Value.1"]


def test_the_user_agent_names_the_operator(endpoint: Endpoint, client: Ec2Client) -> None:
    """CloudTrail shows who called."""
    endpoint.answer(200, NOTHING)
    client.addresses_of_cluster()

    assert "k8s-eip-operator/" in endpoint.agents[0]


def test_a_missing_region_is_a_settings_error(
    connect: Callable[[str], Ec2Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which variable to set."""
    monkeypatch.delenv("AWS_REGION")

    with pytest.raises(SettingsError, match="AWS_REGION"):
        connect("http://127.0.0.1:1")


def test_the_default_region_will_do(
    connect: Callable[[str], Ec2Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_DEFAULT_REGION is boto3's own name for it."""
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    connect("http://127.0.0.1:1")
