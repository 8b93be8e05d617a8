"""EC2's error codes for the actions that are called, and what each means.

Source of the codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; the signing
and throttling codes that every AWS service may say are those of botocore's retry handler.
"""

from workers.aws.verdicts import Row, Service, Verdict

NO_REPLY = "NoReply"
NOT_SENT = "NotSent"
NO_CREDENTIALS = "NoCredentials"
HTTP_5XX = "Http5xx"

_REPORT = "Report it with the worker's log."
_SUPPORT = "Ask AWS Support, from the account that owns the cluster."
_POLICY = "Compare the role's IAM policy, and the organization's, with the one in the installation guide."
_ROLE = "Give the workers' service account a role by IRSA or EKS Pod Identity, and look at its trust policy."
_CLOCK = "Look at the clock of the worker's node: AWS may refuse a signature that is five minutes off."
_NETWORK = "Look at the route, the security group and the DNS between the worker and the EC2 endpoint."
_POOL = "Correct the public IPv4 pool in the settings or the pod's annotations, or the network border group."
_TAGS = "Correct the extra tags in the settings."


def _rows(verdict: Verdict, meaning: str, todo: str, *codes: str) -> tuple[Row, ...]:
    return tuple(Row(code, Service.EC2, verdict, meaning, todo) for code in codes)


_OWN = (
    *_rows(Verdict.UNCERTAIN, "no answer came; the call may have been performed.", _NETWORK, NO_REPLY),
    *_rows(Verdict.RETRY, "no connection could be made, so nothing was sent.", _NETWORK, NOT_SENT),
    *_rows(Verdict.CREDENTIALS, "the worker has no AWS credentials.", _ROLE, NO_CREDENTIALS),
    *_rows(Verdict.UNCERTAIN, "EC2 failed with a code that is not in this table.", "", HTTP_5XX),
)

_PACE = (
    *_rows(
        Verdict.THROTTLED,
        "the account's request rate for this action is used up.",
        "If it goes on, find out who else calls EC2 in this account and Region, or ask AWS for more.",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "EC2ThrottledException",
        "TooManyRequestsException",
        "BandwidthLimitExceeded",
    ),
    *_rows(
        Verdict.QUOTA,
        "the account has as many Elastic IPs in this Region as its quota allows.",
        "Raise the quota EC2-VPC Elastic IPs (L-0263D0A3) in Service Quotas, or release unused addresses.",
        "AddressLimitExceeded",
    ),
    *_rows(
        Verdict.RETRY,
        "EC2 has no free public address at the moment.",
        "If it goes on, wait for AWS to add addresses, or bring a pool of your own.",
        "InsufficientAddressCapacity",
    ),
    *_rows(
        Verdict.UNCERTAIN,
        "EC2 failed; the call may have been performed.",
        "If it goes on, look at the AWS Health Dashboard.",
        "InternalError",
        "InternalFailure",
        "ServerInternal",
        "ServiceUnavailable",
        "Unavailable",
    ),
)

_ADDRESSES = (
    *_rows(
        Verdict.GONE,
        "EC2 does not know the address.",
        "",
        "InvalidAllocationID.NotFound",
        "InvalidAddressID.NotFound",
        "InvalidAddress.NotFound",
        "InvalidElasticIpID.NotFound",
    ),
    *_rows(Verdict.GONE, "EC2 does not know the association.", "", "InvalidAssociationID.NotFound"),
    *_rows(
        Verdict.IN_USE,
        "the address is associated, and is not released before it is not.",
        "",
        "InvalidIPAddress.InUse",
    ),
    *_rows(
        Verdict.ASSOCIATED,
        "the address or the private IP has another association already.",
        "If another address was put on the pod's private IP by hand, take it away.",
        "Resource.AlreadyAssociated",
    ),
    *_rows(
        Verdict.NAMED,
        "the address has a reverse DNS record, and is not released before it has none.",
        "If it goes on, look whether the workers' role may call ResetAddressAttribute.",
        "InvalidAddress.PtrSet",
    ),
    *_rows(
        Verdict.REFUSED,
        "the address is locked to the account, and can't be released.",
        _SUPPORT,
        "InvalidAddress.Locked",
    ),
    *_rows(
        Verdict.REFUSED,
        "there is no such address pool.",
        _POOL,
        "InvalidPublicIpv4PoolID.NotFound",
        "InvalidIpamPoolId.NotFound",
    ),
)

_INTERFACES = (
    *_rows(
        Verdict.GONE,
        "EC2 does not know the network interface.",
        "",
        "InvalidNetworkInterfaceID.NotFound",
        "InvalidNetworkInterface.NotFound",
    ),
    *_rows(
        Verdict.RETRY,
        "what the call is about is not ready for it.",
        "",
        "IncorrectInstanceState",
        "IncorrectState",
        "InvalidInstanceState",
        "DependencyViolation",
        "ConcurrentTagAccess",
        "InvalidInstanceID.NotFound",
    ),
    *_rows(
        Verdict.REFUSED,
        "the pod's VPC has no internet gateway.",
        "Attach an internet gateway to the VPC and route the pod's subnet to it.",
        "Gateway.NotAttached",
    ),
    *_rows(
        Verdict.REFUSED,
        "EC2 does not allow this on the network interface; AWS manages those of EKS Auto Mode's nodes.",
        "Run the pod on a managed node group, on self-managed nodes, or on nodes of your own Karpenter.",
        "OperationNotPermitted",
    ),
)

_RIGHTS = (
    *_rows(
        Verdict.DENIED,
        "the workers' role may not do this, or the address belongs to another account.",
        _POLICY,
        "AuthFailure",
        "UnauthorizedOperation",
        "AccessDenied",
        "AccessDeniedException",
    ),
    *_rows(
        Verdict.DENIED,
        "the AWS account may not use this.",
        _SUPPORT,
        "OptInRequired",
        "Blocked",
        "PendingVerification",
        "AccountDisabled",
    ),
    *_rows(
        Verdict.CREDENTIALS,
        "the credentials have expired, or the clock is wrong.",
        _CLOCK,
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
    ),
    *_rows(
        Verdict.CREDENTIALS,
        "AWS does not know the credentials.",
        _ROLE,
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "MissingAuthenticationToken",
    ),
)

_REQUESTS = (
    *_rows(
        Verdict.REFUSED,
        "EC2 does not accept a value of the request.",
        f"Read the message. {_POOL} If none is set: {_REPORT}",
        "InvalidParameterValue",
        "InvalidParameterCombination",
        "InvalidParameter",
        "InvalidParameterDependency",
        "ClientInvalidParameterValue",
        "UnsupportedOperation",
        "Unsupported",
    ),
    *_rows(
        Verdict.REFUSED,
        "EC2 does not accept the address's tags.",
        _TAGS,
        "TagLimitExceeded",
        "TagPolicyViolation",
        "InvalidTagKey.Malformed",
    ),
    *_rows(
        Verdict.REFUSED,
        "the request is malformed: a fault of the operator, or of the endpoint that stands in for EC2.",
        _REPORT,
        "MissingParameter",
        "UnknownParameter",
        "InvalidAction",
        "MissingAction",
        "InvalidCharacter",
        "InvalidQueryParameter",
        "MalformedQueryString",
        "ValidationError",
        "InvalidFilter",
        "FilterLimitExceeded",
        "InvalidMaxResults",
        "InvalidPaginationToken",
        "InvalidAddress.Malformed",
        "InvalidNetworkInterfaceId.Malformed",
        "DryRunOperation",
    ),
)

ROWS: tuple[Row, ...] = (*_OWN, *_PACE, *_ADDRESSES, *_INTERFACES, *_RIGHTS, *_REQUESTS)


def unknown(code: str) -> Row:
    """The default: refused, tried again with back-off, and shown."""
    meaning = "a code that is not in the table."
    return Row(code, Service.EC2, Verdict.REFUSED, meaning, f"Read the message. {_REPORT}")
