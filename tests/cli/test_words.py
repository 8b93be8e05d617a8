"""Times and texts as people read them."""

from datetime import UTC, datetime

import pytest

from cli.rows.words import age, parsed, plain


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        pytest.param(0, "0s", id="nothing"),
        pytest.param(-5, "0s", id="a-clock-that-runs-ahead"),
        pytest.param(59.9, "59s", id="seconds"),
        pytest.param(61, "1m1s", id="minutes-and-seconds"),
        pytest.param(600, "10m", id="ten-minutes-need-no-seconds"),
        pytest.param(3 * 3600 + 300, "3h5m", id="hours-and-minutes"),
        pytest.param(9 * 86_400 + 4 * 3600, "9d4h", id="days-and-hours"),
        pytest.param(40 * 86_400 + 4 * 3600, "40d", id="many-days"),
    ],
)
def test_an_age_has_two_units_at_most(seconds: float, shown: str) -> None:
    """As kubectl shows it."""
    assert age(seconds) == shown


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("2026-11-24T12:00:00Z", datetime(2026, 11, 24, 12, tzinfo=UTC), id="rfc-3339"),
        pytest.param("2026-11-24T12:00:00", datetime(2026, 11, 24, 12, tzinfo=UTC), id="without-a-zone"),
        pytest.param("yesterday", None, id="words"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_what_is_no_time_is_not_known(text: str, read: datetime | None) -> None:
    """Tags can be edited by anyone: a wrong one is no reason to fail."""
    assert parsed(text) == read


def test_a_terminal_takes_no_orders_from_a_pod() -> None:
    """Escape sequences and line ends in the texts of others become spaces."""
    assert plain("a\x1b[31mb\nc") == "a [31mb c"
