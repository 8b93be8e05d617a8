"""Exposes what all workers share: looked up anew by each scrape, and the same from each of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from eip.errors import EipError
from eip.metrics import definitions
from eip.metrics.definitions import ALL, Holding, Metric
from eip.metrics.make import family
from eip.store.limiter import Limiter, Rate
from workers.observing.installation import Installation, Sight

log = structlog.get_logger(__name__)


class Shared(Collector):
    """What stands in Redis; without an answer from there nothing but `eip_redis_up 0`."""

    def __init__(
        self,
        installation: Installation,
        limiter: Limiter,
        rates: Mapping[str, Rate],
        is_answering: Callable[[], bool],
    ) -> None:
        """`rates` are the settings' own; `is_answering` says whether Redis did a moment ago."""
        self._installation = installation
        self._limiter = limiter
        self._rates = rates
        self._is_answering = is_answering

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The names, for the registry; nothing is asked of Redis."""
        return [family(metric) for metric in (definitions.REDIS_UP, *_SHARED)]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Everything, as it is at this moment."""
        # A Redis that does not answer at all would hold the scrape up for longer than Prometheus waits.
        if not self._is_answering():
            yield family(definitions.REDIS_UP, 0)
            return
        try:
            sight = self._installation.look()
            buckets = {action: self._limiter.peek(action) for action in self._rates}
        except EipError as error:
            log.debug("what workers share could not be read", error=str(error))
            yield family(definitions.REDIS_UP, 0)
            return
        yield family(definitions.REDIS_UP, 1)
        yield from _queues(sight)
        yield from _found_out(sight)
        yield from self._buckets(buckets)

    def _buckets(self, seen: Mapping[str, tuple[float, float]]) -> Iterator[GaugeMetricFamily]:
        yield family(definitions.BUCKET_TOKENS, {action: tokens for action, (tokens, _) in seen.items()})
        yield family(definitions.BUCKET_RATE, {action: rate for action, (_, rate) in seen.items()})
        full = {action: rate.rate for action, rate in self._rates.items()}
        yield family(definitions.BUCKET_FULL_RATE, full)


_SHARED: tuple[Metric, ...] = tuple(metric for metric in ALL if metric.shared)


def _queues(sight: Sight) -> Iterator[GaugeMetricFamily]:
    lines = sight.queues.items()
    yield family(definitions.QUEUE_WAKEUPS, {queue.value: line.wakeups for queue, line in lines})
    yield family(definitions.QUEUE_MESSAGES, {queue.value: line.messages for queue, line in lines})
    yield family(definitions.QUEUE_OLDEST, {queue.value: line.oldest for queue, line in lines})
    yield family(definitions.DUE, sight.due)
    yield family(definitions.QUOTA_EXCEEDED, sight.quota_exceeded)


def _found_out(sight: Sight) -> Iterator[GaugeMetricFamily]:
    """What one worker counts or reads now and then for all, as long as it is fresh."""
    if counts := sight.counts:
        yield family(definitions.CLAIMS, counts.claims)
        yield family(definitions.ADDRESSES, {**counts.addresses, Holding.ORPHANED.value: sight.orphaned})
        yield family(definitions.POD_ADDRESS_LONGEST_WAIT, counts.longest_wait)
        yield family(definitions.FREED_IP_LONGEST_HELD, counts.longest_held)
    if quota := sight.quota:
        yield family(definitions.QUOTA_LIMIT, quota.limit)
        yield family(definitions.QUOTA_USED, quota.used)
