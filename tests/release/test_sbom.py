"""The bill of materials: all of the lock and of Kafka's jars is in it, and what it says can be looked up."""

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from streams.kafka_local.jar_lock import read_lock as read_jars
from streams.sbom import LockError, bill_of, main, normal, read_lock

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")

COMPONENT: dict[str, Any] = {
    "type": "object", "additionalProperties": False, "required": ["type", "bom-ref", "name", "version", "purl"],
    "properties": {
        "type": {"enum": ["library", "application"]}, "bom-ref": {"type": "string", "minLength": 1},
        "group": {"type": "string"}, "name": {"type": "string", "minLength": 1}, "version": {"type": "string", "pattern": r"^\d"},
        "purl": {"type": "string", "pattern": r"^pkg:(pypi|maven)/[^@\s]+@[^@\s]+$"},
        "hashes": {"type": "array", "minItems": 1, "items": {
            "type": "object", "additionalProperties": False,
            "properties": {"alg": {"const": "SHA-256"}, "content": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
        }},
        "licenses": {"type": "array", "minItems": 1, "items": {"oneOf": [
            {"type": "object", "additionalProperties": False, "required": ["expression"], "properties": {"expression": {"type": "string"}}},
            {"type": "object", "additionalProperties": False, "required": ["license"], "properties": {"license": {
                "type": "object", "additionalProperties": False, "required": ["name"], "properties": {"name": {"type": "string"}}}}},
        ]}},
        "properties": {"type": "array", "items": {"type": "object", "required": ["name", "value"]}},
    },
}  # fmt: skip
SHAPE: dict[str, Any] = {
    "type": "object", "additionalProperties": False,
    "required": ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"],
    "properties": {
        "$schema": {"type": "string"}, "bomFormat": {"const": "CycloneDX"}, "specVersion": {"const": "1.6"},
        "serialNumber": {"type": "string", "pattern": "^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        "version": {"const": 1},
        "metadata": {"type": "object", "required": ["component"], "additionalProperties": False, "properties": {
            "component": COMPONENT, "timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT.*Z$"}}},
        "components": {"type": "array", "items": COMPONENT},
        "dependencies": {"type": "array", "items": {"type": "object", "additionalProperties": False,
            "required": ["ref", "dependsOn"], "properties": {"ref": {"type": "string"}, "dependsOn": {"type": "array", "uniqueItems": True}}}},
    },
}  # fmt: skip
"""What we write, of what CycloneDX 1.6 allows; `make sbom` holds the file to the whole schema."""


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    made: dict[str, Any] = bill_of("0.1.0", read_lock(LOCK), read_jars(), None)
    return made


def test_it_has_the_shape_and_each_part_once(bill: dict[str, Any]) -> None:
    jsonschema.validate(bill, SHAPE)
    refs = [each["bom-ref"] for each in bill["components"]]
    assert len(refs) == len(set(refs))
    known = {*refs, bill["metadata"]["component"]["bom-ref"]}
    assert {each["ref"] for each in bill["dependencies"]} == known
    assert {needed for each in bill["dependencies"] for needed in each["dependsOn"]} <= known


def test_all_that_is_locked_is_in_it_with_every_hash(bill: dict[str, Any]) -> None:
    of = {each["purl"]: each for each in bill["components"]}
    lines = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", LOCK, re.MULTILINE)
    assert lines
    for name, version in lines:
        assert f"pkg:pypi/{normal(name)}@{version}" in of
    hashes = [one["content"] for each in bill["components"] for one in each["hashes"]]
    locked = re.findall(r"sha256:([0-9a-f]{64})", LOCK)
    jars = json.loads((ROOT / "deploy" / "kafka-jars.json").read_text())["jars"]
    assert sorted(hashes) == sorted([*locked, *(jar["sha256"] for jar in jars)])
    assert sum(purl.startswith("pkg:maven/") for purl in of) == len(jars)
    assert "pkg:maven/org.apache.kafka/kafka_2.13@4.3.1" in of
    # A package of another kind of machine is there too, and says of which.
    (numpy,) = [
        each for each in of.values() if each["name"] == "numpy" and "< '3.12'" in str(each.get("properties"))
    ]
    assert numpy["properties"][0]["name"] == "relistwatch:marker"


def test_the_release_needs_what_its_project_says(bill: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = next(
        each["dependsOn"] for each in bill["dependencies"] if each["ref"] == "pkg:pypi/relistwatch@0.1.0"
    )
    for asked in project["dependencies"]:
        name = normal(re.match(r"[A-Za-z0-9._-]+", asked)[0])  # type: ignore[index]
        assert any(each.startswith(f"pkg:pypi/{name}@") for each in needs), name


def test_packages_of_this_machine_have_their_licences(bill: dict[str, Any]) -> None:
    of = {each["name"]: each for each in bill["components"]}
    assert of["msgspec"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    without = [
        name for name, each in of.items() if each["purl"].startswith("pkg:pypi/") and "licenses" not in each
    ]
    assert set(without) <= {"colorama", "tzdata"}, "of another kind of machine"


def test_the_same_locks_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = [
        "--lock",
        str(ROOT / "deploy/requirements.lock"),
        "--jars",
        str(ROOT / "deploy/kafka-jars.json"),
        "--out",
    ]
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    for name in ("a.json", "b.json"):
        assert main([*arguments, str(tmp_path / "new" / name)]) == 0
    assert (tmp_path / "new/a.json").read_bytes() == (tmp_path / "new/b.json").read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795487400")
    assert main([*arguments, str(tmp_path / "c.json")]) == 0
    dated = json.loads((tmp_path / "c.json").read_text())
    assert dated["metadata"]["timestamp"] == datetime.fromtimestamp(1795487400, UTC).isoformat().replace(
        "+00:00", "Z"
    )
    assert dated["serialNumber"] == json.loads((tmp_path / "new/a.json").read_text())["serialNumber"]
    assert main([*arguments[:3], str(tmp_path / "none"), "--out", str(tmp_path / "d.json")]) == 2


@pytest.mark.parametrize("text", [
    "a==1", "a==1 \\\n    --hash=md5:00", "    --hash=sha256:" + "0" * 64, "a>=1 \\\n    --hash=sha256:" + "0" * 64,
    "-r other.txt", "a @ https://evil.example/a.whl --hash=sha256:" + "0" * 64, "--index-url https://evil.example/",
])  # fmt: skip
def test_a_lock_that_lets_something_else_in_is_refused(text: str) -> None:
    with pytest.raises(LockError):
        read_lock(text)


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "deploy").glob("requirements*")))
def test_every_lock_of_ours_has_a_hash_for_each_package(name: str) -> None:
    assert len(read_lock((ROOT / "deploy" / name).read_text(encoding="utf-8"))) > 0
