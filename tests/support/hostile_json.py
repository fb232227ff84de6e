"""JSON that is made to break its readers, alone and inside of a good record."""

import json
from collections.abc import Iterator
from typing import Any

LEVELS = 100_000
DIGITS = 1_000_000

VALUES: dict[str, bytes] = {
    "deep lists": b"[" * LEVELS + b"]" * LEVELS,
    "deep objects": b'{"a":' * LEVELS + b"1" + b"}" * LEVELS,
    "deep and open": b'[{"a":' * LEVELS,
    "nearly too deep": b"[" * 990 + b"]" * 990,
    "a million digits": b"1" * DIGITS,
    "a million decimals": b"0." + b"1" * DIGITS,
    "a huge exponent": b"1e999999999",
    "a tiny exponent": b"1e-999999999",
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "a lone surrogate": b'"\\ud800"',
    "surrogates turned round": b'"\\udc00\\ud800"',
    "a cut escape": b'"\\u12"',
    "no UTF-8": b'"\xff\xfe\x80"',
    "surrogates as UTF-8": b'"\xed\xa0\x80"',
    "too long UTF-8": b'"\xc0\xaf"',
    "a zero byte": b'"\x00"',
    "an escaped zero": b'"\\u0000"',
    "a text without end": b'"' + b"x" * 100_000,
    "a long text": b'"' + b"x" * 1_000_000 + b'"',
    "many fields": b"{" + b",".join(b'"f%d":0' % n for n in range(20_000)) + b"}",
    "one field many times": b"{" + b",".join([b'"a":1'] * 20_000) + b"}",
    "a comment": b"/* x */ 1",
    "nothing": b"",
    "null": b"null",
    "true": b"true",
    "minus zero": b"-0",
    "a list": b"[]",
    "an object": b"{}",
    "a date of no calendar": b'"9999-99-99T99:99:99Z"',
    "a date far away": b'"0001-01-01T00:00:00+14:00"',
    "text for a number": b'"1e5"',
}


def whole() -> Iterator[tuple[str, bytes]]:
    """Each as a whole message."""
    yield from VALUES.items()
    yield "another encoding", '{"a": 1}'.encode("utf-16")
    yield "a mark and JSON", b"\xef\xbb\xbf{}"
    yield "two values", b"{}{}"
    yield "spaces", b" " * 100_000


def inside(good: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """A good record with each value in one field after another, one unknown field, and one field told twice."""
    names = [*good, "unknown"]
    for place, (what, value) in enumerate(VALUES.items()):
        name = names[place % len(names)]
        for field in {name, names[(place * 7 + 3) % len(names)]}:
            rest = {key: told for key, told in good.items() if key != field}
            body = json.dumps(rest).encode()[1:-1]
            yield (
                f"{what} as {field}",
                b"{" + body + b"," * bool(rest) + json.dumps(field).encode() + b":" + value + b"}",
            )
    first = next(iter(good))
    body = json.dumps(good).encode()
    yield f"{first} twice", body[:-1] + b"," + json.dumps({first: good[first]}).encode()[1:]
