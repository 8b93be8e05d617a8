"""What the producer counts; the names are those of docs/metrics.md."""

from prometheus_client import Counter, Gauge

EVENTS = Counter("eip_watch_events", "Changes of pods that were written to the ledger.", ["type"])
LISTS = Counter("eip_watch_lists", "Complete lists of pods that were written to the ledger.")
FAILURES = Counter("eip_watch_failures", "Failed lists and watches by HTTP status; 0 is no answer.", ["code"])
LEADING = Gauge("eip_producer_leading", "1 while this replica holds the Lease, else 0.")
SYNCED = Gauge("eip_producer_synced", "1 while the ledger has all that the last lists brought, else 0.")
SILENCE = Gauge("eip_watch_silence_seconds", "Seconds since the API server was last heard by the watch.")
