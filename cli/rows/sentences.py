"""One pod's state in sentences, for who asks about one pod."""

from cli.rows.claims import ClaimRow, State
from cli.rows.words import age
from eip.decide import Desired

_DESIRED = {
    Desired.SERVE: "It is to have an address",
    Desired.HOLD: "It keeps its address but not on its IP",
    Desired.RELEASE: "It is to have no address",
    Desired.UNKNOWN: "Whether it is to have an address is not known yet",
}

_NEXT = {
    State.DONE: "Nothing is left to do.",
    State.RUNNING: "Next: {step}; a worker is at it.",
    State.QUEUED: "Next: {step}; it stands in that queue, {before}.",
    State.PARKED: "Next: {step}; it waits for the account's quota of Elastic IPs, {before}. "
    "Release addresses, or have the quota L-0263D0A3 raised.",
    State.LATER: "Next: {step}; tried again in {again}. `eip retry` does it now.",
    State.KEPT: "It is kept for the next pod of its name{stays}.",
    State.IDLE: "Next: {step}; nobody is asked to do it before the next sweep. `eip retry` does it now.",
    State.UNREPORTED: "The producer has not reported the pod: does it run, and does it lead? "
    "See `eip doctor`.",
    State.REFUSED: "It has been told so. Nothing is left to do.",
    State.UNSEEN: "Next: {step}, as far as Kubernetes and EC2 tell.",
}


def in_words(row: ClaimRow) -> str:
    """What is desired and why, what is there, what is next, and what went wrong last."""
    sentences = [f"{_DESIRED[Desired(row.desired)]}{f': {row.reason}' if row.reason else ''}.", _actual(row)]
    sentences.append(_next(row))
    if row.error:
        tries = f", {row.attempts} times in a row" if row.attempts > 1 else ""
        sentences.append(f"The last try failed{tries}: {(row.message or row.error).rstrip('. ')}.")
    return "\n".join(filter(None, sentences))


def _actual(row: ClaimRow) -> str:
    return "What it has is not known." if row.actual == "?" else f"What is there: {row.actual}."


def _next(row: ClaimRow) -> str:
    stays = _stays(row.kept_for)
    before = f"{row.ahead} before it" if row.ahead else "nobody before it"
    return _NEXT[State(row.state)].format(
        step=row.next_step or "nothing", before=before, again=age(row.again_in or 0), stays=stays
    )


def _stays(kept_for: float | None) -> str:
    if kept_for is None:
        return ", until somebody releases it by hand"
    return f" for another {age(kept_for)}, and released then"
