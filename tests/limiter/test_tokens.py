"""A bucket holds what EC2's does, promises tokens ahead in order, and slows down when EC2 says so."""

import pytest
import redis

from eip.errors import RedisAway
from eip.names import Action
from eip.store.keys import Keys
from eip.store.limiter import Limiter, Rate, Turn
from eip.store.scripts import Scripts
from tests.conftest import Past

ACTION = Action.ALLOCATE
RATES: dict[str, Rate] = {Action.ALLOCATE: Rate(5, 2.0), Action.RELEASE: Rate(5, 2.0)}


@pytest.fixture
def limiter(redis_client: redis.Redis) -> Limiter:
    """Five at once, two a second."""
    return Limiter(Scripts(redis_client), RATES)


def waits(limiter: Limiter, count: int, max_wait: float = 100.0) -> list[float]:
    """Take so many tokens, all granted, and tell how long each is waited for."""
    turns = [limiter.take(ACTION, max_wait) for _ in range(count)]
    assert all(turn.granted for turn in turns)
    return [turn.wait for turn in turns]


def about(*seconds: float) -> object:
    """Times that differ by no more than a slow machine needs between two calls."""
    return pytest.approx(list(seconds), abs=0.4)


def test_new_bucket_is_full(limiter: Limiter) -> None:
    """A fresh installation has its burst at once."""
    assert waits(limiter, 5) == [0, 0, 0, 0, 0]


def test_tokens_are_promised_in_order(limiter: Limiter) -> None:
    """Behind the burst each caller is told its own time, one after another at the rate."""
    assert waits(limiter, 9)[5:] == about(0.5, 1.0, 1.5, 2.0)


def test_promise_is_kept(limiter: Limiter, past: Past) -> None:
    """Who comes while tokens are promised ahead stands behind them, however long ago it was."""
    waits(limiter, 9)
    past.grow(1.0)

    assert waits(limiter, 1) == about(1.5)


def test_refill(limiter: Limiter, past: Past) -> None:
    """A token comes back each half second."""
    waits(limiter, 5)
    past.grow(1.0)

    assert waits(limiter, 3) == about(0.0, 0.0, 0.5)


def test_never_more_than_the_burst(limiter: Limiter, past: Past) -> None:
    """A bucket that was left alone for a day has its burst and no more."""
    waits(limiter, 1)
    past.grow(86400)

    assert waits(limiter, 6)[4:] == about(0.0, 0.5)


def test_buckets_are_apart(limiter: Limiter) -> None:
    """Each action has its own bucket."""
    waits(limiter, 5)

    assert limiter.take(Action.RELEASE, 0.0) == Turn(granted=True, wait=0.0)


def test_shared(limiter: Limiter, redis_client: redis.Redis) -> None:
    """Two workers spend from one bucket."""
    waits(limiter, 3)
    other = Limiter(Scripts(redis_client), RATES)

    assert waits(other, 3) == about(0.0, 0.0, 0.5)


def test_refused_when_the_wait_is_too_long(limiter: Limiter) -> None:
    """Who won't wait that long gets no token, and costs none."""
    waits(limiter, 5)
    before, _ = limiter.peek(ACTION)
    turn = limiter.take(ACTION, 0.1)

    assert not turn.granted
    assert limiter.peek(ACTION)[0] == pytest.approx(before, abs=0.4)


def test_turns_are_staggered(limiter: Limiter) -> None:
    """Those that are sent away come back one after another, not all at once."""
    waits(limiter, 5)
    turns = [limiter.take(ACTION, 0.0) for _ in range(4)]

    assert [turn.granted for turn in turns] == [False] * 4
    assert [turn.wait for turn in turns] == about(0.5, 1.0, 1.5, 2.0)


def test_turn_is_worth_a_token(limiter: Limiter, past: Past) -> None:
    """Who comes back at its turn is served."""
    waits(limiter, 5)
    turn = limiter.take(ACTION, 0.0)
    past.grow(turn.wait)

    assert limiter.take(ACTION, 0.0).granted


def test_wait_is_compared_exactly(limiter: Limiter) -> None:
    """A wait that is just short enough is granted."""
    waits(limiter, 5)

    assert limiter.take(ACTION, 0.51).granted
    assert not limiter.take(ACTION, 0.51).granted


def test_refund(limiter: Limiter) -> None:
    """A token that was not spent can be taken again."""
    waits(limiter, 5)
    limiter.refund(ACTION)

    assert waits(limiter, 2) == about(0.0, 0.5)


def test_refund_of_a_full_bucket(limiter: Limiter) -> None:
    """Nothing is given back beyond the burst."""
    limiter.refund(ACTION)

    assert limiter.peek(ACTION)[0] == 5


def test_throttled_empties(limiter: Limiter) -> None:
    """After RequestLimitExceeded nobody calls at once."""
    limiter.throttled(ACTION)

    assert waits(limiter, 1) == about(1.0)


def test_throttled_halves_the_rate(limiter: Limiter) -> None:
    """And tokens come half as fast."""
    limiter.throttled(ACTION)

    assert waits(limiter, 3) == about(1.0, 2.0, 3.0)


def test_throttled_keeps_what_is_promised(limiter: Limiter) -> None:
    """Tokens that were promised are still to be waited for."""
    waits(limiter, 7)
    limiter.throttled(ACTION)

    assert limiter.peek(ACTION)[0] == pytest.approx(-2.0, abs=0.4)


def test_halved_once_a_second(limiter: Limiter, past: Past) -> None:
    """Many calls hear of one shortage: it counts once."""
    for _ in range(20):
        limiter.throttled(ACTION)
    assert limiter.peek(ACTION)[1] == pytest.approx(1.0, abs=0.1)
    past.grow(1.0)
    limiter.throttled(ACTION)

    assert limiter.peek(ACTION)[1] == pytest.approx(0.55, abs=0.1)


def test_floor(limiter: Limiter, past: Past) -> None:
    """However often EC2 says so, one call in two seconds is made."""
    for _ in range(20):
        limiter.throttled(ACTION)
        past.grow(1.0)

    assert 0.5 <= limiter.peek(ACTION)[1] <= 0.75


def test_floor_is_not_above_a_slow_setting(redis_client: redis.Redis) -> None:
    """A rate that is set below the floor is not raised by throttling."""
    limiter = Limiter(Scripts(redis_client), {ACTION: Rate(1, 0.2)})
    limiter.throttled(ACTION)

    assert limiter.peek(ACTION)[1] == pytest.approx(0.2)


def test_rate_grows_back(limiter: Limiter, past: Past) -> None:
    """A tenth of a call a second is added each second, up to the whole."""
    limiter.throttled(ACTION)
    past.grow(5.0)
    assert limiter.peek(ACTION)[1] == pytest.approx(1.5, abs=0.1)
    past.grow(60.0)

    assert limiter.peek(ACTION)[1] == 2.0


def test_peek_spends_nothing(limiter: Limiter) -> None:
    """Looking costs no token."""
    for _ in range(3):
        assert limiter.peek(ACTION) == (5.0, 2.0)


def test_lowered_setting(redis_client: redis.Redis) -> None:
    """A new setting counts at once, whatever the bucket remembers."""
    waits(Limiter(Scripts(redis_client), RATES), 1)
    lower = Limiter(Scripts(redis_client), {ACTION: Rate(2, 0.5)})

    assert lower.peek(ACTION) == (2.0, 0.5)


@pytest.mark.parametrize("seconds", [1, 3600])
def test_clock_put_back(limiter: Limiter, past: Past, seconds: float) -> None:
    """A clock that goes back gives nothing away, and keeps nobody waiting for it."""
    waits(limiter, 5)
    for _ in range(3):
        limiter.take(ACTION, 0.0)
    past.grow(-seconds)

    assert limiter.peek(ACTION)[0] < 1
    assert limiter.take(ACTION, 0.0).wait == pytest.approx(0.5, abs=0.4)


def test_throttled_after_the_clock_was_put_back(limiter: Limiter, past: Past) -> None:
    """A cut that lies in the future does not hold off the next one."""
    limiter.throttled(ACTION)
    past.grow(-3600)
    limiter.throttled(ACTION)

    assert limiter.peek(ACTION)[1] == pytest.approx(0.5, abs=0.1)


def test_needs_no_epoch(limiter: Limiter, redis_client: redis.Redis) -> None:
    """A bucket works without claims, and is full again after FLUSHALL."""
    waits(limiter, 5)
    redis_client.flushall()

    assert waits(limiter, 1) == [0]


def test_redis_that_refuses(limiter: Limiter, redis_client: redis.Redis) -> None:
    """Without Redis nothing is granted."""
    redis_client.set(Keys.bucket(ACTION), "no hash")

    with pytest.raises(RedisAway, match="WRONGTYPE"):
        limiter.take(ACTION, 0.0)
