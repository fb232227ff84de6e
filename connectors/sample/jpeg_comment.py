"""The same picture in other bytes, so that nothing which remembers photos by their bytes makes a measurement look
better than it is."""


def commented(jpeg: bytes, comment: str) -> bytes:
    """The JPEG with a comment segment (marker FFFE, ITU T.81 B.2.4.5) after its start marker."""
    text = comment.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:]
