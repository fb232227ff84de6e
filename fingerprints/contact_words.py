"""Words that tell what stands beside them: a contact, another number, a number's missing part, or nothing.

For anyone to extend: each list is the whole of what the code knows about its words.
"""


def _words(*rows: str) -> frozenset[str]:
    return frozenset(word for row in rows for word in row.split())


INTRODUCTIONS = _words(
    "wa whatsapp whatsap watsap watsapp whatssap wasap wassap wasapp wapp telp tlp telpon telepon",
    "telephone telfon tel phone hp handphone call sms hub hubungi kontak contact kontek cp gopay ovo",
    "shopeepay linkaja hotline nohp nowa notelp nomorwa",
)
"""Words that announce a phone number."""

LANDLINE_INTRODUCTIONS = INTRODUCTIONS - _words("wa gopay ovo shopeepay linkaja nowa nomorwa")
"""Those that may announce a landline too."""

HINTS = _words("order pesan pemesanan pemesan chat admin fast cs customer japri dana info konsultasi")
"""Words that may announce a phone number, or amounts, or opening hours."""

CODES = _words(
    "resi awb invoice inv kode kd code sku art artikel article isbn ean upc barcode part pn rek rekening",
    "norek bca bni bri bsi mandiri cimb npwp nik ktp bpom pirt nie ref lot batch imei sn serial nopol id",
)
"""Words that announce another number, also one in several groups."""

AMOUNTS_AHEAD = _words(
    "rp idr usd harga hrg price stok stock ukuran size uk model mdl tipe type seri series min isi",
)
"""Words that announce an amount, a size or a model: only the digits next to them are one."""

NEUTRAL = _words(
    "no nomor nomer nmr num number nya di ke via by me or atau and dan the to com kami",
)
"""Words between an announcement and what it announces."""

FILLERS = _words(
    "strip setrip dash minus min spasi space titik dot garis lalu terus trus kemudian then dan and",
    "sambung lanjut hapus tanpa ya yah kak sis gan bro bos aja juga lagi nomor nomer nomornya plus",
)
"""Words that sellers break a number up with."""

AMOUNTS = _words(
    "rb rbu ribu ribuan jt juta k ratus ratusan thousand hundred pcs pc psg pasang set pack pak lusin lsn",
    "kodi buah bh lembar lbr biji box dus sachet ml l ltr liter cc g gr gram kg mg cm mm m mtr meter inch",
    "inchi yard th thn tahun bln bulan hari menit detik watt w volt v ah mah mp gb mb tb hz persen warna",
    "varian size ukuran x orang org rupiah",
)
"""What makes the digits before it an amount."""

NO_NAMES = _words(
    "starseller ada adalah akan aku anak and asli atau available baju bandung bali banyak barang baru",
    "beli bekas bisa bogor bonus botol box buah cek chat cod color custom dan dari depok dengan detail",
    "dijual di dm dress each follow for free foto gratis gram gratisongkir hanya harga home house ini",
    "indonesia info item jakarta jual juga kami kamu karton ke kemeja keren kg kodi live lembar like link",
    "lusin lucu mall marketplace maupun meter medan minimal murah more no nya office official olshop only",
    "on online ongkir order original pack pakai pasang pcs per pasar pesan promo produk post rb ready",
    "reels ribu roll rumah sachet saja sale sama sedang seller set shop shopee size stok stock store",
    "story surabaya semarang tangerang bekasi the this tersedia tiktok toko tokopedia tempat terbaru",
    "termurah ukuran untuk update via video voucher wa warna whatsapp with ya yang yogyakarta jogja you",
    "your art code case up shape instagram facebook line telegram twitter youtube lazada bukalapak ads",
    "feed filter feeds template highlight konten profile profil bio group grup jualan follower followers",
    "likes views viewers subscriber komen comment verified premium stiker sticker logo icon gantungan",
    "kaos hoodie jaket sepatu tas celana lama new second preloved aja nike adidas android apple samsung",
    "dll belanja aman langsung klik lihat kunjungi silahkan silakan hubungi tanya kontak contact power",
    "merchant mulai marketing bahan motif model biru merah hitam putih kuning hijau coklat pink ungu abu",
    "navy",
)
"""Words that stand after a network or an at sign and are no name."""

A_WORDS = _words(
    "nak sli yam man ndroid pple didas wet rmy gar tas bu cara las lat sus cer nti kun ir lami ntik nting",
)
"""The rest of words whose first letter is written as an at sign."""
