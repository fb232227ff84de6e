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
    "streams.doctor.doctor",
    "streams.evidence_packs.pack",
    "streams.logs",
    "streams.engine.pipeline",
    "streams.scan.report",
    "streams.scan.scan",
    "streams.kafka_clients.topic_admin",
    "streams.verdicts.desk",
):
    importlib.import_module(name)
