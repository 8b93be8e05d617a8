"""How a distribution is told in one line; pure."""

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values does not exceed; NaN of none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def spread(ordered: Sequence[float]) -> str:
    """Count, median, 95th and 99th percentile and longest, in seconds; `ordered` is shortest first."""
    if not ordered:
        return "none"
    shares = ", ".join(f"p{share} {percentile(ordered, share / 100):.1f}" for share in (50, 95, 99))
    return f"{len(ordered)}: {shares}, longest {ordered[-1]:.1f} s"
