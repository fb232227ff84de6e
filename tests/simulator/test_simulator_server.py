"""The server itself: photos, slow and broken clients, its port, and the same answers for the same seed."""

import socket
from concurrent.futures import ThreadPoolExecutor

import local_http
import pytest
from marketplace_clients import CLIENTS, read_page
from simulated_listings import NOON, SetClock, listing, world_of

from connectors.events import EventType
from connectors.sample.listing_ids import REAL_MARKETPLACES, SHOPEE
from connectors.sample.photo_recipe import PhotoShelf
from connectors.sample.plan import make_plan
from connectors.simulator.faults import Faults
from connectors.simulator.simulator import Simulator
from connectors.simulator.world import World

KINDS = sorted(CLIENTS)


def story(**other):
    return make_plan(5, listings=8, takedowns=2, relists=2, lookalikes=2, sellers=4, photos_each=1,
                     marketplaces=REAL_MARKETPLACES, start=NOON, **other)  # fmt: skip


def test_every_photo_of_the_world_is_served_as_drawn_by_whichever_marketplace_is_asked():
    world, plan = World(), story()
    world.play(plan)
    created = [event for event in plan.events if event.type is EventType.CREATED][:3]
    with Simulator("lazada", world) as sim:
        for event in created:
            name = event.images[0].url.rpartition("/")[2]
            answer = local_http.get(f"{sim.base_url}/photos/{name}", timeout=20)
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert answer.content == plan.photos[name].draw()
        assert local_http.get(f"{sim.base_url}/photos/0.jpg").status_code == 404
        assert local_http.get(f"{sim.base_url}/photos/../etc/passwd").status_code == 404
        assert sim.stats.photos == 3
        assert sum(sim.stats.requests.values()) == 1


def test_answers_name_photos_where_they_are_served_and_others_where_they_are():
    clock = SetClock()
    world, plan = World(clock), story()
    world.play(plan)
    clock.go(days=1)
    shop = next(event.seller_id for event in plan.events if event.marketplace == SHOPEE)
    world.put(listing(SHOPEE, 7, listing_id=f"{shop}.7", seller_id=shop))
    with Simulator("shopee", world, clock=clock) as sim:
        client = CLIENTS["shopee"](sim)
        numbers = [row["item_id"] for row in client.page()["response"]["item"]]
        urls = {url for item in client.items(*numbers) for url in item["image"]["image_url_list"]}
        outside = {"https://photos.example/7.jpg"}
        assert {url for url in urls if not url.startswith(f"{sim.base_url}/photos/")} == outside
        assert len(urls) == len(numbers)


def test_photos_drawn_ahead_are_not_drawn_again():
    world, shelf, plan = World(), PhotoShelf(), story()
    world.play(plan)
    name, recipe = next(iter(plan.photos.items()))
    shelf.put(recipe, b"\xff\xd8drawn ahead")
    with Simulator("shopee", world, shelf=shelf) as sim:
        assert local_http.get(f"{sim.base_url}/photos/{name}").content == b"\xff\xd8drawn ahead"


def test_clients_that_say_half_or_nonsense_hold_up_nobody():
    clock = SetClock()
    with Simulator("shopee", world_of("shopee", 3, clock), clock=clock) as sim:
        address = ("127.0.0.1", int(sim.base_url.rpartition(":")[2]))
        half = [socket.create_connection(address) for _ in range(50)]
        for number, one in enumerate(half):
            one.sendall(
                [
                    b"",
                    b"GET /api/v2",
                    b"POST /x HTTP/1.1\r\nContent-Length: 900\r\n\r\nhalf",
                    b"\x00\xff\r\n\r\n",
                ][number % 4]
            )
        assert len(read_page(CLIENTS["shopee"](sim))["response"]["item"]) == 3
        for one in half:
            one.close()


def test_a_body_that_is_too_large_is_refused():
    with Simulator("shopee", world_of("shopee", 1, SetClock())) as sim:
        answer = local_http.post(
            f"{sim.base_url}/api/v2/auth/access_token/get", content=b"x" * (1024 * 1024 + 1)
        )
        assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"[]", b"{", b"[" * 5000, b'"x"', b'{"refresh_token":7}', b"\xff"])
def test_strange_bodies_are_refused_not_broken(body):
    clock = SetClock()
    with Simulator("shopee", world_of("shopee", 1, clock), clock=clock) as sim:
        client = CLIENTS["shopee"](sim)
        url = client.send("/api/v2/auth/access_token/get", public=True, body={}).request.url
        assert client.http.post(url, content=body).json()["error"] == "error_auth"


def test_the_same_seed_and_the_same_requests_give_the_same_answers():
    def play(kind, seed):
        clock = SetClock()
        faults = Faults(seed, 0.3, among=("throttled", "inside-200", "server-error", "cut-json"))
        world = world_of(kind, 20, clock)
        with Simulator(kind, world, seed=seed, clock=clock, faults=faults) as sim:
            client = CLIENTS[kind](sim)
            said = []
            client.http.event_hooks["response"].append(
                lambda answer: said.append((answer.status_code, answer.read()))
            )
            for _ in range(30):
                clock.go(seconds=1)
                try:
                    read_page(client)
                except ValueError:
                    continue
            return sim.credentials, said

    for kind in KINDS:
        assert play(kind, 4) == play(kind, 4)
        assert play(kind, 4)[0] != play(kind, 5)[0]
        assert play(kind, 4)[1] != play(kind, 5)[1]


def test_many_clients_at_once_are_all_answered():
    clock = SetClock()
    with Simulator("tiktok", world_of("tiktok", 50, clock), clock=clock) as sim:
        client = CLIENTS["tiktok"](sim)
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: client.page()["data"]["total_count"], range(64)))
        assert pages == [50] * 64
        assert sim.stats.requests["list"] == 64
        assert sorted(line.number for line in sim.stats.log) == list(range(1, 65))


def test_stopping_gives_the_port_back_and_may_be_done_twice():
    world = world_of("shopee", 1, SetClock())
    sim = Simulator("shopee", world)
    port = int(sim.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Simulator("shopee", world, port=port)
    with sim:
        local_http.get(sim.base_url)
    sim.stop()
    with Simulator("lazada", world, port=port) as again:
        assert local_http.get(again.base_url).status_code == 404
    Simulator("tiktok", world).stop()


def test_a_world_without_a_shop_says_so():
    with Simulator("lazada", world_of("shopee", 1, SetClock())) as sim:
        assert sim.shops == []
        with pytest.raises(ValueError, match="no shop on lazada yet"):
            _ = sim.credentials
