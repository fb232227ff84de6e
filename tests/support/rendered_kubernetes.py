"""The overlays of deploy/kubernetes, rendered, and with each component added."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy_commands import Part
from kustomized import KUBERNETES, Manifest, containers_of, pod_of, rendered

SETS = ("small", "production", "production+shards", "production+connector", "production+shards+connector")
"""An overlay, and the components that are switched on in it."""


def written(name: str, folder: Path) -> Path:
    """The overlay in a copy of the whole, its components switched on; the place of its kustomization.yaml."""
    overlay, *components = name.split("+")
    shutil.copytree(KUBERNETES, folder / "kubernetes")
    place = folder / "kubernetes" / "overlays" / overlay
    if components:
        file = place / "kustomization.yaml"
        text = file.read_text().replace("# components:", "components:")
        for each in components:
            assert f"#   - ../../components/{each} " in text, each
            text = text.replace(f"#   - ../../components/{each} ", f"  - ../../components/{each} ")
        file.write_text(text)
    return place


@cache
def objects_of(name: str) -> tuple[Manifest, ...]:
    """All objects of one of `SETS`."""
    with TemporaryDirectory() as folder:
        return tuple(rendered(written(name, Path(folder))))


def workloads(name: str) -> list[Manifest]:
    """Those that make pods."""
    return [one for one in objects_of(name) if pod_of(one) is not None]


def parts_of(name: str) -> list[Part]:
    """All containers as processes; a pod's own number is put in as 1."""
    configs = {
        key: text
        for one in objects_of(name)
        if one["kind"] == "ConfigMap"
        for key, text in one["data"].items()
    }
    found = []
    for workload in workloads(name):
        for container in containers_of(workload):
            environment = {each["name"]: each.get("value", "1") for each in container.get("env", ())}
            arguments = [
                each.replace("$(SHARD)", environment["SHARD"]) if "$(SHARD)" in each else each
                for each in container["args"]
            ]
            mount = next(each for each in container["volumeMounts"] if each["name"] == "settings")
            found.append(
                Part(
                    name=workload["metadata"]["name"],
                    arguments=tuple(arguments),
                    environment=environment,
                    configs={f"{mount['mountPath']}/{key}": text for key, text in configs.items()},
                )
            )
    return found
