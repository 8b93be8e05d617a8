"""Which error code means what: the look-up over the tables of EC2's and the API server's codes."""

from eip.errors import Ec2Error, KubernetesError
from workers.aws import ec2_codes, kubernetes_codes
from workers.aws.verdicts import DOES, Row, Service, Verdict

__all__ = ["DOES", "TABLE", "Row", "Service", "Verdict", "known", "verdict"]

TABLE: tuple[Row, ...] = (*ec2_codes.ROWS, *kubernetes_codes.ROWS)

_ROWS = {(row.service, row.code): row for row in TABLE}


def known(code: str) -> bool:
    """Whether EC2's code is in the table."""
    return (Service.EC2, plain(code)) in _ROWS


def plain(code: str) -> str:
    """EC2's code without the `Client.` or `Server.` that some endpoints and documents put before it."""
    return code.removeprefix("Client.").removeprefix("Server.")


def verdict(error: Ec2Error | KubernetesError) -> Row:
    """The row of an error; an unknown code has its service's default, under its own name.

    Unknown codes of EC2 are refusals: an unknown 5xx has come as `Http5xx` from the client, and what is
    left is a 4xx, which EC2 says before it does anything.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    """
    if isinstance(error, KubernetesError):
        return _of_kubernetes(error.code)
    code = plain(error.code)
    return _ROWS.get((Service.EC2, code)) or ec2_codes.unknown(code)


def _of_kubernetes(status: int) -> Row:
    return _ROWS.get((Service.KUBERNETES, str(status))) or kubernetes_codes.unknown(status)
