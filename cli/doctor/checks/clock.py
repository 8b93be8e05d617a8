"""The clocks agree: signatures and Leases are dated by the machine, all ages by Redis."""

from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, fails, passes, unknown, warns
from cli.doctor.seen import Unseen, known

CHECK = "clock"
NOTICEABLE = 5.0
REFUSED = 240.0
"""Seconds; EC2 refuses a signature that is five minutes off."""

_NTP = "see whether chrony or ntpd runs on this machine and on Redis'"


def clock(facts: Facts) -> list[Finding]:
    """This machine's clock against those of Redis and of EC2, which is known to the second."""
    against = {"Redis": facts.redis.clock_ahead, "EC2": facts.aws.clock_ahead}
    offsets = {name: ahead for name, ahead in against.items() if not isinstance(ahead, Unseen)}
    if not offsets:
        known(facts.redis.clock_ahead)
    seen = ", ".join(f"{name} is {round(ahead, 1) + 0.0:+} s from here" for name, ahead in offsets.items())
    if abs(offsets.get("EC2", 0.0)) > REFUSED:
        return [fails(CHECK, f"{seen}; EC2 refuses what is signed five minutes off", _NTP)]
    if any(abs(ahead) > NOTICEABLE for ahead in offsets.values()):
        return [warns(CHECK, seen, _NTP)]
    if len(offsets) < len(against):
        return [unknown(CHECK, f"{seen}; the other could not be asked")]
    return [passes(CHECK, seen)]
