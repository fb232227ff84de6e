"""The whole way from the command to the page, with real parts on a little made-up data."""

import sys
from pathlib import Path

import pytest
from listing_records import drawn_photo

from connectors.sample.seeds import dice
from streams.bench.__main__ import main
from streams.bench.page import BEGIN, END
from streams.bench.work import Failed, run_part


def words(component: int) -> str:
    chance = dice("bench run", component)
    return " ".join(
        "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(4)) for _ in range(5)
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "1.jpg").write_bytes(drawn_photo(1))
    (folder / "photos.csv").write_text("image,sender_id\n1.jpg,sender-1\n")
    titles = [f"c{c},{words(c)} {n}" for c in range(12) for n in ("jaket", "kemeja", "celana")]
    (folder / "titles.csv").write_text("\n".join(["component,title", *titles]) + "\n")
    return folder


def test_one_part_from_command_to_page(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, out = tmp_path / "page.md", tmp_path / "bench.json"
    page.write_text(f"before\n{BEGIN}\n{END}\nafter\n")
    arguments = ["--data", str(data), "--quick", "--out", str(out)]
    assert main([*arguments, "--only", "titles", "--write", str(page)]) == 0
    said = capsys.readouterr()
    assert "part 1/1, titles" in said.err
    assert said.out == ""
    section = page.read_text()
    assert section.startswith(f"before\n{BEGIN}\n## ")
    assert section.endswith(f"{END}\nafter\n")
    assert "1 real photos of 1 senders and 36 real titles" in section
    assert "| relistwatch | 1.000 | 14 of 14 |" in section
    assert "not run" in section
    assert str(tmp_path) not in section

    # Now a part that cannot: with no title of the half that is measured on. The other stays as it was.
    before = out.read_bytes()
    (data / "titles.csv").write_text("component,title\n" + "c1,jaket merah\n" * 36)
    assert main([*arguments, "--only", "photos"]) == 1
    said = capsys.readouterr()
    assert "not measured: photos; again with --only photos" in said.err
    assert "| photos | failed: ended with 2: photo_bench: " in said.out
    assert "| relistwatch | 1.000 | 14 of 14 |" in said.out
    assert str(tmp_path) not in said.out
    assert out.read_bytes() != before
    # The table of what is in the file, with nothing measured.
    assert main(["--table", "--quick", "--out", str(out)]) == 0
    assert capsys.readouterr().out == said.out


def test_a_page_without_a_place_is_said_before_anything_is_measured(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks")
    out = tmp_path / "bench.json"
    assert main(["--data", str(data), "--quick", "--out", str(out), "--write", str(page)]) == 2
    assert "the page needs" in capsys.readouterr().err
    assert not out.exists()


def test_data_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "bench.json")]) == 2
    assert "bench: " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--data", ".", "--table"]])
def test_either_data_or_a_table_of_what_is_there(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_part_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="was ended"):
        run_part([sys.executable, "-c", "import threading; threading.Event().wait()"], tmp_path / "r.md", 0.2)


def test_the_last_words_of_a_part_that_fails_are_told(tmp_path: Path) -> None:
    script = "import sys; print('table'); print('first', file=sys.stderr); sys.exit('the broker is gone')"
    with pytest.raises(Failed, match="ended with 1: the broker is gone"):
        run_part([sys.executable, "-c", script], tmp_path / "r.md", 60)
    assert (tmp_path / "r.md").read_text() == "table\n"
