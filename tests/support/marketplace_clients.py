"""Clients of the simulated marketplaces that sign as the documents say: nothing of a connector is in them."""

import json
from typing import Any

import httpx

from connectors.lazada import signature as lazada
from connectors.shopee import signature as shopee
from connectors.simulator.simulator import Simulator
from connectors.tiktok import signature as tiktok
from connectors.web_trust import web_trust

LIST = "/api/v2/product/get_item_list"
ITEMS = "/api/v2/product/get_item_base_info"
MODELS = "/api/v2/product/get_model_list"
REFRESH = "/api/v2/auth/access_token/get"
SEARCH = "/product/202502/products/search"
STATUSES = ["NORMAL", "BANNED", "SELLER_DELETE"]


class Client:
    """What the three have in common."""

    def __init__(self, sim: Simulator, shop: str | None = None) -> None:
        self.sim = sim
        self.known = sim.credentials_for(shop) if shop else sim.credentials
        self.token = self.known.access_token
        self.refresh_token = self.known.refresh_token
        self.late_ms = 0
        self.http = httpx.Client(base_url=sim.base_url, timeout=20, verify=web_trust(), trust_env=False)

    def now_ms(self) -> int:
        return self.sim._now_ms() - self.late_ms


class ShopeeClient(Client):
    def send(self, path: str, *, public: bool = False, body: Any = None, **params: Any) -> httpx.Response:
        stamp = self.now_ms() // 1000
        signed = {} if public else {"access_token": self.token, "shop_id": self.known.shop}
        sign = shopee.sign(self.known.secret, int(self.known.app), path, stamp, **signed)
        query = {"partner_id": self.known.app, "timestamp": str(stamp), "sign": sign, **signed, **params}
        if body is not None:
            return self.http.post(path, params=query, json=body)
        return self.http.get(path, params=query)

    def page(self, offset: int = 0, size: int = 100, **params: Any) -> Any:
        asked = {"offset": str(offset), "page_size": str(size), "item_status": STATUSES, **params}
        return self.send(LIST, **asked).json()

    def items(self, *numbers: int) -> list[dict[str, Any]]:
        return self.send(ITEMS, item_id_list=",".join(map(str, numbers))).json()["response"]["item_list"]

    def refresh(self, token: str | None = None) -> Any:
        body = {
            "refresh_token": token or self.refresh_token,
            "partner_id": int(self.known.app),
            "shop_id": int(self.known.shop),
        }
        return self.send(REFRESH, public=True, body=body).json()


class LazadaClient(Client):
    def send(self, path: str, *, public: bool = False, **params: str) -> httpx.Response:
        query = {
            "app_key": self.known.app,
            "timestamp": str(self.now_ms()),
            "sign_method": "sha256",
            **({} if public else {"access_token": self.token}),
            **params,
        }
        query["sign"] = lazada.sign(self.known.secret, path, query.items())
        return self.http.get(f"/rest{path}", params=query)

    def page(self, offset: int = 0, limit: int = 50, **params: str) -> Any:
        return self.send("/products/get", offset=str(offset), limit=str(limit), filter="all", **params).json()

    def refresh(self, token: str | None = None) -> Any:
        return self.send("/auth/token/refresh", public=True, refresh_token=token or self.refresh_token).json()


class TikTokClient(Client):
    def send(self, method: str, path: str, body: Any = None, **params: str) -> httpx.Response:
        raw = b"" if body is None else json.dumps(body).encode()
        query = {"app_key": self.known.app, "timestamp": str(self.now_ms() // 1000), **params}
        query.setdefault("shop_cipher", self.known.shop_cipher)
        query["sign"] = tiktok.sign(self.known.secret, path, query.items(), raw)
        headers = {"x-tts-access-token": self.token, "content-type": "application/json"}
        return self.http.request(method, path, params=query, content=raw, headers=headers)

    def page(self, token: str = "", size: int = 100, **body: Any) -> Any:
        asked = {"page_size": str(size)} | ({"page_token": token} if token else {})
        return self.send("POST", SEARCH, body, **asked).json()

    def detail(self, item: int | str) -> Any:
        return self.send("GET", f"/product/202309/products/{item}").json()

    def refresh(self, token: str | None = None) -> Any:
        asked = {
            "app_key": self.known.app,
            "app_secret": self.known.secret,
            "grant_type": "refresh_token",
            "refresh_token": token or self.refresh_token,
        }
        return self.http.get("/api/v2/token/refresh", params=asked).json()


CLIENTS = {"shopee": ShopeeClient, "lazada": LazadaClient, "tiktok": TikTokClient}


def read_page(client: Client) -> Any:
    """The first page of any of the three."""
    return client.page()  # type: ignore[attr-defined]
