"""The environment of a process that needs what tests share, as pytest's own `pythonpath` gives it to tests."""

import os
from pathlib import Path


def with_support() -> dict[str, str]:
    """This process's environment, with tests/support where modules are looked for."""
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
