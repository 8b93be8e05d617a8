"""`eip queues`: what waits where, and the rate budget of each EC2 action."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.live import Live
from rich.text import Text

from cli.options import Output, OutputFormat
from cli.output import printing
from cli.output.exits import EndedError, Exit
from cli.output.tables import Column, table
from cli.reach import connections
from cli.reach.connections import Connections
from cli.reach.sight import REDIS, Sight
from cli.rows.queues import BucketRow, QueueRow, QueuesView, queues_view, waiting_in_words
from cli.rows.words import since

_BUCKETS: Sequence[Column[BucketRow]] = [
    Column("ACTION", lambda row: row.action),
    Column("TOKENS", lambda row: f"{row.tokens:.1f} of {row.burst}", lambda row: "yellow" * (row.tokens < 1)),
    Column("A SECOND", lambda row: f"{row.rate:g} of {row.full_rate:g}", lambda row: "yellow" * row.slowed),
]


def queues(
    *,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it again and again.")] = False,
    interval: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks with --watch.")] = 2.0,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Show what waits where, and the rate budget of each EC2 action."""
    if output is Output.NAME or (watch and output not in {Output.TABLE, Output.WIDE}):
        raise EndedError(Exit.USAGE, "-o may be table, json or yaml, and only table with --watch")
    ways = connections.connect()
    sight = Sight(ways.installation)
    view = sight.of(REDIS, lambda: _view(ways))
    if view is None:
        printing.end(sight)
    if watch:
        _watch(ways, view, interval)
    elif output in {Output.JSON, Output.YAML}:
        printing.data(view, output)
    else:
        printing.say(_text(view))
    printing.end(sight)


def _view(ways: Connections) -> QueuesView:
    redis = ways.redis()
    return queues_view(redis.backlog(), ways.settings.rates, redis.bucket)


def _watch(ways: Connections, view: QueuesView, interval: float) -> None:
    """Until Ctrl-C; where there is no terminal each look is printed below the one before."""
    console = printing.console()
    try:
        if not console.is_terminal:
            while True:
                printing.say(_text(view))
                printing.say()
                time.sleep(interval)
                view = _view(ways)
        with Live(_text(view), console=console, auto_refresh=False) as live:
            while True:
                time.sleep(interval)
                live.update(_text(_view(ways)), refresh=True)
    except KeyboardInterrupt:
        return


def _text(view: QueuesView) -> Text:
    now = datetime.now(UTC)
    lines: Sequence[Column[QueueRow]] = [
        Column("QUEUE", lambda row: row.queue),
        Column("MESSAGES", lambda row: str(row.messages)),
        Column("PODS", lambda row: str(row.wakeups)),
        Column("OLDEST", lambda row: since(row.oldest, now)),
    ]
    words = Text("\n".join(waiting_in_words(view, now)))
    return Text("\n\n").join([table(lines, view.queues), words, table(_BUCKETS, view.buckets)])
