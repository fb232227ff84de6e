"""Every public form of a listing's link is recognised, every look-alike refused, and no text breaks it."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.links import LinkTarget, RefusedLink, ShortLink, recognise

SHOPEE = ("shopee-id", "308864651.11479305215", "https://shopee.co.id/product/308864651/11479305215")
LAZADA = ("lazada-id", "143570579", "https://www.lazada.co.id/products/i143570579.html")
PRODUCT = "1730811847233275332"
TOKOPEDIA = ("tokopedia-id", PRODUCT, f"https://shop-id.tokopedia.com/view/product/{PRODUCT}")
TIKTOK = ("tiktok-id", PRODUCT, f"https://shop.tiktok.com/view/product/{PRODUCT}")

FORMS = {
    "shopee.co.id/PEERYMAKER-Varsity-Jacket-Batter-Bear-i.308864651.11479305215": SHOPEE,
    "https://shopee.co.id/product/308864651/11479305215": SHOPEE,
    "https://shopee.co.id/universal-link/product/308864651/11479305215/": SHOPEE,
    "https://shopee.co.id/i.308864651.11479305215": SHOPEE,
    "http://www.shopee.co.id/Jaket-i.308864651.11479305215?sp_atk=a-b&xptdk=c#rincian": SHOPEE,
    "HTTPS://M.SHOPEE.CO.ID/Jaket-i.308864651.11479305215": SHOPEE,
    "//shopee.co.id/Jaket-i.308864651.11479305215": SHOPEE,
    "https://shopee.co.id:443/Jaket%20Thrift-i.308864651.11479305215": SHOPEE,
    "https://shopee.co.id./Jaket%2Di%2E308864651%2E11479305215": SHOPEE,
    "https://shopee.co.id/Jaket-i.0308864651.11479305215": SHOPEE,
    "https:\\\\shopee.co.id\\product\\308864651\\11479305215": SHOPEE,
    "hxxps://shopee.co.id/Jaket-i.308864651.11479305215": SHOPEE,
    "h**p://shopee.co.id/Jaket-i.308864651.11479305215": SHOPEE,
    "https%3A%2F%2Fshopee.co.id%2FJaket-i.308864651.11479305215": SHOPEE,
    "https://ｓｈｏｐｅｅ.co.id/Jaket-i.308864651.11479305215": SHOPEE,
    "lazada.co.id/products/denim-original-hitam-i143570579-s157343054.html": LAZADA,
    "https://www.lazada.co.id/products/i143570579.html?spm=a2o4j.1": LAZADA,
    "https://m.lazada.co.id/-i143570579-s1.html": LAZADA,
    "https://www.lazada.co.id/products/pdp-i143570579.html": LAZADA,
    f"https://www.tokopedia.com/toko/jaket-tebal-{PRODUCT}?extParam=src%3Dshop": TOKOPEDIA,
    f"shop-id.tokopedia.com/view/product/{PRODUCT}": TOKOPEDIA,
    f"https://shop-id.tokopedia.com/pdp/pembersih-busa-sofa/{PRODUCT}": TOKOPEDIA,
    f"https://shop-id.tokopedia.com/pdp/{PRODUCT}": TOKOPEDIA,
    f"https://shop.tiktok.com/view/product/{PRODUCT}?region=ID&locale=id-ID": TIKTOK,
    f"https://www.tiktok.com/view/product/{PRODUCT}": TIKTOK,
    f"https://shop.tiktok.com/id/pdp/jaket/{PRODUCT}": TIKTOK,
}


def known(link: str) -> tuple[str, str | None, str]:
    target = recognise(link)
    assert isinstance(target, LinkTarget), (link, target)
    return target.marketplace, target.listing_id, target.url


@pytest.mark.parametrize(("link", "target"), FORMS.items())
def test_every_form_leads_to_the_listing(link: str, target: tuple[str, str, str]) -> None:
    assert known(link) == target
    assert known(target[2]) == target


def test_a_tokopedia_slug_without_an_id_is_kept_for_later() -> None:
    link = "https://TOKOPEDIA.com/PTPratama/iPhone-11-128gb?src=topads"
    assert recognise(link) == LinkTarget(
        "tokopedia-id",
        None,
        "https://www.tokopedia.com/ptpratama/iphone-11-128gb",
        "ptpratama/iphone-11-128gb",
    )
    with_id = recognise(f"https://www.tokopedia.com/toko/jaket-{PRODUCT}")
    assert isinstance(with_id, LinkTarget)
    assert with_id.slug == f"toko/jaket-{PRODUCT}"


WRAPPED = [
    "https://apc01.safelinks.protection.outlook.com/?url={q}&amp;data=05%7C01&amp;reserved=0",
    "https://www.google.com/url?sa=t&url={q}&usg=AOv",
    "https://www.google.co.id/url?q={q}",
    "https://l.facebook.com/l.php?u={q}&h=AT0",
    "https://urldefense.com/v3/__{plain}__;!!Abc",
]


@pytest.mark.parametrize("wrapper", WRAPPED)
def test_wrappers_are_taken_off(wrapper: str) -> None:
    from urllib.parse import quote

    link = "https://shopee.co.id/Jaket-i.308864651.11479305215?a=b"
    once = wrapper.format(q=quote(link, safe=""), plain=link)
    assert known(once) == SHOPEE
    assert known(WRAPPED[0].format(q=quote(once, safe=""))) == SHOPEE


def test_wrappers_have_an_end_and_hold_no_pass() -> None:
    from urllib.parse import quote

    link = "https://shopee.co.id/x-i.1.2"
    for _ in range(4):
        link = f"https://www.google.com/url?q={quote(link, safe='')}"
    assert "redirects within each other" in refusal(link)
    assert "another site" in refusal("https://www.google.com/url?q=https%3A%2F%2Fevil.example%2Fx-i.1.2")
    assert "names no link" in refusal("https://www.google.com/url?sa=t")
    assert "another site" in refusal("https://www.google.com/search?q=https%3A%2F%2Fshopee.co.id%2Fx-i.1.2")


def refusal(link: str) -> str:
    target = recognise(link)
    assert isinstance(target, RefusedLink), (link, target)
    return target.why


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("https://shopee.co.id.evil.example/Jaket-i.1.2", "look-alike host: it names Shopee"),
        ("https://evil-shopee.co.id/Jaket-i.1.2", "look-alike host: it names Shopee"),
        ("https://sh0pee.co.id/Jaket-i.1.2", "look-alike host: it names Shopee"),
        ("https://tokopedla.com/toko/baju", "look-alike host: it names Tokopedia"),
        ("https://1azada.co.id/i5.html", "look-alike host: it names Lazada"),
        ("https://shopee.co.id@evil.example/Jaket-i.1.2", "a name before @"),
        ("https://shopee.co.id%40evil.example/Jaket-i.1.2", "no host"),
        ("https://user:pw@shopee.co.id/Jaket-i.1.2", "a name before @"),
        ("https://evil.example\\@shopee.co.id/Jaket-i.1.2", "another site"),
        ("https://xn--shope-0ra.co.id/Jaket-i.1.2", "punycode"),
        ("https://sh\u043epee.co.id/Jaket-i.1.2", "not ASCII"),
        ("https://evil.example/https://shopee.co.id/Jaket-i.1.2", "another site"),
        ("https://evil.example/?u=shopee.co.id/Jaket-i.1.2", "another site"),
        ("https://evil.example#shopee.co.id/Jaket-i.1.2", "another site"),
        ("https://shopee.co.id:8443/Jaket-i.1.2", "a port"),
        ("https://shopee.com.my/Jaket-i.1.2", "Shopee of another country"),
        ("https://www.lazada.sg/products/i5.html", "Lazada of another country"),
        (f"https://shop.tiktok.com/view/product/{PRODUCT}?region=MY", "region MY"),
        ("https://seller.shopee.co.id/product/1/2", "a part of shopee.co.id that shows no listings"),
        ("https://shopee.co.id/", "the site's own page"),
        ("https://shopee.co.id/toko-resmi", "no listing at this path"),
        ("https://shopee.co.id/Jaket-i.0.2", "no listing at this path"),
        ("https://shopee.co.id/Jaket-i.1.2/ulasan", "no listing at this path"),
        ("https://shopee.co.id/Jaket-i.\u0661.\u0662", "no listing at this path"),
        ("https://www.lazada.co.id/products/x5.html", "no listing at this path"),
        ("https://www.tiktok.com/@toko/video/7230811847233275332", "no listing at this path"),
        ("https://www.tokopedia.com/toko", "a page of Tokopedia or a shop"),
        ("https://www.tokopedia.com/search/jaket", "no listing at this path"),
        ("https://www.tokopedia.com/p/fashion-pria", "no listing at this path"),
        ("https://www.tokopedia.com/toko/etalase", "no listing at this path"),
        ("https://www.tokopedia.com/toko/a/b", "no listing at this path"),
        ("https://www.tokopedia.com/../x", "no listing at this path"),
        ("https://vt.tiktok.com/", "without its code"),
        ("ftp://shopee.co.id/Jaket-i.1.2", "another scheme"),
        ("javascript://shopee.co.id/Jaket-i.1.2", "another scheme"),
        ("https://", "no host"),
        ("", "no host"),
        ("https://127.0.0.1/Jaket-i.1.2", "another site"),
        ("https://shopee.co.id/" + "a" * 5000 + "-i.1.2", "more than 4096 characters"),
    ],
)  # fmt: skip
def test_what_leads_to_no_listing_is_refused_with_the_reason(link: str, why: str) -> None:
    assert why in refusal(link)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://S.Shopee.co.id/AbC12?x=1", "https://s.shopee.co.id/AbC12"),
        ("id.shp.ee/AbC", "https://id.shp.ee/AbC"),
        ("http://shp.ee/abc/", "https://shp.ee/abc"),
        ("https://s.lazada.co.id/s.abcde", "https://s.lazada.co.id/s.abcde"),
        ("https://vt.tiktok.com/ZSabc12/#x", "https://vt.tiktok.com/ZSabc12"),
        ("https://www.tiktok.com/t/ZSabc12/", "https://www.tiktok.com/t/ZSabc12"),
        ("https://vt.tokopedia.com/t/ZSabc/", "https://vt.tokopedia.com/t/ZSabc"),
        ("https://tokopedia.link/abc", "https://tokopedia.link/abc"),
    ],
)
def test_short_links_are_told_apart(link: str, url: str) -> None:
    assert recognise(link) == ShortLink(url)
    assert recognise(url) == ShortLink(url)


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    for link in (
        text,
        f"https://{text}",
        f"https://tokopedia.com/{text}",
        f"https://shopee.co.id/{text}-i.1.2",
    ):
        recognise(link)


PATHS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("/-.%i123?#"), max_size=30), max_size=3
)
HOSTS = st.sampled_from(
    [
        "shopee.co.id",
        "m.lazada.co.id",
        "www.tokopedia.com",
        "shop-id.tokopedia.com",
        "shop.tiktok.com",
        "s.shopee.co.id",
    ]
)
TAILS = st.sampled_from(
    ["", "-i.1.23", "/i5-s6.html", f"-{PRODUCT}", f"/view/product/{PRODUCT}", "/product/7/8"]
)


@given(HOSTS, PATHS, TAILS)
def test_recognised_links_are_normal_already(host: str, path: list[str], tail: str) -> None:
    target = recognise(f"https://{host}/{'/'.join(path)}{tail}")
    if isinstance(target, LinkTarget):
        assert known(target.url) == (target.marketplace, target.listing_id, target.url)
        assert target.url.isascii()
        assert set(target.url) <= set(string.ascii_letters + string.digits + ":/-._~%")
    elif isinstance(target, ShortLink):
        assert recognise(target.url) == target


@given(
    st.sampled_from(sorted(FORMS)),
    st.text(string.ascii_letters + string.digits + "=&%_-.", max_size=40),
)
def test_tracking_changes_nothing(link: str, junk: str) -> None:
    if "%3A%2F%2F" not in link and "region" not in link + junk.lower():
        bare = link.partition("#")[0]
        assert known(bare + ("&" if "?" in bare else "?") + junk) == FORMS[link]
