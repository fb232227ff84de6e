"""A photo's path stays beside its file, whatever is tried; what fits is taken into the record."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.events import Image
from connectors.photo_paths import PhotoPathError, inline_photos, resolve_photo_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "photos").mkdir(parents=True)
    (home / "photos" / "1.jpg").write_bytes(b"one")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (home / "inside.jpg").symlink_to(home / "photos" / "1.jpg")
    (home / "outside.jpg").symlink_to(tmp_path / "secret.jpg")
    (home / "away").symlink_to(tmp_path)
    (home / "loop").symlink_to(home / "loop")
    os.mkfifo(home / "pipe.jpg")
    return home


@pytest.mark.parametrize("path", ["photos/1.jpg", "./photos/1.jpg", "photos//1.jpg", "inside.jpg"])
def test_a_file_of_the_folder_is_found(folder: Path, path: str) -> None:
    assert resolve_photo_path(folder, path) == folder / "photos" / "1.jpg"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../secret.jpg", "'..'"),
        ("photos/../../secret.jpg", "'..'"),
        ("/etc/passwd", "relative"),
        ("C:/secret.jpg", "relative"),
        ("photos\\..\\..\\secret.jpg", "relative"),
        ("outside.jpg", "leads out"),
        ("away/secret.jpg", "leads out"),
        ("loop", "cannot be read"),
        ("missing.jpg", "cannot be read"),
        ("photos", "not a regular file"),
        ("pipe.jpg", "not a regular file"),
        ("", "empty"),
        ("photos/1.jpg\x00.png", "zero byte"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_everything_else_is_refused_and_named(folder: Path, path: str, why: str) -> None:
    with pytest.raises(PhotoPathError, match=why):
        resolve_photo_path(folder, path)


@given(st.text(st.sampled_from("./\\a~\x00:"), max_size=12))
def test_no_path_of_dots_and_slashes_leaves_the_folder(path: str) -> None:
    home = Path(__file__).parent
    try:
        found = resolve_photo_path(home, path)
    except PhotoPathError:
        return
    assert found.is_relative_to(home)


def test_photos_are_inlined_until_the_record_is_full(folder: Path) -> None:
    (folder / "big.jpg").write_bytes(b"x" * 300)
    images = (
        Image(path="photos/1.jpg"),
        Image(path="big.jpg"),
        Image(url="https://example.test/2.jpg"),
        Image(path="photos/1.jpg"),
        Image(path="photos/1.jpg"),
    )
    inlined = inline_photos(images, folder, budget=8)
    assert inlined.images == (Image(data=b"one"), images[1], images[2], Image(data=b"one"), images[4])
    assert [problem.split(": ")[0] for problem in inlined.problems] == [
        "image path 'big.jpg' does not fit",
        "image path 'photos/1.jpg' does not fit",
    ]


def test_a_stream_has_no_folder(folder: Path) -> None:
    inlined = inline_photos([Image(path="photos/1.jpg")], None, budget=1000)
    assert inlined.images == (Image(path="photos/1.jpg"),)
    assert "read the listings from a file" in inlined.problems[0]
