"""The photos to measure on, and how they are split: by sender into halves, then into takedowns and others.

A sender reuses one backdrop, so photos of one sender are each other's hard negatives, and a sender whose
photos something was tuned on must not be reported on. Every split is drawn from names, so that it is the
same on every machine and does not move when photos are added.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors.sample.seeds import seed_of

Half = Literal["held-out", "tuned", "both"]
HALVES: tuple[Half, ...] = ("held-out", "tuned", "both")

SMALL_SENDER = 12
"""Photos at most of a sender who is set aside: taking large senders would leave too few hard negatives."""
SET_ASIDE = 40
"""Photos that each half sets aside, or a few more: variety for collages, at a twentieth of the bank's size."""


class DataError(ValueError):
    """The photos cannot be measured on; the message says what is missing. The evaluation ends."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo, who took it, and its file."""

    image: str
    sender: str
    path: Path

    @property
    def takedown_id(self) -> str:
        """The takedown's id when this photo is taken down."""
        return f"takedown-{self.image}"


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Three disjoint sets; `bank` and `negatives` share senders, `others` shares none with them."""

    bank: tuple[Photo, ...]
    """Taken down."""
    negatives: tuple[Photo, ...]
    """Not taken down: other goods of the same senders, photographed in the same places."""
    others: tuple[Photo, ...]
    """What collages put beside a photo: of senders with nothing in the bank."""


def read_photos(folder: Path) -> list[Photo]:
    """All photos that FOLDER/photos.csv names (columns image and sender_id; others are not read).

    Raises:
        DataError: no such file, a column or value is missing, an image is named twice or has no file.
    """
    table = folder / "photos.csv"
    photos = [
        _photo(folder, row, f"{table}, line {line}") for line, row in read_rows(table, "image", "sender_id")
    ]
    if len({photo.image for photo in photos}) < len(photos):
        raise DataError(f"{table}: an image is named twice")
    return photos


def read_rows(table: Path, *columns: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file in UTF-8, each with the number of its line.

    Raises:
        DataError: no such file, or one of these columns is missing.
    """
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            if missing := set(columns) - set(rows.fieldnames or ()):
                raise DataError(f"{table}: no column {' or '.join(sorted(missing))}")
            for row in rows:
                yield rows.line_num, row
    except OSError as error:
        raise DataError(f"cannot read {table}: {error.strerror}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{table} is not CSV in UTF-8: {error}") from None


def _photo(folder: Path, row: dict[str, str], where: str) -> Photo:
    image, sender = row["image"], row["sender_id"]
    if not image or not sender:
        raise DataError(f"{where}: image and sender_id must both be there")
    path = folder / "photos" / image
    if not path.is_file():
        raise DataError(f"{where}: there is no {path}")
    return Photo(image, sender, path)


def half_of(sender: str) -> Literal["held-out", "tuned"]:
    """The half that all photos of this sender belong to: by a hash, whatever other senders there are."""
    return "held-out" if seed_of("evaluation", sender) % 2 else "tuned"


def split_photos(photos: Sequence[Photo], half: Half, set_aside: int = SET_ASIDE) -> PhotoSet:
    """The half's photos in three sets; of each sender who is not set aside, half the photos are taken down.

    Each half sets `set_aside` photos aside on its own, so that not even these are shared with the other.

    Raises:
        DataError: nothing was left for one of the sets.
    """
    bank: list[Photo] = []
    negatives: list[Photo] = []
    others: list[Photo] = []
    for name in ("held-out", "tuned") if half == "both" else (half,):
        senders: dict[str, list[Photo]] = defaultdict(list)
        for photo in photos:
            if half_of(photo.sender) == name:
                senders[photo.sender].append(photo)
        aside = _set_aside(senders, set_aside)
        for sender, taken in sorted(senders.items()):
            shuffled = sorted(taken, key=lambda photo: seed_of("evaluation", photo.image))
            if sender in aside:
                others += shuffled
                continue
            middle = (len(shuffled) + 1) // 2
            bank += shuffled[:middle]
            negatives += shuffled[middle:]
    for name, found in (("takedowns", bank), ("negatives", negatives), ("photos beside others", others)):
        if not found:
            raise DataError(f"too few photos or senders in the half {half}: none are left for {name}")
    return PhotoSet(tuple(bank), tuple(negatives), tuple(others))


def _set_aside(senders: dict[str, list[Photo]], photos: int) -> set[str]:
    small = [sender for sender, taken in senders.items() if len(taken) <= SMALL_SENDER]
    aside: set[str] = set()
    count = 0
    for sender in sorted(small, key=lambda sender: seed_of("set aside", sender)):
        if count >= photos:
            break
        aside.add(sender)
        count += len(senders[sender])
    return aside
