"""A photo's `path` in a file of listings: beside that file, and never anywhere else."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.events import Image


class PhotoPathError(ValueError):
    """The path leaves the file's folder, or names nothing that can be read; the message says which."""


def resolve_photo_path(folder: Path, path: str) -> Path:
    """The photo's file in `folder` (the folder of the file that names it), which exists.

    Symbolic links are followed first and judged by where they lead.

    Raises:
        PhotoPathError: absolute, with `..`, leading out of the folder, missing, or not a regular file.
    """
    if not path or "\x00" in path:
        raise PhotoPathError(f"image path {path!r} is empty or has a zero byte")
    # A backslash or a drive letter is a way out on Windows; refused everywhere alike.
    if path.startswith("/") or "\\" in path or Path(path).is_absolute() or path[1:2] == ":":
        raise PhotoPathError(
            f"image path {path!r} must be relative to the listings file, with forward slashes"
        )
    if ".." in path.split("/"):
        raise PhotoPathError(f"image path {path!r} must not contain '..'")
    try:
        home = folder.resolve(strict=True)
        photo = (home / path).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise PhotoPathError(f"image path {path!r} cannot be read: {_why(error)}") from None
    if not photo.is_relative_to(home):
        raise PhotoPathError(f"image path {path!r} leads out of the listings file's folder")
    # A named pipe or a device would block or never end.
    if not photo.is_file():
        raise PhotoPathError(f"image path {path!r} is not a regular file")
    return photo


def _why(error: OSError | RuntimeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "symbolic links in a circle"


def read_photo(folder: Path, path: str, most: int) -> bytes:
    """The photo's first `most` bytes. Whoever fills the folder may change it meanwhile: what is read is a regular file
    that no symbolic link has taken the place of since it was judged.

    Raises:
        PhotoPathError: as `resolve_photo_path`, or it cannot be read.
    """
    photo = resolve_photo_path(folder, path)
    try:
        # Without blocking: a pipe that has taken its place waits for a writer otherwise.
        descriptor = os.open(photo, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise PhotoPathError(f"image path {path!r} is not a regular file")
            return file.read(most)
    except OSError as error:
        raise PhotoPathError(f"image path {path!r} cannot be read: {_why(error)}") from None


@dataclass(frozen=True, slots=True)
class Inlined:
    """The images with every readable path replaced by its bytes, and why the others were left alone."""

    images: tuple[Image, ...]
    problems: tuple[str, ...]


def inline_photos(images: Sequence[Image], folder: Path | None, budget: int) -> Inlined:
    """Read the photos that are given by path into `data`, as long as their base64 fits into `budget` bytes.

    A photo that is refused, missing or too large keeps its path: the worker records it as a failed photo
    and matches the listing on what remains. `folder` None (there is no file, only a stream) refuses all.
    """
    inlined: list[Image] = []
    problems: list[str] = []
    for image in images:
        if image.path is None:
            inlined.append(image)
            continue
        try:
            data = _read(folder, image.path, budget)
        except PhotoPathError as error:
            inlined.append(image)
            problems.append(str(error))
            continue
        budget -= _base64_size(len(data))
        inlined.append(Image(data=data))
    return Inlined(tuple(inlined), tuple(problems))


def _read(folder: Path | None, path: str, budget: int) -> bytes:
    if folder is None:
        raise PhotoPathError(
            f"image path {path!r} has no folder to be relative to: read the listings from a file"
        )
    data = read_photo(folder, path, max(budget, 0) + 1)
    if _base64_size(len(data)) > budget:
        raise PhotoPathError(
            f"image path {path!r} does not fit: {max(budget, 0)} bytes of the record are left"
        )
    return data


def _base64_size(size: int) -> int:
    return (size + 2) // 3 * 4
