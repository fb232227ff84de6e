"""Small pictures for people, made of photos in processes of their own, so that none harms the one that shows them."""

from fingerprints.photo_decode import PhotoError
from fingerprints.photo_format import photo_format
from streams.photos.picture_child import LARGEST_SIDE, SIDE
from streams.photos.pool import PhotoPool

LONGEST_REPLY = 2 * 1024 * 1024
"""A picture of pure noise at the lowest quality has some 250 kB."""


class PicturePool(PhotoPool):
    """`processes` children, used as an async context manager, as `PhotoPool`."""

    def __init__(self, processes: int, item_timeout: float, *, max_pixels: int) -> None:
        super().__init__(
            processes,
            item_timeout,
            max_pixels=max_pixels,
            child="streams.photos.picture_child",
            longest_reply=LONGEST_REPLY,
        )

    async def picture(self, raw: bytes, side: int) -> bytes:
        """The photo as a JPEG, `side` pixels (at most `LARGEST_SIDE`) the longer side at most.

        Raises:
            PhotoError: as `decode_photo` does, and `timeout`, `crashed`.
            OSError: no child can be started: the machine's fault, not the photo's; try again later.
            RuntimeError: the pool is not open.
        """
        reply = await self._reply(SIDE.pack(min(side, LARGEST_SIDE)) + raw)
        # A photo that has taken its child over may answer anything; browsers are sent pictures only.
        if photo_format(reply.picture) != "JPEG":
            raise PhotoError("undecodable", "the process gave no picture")
        return reply.picture
