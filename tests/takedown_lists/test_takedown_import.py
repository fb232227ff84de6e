"""Each listing is requested once, what was requested before is left out, and everything is counted."""

from typing import Any

import msgspec
import pytest
from takedown_lists import NOON, RECEIVED, takedown_request

from connectors.codec import Codec
from connectors.links import LinkTarget, RefusedLink, ShortLink, recognise
from connectors.short_links import Unresolved
from connectors.takedown_lists.items import Item, Mention, Place, Reject, Remark, Told
from connectors.takedown_requests import TakedownRequest, request_id
from streams.takedowns.importing import Counts, KnownRequests, Refusal, TakedownImport, Waiting

SHORT = "https://vt.tiktok.com/ZSabc"
LISTING = LinkTarget(
    "tiktok-id", "1730811847233275332", "https://shop.tiktok.com/view/product/1730811847233275332"
)


def mention(link: str, row: int, **told: str) -> Mention:
    target = recognise(link)
    assert not isinstance(target, RefusedLink)
    return Mention(link, target, Place(row), Told(**told))


class Run:
    """An import of items, with everything it says."""

    def __init__(
        self, *items: Item, known: KnownRequests | None = None, resolve: Any = None, **received: Any
    ) -> None:
        self.refusals: list[Refusal] = []
        self.remarks: list[str] = []
        with Waiting() as waiting:
            done = TakedownImport(
                msgspec.structs.replace(RECEIVED, **received),
                known or KnownRequests(),
                waiting,
                resolve=resolve,
                refuse=self.refusals.append,
                remark=self.remarks.append,
            )
            for item in items:
                done.take(item)
            codec = Codec(TakedownRequest)
            self.messages = [(key.decode(), codec.decode(value).record) for key, value in waiting.messages()]
            assert waiting.count == len(self.messages)
        self.counts: Counts = done.counts


def test_a_request_says_all_that_is_known() -> None:
    told = {
        "number": "7",
        "title": "Jaket",
        "seller": "toko_a",
        "reason": "Impor",
        "date": "2023-05-15",
        "authority": "Dinas",
    }
    run = Run(mention("http://m.shopee.co.id/Jaket-i.1.2?x=y", 5, **told), list_sha256="a" * 64)
    ((key, request),) = run.messages
    assert key == request.key == "https://shopee.co.id/product/1/2"
    assert msgspec.to_builtins(request) == {
        "request_id": request_id(key, "a" * 64),
        "link": "http://m.shopee.co.id/Jaket-i.1.2?x=y",
        "marketplace": "shopee-id",
        "listing_id": "1.2",
        "url": key,
        "title": "Jaket",
        "seller": "toko_a",
        "reason": "Impor",
        "told_date": "2023-05-15",
        "authority": "Kemendag",
        "source": "ministry",
        "received_at": NOON.isoformat().replace("+00:00", "Z"),
        "by": "analyst-7",
        "list": {"name": "daftar.xlsx", "sha256": "a" * 64, "row": 5, "number": "7"},
    }


def test_what_the_rows_tell_and_what_is_given_for_all() -> None:
    item = mention("https://shopee.co.id/a-i.1.2", 1, authority="Dinas")
    (request,) = [one for _, one in Run(item, authority=None, reason="Semua").messages]
    assert (request.authority, request.reason) == ("Dinas", "Semua")
    item = mention("https://shopee.co.id/a-i.1.2", 1, authority="Dinas", reason="Impor")
    (request,) = [one for _, one in Run(item, reason="Semua").messages]
    assert (request.authority, request.reason) == ("Kemendag", "Impor")


def test_the_same_listing_under_two_forms_is_one_request() -> None:
    first, same = "https://shopee.co.id/Jaket-i.1.2", "shopee.co.id/product/1/2?a=b"
    run = Run(
        mention(first, 2), mention(same, 3), mention(first, 4), mention("https://shopee.co.id/b-i.1.3", 5)
    )
    assert [request.listing_id for _, request in run.messages] == ["1.2", "1.3"]
    assert (run.counts.found, run.counts.new, run.counts.duplicates, run.counts.other_form) == (4, 2, 2, 1)
    assert [(one.kind, one.place.row, one.why) for one in run.refusals] == [
        ("duplicate", 3, "another link to the same listing as in row 2"),
        ("duplicate", 4, "the same link as in row 2"),
    ]


def test_rejects_and_remarks_are_told_and_counted() -> None:
    run = Run(
        Reject("another site", Place(2), "https://a.example"),
        Reject("another site", Place(3)),
        Remark("catatan"),
    )
    assert run.messages == []
    assert run.counts.rejects == {"another site": 2}
    assert [one.kind for one in run.refusals] == ["reject", "reject"]
    assert run.remarks == ["catatan"]


@pytest.mark.parametrize(
    ("change", "is_new"),
    [({}, False), ({"list_sha256": "b" * 64, "by": "analyst-8"}, False), ({"authority": "Bea Cukai"}, True), ({"source": "ai"}, True), ({"authority": None}, True)],
)  # fmt: skip
def test_requested_before_by_the_same_authority(change: dict[str, Any], is_new: bool) -> None:
    known = KnownRequests()
    before = takedown_request(2)
    known.put(before.key, before.authority, before.source)
    run = Run(mention("https://www.shopee.co.id/lain-i.1.2", 9), known=known, **change)
    assert len(run.messages) == run.counts.new == is_new
    assert run.counts.requested_before == (not is_new)


def test_short_links_become_their_listing_or_stay_unresolved() -> None:
    answers = {SHORT: LISTING, "https://shp.ee/a": Unresolved("the short link is gone")}
    run = Run(
        mention(SHORT, 1),
        mention(LISTING.url, 2),
        mention("https://shp.ee/a", 3),
        resolve=lambda link: answers[link.url],
    )
    first, second = (request for _, request in run.messages)
    assert (first.link, first.url, first.listing_id, first.unresolved) == (
        SHORT,
        LISTING.url,
        LISTING.listing_id,
        None,
    )
    assert (second.url, second.marketplace, second.unresolved) == (
        "https://shp.ee/a",
        None,
        "the short link is gone",
    )
    assert run.refusals[0].why == "another link to the same listing as in row 1"
    assert run.counts.unresolved == 1
    assert run.counts.marketplaces == {"tiktok-id": 1, "unresolved": 1}


def test_without_looking_up_short_links_wait() -> None:
    run = Run(mention(SHORT, 1), mention(SHORT + "/?x=1", 2))
    ((key, request),) = run.messages
    assert key == SHORT
    assert request.unresolved == "a short link that was not looked up"
    assert run.counts.duplicates == 1
    assert isinstance(recognise(request.link), ShortLink)


def test_ids_are_the_same_for_the_same_list_and_others_for_others() -> None:
    one = Run(mention("https://shopee.co.id/a-i.1.2", 1)).messages[0][1].request_id
    assert Run(mention("shopee.co.id/product/1/2", 8)).messages[0][1].request_id == one
    assert Run(mention("shopee.co.id/product/1/3", 1)).messages[0][1].request_id != one
    assert Run(mention("shopee.co.id/product/1/2", 1), list_sha256="1" * 64).messages[0][1].request_id != one
