"""An address that is to stay: it leaves the dead pod's IP, and is released when its time is over."""

import pytest

from eip import names
from eip.decide import EventType
from eip.names import Action, Step
from eip.store.keys import Keys
from tests.workers_world import IP, IP2, OTHER, UID, Workers

DAY = 86400.0


def keeping(workers: Workers, keep: str, uid: str = UID, ip: str = IP) -> None:
    """A pod that is called web and has its address, which is to stay."""
    asked = {"annotations": {names.KEEP_ANNOTATION: keep}}
    workers.serve(uid, "web", ip, metadata=asked)


def deleted(workers: Workers) -> None:
    """The pod is gone, and the watch said so."""
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run()


@pytest.fixture
def kept(workers: Workers) -> Workers:
    """An address that is kept for an hour, from this moment on."""
    keeping(workers, "1h")
    deleted(workers)
    return workers


def test_it_costs_one_call_to_keep_it(kept: Workers) -> None:
    """Off the IP, which is a stranger's next, and not released."""
    assert kept.ec2.mutating == [Action.DISASSOCIATE]
    assert kept.ec2.at(IP) == []
    assert kept.ledger.kept_for("shop", "web") == UID


def test_it_stays_for_its_time_and_not_longer(kept: Workers) -> None:
    """Then it is released, after the API server was asked once more."""
    kept.run_for(3590)
    assert len(kept.ec2.addresses) == 1

    kept.forget_calls()
    kept.run_for(30)

    assert kept.ec2.mutating == [Action.RELEASE]
    assert kept.kubernetes.asked("get") == ["shop/web"]
    assert kept.ledger.uids() == set()
    assert kept.ledger.kept_for("shop", "web") == ""


@pytest.mark.parametrize("code", [0, 403, 503])
def test_it_is_not_released_while_nothing_is_known(kept: Workers, code: int) -> None:
    """Its time is over, and its pod may be back."""
    kept.kubernetes.breaks(code)
    kept.run_for(3900)

    assert kept.ec2.mutating == [Action.DISASSOCIATE]


@pytest.mark.parametrize(("keep", "days"), [("forever", 400), ("5h", 0.2)])
def test_it_stays_as_long_as_is_asked(workers: Workers, keep: str, days: float) -> None:
    """Sweeps or not."""
    keeping(workers, keep)
    deleted(workers)
    for _ in range(3):
        workers.run_for(days * DAY / 3 if days < 1 else 7200)
        workers.time.pass_by(0 if days < 1 else days * DAY / 3)
        workers.world.queue.dispatch()
        workers.sweeper.sweep()
        workers.run()

    assert workers.ec2.mutating == [Action.DISASSOCIATE]
    assert len(workers.ec2.addresses) == 1


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_keeps_it_too(workers: Workers, phase: str) -> None:
    """The next of its name may come; the pod says that it has no address."""
    keeping(workers, "1h")
    workers.see(workers.kubernetes.edit("web", "status", phase=phase))
    workers.run()

    assert workers.ec2.mutating == [Action.DISASSOCIATE]
    assert workers.kubernetes.ready("web") == "False"


def unlabelled(workers: Workers) -> None:
    """The label is taken away."""
    workers.kubernetes.edit("web", "metadata", labels={})
    workers.see(workers.kubernetes.pod("web"), EventType.DELETED)


def unasked(workers: Workers) -> None:
    """It is not to stay any more, and the tag says so before the pod goes."""
    kept_off = {k: v for k, v in workers.kubernetes.annotations("web").items() if k != names.KEEP_ANNOTATION}
    workers.see(workers.kubernetes.edit("web", "metadata", annotations=kept_off))
    workers.run()
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)


@pytest.mark.parametrize("how", [unlabelled, unasked], ids=lambda f: f.__name__)
def test_who_wants_it_no_longer_gives_it_back(workers: Workers, how: object) -> None:
    """Nobody pays for what was given up."""
    keeping(workers, "forever")
    assert callable(how)
    how(workers)
    workers.run()

    assert workers.ec2.addresses == []


def test_a_finished_pod_says_so_though_nobody_could_be_told_at_first(workers: Workers) -> None:
    """The API server was away for longer than the patience with it: the pod is written on when it is back."""
    keeping(workers, "1h")
    workers.see(workers.kubernetes.edit("web", "status", phase="Succeeded"))
    workers.step(Step.RELEASE)
    workers.kubernetes.breaks(503)
    workers.run_for(200)
    workers.kubernetes.mend()
    workers.run_for(120)

    assert names.PUBLIC_IP_ANNOTATION not in workers.kubernetes.annotations("web")
    assert len(workers.ec2.addresses) == 1


def test_a_pod_that_lives_keeps_its_address_in_use(workers: Workers) -> None:
    """The watch was wrong when its address was off the IP already."""
    keeping(workers, "1h")
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.step(*workers.messages.pop())
    workers.kubernetes.add(UID, "web", IP, metadata={"annotations": {names.KEEP_ANNOTATION: "1h"}})
    workers.run_for(5)

    assert workers.claim().serving
    assert workers.claim().idle_since == 0


def test_a_lost_answer_leaves_nothing_on_a_freed_ip(workers: Workers) -> None:
    """No release would ever be refused because of it, and no sweep need come."""
    workers.see(
        workers.kubernetes.add(UID, "web", IP, metadata={"annotations": {names.KEEP_ANNOTATION: "1h"}})
    )
    workers.step(*workers.messages.pop())
    workers.ec2.lose_reply(Action.ASSOCIATE)
    workers.step(*workers.messages.pop())
    assert workers.ec2.at(IP)

    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run_for(25)

    assert workers.ec2.at(IP) == []
    assert len(workers.ec2.addresses) == 1


def test_a_worker_that_died_leaves_nothing_on_a_freed_ip(workers: Workers) -> None:
    """It had called AssociateAddress; whoever takes its lease over looks."""
    workers.see(
        workers.kubernetes.add(UID, "web", IP, metadata={"annotations": {names.KEEP_ANNOTATION: "1h"}})
    )
    workers.step(*workers.messages.pop())
    workers.messages.clear()
    assert workers.ledger.begin(UID, Step.ASSOCIATE.queue)
    workers.ec2.put(workers.claim().allocation_id, IP)
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.messages.clear()

    workers.run_for(45)

    assert workers.ec2.at(IP) == []


def test_of_two_for_one_name_the_living_pods_stays(workers: Workers) -> None:
    """One was kept while the next pod asked for none and changed its mind: nobody would ever get both."""
    keeping(workers, "forever")
    deleted(workers)
    second = workers.serve(OTHER, "web", IP2)
    annotations = {**workers.kubernetes.annotations("web"), names.KEEP_ANNOTATION: "forever"}
    workers.see(workers.kubernetes.edit("web", "metadata", annotations=annotations))
    workers.run_for(3700)

    assert [address.allocation_id for address in workers.ec2.addresses] == [second.allocation_id]
    assert workers.claim(OTHER).serving

    deleted(workers)
    workers.run_for(3700)
    assert len(workers.ec2.addresses) == 1


@pytest.mark.parametrize("to", ["no claim", "a claim without an address"])
def test_a_name_that_leads_nowhere_releases_nothing(kept: Workers, to: str) -> None:
    """The next pod of the name would find no other."""
    if to != "no claim":
        kept.see(kept.kubernetes.add(OTHER, "web"))
    kept.client.hset(Keys.KEPT, "shop/web", OTHER)
    kept.client.zrem(Keys.DUE, UID)

    kept.step(Step.RELEASE)

    assert Action.RELEASE not in kept.ec2.mutating
    assert kept.claim().allocation_id
