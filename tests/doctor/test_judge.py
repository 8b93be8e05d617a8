"""All checks together: what is well passes, and what breaks or cannot be seen hides nothing else."""

from dataclasses import replace

import pytest

from cli.doctor.facts import AwsFacts, Facts, KubernetesFacts, RedisFacts
from cli.doctor.finding import Finding, Status, exit_code, fails, passes, unknown, warns
from cli.doctor.judge import CHECKS, judge
from cli.doctor.seen import Unseen
from tests.doctor.world import spoil


def _broken(facts: Facts) -> list[Finding]:
    raise ZeroDivisionError("by zero")


def test_a_healthy_installation_passes_every_check(facts: Facts) -> None:
    """Nothing is found wrong but that this role may write more tags than it should."""
    found = {finding.check: finding.status for finding in judge(facts)}

    assert {Status.PASS} == set(found.values())
    assert exit_code(judge(facts)) == 0


def test_a_check_that_raises_is_unknown_and_stops_no_other(facts: Facts) -> None:
    """It says that it broke, and asks for a report."""
    broken, fine = judge(facts, {"first": _broken, "second": lambda _: [passes("second", "well")]})

    assert (broken.status, broken.check) == (Status.UNKNOWN, "first")
    assert "ZeroDivisionError: by zero" in broken.seen
    assert fine.status is Status.PASS


def test_what_could_not_be_seen_is_said_with_why_and_the_mend(facts: Facts) -> None:
    """An unseen fact makes the check that needs it unknown."""
    hidden = spoil(facts, "kubernetes", lease=Unseen("no right to get leases", "ask an admin"))

    found = {finding.check: finding for finding in judge(hidden)}

    assert found["producer"] == Finding("producer", Status.UNKNOWN, "no right to get leases", "ask an admin")
    assert found["workers"].status is Status.PASS


def test_nothing_passes_that_was_not_looked_at(facts: Facts) -> None:
    """Without any fact no check but that of the settings says that all is well."""
    blind = replace(facts, kubernetes=KubernetesFacts(), redis=RedisFacts(), aws=AwsFacts())

    found = judge(blind)

    assert ["settings"] == [finding.check for finding in found if finding.status is Status.PASS]
    assert len(found) == len(CHECKS)


@pytest.mark.parametrize(
    ("findings", "allow_unknown", "code"),
    [
        pytest.param([passes("a", ""), warns("b", "", "")], False, 0, id="a-warning-does-not-count"),
        pytest.param([unknown("a", ""), fails("b", "", "")], False, 1, id="a-failure-counts-most"),
        pytest.param([unknown("a", ""), passes("b", "")], False, 3, id="something-unseen"),
        pytest.param([unknown("a", ""), warns("b", "", "")], True, 0, id="something-unseen-is-allowed"),
        pytest.param([unknown("a", ""), fails("b", "", "")], True, 1, id="a-failure-is-never-allowed"),
    ],
)
def test_exit_code(findings: list[Finding], allow_unknown: bool, code: int) -> None:  # noqa: FBT001
    """A failure is 1, something unseen 3 unless that is allowed."""
    assert code == exit_code(findings, allow_unknown=allow_unknown)
