"""EC2 answers, with credentials of the right account, and allows each action."""

from cli.doctor.dry_runs import ADOPT, CREATE_TAGS, NO_ANSWER
from cli.doctor.facts import Facts, Probe
from cli.doctor.finding import Finding, fails, passes, unknown, warns
from cli.doctor.seen import Unseen, known
from eip.names import Action

ALLOWED = "DryRunOperation"
DENIED = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})

_ADOPT = "ec2:owner-tags"
_POLICY = "give the workers' role the policy of docs/aws.md"
_REVERSE_DNS = frozenset({Action.MODIFY_ATTRIBUTE, Action.RESET_ATTRIBUTE, Action.DESCRIBE_ATTRIBUTES})


def aws(facts: Facts) -> list[Finding]:
    """EC2 is reachable; STS says as whom we ask."""
    region, caller = facts.aws.region, facts.aws.caller
    if isinstance(region, Unseen):
        return [
            fails(
                "aws",
                region.why,
                "set AWS_REGION and credentials, or open the way to EC2 (docs/aws.md)",
            )
        ]
    if isinstance(caller, Unseen):
        return [unknown("aws", f"EC2 answers in {region}, but STS does not say who we are: {caller.why}")]
    whose = "" if facts.aws.as_workload else "; not a pod's role, so the workers' may differ"
    return [passes("aws", f"account {caller.account} in {region}, as {caller.arn}{whose}")]


def permissions(facts: Facts) -> list[Finding]:
    """One finding an action, by DryRun."""
    return [_of_action(probe, as_workload=facts.aws.as_workload) for probe in known(facts.aws.probes)]


def _of_action(probe: Probe, *, as_workload: bool) -> Finding:
    if probe.action == ADOPT:
        return _adopting(probe, as_workload=as_workload)
    check = f"ec2:{probe.action}"
    if probe.action == CREATE_TAGS and probe.own and probe.code in DENIED:
        return passes(check, "allowed while allocating only, so no address can be kept for another pod")
    if probe.code == ALLOWED:
        return passes(check, "allowed" if probe.own else "allowed, even where there is no address")
    if probe.own and probe.code in DENIED:
        policy = f"{_POLICY}, made with --reverse-dns" if probe.action in _REVERSE_DNS else _POLICY
        return fails(check, f"EC2 says {probe.code}", policy)
    return _nothing_said(check, probe)


def _adopting(probe: Probe, *, as_workload: bool) -> Finding:
    """Whose an address is must be said once, in the call that allocates it."""
    if probe.own and probe.code in DENIED:
        return passes(_ADOPT, "whose an address is cannot be changed, as it should be")
    if probe.code != ALLOWED:
        return _nothing_said(_ADOPT, probe)
    if as_workload:
        return warns(
            _ADOPT,
            "the tags that say whose an address is can be changed: a worker could adopt any",
            "confine CreateTags as docs/aws.md does",
        )
    return passes(_ADOPT, "these credentials may change whose an address is; the workers' role should not")


def _nothing_said(check: str, probe: Probe) -> Finding:
    if probe.code.startswith(NO_ANSWER):
        return unknown(check, f"no answer{probe.code.removeprefix(NO_ANSWER)}", "ask again")
    if probe.own:
        return unknown(check, f"EC2 says {probe.code}, which is neither yes nor no", "ask again")
    return unknown(
        check,
        f"EC2 says {probe.code} where no address of this cluster is: that tells nothing of the right",
        "label a pod, and ask again when it has its address",
    )
