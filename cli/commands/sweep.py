"""`eip sweep`: have EC2, the claims and Kubernetes compared now, and mended."""

from cli.output import printing
from cli.reach import connections
from cli.reach.sight import REDIS, Sight


def sweep() -> None:
    """Have EC2, the claims and Kubernetes compared and mended now."""
    ways = connections.connect()
    sight = Sight(ways.installation)
    sight.of(REDIS, lambda: ways.redis().sweep())
    if not sight.missing:
        printing.say("sweep sent; `eip plan` shows what is left to do once a worker has done it")
    printing.end(sight)
