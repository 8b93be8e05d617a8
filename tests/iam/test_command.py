"""`eip iam-policy`: what it prints, and what it says to wrong options."""

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from cli.iam.policy import iam_policy, policy

VPC = "vpc-0123456789abcdef0"
NEEDED = {"--cluster": "games", "--vpc": VPC, "--region": "eu-central-1"}
ENVIRONMENT = ("EIP_CLUSTER_NAME", "EIP_VPC_ID", "AWS_REGION", "AWS_DEFAULT_REGION")


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test says counts."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


def run(*flags: str, **options: str) -> Result:
    """What the command says; an option that is empty is left out."""
    app = typer.Typer(rich_markup_mode=None)
    app.command()(iam_policy)
    given = {**NEEDED, **{f"--{name}": value for name, value in options.items()}}
    words = [word for name, value in given.items() if value for word in (name, value)]
    return CliRunner().invoke(app, [*words, *flags])


def test_prints_the_policy_and_nothing_else() -> None:
    """The output can be given to `aws iam create-policy`."""
    done = run()

    assert done.exit_code == 0
    assert json.loads(done.stdout) == json.loads(json.dumps(policy("games", VPC, "eu-central-1")))


def test_options_add_what_they_say() -> None:
    """Each of them, with the account and a second pool."""
    pools = ["ipam-pool-0123456789abcdef0", "ipv4pool-ec2-0123456789abcdef0"]
    flags = ["--kept", "--lent", "--reverse-dns", "--quota", *(f"--pool={pool}" for pool in pools)]
    wanted = policy(
        "games",
        VPC,
        "eu-central-1",
        "123456789012",
        kept=True,
        lent=True,
        reverse_dns=True,
        quota=True,
        pools=pools,
    )

    assert json.loads(run(*flags, account="123456789012").stdout) == json.loads(json.dumps(wanted))


def test_the_region_says_the_partition() -> None:
    """Unless that is said."""
    assert "arn:aws-cn:" in run(region="cn-north-1").stdout
    assert "arn:aws-iso:" in run(region="us-iso-east-1", partition="aws-iso").stdout


def test_takes_what_the_operators_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the command can be run in a worker's container as it is."""
    for name, value in zip(ENVIRONMENT, ("games", VPC, "eu-central-1"), strict=False):
        monkeypatch.setenv(name, value)

    assert json.loads(run(cluster="", vpc="", region="").stdout) == json.loads(run().stdout)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("cluster", "ga*mes"),
        ("cluster", "${aws:PrincipalTag/x}"),
        ("vpc", "vpc-*"),
        ("vpc", "*"),
        ("region", "*"),
        ("account", "1234"),
        ("partition", "azure"),
        ("pool", "*"),
        ("pool", "eipalloc-0123456789abcdef0"),
    ],
)
def test_refuses_what_would_widen_or_empty_the_policy(option: str, value: str) -> None:
    """A wildcard, a policy variable or a typing error, with the value in the message."""
    done = run(**{option: value})

    assert done.exit_code == 2
    assert done.stdout == ""
    assert repr(value) in done.stderr
    assert f"--{option}" in done.stderr


@pytest.mark.parametrize("option", ["cluster", "vpc", "region"])
def test_refuses_to_guess(option: str) -> None:
    """What confines the policy is said, or the command ends."""
    done = run(**{option: ""})

    assert done.exit_code == 2
    assert f"--{option}" in done.stderr
