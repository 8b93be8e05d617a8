"""From an error to an outcome: how it is told, and whether its author can do something about it."""

from eip.errors import Ec2Error, KubernetesError, NamespaceFull
from eip.store.ledger import Held
from workers.aws.codes import Verdict, verdict
from workers.outcome import Change, Failed, unchanged

_PASSING = frozenset({Verdict.THROTTLED, Verdict.RETRY, Verdict.GONE, Verdict.IN_USE, Verdict.NAMED})
_SLOW = frozenset({Verdict.DENIED, Verdict.REFUSED, Verdict.CREDENTIALS})


YOUNG_MS = 60_000
"""IAM may not know the tags of an address that is younger than this, and deny what it will allow."""


def failed(error: Ec2Error | KubernetesError, change: Change = unchanged, held: Held | None = None) -> Failed:
    """The failure that the table of codes makes of an error; what passes by itself is not told on the pod.

    With `held`, a denial while its claim's address is young passes by itself too.
    """
    row = verdict(error)
    code = error.code if isinstance(error, Ec2Error) else f"Http{error.code}"
    young = held is not None and held.now - held.claim.allocated_at < YOUNG_MS
    passing = row.verdict in _PASSING or (row.verdict is Verdict.DENIED and young)
    slow = row.verdict in _SLOW and not passing
    return Failed(code, str(error), "" if passing else row.remedy, slow=slow, change=change)


def namespace_full(error: NamespaceFull) -> Failed:
    """The failure of a pod whose namespace has as many addresses as it may have."""
    remedy = (
        f"{error}. The pod gets one after another pod of the namespace gave its own back; "
        "or ask for a higher limit."
    )
    return Failed("NamespaceFull", str(error), remedy, slow=True)
