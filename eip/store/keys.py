"""The names of everything that is kept in Redis beside Celery's own queues."""

from eip.names import Queue


class Keys:
    """One name a thing; types and meanings stand at the head of the Lua scripts."""

    EPOCH = "eip:epoch"
    CLAIMS = "eip:claims"
    DUE = "eip:due"
    PARKED = "eip:parked"
    IPS = "eip:ips"
    PROGRESS = "eip:progress"
    QUOTA = "eip:quota"
    PERMITS = "eip:quota:permits"
    SUSPECTS = "eip:suspects"
    REFILL = "eip:refill"
    UNLABELLED = "eip:unlabelled"
    BORROWED = "eip:borrowed"
    RETURNED = "eip:returned"
    KEPT = "eip:kept"
    NOTED_CLAIMS = "eip:noted:claims"
    NOTED_QUOTA = "eip:noted:quota"
    WAITING = "eip:waiting"

    @staticmethod
    def claim(uid: str) -> str:
        """The claim of one pod."""
        return f"eip:claim:{uid}"

    @staticmethod
    def tombstone(uid: str) -> str:
        """What is left of a finished claim for an hour."""
        return f"eip:tombstone:{uid}"

    @staticmethod
    def wakeups(queue: Queue) -> str:
        """The wake-ups that stand in one queue."""
        return f"eip:wakeups:{queue.value}"

    @staticmethod
    def holders(namespace: str) -> str:
        """The pods of a namespace that have an address, or are about to."""
        return f"eip:holders:{namespace}"

    @staticmethod
    def waiting(resource: str) -> str:
        """The pods that wait for a lent address: `address:WHICH` or `pool:NAME`."""
        return f"{Keys.WAITING}:{resource}"

    @staticmethod
    def bucket(action: str) -> str:
        """The token bucket of one action."""
        return f"eip:bucket:{action}"

    @staticmethod
    def told(uid: str, reason: str) -> str:
        """Marks that an Event was posted a short while ago."""
        return f"eip:told:{uid}:{reason}"
