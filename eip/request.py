"""What a pod's author asks for beside the label: which address, and for how long it stays.

All of it stands in annotations, so that the templates of StatefulSets and Deployments carry it. What may be
had is for an admin to say, by tags on the addresses and by settings.
"""

import re
from ipaddress import AddressValueError, IPv4Address

import msgspec

from eip import names
from eip.pod import Pod
from eip.reverse_dns import LONGEST, host_name

FOREVER = -1
"""An address that is kept for ever."""

DEFAULT_KEEP = 24 * 3600
"""Seconds for which an address is kept where the annotation only says `true`."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,6})([mhd])|([0-9]{1,11})(s)")
_ALLOCATION_ID = re.compile(r"eipalloc-[0-9a-f]{8,17}")
_IPV4_POOL = re.compile(r"(ipv4pool-ec2|ipam-pool)-[0-9a-f]{8,17}")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; empty strings and 0 where nothing is.

    `address` is an allocation id or a public IPv4 address, `pool` the name of a pool of lent addresses,
    `keep` seconds or FOREVER, `public_ipv4_pool` the id of a pool of addresses that were brought to AWS,
    `reverse_dns` the host name that the address is to resolve to.
    """

    address: str = ""
    pool: str = ""
    keep: int = 0
    public_ipv4_pool: str = ""
    reverse_dns: str = ""

    @property
    def lent(self) -> bool:
        """Whether an address is asked for that an admin lends."""
        return bool(self.pool or (self.address and not self.public_ipv4_pool))


class Unusable(ValueError):
    """What is asked for cannot be meant; the message says what is wrong and what to write."""


def requested(pod: Pod) -> Request:
    """What the pod's annotations ask for.

    Raises:
        Unusable: one of them has a value that means nothing, or two exclude each other.

    """
    request = Request(
        address=_address(pod.annotation(names.REQUEST_ADDRESS_ANNOTATION)),
        pool=_matching(pod, names.POOL_ANNOTATION, _NAME, "the name of a pool"),
        keep=keep_seconds(pod.annotation(names.KEEP_ANNOTATION)),
        public_ipv4_pool=_matching(
            pod, names.PUBLIC_IPV4_POOL_ANNOTATION, _IPV4_POOL, "ipv4pool-ec2-... or ipam-pool-..."
        ),
        reverse_dns=_reverse_dns(pod.annotation(names.REVERSE_DNS_ANNOTATION)),
    )
    _exclude(request)
    return request


def keep_seconds(text: str) -> int:
    """Seconds from `true`, `false`, `forever` or a duration such as `90m`, `24h` or `7d`.

    Raises:
        Unusable: it is none of these.

    """
    match text.strip().lower():
        case "" | "false":
            return 0
        case "true":
            return DEFAULT_KEEP
        case "forever":
            return FOREVER
        case duration:
            found = _DURATION.fullmatch(duration)
            number, unit = (found[1] or found[3], found[2] or found[4]) if found else ("0", "")
            if not int(number):
                raise _unusable(
                    names.KEEP_ANNOTATION, text, "true, forever or a duration such as 90m, 24h or 7d"
                )
            return int(number) * _UNITS[unit]


def keep_text(seconds: int) -> str:
    """What `keep_seconds` reads back, for any that it answers."""
    return {FOREVER: "forever", 0: "false"}.get(seconds, f"{seconds}s")


def _address(text: str) -> str:
    if not text or _ALLOCATION_ID.fullmatch(text):
        return text
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise _unusable(
            names.REQUEST_ADDRESS_ANNOTATION, text, "an allocation id (eipalloc-...) or a public IPv4 address"
        ) from None


def _reverse_dns(text: str) -> str:
    try:
        return host_name(text) if text else ""
    except ValueError:
        raise _unusable(
            names.REVERSE_DNS_ANNOTATION,
            text,
            f"a host name in lower case of at most {LONGEST} characters, such as mail.example.com",
        ) from None


def _matching(pod: Pod, annotation: str, pattern: re.Pattern[str], what: str) -> str:
    text = pod.annotation(annotation)
    if text and not pattern.fullmatch(text):
        raise _unusable(annotation, text, what)
    return text


def _exclude(request: Request) -> None:
    if request.pool and (request.address or request.public_ipv4_pool):
        raise Unusable(
            f"{names.POOL_ANNOTATION} can't be combined with {names.REQUEST_ADDRESS_ANNOTATION} "
            f"or {names.PUBLIC_IPV4_POOL_ANNOTATION}; remove one of them"
        )
    if request.keep and request.lent:
        raise Unusable(
            f"{names.KEEP_ANNOTATION} is for addresses that are allocated for the pod; one that is lent "
            f"goes back when the pod ends: remove {names.KEEP_ANNOTATION}"
        )
    if request.reverse_dns and request.lent:
        raise Unusable(
            f"{names.REVERSE_DNS_ANNOTATION} is for addresses that are allocated for the pod; a lent one has "
            f"the record that its admin gave it: remove {names.REVERSE_DNS_ANNOTATION}"
        )
    if request.address.startswith("eipalloc-") and request.public_ipv4_pool:
        raise Unusable(
            f"{names.REQUEST_ADDRESS_ANNOTATION}={request.address} is there already, so it can't be "
            f"allocated from {request.public_ipv4_pool}; name an IPv4 address of that pool, or remove one"
        )
    if request.address and request.public_ipv4_pool.startswith("ipv4pool-ec2-"):
        raise Unusable(
            f"EC2 takes no address beside {request.public_ipv4_pool}: remove "
            f"{names.REQUEST_ADDRESS_ANNOTATION}, or ask an admin to allocate that address and lend it"
        )


def _unusable(annotation: str, text: str, what: str) -> Unusable:
    return Unusable(f"{annotation}={text[:80]!r} cannot be used; it must be {what}")
