"""A marketplace on this machine: `with Simulator("shopee", world) as sim: ... sim.base_url, sim.credentials`."""

import contextlib
from itertools import count
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

from aiohttp import web

from connectors.events import Image
from connectors.sample.photo_recipe import PhotoRecipe, PhotoShelf
from connectors.simulator.api import Api, App, Call
from connectors.simulator.credentials import Credentials, TokenDesk, drawn_text
from connectors.simulator.desk import Desk, Outgoing, Stats
from connectors.simulator.faults import Faults
from connectors.simulator.lazada import LazadaApi
from connectors.simulator.push_bodies import PushDesk
from connectors.simulator.pusher import Pusher, PushOptions
from connectors.simulator.rate import Bucket
from connectors.simulator.server import Server
from connectors.simulator.shopee import ShopeeApi
from connectors.simulator.tiktok import TikTokApi
from connectors.simulator.version import KINDS, Shops, Version, milliseconds
from connectors.simulator.world import Clock, system_clock

APIS: dict[str, type[Api]] = {api.kind: api for api in (ShopeeApi, LazadaApi, TikTokApi)}
FORM = "application/x-www-form-urlencoded"
DAY_MS = 86_400_000


class Simulator:
    """One marketplace's API over a world, with everything that can go wrong. Stop it, or use it in `with`."""

    def __init__(
        self,
        kind: str,
        world: Shops,
        *,
        seed: int = 1,
        clock: Clock = system_clock,
        port: int = 0,
        requests_per_second: float | None = None,
        burst: float | None = None,
        faults: Faults | None = None,
        token_minutes: float = 240.0,
        push: PushOptions | None = None,
        shelf: PhotoShelf | None = None,
    ) -> None:
        """The port is taken here; 0 takes a free one. `clock` is what tokens, times and the rate go by.

        Raises:
            ValueError: no such marketplace, or a number that cannot be.
            OSError: the port is taken.
        """
        if kind not in APIS:
            raise ValueError(f"no marketplace is called {kind!r}; there are {', '.join(APIS)}")
        api_type = APIS[kind]
        self.kind = kind
        self.world = world
        self.faults = faults or Faults(seed)
        self.stats = Stats()
        self.tokens = TokenDesk(
            kind,
            seed,
            head=api_type.token_head,
            access_ms=round(token_minutes * 60_000),
            refresh_ms=api_type.refresh_days * DAY_MS,
            single_use=api_type.single_use_refresh,
        )
        self._seed, self._clock = seed, clock
        self._shelf = shelf or PhotoShelf()
        self._numbers = count(1)
        app, secret = api_type.draw_app(seed)
        self._ciphers: dict[str, str] = {}
        self._api = api_type(App(app, secret, self._ciphers, world, self.tokens, self._image_url))
        bucket = Bucket(requests_per_second, burst) if requests_per_second is not None else None
        self._desk = Desk(self._api, self.faults, bucket, self.stats)
        self._pusher: Pusher | None = None
        if push is not None:
            desk = PushDesk(kind, app, secret, push.url, seed=seed, duplicates=push.duplicates)
            self._pusher = Pusher(desk, push, self._now_ms, self.stats.pushes)
        self._granted: dict[str, Credentials] = {}
        self._ending = contextlib.ExitStack()
        self._server = Server(
            self._answer, self._photo, port=port, slow_seconds=lambda: self.faults.slow_seconds
        )

    @property
    def base_url(self) -> str:
        """Where the API and its token service are; paths follow as the marketplace has them."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def shops(self) -> list[str]:
        """The shops that there are now."""
        return self.world.sellers(self.kind)

    @property
    def credentials(self) -> Credentials:
        """The permission of the first shop, given when it is first asked for. ValueError: there is no shop."""
        shops = self.shops
        if not shops:
            raise ValueError(f"the world has no shop on {self.kind} yet: put a listing there, or name a shop")
        return self.credentials_for(shops[0])

    def credentials_for(self, shop: str) -> Credentials:
        """A shop's permission, the same each time; new tokens come by refreshing."""
        if shop not in self._granted:
            if self._api.has_ciphers:
                self._ciphers[f"ID_{drawn_text(24, 'cipher', self._seed, shop)}"] = shop
            self._granted[shop] = self._api.credentials(shop, self._now_ms())
        return self._granted[shop]

    def fail_next(self, times: int, how: str, on: str | None = None) -> None:
        """The next so many requests meet this fault of `connectors.simulator.faults.FAULTS`."""
        self.faults.next(how, times, on)

    def start(self) -> None:
        """Answer requests from now on; returns when they are taken."""
        if self._pusher is None:
            self._server.start()
            return
        self._ending.callback(self.world.follow(self._expect))
        self._server.start(self._pusher.run)

    def stop(self) -> None:
        """End, and give the port back. Stopping twice is no error."""
        self._ending.close()
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _now_ms(self) -> int:
        return milliseconds(self._clock())

    def _expect(self, version: Version) -> None:
        if self._pusher is not None and version.standing[0][0] in KINDS[self.kind]:
            self._pusher.expect(version)

    def _answer(self, request: web.Request, body: bytes) -> Outgoing:
        params = tuple(request.query.items())
        if body and request.content_type == FORM:
            params = (*params, *parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        call = Call(
            method=request.method,
            path=request.path,
            params=params,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            number=next(self._numbers),
            now_ms=self._now_ms(),
        )
        return self._desk.answer(call)

    def _photo(self, name: str) -> bytes | None:
        recipe: PhotoRecipe | None = self.world.photos.get(name)
        if recipe is None:
            return None
        self.stats.photos += 1
        return self._shelf.photo(recipe)

    def _image_url(self, image: Image) -> str:
        """Photos that the world can draw are served here; others are where they are."""
        url = image.url or ""
        name = url.rpartition("/")[2]
        return f"{self.base_url}/photos/{name}" if name in self.world.photos else url
