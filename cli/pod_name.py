"""Which pod is meant: NAME with a namespace, or NAMESPACE/NAME."""

from collections.abc import Callable
from dataclasses import dataclass

from cli.output.exits import EndedError, Exit


@dataclass(frozen=True, slots=True)
class PodName:
    """A pod as people name it."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"


def pod_name(text: str, namespace: str, default: Callable[[], str]) -> PodName:
    """The pod that is meant; `default` is asked for the namespace when nothing else names one.

    `pod/NAME`, as kubectl prints it, is NAME.

    Raises:
        EndedError: the text is no pod's name, or names another namespace than `namespace`.

    """
    first, slash, name = text.removeprefix("pod/").rpartition("/")
    if not name or (slash and not first) or "/" in first:
        raise EndedError(Exit.USAGE, f"{text!r} names no pod; write NAME or NAMESPACE/NAME")
    if first and namespace and first != namespace:
        raise EndedError(
            Exit.USAGE, f"{text} is in namespace {first}, and -n says {namespace}; leave one of them out"
        )
    return PodName(first or namespace or default(), name)
