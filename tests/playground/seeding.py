"""compose/seed.py as a module: it is a script in a folder that is no package."""

import importlib.util
from pathlib import Path
from types import ModuleType

SCRIPT = Path(__file__).resolve().parents[2] / "compose" / "seed.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("seed", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


seed = _load()
