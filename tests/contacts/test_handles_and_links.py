"""Handles, messenger links and shops; and what only looks like one."""

import pytest

from fingerprints.contact import Contact, find_contacts


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("IG @toko.baju", "handle", "instagram:toko.baju"),
        ("ig: tokobaju", "handle", "instagram:tokobaju"),
        ("IG 👉 @Toko.Baju", "handle", "instagram:toko.baju"),
        ("ｉｇ：@ｔｏｋｏ．ｂａｊｕ", "handle", "instagram:toko.baju"),
        ("ig@toko.baju", "handle", "instagram:toko.baju"),
        ("follow IG kami tokobaju.id", "handle", "instagram:tokobaju.id"),
        ("ig tokobaju", "handle", "instagram:tokobaju"),
        ("https://www.instagram.com/toko.baju/?hl=id", "handle", "instagram:toko.baju"),
        ("https://www.tiktok.com/@tokobaju", "handle", "tiktok:tokobaju"),
        ("telegram t.me/tokobaju", "handle", "telegram:tokobaju"),
        ("line id: tokobaju", "handle", "line:tokobaju"),
        ("id line : tokobaju", "handle", "line:tokobaju"),
        ("line @tokobaju", "handle", "line:tokobaju"),
        ("https://line.me/R/ti/p/@tokobaju", "handle", "line:tokobaju"),
        ("line.me/ti/p/~tokobaju", "handle", "line:tokobaju"),
        ("fb: toko.baju", "handle", "facebook:tokobaju"),
        ("fb.com/tokobaju", "handle", "facebook:tokobaju"),
        ("facebook.com/profile.php?id=100012345", "handle", "facebook:100012345"),
        ("shopee: namatoko", "handle", "shopee:namatoko"),
        ("cek @toko_baju", "handle", "@:toko_baju"),
        ("by @tokobajumurah", "handle", "@:tokobajumurah"),
        ("t.me/+6281234567890", "phone", "+6281234567890"),
        ("wa.me/60123456789", "phone", "+60123456789"),
        ("t.me/joinchat/AbCdEf", "messenger", "telegram-group:abcdef"),
        ("wa.me/message/ABCDEF123", "messenger", "wa.me:abcdef123"),
        ("chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv", "messenger", "whatsapp-group:abcdefghijklmnopqrstuv"),
        ("bit.ly/wa-tokobaju", "messenger", "bit.ly:wa-tokobaju"),
        ("pin BB 5A3B2C1D", "messenger", "bbm:5a3b2c1d"),
        ("https://shopee.co.id/namatoko?categoryId=1", "shop", "shopee:namatoko"),
        ("https://shopee.co.id/Jaket-Varsity-i.308864651.11479305215", "shop", "shopee:308864651"),
        ("shopee.co.id/product/371353896/27364735345", "shop", "shopee:371353896"),
        ("shopee.co.id/universal-link/product/371353896/27364735345", "shop", "shopee:371353896"),
        ("shopee.co.id/shop/371353896/", "shop", "shopee:371353896"),
        ("https://www.tokopedia.com/namatoko/jaket-varsity", "shop", "tokopedia:namatoko"),
        ("https://www.lazada.co.id/shop/nama-toko/?x=1", "shop", "lazada:nama-toko"),
        ("tiktok.com/shop/store/nama-toko/7494123456789", "shop", "tiktok-shop:7494123456789"),
    ],
)
def test_contacts_by_name_and_link(text: str, kind: str, value: str) -> None:
    assert find_contacts(f"jaket bagus {text} ready") == (Contact(kind, value),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "tokobaju@gmail.com",
        "email: toko.baju@mail.co.id",
        "toko @gmail.com",
        "@ 25rb",
        "@25rb",
        "@25.000 / pcs",
        "@rp.25.000",
        "@25k @2lusin @100gram",
        "@jakarta @lusin @home",
        "B@ju @nak m@sker",
        "B@ju @nak.lucu",
        "A-Line: dress",
        "a line : rok",
        "off line: toko",
        "ig feed ig story fb ads tiktok viral line art",
        "shopee mall shopee : gratis ongkir",
        "fb: ready ig: 25rb",
        "instagram.com/p/Cxyz/",
        "shopee.co.id/search?keyword=jaket",
        "tokopedia.com/search?q=jaket",
        "tokopedia.com/p/fashion",
        "shop-id.tokopedia.com/view/product/1730811847233275332",
        "lazada.co.id/products/denim-hitam-i143570579-s157343054.html",
        "bit.ly/katalog",
        "t.metro/x wa.meja/08",
        "bros pin mutiara pin 12345678",
    ],
)
def test_no_contact(text: str) -> None:
    assert find_contacts(text) == ()


def test_contacts_come_in_the_order_of_the_text() -> None:
    text = "IG @toko.baju, WA 0812-3456-7890, shopee.co.id/namatoko, shopee: namatoko, @toko_lain"
    assert [contact.value for contact in find_contacts(text)] == [
        "instagram:toko.baju",
        "+6281234567890",
        "shopee:namatoko",
        "@:toko_lain",
    ]
