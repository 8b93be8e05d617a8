"""Commands whose modules are imported when they are called: they would make `eip --help` slow."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


@dataclass(frozen=True, slots=True)
class Late:
    """Where a command is, a function or a Typer of its own, and the first sentence of its help."""

    module: str
    attribute: str
    help: str

    def load(self) -> Callable[..., Any] | typer.Typer:
        """The command itself."""
        found: Callable[..., Any] | typer.Typer = getattr(import_module(self.module), self.attribute)
        return found


LATE = {
    "doctor": Late(
        "cli.doctor.command",
        "doctor",
        "Check an installation, and say what to do about what is wrong.",
    ),
    "migrate": Late(
        "cli.migrate.command",
        "app",
        "Move over from another operator, and back.",
    ),
    "iam-policy": Late(
        "cli.iam.policy", "iam_policy", "Print the IAM policy of the workers, as narrow as EC2 allows."
    ),
}


class Commands(TyperGroup):
    """The commands of `eip`; of the late ones only names and help, until one is called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, late in LATE.items():
            self.add_command(TyperCommand(name, help=late.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Which command the arguments name, imported if it is a late one."""
        if args and args[0] in LATE:
            self.add_command(_made(args[0]), args[0])
        return super().resolve_command(ctx, args)


def _made(name: str) -> Any:
    around = typer.Typer(rich_markup_mode=None, add_completion=False)
    command = LATE[name].load()
    if isinstance(command, typer.Typer):
        around.add_typer(command, name=name, context_settings=HELP_OPTIONS)
    else:
        around.command(name, context_settings=HELP_OPTIONS)(command)
    return get_group(around).commands[name]
