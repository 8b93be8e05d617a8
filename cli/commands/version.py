"""`eip version`: of this program, and of what it stands on."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated

import typer

PACKAGE = "k8s-eip-operator"
BELOW = ("celery", "redis", "boto3", "kubernetes")


def version(
    *, short: Annotated[bool, typer.Option("--short", help="Print the number alone.")] = False
) -> None:
    """Show the versions of this program and of what is below it."""
    if short:
        typer.echo(_of(PACKAGE))
        return
    typer.echo(f"{PACKAGE} {_of(PACKAGE)}")
    typer.echo(f"Python {platform.python_version()}, " + ", ".join(f"{name} {_of(name)}" for name in BELOW))


def _of(package: str) -> str:
    try:
        return installed(package)
    except PackageNotFoundError:
        return "unknown"
