"""From an error to an outcome: how it is told, and whether its author can do something about it."""

from eip.errors import Ec2Error, KubernetesError
from workers.aws.codes import Verdict, verdict
from workers.outcome import Change, Failed, unchanged

_PASSING = frozenset({Verdict.THROTTLED, Verdict.RETRY, Verdict.GONE, Verdict.IN_USE})
_SLOW = frozenset({Verdict.DENIED, Verdict.REFUSED, Verdict.CREDENTIALS})


def failed(error: Ec2Error | KubernetesError, change: Change = unchanged) -> Failed:
    """The failure that the table of codes makes of an error; what passes by itself is not told on the pod."""
    row = verdict(error)
    code = error.code if isinstance(error, Ec2Error) else f"Http{error.code}"
    remedy = "" if row.verdict in _PASSING else row.remedy
    return Failed(code, str(error), remedy, slow=row.verdict in _SLOW, change=change)
