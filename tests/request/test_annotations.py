"""What a pod's annotations ask for: each form, and that what can't be meant is refused and not guessed."""

import pytest

from eip import names
from eip.pod import OwnerMeta, Pod
from eip.request import DEFAULT_KEEP, FOREVER, Request, Unusable, keep_seconds, keep_text, requested

ALLOCATION = "eipalloc-0123456789abcdef0"
BROUGHT = "ipam-pool-0123456789abcdef0"


def pod(**asks: str) -> Pod:
    """A pod with annotations; their names are ours, with `_` for `-`."""
    annotations = {f"{names.PREFIX}/{key.replace('_', '-')}": value for key, value in asks.items()}
    return Pod(metadata=OwnerMeta(uid="u", annotations=annotations))


@pytest.mark.parametrize(
    ("asks", "request_"),
    [
        pytest.param({}, Request(), id="nothing"),
        pytest.param({"keep": "true"}, Request(keep=DEFAULT_KEEP), id="keep for a day"),
        pytest.param({"keep": "forever"}, Request(keep=FOREVER), id="keep for ever"),
        pytest.param({"keep": "false"}, Request(), id="not kept"),
        pytest.param({"pool": "blue"}, Request(pool="blue"), id="of a pool"),
        pytest.param({"request_address": ALLOCATION}, Request(address=ALLOCATION), id="by allocation id"),
        pytest.param({"request_address": "198.18.0.7"}, Request(address="198.18.0.7"), id="by public IP"),
        pytest.param(
            {"public_ipv4_pool": BROUGHT, "keep": "1h"},
            Request(public_ipv4_pool=BROUGHT, keep=3600),
            id="of an own range, kept",
        ),
        pytest.param(
            {"public_ipv4_pool": BROUGHT, "request_address": "198.18.0.7"},
            Request(public_ipv4_pool=BROUGHT, address="198.18.0.7"),
            id="one of an own range",
        ),
        pytest.param(
            {"reverse_dns": "mail-1.example.com"}, Request(reverse_dns="mail-1.example.com"), id="by name"
        ),
        pytest.param(
            {"reverse_dns": "mail.example.com.", "keep": "true", "public_ipv4_pool": BROUGHT},
            Request(reverse_dns="mail.example.com", keep=DEFAULT_KEEP, public_ipv4_pool=BROUGHT),
            id="by a name with its last dot, kept, of an own range",
        ),
        pytest.param({"reverse_dns": ""}, Request(), id="by no name"),
    ],
)
def test_asked_for(asks: dict[str, str], request_: Request) -> None:
    """What is written is what is asked for."""
    assert requested(pod(**asks)) == request_


@pytest.mark.parametrize(
    ("request_", "lent"),
    [
        (Request(), False),
        (Request(keep=60), False),
        (Request(pool="blue"), True),
        (Request(address=ALLOCATION), True),
        (Request(address="198.18.0.7"), True),
        (Request(public_ipv4_pool=BROUGHT, address="198.18.0.7"), False),
    ],
    ids=["any", "kept", "pool", "id", "ip", "own range"],
)
def test_lent(request_: Request, *, lent: bool) -> None:
    """A pool or an address is an admin's, unless it is to be allocated from an own range."""
    assert request_.lent is lent


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("False", 0),
        (" TRUE ", DEFAULT_KEEP),
        ("Forever", FOREVER),
        ("45s", 45),
        ("90m", 5400),
        ("24h", 86400),
        ("7d", 604800),
    ],
)
def test_keep(text: str, seconds: int) -> None:
    """Words and durations, in whatever case."""
    assert keep_seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["yes", "1", "0s", "000d", "-1h", "1.5h", "1h30m", "1 h", "1w", "h", "forever!", "9" * 400 + "d", "\0"],
)
def test_keep_that_means_nothing(text: str) -> None:
    """What is no duration is not taken for one: an address that goes too early is not got back."""
    with pytest.raises(Unusable, match=f"{names.KEEP_ANNOTATION}.*90m, 24h or 7d"):
        keep_seconds(text)


@pytest.mark.parametrize("text", ["false", "true", "forever", "1s", "90m", "30d", "999999d", "999999h"])
def test_keep_is_read_back(text: str) -> None:
    """The tag of an address says the same as the annotation: it is all that is left once Redis was lost."""
    assert keep_seconds(keep_text(keep_seconds(text))) == keep_seconds(text)


@pytest.mark.parametrize(
    "asks",
    [
        {"request_address": "eipalloc-1"},
        {"request_address": "eipalloc-0123456789ABCDEF0"},
        {"request_address": f"{ALLOCATION}\n"},
        {"request_address": "198.18.0"},
        {"request_address": "198.18.0.07"},
        {"request_address": "198.18.0.0/15"},
        {"request_address": "2001:db8::1"},
        {"request_address": "*"},
        {"pool": "*"},
        {"pool": "blue?"},
        {"pool": "a:b"},
        {"pool": "-blue"},
        {"pool": "b" * 64},
        {"pool": " "},
        {"public_ipv4_pool": "amazon"},
        {"public_ipv4_pool": f"{BROUGHT},other"},
        {"keep": "soon"},
        {"reverse_dns": "mail"},
        {"reverse_dns": "Mail.example.com"},
        {"reverse_dns": "mail_1.example.com"},
        {"reverse_dns": "-mail.example.com"},
        {"reverse_dns": "mail-.example.com"},
        {"reverse_dns": "mail..example.com"},
        {"reverse_dns": ".example.com"},
        {"reverse_dns": "mail.example.com.."},
        {"reverse_dns": "*.example.com"},
        {"reverse_dns": "198.18.0.7"},
        {"reverse_dns": "mail.example.com\n"},
        {"reverse_dns": " mail.example.com"},
        {"reverse_dns": "post.example.com, mail.example.com"},
        {"reverse_dns": "b\u00fccher.example"},
        {"reverse_dns": f"{'b' * 64}.example.com"},
    ],
    ids=str,
)
def test_garbage(asks: dict[str, str]) -> None:
    """It is refused by the annotation's name and value; no wildcard reaches a filter or a key."""
    ((key, value),) = asks.items()

    with pytest.raises(Unusable) as refused:
        requested(pod(**asks))

    assert f"{names.PREFIX}/{key.replace('_', '-')}={value!r}" in str(refused.value)
    assert "must be" in str(refused.value)


@pytest.mark.parametrize("key", ["request_address", "pool", "public_ipv4_pool", "keep", "reverse_dns"])
def test_garbage_is_quoted_in_short(key: str) -> None:
    """A megabyte in an annotation makes no megabyte in an Event."""
    with pytest.raises(Unusable) as refused:
        requested(pod(**{key: "x\n" * 100_000}))

    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("asks", "words"),
    [
        ({"pool": "blue", "request_address": ALLOCATION}, "remove one of them"),
        ({"pool": "blue", "public_ipv4_pool": BROUGHT}, "remove one of them"),
        ({"pool": "blue", "keep": "1h"}, "goes back when the pod ends"),
        ({"request_address": ALLOCATION, "keep": "true"}, "goes back when the pod ends"),
        ({"request_address": ALLOCATION, "public_ipv4_pool": BROUGHT}, "is there already"),
        ({"pool": "blue", "reverse_dns": "mail.example.com"}, "record that its admin gave it"),
        ({"request_address": ALLOCATION, "reverse_dns": "mail.example.com"}, "record that its admin gave it"),
    ],
    ids=[
        "pool and address",
        "two pools",
        "pool kept",
        "address kept",
        "id of an own range",
        "pool named",
        "address named",
    ],
)
def test_what_excludes_each_other(asks: dict[str, str], words: str) -> None:
    """Of two wishes that can't both come true none is picked."""
    with pytest.raises(Unusable, match=words):
        requested(pod(**asks))


def test_keep_false_goes_with_everything() -> None:
    """Saying no asks for nothing."""
    assert requested(pod(pool="blue", keep="false")) == Request(pool="blue")


@pytest.mark.parametrize(("length", "usable"), [(253, True), (254, False)])
def test_the_longest_host_name(length: int, *, usable: bool) -> None:
    """DNS carries 253 characters, the last dot aside."""
    name = f"{'a' * (length - 200)}.{'b' * 49}.{'c' * 49}.{'d' * 49}.{'e' * 49}"[-length:]
    assert len(name) == length

    if usable:
        assert requested(pod(reverse_dns=f"{name}.")) == Request(reverse_dns=name)
    else:
        with pytest.raises(Unusable, match="at most 253 characters"):
            requested(pod(reverse_dns=name))
