"""deploy/kubernetes renders, and every object is what Kubernetes takes."""

import copy
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_schema import faults_of
from kustomized import KUBERNETES, Manifest
from rendered_kubernetes import SETS, objects_of, written

CUSTOM: dict[str, dict[str, Any]] = {
    "keda.sh/v1alpha1 ScaledObject": {
        "scaleTargetRef": {"apiVersion": str, "kind": str, "name": str},
        "minReplicaCount": int, "maxReplicaCount": int, "pollingInterval": int, "cooldownPeriod": int,
        "fallback": {"failureThreshold": int, "replicas": int},
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {
            side: {"stabilizationWindowSeconds": int, "policies": [{"type": str, "value": int, "periodSeconds": int}]}
            for side in ("scaleUp", "scaleDown")}}},
        "triggers": [{"type": str, "authenticationRef": {"name": str}, "metadata": dict.fromkeys(("bootstrapServers", "consumerGroup", "topic", "lagThreshold", "activationLagThreshold", "offsetResetPolicy", "allowIdleConsumers", "version"), str)}],
    },
    "keda.sh/v1alpha1 TriggerAuthentication": {"secretTargetRef": [{"parameter": str, "name": str, "key": str}]},
    "monitoring.coreos.com/v1 PodMonitor": {
        "selector": {"matchLabels": {"app.kubernetes.io/name": str}, "matchExpressions": [{"key": str, "operator": str, "values": [str]}]},
        "podMetricsEndpoints": [{"port": str, "path": str, "interval": str, "relabelings": [
            {"sourceLabels": [str], "regex": str, "targetLabel": str, "replacement": str}]}],
    },
}  # fmt: skip
"""Of others' kinds the fields that we use. They were held against the definitions of KEDA and of the Prometheus operator
by hand (docs/deployment.md)."""


def kind_of(manifest: Manifest) -> str:
    return f"{manifest['apiVersion']} {manifest['kind']}"


def differs(value: Any, shape: Any, place: str) -> list[str]:
    """Where the value has not that shape; what the shape has may be missing."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [place]
        return [
            found
            for name, one in value.items()
            for found in (
                differs(one, shape[name], f"{place}.{name}") if name in shape else [f"{place}.{name}"]
            )
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [place]
        return [found for one in value for found in differs(one, shape[0], f"{place}[]")]
    return [] if type(value) is shape else [place]


@pytest.mark.parametrize("name", SETS)
def test_every_object_is_what_kubernetes_takes(name: str) -> None:
    assert len(objects_of(name)) > 20
    for one in objects_of(name):
        known = CUSTOM.get(kind_of(one))
        faults = faults_of(one) if known is None else differs(one["spec"], known, kind_of(one))
        assert not faults, f"{one['metadata']['name']}: {faults}"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda pod: pod["containers"][0].update(imagePullpolicy="Always"), "imagePullpolicy is unknown"),
        (lambda pod: pod["containers"][0].pop("name"), "name is missing"),
        (lambda pod: pod["containers"][0]["ports"][0].update(containerPort="6066"), "'6066' is no int"),
        (lambda pod: pod["securityContext"].update(runAsNonRoot="true"), "'true' is no bool"),
        (lambda pod: pod.update(volumes={"name": "x"}), "a list is wanted"),
        (lambda pod: pod["containers"][0].update(resources={"limits": {"cpu": 2}}), "2 is no str"),
    ],
)
def test_what_kubernetes_would_refuse_is_found(change: Any, fault: str) -> None:
    (worker,) = (
        one
        for one in objects_of("small")
        if (one["kind"], one["metadata"]["name"]) == ("StatefulSet", "worker")
    )
    wrong = copy.deepcopy(worker)
    change(wrong["spec"]["template"]["spec"])
    assert any(fault in one for one in faults_of(wrong)), faults_of(wrong)


@pytest.mark.parametrize("name", SETS)
def test_no_object_is_there_twice_and_all_are_in_one_namespace(name: str) -> None:
    names = [(kind_of(one), one["metadata"]["name"]) for one in objects_of(name)]
    assert len(set(names)) == len(names)
    for one in objects_of(name):
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == "relistwatch", one["metadata"]


def test_every_file_is_used() -> None:
    used = set()
    for file in KUBERNETES.rglob("kustomization.yaml"):
        used.add(file)
        (wanted,) = yaml.safe_load_all(file.read_text())
        names = [
            *wanted.get("resources", ()),
            *(one["path"] for one in wanted.get("patches", ()) if "path" in one),
        ]
        names += [name for one in wanted.get("configMapGenerator", ()) for name in one["files"]]
        used |= {(file.parent / name).resolve() for name in names}
    files = {file for file in KUBERNETES.rglob("*") if file.is_file() and file.suffix != ".md"}
    assert files == {one for one in used if one.is_file()}


def kustomize() -> list[str] | None:
    """The program, or kubectl, which has it built in since 1.21."""
    if found := shutil.which("kustomize"):
        return [found, "build"]
    if found := shutil.which("kubectl"):
        help_ = subprocess.run([found, "kustomize", "--help"], capture_output=True, check=False)
        return [found, "kustomize"] if help_.returncode == 0 else None
    return None


@pytest.mark.skipif(
    kustomize() is None, reason="there is no kustomize here (docs/deployment.md says where it comes from)"
)
@pytest.mark.parametrize("name", SETS)
def test_kustomize_itself_renders_the_same(name: str, tmp_path: Path) -> None:
    place = written(name, tmp_path)
    done = subprocess.run([*(kustomize() or []), str(place)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text, hashed = re.subn(r"\brelistwatch-settings-[a-z0-9]{10}\b", "relistwatch-settings", done.stdout)
    assert hashed > 5, "a change of the settings gives them a new name, so that pods are made anew"
    real = {(kind_of(one), one["metadata"]["name"]): one for one in yaml.safe_load_all(text)}
    ours = {(kind_of(one), one["metadata"]["name"]): one for one in objects_of(name)}
    assert real.keys() == ours.keys()
    for key, one in real.items():
        assert one == ours[key], key
