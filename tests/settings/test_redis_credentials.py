"""User and password of Redis are set in its URL or apart from it, and shown nowhere."""

from collections.abc import Callable

import pytest

from eip import settings
from eip.errors import SettingsError
from eip.settings import Settings
from eip.store.redis_address import with_credentials

Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load from an environment with these variables."""

    def load_from(**variables: str) -> Settings:
        for name, value in {"CLUSTER_NAME": "prod", **variables}.items():
            monkeypatch.setenv(f"EIP_{name}", value)
        return settings.load()

    return load_from


@pytest.mark.parametrize(
    ("url", "username", "password", "expected"),
    [
        pytest.param("redis://redis:6379/0", "", "", "redis://redis:6379/0", id="neither"),
        pytest.param("redis://redis:6379/0", "", "p/w", "redis://:p%2Fw@redis:6379/0", id="password"),
        pytest.param("redis://redis/0", "u:1", "p w", "redis://u%3A1:p%20w@redis/0", id="both"),
        pytest.param("redis://redis/0", "u", "", "redis://u:@redis/0", id="user"),
        pytest.param("redis://u%3A1@redis/0", "", "p", "redis://u%3A1:p@redis/0", id="user in the URL"),
        pytest.param("redis://:p%2F@redis/0", "u", "", "redis://u:p%2F@redis/0", id="password in the URL"),
        pytest.param("rediss://[::1]:6380/2", "", "p@", "rediss://:p%40@[::1]:6380/2", id="IPv6"),
        pytest.param("redis://u:p@redis/0", "", "", "redis://u:p@redis/0", id="both in the URL"),
    ],
)
def test_they_get_into_the_url(url: str, username: str, password: str, expected: str) -> None:
    """Percent-encoded, and each only where the URL has none; what the URL has stays as it is."""
    assert with_credentials(url, username, password) == expected


def test_the_default_url_takes_them_up(load: Load) -> None:
    """Nobody has to set a URL for the sake of a password."""
    loaded = load(REDIS_PASSWORD="p/w")

    assert loaded.redis_url.get_secret_value() == "redis://:p%2Fw@127.0.0.1:6379/0"


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_files_last_line_end_is_no_part_of_it(load: Load, end: str) -> None:
    """A Secret that was made from a file often has one; spaces stay."""
    assert load(REDIS_PASSWORD=f" pw {end}").redis_password.get_secret_value() == " pw "


@pytest.mark.parametrize(
    ("variables", "what"),
    [
        (
            {"REDIS_URL": "redis://:0ne@redis/0", "REDIS_PASSWORD": "tw0"},
            "a password, and EIP_REDIS_PASSWORD",
        ),
        ({"REDIS_URL": "redis://0ne@redis/0", "REDIS_USERNAME": "tw0"}, "a user, and EIP_REDIS_USERNAME"),
    ],
    ids=["password", "user"],
)
def test_given_twice(load: Load, variables: dict[str, str], what: str) -> None:
    """Which one would count is not guessed, and neither is shown."""
    with pytest.raises(SettingsError, match=f"EIP_REDIS_URL: it has {what}.*take one of them away") as error:
        load(**variables)

    assert "0ne" not in str(error.value)
    assert "tw0" not in str(error.value)


def test_bytes_that_are_no_text(load: Load) -> None:
    """They are refused without being shown."""
    with pytest.raises(SettingsError, match="EIP_REDIS_PASSWORD: it is not UTF-8") as error:
        load(REDIS_PASSWORD="secr\udce9t")

    assert "secr" not in str(error.value)


def test_settings_show_none(load: Load) -> None:
    """Settings that are logged by mistake."""
    assert "s3cret" not in repr(load(REDIS_PASSWORD="s3cret"))
