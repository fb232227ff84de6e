"""Details of several ids are replayed in other batches than they were recorded in, and of no other ids."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.batches import put_together
from connectors.exchanges import Asked, Exchange, Reply
from connectors.recording import ReplayTransport, UnrecordedRequestError


def detail(ids: list[int]) -> Reply:
    items = [{"item_id": each, "item_name": f"Jaket {each}", "images": [{"n": each}]} for each in ids]
    raw = json.dumps({"error": "", "warning": [], "response": {"item_list": items}}).encode()
    return Reply(json=msgspec.Raw(raw))


def asked(ids: list[int], **more: str) -> Asked:
    listed = ",".join(map(str, ids))
    return Asked(
        "GET", "/detail", params=(("item_id_list", listed), ("shop", "7"), ("sign", "***"), *more.items())
    )


RECORDED = [Exchange(asked(batch), detail(batch)) for batch in ([1, 2, 3], [4, 5], [6])]


def names(reply: Reply) -> list[str]:
    meant: dict[str, Any] = json.loads(reply.body())
    return [each["item_name"] for each in meant["response"]["item_list"]]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6, unique=True))
def test_every_batch_of_recorded_ids_is_answered_in_its_order(ids: list[int]) -> None:
    reply = ReplayTransport(RECORDED).reply(asked(ids))
    assert names(reply) == [f"Jaket {each}" for each in ids]


@pytest.mark.parametrize(
    "other",
    [asked([1, 7]), asked([1], page="2"), Asked("GET", "/other", params=asked([1]).params), asked([])],
)  # fmt: skip
def test_what_was_not_asked_for_is_not_made_up(other: Asked) -> None:
    with pytest.raises(UnrecordedRequestError):
        ReplayTransport(RECORDED).reply(other)


def test_an_id_that_was_answered_with_nothing_is_answered_with_nothing_again() -> None:
    recorded = [Exchange(asked([1, 2]), detail([1])), Exchange(asked([3]), detail([3]))]
    made = put_together(asked([2, 3]), recorded)
    assert made is not None
    assert names(made) == ["Jaket 3"]
    assert put_together(asked([2]), [Exchange(asked([1, 2]), Reply(text="no JSON"))]) is None
