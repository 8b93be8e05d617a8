"""LocalStack without Docker: its community release in a venv of its own, outside of the repository.

    python -m sandbox.localstack install     make the venv if need be, and print where it is

EIP_TEST_LOCALSTACK names another venv. docs/local.md says where its EC2 is laxer than the real one.
"""

import argparse
import os
import re
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.processes import Process, answers

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements" / "localstack.txt"
VARIABLE = "EIP_TEST_LOCALSTACK"
NEWEST_PYTHON = (3, 13)
"""What LocalStack is released for."""


class LocalStackError(Exception):
    """LocalStack can't be had; the message says what to do."""


def find() -> Path:
    """The interpreter of the venv with LocalStack.

    Raises:
        LocalStackError: there is no LocalStack in the venv that EIP_TEST_LOCALSTACK names, or in ours.

    """
    folder = Path(os.environ.get(VARIABLE) or cache_folder())
    if not any(folder.glob("lib/python*/site-packages/localstack/runtime/main.py")):
        raise LocalStackError(
            f"there is no LocalStack in {folder}: run `python -m sandbox.localstack install`"
        )
    return folder / "bin" / "python"


def install() -> Path:
    """Make our venv if it is not there, and return its folder. Takes a minute or two.

    Raises:
        LocalStackError: this Python is too new, or pip fails.

    """
    folder = cache_folder()
    complete = folder / ".complete"
    if complete.exists() and complete.read_text() == REQUIREMENTS.read_text():
        return folder
    if sys.version_info[:2] > NEWEST_PYTHON:
        newest = ".".join(map(str, NEWEST_PYTHON))
        raise LocalStackError(f"LocalStack needs Python {newest} or older, this one is {sys.version}")
    print(f"localstack: installing {version()} into {folder}", file=sys.stderr, flush=True)
    venv.create(folder, clear=True, with_pip=True)
    command = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    command += ["--require-hashes", "-r", str(REQUIREMENTS)]
    done = subprocess.run(command, check=False, stdout=sys.stderr)
    if done.returncode:
        raise LocalStackError(f"pip could not install it (exit code {done.returncode}); its output is above")
    complete.write_text(REQUIREMENTS.read_text())
    return folder


def cache_folder() -> Path:
    """The venv of this version."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "k8s-eip-operator" / "localstack" / version()


def version() -> str:
    """The release that requirements/localstack.txt pins, such as 4.14.0."""
    pinned = re.search(r"^localstack-core==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE)
    if not pinned:
        raise LocalStackError(f"{REQUIREMENTS} pins no localstack-core; run `make lock`")
    return pinned[1]


def process(environment: Mapping[str, str], folder: Path, port: int) -> Process:
    """EC2 alone, on `port` of 127.0.0.1, with all that it writes in `folder`; sends nothing home."""
    url = f"http://127.0.0.1:{port}"
    own = {
        "HOME": str(folder),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "SERVICES": "ec2",
        "EAGER_SERVICE_LOADING": "1",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }
    command = [str(find()), "-m", "localstack.runtime.main"]
    ready = answers(f"{url}/_localstack/health")
    return Process("localstack", command, {**environment, **own}, folder, ready, url)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.localstack", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=("install",))
    parser.parse_args(arguments)
    try:
        print(install())
    except LocalStackError as problem:
        print(f"localstack: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
