"""Words of one alert."""

WORDS: dict[str, tuple[str, str]] = {
    "case.listing": ("Listing", "Iklan"),
}
