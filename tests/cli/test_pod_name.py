"""Which pod is meant."""

from typing import NoReturn

import pytest

from cli.output.exits import EndedError, Exit
from cli.pod_name import pod_name


def nobody_asks() -> NoReturn:
    """The context's namespace is not needed."""
    raise AssertionError


@pytest.mark.parametrize(
    ("text", "namespace", "meant"),
    [
        pytest.param("shop/web", "", "shop/web", id="namespace-and-name"),
        pytest.param("web", "shop", "shop/web", id="name-and-option"),
        pytest.param("shop/web", "shop", "shop/web", id="twice-the-same"),
        pytest.param("pod/web", "shop", "shop/web", id="as-kubectl-prints-names"),
    ],
)
def test_a_pod_is_named_as_with_kubectl(text: str, namespace: str, meant: str) -> None:
    """The kubeconfig is not read where a namespace is named."""
    assert str(pod_name(text, namespace, nobody_asks)) == meant


def test_a_name_alone_is_of_the_context() -> None:
    """The context's namespace is the default, as with kubectl."""
    assert str(pod_name("web", "", lambda: "games")) == "games/web"


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        pytest.param("a/b/c", "", id="three-parts"),
        pytest.param("shop/", "", id="no-name"),
        pytest.param("/web", "", id="no-namespace"),
        pytest.param("", "", id="nothing"),
        pytest.param("shop/web", "games", id="two-namespaces"),
    ],
)
def test_what_names_no_pod_is_wrong_usage(text: str, namespace: str) -> None:
    """It is refused before anything is asked."""
    with pytest.raises(EndedError) as ended:
        pod_name(text, namespace, nobody_asks)

    assert ended.value.code is Exit.USAGE
