"""The reverse DNS record (PTR) of an address: which name may be asked for, and what is known of the record.

EC2 sets it for a name whose forward record (A) points to the address, and releases no address that has one.
Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html#Using_Elastic_Addressing_Reverse_DNS
"""

import re
from enum import StrEnum

LONGEST = 253

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"({_LABEL}\.)+(?!\d+\.?$){_LABEL}\.?")


class DomainState(StrEnum):
    """What is known of an address' record."""

    NONE = ""
    """It has none."""
    ASKED = "asked"
    """EC2 is about to be asked, or was and did not say yes: it may have one."""
    PENDING = "pending"
    """EC2 said yes, and has yet to publish it."""
    SET = "set"
    """It has one."""
    WITHDRAWN = "withdrawn"
    """It was taken away; EC2 may go on for minutes to refuse a release because of it."""


BARE = frozenset({DomainState.NONE, DomainState.WITHDRAWN})


def host_name(text: str) -> str:
    """The name without the dot at its end, as RFC 1123 allows host names, of two labels or more.

    Raises:
        ValueError: it is none.

    """
    if not _HOST_NAME.fullmatch(text) or len(text.removesuffix(".")) > LONGEST:
        raise ValueError("not a host name")
    return text.removesuffix(".")


def is_owed(asked: str, name: str, state: DomainState) -> bool:
    """Whether there is something to do until the record says what is asked for, or is gone."""
    if asked:
        return name != asked or state is not DomainState.SET
    return state not in BARE
