"""The evaluation of whole listings: its arithmetic, and a small run through the real scan."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from listing_records import distinctive_title, drawn_photo

from connectors.sample.seeds import dice
from streams.evaluation.combined_cases import HONEST, HONEST_TIMES, RELISTS, CombinedCase, build
from streams.evaluation.combined_figures import BASE_RATE, Judged, cleared, figures_of
from streams.evaluation.combined_goods import Particulars, description, drawn, put_back
from streams.evaluation.photo_set import Photo, PhotoSet, half_of
from streams.evaluation.title_set import Title, TitleSet, half_of_component

NOTHING = Particulars(None, None, "unknown", None)


def case(number: int, kind: str, takedown: str | None = None, catalogue: str | None = None) -> CombinedCase:
    return CombinedCase(f"{kind}/{number}", kind, (), "", "s", NOTHING, takedown, catalogue)


def said(one: CombinedCase, probability: float, *, named: bool = False, alerted: bool = False) -> Judged:
    return Judged(one, probability, named, alerted or named, named)


def test_precision_recall_and_brier_by_hand() -> None:
    judged = [
        said(case(1, "photo alone", "t1"), 0.9, named=True),
        said(case(2, "photo alone", "t2"), 0.2),
        said(case(1, "same seller"), 0.6, alerted=True),
        *[said(case(n, "nothing shared"), 0.0) for n in range(3)],
        said(case(1, "catalogue photo", catalogue="t1"), 0.99, alerted=True),
    ]
    figures = figures_of(judged)
    assert (figures.recall.hits, figures.recall.of) == (1, 2)
    assert (figures.precision.hits, figures.precision.of) == (1, 2)
    weight = 2 / 4 * (1 - BASE_RATE) / BASE_RATE
    assert figures.precision_at_base == pytest.approx(1 / (1 + weight), abs=1e-4)
    assert figures.brier == pytest.approx((0.01 + 0.64 + weight * 0.36) / (2 + 4 * weight), abs=1e-6)
    rows = {row.kind: row for row in figures.rows}
    assert rows["catalogue photo"].right.share == 0
    assert rows["same seller"].alerted == 1
    assert rows["generic title"].right.share is None
    assert sum(one.listings for one in figures.curve) == 6
    assert [one.true for one in figures.curve if one.low == 0.9] == [1.0]


def test_verdicts_go_to_the_first_of_each_catalogue_photo() -> None:
    cases = {one.listing_id: one for one in [
        *[case(n, "catalogue photo", catalogue=f"t{n % 2}") for n in range(8)], case(9, "same seller"),
    ]}  # fmt: skip
    assert cleared(cases, list(cases), 2) == [f"catalogue photo/{n}" for n in range(4)]


def test_goods_are_drawn_alike_and_a_seller_repeats_himself() -> None:
    assert drawn("s", "i") == drawn("s", "i")
    mine, also, other = (set(description(*of).split(". ")) for of in (("s", "1"), ("s", "2"), ("x", "1")))
    assert len(mine & also) >= 4
    assert len(mine & other) < 5
    back = put_back(drawn("s", "i"), "new", dice("test"))
    assert back.price is None or back.price.currency == "IDR"


def test_the_world_has_every_kind_and_its_own_products_apart() -> None:
    photos = [Photo(f"p{n}", f"s{n % 3}", Path("x")) for n in range(60)]
    titles = tuple(Title(distinctive_title(n), f"c{n}", n) for n in range(30))
    world = build(
        PhotoSet(tuple(photos[:30]), tuple(photos[30:50]), tuple(photos[50:])), TitleSet(titles, ()), 5
    )
    counts = {kind: sum(one.kind == kind for one in world.cases) for kind in (*RELISTS, *HONEST)}
    assert all(counts[kind] == 5 for kind in RELISTS)
    assert all(counts[kind] == (5 if kind == "catalogue photo" else 5 * HONEST_TIMES) for kind in HONEST)
    taken = {one.title for one in world.takedowns if one.source}
    assert not taken & {one.title for one in world.cases if one.kind == "nothing shared"}
    held = {one.photo for one in world.takedowns}
    for one in world.cases:
        if one.takedown_id is None and one.catalogue_of is None:
            assert not held & {photo for photo, _ in one.photos}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two senders and a small one whose photos nobody took down; titles of forty products."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "photos").mkdir()
    large, small, *_ = (f"sender{n}" for n in range(100) if half_of(f"sender{n}") == "held-out")
    rows = ["image,sender_id,label"]
    for number in range(24):
        name = f"{number}.jpg"
        (folder / "photos" / name).write_bytes(drawn_photo(number))
        rows.append(f"{name},{large if number < 18 else small},Hat")
    (folder / "photos.csv").write_text("\n".join(rows) + "\n")
    components = [f"c{n}" for n in range(60) if half_of_component(f"c{n}") == "held-out"]
    lines = [
        f"{component},{distinctive_title(n)}{extra}"
        for n, component in enumerate(components)
        for extra in ("", " lagi")
    ]
    (folder / "titles.csv").write_text("component,title\n" + "\n".join(lines) + "\n")
    return folder


def test_the_whole_way(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "streams.evaluation.combined", "--data", str(data), "--each", "4"]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "f.json")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, after = json.loads((tmp_path / "f.json").read_bytes())
    rows = {row["kind"]: row for row in before["rows"]}
    assert rows["photo alone"]["right"]["of"] == 4
    assert rows["photo and title"]["right"]["hits"] >= 3
    assert rows["nothing shared"]["right"]["share"] == 1
    assert rows["catalogue photo"]["right"]["hits"] == 0
    assert "## " not in done.stdout
    assert "| recall |" in done.stdout
    assert after["recall"]["of"] == before["recall"]["of"]
    fitted = subprocess.run([*command, "--fit"], capture_output=True, text=True, timeout=300, check=False)
    assert fitted.returncode == 0, fitted.stderr
    assert "photo: 1.0 -> " in fitted.stdout
    wrong = subprocess.run(
        [*command[:-4], "--data", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "evaluation: cannot read" in wrong.stderr
