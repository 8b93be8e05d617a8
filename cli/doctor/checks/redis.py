"""Redis answers, keeps what it is given, and lets its user do what is needed."""

import re

from cli.doctor.facts import Facts, RedisServer
from cli.doctor.finding import Finding, fails, passes, warns
from cli.doctor.seen import Unseen, known
from eip.store.redis_connection import RIGHTS as ACL

CHECK = "redis"
SAFETY = "redis-safety"
RIGHTS = "redis-rights"

FULL = 0.8
"""The share of maxmemory from which on it should be looked at; at the limit writes are refused."""

MOST_NAMED = 6

MENDS = {
    "MISCONF": "see in Redis' log why it cannot write to its disk: until it can, it takes no change",
    r"\bOOM\b|used memory > 'maxmemory'": "raise maxmemory: until then Redis takes no change",
    "READONLY|read only replica": "point EIP_REDIS_URL to the primary: this is a replica",
    "NOPERM|no permissions": f"give Redis' user {ACL}",
    "LOADING|loading the dataset": "wait until Redis has read its data",
    "certificate verify failed": "set EIP_REDIS_CA_FILE to the certificate of the authority of Redis' own",
}
"""By what Redis says: its code, or, where redis-py takes that off, the words."""


def redis(facts: Facts) -> list[Finding]:
    """Reachable."""
    server = facts.redis.server
    if isinstance(server, Unseen):
        return [fails(CHECK, server.why, _mend(server.why))]
    return [passes(CHECK, f"{server.version}, {'TLS' if facts.redis.tls else 'without TLS'}")]


def safety(facts: Facts) -> list[Finding]:
    """Not a cluster, evicts nothing, has room, and comes back with its data."""
    unfit, server = known(facts.redis.unfit), known(facts.redis.server)
    if unfit:
        return [fails(SAFETY, unfit, "until then workers and producer refuse to start")]
    if server.memory_limit and server.memory_used > FULL * server.memory_limit:
        return [
            warns(
                SAFETY,
                f"{_mebibytes(server.memory_used)} of {_mebibytes(server.memory_limit)} MiB are used; "
                "at the limit nothing is taken in any more",
                "raise maxmemory",
            )
        ]
    if not server.append_only:
        return [
            warns(
                SAFETY,
                "noeviction, but no append-only file: after a restart nothing is allocated until all is read "
                "again from Kubernetes and EC2",
                "set appendonly yes, or run a replica with automatic failover",
            )
        ]
    return [passes(SAFETY, f"noeviction, append-only file, {_memory(server)}")]


def rights(facts: Facts) -> list[Finding]:
    """The ACL lets the user give each command that the operator gives, on its keys."""
    denied = known(facts.redis.denied)
    if denied:
        shown = ", ".join(denied[:MOST_NAMED]) + (", ..." if len(denied) > MOST_NAMED else "")
        return [
            fails(
                RIGHTS,
                f"Redis' user may not give {len(denied)} of the commands: {shown}",
                f"give it {ACL}",
            )
        ]
    return [passes(RIGHTS, "Redis' user may give all commands that are needed")]


def _mend(why: str) -> str:
    for words, mend in MENDS.items():
        if re.search(words, why):
            return mend
    return "correct EIP_REDIS_URL and EIP_REDIS_PASSWORD, or see whether Redis is up"


def _memory(server: RedisServer) -> str:
    limit = f"of {_mebibytes(server.memory_limit)} MiB" if server.memory_limit else "MiB, no limit"
    return f"{_mebibytes(server.memory_used)} {limit}"


def _mebibytes(count: int) -> int:
    return round(count / 1024 / 1024)
