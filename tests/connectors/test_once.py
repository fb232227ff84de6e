"""The same bytes are new once, as long as they are remembered."""

from connectors.once import Once


def test_the_same_bytes_are_new_once() -> None:
    once = Once()
    assert [once.is_new(raw) for raw in (b"a", b"b", b"a", b"b", b"c")] == [True, True, False, False, True]


def test_what_was_seen_longest_ago_is_forgotten() -> None:
    once = Once(2)
    assert [once.is_new(raw) for raw in (b"a", b"b", b"a", b"c", b"a", b"b")] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]
