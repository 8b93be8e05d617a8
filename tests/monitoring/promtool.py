"""Finds promtool, Prometheus' own checker of rules, and asks it."""

import shutil
import subprocess
from pathlib import Path

INSTALL = "promtool is not on PATH; install Prometheus (on Debian and Ubuntu: apt-get install prometheus)"


class PromtoolError(Exception):
    """Promtool said no; the message is what it printed."""


def find() -> str:
    """Where promtool is, or nothing."""
    return shutil.which("promtool") or ""


def ask(*arguments: str | Path) -> str:
    """What promtool printed; PromtoolError when it failed."""
    done = subprocess.run([find(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PromtoolError(f"{done.stdout}{done.stderr}".strip())
    return done.stdout
