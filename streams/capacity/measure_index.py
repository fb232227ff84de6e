"""What one look-up costs as the bank grows: the title index and the photo index alone, without Kafka."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from connectors.sample.catalogue import look_of
from connectors.sample.draw import draw_photo
from connectors.sample.seeds import dice
from connectors.sample.stream import stream_listings
from fingerprints.photo_match import PhotoIndex
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from fingerprints.title_index import TitleIndex
from fingerprints.title_print import TITLE
from streams.capacity.series import Point
from streams.evaluation.photo_bench_bank import PhotoMaker, PrintDrawer
from streams.evaluation.photo_bench_methods import LIMIT
from streams.evaluation.photo_set import half_of, read_photos, split_photos

ROUNDS = 3
PROBES = 400
TITLE_PROBES = 4_000
MAX_PIXELS = 50_000_000

Say = Callable[[str], None]


def title_points(sizes: Sequence[int], say: Say) -> list[Point]:
    """Mean seconds of processor time of a title's search, at each number of titles held.

    Titles are the sample marketplace's, so that nearly every one has near neighbours.
    """
    index, held = TitleIndex(), stream_listings(seed=99)
    probes = [print_ for event in itertools.islice(stream_listings(seed=7), TITLE_PROBES)
              if (print_ := TITLE.fingerprint(event.title)) is not None]  # fmt: skip
    points, number = [], 0
    for size in sorted(sizes):
        for event in itertools.islice(held, size - number):
            if (title := TITLE.fingerprint(event.title)) is not None:
                index.add(f"t{number}", (title,))
            number += 1
        seconds = _mean_seconds([partial(index.search, probe, LIMIT) for probe in probes])
        points.append(Point(size, seconds))
        say(f"titles held {size:,}: {seconds * 1e6:.1f} us a search")
    return points


def photo_points(sizes: Sequence[int], learned: int, data: Path | None, say: Say) -> list[Point]:
    """Mean seconds of processor time of the search for a photo that is nobody's, at each number of photos held.

    `data`: a folder with photos.csv and photos/, `learned` of whose photos, changed, all others are drawn like; without
    it, drawn goods.
    """
    patterns, probes = photo_prints(data, learned, min(PROBES, learned), say)
    index, drawer = PhotoIndex(), PrintDrawer()
    for photo in patterns:
        drawer.learn(photo)
    points, number = [], 0
    for size in sorted(sizes):
        for photo in drawer.prints(number, size - number):
            index.add(f"p{number}", (photo,))
            number += 1
        index.settle()
        seconds = _mean_seconds([partial(index.search, probe, LIMIT) for probe in probes])
        points.append(Point(size, seconds))
        say(f"photos held {size:,}: {seconds * 1e3:.3f} ms a search")
    index.close()
    return points


def photo_prints(
    data: Path | None, patterns: int, probes: int, say: Say
) -> tuple[list[PhotoPrint], list[PhotoPrint]]:
    """Prints that others are drawn like, and prints of other photos to look for.

    Raises:
        DataError: the folder's photos cannot be measured on.
    """
    if data is None:
        drawn = _drawn_prints(patterns + probes)
        return list(itertools.islice(drawn, patterns)), list(drawn)
    photos = read_photos(data)
    maker = PhotoMaker([photo.path for photo in photos if half_of(photo.sender) == "tuned"])
    learned = list(maker.prints(0, patterns, _unsaid))
    say(f"{len(learned):,} photos made")
    others = split_photos(photos, "held-out").negatives
    raw = (photo.path.read_bytes() for photo in others[:probes])
    return learned, [one for each in raw if (one := print_of_bytes(each, max_pixels=MAX_PIXELS)) is not None]


def _unsaid(_what: str, _done: int, _many: int) -> None:
    """How far the photos are is not worth a line."""


def _drawn_prints(many: int) -> Iterator[PhotoPrint]:
    chance = dice("capacity", 1)
    for place in range(many):
        raw = draw_photo(look_of(chance), place % 97, place)
        if (one := print_of_bytes(raw, max_pixels=MAX_PIXELS)) is not None:
            yield one


def _mean_seconds(searches: Sequence[Callable[[], object]]) -> float:
    """Of one search: the middle of some rounds, since a neighbour on the machine disturbs one and not the next."""
    for search in searches[: len(searches) // 10]:
        search()
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for search in searches:
            search()
        rounds.append((time.process_time() - started) / len(searches))
    return statistics.median(rounds)
