"""One listing's way."""
