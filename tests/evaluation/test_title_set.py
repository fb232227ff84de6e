"""Which titles are taken down and which are not, and who counts as the same product."""

from pathlib import Path

import pytest

from connectors.sample.seeds import dice
from streams.evaluation.photo_set import DataError
from streams.evaluation.title_bench import main as bench
from streams.evaluation.title_cases import ask
from streams.evaluation.title_disguise_table import TABLE
from streams.evaluation.title_methods import METHODS, Ours, TokenSetRatio
from streams.evaluation.title_set import (
    Title,
    half_of_component,
    joined_products,
    one_product_each,
    read_titles,
    split_titles,
)
from streams.evaluation.titles import main as evaluate

WORDS = ("jaket", "zelbaro", "arcadia", "kovrenta", "senja", "rimba", "ombak", "puncak", "tandravi", "layar")


def made_up(components: int = 12, each: int = 4) -> list[Title]:
    """Five words that are the component's own, and one that others have too."""
    return [
        Title(" ".join([*(made_up_word(c, n) for n in range(5)), WORDS[n]]), f"c{c}", c * each + n)
        for c in range(components)
        for n in range(each)
    ]


def made_up_word(component: int, number: int) -> str:
    """A word of one component, unlike all others."""
    chance = dice("made up", component, number)
    return "".join(chance.choice("bcdfghjklmnprst") + chance.choice("aeiou") for _ in range(4)) + "n"


def written(folder: Path, titles: list[Title]) -> Path:
    lines = ["component,title", *(f"{title.component},{title.text}" for title in titles)]
    (folder / "titles.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_halves_share_no_component_and_each_gives_one_takedown() -> None:
    titles = made_up()
    halves = [split_titles(titles, half) for half in ("held-out", "tuned")]
    components = [{title.component for title in (*half.bank, *half.others)} for half in halves]
    assert not components[0] & components[1]
    assert components[0] | components[1] == {title.component for title in titles}
    for half in halves:
        assert len(half.bank) == len({title.component for title in half.bank})
        assert not set(half.bank) & set(half.others)
    assert half_of_component("c1") == half_of_component("c1")


def test_a_share_of_each_component_is_taken_down() -> None:
    found = split_titles(made_up(), "both", 0.5)
    assert len(found.bank) == len(found.others) == 24


def test_components_with_nearly_the_same_title_are_one_product() -> None:
    titles = [
        Title("lampu natal tumblr led hias", "a", 0),
        Title("Lampu Natal Tumblr LED Hias!", "b", 1),
        Title("lampu meja belajar led putih", "c", 2),
        Title("tas", "d", 3),
        Title("tas", "e", 4),
    ]
    products = joined_products(titles)
    assert products["a"] == products["b"] != products["c"]
    assert products["d"] != products["e"], "too few words to say"
    assert set(one_product_each(titles).values()) == set("abcde")


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match="cannot read"):
        read_titles(tmp_path)
    (tmp_path / "titles.csv").write_text("component,name\na,b\n")
    with pytest.raises(DataError, match="no column title"):
        read_titles(tmp_path)
    assert evaluate(["--data", str(tmp_path)]) == 2
    assert bench(["--data", str(tmp_path)]) == 2
    assert "no column title" in capsys.readouterr().err


def test_the_right_takedown_is_found_and_others_are_not() -> None:
    found = split_titles(made_up(), "both")
    products = one_product_each(found.bank)
    matcher = Ours([(title.takedown_id, title.text) for title in found.bank])
    answers = ask(matcher, found, TABLE[5:6], each=8, others=20, products=products)
    assert len(answers.found["shuffled"]) == 8
    assert min(answers.found["shuffled"]) > max(answers.others)
    assert answers.recall("shuffled", answers.cut(0.01)).value == 1.0


def test_every_method_finds_the_title_itself() -> None:
    bank = [(title.takedown_id, title.text) for title in made_up()]
    asked = 0
    for name, make in METHODS.items():
        try:
            method = make(bank)
        except ImportError:
            continue
        asked += 1
        for owner, title in bank[::5]:
            hits = dict(method.search(title))
            assert hits[owner] == max(hits.values()), name
    assert asked >= 3
    assert TokenSetRatio(bank[:1]).search("x")[0][0] == bank[0][0]


def test_the_reports_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path, made_up())
    assert evaluate(["--data", str(folder), "--each", "3", "--others", "9"]) == 0
    said = capsys.readouterr().out
    assert "| words shuffled | 1.000 |" in said
    assert "s p a c e d" in said
    sizes = ["--bank", "60", "--queries", "20", "--each", "3", "--others", "9", "--growth", "50,60"]
    assert bench(["--data", str(folder), *sizes]) == 0
    said = capsys.readouterr().out
    assert "| relistwatch | 1" in said or "| relistwatch | 0.9" in said
    assert "| 60 |" in said
