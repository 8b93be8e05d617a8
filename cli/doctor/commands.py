"""The Redis commands that producer, workers and Flower give, each with keys or channels as they occur."""

from eip.names import Queue
from eip.store.keys import Keys

_CLAIM = Keys.claim("uid")
_WAKEUPS = Keys.wakeups(Queue.RELEASE)

_OWN: tuple[tuple[str, ...], ...] = (
    ("INFO", "server"),
    ("TIME",),
    ("SCRIPT", "LOAD", "return 1"),
    ("EVALSHA", "0" * 40, "1", Keys.EPOCH),
    ("GET", Keys.tombstone("uid")),
    ("SET", Keys.tombstone("uid"), "1"),
    ("EXPIRE", Keys.told("uid", "reason"), "1"),
    ("EXISTS", Keys.tombstone("uid")),
    ("DEL", _CLAIM),
    ("HGET", Keys.EPOCH, "fence"),
    ("HMGET", Keys.EPOCH, "epoch"),
    ("HGETALL", _CLAIM),
    ("HSET", _CLAIM, "version", "1"),
    ("HDEL", _CLAIM, "lease_token"),
    ("HINCRBY", _CLAIM, "sequence", "1"),
    ("HEXISTS", _CLAIM, "sequence"),
    ("HLEN", Keys.EPOCH),
    ("SADD", Keys.CLAIMS, "uid"),
    ("SREM", Keys.CLAIMS, "uid"),
    ("SMEMBERS", Keys.CLAIMS),
    ("SISMEMBER", Keys.PERMITS, "uid"),
    ("SCARD", Keys.holders("default")),
    ("SSCAN", Keys.holders("default"), "0"),
    ("ZADD", _WAKEUPS, "1", "uid"),
    ("ZREM", _WAKEUPS, "uid"),
    ("ZSCORE", _WAKEUPS, "uid"),
    ("ZCARD", Keys.PARKED),
    ("ZRANK", Keys.PARKED, "uid"),
    ("ZRANGE", Keys.PARKED, "0", "0"),
    ("ZRANGEBYSCORE", Keys.DUE, "-inf", "1"),
)

_CELERYS: tuple[tuple[str, ...], ...] = (
    *(("LPUSH", queue.value, "message") for queue in Queue),
    *(("BRPOP", queue.value, "1") for queue in Queue),
    *(("LLEN", queue.value) for queue in Queue),
    ("RPUSH", Queue.RELEASE.value, "message"),
    ("SADD", "_kombu.binding.release", "release"),
    ("SMEMBERS", "_kombu.binding.release"),
    ("HSET", "unacked", "tag", "message"),
    ("HGET", "unacked", "tag"),
    ("HDEL", "unacked", "tag"),
    ("ZADD", "unacked_index", "1", "tag"),
    ("ZREM", "unacked_index", "tag"),
    ("SET", "unacked_mutex", "1"),
    ("MULTI",),
    ("EXEC",),
    ("PING",),
    ("PUBLISH", "/0.celeryev/worker.heartbeat", "message"),
    ("PSUBSCRIBE", "/0.celeryev/worker.*"),
)

COMMANDS: tuple[tuple[str, ...], ...] = _OWN + _CELERYS
