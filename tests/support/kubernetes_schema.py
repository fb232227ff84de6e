"""Whether a manifest is what Kubernetes takes, as strictly as `kubectl apply --validate=strict`: by the models that are
generated from its OpenAPI description. A field that Kubernetes does not know is an error, and so is a missing one."""

import re
from collections.abc import Iterator
from typing import Any

from kubernetes.client import Configuration, models

SCALARS = {"str": str, "int": int, "bool": bool, "float": (int, float), "datetime": str}
LENIENT = Configuration()
LENIENT.client_side_validation = False
"""To see what a model requires without making one whole."""


def faults_of(manifest: dict[str, Any]) -> list[str]:
    """What is wrong, each with its place; nothing where all is well."""
    version = manifest["apiVersion"].split("/")[-1]
    kind = f"{version[0].upper()}{version[1:]}{manifest['kind']}"
    if not hasattr(models, kind):
        return [f"{manifest['apiVersion']} {manifest['kind']} is unknown"]
    return list(_faults(manifest, kind, manifest["kind"]))


def _faults(value: Any, kind: str, place: str) -> Iterator[str]:
    if kind == "object":  # A number or a text, such as a port's.
        return
    if listed := re.fullmatch(r"list\[(.*)\]", kind):
        if not isinstance(value, list):
            yield f"{place}: a list is wanted"
            return
        for number, one in enumerate(value):
            yield from _faults(one, listed[1], f"{place}[{number}]")
    elif mapped := re.fullmatch(r"dict\(str, (.*)\)", kind):
        if not isinstance(value, dict):
            yield f"{place}: a mapping is wanted"
            return
        for name, one in value.items():
            # The models say text where Kubernetes takes a quantity, `cpu: 1` too; we write text alone.
            yield from _faults(one, mapped[1], f"{place}.{name}")
    elif kind in SCALARS:
        if not isinstance(value, SCALARS[kind]) or (kind == "int" and isinstance(value, bool)):
            yield f"{place}: {value!r} is no {kind}"
    else:
        yield from _object_faults(value, getattr(models, kind), place)


def _object_faults(value: Any, model: Any, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: a mapping is wanted"
        return
    names = {written: name for name, written in model.attribute_map.items()}
    for written, one in value.items():
        if written not in names:
            yield f"{place}: {written} is unknown"
        else:
            yield from _faults(one, model.openapi_types[names[written]], f"{place}.{written}")
    strict, made = Configuration(), model(local_vars_configuration=LENIENT)
    made.local_vars_configuration = strict
    for written, name in names.items():
        if written not in value:
            try:
                setattr(made, name, None)
            except ValueError:
                yield f"{place}: {written} is missing"
