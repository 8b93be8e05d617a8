"""docs/metrics.md, from the definitions of the metrics."""

from collections.abc import Callable

from eip.metrics.definitions import ALL, Metric, Program

ABOUT = """\
Producer and workers answer `/metrics` on the port `EIP_HEALTH_PORT`, 8080 by default; each pod is scraped.
Beside these metrics they say those of Prometheus' client about the process itself, such as
`process_cpu_seconds_total` and `process_resident_memory_bytes`.
No label holds the name of a pod or of a namespace: the log line of each step has them.

Flower has metrics of Celery's own on its port."""

SHARED = """\
Read from Redis by each worker for itself, so that any one of them will do.
**Every worker says the same: take the maximum, never the sum**, as in `max by (queue) (eip_queue_wakeups)`.
Claims, addresses and longest waits are counted once in 15 seconds, by one worker for all.
While Redis is away, or its claims are filled again, all of these are absent, and `eip_redis_up` is 0."""

QUERIES = {
    "How soon do 99 % of pods have their address?": "histogram_quantile(0.99, sum by (le) "
    "(rate(eip_pod_address_ready_seconds_bucket[1h])))",
    "How many addresses stayed on a freed IP for more than 30 s?": "sum(increase("
    'eip_freed_ip_held_seconds_count[1d])) - sum(increase(eip_freed_ip_held_seconds_bucket{le="30.0"}[1d]))',
    "Does EC2 throttle us?": 'sum by (action) (rate(eip_ec2_calls_total{outcome="throttled"}[5m]))',
    "How many addresses serve nobody?": 'sum(max by (state) (eip_addresses{state=~"idle|double|orphaned"}))',
    "How long would a new pod wait for EC2's rate?": 'max(-eip_bucket_tokens{action="AllocateAddress"} / '
    'eip_bucket_tokens_per_second{action="AllocateAddress"}) > 0',
    "Who leads?": "eip_producer_leading == 1",
}

SECTIONS: tuple[tuple[str, str, Callable[[Metric], bool]], ...] = (
    ("The whole installation", SHARED, lambda metric: metric.shared),
    (
        "Each worker",
        "Of its own work: take the sum.",
        lambda metric: metric.program is Program.WORKER and not metric.shared,
    ),
    ("The producer", "", lambda metric: metric.program is Program.PRODUCER),
    ("Producer and workers", "", lambda metric: metric.program is Program.BOTH),
)


def metrics_page() -> str:
    """The page: what there is, by who says it, and some questions that it answers."""
    tables = [_section(title, text, [m for m in ALL if belongs(m)]) for title, text, belongs in SECTIONS]
    head = "<!-- Made from eip/metrics/definitions.py; `make docs` writes it. -->\n# Metrics"
    queries = [f"{question}\n\n```promql\n{query}\n```" for question, query in QUERIES.items()]
    return "\n\n".join([head, ABOUT, *tables, "## Queries", *queries]) + "\n"


def _section(title: str, text: str, metrics: list[Metric]) -> str:
    rows = "\n".join(f"| `{m.name}` | {m.kind} | {_labels(m)} | {_meaning(m)} |" for m in metrics)
    table = f"| Name | Type | Labels | Meaning |\n| --- | --- | --- | --- |\n{rows}"
    return "\n\n".join(part for part in (f"## {title}", text, table) if part)


def _labels(metric: Metric) -> str:
    return "<br>".join(f"`{label}`: {values}" for label, values in metric.labels.items())


def _meaning(metric: Metric) -> str:
    if not metric.buckets:
        return metric.meaning
    return f"{metric.meaning} Buckets: {', '.join(f'{bound:g}' for bound in metric.buckets)}."
