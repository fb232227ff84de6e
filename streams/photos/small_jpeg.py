"""A picture as a JPEG of a bounded size, with nothing of the photo's own metadata."""

import io
from collections.abc import Sequence

from PIL import Image


def small_jpeg(photo: Image.Image, qualities: Sequence[int], most_bytes: int) -> bytes:
    """At the first of the qualities that keeps it within so many bytes, else at the last."""
    written = b""
    for quality in qualities:
        out = io.BytesIO()
        # Without `comment` Pillow keeps the photo's own, up to 64 kB of anything.
        photo.save(out, "JPEG", quality=quality, comment=b"")
        written = out.getvalue()
        if len(written) <= most_bytes:
            break
    return written
