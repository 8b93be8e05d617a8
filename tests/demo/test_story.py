"""How the demo plans: nodes with room for all pods, deletions that EC2's limits allow."""

import pytest

from sandbox.demo.__main__ import main
from sandbox.demo.story import LATER_PODS, UNLABELLED, WAVE, _waves, shape_for


@pytest.mark.parametrize("pods", [1, 30, 61, 300, 2000])
def test_the_nodes_have_room_for_all_pods(pods: int) -> None:
    """Whatever their number, every pod gets an IP, in the later acts too, without waiting for another's."""
    shape = shape_for(pods, tls=False)

    assert shape.nodes * shape.ips_per_node >= pods + UNLABELLED + LATER_PODS
    assert 3 <= shape.nodes


def test_deletes_all_pods_in_waves() -> None:
    """Each pod is in one wave, and no wave is more than EC2 lets be taken off their IPs in 30 s."""
    pods = [str(number) for number in range(2 * WAVE + 1)]

    waves = list(_waves(pods))

    assert pods == [pod for wave in waves for pod in wave]
    assert [WAVE, WAVE, 1] == [len(wave) for wave in waves]
    assert WAVE <= 30 * 5


@pytest.mark.parametrize("number", ["0", "-1", "many", "1e3", "2001"])
def test_refuses_what_is_no_number_of_pods(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the value and what is allowed, and nothing is started."""
    with pytest.raises(SystemExit) as ended:
        main([f"--pods={number}"])

    assert 2 == ended.value.code
    assert f"'{number}' is not a number of pods from 1 to 2000" in capsys.readouterr().err
