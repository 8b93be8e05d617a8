"""The variables of a container, as the kubelet makes them of its pod's spec, Secrets and ConfigMaps."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.chart.helm import Manifest

Read = Callable[[str, str], Mapping[str, str]]
"""What an object holds, by its kind (`secret` or `configMap`) and its name."""

_OTHER = re.compile(r"\$\((\w+)\)")


def variables(container: Manifest, read: Read) -> dict[str, str]:
    """All of `envFrom`, then `env`, in which $(NAME) stands for a variable before it."""
    made: dict[str, str] = {}
    for source in container.get("envFrom", []):
        [(kind, reference)] = source.items()
        made |= read(kind.removesuffix("Ref"), reference["name"])
    for variable in container.get("env", []):
        made[variable["name"]] = _value(variable, made, read)
    return made


def _value(variable: Mapping[str, Any], made: Mapping[str, str], read: Read) -> str:
    if "valueFrom" in variable:
        [(kind, reference)] = variable["valueFrom"].items()
        return read(kind.removesuffix("KeyRef"), reference["name"])[reference["key"]]
    return _OTHER.sub(lambda found: made[found[1]], variable["value"])
