"""The order in which a worker serves its queues: safest first, and none that only waits for tokens.

kombu takes the class by name as `queue_order_strategy`, and asks it before each BRPOP.
"""

import time

from kombu.utils.scheduling import priority_cycle

from eip.names import Queue
from workers.alive import PULSE
from workers.consumer.waiting import WAITING

RANK = {queue.value: rank for rank, queue in enumerate(Queue)}


class SafetyCycle(priority_cycle):  # type: ignore[type-arg]
    """Queues in order of safety, whatever order they were declared in."""

    def consume(self, n: int) -> list[str]:  # type: ignore[override]
        """The queues to pop from now; being asked is a sign that the consumer lives."""
        PULSE.polled(time.monotonic())
        queues = sorted((self.items or [])[:n], key=lambda queue: RANK.get(queue, len(RANK)))
        return [queue for queue in queues if not WAITING.full(queue)]
