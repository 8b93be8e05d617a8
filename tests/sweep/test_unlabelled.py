"""Pods whose label went while Redis was lost: what they say of an address is taken away."""

from eip import names
from eip.errors import KubernetesError
from eip.store.keys import Keys
from tests.workers_world import OTHER, UID, Workers
from workers.sweep.unlabelled import DAY, SOON


def look(workers: Workers) -> None:
    """The sweep that makes the daily look, and what follows from it."""
    workers.client.delete(Keys.told(Keys.UNLABELLED, ""))
    workers.sweeper.sweep()
    workers.run()


def says(workers: Workers, name: str = "web") -> str:
    """The address that a pod names."""
    pod = workers.kubernetes.get_pod("shop", name)
    assert pod is not None
    return pod.annotation(names.PUBLIC_IP_ANNOTATION)


def forget(workers: Workers) -> None:
    """A served pod loses its label, and Redis and EC2 know nothing of it any more."""
    workers.serve()
    workers.kubernetes.edit("web", "metadata", labels={})
    workers.ec2.drop(workers.claim().allocation_id)
    workers.client.flushall()
    workers.ledger.open_epoch()


def test_a_pod_that_lost_its_label_meanwhile_names_no_address(workers: Workers) -> None:
    """external-dns would lead its name to whoever has the address then; its claim is over at once."""
    forget(workers)
    assert says(workers)

    look(workers)

    assert not says(workers)
    assert workers.ledger.uids() == set()
    assert workers.ec2.mutating == []


def test_others_are_left_alone(workers: Workers) -> None:
    """A pod that never had an address has no claim for it."""
    workers.kubernetes.add(OTHER, "other", "10.0.0.8", labelled=False)

    look(workers)

    assert workers.ledger.uids() == set()
    assert workers.kubernetes.asked("patch") == []


def test_a_served_pod_keeps_what_it_says(workers: Workers) -> None:
    """It has the label."""
    workers.serve()

    look(workers)

    assert says(workers) == workers.claim(UID).public_ip


def test_all_pods_are_listed_once_a_day(workers: Workers) -> None:
    """A sweep is otherwise one list of the pods with the label."""
    look(workers)
    workers.kubernetes.calls.clear()

    workers.sweeper.sweep()

    assert workers.kubernetes.asked("list") == [""]
    assert 0 < workers.client.ttl(Keys.told(Keys.UNLABELLED, "")) <= DAY


def test_a_look_that_failed_is_repeated_soon(workers: Workers) -> None:
    """Not a day later."""
    lists = workers.kubernetes.list_pods
    workers.client.delete(Keys.told(Keys.UNLABELLED, ""))

    def no_full_list(selector: str, namespace: str | None = None) -> object:
        if not selector:
            raise KubernetesError(503, "ServiceUnavailable", "")
        return lists(selector, namespace)

    workers.kubernetes.list_pods = no_full_list  # type: ignore[method-assign,assignment]

    assert workers.sweeper.sweep().startswith("put off")
    assert 0 < workers.client.ttl(Keys.told(Keys.UNLABELLED, "")) <= SOON
