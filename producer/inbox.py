"""The watches of namespaces and nodes, each in a thread of its own, merged into one queue of bounded length.

When the queue is full the watches wait, and so does the API server behind them: what it can no longer keep
for us is 410 then, and the list that follows covers it.
"""

import queue
import random
import threading
from collections.abc import Iterable

from eip.clock import Clock
from producer.backoff import Chance
from producer.watch import Item, Listed, Pods, Watch

LENGTH = 1000
TICK = 0.5


class Inbox:
    """What happens in the given sources, each a namespace and a selector, as Scope.sources names them."""

    def __init__(
        self,
        pods: Pods,
        sources: Iterable[tuple[str | None, str]],
        clock: Clock,
        *,
        length: int = LENGTH,
        chance: Chance = random.uniform,
    ) -> None:
        self._clock = clock
        self._queue: queue.Queue[Item | Exception] = queue.Queue(length)
        self._stopped = threading.Event()
        self._watches = [Watch(pods, selector, namespace, clock, chance) for namespace, selector in sources]
        self._unlisted = {watch.namespace for watch in self._watches}

    def start(self) -> None:
        """Begin to list and watch."""
        for watch in self._watches:
            name = f"watch-{watch.namespace or 'all'}"
            threading.Thread(target=self._run, args=(watch,), name=name, daemon=True).start()

    def stop(self) -> None:
        """End all watches soon; what is still queued is left."""
        self._stopped.set()
        for watch in self._watches:
            watch.stop()

    def relist(self) -> None:
        """Make every watch list again."""
        self._unlisted = {watch.namespace for watch in self._watches}
        for watch in self._watches:
            watch.relist()

    def get(self, timeout: float) -> Item | None:
        """The next item, or None when none comes within `timeout` seconds."""
        try:
            item = self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(item, Exception):
            raise item
        return item

    def done(self, item: Item) -> None:
        """The item was written: a complete list makes its namespace synced."""
        if isinstance(item, Listed):
            self._unlisted.discard(item.namespace)

    @property
    def synced(self) -> bool:
        """Whether all that was there at the start, or at the last wish to list again, has been written."""
        return not self._unlisted

    @property
    def unlisted(self) -> list[str]:
        """The namespaces that still lack their list, for people to read."""
        return sorted(namespace or "all" for namespace in self._unlisted)

    @property
    def silence(self) -> float:
        """Seconds since the API server was last heard on that watch which has been silent longest."""
        return self._clock.now() - min(watch.heard_at for watch in self._watches)

    @property
    def stalled(self) -> float:
        """Seconds since that thread last did anything which has been still for longest."""
        return self._clock.now() - min(watch.turned_at for watch in self._watches)

    def _run(self, watch: Watch) -> None:
        try:
            for item in watch.items():
                self._put(watch, item)
        except Exception as error:  # noqa: BLE001 - a thread that dies must end the process, not fall silent
            self._put(watch, error)

    def _put(self, watch: Watch, item: Item | Exception) -> None:
        while not self._stopped.is_set():
            watch.turn()
            try:
                self._queue.put(item, timeout=TICK)
            except queue.Full:
                continue
            return
