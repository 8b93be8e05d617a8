"""Whether another operator for Elastic IPs is in the cluster, and whether it would take addresses of ours.

Materialize's releases at its start what has its name for the cluster in the tag
eip.aws.materialize.com/cluster_name and belongs to no Eip (eip_operator/src/main.rs, cleanup_orphan_eips).
"""

from cli.doctor.facts import Facts, OtherOperator
from cli.doctor.finding import Finding, fails, passes, warns
from cli.doctor.seen import known
from eip.aliases import Alias
from eip.names import CLUSTER_NAME_TAG

CHECK = "other-operators"

_READ = "docs/migrate.md"


def operators(facts: Facts) -> list[Finding]:
    """One finding for each that is there."""
    others = known(facts.kubernetes.others)
    if not others:
        return [passes(CHECK, "no other operator for Elastic IPs is there as a Deployment")]
    return [_of_one(other, facts) for other in others]


def _of_one(other: OtherOperator, facts: Facts) -> Finding:
    seen = f"{other.name} is another operator ({other.alias})"
    if other.alias is Alias.MATERIALIZE and other.cluster_name in {facts.settings.cluster_name, None}:
        return _releases_ours(other, seen)
    if not other.replicas:
        return passes(CHECK, f"{seen}, scaled to 0")
    if other.alias in facts.settings.aliases:
        both = "EIP_ALIASES names it, so both serve the same pods"
        return fails(CHECK, f"{seen}: {both}", f"scale it to 0, and move its addresses over: {_READ}")
    return warns(
        CHECK,
        f"{seen}: a pod that asks both loses its address to the other again and again",
        f"let no pod ask both, or move over: {_READ}",
    )


def _releases_ours(other: OtherOperator, seen: str) -> Finding:
    """What it does at its start; where its Deployment does not tell its name for the cluster, it may."""
    may = "releases" if other.cluster_name else "may release"
    danger = f"when it starts it {may} our addresses, by the cluster's name in {CLUSTER_NAME_TAG}"
    if not other.replicas:
        return warns(
            CHECK, f"{seen}, scaled to 0: {danger}", f"never start it without `eip migrate back`: {_READ}"
        )
    return fails(
        CHECK,
        f"{seen}: {danger}",
        f"scale it to 0, and move over: {_READ}; both can run only with two names for the cluster",
    )
