"""What kustomize makes of deploy/kubernetes, for machines without kustomize.

The part of kustomize that those folders use, no more: resources, components, images, configMapGenerator, and patches
that are JSON 6902 or `$patch: delete`. Anything else raises. Where kustomize is, a test holds this to it. Names of
generated ConfigMaps stay without the digest of their content.
"""

import copy
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]

KNOWN = {"apiVersion", "kind", "resources", "components", "images", "configMapGenerator", "patches"}
KUBERNETES = Path(__file__).parents[2] / "deploy" / "kubernetes"


def documents(path: Path) -> list[Manifest]:
    """The YAML documents of a file."""
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one is not None]


def rendered(folder: Path) -> list[Manifest]:
    """All objects of a folder with a kustomization.yaml."""
    return _into([], folder)


def _into(objects: list[Manifest], folder: Path) -> list[Manifest]:
    (wanted,) = documents(folder / "kustomization.yaml")
    if unknown := set(wanted) - KNOWN:
        raise NotImplementedError(f"{folder}: {unknown}")
    objects = list(objects)
    for name in wanted.get("resources", ()):
        place = folder / name
        objects += rendered(place) if place.is_dir() else documents(place)
    for name in wanted.get("components", ()):
        objects = _into(objects, folder / name)
    objects += [_config_map(folder, one) for one in wanted.get("configMapGenerator", ())]
    for patch in wanted.get("patches", ()):
        objects = _patched(objects, folder, patch)
    for image in wanted.get("images", ()):
        for container in (each for one in objects for each in containers_of(one)):
            if container["image"] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"
    return objects


def _config_map(folder: Path, wanted: Manifest) -> Manifest:
    assert set(wanted) == {"name", "namespace", "files"}, wanted
    return {
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": wanted["name"], "namespace": wanted["namespace"]},
        "data": {name: (folder / name).read_text(encoding="utf-8") for name in wanted["files"]},
    }  # fmt: skip


def _patched(objects: list[Manifest], folder: Path, patch: Manifest) -> list[Manifest]:
    text = patch.get("patch") or (folder / patch["path"]).read_text(encoding="utf-8")
    body = yaml.safe_load(text)
    if isinstance(body, dict):
        assert body["$patch"] == "delete", body
        target = {"kind": body["kind"], "name": body["metadata"]["name"]}
        kept = [one for one in objects if not _is(one, target)]
        assert len(kept) == len(objects) - 1, f"{target} is not there"
        return kept
    done = [copy.deepcopy(one) for one in objects]
    chosen = [one for one in done if _is(one, patch["target"])]
    assert chosen, f"{patch['target']} is not there"
    for one in chosen:
        for operation in body:
            _apply(one, operation)
    return done


def _is(manifest: Manifest, target: Manifest) -> bool:
    return manifest["kind"] == target["kind"] and manifest["metadata"]["name"] == target["name"]


def _apply(manifest: Manifest, operation: Manifest) -> None:
    """One operation of RFC 6902."""
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    place: Any = manifest
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    match operation["op"], place:
        case "add", list() if last == "-":
            place.append(copy.deepcopy(operation["value"]))
        case "replace", list():
            place[int(last)] = copy.deepcopy(operation["value"])
        case "add", dict():
            place[last] = copy.deepcopy(operation["value"])
        case "replace", dict():
            assert last in place, operation
            place[last] = copy.deepcopy(operation["value"])
        case "remove", dict():
            del place[last]
        case _:
            raise NotImplementedError(str(operation))


def pod_of(manifest: Manifest) -> Manifest | None:
    """The pod that a workload makes: its metadata and spec; None of what makes none."""
    template = manifest.get("spec", {}).get("template") if isinstance(manifest.get("spec"), dict) else None
    return template if isinstance(template, dict) and "containers" in template.get("spec", {}) else None


def containers_of(manifest: Manifest) -> list[Manifest]:
    """All containers of the pod that it makes."""
    pod = pod_of(manifest)
    return [] if pod is None else [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector chooses what has these labels; an empty one chooses all."""
    if any(labels.get(name) != value for name, value in selector.get("matchLabels", {}).items()):
        return False
    for one in selector.get("matchExpressions", ()):
        among = labels.get(one["key"]) in one["values"]
        if among != {"In": True, "NotIn": False}[one["operator"]]:
            return False
    return True
