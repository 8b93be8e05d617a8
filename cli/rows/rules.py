"""Rows of `eip explain`: what each rule of the decision says of a pod; without a call to anyone."""

import msgspec

from eip.decide import RULES, Decision, EventType, Question, Rule, Scope
from eip.pod import Pod
from eip.request import Unusable


class RuleRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One rule; `desired` is empty when it does not apply, and the first that applies `decides`."""

    rule: str
    about: str
    desired: str = ""
    reason: str = ""
    decides: bool = False


def rule_rows(pod: Pod, scope: Scope) -> list[RuleRow]:
    """A row a rule, in the order in which they are asked."""
    question = Question(EventType.READ, pod, scope)
    rows: list[RuleRow] = []
    for rule in RULES:
        said = _said(rule, question)
        decides = said is not None and not any(row.decides for row in rows)
        about = (rule.__doc__ or "").partition("\n")[0]
        name = rule.__name__.replace("_", "-")
        rows.append(_row(name, about, said, decides=decides))
    return rows


def _said(rule: Rule, question: Question) -> Decision | None:
    # The rules after `unusable_request` take its verdict for granted, and are asked here all the same.
    try:
        return rule(question)
    except Unusable:
        return None


def _row(name: str, about: str, said: Decision | None, *, decides: bool) -> RuleRow:
    if said is None:
        return RuleRow(rule=name, about=about)
    return RuleRow(
        rule=said.rule, about=about, desired=said.desired.value, reason=said.reason, decides=decides
    )
