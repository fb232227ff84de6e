"""Each marketplace's signatures against vectors that two independent SDKs each reproduce."""

from connectors.lazada import signature as lazada
from connectors.shopee import signature as shopee
from connectors.tiktok import signature as tiktok

SHOPEE_KEY = "57615053704d6470644f554a78656d50484143644964436a5568777544524579"
TIKTOK_SECRET = "e59af819cc"


def test_shopee_of_a_shop() -> None:
    signed = shopee.sign(
        SHOPEE_KEY, 2001887, "/api/v2/shop/get_shop_info", 1655714431,
        access_token="59777174636562737266615546704c6d", shop_id="14701711",
    )  # fmt: skip
    assert signed == "b914bea03c13799deb036bb9d10e689f5a6bade160c44af568646f1ef7d796c1"


def test_shopee_public() -> None:
    signed = shopee.sign(SHOPEE_KEY, 2001887, "/api/v2/public/get_shops_by_partner", 1655714431)
    assert signed == "60ab8c4a535009ab33b8a0029ee18a667ef6eaeb16481ed3d573a5059122d4df"


def test_shopee_push() -> None:
    signed = shopee.sign_push(SHOPEE_KEY, "https://example.com/shopee/push", b'{"shop_id":123,"code":1}')
    assert signed == "5f2ca9f6c64e58aa5af5d28ae9e62a49363df59072cdc501232e444720923f89"


def test_lazada() -> None:
    params = [
        ("app_key", "123456"), ("order_id", "1234"), ("timestamp", "1517820392000"), ("access_token", "test"),
        ("sign_method", "sha256"), ("sign", "whatever"), ("empty", ""),
    ]  # fmt: skip
    signed = lazada.sign("helloworld", "/order/get", params)
    assert signed == "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"


def test_lazada_sorts_by_name() -> None:
    params = [("foobar", "4"), ("foo_bar", "3"), ("bar", "2"), ("foo", "1")]
    # The order is that of the bytes: `_` before letters.
    signed = lazada.sign("1234", "/test/api", params)
    assert signed == "988085883BF9D32D251478D23122C7ECC91518CDF63BA22F792000A378F52409"


def test_lazada_push() -> None:
    body = b'{"seller_id":"1234567", "message_type":0, "data":{...}..}'
    signed = lazada.sign_push("123456", "3412gyo124goi3124", body)
    assert signed == "f3d2ca947f16a50b577c036adecd18bec126ea19cadedd59816e255d3b6104ab"


def test_tiktok_without_a_body() -> None:
    params = [("app_key", "29a39d"), ("timestamp", "1623812664"), ("sign", "x"), ("access_token", "y")]
    signed = tiktok.sign(TIKTOK_SECRET, "/authorization/202309/shops", params)
    assert signed == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"


def test_tiktok_with_the_secret_as_key() -> None:
    signed = tiktok.sign("app_secret", "/test-api", [("foo", "bar")])
    assert signed == "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f"


def test_tiktok_with_a_body() -> None:
    params = [
        ("app_key", "29a39d"), ("timestamp", "1623812664"), ("page_size", "100"),
        ("shop_cipher", "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3"),
    ]  # fmt: skip
    body = b'{"status":"ACTIVATE","update_time_ge":1694576429}'
    signed = tiktok.sign(TIKTOK_SECRET, "/product/202502/products/search", params, body)
    assert signed == "649ef505d37c4b2ecf4ecbc9f4f35fe2f8729bf5b4afdfd9b1c7c183843694e5"
