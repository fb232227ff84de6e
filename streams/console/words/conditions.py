"""What each condition of the judgement means and what to do: `judge.CONDITION`, its sentences, `judge.CONDITION.do`."""

WORDS: dict[str, tuple[str, str]] = {
    "judge.kafka-is-away": ("Kafka", "Kafka"),
    "judge.kafka-is-away.away": (
        "Kafka has not answered for {seconds} s ({why}). Nothing is lost, and nothing gets on.",
        "Kafka tidak menjawab selama {seconds} detik ({why}). Tidak ada yang hilang, tetapi semua berhenti.",
    ),
    "judge.kafka-is-away.never": (
        "Kafka has not answered since the console started ({why}).",
        "Kafka belum menjawab sejak konsol dijalankan ({why}).",
    ),
    "judge.kafka-is-away.do": (
        "See whether the brokers run and can be reached: relistwatch doctor.",
        "Periksa apakah broker berjalan dan terjangkau: relistwatch doctor.",
    ),
    "judge.topics-are-missing": ("Topics", "Topik"),
    "judge.topics-are-missing.missing": (
        "Topics do not exist: {topics}. What needs them stands still.",
        "Topik tidak ada: {topics}. Bagian yang memerlukannya berhenti.",
    ),
    "judge.topics-are-missing.do": (
        "Make them: relistwatch topics create.",
        "Buat topiknya: relistwatch topics create.",
    ),
    "judge.no-worker-runs": ("Workers", "Pekerja"),
    "judge.no-worker-runs.none": (
        "No worker runs, so nothing is matched; messages waiting: {lag}.",
        "Tidak ada pekerja yang berjalan, jadi tidak ada yang dicocokkan; {lag} pesan menunggu.",
    ),
    "judge.no-worker-runs.silent": (
        "Listings are worked on, but no worker says how it is.",
        "Listing diproses, tetapi tidak ada pekerja yang melaporkan keadaannya.",
    ),
    "judge.no-worker-runs.do": (
        "Start one: relistwatch worker. If one ended by itself, the end of its log says why.",
        "Jalankan satu: relistwatch worker. Jika berhenti sendiri, akhir lognya menjelaskan sebabnya.",
    ),
    "judge.a-partition-has-no-worker": ("Partitions", "Partisi"),
    "judge.a-partition-has-no-worker.uncovered": (
        "No worker has taken {places} for {seconds} s; what arrives there waits.",
        "Tidak ada pekerja yang mengambil {places} selama {seconds} detik; yang masuk ke sana menunggu.",
    ),
    "judge.a-partition-has-no-worker.do": (
        "See whether all workers have the same group and settings, then start one of them anew.",
        "Periksa apakah semua pekerja memakai grup dan pengaturan yang sama, lalu jalankan ulang salah satunya.",
    ),
    "judge.messages-were-dropped-unread": ("Retention", "Retensi"),
    "judge.messages-were-dropped-unread.dropped": (
        "Retention removed {count} messages before a worker read them: {places}.",
        "Retensi menghapus {count} pesan sebelum dibaca pekerja: {places}.",
    ),
    "judge.messages-were-dropped-unread.do": (
        "Start workers, then have the connectors read that time again.",
        "Jalankan pekerja, lalu minta konektor membaca ulang rentang waktu itu.",
    ),
    "judge.lag-grows": ("Lag", "Ketertinggalan"),
    "judge.lag-grows.grows": (
        "{lag} messages wait, {before} a minute ago: more comes in than is done.",
        "{lag} pesan menunggu, semenit lalu {before}: yang masuk lebih banyak daripada yang selesai.",
    ),
    "judge.lag-grows.high": (
        "{lag} messages wait, and they are being worked off.",
        "{lag} pesan menunggu dan sedang diselesaikan.",
    ),
    "judge.lag-grows.do": (
        "Start another worker, as long as there are fewer workers than partitions.",
        "Jalankan pekerja tambahan, selama jumlah pekerja lebih sedikit daripada partisi.",
    ),
    "judge.a-partition-stands-still": ("Progress", "Kemajuan"),
    "judge.a-partition-stands-still.still": (
        "Nothing of {places} has been finished for {minutes} min, though messages wait.",
        "Tidak ada pesan {places} yang selesai selama {minutes} menit, padahal ada yang menunggu.",
    ),
    "judge.a-partition-stands-still.do": (
        "Start the worker that has the partition anew; what it had in hand goes to the next.",
        "Jalankan ulang pekerja pemegang partisi itu; pekerjaannya berpindah ke pekerja berikutnya.",
    ),
    "judge.a-worker-is-failing": ("Workers' health", "Kesehatan pekerja"),
    "judge.a-worker-is-failing.failing": (
        "{names} says that it fails: {why}",
        "{names} melaporkan kegagalan: {why}",
    ),
    "judge.a-worker-is-failing.slow": (
        "{names} has been starting for more than 5 min: {why}",
        "{names} belum siap setelah lebih dari 5 menit: {why}",
    ),
    "judge.a-worker-is-failing.do": (
        "Read the end of its log, mend the cause, and start it anew.",
        "Baca akhir lognya, perbaiki sebabnya, lalu jalankan ulang.",
    ),
    "judge.a-worker-is-lost": ("Lost workers", "Pekerja hilang"),
    "judge.a-worker-is-lost.lost": (
        "{names} fell silent at {at} UTC without saying goodbye. Nothing is lost: others take its partitions.",
        "{names} diam sejak {at} UTC tanpa pamit. Tak ada yang hilang: pekerja lain mengambil partisinya.",
    ),
    "judge.a-worker-is-lost.do": (
        "See its log and its machine, and start a worker in its place: relistwatch worker.",
        "Periksa log dan mesinnya, lalu jalankan pekerja pengganti: relistwatch worker.",
    ),
    "judge.a-takedown-index-is-old": ("Takedown index", "Indeks penurunan"),
    "judge.a-takedown-index-is-old.old": (
        "{names} has not heard of new takedowns for {seconds} s; relists of those may be missed.",
        "{names} tidak menerima penurunan baru selama {seconds} detik; kemunculan kembalinya bisa terlewat.",
    ),
    "judge.a-takedown-index-is-old.do": (
        "See whether that machine reaches Kafka; else start the worker anew.",
        "Periksa apakah mesin itu terhubung ke Kafka; jika ya, jalankan ulang pekerjanya.",
    ),
    "judge.a-connector-is-silent": ("Connectors", "Konektor"),
    "judge.a-connector-is-silent.lost": (
        "{names} fell silent without an orderly end; its marketplace is not watched.",
        "{names} diam tanpa berhenti secara tertib; marketplace-nya tidak terpantau.",
    ),
    "judge.a-connector-is-silent.failed": (
        "{names} ended: {why} Its marketplace is not watched.",
        "{names} berhenti: {why} Marketplace-nya tidak terpantau.",
    ),
    "judge.a-connector-is-silent.refused": (
        "{names} asks again and again and has delivered nothing for {minutes} min.",
        "{names} terus mencoba dan tidak mengirim apa pun selama {minutes} menit.",
    ),
    "judge.a-connector-is-silent.do": (
        "Read the end of its log; often a token ran out. Then start it anew; it goes on where it was.",
        "Baca akhir lognya; biasanya token kedaluwarsa. Lalu jalankan ulang; ia melanjutkan dari posisi terakhir.",
    ),
    "judge.a-connector-is-throttled": ("Rate limits", "Batas laju"),
    "judge.a-connector-is-throttled.some": (
        "{names} is told to slow down ({share}% of requests), and does.",
        "{names} diminta melambat ({share}% permintaan) dan sudah melambat.",
    ),
    "judge.a-connector-is-throttled.much": (
        "{names} is refused {share}% of its requests for their rate; it hardly gets on.",
        "{names} ditolak pada {share}% permintaannya karena terlalu cepat; hampir tidak maju.",
    ),
    "judge.a-connector-is-throttled.do": (
        "See whether something else uses the same key, and lower the connector's requests a second.",
        "Periksa apakah kunci yang sama dipakai pihak lain, dan turunkan jumlah permintaan per detik.",
    ),
    "judge.dead-letters-appear": ("Dead letters", "Surat mati"),
    "judge.dead-letters-appear.appear": (
        "Set aside within {minutes} min: {count} ({kinds}).",
        "Disisihkan dalam {minutes} menit: {count} ({kinds}).",
    ),
    "judge.dead-letters-appear.do": (
        "Look at one of each kind, mend the cause, then replay them.",
        "Lihat satu contoh tiap jenis, perbaiki sebabnya, lalu putar ulang.",
    ),
    "judge.alerts-are-late": ("Time to an alert", "Waktu hingga peringatan"),
    "judge.alerts-are-late.late": (
        "One alert in twenty takes {p95} s or more, and 1 s is promised ({count} alerts in 5 min).",
        "Satu dari dua puluh peringatan perlu {p95} detik atau lebih, janji kita 1 detik ({count} dalam 5 menit).",
    ),
    "judge.alerts-are-late.lag": (
        "One alert in twenty takes {p95} s or more: they waited with the lag ({count} alerts in 5 min).",
        "Satu dari dua puluh peringatan perlu {p95} detik atau lebih: ikut tertahan antrean ({count} dalam 5 menit).",
    ),
    "judge.alerts-are-late.past": (
        "One alert in twenty of the last 5 min took {p95} s or more ({count} alerts); the last minute is well.",
        "Satu dari dua puluh peringatan 5 menit terakhir perlu {p95} detik atau lebih ({count}); menit terakhir baik.",
    ),
    "judge.alerts-are-late.do": (
        "See which stage takes long in the workers' metrics; slow photo servers are the usual cause.",
        "Lihat tahap mana yang lama pada metrik pekerja; biasanya server foto yang lambat.",
    ),
    "judge.lookback-or-resolver-is-gone": ("Look back and resolver", "Tinjau balik dan resolver"),
    "judge.lookback-or-resolver-is-gone.lookback": (
        "{names} does not run; relists that came before their takedown are not found until it does.",
        "{names} tidak berjalan; kemunculan kembali sebelum penurunannya belum ditemukan sampai ia berjalan.",
    ),
    "judge.lookback-or-resolver-is-gone.resolver": (
        "{names} does not run; takedown requests wait until it does.",
        "{names} tidak berjalan; permintaan penurunan menunggu sampai ia berjalan.",
    ),
    "judge.lookback-or-resolver-is-gone.do": (
        "Read the end of its log and start it anew; it goes on where it was.",
        "Baca akhir lognya dan jalankan ulang; ia melanjutkan dari posisi terakhir.",
    ),
    "judge.the-console-is-impaired": ("Console", "Konsol"),
    "judge.the-console-is-impaired.impaired": (
        "Part of the console does not run ({why}); figures of this page may be missing or old.",
        "Sebagian konsol tidak berjalan ({why}); angka di halaman ini bisa kosong atau lama.",
    ),
    "judge.the-console-is-impaired.do": (
        "It tries again by itself; if that does not help, its log says what is in the way.",
        "Konsol mencoba lagi sendiri; jika tidak berhasil, lognya menjelaskan penghalangnya.",
    ),
}
