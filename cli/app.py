"""`eip`, also `kubectl eip`: the commands, each from the module of its name."""

import typer

app = typer.Typer(no_args_is_help=True, help="See and mend what the k8s-eip-operator does.")


def main() -> None:
    """Run the command that the arguments name."""
    app()
