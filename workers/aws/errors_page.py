"""The page of all error codes, made from the table."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from workers.aws.codes import DOES, TABLE, Row, Service, Verdict

_HEAD = """\
<!-- Made from workers/aws/ec2_codes.py and workers/aws/kubernetes_codes.py; `make docs` writes it. -->
# Error codes

What EC2 and the Kubernetes API server may answer, what it means, and what is done about it.
Nothing is given up: whatever the verdict, the work is tried again with a growing back-off,
and the pod's Event shows the code and the remedy.
"""
_DEFAULT = """\
A code that is not listed: a 4xx is `refused`, a 5xx is `uncertain`.
`NoReply`, `NotSent`, `NoCredentials` and `Http5xx` are the operator's own words for what has no code of EC2.
"""


def errors_page() -> str:
    """The Markdown text of docs/errors.md."""
    verdicts = _table(("Verdict", "What the operator does"), ((f"`{v}`", DOES[v]) for v in Verdict))
    services = "\n".join(_service(service) for service in Service)
    return f"{_HEAD}\n## Verdicts\n\n{verdicts}\n{services}\n## Other codes\n\n{_DEFAULT}"


def _service(service: Service) -> str:
    rows = [row for row in TABLE if row.service is service]
    head = ("Code", "Verdict", "Meaning", "What to do")
    return f"## {service}\n\n{_table(head, (_line(list(alike)) for _, alike in groupby(rows, _text)))}"


def _text(row: Row) -> tuple[str, str, str]:
    return row.verdict, row.meaning, row.todo


def _line(alike: Sequence[Row]) -> tuple[str, ...]:
    codes = ", ".join(f"`{row.code}`" for row in alike)
    first = alike[0]
    return codes, f"`{first.verdict}`", _sentence(first.meaning), first.todo


def _sentence(text: str) -> str:
    return text if text.startswith("EC2") else text[:1].upper() + text[1:]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
