"""How EC2 and the API server are read and written, and what becomes of their refusals."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber

from cli.migrate.ec2 import Ec2
from cli.migrate.facts import Address, Eip, Pod
from cli.migrate.read import EIPS, NODES, PODS, Reader
from eip.errors import Ec2Error, KubernetesError
from eip.kubernetes.objects import Objects
from eip.kubernetes.refusal import RefusedError
from eip.pod import Status
from tests.migrate.facts_made import OLD_TAGS, address, eip, pod, request
from workers.aws.session import connect

if TYPE_CHECKING:
    from eip.kubernetes.http import Http

PATH = "/api/v1/namespaces/games/pods/web"


@dataclass
class Scripted:
    """Answers of an API server, in their order; it remembers what was asked."""

    answers: list[Any]
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def request(self, method: str, path: str, **given: Any) -> bytes:
        self.asked.append((method, path, given))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer).encode()

    @property
    def objects(self) -> Objects:
        """The objects of this server."""
        return Objects(cast("Http", self))


def refused(code: int, reason: str, *fields: str) -> RefusedError:
    """The API server says no."""
    return RefusedError(code, Status(reason=reason, details={"causes": [{"field": f} for f in fields]}))


def test_lists_have_pages() -> None:
    """Each is asked for with the token of the one before."""
    first = {"metadata": {"continue": "token"}, "items": [{"metadata": {"name": "a"}}]}
    server = Scripted([first, {"metadata": {}, "items": [{"metadata": {"name": "b"}}]}])

    found = server.objects.list(PODS, Pod)

    assert [read.metadata.name for read in found or ()] == ["a", "b"]
    assert server.asked[1][2]["query"] == {"limit": "500", "continue": "token"}


def test_a_resource_that_is_not_defined_is_none() -> None:
    """Where Materialize's operator never was there are no Eips."""
    assert Scripted([refused(404, "Not Found")]).objects.list(EIPS, Eip) is None


def test_a_forbidden_list_is_an_error() -> None:
    """What may not be seen is not empty."""
    with pytest.raises(KubernetesError, match="403"):
        Scripted([refused(403, "Forbidden")]).objects.list(EIPS, Eip)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refused(404, "NotFound"), id="gone"),
        pytest.param(refused(409, "Conflict"), id="changed meanwhile"),
        pytest.param(refused(422, "Invalid", "metadata.uid"), id="another of the name"),
    ],
)
def test_what_changed_meanwhile_is_not_written(answer: Exception) -> None:
    """The next round reads it anew."""
    assert not Scripted([answer]).objects.patch(PATH, {"metadata": {"uid": "1"}})
    assert not Scripted([answer]).objects.delete(PATH, "1")


def test_a_refused_patch_is_an_error() -> None:
    """An admission policy that denies the label, say."""
    with pytest.raises(KubernetesError, match="403"):
        Scripted([refused(403, "Forbidden")]).objects.patch(PATH, {})


def test_a_deletion_names_the_uid() -> None:
    """A new object of the same name is not deleted."""
    server = Scripted([{}])

    assert server.objects.delete(PATH, "the-uid")
    assert json.loads(server.asked[0][2]["body"]) == {"preconditions": {"uid": "the-uid"}}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A client that is never asked to reach anything: making one takes half a second."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", "test")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield connect("ec2", "us-east-1")


@pytest.fixture
def stub(client: Any) -> Iterator[tuple[Ec2, Stubber]]:
    """EC2 by botocore's own model, which checks what is sent."""
    with Stubber(client) as stubber:
        yield Ec2(client), stubber


def test_addresses_of_both_operators_are_read(stub: tuple[Ec2, Stubber]) -> None:
    """Each once, with its instance."""
    ec2, stubber = stub
    shown = {
        "AllocationId": "eipalloc-web",
        "PublicIp": "198.51.100.1",
        "AssociationId": "eipassoc-web",
        "PrivateIpAddress": "10.0.0.7",
        "NetworkInterfaceId": "eni-00000001",
        "InstanceId": "i-1",
        "Tags": [{"Key": key, "Value": value} for key, value in OLD_TAGS.items()],
    }
    for _ in range(2):
        stubber.add_response("describe_addresses", {"Addresses": [shown]})

    assert ec2.addresses("marker", "blue") == (address(),)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [("DryRunOperation", True), ("UnauthorizedOperation", False), ("AccessDenied", False)],
)
def test_the_right_to_tag_is_asked_for_by_a_dry_run(
    stub: tuple[Ec2, Stubber],
    code: str,
    allowed: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """Nothing is changed by the question."""
    ec2, stubber = stub
    expected = {
        "Resources": ["eipalloc-web"],
        "Tags": [{"Key": "eip.aws.materialize.com/namespace", "Value": "-"}],
        "DryRun": True,
    }
    stubber.add_client_error("create_tags", code, expected_params=expected)

    assert ec2.may_tag("eipalloc-web") is allowed


def test_a_throttled_call_is_made_again(stub: tuple[Ec2, Stubber], monkeypatch: pytest.MonkeyPatch) -> None:
    """Others spend the account's rate too."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    ec2, stubber = stub
    stubber.add_client_error("create_tags", "RequestLimitExceeded")
    stubber.add_response("create_tags", {})

    ec2.tag("eipalloc-web", {"a": "b"})

    stubber.assert_no_pending_responses()


def test_a_denied_call_is_an_error_at_once(stub: tuple[Ec2, Stubber]) -> None:
    """With EC2's own code."""
    ec2, stubber = stub
    stubber.add_client_error("delete_tags", "UnauthorizedOperation", "not you")

    with pytest.raises(Ec2Error, match="UnauthorizedOperation: DeleteTags: not you"):
        ec2.untag("eipalloc-web", ("a",))


def test_without_tags_to_remove_nothing_is_called(stub: tuple[Ec2, Stubber]) -> None:
    """DeleteTags without keys would remove all."""
    ec2, _ = stub

    ec2.untag("eipalloc-web", ())


def test_no_answer_is_told_plainly(stub: tuple[Ec2, Stubber], monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it has not come in some tries."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    ec2, _ = stub

    def silent(**_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://ec2.example")

    monkeypatch.setattr(ec2._client, "describe_addresses", silent)

    with pytest.raises(Ec2Error, match="NoReply"):
        ec2.addresses("marker", "blue")


@dataclass
class World:
    """EC2 and the API server for a reader."""

    denied: tuple[str, ...] = ()
    taggable: bool = True
    listed: list[str] = field(default_factory=list)

    def addresses(self, marker_tag: str, cluster_name: str) -> tuple[Address, ...]:
        return (address(),)

    def may_tag(self, allocation_id: str) -> bool:
        return self.taggable

    def list(self, path: str, kind: type[Any]) -> Iterator[Any] | None:
        self.listed.append(path)
        node = {"metadata": {"name": "node-1"}, "spec": {"providerID": "aws:///us-east-1a/i-1"}}
        items: dict[str, Any] = {PODS: pod(), EIPS: eip(), NODES: json.dumps(node)}
        if path != NODES:
            return iter([items[path]])
        return iter([msgspec.json.decode(items[path], type=kind)])

    def allowed(self, verb: str, resource: str, *, group: str = "") -> bool:
        return f"{verb} {resource}" not in self.denied

    @property
    def reader(self) -> Reader:
        """A reader of this world."""
        return Reader(self, self, self.allowed)


def test_everything_is_read() -> None:
    """The instance's id is the last part of a node's providerID."""
    found = World().reader.read(request())

    assert (found.addresses, found.pods, found.eips) == ((address(),), (pod(),), (eip(),))
    assert found.instances == {"node-1": "i-1"}
    assert found.denied == ()


def test_all_missing_rights_are_found() -> None:
    """On Kubernetes and on EC2."""
    found = World(("patch eips", "delete eips"), taggable=False).reader.read(request(remove_old=True))

    assert found.denied == (
        "patch eips.materialize.cloud in all namespaces",
        "delete eips.materialize.cloud in all namespaces",
        "ec2:CreateTags on addresses that the other operator allocated",
    )


def test_without_the_right_to_list_nothing_is_read() -> None:
    """Half of the pods would look as if the others were gone."""
    world = World(("list nodes",))

    found = world.reader.read(request())

    assert found.denied == ("list nodes in all namespaces",)
    assert (found.addresses, world.listed) == ((), [])
