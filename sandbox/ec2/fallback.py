"""Every action that is not answered here goes to moto, on this double's own backend.

moto keeps its backends in a table of the process and finds account and region in the request's signature; a
double has one account and one region, and two doubles in a process must not see each other.
"""

from botocore.model import OperationNotFoundError
from moto.core.request import Request
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from sandbox.ec2.errors import Ec2Error
from sandbox.ec2.network import ACCOUNT_ID

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ABOUT_PRIVATE_ADDRESSES = ("PrivateIpAddresses", "Ipv6Addresses", "PrivateNatGatewayAddress")


class _Response(EC2Response):
    def __init__(self, backend: EC2Backend) -> None:
        super().__init__()
        self._backend = backend

    @property
    def ec2_backend(self) -> EC2Backend:
        return self._backend

    def get_region_from_url(self, request: Request, full_url: str) -> str:  # noqa: ARG002 - moto's signature
        return self._backend.region_name

    def get_current_account(self) -> str:
        return ACCOUNT_ID


def answer(backend: EC2Backend, action: str, body: bytes) -> tuple[int, bytes]:
    """Return moto's status and answer, or an error for what moto would answer wrongly or not at all."""
    refuse_what_moto_ignores(action, body)
    request = Request.from_primitives("POST", "http://ec2.amazonaws.com/", FORM, body)
    try:
        status, _, text = _Response(backend)._dispatch(request)  # noqa: SLF001 - moto's only way in
    except (NotImplementedError, OperationNotFoundError) as error:
        raise Ec2Error("InvalidAction", f"The action {action!r} is not valid for this double.") from error
    except Exception as error:  # whatever moto trips over, the caller gets an answer
        raise Ec2Error("InternalError", f"moto failed at {action}: {error!r}", 500) from error
    return status, text.encode() if isinstance(text, str) else text


def refuse_what_moto_ignores(action: str, body: bytes) -> None:
    """Raise UnsupportedOperation for actions on Elastic IPs, which moto does not see, and for prefixes."""
    if not action:
        raise Ec2Error("MissingAction", "The request is missing an action.")
    if "Address" in action and not action.endswith(ABOUT_PRIVATE_ADDRESSES):
        raise Ec2Error("UnsupportedOperation", f"The double has no {action}.")
    if b"Ipv4Prefix" in body:
        raise Ec2Error("UnsupportedOperation", "The double delegates prefixes through its control API only.")
