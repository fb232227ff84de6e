"""What the commands load when they need it, loaded at once (see loaded_command.py)."""

import importlib
import os
import pkgutil

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command says it, before numpy is loaded

import connectors
import fingerprints
from streams.cli import build_app

build_app()
for package in (connectors, fingerprints):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
for name in (
    "streams.doctor",
    "streams.evidence_pack",
    "streams.logs",
    "streams.pipeline",
    "streams.report",
    "streams.scan",
    "streams.topic_admin",
    "streams.verdict_desk",
):
    importlib.import_module(name)
