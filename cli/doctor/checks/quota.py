"""How many addresses are left in the account's quota."""

from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, counted, fails, passes, unknown, warns
from cli.doctor.seen import Unseen, known

CHECK = "quota"
FEW = 0.1
"""The share of the quota at which it should be raised: an increase takes up to days."""

_RAISE = (
    "ask for more: aws service-quotas request-service-quota-increase --service-code ec2 "
    "--quota-code L-0263D0A3 --desired-value"
)


def quota(facts: Facts) -> list[Finding]:
    """Service Quotas' limit, less all addresses of the Region, whosever they are."""
    used = len(known(facts.aws.addresses))
    after = facts.redis.after
    parked = 0 if isinstance(after, Unseen) else after.parked
    limit = facts.aws.quota
    if parked:
        of = "" if isinstance(limit, Unseen) else f" of {int(limit)}"
        seen = f"{counted(parked, 'pod')} without an address: {used}{of} are in use"
        return [fails(CHECK, seen, f"{_RAISE} {max(used * 2, 50)}")]
    if isinstance(limit, Unseen):
        return [
            unknown(
                CHECK, f"{counted(used, 'address')} in use; the limit is not known: {limit.why}", limit.mend
            )
        ]
    left = int(limit) - used
    seen = f"{used} of {int(limit)} addresses are in use, {max(left, 0)} are left"
    if left <= 0:
        return [fails(CHECK, seen, f"{_RAISE} {max(int(limit) * 2, 50)}")]
    if left <= FEW * limit:
        return [warns(CHECK, seen, f"{_RAISE} {int(limit) * 2}")]
    return [passes(CHECK, seen)]
