"""One private IP has one claim: the newest report wins, and the IP is left when it is another's."""

import pytest
import redis

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.ledger import FORGET, REST, Ledger, Schedule

IP = "10.0.0.7"


def report(ledger: Ledger, uid: str, version: int, pod_ip: str = IP) -> None:
    """A pod was seen with an IP."""
    before = ledger.claim(uid)
    after = changed(before or Claim(uid=uid, desired=Desired.SERVE), pod_ip=pod_ip, resource_version=version)
    ledger.commit(before, after, REST)


def forget(ledger: Ledger, uid: str) -> None:
    """A pod's claim is over."""
    before = ledger.claim(uid)
    assert before is not None
    ledger.commit(before, before, FORGET)


def test_holder(ledger: Ledger) -> None:
    """The pod that was seen with an IP holds it."""
    report(ledger, "a", 1)

    assert ledger.ip_holder(IP) == "a"
    assert ledger.ip_holder("10.0.0.8") == ""


@pytest.mark.parametrize(("first", "second"), [(9, 10), (99, 100)], ids=["two digits", "three digits"])
def test_newest_report_wins(ledger: Ledger, first: int, second: int) -> None:
    """A pod that was reported later takes the IP over; versions are numbers."""
    report(ledger, "a", first)
    report(ledger, "b", second)

    assert ledger.ip_holder(IP) == "b"


@pytest.mark.parametrize(("first", "second"), [(10, 9), (100, 99)], ids=["two digits", "three digits"])
def test_older_report_does_not_win(ledger: Ledger, first: int, second: int) -> None:
    """A report that was overtaken takes nothing."""
    report(ledger, "b", first)
    report(ledger, "a", second)

    assert ledger.ip_holder(IP) == "b"


def test_a_step_of_the_former_holder_takes_nothing_back(ledger: Ledger) -> None:
    """The former holder's claim is written again without a newer report."""
    report(ledger, "a", 1)
    report(ledger, "b", 2)
    before = ledger.claim("a")
    assert before is not None
    ledger.commit(before, changed(before, attempts=1), Schedule("wake", Queue.ASSOCIATE))

    assert ledger.ip_holder(IP) == "b"


def test_left_on_change(ledger: Ledger) -> None:
    """A pod that came to another IP holds that one and no longer the former."""
    report(ledger, "a", 1)
    report(ledger, "a", 2, "10.0.0.8")

    assert ledger.ip_holder(IP) == ""
    assert ledger.ip_holder("10.0.0.8") == "a"


def test_left_without_network(ledger: Ledger) -> None:
    """A pod without network holds nothing."""
    report(ledger, "a", 1)
    report(ledger, "a", 2, "")

    assert ledger.ip_holder(IP) == ""


def test_left_on_forget(ledger: Ledger, redis_client: redis.Redis) -> None:
    """A claim that is over leaves its IP."""
    report(ledger, "a", 1)
    forget(ledger, "a")

    assert redis_client.hgetall(Keys.IPS) == {}


def test_another_keeps_what_is_left(ledger: Ledger) -> None:
    """Neither change nor forget of the former holder takes the IP from its new one."""
    report(ledger, "a", 1)
    report(ledger, "b", 2)
    report(ledger, "a", 3, "10.0.0.8")
    assert ledger.ip_holder(IP) == "b"
    report(ledger, "b", 4, "10.0.0.8")
    forget(ledger, "a")

    assert ledger.ip_holder("10.0.0.8") == "b"


def test_who_waited_gets_it(ledger: Ledger) -> None:
    """Once the holder is over, whoever waited may have the IP."""
    report(ledger, "a", 1)
    report(ledger, "b", 2)
    forget(ledger, "b")
    report(ledger, "a", 3)

    assert ledger.ip_holder(IP) == "a"
