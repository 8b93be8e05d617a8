"""What in deploy/aws is made from `eip iam-policy`: for people without it, and for Terraform.

python -m tests.iam.generate [--check]      write it, or say what is stale

Both are templates as envsubst and Terraform's templatefile read them.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.iam.policy import policy

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "aws"
PARTS: dict[str, dict[str, Any]] = {
    "kept": {"kept": True},
    "lent": {"lent": True},
    "reverse_dns": {"reverse_dns": True},
    "quota": {"quota": True},
    "pools": {"pools": ["${POOL}"]},
}


def always() -> dict[str, Any]:
    """The policy without any part."""
    return template()


def parts() -> dict[str, Any]:
    """The statements of each part by its name."""
    length = len(always()["Statement"])
    return {part: template(**options)["Statement"][length:] for part, options in PARTS.items()}


def template(**options: Any) -> dict[str, Any]:
    """The policy with variables in place of what is the user's."""
    return policy(
        "${CLUSTER_NAME}", "${VPC_ID}", "${REGION}", "${ACCOUNT}", partition="${PARTITION}", **options
    )


FILES = {FOLDER / "policy.json": always, FOLDER / "parts.json": parts}


def stale() -> list[str]:
    """The files that are not what the code says."""
    return [
        path.name for path, made in FILES.items() if not path.exists() or path.read_text() != _text(made())
    ]


def main(arguments: Sequence[str]) -> int:
    """Write the files, or compare them; 1 when one is stale."""
    if "--check" not in arguments:
        for path, made in FILES.items():
            path.write_text(_text(made()))
        return 0
    for name in (found := stale()):
        print(f"deploy/aws/{name} is stale: run `python -m tests.iam.generate`", file=sys.stderr)  # noqa: T201
    return 1 if found else 0


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
