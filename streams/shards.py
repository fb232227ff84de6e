"""The takedowns divided among workers: `2/8` holds every takedown whose id falls to the second of eight shards.

Pure. Which shard a takedown falls to hangs on its id and the number of shards alone, so all workers agree on it
without asking each other. Each shard has a consumer group of its own over `fingerprints`, with the number of shards in
its name: four shards and eight are different sets of groups, which may run side by side (docs/decisions/023).
"""

import hashlib
import re
from typing import NamedTuple

MOST_SHARDS = 1024
GATHERS = 1
"""The shard that makes one alert of what all found."""


class Shard(NamedTuple):
    """Shard `number`, counted from 1, of `of`."""

    number: int
    of: int

    def __str__(self) -> str:
        """As the command takes it, such as `2/8`."""
        return f"{self.number}/{self.of}"

    def holds(self, takedown_id: str) -> bool:
        """Whether this takedown is one of its own."""
        return shard_of(takedown_id, self.of) == self.number

    @property
    def gathers(self) -> bool:
        """Whether it makes the alerts."""
        return self.number == GATHERS

    @property
    def others(self) -> "tuple[Shard, ...]":
        """The other shards of the set."""
        return tuple(each for each in shards_of(self.of) if each != self)


def shards_of(of: int) -> tuple[Shard, ...]:
    """All shards of a set of so many, in order."""
    return tuple(Shard(number, of) for number in range(1, of + 1))


def shard_of(takedown_id: str, of: int) -> int:
    """The shard, from 1, that the takedown falls to: the first eight bytes of its BLAKE2b digest, modulo the number."""
    digest = hashlib.blake2b(takedown_id.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % of + 1


def read_shard(text: str) -> Shard:
    """What `str` of a shard wrote.

    Raises:
        ValueError: it is none; the message says what one looks like.
    """
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of <= MOST_SHARDS:
        raise ValueError(
            f"a shard is I/N with I from 1 to N and N at most {MOST_SHARDS}, such as 1/2, not {text!r}"
        )
    return Shard(number, of)


def shard_group(group: str, shard: Shard) -> str:
    """The consumer group of this shard's workers; `group` is the workers' own (`kafka.group`)."""
    return f"{group}-shard-{shard.number}-of-{shard.of}"


def shard_of_group(name: str, group: str) -> Shard | None:
    """The shard whose group this is; None where it is none of `group`'s."""
    found = re.fullmatch(re.escape(group) + r"-shard-([0-9]{1,4})-of-([0-9]{1,4})", name)
    try:
        shard = read_shard(f"{found[1]}/{found[2]}") if found else None
    except ValueError:
        return None
    # Of a name with leading zeros no worker of ours is.
    return shard if shard is not None and shard_group(group, shard) == name else None
