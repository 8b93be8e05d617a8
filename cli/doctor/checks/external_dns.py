"""Whether the annotation that a running external-dns reads is among those that are written.

Since v0.22.0 (August 2026) it reads `external-dns.kubernetes.io/`, before it
`external-dns.alpha.kubernetes.io/`, and nothing else unless it is told:
https://github.com/kubernetes-sigs/external-dns/releases/tag/v0.22.0
"""

import re

from cli.doctor.facts import ExternalDns, Facts
from cli.doctor.finding import Finding, fails, passes, unknown
from cli.doctor.seen import known

CHECK = "external-dns"
STABLE = "external-dns.kubernetes.io/"
ALPHA = "external-dns.alpha.kubernetes.io/"
STABLE_SINCE = (0, 22)

_FLAG = "--annotation-prefix"
_LEGACY_TOO = "--enable-legacy-annotation-prefix"
_VARIABLE = "EXTERNAL_DNS_ANNOTATION_PREFIX"
_TAG = re.compile(r":v?(\d+)\.(\d+)")


def external_dns(facts: Facts) -> list[Finding]:
    """One finding for each that runs."""
    running = known(facts.kubernetes.external_dns)
    written = facts.settings.external_dns_annotations
    if not running:
        return [passes(CHECK, "none runs as a Deployment, so nobody reads the annotations")]
    return [_of_one(one, written) for one in running]


def prefixes(one: ExternalDns) -> tuple[str, ...]:
    """The prefixes that it reads; none when its version is not known and it is not told."""
    told = _told(one)
    found = _TAG.search(one.image)
    if told:
        first = told
    elif found:
        first = STABLE if (int(found[1]), int(found[2])) >= STABLE_SINCE else ALPHA
    else:
        return ()
    return (first, ALPHA) if _LEGACY_TOO in one.arguments else (first,)


def _of_one(one: ExternalDns, written: tuple[str, ...]) -> Finding:
    read = prefixes(one)
    if not read:
        seen = f"{one.name} runs {one.image}, whose version its tag does not tell"
        return unknown(CHECK, seen, f"see which prefix it reads: {STABLE} since v0.22.0, before it {ALPHA}")
    wanted = f"{read[0]}target"
    if not written:
        return passes(
            CHECK, f"{one.name} reads {wanted}; EIP_EXTERNAL_DNS_ANNOTATIONS is empty, so none is written"
        )
    if not any(f"{prefix}target" in written for prefix in read):
        mend = f"add {wanted} to EIP_EXTERNAL_DNS_ANNOTATIONS"
        return fails(CHECK, f"{one.name} reads {wanted}, and written is {', '.join(written)}", mend)
    return passes(CHECK, f"{one.name} reads {wanted}, which is written")


def _told(one: ExternalDns) -> str:
    arguments = one.arguments
    for index, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if flag == _FLAG:
            return value if equals else "".join(arguments[index + 1 : index + 2])
    return one.environment.get(_VARIABLE, "")
