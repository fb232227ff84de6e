"""One process that makes small pictures for people of photos that nobody has vouched for, one at a time.

As `streams.photos.child`, with the same limits. A request's body is 2 bytes, the longer side in pixels at most
(network order), and the photo; the reply's `picture` is a JPEG drawn from the photo's pixels and nothing else of it.
"""

import struct

from fingerprints.photo_decode import decode_photo
from streams.photos.child import Reply, run
from streams.photos.small_jpeg import small_jpeg

SIDE = struct.Struct("!H")
LARGEST_SIDE = 800
QUALITIES = (84, 72, 56, 36)
"""A JPEG is written at the first of these that keeps it within `MOST_BYTES`, else at the last."""
MOST_BYTES = 240 * 1024
"""A photo of 800 by 800 has some 60 to 150 kB at the first. Pure noise, which nobody sells, has more at any."""


def picture_of(raw: bytes, side: int, max_pixels: int) -> bytes:
    """The photo upright as a JPEG, `side` pixels at most and never enlarged, without any of its metadata.

    Raises:
        PhotoError: as `decode_photo` does.
    """
    side = max(1, min(side, LARGEST_SIDE))
    photo = decode_photo(raw, max_pixels=max_pixels, target=side).convert("RGB")
    photo.thumbnail((side, side))
    return small_jpeg(photo, QUALITIES, MOST_BYTES)


def answer(request: bytes, max_pixels: int) -> Reply:
    """The reply to one request."""
    (side,) = SIDE.unpack_from(request)
    return Reply(picture=picture_of(request[SIDE.size :], side, max_pixels))


if __name__ == "__main__":
    run(answer)
