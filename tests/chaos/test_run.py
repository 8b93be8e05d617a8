"""A short run with the real processes, on a real kube-apiserver where there is one, else on the double."""

import pytest

from sandbox.chaos.__main__ import main

pytestmark = pytest.mark.journey


@pytest.mark.timeout(400)
def test_a_minute_of_chaos_ends_as_promised(capfd: pytest.CaptureFixture[str]) -> None:
    """All lanes of faults strike 40 pods in churn; afterwards nothing is lost, leaked or cut off."""
    code = main(["--minutes", "1", "--pods", "40", "--seed", "3"])

    printed = capfd.readouterr().out
    assert code == 0, printed
    assert all(f"-> {name}" in printed for name in ("EC2", "API server", "worker"))
