"""The clocks agree: signatures and Leases are dated by the machine, all ages by Redis."""

from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, fails, passes, unknown, warns
from cli.doctor.seen import Unseen, known

CHECK = "clock"
NOTICEABLE = 5.0
REFUSED = 240.0
"""Seconds; AWS wants most requests within five minutes of their time stamp, EC2's RequestExpired says 15.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html
"""

_NTP = "see whether chrony or ntpd runs on this machine and on Redis'"


def clock(facts: Facts) -> list[Finding]:
    """This machine's clock against those of Redis and of EC2, which is known to the second."""
    against = {"Redis": facts.redis.clock_ahead, "EC2": facts.aws.clock_ahead}
    offsets = {name: ahead for name, ahead in against.items() if not isinstance(ahead, Unseen)}
    if not offsets:
        known(facts.redis.clock_ahead)
    seen = ", ".join(f"{name} is {round(ahead, 1) + 0.0:+} s from here" for name, ahead in offsets.items())
    if abs(offsets.get("EC2", 0.0)) > REFUSED:
        return [fails(CHECK, f"{seen}; AWS may refuse what is signed five minutes off", _NTP)]
    if any(abs(ahead) > NOTICEABLE for ahead in offsets.values()):
        return [warns(CHECK, seen, _NTP)]
    if len(offsets) < len(against):
        return [unknown(CHECK, f"{seen}; the other could not be asked")]
    return [passes(CHECK, seen)]
