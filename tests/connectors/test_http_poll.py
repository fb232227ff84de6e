"""The source `http` against a real server: every page of every kind, and nothing left out in silence."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_shop import Asked, Elsewhere, Reply, json_shop

from connectors.backoff import Backoff
from connectors.checkpoints import MemoryCheckpoints
from connectors.clock import SetClock
from connectors.context import Context
from connectors.events import EventType, Image, ListingEvent, Price
from connectors.http_mapping_file import load
from connectors.http_pages import Walk
from connectors.http_poll import HttpPollSource
from connectors.http_questions import Questions
from connectors.memory import MemorySink
from connectors.runner import Problem, Runner
from connectors.sdk import AbortError, OptionsError, RawRecord, RetryError, make
from connectors.web_trust import web_trust
from connectors.windows import Window

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "http-mapping.toml"
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MAPPING = """
records = "items"
[request]
url = "{url}/api/listings"
rate_per_second = 1000
{request}
[fields]
marketplace = "'toko-id'"
listing_id = "id"
title = "name"
updated_at = "at"
[formats]
updated_at = "epoch_s"
{rest}
"""
WINDOW = '[window]\nsince = "from"\nuntil = "to"\nformat = "epoch_s"\n'


def record(number: int, at: int | None = None) -> dict[str, Any]:
    return {"id": number, "name": f"Jaket {number}", "at": int(START.timestamp()) + 60 if at is None else at}


class Run:
    """Runs of one mapping against one shop, each a backfill of ten minutes unless told otherwise."""

    def __init__(self, folder: Path, url: str, rest: str = "", request: str = "") -> None:
        self.path = folder / "mapping.toml"
        self.path.write_text(MAPPING.format(url=url, request=request, rest=rest))
        self.clock = SetClock(START + timedelta(hours=1))
        self.checkpoints = MemoryCheckpoints()
        self.problems: list[Problem] = []
        self.sink = MemorySink()

    def __call__(self, transport: Any = None, **options: Any) -> list[Any]:
        given = {
            "mapping": str(self.path),
            "since": START.isoformat(),
            "until": (START + timedelta(minutes=10)).isoformat(),
            "overlap_seconds": 0,
        }
        Runner(
            make(HttpPollSource, given | options),
            self.sink,
            context=Context("toko", clock=self.clock, transport=transport, backoff=Backoff(0, 0, attempts=3)),
            checkpoints=self.checkpoints,
            backoff=Backoff(0, 0, attempts=3),
            on_problem=self.problems.append,
        ).run()
        return self.sink.events

    def fails(self, kind: type[Exception], match: str) -> None:
        with pytest.raises(kind, match=match):
            self()


def ids(events: list[Any]) -> list[int]:
    return [int(event.listing_id) for event in events]


def pages(asked: Asked, place: Callable[[Asked], int], of: int = 25, size: int = 10) -> list[dict[str, Any]]:
    return [record(number) for number in range(of)][place(asked) :][:size]


def test_pages_by_number_until_one_is_empty(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Any:
        # A page is smaller than was asked for, as where an API caps it: that is not the end.
        return {"items": pages(asked, lambda each: (int(each.param("page") or 0) - 1) * 10)}

    with json_shop(answer) as shop:
        run = Run(
            tmp_path,
            shop.url,
            '[paging]\nkind = "page"\nparam = "page"',
            "params = { size = 50, q = ['a', 'b'] }",
        )
        assert ids(run()) == list(range(25))
        assert [asked.param("page") for asked in shop.asked] == ["1", "2", "3", "4"]
        assert shop.asked[0].params["q"] == ["a", "b"]
        assert shop.asked[0].path == "/api/listings"


def test_pages_by_offset_in_the_body_with_an_end_that_is_told(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Any:
        return {
            "items": pages(asked, lambda each: each.body["page"]["from"]),
            "more": asked.body["page"]["from"] < 20,
            "total": 25,
        }

    paging = '[paging]\nkind = "offset"\nparam = "page.from"\nin = "body"\nmore = "more"\ntotal = "total"\n'
    with json_shop(answer) as shop:
        run = Run(
            tmp_path,
            shop.url,
            paging + WINDOW.replace("format", 'in = "body"\nformat'),
            'method = "POST"\nbody = { sort = "at", page = { size = 10 } }',
        )
        assert ids(run()) == list(range(25))
        assert [asked.body["page"] for asked in shop.asked] == [
            {"size": 10, "from": at} for at in (0, 10, 20)
        ]
        assert shop.asked[0].body["sort"] == "at"
        assert shop.asked[0].body["from"] == int(START.timestamp())
        assert shop.asked[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("cursors", [[None, "a=&b", "c"], [None, 7, 8]])
def test_pages_by_cursor_also_through_an_empty_page(tmp_path: Path, cursors: list[Any]) -> None:
    def answer(asked: Asked) -> Any:
        here = [None if each is None else str(each) for each in cursors].index(asked.param("cursor"))
        following = cursors[here + 1] if here + 1 < len(cursors) else ""
        return {"items": [] if here == 1 else [record(here)], "next": following}

    with json_shop(answer) as shop:
        run = Run(tmp_path, shop.url, '[paging]\nkind = "cursor"\nparam = "cursor"\ncursor = "next"')
        assert ids(run()) == [0, 2]


def test_pages_by_link_stay_on_the_host_and_keep_the_key(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Any:
        if asked.param("key") != "key-for-tests":
            return Reply({}, 403)
        links = {None: "/api/listings?cursor=1&cursor=2", "1": f"{shop.url}/other/page?cursor=3", "3": None}
        return {"items": [record(len(shop.asked))], "next": links[asked.param("cursor")]}

    with json_shop(answer) as shop:
        (tmp_path / "key").write_text("key-for-tests\n")
        run = Run(
            tmp_path,
            shop.url,
            '[paging]\nkind = "link"\nlink = "next"',
            f'params = {{ key = "file:{tmp_path}/key" }}',
        )
        assert ids(run()) == [1, 2, 3]
        assert shop.asked[1].params["cursor"] == ["1", "2"]
        assert shop.asked[2].path == "/other/page"


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/p", "//evil.example/p", "http://127.0.0.1:1/p", "ftp://x", "http://u:p@HERE/p"],
)
def test_a_link_to_another_host_is_not_followed(tmp_path: Path, link: str) -> None:
    with json_shop(
        lambda _: {"items": [], "next": link.replace("HERE", shop.url.removeprefix("http://"))}
    ) as shop:
        Run(tmp_path, shop.url, '[paging]\nkind = "link"\nlink = "next"').fails(
            AbortError, r"paging\.link leads to another host"
        )
        assert len(shop.asked) == 1


@given(
    link=st.text(max_size=30).map(lambda text: text)
    | st.text(max_size=20).map("http://{}".format)
    | st.integers(),
    paging=st.sampled_from(["link", "cursor"]),
)
def test_whatever_leads_on_it_is_followed_on_the_host_or_refused(
    tmp_path_factory: pytest.TempPathFactory, link: Any, paging: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "walk.toml"
    step = 'param = "c"\ncursor = "next"' if paging == "cursor" else 'link = "next"'
    rest = f'[paging]\nkind = "{paging}"\n{step}'
    path.write_text(MAPPING.format(url="https://api.toko.example", request="", rest=rest))
    questions = Questions(load(str(path)))
    walk = Walk(questions, Window(START, START + timedelta(minutes=1)))
    try:
        went_on = walk.next({"next": link}, [])
    except (RetryError, AbortError):
        return
    assert went_on == (link != "")
    with httpx.Client(base_url=questions.base, verify=web_trust(), trust_env=False) as client:
        request = walk.asked.request()
        built = client.build_request(request.method, request.path, params=list(request.params))
        assert built.url.host == "api.toko.example"


@pytest.mark.parametrize("link", [5, ["x"], "http://x:port/", "x" * 9000])
def test_a_link_that_is_none_is_tried_again(tmp_path: Path, link: Any) -> None:
    with json_shop(lambda _: {"items": [], "next": link}) as shop:
        Run(tmp_path, shop.url, '[paging]\nkind = "link"\nlink = "next"').fails(
            AbortError, "given up.*paging.link gives no address"
        )


@pytest.mark.parametrize(
    ("paging", "answer"),
    [
        ('kind = "cursor"\nparam = "c"\ncursor = "next"', lambda _: {"next": "again"}),
        ('kind = "link"\nlink = "next"', lambda _: {"next": "/api/listings?c=again"}),
        ('kind = "page"\nparam = "p"', lambda _: {}),
        ('kind = "offset"\nparam = "o"', lambda _: {}),
        (
            'kind = "cursor"\nparam = "c"\ncursor = "next"\nmax_pages = 5',
            lambda asked: {"next": f"x{asked.param('c')}"[:9]},
        ),
        ('kind = "none"\nmore = "more"', lambda _: {"more": True}),
        ('kind = "none"\ntotal = "total"', lambda _: {"total": 50}),
    ],
)
def test_pages_without_end_halve_the_window_until_they_end_the_run(
    tmp_path: Path, paging: str, answer: Callable[[Asked], Any]
) -> None:
    with json_shop(lambda asked: {"items": [record(1)]} | answer(asked)) as shop:
        Run(tmp_path, shop.url, f"[paging]\n{paging}\n{WINDOW}").fails(AbortError, "even within 1 s")
        windows = {(asked.param("from"), asked.param("to")) for asked in shop.asked}
        assert len(windows) > 5
        shop.asked.clear()
        # Without parameters for it there is no smaller window.
        Run(tmp_path, shop.url, f"[paging]\n{paging}").fails(
            AbortError, r"set window\.since and window\.until"
        )
        assert len(shop.asked) <= 6


def test_a_window_too_full_is_read_in_halves(tmp_path: Path) -> None:
    every = [record(number, int(START.timestamp()) + number * 6) for number in range(100)]

    def answer(asked: Asked) -> Any:
        low, high = int(asked.param("from") or 0), int(asked.param("to") or 0)
        found = [each for each in every if low <= each["at"] <= high]
        return {"items": found[:30], "total": len(found)}

    with json_shop(answer) as shop:
        run = Run(tmp_path, shop.url, f'[paging]\nkind = "none"\ntotal = "total"\n{WINDOW}')
        assert ids(run()) == list(range(100))


def test_a_list_that_changes_while_it_is_paged_through_is_read_again(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Any:
        # Between the first two pages record 0 leaves the list: all others move up by one place.
        left = [record(number) for number in range(1 if len(shop.asked) > 1 else 0, 25)]
        start = int(asked.param("offset") or 0)
        return {"items": left[start:][:10], "total": len(left)}

    with json_shop(answer) as shop:
        run = Run(tmp_path, shop.url, '[paging]\nkind = "offset"\nparam = "offset"\ntotal = "total"')
        assert sorted(ids(run())) == list(range(25))
        assert any("had 25 records and now has 24" in str(problem) for problem in run.problems)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"error": "shop closed"}, r"records \(items\) is no list"),
        ({"items": None}, r"records \(items\) is no list"),
        ({"items": {"0": {}}}, r"records \(items\) is no list"),
        ([], r"records \(items\) is no list"),
        (b'{"items": [', "is no JSON"),
        (b'{"items": ["\xff"]}', "is no JSON"),
        ({"items": [], "code": 9}, r"request\.ok \(code == `0`\) is not true"),
    ],
)
def test_an_answer_that_is_none_is_never_an_empty_shop(tmp_path: Path, body: Any, why: str) -> None:
    ok = 'ok = "code == `0`"' if "ok" in why else ""
    with json_shop(lambda _: Reply(body)) as shop:
        run = Run(tmp_path, shop.url, request=ok)
        run.fails(AbortError, f"given up after 3 attempts: .*{why}")
        assert run.checkpoints.load("toko") is None


def test_an_expression_of_the_page_that_does_not_take_it_is_named(tmp_path: Path) -> None:
    with json_shop(lambda _: {"items": 5}) as shop:
        run = Run(tmp_path, shop.url)
        run.path.write_text(run.path.read_text().replace('"items"', '"sort_by(items, &id)"'))
        run.fails(AbortError, r"http: records \(sort_by\(items, &id\)\): ")


def test_a_record_that_does_not_fit_is_passed_on_once_and_the_rest_are_read(tmp_path: Path) -> None:
    wrong = {"id": 2, "name": ["Jaket"], "at": 1}
    large = record(9) | {"more": "x" * 3000}
    with json_shop(lambda _: {"items": [record(1), wrong, "text", large, record(3), wrong]}) as shop:
        run = Run(tmp_path, shop.url)
        events = run(max_record_bytes=2000, window_minutes=2)
        assert len(shop.asked) == 5
    assert ids([event for event in events if isinstance(event, ListingEvent)]) == [1, 3]
    raw = [event for event in events if isinstance(event, RawRecord)]
    assert raw[0] == RawRecord(
        b'{"id":2,"name":["Jaket"],"at":1}',
        "toko-id:2",
        "page 1, record 2: title (name): is a list, not text",
    )
    assert (raw[1].value, raw[1].key) == (b'"text"', None)
    assert str(raw[2].why) == "page 1, record 4: the whole record: larger than max_record_bytes (2000)"
    assert len(raw) == 3


def test_refusals_are_waited_out_and_forbidden_ends_the_run(tmp_path: Path) -> None:
    replies = [Reply({}, 429, {"Retry-After": "7"}), Reply({}, 503), Reply(b"", 500), {"items": [record(1)]}]
    with json_shop(lambda _: replies.pop(0) if len(replies) > 1 else replies[0]) as shop:
        run = Run(tmp_path, shop.url)
        assert ids(run()) == [1]
        assert sum(run.clock.waited) >= 7
    with json_shop(lambda _: Reply({}, 403)) as shop:
        Run(tmp_path, shop.url).fails(AbortError, "GET 127.0.0.1/api/listings: answered 403")
    with json_shop(lambda _: Reply({}, 302, {"Location": "https://evil.example"})) as shop:
        Run(tmp_path, shop.url).fails(AbortError, "a redirect, which is not followed")
        assert len(shop.asked) == 1


def test_it_goes_on_behind_its_checkpoint(tmp_path: Path) -> None:
    every = [record(number, int(START.timestamp()) + number * 60) for number in range(20)]

    def answer(asked: Asked) -> Any:
        low, high = int(asked.param("from") or 0), int(asked.param("to") or 0)
        return {"items": [each for each in every if low <= each["at"] <= high]}

    with json_shop(answer) as shop:
        run = Run(tmp_path, shop.url, WINDOW)
        assert ids(run()) == list(range(11))
        assert ids(run(until=(START + timedelta(minutes=15)).isoformat())) == [*range(11), *range(10, 16)]
        assert run.sink.events[10].event_id == run.sink.events[11].event_id


def test_a_secret_is_in_no_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKO_TOKEN", "not-for-any-log")
    with json_shop(lambda _: Reply({}, 401)) as shop:
        run = Run(
            tmp_path,
            shop.url,
            request='headers = { Authorization = { secret = "env:TOKO_TOKEN", prefix = "Bearer " } }\nparams = { key = "env:TOKO_TOKEN" }',
        )
        with pytest.raises(AbortError) as caught:
            run()
        assert shop.asked[0].headers["authorization"] == "Bearer not-for-any-log"
        assert shop.asked[0].param("key") == "not-for-any-log"
    assert "answered 401" in str(caught.value)
    assert "not-for-any-log" not in f"{caught.value}{run.problems}"


@pytest.mark.parametrize(
    ("request_line", "rest", "why"),
    [
        ('ok = "code =="', "", "request.ok: "),
        ("", '[paging]\nkind = "none"\nmore = "a["', "paging.more: "),
        (
            "",
            '[paging]\nkind = "cursor"\nparam = "c"\ncursor = "nxt()"',
            r"paging.cursor: .*no function nxt\(\)",
        ),
        ("", '[paging]\nkind = "link"\nlink = ""', "paging.link: "),
        ("", '[paging]\nkind = "none"\ntotal = "]"', "paging.total: "),
    ],
)
def test_a_wrong_expression_ends_the_run_before_anything_is_asked(
    tmp_path: Path, request_line: str, rest: str, why: str
) -> None:
    with json_shop(lambda _: {}) as shop:
        Run(tmp_path, shop.url, rest, request_line).fails(OptionsError, f"mapping.toml: {why}")
        assert shop.asked == []


def test_stopped_while_a_page_is_read_it_ends_and_keeps_no_checkpoint(tmp_path: Path) -> None:
    stop = threading.Event()

    def answer(asked: Asked) -> Any:
        stop.set()
        return {"items": [record(1), record(2)], "next": f"x{asked.param('c')}"[-9:]}

    with json_shop(answer) as shop:
        run = Run(tmp_path, shop.url, '[paging]\nkind = "cursor"\nparam = "c"\ncursor = "next"')
        options = {"mapping": str(run.path), "since": START.isoformat()}
        sink = MemorySink()
        Runner(
            make(HttpPollSource, options),
            sink,
            stop=stop,
            context=Context("toko", clock=run.clock),
            checkpoints=run.checkpoints,
        ).run()
        assert ids(sink.events) == [1]
        assert len(shop.asked) == 1
    assert run.checkpoints.load("toko") is None


def toko(asked: Asked, every: list[dict[str, Any]]) -> Any:
    """The invented API of docs/examples/http-mapping.toml."""
    if asked.headers.get("authorization") != "Bearer token-for-tests":
        return Reply({"code": 401}, 401)
    assert (asked.path, asked.param("status"), asked.param("per_page")) == ("/v1/products", "all", "50")
    assert asked.headers["host"] == "api.toko.example"
    low, high = int(asked.param("updated_from") or 0) * 1000, int(asked.param("updated_to") or 0) * 1000
    found = [each for each in every if low <= each["updated_at"] <= high]
    start = int(asked.param("cursor") or 0)
    following = str(start + 50) if start + 50 < len(found) else None
    return {
        "code": 0,
        "data": {"items": found[start : start + 50], "next_cursor": following, "total": len(found)},
    }


def product(number: int) -> dict[str, Any]:
    return {
        "id": 9_000_000_000_000_000_000 + number,
        "shop": {"id": 77},
        "name": f"Jaket varsity {number}",
        "details": {"text": "Ukuran L"},
        "links": {"web": f"https://toko.example/p/{number}"},
        "price": {"value": 8500000 + number},
        "category": {"name": "Jaket Pria"},
        "condition": "BEKAS",
        "photos": [{"url": "https://img.example/1.jpg", "visible": True}, {"url": "https://img.example/2.jpg", "visible": False}],
        "state": "LIVE",
        "created_at": "24/11/2026 10:00",
        "updated_at": int(START.timestamp() + number) * 1000 + 500,
    }  # fmt: skip


def test_the_example_in_the_documentation_reads_its_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKO_TOKEN", "token-for-tests")
    every = [product(number) for number in range(120)]
    every.append({"id": 5, "state": "DELETED", "updated_at": int(START.timestamp()) * 1000})
    with json_shop(lambda asked: toko(asked, every)) as shop:
        run = Run(tmp_path, shop.url)
        run.path = EXAMPLE
        events = run(Elsewhere(shop.url))
    assert len(events) == 121
    assert run.problems == []
    assert events[7] == ListingEvent(
        event_id="toko-id.9000000000000000007.2026-11-24T03:00:07.500000+00:00",
        type=EventType.UPDATED,
        marketplace="toko-id",
        listing_id="9000000000000000007",
        seller_id="77",
        title="Jaket varsity 7",
        description="Ukuran L",
        url="https://toko.example/p/7",
        price=Price(amount="85000.07", currency="IDR"),
        category="Jaket Pria",
        condition="used",
        images=(Image(url="https://img.example/1.jpg"),),
        listed_at=START,
        observed_at=events[7].observed_at,
        source=events[7].source,
    )
    assert START + timedelta(hours=1) <= events[7].observed_at <= run.clock.now()
    assert (events[-1].type, events[-1].title) == (EventType.REMOVED, "")
    assert run.checkpoints.load("toko").state == {"until": "2026-11-24T03:10:00+00:00"}  # type: ignore[union-attr]
