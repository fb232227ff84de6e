"""`relistwatch simulate` as a process: what it prints opens the API, and it ends cleanly on both signals."""

import json
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import local_http
import pytest
from typer.testing import CliRunner

from connectors.codec import Codec
from connectors.events import Takedown
from connectors.lazada import signature as lazada
from connectors.shopee import signature as shopee
from connectors.tiktok import signature as tiktok
from streams.cli import build_app

PATIENCE_SECONDS = 60


class Running:
    """The command in a process of its own, once it has said what a connector needs."""

    def __init__(self, *args: str) -> None:
        run = [sys.executable, "-c", "from streams.cli import main; main()", "simulate", *args]
        self.process = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(how)
        # What it says fits into the pipes. `communicate` would pass over what `readline` has read ahead.
        code = self.process.wait(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        return code, self.first + self.process.stdout.read(), self.process.stderr.read()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def now(url: str) -> int:
    """The server's time, which is this machine's."""
    from email.utils import parsedate_to_datetime

    return int(parsedate_to_datetime(local_http.get(url).headers["Date"]).timestamp())


def test_shopee_is_read_with_what_json_says(tmp_path: Path):
    takedowns = tmp_path / "takedowns.jsonl"
    with Running("shopee", "--json", "--listings", "80", "--write-takedowns", str(takedowns)) as running:
        said = json.loads(running.first)
        options = said["shops"][0]["options"]
        path, stamp = "/api/v2/product/get_item_list", now(said["base_url"])
        signed = {"access_token": options["access_token"], "shop_id": options["shop_id"]}
        sign = shopee.sign(options["partner_key"], int(options["partner_id"]), path, stamp, **signed)
        query = {"partner_id": options["partner_id"], "timestamp": stamp, "sign": sign, **signed}
        page = local_http.get(
            options["base_url"] + path,
            params={**query, "offset": 0, "page_size": 100, "item_status": ["NORMAL", "BANNED"]},
        ).json()
        assert page["error"] == ""
        assert 5 < page["response"]["total_count"] < 80
        code, _, err = running.end()
    assert code == 0
    assert re.search(
        r"requests: 1 list, 1 unknown; throttled 0, refused 0; faults: none; listings given \d+", err
    )
    lines = takedowns.read_bytes().splitlines()
    assert len(lines) == 8
    assert all(Codec(Takedown).decode(line).record.listing.images for line in lines)


def test_lazada_and_tiktok_are_read_with_the_options_they_write(tmp_path: Path):
    with Running("lazada", "--endless", "5000", "--write-options", str(tmp_path)) as running:
        assert re.match(r"lazada at http://127\.0\.0\.1:\d+; Ctrl-C ends it", running.first)
        code, out, _ = running.end(signal.SIGINT)
        assert code == 0
    file = next(tmp_path.glob("lazada-*.toml"))
    assert f"relistwatch connect lazada --instance {file.stem} --options-file {file}" in out
    options = tomllib.loads(file.read_text())
    assert options.keys() == {
        "base_url",
        "app_key",
        "app_secret",
        "seller_id",
        "access_token",
        "refresh_token",
    }
    assert options["base_url"].endswith("/rest")
    with Running("tiktok", "--json", "--endless", "5000", "--write-options", str(tmp_path)) as running:
        options = tomllib.loads(next(tmp_path.glob("tiktok-*.toml")).read_text())
        assert options == json.loads(running.first)["shops"][0]["options"]
        assert options["marketplaces"] == ["tiktok-id", "tokopedia-id"]
        query = {"app_key": options["app_key"], "timestamp": str(now(options["base_url"])),
                 "shop_cipher": options["shop_cipher"], "page_size": "100"}  # fmt: skip
        path, body = "/product/202502/products/search", b'{"status":"ACTIVATE"}'
        query["sign"] = tiktok.sign(options["app_secret"], path, query.items(), body)
        headers = {"x-tts-access-token": options["access_token"]}
        page = local_http.post(options["base_url"] + path, params=query, content=body, headers=headers).json()
        assert (page["code"], page["data"]["total_count"]) == (0, 5000)
        assert running.end()[0] == 0


def test_the_same_seed_gives_the_same_shops_keys_and_tokens():
    said = []
    for _ in range(2):
        with Running("lazada", "--json", "--seed", "7", "--listings", "20") as running:
            found = json.loads(running.first)["shops"]
            for shop in found:
                shop["options"].pop("base_url")
                shop.pop("connect")
            said.append(found)
            running.end()
    assert said[0] == said[1]


def test_limits_faults_and_hostility_are_as_asked():
    with Running(
        "lazada", "--json", "--requests-per-second", "1", "--hostile", "expired", "--listings", "20"
    ) as running:
        options = json.loads(running.first)["shops"][0]["options"]
        query = {"app_key": options["app_key"], "timestamp": f"{now(options['base_url'])}000", "sign_method": "sha256",
                 "access_token": options["access_token"], "filter": "all"}  # fmt: skip
        query["sign"] = lazada.sign(options["app_secret"], "/products/get", query.items())
        answers = {
            local_http.get(f"{options['base_url']}/products/get", params=query).json()["code"]
            for _ in range(3)
        }
        assert answers == {"IllegalAccessToken"}
        assert "faults: 3 expired" in running.end()[2]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["shopee", "--hostile", "flood"], 2, "no fault is called 'flood'"),
        (["bukalapak"], 2, "'bukalapak' is not one of"),
        (["shopee", "--requests-per-second", "0"], 2, "requests per second are more than 0"),
        (["shopee", "--write-takedowns", "/nowhere/at/all.jsonl", "--listings", "5"], 2, "--write-takedowns"),
    ],
)
def test_wrong_options_are_named(args, code, message):
    result = CliRunner().invoke(build_app(), ["simulate", *args])
    assert result.exit_code == code
    assert message in result.output


def test_a_taken_port_has_its_own_exit_code():
    with Running("shopee", "--json", "--listings", "5") as running:
        port = json.loads(running.first)["base_url"].rpartition(":")[2]
        result = CliRunner().invoke(build_app(), ["simulate", "lazada", "--port", port])
        assert result.exit_code == 3
        assert f"--port {port}: Address already in use" in result.output


def test_help_has_an_example():
    result = CliRunner().invoke(build_app(), ["simulate", "--help"], env={"COLUMNS": "200"})
    assert "relistwatch simulate shopee --port 8601" in result.output
