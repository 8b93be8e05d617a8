"""CI's last word: a run that left out a test has failed."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / ".ci" / "all_ran.py"
PASSED = '<testcase classname="tests.plan" name="test_empty"/>'
SKIPPED = (
    '<testcase classname="tests.cluster" name="test_watch">'
    '<skipped type="pytest.skip" message="no Go"/></testcase>'
)
XFAILED = (
    '<testcase classname="tests.ec2" name="test_lag"><skipped type="pytest.xfail" message="moto"/></testcase>'
)


def judge(folder: Path, *cases: str) -> subprocess.CompletedProcess[str]:
    """Run the program on a report of these cases."""
    report = folder / "tests.xml"
    report.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    return subprocess.run([sys.executable, PROGRAM, report], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("cases", [[PASSED], [PASSED, XFAILED]], ids=["passed", "expected-failure"])
def test_a_whole_run_is_good(tmp_path: Path, cases: list[str]) -> None:
    """Passed tests and expected failures leave no gap, and nothing is printed after pytest's closing line."""
    result = judge(tmp_path, *cases)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_skip_is_a_failure(tmp_path: Path) -> None:
    """A skipped test fails CI by name and reason."""
    result = judge(tmp_path, PASSED, SKIPPED)

    assert result.returncode == 1
    assert result.stderr == "Skipped: tests.cluster::test_watch: no Go\n"


def test_no_test_is_a_failure(tmp_path: Path) -> None:
    """A run of no tests proves nothing."""
    result = judge(tmp_path)

    assert result.returncode == 1
    assert result.stderr == "No test ran.\n"
