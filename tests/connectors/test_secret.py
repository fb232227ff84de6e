"""A secret shows itself to `reveal` alone, and no text that leaves the process holds one."""

import base64
import copy
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from msgspec import Struct

from connectors.memory import MemorySource
from connectors.sdk import OptionsError, make
from connectors.secret import Secret, redact


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    key: Secret
    name: str = "x"


class Keyed(MemorySource):
    name = "keyed"
    options_type = Options  # type: ignore[assignment]

    def __init__(self, options: object) -> None:
        self.options = options  # type: ignore[assignment]


def test_no_text_shows_it() -> None:
    secret = Secret("swordfish-7")
    shown = f"{secret} {secret!r} {[secret]} {Options(secret)} %s" % secret
    assert "swordfish" not in shown
    assert secret.reveal() == "swordfish-7"
    assert copy.deepcopy(secret) == secret
    with pytest.raises(TypeError):
        msgspec.json.encode(Options(secret))


def test_it_is_taken_out_of_texts_however_it_is_written() -> None:
    value = "a/secret+key=?"
    Secret(value)
    spellings = [value, quote(value, safe=""), base64.b64encode(value.encode()).decode().rstrip("=")]
    for spelling in spellings:
        assert redact(f"GET /x?sign={spelling}&b=1") == "GET /x?sign=***&b=1"


def test_a_secret_within_another_leaves_nothing_of_the_longer() -> None:
    Secret("inner-part")
    Secret("inner-part-and-more")
    assert redact("<inner-part-and-more>") == "<***>"


def test_a_short_value_does_not_blot_out_every_text() -> None:
    Secret("1")
    assert redact("12 of 121") == "12 of 121"


def test_options_take_them_from_the_environment_and_from_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RW_TEST_KEY", "from-environment")
    (tmp_path / "key").write_text("from-file\n")
    for given, wanted in (
        ("env:RW_TEST_KEY", "from-environment"), (f"file:{tmp_path / 'key'}", "from-file"),
        ("plain", "plain"), ("a:b", "a:b"),
    ):  # fmt: skip
        made = make(Keyed, {"key": given})
        assert made.options.key.reveal() == wanted  # type: ignore[attr-defined]


@pytest.mark.parametrize("given", ["env:RW_TEST_NOT_SET", "file:/nowhere/key", 7, None])
def test_a_secret_that_is_not_there_is_told_by_the_options_name(given: object) -> None:
    with pytest.raises(OptionsError, match=r"keyed: .*\$\.key"):
        make(Keyed, {"key": given})
