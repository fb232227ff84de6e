"""The words of an evidence pack's summary, in English and Indonesian. A test holds that both have the same.

What a piece of evidence says is in `streams.words.evidence`.
"""

from collections.abc import Mapping

from streams.words.evidence import Language

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "title": "Evidence pack", "made": "Made on", "by": "by", "with": "with", "about": "About",
        "everything": "all alerts", "takedown": "takedown", "seller": "seller", "from": "from",
        "until": "up to, not including,", "redacted": "Personal data in this pack was replaced by pseudonyms, the "
        "same for the same person, by the maker, who can say whom they mean. Replaced",
        "not_redacted": "Not replaced", "missing": "No longer to be had", "takedowns": "Takedowns",
        "alerts": "Alerts", "verdicts": "Verdicts", "listings": "Snapshots", "seller_links": "Seller links",
        "photos": "Photos", "records": "Records", "listing": "Listing", "taken_down": "Taken down",
        "authority": "Authority", "reason": "Reason", "source": "Reported by", "withdrawn": "withdrawn",
        "no_photo": "no photo", "still_up": "still up", "relist": "relist", "flood": "flood",
        "probability": "probability", "observed": "seen", "matched": "matched", "record": "record",
        "verdict": "Verdict", "taken_back": "taken back", "says": "says", "none": "None.",
        "more": "more are in the records of this pack", "price": "price", "address": "address",
        "time": "Time", "event": "Event", "why": "Why", "strength": "Strength", "accounts": "Accounts",
        "held": "held back", "photo": "photo", "description": "description",
        "listing.created": "created", "listing.updated": "changed", "listing.removed": "removed",
        "v:relist": "relist", "v:not a relist": "not a relist", "v:same backdrop": "same backdrop",
        "v:unsure": "unsure", "s:ministry": "ministry", "s:manual": "person", "s:ai": "AI",
        "s:platform": "platform", "r:same backdrop": "same backdrop", "r:same photos": "same photos",
        "r:same contact": "same contact",
        "x:seller-ids": "seller ids", "x:listing-ids": "listing ids (they hold the shop's id)",
        "x:event-ids": "event ids", "x:addresses": "addresses of listings, photos and shops",
        "x:contacts-in-texts": "phone numbers, account names and links in texts, disguised ones too",
        "x:analysts": "names of analysts", "x:photos": "photos (they may show a face, a number or a name)",
        "x:names-in-texts": "names of people and shops written out in a title or a description",
        "m:snapshot": "the listing's snapshot, which is kept for some days only",
        "m:photo": "the photo, which the photo store does not have",
        "m:takedown": "the takedown, which was withdrawn or never was",
        "how": "How to check that nothing was changed",
        "how_1": "The pack holds the SHA-256 of every file. Unpack it, open a terminal in its folder and say:",
        "how_2": "Every line must end in OK. The files photos/ are named for the SHA-256 of their bytes.",
        "how_3": "The pack is signed. With the maker's public key, which you have from the maker and not from here:",
        "how_4": "The pack is not signed: compare the SHA-256 of manifest.json with the one that its maker told you.",
        "how_5": "Text from listings is shown as it was written; characters without a visible form of their own are "
        "shown as codes such as \\u202e.",
    },
    "id": {
        "title": "Berkas bukti", "made": "Dibuat pada", "by": "oleh", "with": "dengan", "about": "Tentang",
        "everything": "semua peringatan", "takedown": "takedown", "seller": "penjual", "from": "dari",
        "until": "sampai sebelum", "redacted": "Data pribadi di berkas ini diganti dengan nama samaran, yang sama "
        "untuk orang yang sama, oleh pembuat berkas, yang dapat menyebutkan siapa yang dimaksud. Yang diganti",
        "not_redacted": "Yang tidak diganti", "missing": "Sudah tidak tersedia", "takedowns": "Takedown",
        "alerts": "Peringatan", "verdicts": "Penilaian", "listings": "Rekaman iklan",
        "seller_links": "Hubungan penjual", "photos": "Foto", "records": "Catatan", "listing": "Iklan",
        "taken_down": "Yang diturunkan", "authority": "Instansi", "reason": "Alasan", "source": "Dilaporkan oleh",
        "withdrawn": "ditarik kembali", "no_photo": "tidak ada foto", "still_up": "masih tayang",
        "relist": "tayang ulang", "flood": "banjir", "probability": "kemungkinan", "observed": "terlihat",
        "matched": "dicocokkan", "record": "catatan", "verdict": "Penilaian", "taken_back": "dicabut",
        "says": "menurut", "none": "Tidak ada.", "more": "lagi ada di catatan berkas ini", "price": "harga",
        "address": "alamat", "time": "Waktu", "event": "Kejadian", "why": "Sebab", "strength": "Kekuatan",
        "accounts": "Akun", "held": "ditahan", "photo": "foto", "description": "deskripsi",
        "listing.created": "dibuat", "listing.updated": "diubah", "listing.removed": "dihapus",
        "v:relist": "tayang ulang", "v:not a relist": "bukan tayang ulang", "v:same backdrop": "latar yang sama",
        "v:unsure": "tidak pasti", "s:ministry": "kementerian", "s:manual": "orang", "s:ai": "AI",
        "s:platform": "platform", "r:same backdrop": "latar yang sama", "r:same photos": "foto yang sama",
        "r:same contact": "kontak yang sama",
        "x:seller-ids": "ID penjual", "x:listing-ids": "ID iklan (memuat ID toko)", "x:event-ids": "ID kejadian",
        "x:addresses": "alamat iklan, foto, dan toko",
        "x:contacts-in-texts": "nomor telepon, nama akun, dan tautan dalam teks, juga yang disamarkan",
        "x:analysts": "nama analis", "x:photos": "foto (mungkin menampilkan wajah, nomor, atau nama)",
        "x:names-in-texts": "nama orang dan toko yang ditulis dalam judul atau deskripsi",
        "m:snapshot": "rekaman iklan, yang hanya disimpan beberapa hari",
        "m:photo": "foto, yang tidak ada di penyimpanan foto",
        "m:takedown": "takedown, yang ditarik kembali atau tidak pernah ada",
        "how": "Cara memeriksa bahwa tidak ada yang diubah",
        "how_1": "Berkas ini memuat SHA-256 setiap file. Ekstrak, buka terminal di foldernya, lalu jalankan:",
        "how_2": "Setiap baris harus berakhir dengan OK. Nama file di photos/ adalah SHA-256 dari isinya.",
        "how_3": "Berkas ini ditandatangani. Dengan kunci publik pembuatnya, yang Anda terima dari pembuat dan bukan "
        "dari berkas ini:",
        "how_4": "Berkas ini tidak ditandatangani: bandingkan SHA-256 dari manifest.json dengan yang diberikan "
        "pembuatnya.",
        "how_5": "Teks dari iklan ditampilkan seperti ditulis; karakter yang tidak terlihat ditampilkan sebagai kode "
        "seperti \\u202e.",
    },
}  # fmt: skip
