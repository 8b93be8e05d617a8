"""Fail when a test run, read from its JUnit file, ran no test or skipped any: in CI a skip is a gap."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET


def faults(report: Path) -> list[str]:
    """Return what is wrong with the run, one line a fault; nothing for a run that left no gap."""
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314  pytest wrote it a moment ago
    if not cases:
        return ["No test ran."]
    return [
        f"Skipped: {case.get('classname')}::{case.get('name')}: {skipped.get('message')}"
        for case in cases
        for skipped in case.iter("skipped")
        if skipped.get("type") != "pytest.xfail"
    ]


if __name__ == "__main__":
    found = faults(Path(sys.argv[1]))
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    sys.exit(bool(found))
