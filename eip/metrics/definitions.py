"""Every metric of ours: name, labels and meaning; dashboards, alerts and docs/metrics.md stand on these.

Names follow https://prometheus.io/docs/practices/naming/. No label holds a pod's or a namespace's name: there
may be any number of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from eip.names import Action, Queue, Step

BURST_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0)
"""A pod is served within a second, and the last of 1,000 at once after 190 s: EC2 allows 5 calls a second."""

FREED_SECONDS = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 45.0, 60.0, 120.0, 300.0)
"""The VPC CNI gives a freed IP to another pod after 30 s."""

STEP_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0)
"""A step waits for a token up to 20 s, and is to take less than 10 s beside that."""

WAIT_SECONDS = (0.01, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0)
"""Nobody waits for a token longer than 20 s."""

CALL_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""A call has 5 s."""


class Kind(StrEnum):
    """Prometheus' types of metrics."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    INFO = "info"


class Program(StrEnum):
    """Who exposes a metric."""

    PRODUCER = "producer"
    WORKER = "worker"
    BOTH = "producer, worker"


class State(StrEnum):
    """What a claim is at; each claim is in exactly one of these."""

    SERVING = "serving"
    ALLOCATING = "allocating"
    ASSOCIATING = "associating"
    ANNOTATING = "annotating"
    RELEASING = "releasing"
    PARKED = "parked"
    FAILING = "failing"
    WAITING = "waiting"
    REFUSED = "refused"
    KEPT = "kept"


class Holding(StrEnum):
    """What becomes of an address of ours."""

    ASSOCIATED = "associated"
    IDLE = "idle"
    KEPT = "kept"
    LENT = "lent"
    DOUBLE = "double"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    `name` is the one that Prometheus stores, `labels` say what each label may hold. What is `shared` is read
    from Redis by every worker alike, and is the same from each.
    """

    name: str
    kind: Kind
    program: Program
    meaning: str
    labels: Mapping[str, str] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()
    shared: bool = False


_EACH_QUEUE = {"queue": ", ".join(Queue)}
_EACH_STEP = {"step": ", ".join(Step)}
_EACH_ACTION = {"action": "the EC2 action"}
_EACH_BUCKET = {"action": f"{', '.join(Action)}, and Events for Kubernetes Events"}


POD_ADDRESS_READY_SECONDS = Metric(
    "eip_pod_address_ready_seconds",
    Kind.HISTOGRAM,
    Program.WORKER,
    "From a pod's IP being known to its address being associated with it and written on the pod.",
    buckets=BURST_SECONDS,
)
FREED_IP_HELD_SECONDS = Metric(
    "eip_freed_ip_held_seconds",
    Kind.HISTOGRAM,
    Program.WORKER,
    "From a pod's network being known to be gone to its address being off the private IP; "
    "after 30 s the IP may be another pod's.",
    buckets=FREED_SECONDS,
)
POD_ADDRESS_LONGEST_WAIT = Metric(
    "eip_pod_address_longest_wait_seconds",
    Kind.GAUGE,
    Program.WORKER,
    "For how long the longest waiting pod with an IP has had no address; 0 when none waits.",
    shared=True,
)
FREED_IP_LONGEST_HELD = Metric(
    "eip_freed_ip_longest_held_seconds",
    Kind.GAUGE,
    Program.WORKER,
    "For how long an address has been left on a freed private IP, the longest of all; 0 when none is.",
    shared=True,
)


QUEUE_WAKEUPS = Metric(
    "eip_queue_wakeups",
    Kind.GAUGE,
    Program.WORKER,
    "Claims that wait for their step, in the queue or in a worker's hand.",
    _EACH_QUEUE,
    shared=True,
)
QUEUE_MESSAGES = Metric(
    "eip_queue_messages",
    Kind.GAUGE,
    Program.WORKER,
    "Celery messages in the queue; in `release` sweeps as well.",
    _EACH_QUEUE,
    shared=True,
)
QUEUE_OLDEST = Metric(
    "eip_queue_oldest_wakeup_seconds",
    Kind.GAUGE,
    Program.WORKER,
    "Age of the oldest wake-up in the queue, 0 without any; a wake-up whose message was lost begins anew.",
    _EACH_QUEUE,
    shared=True,
)
CLAIMS = Metric(
    "eip_claims",
    Kind.GAUGE,
    Program.WORKER,
    "Pods that the operator remembers, by what is to be done for them.",
    {
        "state": "`serving`: all is as desired; `allocating`, `associating`, `annotating`, `releasing`: that "
        "step is next; `parked`: waits for the quota; `failing`: its last try failed; `waiting`: for its pod "
        "to get an IP; `refused`: may have no address, and was told why; `kept`: gone, and its address stays "
        "for the next pod"
    },
    shared=True,
)
ADDRESSES = Metric(
    "eip_addresses",
    Kind.GAUGE,
    Program.WORKER,
    "Elastic IPs that the operator has in hand; each costs money.",
    {
        "state": "`associated`; `idle`: a claim has it, and nothing is associated; `kept`: for the next pod; "
        "`lent`: an admin's, not ours; `double`: a second one of a pod; `orphaned`: the last sweep found no "
        "pod for it"
    },
    shared=True,
)
DUE = Metric(
    "eip_claims_due",
    Kind.GAUGE,
    Program.WORKER,
    "Claims that are looked at again at a set time: after a back-off, or when a step's lease ends.",
    shared=True,
)
BUCKET_TOKENS = Metric(
    "eip_bucket_tokens",
    Kind.GAUGE,
    Program.WORKER,
    "Tokens left in the action's bucket; below 0 so many calls wait in line.",
    _EACH_BUCKET,
    shared=True,
)
BUCKET_RATE = Metric(
    "eip_bucket_tokens_per_second",
    Kind.GAUGE,
    Program.WORKER,
    "Tokens that the bucket gains a second; EC2's throttling halves it, then it grows back.",
    _EACH_BUCKET,
    shared=True,
)
BUCKET_FULL_RATE = Metric(
    "eip_bucket_configured_tokens_per_second",
    Kind.GAUGE,
    Program.WORKER,
    "Tokens that the bucket gains a second while EC2 does not throttle: the settings' rate.",
    _EACH_BUCKET,
    shared=True,
)
TOKEN_WAIT = Metric(
    "eip_token_wait_seconds",
    Kind.HISTOGRAM,
    Program.WORKER,
    "How long calls waited for their token; EC2's rate is what they waited for.",
    _EACH_ACTION,
    buckets=WAIT_SECONDS,
)
TOKEN_REFUSALS = Metric(
    "eip_token_refusals_total",
    Kind.COUNTER,
    Program.WORKER,
    "Steps and look-ups that were put off because the wait for a token would have been too long.",
    _EACH_ACTION,
)


EC2_CALLS = Metric(
    "eip_ec2_calls_total",
    Kind.COUNTER,
    Program.WORKER,
    "Calls of EC2; `docs/errors.md` says which error codes are in each outcome.",
    _EACH_ACTION
    | {
        "outcome": "`ok`, `throttled`, `quota`, `gone`, `in-use`, `associated`, `denied`, `uncertain`, "
        "`refused`, `retry`, `credentials`"
    },
)
EC2_CALL_SECONDS = Metric(
    "eip_ec2_call_duration_seconds",
    Kind.HISTOGRAM,
    Program.WORKER,
    "How long EC2 took to answer, or not to.",
    _EACH_ACTION,
    buckets=CALL_SECONDS,
)
QUOTA_EXCEEDED = Metric(
    "eip_quota_exceeded",
    Kind.GAUGE,
    Program.WORKER,
    "1 since EC2 said AddressLimitExceeded, until nobody waits for an address any more; else 0.",
    shared=True,
)
QUOTA_LIMIT = Metric(
    "eip_quota_addresses_limit",
    Kind.GAUGE,
    Program.WORKER,
    "The account's quota of Elastic IPs in this Region (L-0263D0A3), read once an hour; absent when it can't "
    "be read.",
    shared=True,
)
QUOTA_USED = Metric(
    "eip_quota_addresses_used",
    Kind.GAUGE,
    Program.WORKER,
    "Elastic IPs in this Region that count against the quota, whosever they are, read with it.",
    shared=True,
)


STEPS = Metric(
    "eip_steps_total",
    Kind.COUNTER,
    Program.WORKER,
    "Wake-ups that were worked on.",
    _EACH_STEP
    | {
        "outcome": "`done`; `again`: is repeated, nothing went wrong; `failed`: backs off; `parked`: waits "
        "for the quota; `nothing`: no longer its next step, or another works on it; `given-up`: its claim "
        "changed, or Redis was away; `crashed`: a fault of the operator's own"
    },
)
STEP_DURATION_SECONDS = Metric(
    "eip_step_duration_seconds",
    Kind.HISTOGRAM,
    Program.WORKER,
    "How long steps took that were a claim's next one, waits for tokens included.",
    _EACH_STEP,
    buckets=STEP_SECONDS,
)


SWEEPS = Metric(
    "eip_sweeps_total",
    Kind.COUNTER,
    Program.WORKER,
    "Comparisons of EC2, claims and Kubernetes.",
    {"outcome": "`done`; `put-off`: something could not be read, so nothing was touched"},
)
SWEPT_AT = Metric(
    "eip_sweep_last_done_timestamp_seconds",
    Kind.GAUGE,
    Program.WORKER,
    "When this worker last finished a sweep (Unix time), 0 before its first; any of them sweeps, so "
    "take the maximum.",
)

SLOTS = Metric("eip_worker_slots", Kind.GAUGE, Program.WORKER, "Threads of this worker.")
SLOTS_BUSY = Metric(
    "eip_worker_slots_busy", Kind.GAUGE, Program.WORKER, "Threads of this worker that are at a task."
)
REDIS_UP = Metric(
    "eip_redis_up", Kind.GAUGE, Program.WORKER, "1 when Redis told this worker what is shared, else 0."
)
REDIS_CONNECTS = Metric(
    "eip_redis_connects_total",
    Kind.COUNTER,
    Program.BOTH,
    "Connections to Redis that were opened, Celery's own aside: a few at start, more when they were lost.",
)
BUILD_INFO = Metric(
    "eip_build_info",
    Kind.INFO,
    Program.BOTH,
    "Always 1; what runs.",
    {"version": "of the operator", "python": "of Python"},
)
LEADING = Metric(
    "eip_producer_leading", Kind.GAUGE, Program.PRODUCER, "1 while this replica holds the Lease, else 0."
)
SYNCED = Metric(
    "eip_producer_synced",
    Kind.GAUGE,
    Program.PRODUCER,
    "1 while all that the last lists brought is written and Redis takes changes, else 0; a replica that "
    "stands by says 0.",
)
WATCH_EVENTS = Metric(
    "eip_watch_events_total",
    Kind.COUNTER,
    Program.PRODUCER,
    "Changes of pods that were written to the claims.",
    {"type": "ADDED, MODIFIED, DELETED"},
)
WATCH_LISTS = Metric(
    "eip_watch_lists_total",
    Kind.COUNTER,
    Program.PRODUCER,
    "Complete lists of pods that were written: one for each watch at start, and more when one lost its place "
    "or Redis its data.",
)
WATCH_FAILURES = Metric(
    "eip_watch_failures_total",
    Kind.COUNTER,
    Program.PRODUCER,
    "Lists and watches that failed.",
    {"code": "HTTP status; 0 is no answer"},
)
WATCH_SILENCE = Metric(
    "eip_watch_silence_seconds",
    Kind.GAUGE,
    Program.PRODUCER,
    "Seconds since the API server was last heard, on the worst watch; 0 on a replica that stands by.",
)

ALL: tuple[Metric, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
