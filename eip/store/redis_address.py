"""The URL of Redis: its form, and how a user and a password that are set apart get into it."""

import re
from urllib.parse import quote, urlsplit


def is_redis_url(url: str) -> bool:
    """Whether redis-py and Celery both understand it: redis:// or rediss://, a host, and a number at most."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    known = parts.scheme in {"redis", "rediss"} and parts.hostname and port != 0
    return bool(known) and re.fullmatch(r"(/\d*)?", parts.path) is not None


def with_credentials(url: str, username: str, password: str) -> str:
    """The URL with these, percent-encoded, so that they may have any characters; empty ones are not added.

    Raises:
        ValueError: the URL has one of them already; the message shows neither.

    """
    if not (username or password):
        return url
    parts = urlsplit(url)
    given, _, address = parts.netloc.rpartition("@")
    user, _, secret = given.partition(":")
    if username and user:
        raise ValueError("it has a user, and EIP_REDIS_USERNAME is set as well; take one of them away")
    if password and secret:
        raise ValueError("it has a password, and EIP_REDIS_PASSWORD is set as well; take one of them away")
    user, secret = user or quote(username, safe=""), secret or quote(password, safe="")
    return parts._replace(netloc=f"{user}:{secret}@{address}").geturl()


def without_line_end(password: str) -> str:
    """A password as the file had it from which it comes, but for the end of its line.

    Raises:
        ValueError: it is not UTF-8; the message does not show it.

    """
    try:
        password.encode()
    except UnicodeEncodeError:
        raise ValueError("it is not UTF-8; choose another password") from None
    return password.rstrip("\r\n")
