"""More partitions for topics that exist: which may be given some, and when.

A key's partition hangs on how many there are, so each key of a grown topic may go elsewhere from then on.

- *A topic that is worked off* (`listings`, `takedown-requests`): an update may overtake what came before it under its
  key, unless everything before is finished and nothing comes meanwhile.
- *A topic that is only kept* (`alerts`, `dead-letters` and such): nobody goes by its order; it may grow at any time.
- *A compacted topic*: a key's newest value would lie in one partition and its older one in another, for ever, since
  compaction looks at each partition alone. What was withdrawn would come back. It must not grow.
- *The fingerprints*: compacted too, and what matching is shared out by. The next generation has as many partitions as
  it is made with (docs/runbooks/growing-partitions.md).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import NoError, for_code

from streams.kafka_clients.group_places import places_in
from streams.kafka_clients.topic_admin import TIMEOUT_MS, TopicsRefusedError, administration
from streams.kafka_clients.topic_partitions import end_offsets, first_offsets, required_counts
from streams.settings import Settings
from streams.topics import ALL_TOPICS, LISTINGS, TAKEDOWN_REQUESTS, TopicSpec, topic_name, workers_group

IN_ORDER = (LISTINGS, TAKEDOWN_REQUESTS)
QUIET_SECONDS = 5.0
"""Without a new record, before a topic that is worked off counts as quiet."""
LOOK_SECONDS = 0.5

Course = Literal["grow", "enough", "next generation", "never", "always one"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to become of one topic. `partitions`: it has now."""

    topic: str
    spec: TopicSpec
    partitions: int
    course: Course


class NotQuietError(RuntimeError):
    """A topic is written to, or not worked off: growing it now could let a key's records overtake each other."""


def course_of(spec: TopicSpec, partitions: int, wanted: int) -> Course:
    """What must be done for the topic to have at least so many. Pure."""
    if spec.of_generation:
        return "enough" if partitions >= wanted else "next generation"
    if spec.partitions is not None:
        return "always one"
    if "compact" in spec.cleanup:
        return "never"
    return "enough" if partitions >= wanted else "grow"


def plan_growth(admin: KafkaAdminClient, settings: Settings, wanted: int) -> list[Step]:
    """What would become of each topic.

    Raises:
        BrokerUnavailableError: a topic is not there.
    """
    names = {topic_name(spec, settings.topics): spec for spec in ALL_TOPICS}
    counts = required_counts(admin, names)
    return [
        Step(name, spec, counts[name], course_of(spec, counts[name], wanted)) for name, spec in names.items()
    ]


def grow_topics(
    settings: Settings,
    wanted: int,
    *,
    dry_run: bool = False,
    wait: float = 0.0,
    say: Callable[[str], None] = lambda _: None,
) -> list[Step]:
    """Grow what may be grown; the plan that was carried out. `wait`: for topics that are worked off to become quiet.

    Raises:
        NotQuietError: they did not; nothing is changed.
        TopicsRefusedError: the broker refuses.
        BrokerUnavailableError: no broker answers, or a topic is not there.
    """
    with administration(settings) as admin:
        steps = plan_growth(admin, settings, wanted)
        growing = [step for step in steps if step.course == "grow"]
        if dry_run or not growing:
            return steps
        in_order = [step for step in growing if step.spec in IN_ORDER]
        if in_order:
            _await_quiet(admin, settings, in_order, wait, say)
        answers = admin.create_partitions(
            {step.topic: wanted for step in growing}, timeout_ms=TIMEOUT_MS, raise_errors=False
        )
        _check(answers)
        return steps


def _await_quiet(
    admin: KafkaAdminClient, settings: Settings, steps: list[Step], wait: float, say: Callable[[str], None]
) -> None:
    """Return when nothing came for `QUIET_SECONDS` and all is worked off."""
    partitions = [TopicPartition(step.topic, number) for step in steps for number in range(step.partitions)]
    deadline = time.monotonic() + wait + QUIET_SECONDS
    before: Mapping[TopicPartition, int] = {}
    since = time.monotonic()
    while True:
        ends = end_offsets(admin, partitions)
        now = time.monotonic()
        if ends != before:
            before, since = ends, now
        waiting = _waiting(admin, settings, ends)
        if now - since >= QUIET_SECONDS and not waiting:
            return
        if now > deadline:
            what = f"{waiting:,} records wait" if waiting else "records keep coming"
            raise NotQuietError(
                f"{', '.join(step.topic for step in steps)}: {what}; nothing was changed. End the connectors, let the "
                "workers and resolvers finish, and try again"
            )
        say(f"{waiting:,} records wait, quiet for {now - since:.0f} s")
        time.sleep(LOOK_SECONDS)


def _waiting(admin: KafkaAdminClient, settings: Settings, ends: Mapping[TopicPartition, int]) -> int:
    """Records that nobody has finished. A topic that its group never read counts where it holds any."""
    begins = first_offsets(admin, ends)
    total = 0
    for spec, group in (
        (LISTINGS, workers_group(settings)),
        (TAKEDOWN_REQUESTS, f"{settings.kafka.group}-resolve"),
    ):
        name = topic_name(spec, settings.topics)
        committed = places_in(admin, group)
        for place, end in ends.items():
            if place.topic == name:
                done = committed.get(place, 0)
                total += max(0, end - max(done, begins[place]))
    return total


def _check(answers: Any) -> None:
    for result in answers.results:
        if (error := for_code(result.error_code)) is not NoError:
            raise TopicsRefusedError(
                f"the broker does not grow {result.name}: {result.error_message or error.__name__}"
            )
