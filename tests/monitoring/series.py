"""Time series for promtool's rule tests: an installation in good order, and how one differs from it."""

from collections.abc import Iterable, Mapping

import yaml

from eip.metrics.definitions import Holding, State
from eip.names import Queue, Step
from tests.chart.helm import CHART

INTERVAL = 30
WORKERS = ("w1", "w2")
RULES = CHART / "files" / "alerts.yaml"

Series = Mapping[str, str]


def steady(value: float) -> str:
    """The same value all the time."""
    return f"{value}+0x{{samples}}"


def rising(per_second: float, start: float = 0) -> str:
    """A value that grows by so much a second."""
    return f"{start}+{per_second * INTERVAL}x{{samples}}"


GONE = "_x{samples}"
"""No samples at all."""


def then(*parts: tuple[float, str]) -> str:
    """Shapes one after another, each for so many minutes and the last for ever."""
    *firsts, (_, last) = parts
    counted = [shape.format(samples=int(minutes * 60 / INTERVAL) - 1) for minutes, shape in firsts]
    return " ".join([*counted, last])


def _shared(name: str, label: str = "", values: Iterable[str] = ()) -> dict[str, str]:
    inner = [f',{label}="{value}"' for value in values] or [""]
    return {f'{name}{{instance="{worker}"{rest}}}': steady(0) for worker in WORKERS for rest in inner}


def healthy() -> dict[str, str]:
    """Two workers and two producers that have little to do."""
    series = {
        **_shared("eip_pod_address_longest_wait_seconds"),
        **_shared("eip_freed_ip_longest_held_seconds"),
        **_shared("eip_quota_exceeded"),
        **_shared("eip_claims", "state", State),
        **_shared("eip_addresses", "state", Holding),
        **_shared("eip_queue_oldest_wakeup_seconds", "queue", Queue),
        **_shared("eip_queue_messages", "queue", Queue),
    }
    for worker in WORKERS:
        series |= {
            f'eip_worker_slots{{instance="{worker}"}}': steady(16),
            f'eip_redis_up{{instance="{worker}"}}': steady(1),
            f'eip_quota_addresses_limit{{instance="{worker}"}}': steady(100),
            f'eip_quota_addresses_used{{instance="{worker}"}}': steady(50),
            f'eip_sweeps_total{{instance="{worker}",outcome="done"}}': rising(1 / 600),
            f'eip_sweeps_total{{instance="{worker}",outcome="put-off"}}': steady(0),
            f'eip_pod_address_ready_seconds_count{{instance="{worker}"}}': rising(0.1),
            f'eip_pod_address_ready_seconds_bucket{{instance="{worker}",le="120.0"}}': rising(0.1),
            f'eip_freed_ip_held_seconds_count{{instance="{worker}"}}': rising(0.1),
            f'eip_freed_ip_held_seconds_bucket{{instance="{worker}",le="30.0"}}': rising(0.1),
        }
        for step in Step:
            series[f'eip_steps_total{{instance="{worker}",step="{step}",outcome="done"}}'] = rising(0.1)
            series[f'eip_steps_total{{instance="{worker}",step="{step}",outcome="crashed"}}'] = steady(0)
        for action in ("AllocateAddress", "AssociateAddress"):
            series |= calls(worker, action, "ok", 0.1)
            name = f'eip_bucket_configured_tokens_per_second{{instance="{worker}",action="{action}"}}'
            series[name] = steady(5)
    for producer, leads in (("p1", 1), ("p2", 0)):
        series[f'eip_producer_leading{{instance="{producer}"}}'] = steady(leads)
        series[f'eip_producer_synced{{instance="{producer}"}}'] = steady(leads)
        series[f'eip_watch_silence_seconds{{instance="{producer}"}}'] = steady(20 * leads)
    return series


def calls(worker: str, action: str, outcome: str, per_second: float) -> dict[str, str]:
    """A worker's calls of EC2."""
    name = f'eip_ec2_calls_total{{instance="{worker}",action="{action}",outcome="{outcome}"}}'
    return {name: rising(per_second)}


def everywhere(name: str, shape: str, **labels: str) -> dict[str, str]:
    """What every worker says alike."""
    inner = "".join(f',{label}="{value}"' for label, value in labels.items())
    return {f'{name}{{instance="{worker}"{inner}}}': shape for worker in WORKERS}


def rule_test(series: Series, minutes: float, firing: Iterable[str]) -> str:
    """A file for `promtool test rules`: after so many minutes these alerts fire, and no other."""
    samples = int(minutes * 60 / INTERVAL) + 1
    given = [{"series": name, "values": shape.format(samples=samples)} for name, shape in series.items()]
    expected = [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(firing)]
    question = {
        "expr": 'max by (alertname) (ALERTS{alertstate="firing"})',
        "eval_time": f"{int(minutes * 60)}s",
        "exp_samples": expected,
    }
    test = {"interval": f"{INTERVAL}s", "input_series": given, "promql_expr_test": [question]}
    return yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "30s", "tests": [test]})
