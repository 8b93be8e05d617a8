"""Options and arguments that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer


class Output(StrEnum):
    """How rows are printed, as with kubectl."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


POD = "POD"

AnyPod = Annotated[
    str | None,
    typer.Argument(metavar=POD, help="NAME or NAMESPACE/NAME; all pods without it.", show_default=False),
]
OnePod = Annotated[str, typer.Argument(metavar=POD, help="NAME or NAMESPACE/NAME.", show_default=False)]
Namespace = Annotated[
    str,
    typer.Option("--namespace", "-n", metavar="NAME", help="Namespace to look in.", show_default=False),
]
AllNamespaces = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="All namespaces, as without -n.", show_default=False)
]
Context = Annotated[
    str,
    typer.Option(
        "--context",
        metavar="NAME",
        help="Context of the kubeconfig; the current one by default.",
        show_default=False,
    ),
]
OutputFormat = Annotated[Output, typer.Option("--output", "-o", help="How to print.")]
