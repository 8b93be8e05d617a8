"""The forms in which values of settings are written, read and checked."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo
from pydantic_settings import NoDecode

from eip import names
from eip.aliases import Alias
from eip.store import redis_address

MOST_TAGS = 40
"""EC2 allows 50 tags; the operator's own need some, and so may a policy of the account."""

_TAG_KEY = re.compile(r"^(?!aws:)[\w\s.:/=+\-@]{1,128}$")
_TAG_VALUE = re.compile(r"^[\w\s.:/=+\-@]{0,256}$")
_IPV4_POOL = re.compile(r"(ipv4pool-ec2|ipam-pool)-[0-9a-f]{8,17}")
_PODS = re.compile(r"[a-z0-9*-]+/[a-z0-9*.-]+")
_VPC = re.compile(r"vpc-[0-9a-z-]+")
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# It is the value of a tag and of a filter, in which EC2 takes * and ? for anything.
_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,127}")
# https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set
_ANNOTATION = re.compile(
    r"((?=[^/]{1,253}/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?"
    r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?",
    re.IGNORECASE | re.ASCII,
)


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [word.strip() for word in value.split(",") if word.strip()]


def _pairs(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = {}
    for word in value.split(","):
        key, equals, text = word.partition("=")
        if not word.strip():
            continue
        if not equals:
            raise ValueError(f"{word.strip()!r} has no '='; write KEY=VALUE,KEY=VALUE")
        pairs[key.strip()] = text.strip()
    return pairs


def _tags(value: dict[str, str]) -> dict[str, str]:
    for key, text in value.items():
        if not _TAG_KEY.match(key) or not _TAG_VALUE.match(text):
            raise ValueError(f"{key}={text} is not a tag that EC2 accepts")
        if key.startswith(names.PREFIX) or key == names.NAME_TAG:
            raise ValueError(f"the tag {key} is set by the operator itself")
    if len(value) > MOST_TAGS:
        raise ValueError(
            f"{len(value)} tags are given; there is room for {MOST_TAGS} beside the operator's own"
        )
    return value


def _lent_pools(value: dict[str, str]) -> dict[str, str]:
    for pool, pods in value.items():
        if not _IPV4_POOL.fullmatch(pool):
            raise ValueError(f"{pool!r} is no public IPv4 pool: write ipv4pool-ec2-... or ipam-pool-...")
        strange = [word for word in pods.split() if not _PODS.fullmatch(word)]
        if strange or not pods:
            raise ValueError(
                f"{pool} is lent to {(strange or [pods])[0]!r}; write NAMESPACE/NAME, with * for anything, "
                "several separated by spaces, such as web/* */ingress-*"
            )
    return value


def _of_form(form: re.Pattern[str], meant: str, *, blank: bool = False) -> AfterValidator:
    def check(value: str) -> str:
        text = value.strip()
        if not form.fullmatch(text) and (text or not blank):
            raise ValueError(f"not {meant}")
        return text

    return AfterValidator(check)


def _redis_url(value: SecretStr, info: ValidationInfo) -> SecretStr:
    url = value.get_secret_value()
    if not redis_address.is_redis_url(url):
        raise ValueError(
            "not of the form redis://[USER:PASSWORD@]HOST:PORT/DB; write : / ? # @ % in a password as "
            "%3A %2F %3F %23 %40 %25, or set it as it is as EIP_REDIS_PASSWORD. "
            "The value is not shown, as it may hold a password"
        )
    username: str = info.data.get("redis_username", "")
    password: SecretStr = info.data.get("redis_password", SecretStr(""))
    return SecretStr(redis_address.with_credentials(url, username, password.get_secret_value()))


def _password(value: SecretStr) -> SecretStr:
    return SecretStr(redis_address.without_line_end(value.get_secret_value()))


Uid = Annotated[
    str,
    _of_form(
        _UID,
        "a uid or a name: write at most 128 letters, digits and . _ : / @ + = -, a letter or a digit first",
        blank=True,
    ),
]
Vpc = Annotated[str, _of_form(_VPC, "the id of a VPC: write vpc-...", blank=True)]
Ipv4Pool = Annotated[
    str, _of_form(_IPV4_POOL, "a public IPv4 pool: write ipv4pool-ec2-... or ipam-pool-...", blank=True)
]
Namespace = Annotated[
    str,
    _of_form(
        _NAMESPACE,
        "the name of a namespace: write at most 63 of a-z, 0-9 and -, of which - is neither first nor last",
    ),
]
Annotation = Annotated[
    str,
    _of_form(_ANNOTATION, "the key of an annotation: write NAME or DOMAIN/NAME, such as dns.example/target"),
]
Namespaces = Annotated[tuple[Namespace, ...], NoDecode, BeforeValidator(_words)]
Annotations = Annotated[tuple[Annotation, ...], NoDecode, BeforeValidator(_words)]
Tags = Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs), AfterValidator(_tags)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
Password = Annotated[SecretStr, AfterValidator(_password)]
Aliases = Annotated[tuple[Alias, ...], NoDecode, BeforeValidator(_words)]
PerSecond = Annotated[float, Field(ge=0.1, le=1000)]
Burst = Annotated[int, Field(ge=1, le=10000)]
Seconds = Annotated[float, Field(ge=1, allow_inf_nan=False)]
Limit = Annotated[int, Field(ge=0)]
Limits = Annotated[dict[Namespace, Limit], NoDecode, BeforeValidator(_pairs)]
LentPools = Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs), AfterValidator(_lent_pools)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
