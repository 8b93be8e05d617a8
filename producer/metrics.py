"""What the producer measures; eip.metrics.definitions says what each means."""

from eip.decide import EventType
from eip.metrics import definitions
from eip.metrics.make import counter, gauge

EVENTS = counter(definitions.WATCH_EVENTS)
LISTS = counter(definitions.WATCH_LISTS)
FAILURES = counter(definitions.WATCH_FAILURES)
LEADING = gauge(definitions.LEADING)
SYNCED = gauge(definitions.SYNCED)
SILENCE = gauge(definitions.WATCH_SILENCE)

# A series that begins with its first event hides that event from rate().
for _event in (EventType.ADDED, EventType.MODIFIED, EventType.DELETED):
    EVENTS.labels(_event.value)
FAILURES.labels(0)
