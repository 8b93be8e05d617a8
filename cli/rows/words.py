"""Times and texts as people read them."""

from datetime import UTC, datetime

NOTHING = "-"

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_TWO_DIGITS = 10


def age(seconds: float) -> str:
    """A span as kubectl shows it: 42s, 12m, 3h5m, 9d4h; the smaller unit only beside a short larger one."""
    left = max(0, int(seconds))
    for place, (unit, size) in enumerate(_UNITS):
        if left >= size:
            whole, rest = divmod(left, size)
            smaller = rest // _UNITS[place + 1][1] if unit != "s" else 0
            return f"{whole}{unit}" + (
                f"{smaller}{_UNITS[place + 1][0]}" if smaller and whole < _TWO_DIGITS else ""
            )
    return "0s"


def since(moment: datetime | None, now: datetime) -> str:
    """The age of a moment, or a dash."""
    return age((now - moment).total_seconds()) if moment else NOTHING


def moment(milliseconds: int) -> datetime | None:
    """A time of Redis; None for 0, which is no time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds > 0 else None


def parsed(text: str) -> datetime | None:
    """An RFC 3339 time of Kubernetes or of a tag; None for what is none."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.replace(tzinfo=read.tzinfo or UTC)


def plain(text: str) -> str:
    """Text of others without what a terminal would take for a command."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
