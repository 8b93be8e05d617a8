"""What becomes of a pod's address when the pod changes."""

from eip import names
from tests import clusters
from tests.journeys.installation import Installation
from tests.journeys.right import condition, our_addresses, written

pytestmark = clusters.NEAREST


def test_the_label_is_removed_and_set_again(stack: Installation) -> None:
    """Without the label the address and what was written go; with it again there is a new one."""
    stack.create_pod("web")
    stack.until_served("web")
    first = stack.address("web")

    stack.label_pod("web", managed=False)
    stack.until_right()
    assert our_addresses(stack) == []
    assert not written(stack.the_pod("web"))
    assert condition(stack.the_pod("web"), names.READY_CONDITION) == "False"

    stack.label_pod("web", managed=True)
    stack.until_right()
    assert stack.address("web").allocation_id != first.allocation_id


def test_the_label_is_removed_and_the_pod_deleted_at_once(stack: Installation) -> None:
    """The address is released, whatever the watch shows last."""
    stack.create_pod("web")
    stack.until_served("web")

    stack.label_pod("web", managed=False)
    stack.delete_pod("web")

    stack.until_gone("web")
    assert our_addresses(stack) == []


def test_a_pod_is_deleted_before_it_is_served(stack: Installation) -> None:
    """Pods that go as soon as they came leave nothing."""
    made = stack.create_pods("brief", 10)
    for name in made:
        stack.delete_pod(name)

    stack.until_gone(*made)


def test_annotations_are_written_by_others(stack: Installation) -> None:
    """What is removed is written again, and nobody is led to another pod's address by what a pod says."""
    stack.create_pod("victim")
    stack.create_pod("thief")
    stack.until_served("victim", "thief")
    before = stack.address("victim")
    stolen = written(stack.the_pod("victim"))

    stack.annotate("thief", stolen)
    stack.annotate("victim", dict.fromkeys(stolen))
    stack.until_right()
    assert stack.address("victim") == before

    stack.annotate("thief", stolen)
    stack.delete_pod("thief")
    stack.until_gone("thief")
    assert stack.address("victim") == before


def test_a_finished_pod_gives_its_address_back(stack: Installation) -> None:
    """Phase Succeeded: the network is gone for good."""
    stack.create_pod("job")
    stack.until_served("job")

    stack.kubelet.finish("default", "job")

    stack.until(lambda: our_addresses(stack) == [], "the address is released")
    stack.until_right()
    assert not written(stack.the_pod("job"))


def test_a_lost_network_comes_back(stack: Installation) -> None:
    """The address leaves the IP, is kept, and returns to the pod on the IP that it has then."""
    stack.create_pod("web")
    stack.until_served("web")
    before = stack.address("web")

    stack.kubelet.lose_network("default", "web")
    stack.until(lambda: not stack.address("web").private_ip, "the address is off the IP")
    stack.until_right()
    assert stack.address("web").allocation_id == before.allocation_id

    ip = stack.kubelet.restore_network("default", "web")
    stack.until_right()
    assert ip != before.private_ip
    assert (stack.address("web").allocation_id, stack.address("web").private_ip) == (before.allocation_id, ip)


def test_a_changed_ip_is_followed(stack: Installation) -> None:
    """The same address moves to the pod's new IP."""
    stack.create_pod("web")
    stack.until_served("web")
    before = stack.address("web")

    ip = stack.kubelet.change_ip("default", "web")

    stack.until(lambda: stack.address("web").private_ip == ip, f"the address is on {ip}")
    stack.until_right()
    assert stack.address("web").allocation_id == before.allocation_id


def test_a_pod_of_the_same_name_is_another(stack: Installation) -> None:
    """Deleted and created again under its name: the old address goes, the new pod gets its own."""
    stack.create_pod("db-0")
    stack.until_served("db-0")
    before = stack.address("db-0")

    stack.delete_pod("db-0")
    stack.until(lambda: stack.pod("db-0") is None, "the old pod is gone")
    stack.create_pod("db-0")

    stack.until_served("db-0")
    assert stack.address("db-0").allocation_id != before.allocation_id
    assert len(our_addresses(stack)) == 1


def test_a_pod_whose_deletion_hangs(stack: Installation) -> None:
    """The network is gone although a finalizer keeps the pod: the address must not stay on the IP."""
    stack.create_pod("stuck")
    stack.until_served("stuck")
    path = "/api/v1/namespaces/default/pods/stuck"
    stack.api.patch(path, {"metadata": {"finalizers": ["example.com/hold"]}})

    stack.delete_pod("stuck")

    stack.until(lambda: not any(a.private_ip for a in our_addresses(stack)), "no address on the freed IP")
    assert stack.pod("stuck")
    stack.api.patch(path, {"metadata": {"finalizers": None}})
    stack.until_gone("stuck")
    assert our_addresses(stack) == []


def test_a_pod_on_the_hosts_network_is_refused(stack: Installation) -> None:
    """Its author is told why, and EC2 is asked for nothing."""
    pod = stack.create_pod("host", hostNetwork=True)

    stack.until_told(pod, {"AddressRefused": "Warning"})

    stack.until_right()
    assert stack.ec2.calls().count("AllocateAddress") == 0
