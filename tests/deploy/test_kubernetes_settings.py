"""What deploy/kubernetes sets is what the program reads: settings, command lines, topics, groups, and sizes."""

import math
import re
from functools import cache
from pathlib import Path

import pytest
from deploy_commands import parsed
from kustomized import KUBERNETES, Manifest, containers_of
from rendered_kubernetes import SETS, objects_of, parts_of, workloads

from streams.capacity.costs import Costs
from streams.capacity.load import Load, Machine
from streams.capacity.plan import Plan, plan
from streams.capacity.series import read_measured
from streams.rights.topic_rights import COMPONENTS
from streams.shards import read_shard
from streams.topics import FINGERPRINTS, LISTINGS, topic_name

BYTES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def quantity(text: str) -> float:
    """Bytes, or cores."""
    number, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()  # type: ignore[union-attr]
    return int(number) / 1000 if unit == "m" else int(number) * BYTES.get(unit, 1)


@cache
def sized_for(overlay: str) -> Plan:
    """The load that the overlay says it is sized for."""
    text = (KUBERNETES / "overlays" / overlay / "kustomization.yaml").read_text()
    (line,) = re.findall(r"^#   relistwatch (capacity .*)$", text, re.MULTILINE)
    command, params = parsed(line.split())
    assert command == "capacity"
    load = Load(**{name: params[name] for name in Load.__struct_fields__ if name in params})
    return plan(load, Machine(), Costs(read_measured(None)))


def need(plan_: Plan, group: str, name: str) -> tuple[float, float]:
    """The middle and the upper edge, in bytes where it is GB."""
    (found,) = (one for one in plan_.needs if (one.group, one.name) == (group, name))
    factor = {"GB": 1e9, "TB": 1e12}.get(found.unit, 1)
    return found.value.mid * factor, found.value.high * factor


def workload(name: str, of: str) -> Manifest:
    (found,) = (one for one in workloads(name) if one["metadata"]["name"] == of)
    return found


def memory(manifest: Manifest) -> tuple[float, float]:
    resources = containers_of(manifest)[0]["resources"]
    return quantity(resources["requests"]["memory"]), quantity(resources["limits"]["memory"])


def disk(manifest: Manifest) -> float:
    return quantity(manifest["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"])


@pytest.mark.parametrize("name", SETS)
def test_every_part_reads_its_settings_and_its_command_line(name: str, tmp_path: Path) -> None:
    for part in parts_of(name):
        settings = part.settings(tmp_path)
        command, params = part.parsed()
        assert settings.kafka.sasl_password == "sample"
        assert settings.kafka.sasl_mechanism is not None
        assert settings.kafka.security_protocol == "SASL_SSL"
        if command in {"worker"}:
            cores = quantity(containers_of(workload(name, part.name))[0]["resources"]["limits"]["cpu"])
            assert 0 < settings.worker.photo_processes <= cores, "by itself it counts the node's cores"
        if params.get("shard"):
            read_shard(params["shard"])


@pytest.mark.parametrize("name", SETS)
def test_each_part_signs_in_as_the_user_whose_rights_it_needs(name: str) -> None:
    users = {"topics": "administrator"}
    for part in parts_of(name):
        component = users.get(part.name, "connector" if part.name.startswith("connector") else part.name)
        assert component in {one.name for one in COMPONENTS}
        assert part.environment["RELISTWATCH_KAFKA__SASL_USERNAME"] == f"relistwatch-{component}"
        (volume,) = (
            one
            for one in workload(name, part.name)["spec"]["template"]["spec"]["volumes"]
            if one["name"] == "kafka-password"
        )
        assert volume["secret"]["secretName"] == f"relistwatch-kafka-{component}"


@pytest.mark.parametrize("name", SETS)
def test_there_is_a_pod_for_every_shard(name: str) -> None:
    for one in workloads(name):
        (container,) = containers_of(one)
        sharded = [each for each in container["args"] if each.startswith("$(SHARD)/")]
        if sharded:
            assert sharded == [f"$(SHARD)/{one['spec']['replicas']}"]
            assert one["spec"]["ordinals"]["start"] == 1
            (variable,) = (each for each in container["env"] if each["name"] == "SHARD")
            assert (
                variable["valueFrom"]["fieldRef"]["fieldPath"]
                == "metadata.labels['apps.kubernetes.io/pod-index']"
            )


@pytest.mark.parametrize("overlay", ["small", "production"])
def test_sizes_are_those_of_the_capacity_model(overlay: str, tmp_path: Path) -> None:
    plan_ = sized_for(overlay)
    worker, lookback = workload(overlay, "worker"), workload(overlay, "lookback")
    for manifest, group, line in (
        (worker, "workers", "RAM, a worker"),
        (lookback, "look back", "RAM, a shard"),
    ):
        middle, upper = need(plan_, group, line)
        requested, limit = memory(manifest)
        assert requested >= middle, f"{line}: {middle / 1e9:.2f} GB are expected"
        assert limit >= upper, f"{line}: up to {upper / 1e9:.2f} GB are expected"
        assert limit <= 4 * upper, f"{line}: far too much"
    (settings,) = {part.settings(tmp_path) for part in parts_of(overlay) if part.name == "worker"}
    assert settings.topics.partitions >= need(plan_, "brokers", "partitions")[0]
    assert lookback["spec"]["replicas"] >= need(plan_, "look back", "shards")[0]
    assert disk(lookback) >= need(plan_, "look back", "disk, all shards")[0] / lookback["spec"]["replicas"]
    photos = settings.photo_store.max_bytes if settings.photo_store.url is None else 0
    assert disk(worker) >= need(plan_, "workers", "disk for snapshots, a worker")[1] + photos
    assert settings.lookback.days == plan_.load.lookback_days
    assert plan_.chosen.shards == 1


def test_no_more_workers_than_partitions_have_work(tmp_path: Path) -> None:
    (scaled,) = (one for one in objects_of("production") if one["kind"] == "ScaledObject")
    target = scaled["spec"]["scaleTargetRef"]
    worker = workload("production", target["name"])
    assert (target["kind"], target["apiVersion"]) == (worker["kind"], worker["apiVersion"])
    assert "replicas" not in worker["spec"], "each apply would undo what KEDA did"
    settings = next(part for part in parts_of("production") if part.name == "worker").settings(tmp_path)
    most, least = scaled["spec"]["maxReplicaCount"], scaled["spec"]["minReplicaCount"]
    assert least <= scaled["spec"]["fallback"]["replicas"] <= most <= settings.topics.partitions
    assert most >= math.ceil(need(sized_for("production"), "workers", "workers, all shards")[1])
    expected = [topic_name(one, settings.topics) for one in (LISTINGS, FINGERPRINTS)]
    assert [one["metadata"]["topic"] for one in scaled["spec"]["triggers"]] == expected
    for trigger in scaled["spec"]["triggers"]:
        asked = trigger["metadata"]
        assert trigger["type"] == "kafka"
        assert asked["bootstrapServers"] == settings.kafka.bootstrap_servers
        assert (asked["consumerGroup"], asked["allowIdleConsumers"]) == (settings.kafka.group, "false")
        (signs,) = (one for one in objects_of("production") if one["kind"] == "TriggerAuthentication")
        assert trigger["authenticationRef"]["name"] == signs["metadata"]["name"]
