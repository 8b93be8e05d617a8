"""Whatever callers do, EC2 is never called more often than its own bucket would allow."""

import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from eip.names import Action
from eip.store.limiter import Limiter, Rate
from eip.store.scripts import Scripts
from tests.conftest import Past

ACTION = Action.RELEASE
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.sampled_from([0.0, 0.3, 2.0, 20.0])),
        st.tuples(st.just("pass"), st.sampled_from([0.05, 0.4, 1.0, 7.0])),
        st.tuples(st.just("throttled"), st.just(0.0)),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(
    burst=st.integers(1, 6), rate=st.sampled_from([0.5, 2.0, 5.0]), events=EVENTS, workers=st.integers(1, 3)
)
def test_any_window(
    redis_client: redis.Redis,
    past: Past,
    burst: int,
    rate: float,
    events: list[tuple[str, float]],
    workers: int,
) -> None:
    """In any window of t seconds no more than burst + rate * t tokens are used."""
    redis_client.flushall()
    limiters = [Limiter(Scripts(redis_client), {ACTION: Rate(burst, rate)}) for _ in range(workers)]
    start = _seconds(redis_client)
    passed, used = 0.0, []
    for number, (event, value) in enumerate(events):
        limiter = limiters[number % workers]
        before = passed + _seconds(redis_client) - start
        if event == "pass":
            past.grow(value)
            passed += value
        elif event == "throttled":
            limiter.throttled(ACTION)
        elif (turn := limiter.take(ACTION, value)).granted:
            after = passed + _seconds(redis_client) - start
            used.append((before + turn.wait, after + turn.wait))
    used.sort()

    for first, (begin, _) in enumerate(used):
        end = begin
        for last, (_, latest) in enumerate(used[first:], first):
            end = max(end, latest)
            assert last - first + 1 <= burst + rate * (end - begin) + 0.001


def _seconds(client: redis.Redis) -> float:
    seconds, micros = client.time()
    return float(seconds) + float(micros) / 1e6
