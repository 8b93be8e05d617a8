"""Loads the Lua scripts and runs them; what they answer becomes values or errors of our own."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import redis

from eip.errors import EpochChanged, RedisAway

PREAMBLES: dict[str, tuple[str, ...]] = {
    "take": ("bucket",),
    "refund": ("bucket",),
    "throttled": ("bucket",),
    "peek": ("bucket",),
    "open_epoch": (),
    "begin": ("guard", "lease"),
    "due": ("guard", "lease"),
    "renew": ("guard", "lease"),
    "commit": ("guard", "lent", "permit"),
    "quota_freed": ("guard", "permit"),
    "borrow": ("guard", "lease", "lent"),
    "inherit": ("guard", "lease", "lent"),
    "offer": ("guard", "lent"),
}


@cache
def source(name: str) -> str:
    """The text of one script, behind the preambles that it needs."""
    folder = files("eip.store") / "lua"
    return "".join((folder / f"{part}.lua").read_text() for part in (*PREAMBLES.get(name, ("guard",)), name))


class Scripts:
    """The scripts, registered with one Redis."""

    def __init__(self, client: "redis.Redis") -> None:
        """Nothing is sent before the first call."""
        self._client = client
        self._registered: dict[str, Any] = {}

    def run(self, name: str, keys: Sequence[str], arguments: Sequence[str | int | float]) -> Any:
        """Run one script.

        Raises:
            EpochChanged: the claims are of another epoch than the first argument says.
            RedisAway: no answer, or one that says that Redis cannot serve now.

        """
        script = self._registered.get(name)
        if script is None:
            script = self._registered[name] = self._client.register_script(source(name))
        try:
            return script(keys=keys, args=arguments)
        except redis.exceptions.ReadOnlyError as error:
            # After a failover the server's name may lead to another one.
            self._client.connection_pool.disconnect(inuse_connections=False)
            raise RedisAway.because(error) from error
        except redis.exceptions.ResponseError as error:
            if "EPOCH" in str(error):
                raise EpochChanged(str(error)) from error
            raise RedisAway.because(error) from error
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error
