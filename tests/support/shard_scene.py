"""Banks divided among shards in memory, and what their gatherer makes of what all of them say."""

from collections.abc import Sequence

import msgspec
from listing_records import START

from connectors.codec import Codec
from connectors.events import Alert
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.sharding.answers import ShardAnswer
from streams.sharding.gathering import answer_of, gather, search
from streams.shards import shards_of

OFFSET = 7
_codec = Codec(ShardAnswer, ours=True)


def divided(of: int, takedowns: Sequence[TakedownFingerprint]) -> list[TakedownBank]:
    """One bank a shard, each given all takedowns."""
    banks = [TakedownBank(shard=shard) for shard in shards_of(of)]
    for bank in banks:
        for takedown in takedowns:
            bank.put(takedown)
    return banks


def gathered(banks: Sequence[TakedownBank], listing: ListingFingerprint, rules: Rules) -> Alert | None:
    """The alert that the shards' gatherer sends; the others' answers go through their records on Kafka."""
    answers = []
    for number, bank in enumerate(banks[1:], 2):
        told = answer_of(OFFSET, listing, search(listing, bank, rules), bank, rules)
        if told is not None:
            answer = ShardAnswer(
                shard=number, of=len(banks), partition=0, first=0, to=OFFSET + 1, matches=(told,)
            )
            answers += _codec.decode(msgspec.json.encode(answer)).record.matches
    searched = search(listing, banks[0], rules)
    return gather(listing, searched, answers, banks[0], rules, matched_at=START).alert
