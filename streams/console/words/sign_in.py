"""Words of signing in, and of passwords."""

WORDS: dict[str, tuple[str, str]] = {
    "sign_in.title": ("Sign in", "Masuk"),
    "sign_in.name": ("Name", "Nama"),
    "sign_in.password": ("Password", "Kata sandi"),
    "sign_in.enter": ("Sign in", "Masuk"),
    "sign_in.wrong": ("Name or password is wrong.", "Nama atau kata sandi salah."),
    "sign_in.wait": (
        "Too many wrong attempts. Try again in {seconds} seconds.",
        "Terlalu banyak percobaan yang salah. Coba lagi dalam {seconds} detik.",
    ),
    "sign_in.busy": (
        "Too many people sign in right now. Try again in {seconds} seconds.",
        "Terlalu banyak yang masuk saat ini. Coba lagi dalam {seconds} detik.",
    ),
    "sign_in.left": ("You are signed out.", "Anda sudah keluar."),
    "sign_in.first": (
        "Nobody has an account yet. Add an admin on the computer where the console runs:",
        "Belum ada akun. Tambahkan admin di komputer tempat konsol berjalan:",
    ),
    "sign_in.lost": (
        "Password forgotten? An admin can set another one.",
        "Lupa kata sandi? Admin dapat menyetel yang baru.",
    ),
    "sign_in.by_proxy": (
        "The web server before the console signs people in, and it has not said who you are. Open the console at "
        "that server's address.",
        "Anda masuk lewat server web di depan konsol, dan server itu belum menyebut nama Anda. Buka konsol di "
        "alamat server tersebut.",
    ),
    "sign_in.left_proxy": (
        "You have left the console. The web server before it still has you signed in: sign out there too.",
        "Anda sudah keluar dari konsol. Di server web di depannya Anda masih masuk: keluarlah di sana juga.",
    ),
    "sign_in.go_on": ("Try again", "Coba lagi"),
    "password.short": (
        "The password is too short: at least 12 characters.",
        "Kata sandi terlalu pendek: sedikitnya 12 karakter.",
    ),
    "password.long": (
        "The password is too long: at most 1024 bytes.",
        "Kata sandi terlalu panjang: paling banyak 1024 byte.",
    ),
    "password.name": ("The password must not be the name.", "Kata sandi tidak boleh sama dengan nama."),
    "password.unlike": ("The two new passwords are not the same.", "Kedua kata sandi baru tidak sama."),
    "password.wrong": ("The present password is wrong.", "Kata sandi sekarang salah."),
    "password.hint": (
        "At least 12 characters; several words are good.",
        "Sedikitnya 12 karakter; beberapa kata lebih baik.",
    ),
}
