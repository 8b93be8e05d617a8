"""What Prometheus gets of a real producer and a real worker: every documented metric, with values to believe.

The account's quota is answered by a server of this test's own: the EC2 double has no Service Quotas.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from eip.metrics.definitions import ALL
from eip.store.keys import Keys
from sandbox import processes
from sandbox.ports import free_ports
from sandbox.processes import Process
from sandbox.stack import Stack

PATIENCE = 60.0
QUOTA = 20.0
PODS = ("web-0", "web-1", "web-2")


class Quotas(BaseHTTPRequestHandler):
    """Service Quotas, which knows one quota."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = asked == {"ServiceCode": "ec2", "QuotaCode": "L-0263D0A3"}
        body = json.dumps({"Quota": {"Value": QUOTA}} if known else {"__type": "NoSuchResourceException"})
        self.send_response(200 if known else 400)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the base class's name


class Scraped:
    """The samples of both programs, as a parser of Prometheus' format reads them."""

    def __init__(self, *urls: str) -> None:
        self._samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        self.names: set[str] = set()
        for url in urls:
            self._read(urllib3.request("GET", f"{url}/metrics", timeout=10).data.decode())

    def _read(self, text: str) -> None:
        for family in text_string_to_metric_families(text):
            if family.name.startswith("eip_") and family.samples:
                counted = "_total" if family.type == "counter" else ""
                self.names.add(family.name + counted)
            for sample in family.samples:
                self._samples[sample.name, frozenset(sample.labels.items())] = sample.value

    def __call__(self, name: str, **labels: str) -> float:
        return self._samples.get((name, frozenset(labels.items())), -1.0)

    def done(self, *steps: str) -> list[float]:
        """How often each step was done."""
        return [self("eip_steps_total", step=step, outcome="done") for step in steps]

    def answered(self, *actions: str) -> list[float]:
        """How often EC2 performed each action."""
        return [self("eip_ec2_calls_total", action=action, outcome="ok") for action in actions]


@pytest.fixture
def quotas() -> Iterator[str]:
    """Where Service Quotas is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quotas)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Scrapable(Stack):
    """A stack whose worker asks this test for the quota."""

    def scrapable_worker(self, quotas: str) -> Process:
        environment = self.environment("worker") | {"AWS_ENDPOINT_URL_SERVICE_QUOTAS": quotas}
        [port] = free_ports(1)
        return self._known(processes.worker(environment, self.folder, "worker-1", port))


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.1)


def counted_again(stack: Stack) -> None:
    """Let the worker count its claims at its next tick, not only after a quarter of a minute."""
    with stack.redis_client() as client:
        client.delete(Keys.told("observing", "claims"))


def test_every_documented_metric_is_said_with_a_value_to_believe(quotas: str) -> None:
    """Three pods are served, and one of them is deleted."""
    with Scrapable() as stack:
        producer, worker = stack.producer().start(), stack.scrapable_worker(quotas).start()

        def scraped() -> Scraped:
            assert producer.running, producer.log()
            assert worker.running, worker.log()
            return Scraped(producer.url, worker.url)

        for name in PODS:
            stack.create_pod(name)
        until(lambda: scraped()("eip_pod_address_ready_seconds_count") == len(PODS), "three pods are served")
        stack.delete_pod(PODS[0])
        until(lambda: len(stack.ec2.addresses()) == len(PODS) - 1, "one address is released")
        counted_again(stack)
        until(lambda: scraped()("eip_claims", state="serving") == len(PODS) - 1, "two claims are counted")
        now = scraped()

    assert now.names == {metric.name for metric in ALL}
    assert 0 < now("eip_pod_address_ready_seconds_sum") < PATIENCE * len(PODS)
    assert now("eip_freed_ip_held_seconds_count") == 1
    assert now.done("allocate", "associate") == [3, 3]
    assert now.answered("AllocateAddress", "AssociateAddress", "DisassociateAddress", "ReleaseAddress") == [
        3,
        3,
        1,
        1,
    ]
    assert now("eip_token_wait_seconds_count", action="AllocateAddress") == 3
    assert now("eip_addresses", state="associated") == 2
    assert [now("eip_addresses", state=state) for state in ("idle", "double", "orphaned")] == [0, 0, 0]
    assert [now("eip_queue_wakeups", queue=queue) for queue in ("release", "allocate")] == [0, 0]
    assert 0 < now("eip_bucket_tokens", action="ReleaseAddress") <= 46
    assert now("eip_bucket_tokens_per_second", action="AllocateAddress") == 5
    assert [now("eip_redis_up"), now("eip_worker_slots"), now("eip_quota_exceeded")] == [1, 16, 0]
    assert now("eip_quota_addresses_limit") == QUOTA
    assert 0 <= now("eip_quota_addresses_used") <= 3
    assert [now("eip_producer_leading"), now("eip_producer_synced"), now("eip_watch_lists_total")] == [
        1,
        1,
        1,
    ]
    assert now("eip_watch_events_total", type="ADDED") == 3
    assert now("eip_watch_events_total", type="DELETED") == 1
    assert now("eip_redis_connects_total") >= 1
    assert now("eip_sweeps_total", outcome="done") >= 1
