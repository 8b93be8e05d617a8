"""Each alert fires for its own trouble, and no alert for what is no trouble."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.series import (
    GONE,
    RULES,
    WORKERS,
    Series,
    calls,
    everywhere,
    healthy,
    rising,
    rule_test,
    steady,
    then,
)

WAIT = "eip_pod_address_longest_wait_seconds"
WAITING = everywhere(WAIT, rising(1))
THREE_WAIT = WAITING | everywhere("eip_claims", steady(3), state="allocating")
AT_EC2_RATE = calls("w1", "AllocateAddress", "ok", 2.5) | calls("w2", "AllocateAddress", "ok", 2.4)
ONCE = then((5, steady(0)), (0, steady(1)))
AT_5_A_SECOND = then((1, steady(0)), (3.5, rising(5)), (0, steady(1050)))
BURST_OF_1000 = {
    'eip_ec2_calls_total{instance="w1",action="AllocateAddress",outcome="ok"}': AT_5_A_SECOND,
    'eip_ec2_calls_total{instance="w1",action="AssociateAddress",outcome="ok"}': AT_5_A_SECOND,
    'eip_pod_address_ready_seconds_count{instance="w1"}': AT_5_A_SECOND,
    'eip_pod_address_ready_seconds_bucket{instance="w1",le="120.0"}': then(
        (1, steady(0)), (2, rising(5)), (0, steady(600))
    ),
    **everywhere(WAIT, then((1, steady(0)), (3.5, rising(1)), (0, steady(0)))),
    **everywhere("eip_claims", then((1, steady(0)), (3.5, steady(400)), (0, steady(0))), state="allocating"),
}
MASS_DELETION = then((1, steady(0)), (0.5, steady(31)), (0, steady(0)))
LATE = {'eip_pod_address_ready_seconds_bucket{instance="w1",le="120.0"}': rising(0.05)}
EXCEEDED = everywhere("eip_quota_exceeded", steady(1))
NO_WORKERS = {name: GONE for name in healthy() if 'instance="w' in name}
RELEASE_IDLE = {
    f'eip_steps_total{{instance="{worker}",step="release",outcome="done"}}': steady(7) for worker in WORKERS
}
FIRST_IDLE = {name: steady(7) for name in healthy() if name.startswith('eip_steps_total{instance="w1"')}
QUEUED = everywhere("eip_queue_messages", steady(9), queue="allocate")
CANNOT_WRITE = {'eip_producer_synced{instance="p1"}': steady(0)}
GIVEN_BACK = " ".join(["1 1 0"] * 10)
OLD = everywhere("eip_queue_oldest_wakeup_seconds", rising(1), queue="release")

FIRES: dict[str, tuple[Series, float, set[str]]] = {
    "pods wait although EC2 would serve them": (THREE_WAIT, 5, {"EipPodsWaitForAddress"}),
    "a pod waits for ever at EC2's rate": (THREE_WAIT | AT_EC2_RATE, 25, {"EipPodWaitsLong"}),
    "a single pod waits for ever": (WAITING, 25, {"EipPodWaitsLong"}),
    "a quarter of all pods are late": (LATE, 65, {"EipAddressBudgetBurns"}),
    "an address stays on a freed IP": (
        everywhere("eip_freed_ip_longest_held_seconds", rising(1)),
        3,
        {"EipAddressOnFreedIp"},
    ),
    "addresses were on freed IPs too long": (
        {'eip_freed_ip_held_seconds_bucket{instance="w1",le="30.0"}': rising(0.05)},
        10,
        {"EipFreedIpHeldTooLong"},
    ),
    "nobody performs what waits in a queue": (OLD | RELEASE_IDLE, 10, {"EipQueueStuck"}),
    "one of two workers performs nothing": (QUEUED | FIRST_IDLE, 10, {"EipWorkerStalled"}),
    "a step fails again and again": (
        everywhere("eip_claims", steady(1), state="failing"),
        35,
        {"EipStepsFail"},
    ),
    "a step crashed": (
        {'eip_steps_total{instance="w1",step="release",outcome="crashed"}': ONCE},
        10,
        {"EipStepCrashed"},
    ),
    "the quota is used up": (EXCEEDED | THREE_WAIT, 30, {"EipQuotaExhausted"}),
    "the quota is nearly used up": (
        everywhere("eip_quota_addresses_used", steady(91)),
        10,
        {"EipQuotaNear"},
    ),
    "somebody else uses up EC2's rate": (
        calls("w1", "AssociateAddress", "throttled", 0.1),
        20,
        {"EipThrottledByEc2"},
    ),
    "the role lacks a right": (calls("w1", "AssociateAddress", "denied", 0.1), 20, {"EipEc2Refuses"}),
    "nobody releases what serves nobody": (
        everywhere("eip_addresses", steady(1), state="orphaned"),
        35,
        {"EipAddressesOrphaned"},
    ),
    "all sweeps are put off": (
        {f'eip_sweeps_total{{instance="{worker}",outcome="done"}}': steady(3) for worker in WORKERS},
        80,
        {"EipSweepsNotDone"},
    ),
    "no worker runs": (NO_WORKERS, 3, {"EipNoWorkers"}),
    "no worker reaches Redis": (everywhere("eip_redis_up", steady(0)), 3, {"EipRedisAway"}),
    "both producers stand by": (
        {'eip_producer_leading{instance="p1"}': steady(0), 'eip_producer_synced{instance="p1"}': steady(0)},
        3,
        {"EipNoLeader"},
    ),
    "no producer runs": ({name: GONE for name in healthy() if 'instance="p' in name}, 3, {"EipNoLeader"}),
    "the API server is silent": (
        {'eip_watch_silence_seconds{instance="p1"}': rising(1)},
        6,
        {"EipWatchSilent"},
    ),
    "the leader cannot write": (CANNOT_WRITE, 6, {"EipWatchSilent"}),
    "whoever leads cannot write, and gives the Lease back": (
        CANNOT_WRITE | {'eip_producer_leading{instance="p1"}': GIVEN_BACK},
        10,
        {"EipWatchSilent"},
    ),
    "nobody reaches Redis": (
        CANNOT_WRITE
        | everywhere("eip_redis_up", steady(0))
        | {'eip_watch_silence_seconds{instance="p1"}': rising(1)},
        6,
        {"EipRedisAway"},
    ),
    "the leader loses the Lease, and nobody takes it": (
        {
            'eip_producer_leading{instance="p1"}': then((5, steady(1)), (0, steady(0))),
            'eip_producer_synced{instance="p1"}': then((5, steady(1)), (0, steady(0))),
        },
        9,
        {"EipNoLeader"},
    ),
}

QUIET: dict[str, tuple[Series, float]] = {
    "all is well": ({}, 90),
    "a burst of 1,000 pods, before its end": (BURST_OF_1000, 4),
    "a burst of 1,000 pods, right after it": (BURST_OF_1000, 5.5),
    "a burst of 1,000 pods, an hour later": (BURST_OF_1000, 65),
    "pods wait for two minutes at EC2's rate": (THREE_WAIT | AT_EC2_RATE, 10),
    "pods wait for less than two minutes": (THREE_WAIT, 2),
    "one pod waits for some minutes": (WAITING, 10),
    "a pod in a thousand is late": (
        {'eip_pod_address_ready_seconds_bucket{instance="w1",le="120.0"}': rising(0.0998)},
        90,
    ),
    "200 pods are deleted at once": (
        everywhere("eip_freed_ip_longest_held_seconds", MASS_DELETION),
        2,
    ),
    "a queue is old and moves": (OLD, 20),
    "a worker has nothing to do": (FIRST_IDLE, 20),
    "a step fails for a while": (everywhere("eip_claims", steady(1), state="failing"), 20),
    "the quota cannot be read": (
        everywhere("eip_quota_addresses_limit", GONE) | everywhere("eip_quota_addresses_used", GONE),
        30,
    ),
    "EC2 throttled one call": (
        {'eip_ec2_calls_total{instance="w1",action="AssociateAddress",outcome="throttled"}': ONCE},
        20,
    ),
    "a right to a new address comes late": (calls("w1", "AssociateAddress", "denied", 0.02), 30),
    "a sweep finds an orphan, the second releases it": (
        everywhere("eip_addresses", then((10, steady(1)), (0, steady(0))), state="orphaned"),
        45,
    ),
    "a worker has just started": (
        {name: then((58, GONE), (0, shape)) for name, shape in healthy().items() if 'instance="w1"' in name},
        60,
    ),
    "a standby takes over and lists for two minutes": (
        {
            'eip_producer_leading{instance="p1"}': then((5, steady(1)), (0, GONE)),
            'eip_producer_leading{instance="p2"}': then((5.5, steady(0)), (0, steady(1))),
            'eip_producer_synced{instance="p1"}': then((5, steady(1)), (0, GONE)),
            'eip_producer_synced{instance="p2"}': then((7.5, steady(0)), (0, steady(1))),
        },
        7.5,
    ),
    "one worker of two does not reach Redis": ({'eip_redis_up{instance="w1"}': steady(0)}, 10),
}


@pytest.mark.parametrize(("differs", "minutes", "firing"), FIRES.values(), ids=FIRES)
def test_trouble_fires_its_alert(
    differs: Series, minutes: float, firing: set[str], ask_promtool: Any, written: Callable[[str], Path]
) -> None:
    """And no other one."""
    ask_promtool("test", "rules", written(rule_test(healthy() | dict(differs), minutes, firing)))


@pytest.mark.parametrize(("differs", "minutes"), QUIET.values(), ids=QUIET)
def test_no_alert_fires(
    differs: Series, minutes: float, ask_promtool: Any, written: Callable[[str], Path]
) -> None:
    """When nobody needs to do anything."""
    ask_promtool("test", "rules", written(rule_test(healthy() | dict(differs), minutes, ())))


def test_each_alert_was_seen_firing() -> None:
    """An alert that no test fires may be one that nothing fires."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}

    assert alerts == {alert for _, _, firing in FIRES.values() for alert in firing}
