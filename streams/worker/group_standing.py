"""What Kafka says of one worker: whether its group knows it, what it has, and how far that is committed."""

from functools import partial

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from connectors.group_membership import description
from connectors.kafka_offsets import of_every
from streams.kafka_clients.record_reader import UnreachableError, connected
from streams.kafka_clients.topic_admin import BrokerUnavailableError, administration
from streams.kafka_clients.topic_partitions import end_offsets, first_offsets
from streams.settings import Settings
from streams.worker.vigil import Partition, Place, Standing

SETTLED = "Stable"
READ_MS = 10_000


def standing_of(settings: Settings, group: str, client_id: str) -> Standing | None:
    """How the group's member with this client id stands; None where Kafka does not say. Takes half a minute at the
    most."""
    try:
        with administration(settings) as admin:
            described = description(admin, group)
            if described is None:
                return None
            ours = [member for member in described["members"] if member["client_id"] == client_id]
            if not ours:
                return Standing(known=False)
            settled = described["group_state"] == SETTLED
            partitions = [
                TopicPartition(each["topic"], number)
                for member in ours
                for each in (member["member_assignment"] or {}).get("assigned_partitions", ())
                for number in each["partitions"]
            ]
            return Standing(known=True, settled=settled, places=_places(admin, group, partitions))
    except (BrokerUnavailableError, KafkaError):
        return None


def _places(admin: KafkaAdminClient, group: str, partitions: list[TopicPartition]) -> dict[Partition, Place]:
    if not partitions:
        return {}
    committed = admin.list_group_offsets({group: partitions})[group]
    starts, ends = first_offsets(admin, partitions), end_offsets(admin, partitions)
    places: dict[Partition, Place] = {}
    for each in partitions:
        # -1 where nothing was committed yet. What retention has dropped since waits no more.
        stands = committed[each].offset if each in committed else -1
        places[each.topic, each.partition] = Place(max(stands, starts[each]), ends[each])
    return places


def is_readable(settings: Settings, partition: Partition, offset: int) -> bool | None:
    """Whether a record is really there at this offset or after it; None where Kafka does not say."""
    place = TopicPartition(*partition)
    try:
        consumer = connected(settings)
    except (UnreachableError, OSError, ValueError):
        return None
    try:
        consumer.assign([place])
        consumer.seek(place, offset)
        end = of_every(partial(consumer.end_offsets, timeout_ms=READ_MS), [place])[place]
        while True:
            before = consumer.position(place, timeout_ms=READ_MS)
            if before >= end:
                return False
            if consumer.poll(timeout_ms=READ_MS, max_records=1):
                return True
            if consumer.position(place, timeout_ms=READ_MS) == before:
                return None
    except KafkaError:
        return None
    finally:
        consumer.close()
