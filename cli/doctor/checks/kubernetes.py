"""The API server answers, is new enough, and gives the operator's accounts their rights."""

import re

from cli.doctor.facts import AccountRights, Facts
from cli.doctor.finding import Finding, fails, passes, unknown, warns
from cli.doctor.seen import Unseen, known

CHECK = "kubernetes"

OLDEST = (1, 29)
"""The first to tell by PodReadyToStartContainers that a pod's network is gone."""

_VERSION = re.compile(r"v(\d+)\.(\d+)")


def kubernetes(facts: Facts) -> list[Finding]:
    """Reachable, and with the condition that tells when a private IP is freed."""
    version = facts.kubernetes.version
    if isinstance(version, Unseen):
        return [
            fails(CHECK, version.why, "name a kubeconfig in KUBECONFIG, or see whether the API server is up")
        ]
    user = facts.kubernetes.user
    seen = f"{version}, asked as {user}" if isinstance(user, str) else version
    found = _VERSION.match(version)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        return [
            warns(
                CHECK,
                f"{seen}: before 1.29 a pod whose network is lost keeps its address until it is deleted",
                "upgrade the cluster to Kubernetes 1.29 or newer",
            )
        ]
    return [passes(CHECK, seen)]


def rights(facts: Facts) -> list[Finding]:
    """Each right of deploy/roles.yaml, asked of the API server itself."""
    accounts = known(facts.kubernetes.rights)
    if not accounts:
        others = facts.kubernetes.others
        why = f": {others.why}" if isinstance(others, Unseen) else ""
        return [
            unknown(
                "rights",
                f"no Deployment of the operator was found whose accounts could be asked about{why}",
                "name them: --service-account NAMESPACE/NAME, once for the producer and once for the worker",
            )
        ]
    return [_of_account(account) for account in accounts]


def _of_account(asked: AccountRights) -> Finding:
    check, who = f"rights-{asked.component}", f"{asked.account.namespace}/{asked.account.name}"
    if isinstance(asked.granted, Unseen):
        return unknown(check, f"{who}: {asked.granted.why}", asked.granted.mend)
    missing = [
        f"{right.right}{f' in {right.namespace}' if right.namespace else ''}"
        for right in asked.granted
        if not right.allowed
    ]
    if missing:
        return fails(
            check,
            f"{who} may not {', '.join(missing)}",
            "restore the role and its binding: helm upgrade with rbac.create=true, or deploy/roles.yaml",
        )
    return passes(check, f"{who} has all {len(asked.granted)} rights")
