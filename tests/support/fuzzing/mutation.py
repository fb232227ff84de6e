"""Changed inputs, the same for the same seed: what CI tries instead of a search that is led by coverage."""

import random
from collections.abc import Iterator, Sequence

INTERESTING = (
    b"", b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\xed\xa0\x80", b"\xc0\xaf",
    b"\n", b"\r\n", b"\\u0000", b"\\ud800", b"-1", b"0", b"1e400", b"99999999999999999999", b"null", b"true", b"[]",
    b"{}", b'""', b"[" * 200, b'{"a":' * 200, b"NaN", b"..", b"../" * 8, b"%00", b"<!--", b"]]>", b"&a;", b"'", b'"',
    b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xcc\x81" * 50, b" " * 300, b"9" * 5000,
)  # fmt: skip


def changed(seeds: Sequence[bytes], others: Sequence[bytes], seed: int, largest: int) -> Iterator[bytes]:
    """Endless inputs made of the seeds. `others`: more to take pieces of."""
    dice = random.Random(seed)
    pool = [*seeds, *others]
    while True:
        raw = bytearray(dice.choice(pool if dice.random() < 0.1 else seeds))
        for _ in range(dice.choice((1, 1, 2, 4, 8))):
            _change(raw, dice, pool)
        yield bytes(raw[:largest])


def _change(raw: bytearray, dice: random.Random, pool: Sequence[bytes]) -> None:
    at = dice.randrange(len(raw) + 1)
    end = min(len(raw), at + dice.choice((1, 1, 2, 4, 16, 64)))
    match dice.randrange(8):
        case 0 if raw:
            raw[at % len(raw)] ^= 1 << dice.randrange(8)
        case 1 if raw:
            raw[at % len(raw)] = dice.randrange(256)
        case 2:
            raw[at:at] = dice.choice(INTERESTING)
        case 3:
            raw[at:end] = dice.choice(INTERESTING)
        case 4:
            del raw[at:end]
        case 5:
            raw[at:at] = raw[at:end] * dice.choice((1, 2, 30))
        case 6:
            other = dice.choice(pool)
            start = dice.randrange(len(other) + 1)
            raw[at:end] = other[start : start + dice.choice((1, 4, 16, 200))]
        case _:
            del raw[at:]
