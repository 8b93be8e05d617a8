"""What is made from chart and settings: its README, a part of its schema, and deploy/install.yaml.

python -m tests.chart.generate [--check]      write them, or say which are stale
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from eip.settings import Settings
from tests.chart.helm import CHART, NAMESPACE, ROOT, Manifest, render

OWN_VALUES = frozenset(
    {
        "cluster_name",
        "cluster_uid",
        "redis_url",
        "redis_username",
        "redis_password",
        "redis_ca_file",
        "namespaces",
        "nodes",
        "vpc_id",
        "read_nodes",
        "lease_namespace",
        "identity",
        "health_port",
    }
)
"""Settings that the chart sets from values of their own, or that follow from where a pod runs."""

_KEY = re.compile(r"^( *)([A-Za-z][A-Za-z0-9]*):")
_MADE = "made by `python -m tests.chart.generate`"


def setting_names() -> dict[str, str]:
    """The names in `settings` of the values, and the fields of eip.settings that they set."""
    return {_camel(name): name for name in Settings.model_fields if name not in OWN_VALUES}


def schema() -> str:
    """values.schema.json with the part on `settings` as eip/settings.py has it."""
    whole = json.loads((CHART / "values.schema.json").read_text())
    settings = Settings.model_json_schema()
    fields, named = settings["properties"], settings.get("$defs", {})
    properties = {key: _plain(fields[name], named) for key, name in setting_names().items()}
    whole["$defs"]["settings"] = {"type": "object", "additionalProperties": False, "properties": properties}
    return json.dumps(whole, indent=2) + "\n"


def readme() -> str:
    """The chart's README: its template, with the table of all values."""
    rows = [f"| `{path}` | {_cell(default)} | {text} |" for path, default, text in documented_values()]
    table = "\n".join(["| Value | Default | Meaning |", "| --- | --- | --- |", *rows])
    template = (CHART / "README.md.in").read_text()
    return f"<!-- From README.md.in and values.yaml, {_MADE}. -->\n" + template.replace("{{values}}", table)


def documented_values() -> Iterator[tuple[str, Any, str]]:
    """Path, default and description of each value that values.yaml describes by a comment `# --`."""
    text = (CHART / "values.yaml").read_text()
    values = yaml.safe_load(text)
    above: list[tuple[int, str]] = []
    comment: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            comment = (
                [stripped[4:].strip()] if stripped.startswith("# --") else [*comment, stripped[1:].strip()]
            )
            continue
        if found := _KEY.match(line):
            depth = len(found[1])
            above = [*((d, key) for d, key in above if d < depth), (depth, found[2])]
            keys = [key for _, key in above]
            if comment:
                yield ".".join(keys), _at(values, keys), " ".join(comment)
        comment = []


def install_manifest() -> str:
    """deploy/install.yaml: the chart with its defaults, without what is Helm's."""
    manifests = render(
        {
            "clusterName": "CLUSTER_NAME",
            "region": "us-east-1",
            "image": {"repository": "REGISTRY/k8s-eip-operator"},
        }
    )
    namespace: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    lasting = sorted((each for each in manifests if not _is_test(each)), key=_order)
    plain = [namespace, *map(_without_helm, lasting)]
    head = (
        f"# The chart in helm/ with its defaults, {_MADE}. Three words are yours:\n"
        "#   sed -e s/CLUSTER_NAME/mine/ -e s/us-east-1/eu-central-1/ -e s,REGISTRY,registry.example, \\\n"
        "#     install.yaml | kubectl apply -f -\n"
    )
    return head + yaml.safe_dump_all(plain, sort_keys=False, width=110)


PAGES = {
    CHART / "values.schema.json": schema,
    CHART / "README.md": readme,
    ROOT / "deploy" / "install.yaml": install_manifest,
}


def stale() -> list[str]:
    """The pages that are not what they are made from says."""
    return [
        str(path.relative_to(ROOT))
        for path, page in PAGES.items()
        if not path.exists() or path.read_text() != page()
    ]


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or compare them; 1 when one is stale."""
    if "--check" not in arguments:
        for path, page in PAGES.items():
            path.write_text(page())
        return 0
    for name in (found := stale()):
        print(f"{name} is stale: run `python -m tests.chart.generate`", file=sys.stderr)  # noqa: T201
    return 1 if found else 0


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _plain(field: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """The field without what a user does not need, and without references into its own schema."""
    if reference := field.get("$ref"):
        return _plain(named[reference.rpartition("/")[2]], named)
    plain = {key: value for key, value in field.items() if key not in {"title", "default"}}
    if "items" in plain:
        plain["items"] = _plain(plain["items"], named)
    return plain


def _at(values: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        values = values[key]
    return values


def _cell(default: object) -> str:
    text = json.dumps(default)
    return f"`{text}`" if text != '""' else ""


def _order(manifest: Manifest) -> int:
    """The Job that makes the Secrets and what it needs come first: the others wait for the Secrets."""
    return 0 if manifest["metadata"]["labels"]["app.kubernetes.io/component"] == "secrets" else 1


def _is_test(manifest: Manifest) -> bool:
    """Whether only `helm test` makes it."""
    return bool(manifest["metadata"].get("annotations", {}).get("helm.sh/hook") == "test")


def _without_helm(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    annotations = {k: v for k, v in metadata.pop("annotations", {}).items() if not k.startswith("helm.sh/")}
    if annotations:
        metadata["annotations"] = annotations
    for label in ("helm.sh/chart", "app.kubernetes.io/managed-by"):
        metadata["labels"].pop(label)
    return manifest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
