"""A photo process that does nothing with a photo: what is left of the time is the way there and back."""

from streams.photos.child import Reply, run

ANSWER = bytes(16 * 1024)
"""As large as a print."""


def answer(_raw: bytes, _max_pixels: int) -> Reply:
    """As large a reply as a print is."""
    return Reply(picture=ANSWER)


if __name__ == "__main__":
    run(answer)
