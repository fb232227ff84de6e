"""First and second parts of tokopedia.com's paths that are pages of its own, not shops and listings."""

from typing import Final

_PAGES = """
about account activation affiliate ajax api app apps asuransi auth bantuan bebas-ongkir belanja berita bill blog
brand brands browse business campaign card careers cart cari catalog categories category category-all chat
checkout cicilan clp collection contact contact-us daftar daftar-halaman deals digital discovery donasi download
edu emas event events faq favorite feed feedback finance find flash-sale flight food game games gift gold
gopay help home hot hotel hotlist inbox inbox-talk insurance intools invoice invest jobs kai kartu-kredit
kategori kereta-api keuangan landing legal live login logout loyalty mall member microsite mitra modal mybills
my-product my-shop myshop nakama news nfc notification now official-store order order-details order-list
orderlist otp p panduan partner partners pascabayar pay payment people pesawat pinjaman-online play point
policy power-merchant privacy product products profile promo pulsa purchase rekomendasi reksa-dana recharge
register reputation reset-password resolution resolution-center review reward rewards s salam saldo samsat
search security seller settings share shop shop-page shops sitemap similar store syarat-ketentuan tagihan talk
terms tiket tokonow top topads topup tracking travel tx user verification video voucher wallet webview wishlist
"""
_SHOP_PAGES = """
about album campaign catatan diskusi etalase feed home info kupon location note notes product products review
reviews search talk ulasan voucher
"""

RESERVED_SHOPS: Final = frozenset(_PAGES.split())
"""What stands first in a path that is no shop's."""
RESERVED_PAGES: Final = frozenset(_SHOP_PAGES.split())
"""A shop's own pages."""
