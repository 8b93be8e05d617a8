"""What botocore raises, as an Ec2Error whose code says whether the call may have been performed."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from eip.errors import Ec2Error
from eip.names import Action
from workers.aws import codes
from workers.aws.ec2_codes import HTTP_5XX, NO_CREDENTIALS, NO_REPLY, NOT_SENT
from workers.aws.redact import redacted

_NEVER_CONNECTED = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)
_NEVER_BUILT = (boto.ParamValidationError, boto.EndpointProviderError, boto.UnknownEndpointError)
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.ProfileNotFound,
    boto.InfiniteLoopConfigError,
)
_WANTS_ROLE = "give the workers' service account an IAM role by IRSA or EKS Pod Identity"


@contextmanager
def translated(action: Action) -> Iterator[None]:
    """Raise what botocore raises in the block as an Ec2Error, a KeyError as a cut-short answer."""
    try:
        yield
    except boto.ClientError as error:
        raise _answered(action, error) from error
    except _NO_CREDENTIALS as error:
        raise Ec2Error(NO_CREDENTIALS, f"{redacted(str(error))}; {_WANTS_ROLE}") from error
    except _NEVER_CONNECTED as error:
        raise Ec2Error(NOT_SENT, f"{action}: {_failure(error)}, so nothing was sent") from error
    except _NEVER_BUILT as error:
        raise Ec2Error("InvalidParameterValue", f"{action}: {redacted(str(error))}") from error
    except (boto.BotoCoreError, ResponseParserError, KeyError) as error:
        raise Ec2Error(NO_REPLY, f"{action}: {_failure(error)}, so it is not known what was done") from error


def _answered(action: Action, error: boto.ClientError) -> Ec2Error:
    """An answer with an error in it; one to another action is STS's, which was asked for credentials."""
    said = error.response.get("Error", {})
    code, message = codes.plain(said.get("Code", "")), redacted(said.get("Message", ""))
    if error.operation_name != action:
        return Ec2Error(NO_CREDENTIALS, f"{error.operation_name} said {code}: {message}; {_WANTS_ROLE}")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500 and not codes.known(code):  # noqa: PLR2004 - HTTP's server errors
        return Ec2Error(HTTP_5XX, f"{action}: {status} {code}: {message}")
    return Ec2Error(code or "Unknown", f"{action}: {message}")


def _failure(error: Exception) -> str:
    """The kind of a failure and the host, without the query, which may be signed."""
    url = str(getattr(error, "kwargs", {}).get("endpoint_url", ""))
    return f"{type(error).__name__} at {urlsplit(url).hostname or 'an unknown host'}"
