"""What `relistwatch doctor` asks the broker: is it there, may it be written to, are its clock and topics right?"""

import time
from collections.abc import Iterator

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError

from streams.doctor.finding import Finding
from streams.doctor.part_findings import part_findings
from streams.kafka_clients.topic_admin import BrokerUnavailableError, administration, check_topics
from streams.settings import Settings
from streams.topics import ALL_TOPICS, HEARTBEATS, LISTINGS, topic_name

MEASURED_VERSION = (4, 3)
"""The Kafka that the delivery promise and the benchmarks were measured with."""
LEAST_VERSION = (4, 0)
SKEW_SECONDS = 1.0
"""An event is to be an alert within a second: clocks further apart make that figure worthless."""
SHOWN = 5
"""Topics named in one finding."""


def broker_findings(settings: Settings) -> Iterator[Finding]:
    """All checks of the broker; only the first where it does not answer."""
    try:
        with administration(settings) as admin:
            yield _brokers(admin, settings)
            yield _broker_clock(admin)
            differences = check_topics(settings)
            shown = "; ".join(map(str, differences[:SHOWN]))
            if len(differences) > SHOWN:
                shown += f"; {len(differences) - SHOWN} more"
            if differences:
                advice = (
                    "relistwatch topics create makes missing ones; relistwatch topics check says what to do"
                )
                yield Finding("topics", "fail", shown, advice)
            else:
                yield Finding("topics", "ok", "as the settings say")
            existing = {topic_name(spec, settings.topics) for spec in ALL_TOPICS} & set(admin.list_topics())
            if existing:
                yield _replicas(admin, existing, settings)
            if topic_name(LISTINGS, settings.topics) in existing:
                yield _listing_times(admin, topic_name(LISTINGS, settings.topics))
            if topic_name(HEARTBEATS, settings.topics) in existing:
                yield from part_findings(settings)
    except BrokerUnavailableError as error:
        yield Finding("broker", "fail", str(error), "start it, or set kafka.bootstrap_servers")


def _brokers(admin: KafkaAdminClient, settings: Settings) -> Finding:
    brokers = admin.describe_cluster()["brokers"]
    versions = {
        tuple(admin.get_broker_version_data(broker["broker_id"]).broker_version) for broker in brokers
    }
    oldest = min(versions)
    shown = ".".join(map(str, oldest))
    detail = f"{len(brokers)} at {settings.kafka.bootstrap_servers}, Kafka {shown} by what it can do"
    if len(brokers) < settings.topics.replication:
        advice = f"topics.replication is {settings.topics.replication}: start as many brokers, or lower it"
        return Finding("broker", "fail", detail, advice)
    if oldest < LEAST_VERSION:
        measured = ".".join(map(str, MEASURED_VERSION))
        advice = f"the delivery promise was measured with Kafka {measured}: upgrade, or try the fault tests with yours"
        return Finding("broker", "warn", detail, advice)
    return Finding("broker", "ok", detail)


def _broker_clock(admin: KafkaAdminClient) -> Finding:
    """This clock against the broker's.

    Kafka has no request for its time, but the quorum's leader stamps its own entry of DescribeQuorum with
    its clock as it answers (KIP-836), so half the round trip bounds the error, as in NTP.
    """
    before = time.time()
    try:
        quorum = admin.describe_metadata_quorum()["topics"][0]["partitions"][0]
    except (KafkaError, LookupError) as error:
        return _unknown_clock(f"the broker does not tell its time ({type(error).__name__})")
    after = time.time()
    stamps = {voter["replica_id"]: voter["last_caught_up_timestamp"] for voter in quorum["current_voters"]}
    leader = stamps.get(quorum["leader_id"], -1)
    if quorum["error"] or leader < 0:
        return _unknown_clock(f"the broker does not tell its time ({quorum['error'] or 'no leader stamp'})")
    error_seconds = (after - before) / 2 + 0.001  # the stamp is in whole milliseconds
    ahead = leader / 1000 - (before + after) / 2
    detail = f"the broker's clock is {ahead:+.3f} s from this one (within {error_seconds:.3f} s)"
    if abs(ahead) - error_seconds > SKEW_SECONDS:
        return Finding("clock skew", "warn", detail, "set the clocks of both machines (NTP)")
    return Finding("clock skew", "ok", detail)


def _unknown_clock(why: str) -> Finding:
    return Finding("clock skew", "warn", why, "see that both machines set their clocks by NTP")


def _replicas(admin: KafkaAdminClient, names: set[str], settings: Settings) -> Finding:
    """Whether each partition has a leader and enough replicas in sync to be written to."""
    headless, short = [], []
    for topic in admin.describe_topics(sorted(names)):
        for partition in topic["partitions"]:
            where = f"{topic['name']}/{partition['partition_index']}"
            if partition["leader_id"] < 0:
                headless.append(where)
            elif len(partition["isr_nodes"]) < settings.topics.min_insync:
                short.append(where)
    if headless or short:
        parts = [
            f"{len(found)} {what} ({', '.join(found[:SHOWN])})"
            for found, what in (
                (headless, "without a leader"),
                (short, "with too few replicas in sync to be written"),
            )
            if found
        ]
        return Finding(
            "partitions", "fail", "; ".join(parts), "start the brokers that are down; workers wait until then"
        )
    return Finding(
        "partitions", "ok", f"each has a leader and {settings.topics.min_insync} or more replicas in sync"
    )


def _listing_times(admin: KafkaAdminClient, name: str) -> Finding:
    """Whether a connector stamps events with a time that has not come: latencies would look better than they are."""
    (topic,) = admin.describe_topics([name])
    partitions = [TopicPartition(name, partition["partition_index"]) for partition in topic["partitions"]]
    try:
        newest = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.MAX_TIMESTAMP))
    except KafkaError as error:
        advice = "see that the connectors' machines set their clocks by NTP"
        return Finding(
            "listing times", "warn", f"the broker does not tell them ({type(error).__name__})", advice
        )
    stamps = [found.timestamp for found in newest.values() if found.timestamp >= 0]
    if not stamps:
        return Finding("listing times", "ok", "no listing yet")
    ahead = max(stamps) / 1000 - time.time()
    if ahead > SKEW_SECONDS:
        advice = "set the clock of the connector's machine (NTP)"
        return Finding("listing times", "warn", f"the newest listing is {ahead:.0f} s in the future", advice)
    return Finding("listing times", "ok", "no listing is in the future")
