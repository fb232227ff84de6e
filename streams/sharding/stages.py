"""A shard's part in matching: it answers what its takedowns say of each listing, or gathers the answers into alerts."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec
import structlog

from connectors.codec import Codec, RecordError
from connectors.seller_links import SellerLink
from streams.engine.pipeline import Match
from streams.engine.rules import Rules
from streams.engine.seller_linking import keep_strongest, seller_links
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.message_headers import cloud_event_headers
from streams.kafka_clients.outbox import Outbox, Outgoing
from streams.metrics.metrics import Metrics
from streams.records import ListingFingerprint
from streams.sharding.answer_reader import AnswerReader
from streams.sharding.answers import ShardAnswer, ShardMatch
from streams.sharding.gathering import Search, answer_of, gather, search
from streams.shards import Shard
from streams.stages.match import (
    MatchListings,
    Read,
    breathing,
    count_searched,
    seller_link_out,
    tell_photo_index,
)
from streams.stages.stage import Message, Stage
from streams.topics import ALERTS, FINGERPRINTS, SHARD_ANSWERS
from streams.verdicts.flood_guard import FloodGuard

log = structlog.get_logger(__name__)

SOURCE = "relistwatch/worker"
ANSWER_BYTES = 256 * 1024
"""Of matches in one record; what one listing brings up is some ten kilobytes."""


class AnswerListings(Stage):
    """`fingerprints` to `shard-answers` and `seller-links`."""

    topic = FINGERPRINTS
    name = "answer-listings"
    flow = "match"
    gives = ALERTS

    def __init__(
        self, outbox: Outbox, metrics: Metrics, bank: TakedownBank, rules: Rules, shard: Shard
    ) -> None:
        super().__init__(outbox, metrics)
        self._bank, self._rules, self._shard = bank, rules, shard
        self._codec = Codec(ListingFingerprint, ours=True)
        tell_photo_index(metrics, bank)

    async def process(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Answers about each partition up to its last message, dead letters, and the strongest links."""
        outgoing: list[Outgoing] = []
        links: dict[str, SellerLink] = {}
        found: dict[int, list[ShardMatch]] = {message.partition: [] for message in messages}
        async for message, listing in breathing(self._readable(messages)):
            try:
                searched = search(listing, self._bank, self._rules)
                answer = answer_of(message.offset, listing, searched, self._bank, self._rules)
                keep_strongest(links, seller_links(listing, self._bank, searched.resembling))
            except Exception:
                # Said here, and not by the whole batch anew: the answer says how far this shard is, and must come.
                log.exception("a listing cannot be searched for")
                outgoing.append(self.dead_letter(message, "internal-error", f"shard {self._shard}"))
                continue
            if answer is not None:
                found[message.partition].append(answer)
            count_searched(self.metrics, searched.resembling.tiers, searched.resembling.allowed)
        self.metrics.seller_links.inc(len(links))
        outgoing += [seller_link_out(link) for link in links.values()]
        return outgoing + answers_out(self._shard, messages, found)

    def _readable(self, messages: Sequence[Message]) -> list[Read]:
        """What is no fingerprint is set aside by the shard that gathers."""
        read: list[Read] = []
        for message in messages:
            if message.value is not None:
                try:
                    read.append((message, self.decode(self._codec, message)))
                except RecordError:
                    continue
        return read


def answers_out(
    shard: Shard, messages: Sequence[Message], found: dict[int, list[ShardMatch]]
) -> list[Outgoing]:
    """For each partition of `fingerprints` that there were messages of: what was found, and how far the shard is."""
    outgoing = []
    for partition, matches in found.items():
        offsets = [message.offset for message in messages if message.partition == partition]
        first, to = min(offsets), max(offsets) + 1
        parts = list(_in_parts(matches))
        for number, part in enumerate(parts):
            is_last = number == len(parts) - 1
            answer = ShardAnswer(
                shard=shard.number,
                of=shard.of,
                partition=partition,
                first=first,
                # Until the last part has come, this is as far as nothing.
                to=to if is_last else first,
                matches=tuple(part),
            )
            outgoing.append(_answer_out(shard, answer))
    return outgoing


def _in_parts(matches: Sequence[ShardMatch]) -> list[list[ShardMatch]]:
    parts: list[list[ShardMatch]] = [[]]
    room = ANSWER_BYTES
    for match in matches:
        size = len(msgspec.json.encode(match))
        if size > room and parts[-1]:
            parts.append([])
            room = ANSWER_BYTES
        parts[-1].append(match)
        room -= size
    return parts


def _answer_out(shard: Shard, answer: ShardAnswer) -> Outgoing:
    # One key for all that must stay in order: what failed is sent again with what came after it.
    key = f"{shard} {answer.partition}"
    headers = cloud_event_headers(
        f"{key} {answer.first} {answer.to}", "relistwatch.shard-answer", SOURCE, datetime.now(UTC)
    )
    value = msgspec.json.encode(answer)
    return Outgoing(SHARD_ANSWERS, key.encode(), value, headers, partition=answer.partition)


class GatherListings(MatchListings):
    """`fingerprints` to alerts as `MatchListings`, by the takedowns of all shards: each batch waits for the others'
    answers about it, and is committed when its alerts are acknowledged."""

    name = "gather-listings"

    def __init__(
        self,
        outbox: Outbox,
        metrics: Metrics,
        bank: TakedownBank,
        rules: Rules,
        guard: FloodGuard,
        *,
        answers: AnswerReader,
    ) -> None:
        super().__init__(outbox, metrics, bank, rules, guard)
        self._answers = answers

    def moved(self) -> int:
        """To wait for another shard is no hanging: it grows as long as Kafka is asked for its answers."""
        return self.handled + self._answers.asked

    async def match_all(
        self, decoded: Sequence[Read], now: datetime
    ) -> AsyncIterator[tuple[Message, ListingFingerprint, Match]]:
        """This shard's own search for all of the batch, while the others are at theirs; then all together."""
        searches: list[Search] = [
            search(listing, self._bank, self._rules) async for _, listing in breathing(decoded)
        ]
        told = await self._answers.about([message for message, _ in decoded])
        async for (message, listing), searched in breathing(zip(decoded, searches, strict=True)):
            others = told.get((message.partition, message.offset), ())
            match = gather(listing, searched, others, self._bank, self._rules, matched_at=now)
            yield message, listing, match
