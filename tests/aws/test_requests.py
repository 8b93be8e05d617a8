"""What is sent to EC2, field by field; that EC2 acts on it is in test_addresses."""

from collections.abc import Callable

import pytest

from eip.errors import SettingsError
from eip.names import Action
from tests.aws.conftest import Endpoint
from tests.aws.making import OWNER, PREFIX, TAGS, client_of
from workers.aws.client import Ec2Client, Placement
from workers.ports import ReverseDns, Wanted

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


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        pytest.param(Wanted("ipv4pool-ec2-2"), {"PublicIpv4Pool": "ipv4pool-ec2-2"}, id="a pool of EC2"),
        pytest.param(Wanted("ipam-pool-2"), {"IpamPoolId": "ipam-pool-2"}, id="an IPAM pool"),
        pytest.param(
            Wanted("ipam-pool-2", "203.0.113.9"),
            {"IpamPoolId": "ipam-pool-2", "Address": "203.0.113.9"},
            id="an address of an IPAM pool",
        ),
        pytest.param(Wanted(), {"PublicIpv4Pool": "ipv4pool-ec2-1"}, id="by default the setting's"),
    ],
)
def test_what_a_pod_wants_goes_before_the_setting(
    endpoint: Endpoint, connect: Callable[[str], Ec2Client], wanted: Wanted, sent: dict[str, str]
) -> None:
    """One pool is named, by the parameter for its kind."""
    connect(endpoint.url)
    endpoint.answer(200, ALLOCATED)
    client_of([], Placement("ipv4pool-ec2-1")).allocate(OWNER, wanted)

    (request,) = endpoint.requests
    named = {"PublicIpv4Pool", "IpamPoolId", "Address"} & request.keys()
    assert sent == {name: request[name] for name in named}


def test_an_address_that_is_kept_says_so_from_the_start(endpoint: Endpoint, client: Ec2Client) -> None:
    """A lost Redis must not be needed to know that an address is meant to stay."""
    endpoint.answer(200, ALLOCATED)
    client.allocate(OWNER, Wanted(keep=5400))

    assert {**TAGS, f"{PREFIX}/keep": "5400s"} == tags_in(endpoint.requests[0])


def test_tagging_names_one_address_and_what_changes(
    endpoint: Endpoint, client: Ec2Client, tokens: list[Action]
) -> None:
    """The next pod's uid and how long the address stays; no token, which the step has taken."""
    endpoint.answer(200, "<Response><return>true</return></Response>")
    client.tag("eipalloc-1", OWNER, -1)

    (request,) = endpoint.requests
    assert ("CreateTags", "eipalloc-1") == (request["Action"], request["ResourceId.1"])
    pairs = {request[f"Tag.{number}.Key"]: request[f"Tag.{number}.Value"] for number in (1, 2)}
    assert {f"{PREFIX}/pod_uid": OWNER.uid, f"{PREFIX}/keep": "forever"} == pairs
    assert not {"ResourceId.2", "Tag.3.Key"} & request.keys()
    assert [] == tokens


@pytest.mark.parametrize(
    ("asked", "filters"),
    [
        pytest.param(
            {"pool": "web*"},
            {f"tag:{PREFIX}/pool": "web\\*", "tag-key": f"{PREFIX}/lend"},
            id="a pool, to the letter",
        ),
        pytest.param({"address": "203.0.113.1"}, {"public-ip": "203.0.113.1"}, id="a public IP"),
        pytest.param({"address": "eipalloc-1"}, {"allocation-id": "eipalloc-1"}, id="an allocation id"),
    ],
)
def test_lent_addresses_are_asked_for_once(
    endpoint: Endpoint,
    client: Ec2Client,
    tokens: list[Action],
    asked: dict[str, str],
    filters: dict[str, str],
) -> None:
    """One DescribeAddresses with a token, and never the whole account."""
    endpoint.answer(200, NOTHING)
    client.lent_addresses(**asked)

    (request,) = endpoint.requests
    names = [key for key in request if key.endswith(".Name")]
    assert filters == {request[name]: request[name.removesuffix("Name") + "Value.1"] for name in names}
    assert [Action.DESCRIBE_ADDRESSES] == tokens


def test_associate_says_that_nothing_may_be_moved(endpoint: Endpoint, client: Ec2Client) -> None:
    """EC2's default is to move it."""
    endpoint.answer(200, "<Response><associationId>eipassoc-1</associationId></Response>")

    said = client.associate("eipalloc-1", "eni-1", "10.0.0.9")

    assert "eipassoc-1" == said
    assert "false" == endpoint.requests[0]["AllowReassociation"]
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

    assert [] == client_of([], name="*").addresses_of_pod("u")
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


NAMED = (
    "<allocationId>eipalloc-1</allocationId><publicIp>203.0.113.1</publicIp>"
    "<ptrRecord>mx.example.com.</ptrRecord><ptrRecordUpdate><value>mail.example.com.</value>"
    "<status>PENDING</status><reason>soon</reason></ptrRecordUpdate>"
)


def test_a_name_is_asked_for_without_a_token_of_the_clients(
    endpoint: Endpoint, client: Ec2Client, tokens: list[Action]
) -> None:
    """The step has taken it; the answer tells what the record is, and how far the change is."""
    endpoint.answer(200, f"<Response><address>{NAMED}</address></Response>")
    record = client.set_reverse_dns("eipalloc-1", "mail.example.com")

    (request,) = endpoint.requests
    assert ("ModifyAddressAttribute", "eipalloc-1", "mail.example.com") == (
        request["Action"],
        request["AllocationId"],
        request["DomainName"],
    )
    assert record == ReverseDns("mx.example.com", "PENDING", "soon")
    assert record.is_pending
    assert [] == tokens


def test_a_record_is_taken_away_by_the_attributes_name(endpoint: Endpoint, client: Ec2Client) -> None:
    """EC2 knows one attribute of an address."""
    endpoint.answer(200, "<Response><address/></Response>")
    client.reset_reverse_dns("eipalloc-1")

    (request,) = endpoint.requests
    assert ("ResetAddressAttribute", "eipalloc-1", "domain-name") == (
        request["Action"],
        request["AllocationId"],
        request["Attribute"],
    )


@pytest.mark.parametrize(
    ("shown", "record"),
    [
        pytest.param(f"<item>{NAMED}</item>", ReverseDns("mx.example.com", "PENDING", "soon"), id="changing"),
        pytest.param(
            "<item><allocationId>eipalloc-1</allocationId><ptrRecord>a.b.</ptrRecord></item>",
            ReverseDns("a.b"),
            id="set",
        ),
        pytest.param("<item><allocationId>eipalloc-1</allocationId></item>", ReverseDns(), id="none"),
        pytest.param("", ReverseDns(), id="left out"),
        pytest.param(
            "<item><allocationId>eipalloc-2</allocationId><ptrRecord>a.b.</ptrRecord></item>",
            ReverseDns(),
            id="another's",
        ),
    ],
)
def test_one_address_is_looked_at(
    endpoint: Endpoint, client: Ec2Client, tokens: list[Action], shown: str, record: ReverseDns
) -> None:
    """One call with a token, for one address and never for the account's."""
    endpoint.answer(200, f"<Response><addressSet>{shown}</addressSet></Response>")

    assert client.reverse_dns("eipalloc-1") == record
    (request,) = endpoint.requests
    assert ("DescribeAddressesAttribute", "eipalloc-1", "domain-name") == (
        request["Action"],
        request["AllocationId.1"],
        request["Attribute"],
    )
    assert [Action.DESCRIBE_ATTRIBUTES] == tokens
