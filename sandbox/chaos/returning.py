"""In the end: all pods that asked for a lent address are deleted, and every one must be back."""

import time
from collections.abc import Iterable
from contextlib import suppress

from eip.store.keys import Keys
from sandbox.accounts import ApiRefusedError
from sandbox.chaos.asks import Ask, Lent
from sandbox.chaos.lent import touched
from sandbox.stack import Stack

PATIENCE = 60.0
"""Seconds within which they must be back."""

LOOK = 0.25


def take_back(stack: Stack, asks: Iterable[Ask], lent: Lent) -> list[str]:
    """Delete the pods and wait; what is wrong with the lent addresses then, a sentence each."""
    for ask in asks:
        if ask.borrows:
            with suppress(ApiRefusedError):  # it is not there
                stack.delete_pod(ask.name)
    deadline = time.monotonic() + PATIENCE
    while _are_out(stack, lent) and time.monotonic() < deadline:
        time.sleep(LOOK)
    wrong = touched(lent.all, stack.ec2.addresses(), stack.ec2.calls())
    return wrong + [f"{allocation_id} is not free for others" for allocation_id in _borrowed(stack)]


def _are_out(stack: Stack, lent: Lent) -> bool:
    ids = {address.allocation_id for address in lent.all}
    on_ips = [a for a in stack.ec2.addresses() if a.allocation_id in ids and a.private_ip]
    return bool(on_ips or _borrowed(stack))


def _borrowed(stack: Stack) -> set[str]:
    """The allocation ids that Redis still notes for a pod."""
    with stack.redis_client() as client:
        return set(client.hgetall(Keys.BORROWED))
