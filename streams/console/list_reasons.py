"""Why a row of a list makes no request, in the reader's language. What has no words here stays English. Pure."""

from typing import Final

from streams.console.words import Language

INDONESIAN: Final = {
    "no link in this row": "tidak ada tautan di baris ini",
    "another site": "situs lain",
    "no listing at this path": "tidak ada produk di alamat ini",
    "the site's own page, no listing": "halaman situs, bukan produk",
    "a page of Tokopedia or a shop, no listing": "halaman Tokopedia atau toko, bukan produk",
    "no listing has this id": "tidak ada produk dengan nomor ini",
    "a short link without its code": "tautan pendek tanpa kode",
    "a short link with signs that no code has": "tautan pendek dengan kode yang tidak mungkin",
    "no link of the web: another scheme than http and https": "bukan tautan web: skemanya bukan http atau https",
    "a name before @: the link leads elsewhere than it seems to": "ada nama sebelum @: tautan menuju ke tempat lain",
    "look-alike host: letters that are not ASCII": "host tiruan: huruf bukan ASCII",
    "look-alike host: letters that are not ASCII (punycode)": "host tiruan: huruf bukan ASCII (punycode)",
    "a port that no marketplace uses": "port yang tidak dipakai lokapasar",
    "no host that could be a site's": "host yang bukan milik situs",
    "a redirect that names no link": "pengalihan tanpa tautan",
}
BEGINS: Final = {
    "the same link as in ": "tautan yang sama dengan ",
    "another link to the same listing as in ": "tautan lain ke produk yang sama dengan ",
    "look-alike host: it names ": "host tiruan: menyebut ",
    "TikTok Shop of another country: ": "TikTok Shop negara lain: ",
}


def reason_in(language: Language, why: str) -> str:
    """The reason for this reader."""
    if language == "en":
        return why
    if why in INDONESIAN:
        return INDONESIAN[why]
    for begin, words in BEGINS.items():
        if why.startswith(begin):
            return words + why.removeprefix(begin).removesuffix(", and is not theirs")
    return why
