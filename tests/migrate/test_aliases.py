"""Which marks of other operators ask for an address."""

import pytest

from eip import names
from eip.aliases import Alias, managed_by_alias

MANAGE, AUTOCREATE = "eip.materialize.cloud/manage", "eip.materialize.cloud/autocreate_eip"
TYPE = "aws-samples.github.com/aws-pod-eip-controller-type"
BOTH = tuple(Alias)


@pytest.mark.parametrize(
    ("labels", "annotations", "aliases", "managed"),
    [
        pytest.param({MANAGE: "true", AUTOCREATE: "true"}, {}, BOTH, True, id="Materialize's own address"),
        pytest.param(
            {MANAGE: "", AUTOCREATE: "True"}, {}, BOTH, True, id="any value of manage, any case of true"
        ),
        pytest.param({MANAGE: "true"}, {}, BOTH, False, id="an Eip made by hand"),
        pytest.param({AUTOCREATE: "true"}, {}, BOTH, False, id="without manage"),
        pytest.param({MANAGE: "true", AUTOCREATE: "false"}, {}, BOTH, False, id="autocreate false"),
        pytest.param(
            {}, {MANAGE: "true", AUTOCREATE: "true"}, BOTH, False, id="annotations in place of labels"
        ),
        pytest.param({}, {TYPE: "auto"}, BOTH, True, id="aws-samples auto"),
        pytest.param({}, {TYPE: "fixed-tag"}, BOTH, False, id="aws-samples' address of the user's own"),
        pytest.param({TYPE: "auto"}, {}, BOTH, False, id="a label in place of the annotation"),
        pytest.param({}, {TYPE: "auto"}, (Alias.MATERIALIZE,), False, id="an alias that is not on"),
        pytest.param({}, {TYPE: "auto"}, (), False, id="no alias"),
        pytest.param({names.MANAGE_LABEL: "false"}, {TYPE: "auto"}, BOTH, False, id="our label says no"),
        pytest.param(None, None, BOTH, False, id="nothing at all"),
    ],
)
def test_what_asks_for_an_address(
    labels: dict[str, str] | None,
    annotations: dict[str, str] | None,
    aliases: tuple[Alias, ...],
    managed: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """Only an address of the pod's own counts, and our own label wins."""
    assert managed_by_alias(labels, annotations, aliases) is managed
