"""The demo's last words, as a stranger reads them."""

import pytest
from rich.console import Console

from sandbox.demo.closing import figures
from sandbox.demo.summary import HeldUp, Run, Summary
from sandbox.ec2.messages import Calls

NONE = HeldUp()


def said(waits: list[float], held_up: HeldUp, on_freed_ip: list[float], held_on_ip: HeldUp = NONE) -> str:
    """The table of a run with these times."""
    summary = Summary(
        run=Run(pods=len(waits), calls=Calls({}, []), tenancies={}),
        calls_up=2,
        calls_down=2,
        describes={},
        throttled=0,
        waits=waits,
        served_in=20.0,
        on_freed_ip=on_freed_ip,
        held_up=held_up,
        held_on_ip=held_on_ip,
    )
    console = Console(width=200)
    with console.capture() as captured:
        console.print(figures(summary))
    return captured.get()


@pytest.mark.parametrize(
    ("waits", "held_up", "words"),
    [
        pytest.param([0.5, 8.25, 17.4], [17.4], "1 pod until the dead worker's lease of 15 s", id="one"),
        pytest.param([0.5, 8.25, 16.0, 17.4], [16.0, 17.4], "2 pods until", id="two"),
        pytest.param([0.5, 8.25, 6.0], [6.0], "all others within 8.25 s", id="not the slowest"),
        pytest.param([0.5, 8.25, 17.4], [17.4], "all others within 8.25 s", id="the slowest"),
    ],
)
def test_says_who_waited_for_the_dead_workers_lease(
    waits: list[float], held_up: list[float], words: str
) -> None:
    """Those waits are explained, and the longest of all others stands beside them."""
    assert words in said(sorted(waits), HeldUp(held_up), [0.1])


def test_does_not_speak_of_others_where_there_are_none() -> None:
    """A single pod that was held up."""
    text = said([17.4], HeldUp([17.4]), [0.1])

    assert "1 pod until the dead worker's lease" in text
    assert "all others" not in text


def test_does_not_blame_the_dead_worker_for_nothing() -> None:
    """Without a pod that was held up there is no such line."""
    assert "held up" not in said([0.5, 17.4], NONE, [0.1])


def test_says_which_address_was_held_on_its_ip() -> None:
    """An address that left its IP late for the same reason is explained too."""
    text = said([0.5, 0.6], NONE, [0.2, 8.8], HeldUp([8.8]))

    assert "1 pod until the dead worker's lease of 15 s had ended; all others within 0.20 s" in text


def test_tells_an_allocation_that_nobody_heard_of_from_a_lease() -> None:
    """Both kinds are counted apart, and neither is among the others."""
    text = said([0.5, 17.4, 23.4], HeldUp([17.4], [23.4]), [0.1])

    assert "1 pod until the dead worker's lease of 15 s had ended; 1 pod until 20 s had shown" in text
    assert "all others within 0.50 s" in text
