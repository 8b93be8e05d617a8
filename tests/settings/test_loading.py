"""Settings come from the environment; what can't be used is said at once, in words, and without secrets."""

import os
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from eip import settings
from eip.decide import Scope
from eip.errors import SettingsError
from eip.names import EVENTS_BUCKET, EXTERNAL_DNS_ANNOTATIONS, Action
from eip.settings import Settings
from eip.store.limiter import Rate

Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load from an environment that holds these variables of ours and no others."""
    for name in [name for name in os.environ if name.startswith("EIP_")]:
        monkeypatch.delenv(name)

    def load_from(**variables: str) -> Settings:
        for name, value in {"CLUSTER_NAME": "prod", **variables}.items():
            monkeypatch.setenv(f"EIP_{name}", value)
        return settings.load()

    return load_from


def fault(load: Load, **variables: str) -> str:
    """What is said of these variables."""
    with pytest.raises(SettingsError) as error:
        load(**variables)
    return str(error.value)


def test_defaults(load: Load) -> None:
    """The cluster's name is all that must be set."""
    loaded = load()

    assert loaded.cluster_name == "prod"
    assert loaded.redis_url.get_secret_value() == "redis://127.0.0.1:6379/0"
    assert loaded.scope == Scope(frozenset(), allow_host_network=False)
    assert loaded.external_dns_annotations == EXTERNAL_DNS_ANNOTATIONS
    assert loaded.tags == {}
    assert loaded.worker_concurrency == 16
    assert (loaded.sweep_interval, loaded.orphan_age, loaded.quota_probe_interval) == (300, 120, 60)
    assert loaded.health_port == 8080


def test_default_rates_are_below_ec2s(load: Load) -> None:
    """EC2 allows 50 at once and 5 a second; its reads are shared with others."""
    rates = load().rates

    for action in (Action.ALLOCATE, Action.ASSOCIATE, Action.DISASSOCIATE, Action.RELEASE):
        assert rates[action] == Rate(46, 5)
    assert rates[Action.DESCRIBE_ADDRESSES] == rates[Action.DESCRIBE_INTERFACES] == Rate(20, 5)


def test_each_action_has_a_bucket(load: Load) -> None:
    """No call can be made without a budget."""
    assert load().rates.keys() == {*Action, EVENTS_BUCKET}


def test_rates_are_set_apart(load: Load) -> None:
    """One action's rate is set without touching the others'."""
    rates = load(RELEASE_RATE="2.5", RELEASE_BURST="7").rates

    assert rates[Action.RELEASE] == Rate(7, 2.5)
    assert rates[Action.DISASSOCIATE] == Rate(46, 5)


def test_nothing_set(monkeypatch: pytest.MonkeyPatch, load: Load) -> None:
    """What must be set and is not is named, with what it is for."""
    load()
    monkeypatch.delenv("EIP_CLUSTER_NAME")

    with pytest.raises(SettingsError, match=r"EIP_CLUSTER_NAME is not set \(Name of the cluster"):
        settings.load()


def test_all_faults_at_once(load: Load) -> None:
    """A line for each fault, with the value that was seen."""
    text = fault(load, CLUSTER_NAME="my cluster", HEALTH_PORT="http", LOG_LEVEL="loud", TAGS="team")

    assert [line.split(":")[0].strip() for line in text.splitlines()[1:]] == [
        "EIP_CLUSTER_NAME='my cluster'",
        "EIP_TAGS='team'",
        "EIP_HEALTH_PORT='http'",
        "EIP_LOG_LEVEL='loud'",
    ]


def test_good_values_are_not_among_the_faults(load: Load) -> None:
    """Only what is wrong is reported."""
    assert "EIP_ORPHAN_AGE" not in fault(load, HEALTH_PORT="http", ORPHAN_AGE="200")


@pytest.mark.parametrize(
    "url",
    [
        "redis://:s3cret@redis:port/0",
        "redis://user:s3cret/more@redis:6379/0",
        "redis://user:s3cret#more@redis:6379/0",
        "redis://user:s3cret?more@redis:6379/0",
        "redis://user:s3cret@redis:6379/first",
        "http://user:s3cret@redis:6379/0",
        "unix://user:s3cret@/tmp/socket",
        "redis://user:s3cret@redis:123456/0",
        "redis://user:s3cret@[::1/0",
        "redis://user:s3cret@",
        "redis://user:s3cret\u2100@redis:6379/0",
        "s3cret",
        "",
    ],
)
def test_password_is_never_shown(load: Load, url: str) -> None:
    """A URL that can't be used is refused at start, and no part of it is shown."""
    text = fault(load, REDIS_URL=url)

    assert "EIP_REDIS_URL: not of the form redis://" in text
    assert "s3cret" not in text


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis",
        "redis://redis:6379",
        "redis://redis:6379/",
        "redis://:pa%2Fss@redis:6379/3",
        "rediss://user:pass@master.eip.cache.amazonaws.com:6379/0",
        "redis://[::1]:6379/0",
    ],
)
def test_url_that_can_be_used(load: Load, url: str) -> None:
    """The usual forms are taken as they are."""
    assert load(REDIS_URL=url).redis_url.get_secret_value() == url


def test_password_is_not_in_the_repr(load: Load) -> None:
    """Settings that are logged by mistake show no password."""
    assert "s3cret" not in repr(load(REDIS_URL="redis://:s3cret@redis:6379/0"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        (" , ,", ()),
        ("shop", ("shop",)),
        ("shop, billing ,", ("shop", "billing")),
    ],
    ids=["empty", "only commas", "one", "several"],
)
def test_words(load: Load, text: str, words: tuple[str, ...]) -> None:
    """Lists are separated by commas; blanks and empty words count for nothing."""
    loaded = load(NAMESPACES=text, EXTERNAL_DNS_ANNOTATIONS=text)

    assert loaded.namespaces == loaded.external_dns_annotations == words
    assert loaded.scope.namespaces == frozenset(words)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", {}),
        ("team=net,", {"team": "net"}),
        ("team = net , cost=4=2", {"team": "net", "cost": "4=2"}),
        ("empty=", {"empty": ""}),
        ("kubernetes.io/cluster/prod=owned", {"kubernetes.io/cluster/prod": "owned"}),
        ("Team=Größe", {"Team": "Größe"}),
    ],
    ids=["none", "one", "several", "empty value", "with slashes", "letters of any language"],
)
def test_tags(load: Load, text: str, tags: dict[str, str]) -> None:
    """Tags are KEY=VALUE, separated by commas."""
    assert load(TAGS=text).tags == tags


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("team", "'team' has no '='; write KEY=VALUE", id="no value"),
        pytest.param("=net", "is not a tag that EC2 accepts", id="no key"),
        pytest.param("aws:team=net", "is not a tag that EC2 accepts", id="reserved by AWS"),
        pytest.param("team=a*b", "team=a*b is not a tag that EC2 accepts", id="odd character"),
        pytest.param(f"{'k' * 129}=v", "is not a tag that EC2 accepts", id="long key"),
        pytest.param(f"k={'v' * 257}", "is not a tag that EC2 accepts", id="long value"),
        pytest.param("Name=web", "the tag Name is set by the operator itself", id="Name"),
        pytest.param(
            "eip.aws.materialize.com/pod_uid=x", "is set by the operator itself", id="the operator's own"
        ),
        pytest.param(
            ",".join(f"k{n}=v" for n in range(41)), "41 tags are given; there is room for 40", id="many"
        ),
    ],
)
def test_tags_that_ec2_would_refuse(load: Load, text: str, said: str) -> None:
    """A tag that would make each allocation fail is refused at start."""
    assert said in fault(load, TAGS=text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKER_CONCURRENCY", "3"),
        ("WORKER_CONCURRENCY", "257"),
        ("ALLOCATE_BURST", "0"),
        ("ALLOCATE_RATE", "0"),
        ("ALLOCATE_RATE", "nan"),
        ("ALLOCATE_RATE", "inf"),
        ("SWEEP_INTERVAL", "0"),
        ("SWEEP_INTERVAL", "inf"),
        ("ORPHAN_AGE", "nan"),
        ("QUOTA_PROBE_INTERVAL", "inf"),
        ("KUBERNETES_TIMEOUT", "5"),
        ("HEALTH_PORT", "65536"),
        ("HEALTH_PORT", ""),
        ("ALLOW_HOST_NETWORK", "maybe"),
        ("LOG_FORMAT", "xml"),
        ("CLUSTER_NAME", ""),
        ("CLUSTER_NAME", "-prod"),
        ("CLUSTER_NAME", "p" * 101),
        ("CLUSTER_NAME", "prod\n"),
        ("CLUSTER_UID", "has spaces<>&;"),
        ("CLUSTER_UID", "uid-*"),
        ("CLUSTER_UID", "u" * 129),
        ("LEASE_NAMESPACE", "Eip_System"),
        ("NAMESPACES", "UPPER_bad/../x"),
        ("NAMESPACES", "n" * 64),
        ("DENIED_NAMESPACES", "games-*"),
        ("DENIED_NAMESPACES", "-games"),
        ("EXTERNAL_DNS_ANNOTATIONS", "bad key!"),
        ("EXTERNAL_DNS_ANNOTATIONS", "dns.example/"),
        ("EXTERNAL_DNS_ANNOTATIONS", "/target"),
        ("EXTERNAL_DNS_ANNOTATIONS", "dns_example/target"),
        ("EXTERNAL_DNS_ANNOTATIONS", "dns.example/a/b"),
        ("EXTERNAL_DNS_ANNOTATIONS", f"dns.example/{'t' * 64}"),
        ("EXTERNAL_DNS_ANNOTATIONS", f"{'d' * 254}/target"),
        ("PUBLIC_IPV4_POOL", "bad pool"),
        ("PUBLIC_IPV4_POOL", "amazon"),
        ("VPC_ID", "subnet-0123456789abcdef0"),
        ("VPC_ID", "vpc-"),
        ("VPC_ID", "vpc-0a vpc-0b"),
    ],
)
def test_out_of_range(load: Load, name: str, value: str) -> None:
    """A value that would stall or break the work is refused, and shown."""
    assert f"EIP_{name}={value!r}" in fault(load, **{name: value})


def test_one_bad_word_of_a_list_is_the_one_that_is_shown(load: Load) -> None:
    """In one line, with what to write."""
    text = fault(load, NAMESPACES="shop,Games,bank")

    [line] = text.splitlines()[1:]
    assert line == (
        "  EIP_NAMESPACES='Games': not the name of a namespace: write at most 63 of a-z, 0-9 and -, of which "
        "- is neither first nor last (Namespaces that are served, separated by commas; all by default.)"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLUSTER_UID", "0b5c8d5e-3a2f-4a0e-9c0b-5f3d1c2b7a61"),
        ("CLUSTER_UID", "8f3c"),
        ("CLUSTER_UID", "Prod_eu.1"),
        ("CLUSTER_UID", "arn:aws:eks:eu-west-1:111122223333:cluster/prod"),
        ("LEASE_NAMESPACE", "eip-system"),
        ("PUBLIC_IPV4_POOL", "ipv4pool-ec2-0123456789abcdef0"),
        ("PUBLIC_IPV4_POOL", "ipam-pool-0123456789abcdef0"),
        ("VPC_ID", "vpc-0123456789abcdef0"),
        ("VPC_ID", "vpc-0a"),
    ],
)
def test_what_can_be_meant_is_taken_as_it_is(load: Load, name: str, value: str) -> None:
    """Without the blanks around it, which a file's last line brings along."""
    assert getattr(load(**{name: value}), name.lower()) == value
    assert getattr(load(**{name: f" {value}\n"}), name.lower()) == value


@pytest.mark.parametrize("blank", ["", "  "], ids=["empty", "blanks"])
def test_a_blank_value_is_the_default(load: Load, blank: str) -> None:
    """Blanks are no identity, no namespace and no id."""
    names = ("CLUSTER_UID", "LEASE_NAMESPACE", "PUBLIC_IPV4_POOL", "VPC_ID")

    blanks, defaults = load(**dict.fromkeys(names, blank)), load()

    assert [getattr(blanks, name.lower()) for name in names] == ["", "default", "", ""]
    assert blanks.lease_namespace == defaults.lease_namespace


@pytest.mark.parametrize(
    "key", [*EXTERNAL_DNS_ANNOTATIONS, "target", "a.b-c.example/T_1.x-y", "DNS.example/target", "7/7"]
)
def test_annotations_that_kubernetes_takes(load: Load, key: str) -> None:
    """With a prefix or without; the API server looks at annotations' keys in lower case."""
    assert load(EXTERNAL_DNS_ANNOTATIONS=key).external_dns_annotations == (key,)


def test_settings_are_frozen(load: Load) -> None:
    """Nothing changes a setting at run time."""
    loaded = load()

    with pytest.raises(ValidationError, match="frozen"):
        loaded.cluster_name = "other"


def test_variables_of_others_are_ignored(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable without the prefix means nothing, even where its name fits."""
    monkeypatch.setenv("CLUSTER_NAME", "other")

    assert load().cluster_name == "prod"


def test_identity_tells_processes_apart(load: Load) -> None:
    """By default the Lease's holder is this host and process."""
    assert load().identity.endswith(f"_{os.getpid()}")


def test_every_setting_is_described() -> None:
    """The documentation and the faults say what each is for."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_unknown_variables() -> None:
    """A slip of the pen is answered with the nearest setting."""
    warnings = settings.unknown_variables(
        {"EIP_NAMESPACE": "shop", "EIP_XYZZY": "1", "EIP_FOO": "1", "EIP_CLUSTER_NAME": "prod", "PATH": "/"}
    )

    assert warnings == [
        "EIP_FOO is not a setting and has no effect",
        "EIP_NAMESPACE is not a setting and has no effect; did you mean EIP_NAMESPACES?",
        "EIP_XYZZY is not a setting and has no effect",
    ]


def test_unknown_variables_show_no_values() -> None:
    """A misspelt password's name is shown, and not its value."""
    (warning,) = settings.unknown_variables({"EIP_REDIS_URI": "redis://:s3cret@redis"})

    assert "EIP_REDIS_URL" in warning
    assert "s3cret" not in warning


def test_limits_of_namespaces(load: Load) -> None:
    """One limit for all, others for some, and none by default."""
    loaded = load(NAMESPACE_LIMIT="5", NAMESPACE_LIMITS="games=50, bank=0")

    assert [loaded.limit_of(name) for name in ("shop", "games", "bank")] == [5, 50, 0]
    assert load(NAMESPACE_LIMIT="0", NAMESPACE_LIMITS="").limit_of("shop") == 0


@pytest.mark.parametrize("text", ["=3", "Games=3"])
def test_a_limit_of_no_namespace(load: Load, text: str) -> None:
    """It would limit nobody."""
    assert "EIP_NAMESPACE_LIMITS" in fault(load, NAMESPACE_LIMITS=text)


def test_a_limit_that_is_no_number(load: Load) -> None:
    """The variable and the value are named."""
    said = fault(load, NAMESPACE_LIMITS="games=many")

    assert "EIP_NAMESPACE_LIMITS" in said
    assert "many" in said
