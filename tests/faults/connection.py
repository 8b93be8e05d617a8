"""One connection to a real Redis, without what a client does around each command: a run makes hundreds.

redis-py spends several times as long on packing a command and parsing its answer as Redis on executing it.
"""

import socket
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import redis


class Connection:
    """Sends commands and answers with what Redis says, as RESP2 has it: maps and sets are lists."""

    def __init__(self, url: str) -> None:
        """`url` is of a Unix socket."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(urlsplit(url).path)
        self._answers = self._socket.makefile("rb")

    def ask(self, *command: Any) -> Any:
        """One command; ResponseError when Redis refuses it."""
        [answer] = self.ask_all([command])
        return answer

    def ask_all(self, commands: Iterable[Sequence[Any]], *, decode: bool = True) -> list[Any]:
        """Several commands in one round trip.

        Raises:
            ResponseError: Redis refused one of them; the others are performed.

        """
        packed = [_packed(command) for command in commands]
        self._socket.sendall(b"".join(packed))
        answers = [self._answer(decode=decode) for _ in packed]
        for answer in answers:
            if isinstance(answer, redis.exceptions.ResponseError):
                raise answer
        return answers

    def close(self) -> None:
        """Close it."""
        self._answers.close()
        self._socket.close()

    def _answer(self, *, decode: bool) -> Any:
        line = self._answers.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return self._bulk(int(rest), decode=decode)
        if kind == b"*":
            return [self._answer(decode=decode) for _ in range(int(rest))]
        if kind == b":":
            return int(rest)
        return redis.exceptions.ResponseError(rest.decode()) if kind == b"-" else rest.decode()

    def _bulk(self, length: int, *, decode: bool) -> bytes | str | None:
        if length < 0:
            return None
        found = self._answers.read(length + 2)[:-2]
        return found.decode() if decode else found


def _packed(command: Sequence[Any]) -> bytes:
    words = [part.encode() if type(part) is str else _word(part) for part in command]
    return b"*%d\r\n" % len(words) + b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words])


def _word(part: Any) -> bytes:
    """As redis-py has it, which refuses the same."""
    if isinstance(part, bytes):
        return part
    if isinstance(part, bool) or not isinstance(part, str | int | float):
        raise redis.exceptions.DataError(f"Redis takes no {type(part).__name__}: {part!r}")
    return str(part).encode()
