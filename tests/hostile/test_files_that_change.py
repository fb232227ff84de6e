"""A folder that somebody else fills may change between the look at a file and its opening."""

import os
from pathlib import Path

import pytest

from connectors import photo_paths
from connectors.events import Image
from connectors.photo_paths import PhotoPathError, inline_photos, read_photo, resolve_photo_path
from streams.scan.scan import read_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(b"a secret of ours")
    home = tmp_path / "dropped"
    home.mkdir()
    (home / "1.jpg").write_bytes(b"a photo")
    return home


def link(photo: Path) -> None:
    photo.unlink()
    photo.symlink_to("../secret")


def pipe(photo: Path) -> None:
    photo.unlink()
    os.mkfifo(photo)


def device(photo: Path) -> None:
    photo.unlink()
    photo.symlink_to("/dev/zero")


def gone(photo: Path) -> None:
    photo.unlink()


@pytest.mark.parametrize("change", [link, pipe, device, gone])
def test_what_takes_a_files_place_is_not_read(
    change: "type[link]", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor waited for: a pipe has no writer."""
    assert read_photo(folder, "1.jpg", 100) == b"a photo"

    def judged(home: Path, path: str) -> Path:
        found = resolve_photo_path(home, path)
        change(found)
        return found

    monkeypatch.setattr(photo_paths, "resolve_photo_path", judged)
    with pytest.raises(PhotoPathError):
        read_photo(folder, "1.jpg", 100)


@pytest.mark.parametrize("change", [link, pipe, device])
def test_no_reader_of_photos_follows(change: "type[link]", folder: Path) -> None:
    change(folder / "1.jpg")
    image = Image(path="1.jpg")
    assert read_path(folder, image, 100) == image
    inlined = inline_photos([image], folder, 1000)
    assert inlined.images == (image,)
    assert len(inlined.problems) == 1
