"""Everything that can be made to go wrong, seen from a client; by plan, by share, and by the rate limit."""

import contextlib
import json

import httpx
import pytest
from marketplace_clients import CLIENTS, LIST, ShopeeClient, read_page
from simulated_listings import SetClock, world_of

from connectors.simulator.faults import FAULTS, PASSING, Faults
from connectors.simulator.hostile import HUGE_BYTES, HUGE_ROWS
from connectors.simulator.simulator import Simulator

COUNT = 12
KINDS = sorted(CLIENTS)


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def sim(kind, clock):
    with Simulator(kind, world_of(kind, COUNT, clock), clock=clock) as running:
        yield running


@pytest.fixture
def client(kind, sim):
    return CLIENTS[kind](sim)


def rows(page):
    """The listings of any marketplace's page."""
    inner = page.get("response") or page["data"]
    return inner.get("item", inner.get("products"))


def code(page):
    return str(page.get("error", page.get("code")))


OWN_WORDS = {
    "throttled": {
        "shopee": ["error_rate_limit"],
        "lazada": ["ApiCallLimit", "AppApiCallLimit"],
        "tiktok": ["36009002"],
    },
    "inside-200": {"shopee": ["error_server"], "lazada": ["901"], "tiktok": ["36009003"]},
    "expired": {"shopee": ["invalid_acceess_token"], "lazada": ["IllegalAccessToken"], "tiktok": ["105002"]},
}


@pytest.mark.parametrize("how", OWN_WORDS)
def test_each_marketplace_fails_in_its_own_words_once(kind, sim, client, how):
    sim.fail_next(1, how)
    assert code(read_page(client)) in OWN_WORDS[how][kind]
    assert len(rows(read_page(client))) == COUNT
    assert sim.faults.met == {how: 1}


def raw(client):
    """The list as bytes, whatever they are."""
    answers = []
    client.http.event_hooks["response"].append(lambda answer: answers.append(answer.read() and answer))
    with contextlib.suppress(ValueError):
        read_page(client)
    client.http.event_hooks["response"].clear()
    return answers[0]


def test_429_says_when_to_come_back(sim, client):
    sim.fail_next(1, "throttled-429")
    answer = raw(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


def test_server_errors_are_html_of_all_three_kinds(sim, client):
    sim.fail_next(3, "server-error")
    answers = [raw(client) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {500, 502, 503}
    assert all(answer.headers["Content-Type"] == "text/html" for answer in answers)
    sim.fail_next(1, "not-json")
    assert (raw(client).status_code, raw(client).status_code) == (200, 200)


@pytest.mark.parametrize("how", ["hang-up", "hang-up-after", "torn", "reset"])
def test_connections_are_cut(sim, client, how):
    sim.fail_next(1, how)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        read_page(client)
    assert len(rows(read_page(client))) == COUNT


def test_json_is_cut_and_texts_are_no_utf8(sim, client):
    sim.fail_next(1, "cut-json")
    cut = raw(client)
    assert (cut.status_code, int(cut.headers["Content-Length"])) == (200, len(cut.content))
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.content)
    sim.fail_next(1, "not-utf8")
    with pytest.raises(UnicodeDecodeError):
        raw(client).content.decode()


def test_a_slow_answer_holds_up_nobody_else(kind, sim, client):
    sim.faults.slow_seconds = 30.0
    sim.fail_next(1, "slow")
    client.http.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        read_page(client)
    assert len(rows(read_page(CLIENTS[kind](sim)))) == COUNT


def test_a_body_larger_than_any_page(sim, client):
    sim.fail_next(1, "huge-body")
    assert len(raw(client).content) > HUGE_BYTES


def test_an_endless_list_never_ends(kind, sim, client):
    sim.faults.always("endless")
    if kind == "shopee":
        first, far = client.page(), client.page(1_000_000)
        assert first["response"]["has_next_page"]
        assert far["response"]["has_next_page"]
    elif kind == "lazada":
        first, far = client.page(), client.page(9_950)
        assert int(far["data"]["total_products"]) > 10_000
    else:
        first = client.page()
        far = client.page(first["data"]["next_page_token"])
        assert far["data"]["next_page_token"]
    assert rows(far) == rows(first)
    sim.faults.clear()
    assert len(rows(read_page(client))) == COUNT


def test_an_empty_page_promises_another(kind, sim, client):
    sim.fail_next(1, "empty-page")
    page = read_page(client)
    assert rows(page) == []
    inner = page.get("response") or page["data"]
    assert inner.get("has_next_page") or inner.get("next_page_token") or int(inner["total_products"]) > 0


def test_pages_are_huge_or_repeat_themselves(sim, client):
    sim.fail_next(1, "huge-page")
    sim.fail_next(1, "repeated")
    assert len(rows(read_page(client))) > HUGE_ROWS - COUNT
    repeated = rows(read_page(client))
    assert repeated == repeated[:COUNT] + repeated[COUNT - 1 :: -1]


def test_the_schema_changes_in_every_other_record(kind, sim, client):
    usual = rows(read_page(client))
    sim.fail_next(1, "schema-change")
    changed = rows(read_page(client))
    assert len(changed) == COUNT
    assert all("zz_new_field" in row for row in changed)
    for row in changed:
        row.pop("zz_new_field")
    assert changed[0] == usual[0]
    assert changed[2] != usual[2]
    name = "id" if kind == "tiktok" else "item_id"
    assert type(changed[2][name]) is not type(usual[2][name])
    if kind == "tiktok":
        assert "title" not in changed[1]
        assert changed[3]["title"] == {"text": usual[3]["title"], "lang": "id"}


def test_update_times_jump_ahead_and_back_and_keep_their_type(kind, sim, client):
    name = "updated_time" if kind == "lazada" else "update_time"
    usual = rows(read_page(client))
    sim.fail_next(1, "clock-jump")
    jumped = rows(read_page(client))
    assert [type(row[name]) for row in jumped] == [type(row[name]) for row in usual]
    assert int(jumped[0][name]) > int(usual[0][name])
    assert int(jumped[1][name]) == 0
    assert 0 < int(jumped[2][name]) < int(usual[2][name])


def test_a_refresh_used_up_and_lost_is_lost_only_where_tokens_are_good_once(kind, sim, client):
    sim.fail_next(1, "hang-up-after", on="refresh")
    assert len(rows(read_page(client))) == COUNT
    with pytest.raises(httpx.RemoteProtocolError):
        client.refresh()
    assert sim.tokens.refreshes == 1
    again = client.refresh()
    refused = kind == "shopee"
    assert (code(again) == "error_auth") == refused
    assert sim.tokens.refreshes == (1 if refused else 2)


def test_tokens_end_when_a_test_says_so(kind, sim, client):
    sim.tokens.expire()
    assert code(read_page(client)) in OWN_WORDS["expired"][kind]
    given = client.refresh()
    client.token = given.get("data", given)["access_token"]
    assert len(rows(read_page(client))) == COUNT
    sim.tokens.revoke()
    assert code(read_page(client)) in OWN_WORDS["expired"][kind]
    assert code(client.refresh()) in ("error_auth", "IllegalRefreshToken", "105002")


def test_faults_are_met_by_number_kind_and_for_ever(clock):
    with Simulator("shopee", world_of("shopee", COUNT, clock), clock=clock) as sim:
        client = ShopeeClient(sim)
        sim.faults.at(2, "inside-200")
        sim.faults.always("expired", on="detail")
        assert [code(client.page()) for _ in range(3)] == ["", "error_server", ""]
        assert client.send("/api/v2/product/get_item_base_info", item_id_list="1").status_code == 403
        sim.faults.clear()
        assert client.items(1) == []
        assert [line.fault for line in sim.stats.log] == [None, "inside-200", None, "expired", None]
        assert "access" not in repr(sim.stats.log)


def test_the_shares_of_faults_are_kept_and_drawn_from_the_seed():
    def met(seed, share):
        faults = Faults(seed, share)
        return [faults.meet(number, "list") for number in range(1, 5001)]

    one = met(1, 0.1)
    assert one == met(1, 0.1) != met(2, 0.1)
    assert 400 < sum(how is not None for how in one) < 600
    assert {how for how in one if how} == set(PASSING)
    assert met(1, 0.0) == [None] * 5000
    assert None not in met(1, 1.0)


def test_chance_never_loses_a_refresh_token():
    faults = Faults(1, 1.0, among=tuple(FAULTS))
    met = {faults.meet(number, "refresh") for number in range(2000)}
    assert not met & {"hang-up-after", "torn", "reset", "cut-json", "not-utf8", "endless", "huge-page"}
    assert "server-error" in met


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Faults(1, 1.5), "share is 0 to 1, not 1.5"),
        (lambda: Faults(1, 0.1, among=["flood"]), "no fault is called 'flood'; there are throttled"),
        (lambda: Faults(1).next("flood"), "no fault is called 'flood'"),
        (
            lambda: Simulator("bukalapak", world_of("shopee", 1, SetClock())),
            "no marketplace is called 'bukalapak'",
        ),
        (
            lambda: Simulator("shopee", world_of("shopee", 1, SetClock()), requests_per_second=0),
            "more than 0, not 0",
        ),
    ],
)
def test_what_cannot_be_is_said(made, message):
    with pytest.raises(ValueError, match=message):
        made()


def test_the_rate_limit_fills_as_the_clock_goes(kind, clock):
    with Simulator(kind, world_of(kind, COUNT, clock), clock=clock, requests_per_second=2, burst=3) as sim:
        client = CLIENTS[kind](sim)
        assert [code(read_page(client)) in OWN_WORDS["throttled"][kind] for _ in range(5)] == [False] * 3 + [
            True
        ] * 2
        clock.go(seconds=0.5)
        assert [code(read_page(client)) in OWN_WORDS["throttled"][kind] for _ in range(2)] == [False, True]
        clock.go(seconds=60)
        assert [code(read_page(client)) in OWN_WORDS["throttled"][kind] for _ in range(4)] == [False] * 3 + [
            True
        ]
        assert sim.stats.throttled == 4


def test_unknown_paths_and_methods_are_not_found(sim, client):
    assert client.http.get("/api/v1/items").status_code == 404
    assert client.http.put(LIST).status_code == 404
    assert sim.stats.requests["unknown"] == 2
