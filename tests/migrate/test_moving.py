"""Moving over with the real command, real processes, EC2's double, and a real kube-apiserver for the Eips."""

import pytest

from eip import names
from eip.names import Action
from sandbox.kubernetes.status import JsonObject
from tests import clusters
from tests.journeys.right import our_addresses
from tests.migrate.house import EIPS, MATERIALIZE, House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

TOUCHING = (Action.ALLOCATE, Action.ASSOCIATE, Action.DISASSOCIATE, Action.RELEASE)


def touched(house: House) -> dict[str, int]:
    """The calls that could have taken an address from its pod."""
    calls = house.ec2.calls()
    return {action: calls.count(action) for action in TOUCHING if calls.count(action)}


def traces(house: House, name: str) -> JsonObject:
    """Everything that either operator marks a pod, its Eip and its address with."""
    pod, eip = house.the_pod(name), house.api.get(f"{EIPS}/{name}").body
    [address] = [a for a in house.ec2.addresses() if a.private_ip == pod["status"]["podIP"]]
    return {
        "labels": pod["metadata"]["labels"],
        "annotations": pod["metadata"].get("annotations", {}),
        "finalizers": pod["metadata"].get("finalizers", []),
        "eip": eip["metadata"].get("finalizers", []),
        "tags": address.tags,
    }


if clusters.REAL:

    @pytest.mark.cluster
    def test_moves_from_materialize_there_and_back_and_there(house: House) -> None:
        """No association changes on any way; then our operator serves the pods, and takes addresses back."""
        house.define_eips()
        for name in ("web-0", "web-1"):
            house.pod_of_materialize(name)
        house.pod_of_materialize("fixed", own=False)
        house.operator_of_materialize()
        before, traces_before = house.associations(), traces(house, "web-0")
        house.ec2.reset_calls()

        refused = house.eip("run", "--from", "materialize", "--yes")
        assert refused.returncode == 1, refused.stderr
        assert "the other operator runs in default/eip-operator-0" in refused.stdout
        assert house.ec2.calls().count("CreateTags", "ok") == 0
        house.delete_pod("eip-operator-0")
        house.until(lambda: house.pod("eip-operator-0") is None, "the other operator has ended")

        plan = house.eip("plan", "--from", "materialize", "--remove-old")
        print(plan.stdout)  # noqa: T201 - pytest shows it with a failure
        assert "made by hand" in plan.stdout
        moved = house.eip("run", "--from", "materialize", "--yes")
        print(moved.stdout, moved.stderr)  # noqa: T201
        assert "verified: 2 associations are what they were" in moved.stdout
        assert traces(house, "web-0")["finalizers"] == []
        assert len(our_addresses(house)) == 2

        back = house.eip("back", "--from", "materialize", "--yes")
        print(back.stdout, back.stderr)  # noqa: T201
        assert traces(house, "web-0") == traces_before
        assert our_addresses(house) == []

        last = house.eip("run", "--from", "materialize", "--yes", "--remove-old", "--adopt-kept")
        print(last.stdout, last.stderr)  # noqa: T201
        assert last.returncode == 0
        assert house.api.get(EIPS).body["items"] == []
        assert touched(house) == {}
        house.run()
        house.until_right()
        assert touched(house) == {}
        assert house.associations() == before
        assert not [key for a in our_addresses(house) for key in a.tags if key.startswith(MATERIALIZE)]

        house.delete_pod("web-0")
        house.delete_pod("web-1")
        house.until_gone("web-0", "web-1")
        assert [a.tags[names.POD_NAME_TAG] for a in house.ec2.addresses()] == ["fixed"]


def test_moves_from_aws_samples(house_of_doubles: House) -> None:
    """The pods keep their addresses, are served by our operator, and give the addresses back when they go."""
    house = house_of_doubles
    house.pod_of_aws_samples("api-0")
    house.pod_of_aws_samples("api-1")
    before = house.associations()
    house.ec2.reset_calls()

    moved = house.eip("run", "--from", "aws-samples", "--yes")
    print(moved.stdout, moved.stderr)  # noqa: T201
    assert moved.returncode == 0
    again = house.eip("run", "--from", "aws-samples", "--yes")
    assert "nothing to do" in again.stdout
    house.run()
    house.until_right()
    assert touched(house) == {}
    assert house.associations() == before

    house.delete_pod("api-0")
    house.delete_pod("api-1")
    house.until_gone("api-0", "api-1")
    assert house.ec2.addresses() == []
