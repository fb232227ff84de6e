"""Words of the dead letters' pages."""

WORDS: dict[str, tuple[str, str]] = {
    "dead.title": ("Dead letters", "Surat mati"),
    "dead.lead": (
        "Messages that could not be handled. Nothing of them is lost: each is kept byte for byte and can be sent "
        "back once its cause is mended.",
        "Pesan yang gagal ditangani. Tidak ada yang hilang: setiap byte disimpan dan bisa dikirim ulang setelah "
        "penyebabnya diperbaiki.",
    ),
    "dead.kinds": ("By kind", "Menurut jenis"),
    "dead.stage": ("Stage", "Tahap"),
    "dead.error": ("Error", "Kesalahan"),
    "dead.hour": ("Last hour", "Satu jam terakhir"),
    "dead.day": ("Last day", "Satu hari terakhir"),
    "dead.all": ("All", "Semua"),
    "dead.open": ("Not replayed", "Belum dikirim ulang"),
    "dead.newest": ("Newest", "Terbaru"),
    "dead.none": (
        "No dead letters. Every message was handled.",
        "Tidak ada surat mati. Semua pesan sudah ditangani.",
    ),
    "dead.look": ("Look at the letters", "Lihat surat-suratnya"),
    "dead.letters": ("Letters", "Surat"),
    "dead.letters_of": ("{error} in {stage}", "{error} pada {stage}"),
    "dead.all_kinds": ("All kinds", "Semua jenis"),
    "dead.no_letters": ("No letters like this.", "Tidak ada surat seperti ini."),
    "dead.state": ("State", "Keadaan"),
    "dead.state.open": ("Not replayed", "Belum dikirim ulang"),
    "dead.state.replayed": ("Replayed", "Sudah dikirim ulang"),
    "dead.state.all": ("All", "Semua"),
    "dead.state.gone": ("No longer on Kafka", "Sudah tidak ada di Kafka"),
    "dead.state.back": ("Came back: attempt {attempt}", "Kembali lagi: percobaan {attempt}"),
    "dead.show": ("Show", "Tampilkan"),
    "dead.failed": ("Failed", "Gagal pada"),
    "dead.place": ("Letter", "Surat"),
    "dead.from": ("From", "Dari"),
    "dead.key": ("Key", "Kunci"),
    "dead.no_key": ("no key", "tanpa kunci"),
    "dead.attempt": ("Attempt", "Percobaan"),
    "dead.size": ("Size", "Ukuran"),
    "dead.bytes": ("{count} bytes", "{count} byte"),
    "dead.why": ("Why", "Sebab"),
    "dead.older": ("Older letters", "Surat yang lebih lama"),
    "dead.newer": ("Back to the newest", "Kembali ke yang terbaru"),
    "dead.headers": ("Headers", "Header"),
    "dead.no_headers": ("It had no headers.", "Tidak ada header."),
    "dead.raw": ("What was sent", "Isi pesan"),
    "dead.as_text": ("As text", "Sebagai teks"),
    "dead.as_hex": ("As hex", "Sebagai heksadesimal"),
    "dead.no_text": (
        "These bytes are no UTF-8 text.",
        "Byte ini bukan teks UTF-8.",
    ),
    "dead.no_value": ("The message had no value.", "Pesan tidak punya isi."),
    "dead.cut": (
        "The first part of it; all of it is in the file.",
        "Hanya bagian awal; selengkapnya di berkas.",
    ),
    "dead.download": ("Download the bytes", "Unduh byte-nya"),
    "dead.unread": (
        "The bytes cannot be read from Kafka now: {why}",
        "Byte tidak bisa dibaca dari Kafka sekarang: {why}",
    ),
    "dead.tries": ("Tries of this message", "Percobaan pesan ini"),
    "dead.tries_note": (
        "Each failed replay leaves a letter of its own, with a higher attempt.",
        "Setiap pengiriman ulang yang gagal meninggalkan surat baru dengan nomor percobaan lebih tinggi.",
    ),
    "dead.this": ("this letter", "surat ini"),
    "dead.replayed_at": ("Replayed {at} by {by}", "Dikirim ulang {at} oleh {by}"),
    "dead.not_back": (
        "No letter of it has come back since.",
        "Sejak itu tidak ada surat yang kembali.",
    ),
    "dead.help.malformed-json": (
        "The producer wrote bytes that are no JSON. A replay helps only once our reader has changed; else mend the "
        "producer, which sends the record anew.",
        "Pengirim menulis byte yang bukan JSON. Kirim ulang hanya berguna jika pembaca kita sudah berubah; kalau "
        "tidak, perbaiki pengirimnya.",
    ),
    "dead.help.invalid-record": (
        "A field is missing or of the wrong type; the reason names it. Mend the connector, or update the worker where "
        "the record is of a newer version, then replay.",
        "Ada field yang hilang atau salah tipe; sebabnya menyebutkan yang mana. Perbaiki konektor, atau perbarui "
        "worker bila rekaman dari versi baru, lalu kirim ulang.",
    ),
    "dead.help.wrong-key": (
        "The record stands under another key than its own. Mend the producer; a replay fails again.",
        "Rekaman berada di bawah kunci yang bukan miliknya. Perbaiki pengirim; kirim ulang akan gagal lagi.",
    ),
    "dead.help.empty-value": (
        "A message without a value on a topic where nothing is withdrawn so. Mend the producer; a replay fails again.",
        "Pesan tanpa isi di topik yang tidak mengenal penarikan. Perbaiki pengirim; kirim ulang akan gagal lagi.",
    ),
    "dead.help.missing-key": (
        "A withdrawal names its takedown by the key, and this message has none. Mend the producer; a replay fails "
        "again.",
        "Pencabutan menyebut penurunannya lewat kunci, dan pesan ini tidak punya kunci. Perbaiki pengirim; kirim ulang "
        "akan gagal lagi.",
    ),
    "dead.help.too-large": (
        "What was made of it is larger than Kafka takes. Raise topics.max_message_bytes and the topic's limit, then "
        "replay.",
        "Hasilnya lebih besar dari batas Kafka. Naikkan topics.max_message_bytes dan batas topik, lalu kirim ulang.",
    ),
    "dead.help.unlike-fingerprint": (
        "A fingerprint of another version than the worker's: matched by what can be compared, or left out. The runbook "
        "for other fingerprints says how to change versions; a replay does not help.",
        "Sidik dari versi lain daripada milik worker: dicocokkan sejauh bisa dibandingkan, atau dilewati. Runbook "
        "pergantian sidik menjelaskan cara berganti versi; kirim ulang tidak membantu.",
    ),
    "dead.help.internal-error": (
        "A fault of ours: the reason has the place in the code. Update the worker, then replay.",
        "Kesalahan program kita: sebabnya memuat letaknya di kode. Perbarui worker, lalu kirim ulang.",
    ),
    "dead.help.other": (
        "The reason says what went wrong. Mend it, then replay.",
        "Sebabnya menjelaskan apa yang salah. Perbaiki dulu, lalu kirim ulang.",
    ),
    "dead.replay": ("Replay", "Kirim ulang"),
    "dead.replay_one": ("Replay this letter", "Kirim ulang surat ini"),
    "dead.replay_again": ("Replay it again", "Kirim ulang sekali lagi"),
    "dead.replay_title": ("Replay dead letters", "Kirim ulang surat mati"),
    "dead.replay_lead": (
        "Sent back byte for byte to where they came from, one attempt higher. Of several letters of one message only "
        "the one tried most is sent.",
        "Dikirim kembali byte demi byte ke asalnya, dengan percobaan satu lebih tinggi. Dari beberapa surat untuk satu "
        "pesan, hanya yang paling sering dicoba yang dikirim.",
    ),
    "dead.to_topic": ("To topic", "Ke topik"),
    "dead.count": ("Letters", "Surat"),
    "dead.confirm": ("Send {count} back", "Kirim ulang {count}"),
    "dead.cancel": ("Cancel", "Batal"),
    "dead.nothing": (
        "There is nothing to replay: all of these were replayed, or Kafka no longer has them.",
        "Tidak ada yang bisa dikirim ulang: semuanya sudah dikirim, atau sudah tidak ada di Kafka.",
    ),
    "dead.most": (
        "There are {all}; the oldest {most} are sent now, the rest is offered afterwards.",
        "Jumlahnya {all}; yang tertua sebanyak {most} dikirim sekarang, sisanya ditawarkan setelahnya.",
    ),
    "dead.again": ("Also those replayed before", "Juga yang sudah dikirim ulang"),
    "dead.again_note": (
        "{count} of them were replayed before.",
        "{count} di antaranya sudah pernah dikirim ulang.",
    ),
    "dead.again_one": (
        "{by} replayed this letter at {at}. Sending it again may make the same work twice.",
        "{by} sudah mengirim ulang surat ini pada {at}. Mengirim lagi bisa membuat pekerjaan ganda.",
    ),
    "dead.held": (
        "{by} is replaying dead letters now. Look at what comes of it, then decide.",
        "{by} sedang mengirim ulang surat mati. Lihat dulu hasilnya, lalu putuskan.",
    ),
    "dead.held_look": ("See how far it is", "Lihat kemajuannya"),
    "dead.changed": (
        "Meanwhile it has changed: {count} now. Look again before you send.",
        "Sementara itu berubah: sekarang {count}. Periksa lagi sebelum mengirim.",
    ),
    "dead.job": ("Replay of {what}", "Kirim ulang {what}"),
    "dead.job.looking": ("Reading the letters", "Membaca surat"),
    "dead.job.sending": ("Sending", "Mengirim"),
    "dead.job.done": ("Done", "Selesai"),
    "dead.job.failed": ("Stopped", "Terhenti"),
    "dead.job.by": ("by {by}, begun {at}", "oleh {by}, dimulai {at}"),
    "dead.job.of": ("{done} of {total}", "{done} dari {total}"),
    "dead.job.sent": ("Sent back", "Terkirim"),
    "dead.job.copies": ("Other letters of the same messages", "Surat lain dari pesan yang sama"),
    "dead.job.refused": ("Not sent", "Tidak terkirim"),
    "dead.job.why": (
        "It stopped: {why}. What was sent is marked; the rest can be replayed again.",
        "Terhenti: {why}. Yang terkirim sudah ditandai; sisanya bisa dikirim ulang lagi.",
    ),
    "dead.job.next": (
        "Whether it helped shows within moments: what fails again comes back here with a higher attempt.",
        "Hasilnya segera terlihat: yang gagal lagi kembali ke sini dengan nomor percobaan lebih tinggi.",
    ),
    "dead.job.more": ("and {count} more", "dan {count} lagi"),
    "audit.action.dead letter taken": ("Bytes of a dead letter taken along", "Byte surat mati diunduh"),
    "audit.action.dead letters replayed": ("Dead letters replayed", "Surat mati dikirim ulang"),
}
