"""`eip`, also `kubectl eip`: the commands, each from the module of its name."""

import traceback
from pathlib import Path

import typer

from cli.commands.addresses import addresses
from cli.commands.explain import explain
from cli.commands.plan import plan
from cli.commands.queues import queues
from cli.commands.release import release
from cli.commands.retry import retry
from cli.commands.status import status
from cli.commands.sweep import sweep
from cli.commands.version import version
from cli.late import HELP_OPTIONS, Commands
from cli.output import printing
from cli.output.exits import EndedError, Exit
from cli.reach.sight import UNSEEN
from eip.errors import EipError, RedisUnfit, SettingsError

ROOT = Path(__file__).resolve().parents[1]

app = typer.Typer(
    name="eip",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=HELP_OPTIONS,
    help="See and mend what the k8s-eip-operator does.\n\n"
    "Reads the EIP_ variables of the workers, KUBECONFIG and AWS' own. Exit codes: 0 fine, 1 something "
    "is wrong or not there, 2 wrong arguments or settings, 3 not everything could be seen.",
)
for command in (status, explain, queues, addresses, plan, sweep, retry, release, version):
    app.command()(command)


def main() -> None:
    """Run the command that the arguments name; an error is one message on standard error."""
    try:
        app()
    except EndedError as error:
        _fail(error.code, str(error))
    except (SettingsError, RedisUnfit) as error:
        _fail(Exit.USAGE, str(error))
    except UNSEEN as error:
        _fail(Exit.PARTIAL, str(error))
    except EipError as error:
        _fail(Exit.WRONG, str(error))
    except Exception as error:  # noqa: BLE001 - a person gets one line, not a traceback
        _fail(Exit.WRONG, _unexpected(error))


def _fail(code: Exit, message: str) -> None:
    printing.note(message)
    raise SystemExit(int(code))


def _unexpected(error: Exception) -> str:
    """The kind of a failure that nobody foresaw, and the last place of ours that it came through."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(str(ROOT))]
    where = " < ".join(f"{Path(f.filename).relative_to(ROOT)}:{f.lineno}" for f in reversed(ours[-3:]))
    return f"this should not have happened: {type(error).__name__}: {error} ({where}); please report it"
