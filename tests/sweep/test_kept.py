"""Sweeps and kept addresses: none is released before its time, whatever was lost, and none stays after it."""

import pytest

from eip import names
from eip.decide import EventType
from eip.names import Action
from tests.workers_world import IP, IP2, IP3, OTHER, UID, Workers

KEEP = {names.KEEP_ANNOTATION: "1h"}


@pytest.fixture
def kept(workers: Workers) -> Workers:
    """The address of a pod that is gone, for the next of its name."""
    workers.serve(metadata={"annotations": dict(KEEP)})
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run()
    workers.forget_calls()
    return workers


def flush(workers: Workers) -> None:
    """Redis is empty, and filled again from EC2."""
    workers.client.flushall()
    workers.messages.clear()
    workers.ledger.open_epoch()
    workers.sweeper.refill()


def sweep(workers: Workers, times: int = 1) -> None:
    """Sweeps of five minutes, and what follows from each."""
    for _ in range(times):
        workers.sweeper.sweep()
        workers.run_for(300)


def test_a_sweep_leaves_it_alone(kept: Workers) -> None:
    """It is no orphan: its claim knows what it is for."""
    sweep(kept, times=11)

    assert kept.ec2.mutating == []
    assert kept.ec2.made(Action.DESCRIBE_ADDRESSES) == [("cluster",)] * 11


def test_it_is_not_kept_longer_because_of_sweeps(kept: Workers) -> None:
    """How long it is idle goes on."""
    sweep(kept, times=13)

    assert kept.ec2.addresses == []


def test_a_lost_redis_keeps_it(kept: Workers) -> None:
    """By its tag; how long it is idle begins anew, and ends."""
    kept.run_for(3000)
    flush(kept)
    kept.run_for(3000)
    assert len(kept.ec2.addresses) == 1

    kept.run_for(900)

    assert kept.ec2.addresses == []


def test_the_next_pod_gets_it_after_a_lost_redis(kept: Workers) -> None:
    """It is found by its name."""
    flush(kept)
    kept.see(kept.kubernetes.add(OTHER, "web", IP2, metadata={"annotations": dict(KEEP)}))
    kept.run_for(10)

    assert kept.ec2.mutating == [Action.TAG, Action.ASSOCIATE]
    assert kept.claim(OTHER).serving


def test_an_orphan_that_is_meant_to_stay_leaves_its_ip_and_stays(workers: Workers) -> None:
    """Nothing but its tags is known of it."""
    workers.ec2.give(OTHER, "old", IP3, **{names.KEEP_TAG: "3600s"})
    sweep(workers, times=2)

    assert workers.ec2.mutating == [Action.DISASSOCIATE]
    assert workers.ledger.kept_for("shop", "old") == OTHER


@pytest.mark.parametrize("tag", ["soon", "-1", "1h; release", "x" * 256])
def test_a_tag_that_means_nothing_keeps_it_for_a_day(workers: Workers, tag: str) -> None:
    """Whoever wrote it meant it to stay, and nobody meant to pay for ever."""
    workers.ec2.give(OTHER, "old", **{names.KEEP_TAG: tag})
    sweep(workers, times=2)
    workers.run_for(86_000)
    assert len(workers.ec2.addresses) == 1

    workers.run_for(1000)

    assert workers.ec2.addresses == []


def test_another_clusters_is_never_touched(workers: Workers) -> None:
    """Kept or not."""
    workers.ec2.give(OTHER, "old", IP3, **{names.KEEP_TAG: "1s", names.CLUSTER_UID_TAG: "another"})
    sweep(workers, times=3)

    assert workers.ec2.mutating == []


def test_tags_that_a_late_call_wrote_are_mended(workers: Workers) -> None:
    """The pod before it stands on a living pod's address: nothing but the tags is touched."""
    mine = workers.serve(metadata={"annotations": dict(KEEP)})
    entry = workers.ec2._book.get(mine.allocation_id)
    workers.ec2._book.tag(entry, {**entry.tags, names.POD_UID_TAG: OTHER})
    sweep(workers, times=3)

    assert workers.ec2.mutating == [Action.TAG]
    assert workers.ec2.addresses[0].tags[names.POD_UID_TAG] == UID
    assert workers.claim().serving
    assert workers.ec2.at(IP)


def test_a_name_with_two_keeps_one(workers: Workers) -> None:
    """A look-up that came too late left a second one; after a lost Redis both say that they stay."""
    for number in (1, 2):
        workers.ec2.give(
            f"{number * 11111111}-1111-4111-8111-111111111111", "web", **{names.KEEP_TAG: "forever"}
        )
    flush(workers)
    workers.run_for(7300)

    assert len(workers.ec2.addresses) == 1
    assert workers.ledger.kept_for("shop", "web") in workers.ec2.addresses[0].tags.values()
