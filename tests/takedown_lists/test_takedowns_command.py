"""`relistwatch takedowns import` as scripts call it, with a real Kafka behind it."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import loaded_command
import msgspec
import pytest
from kafka_client import KafkaClient
from workbooks import link, workbook

from connectors.codec import Codec
from connectors.takedown_requests import TakedownRequest
from streams.settings import Kafka, Settings, as_environment
from streams.worker.worker_process import free_port

ROWS = [
    ["No", "Produk", "Tautan", "Alasan"],
    [1, "Jaket", link(2), "Impor"],
    [2, "Kaos", "shopee.co.id/product/1/2?utm=x", "Impor"],
    [3, '=HYPERLINK("x")', "https://contoh.example/=1+1", "Impor"],
    [4, "Topi", "https://www.lazada.co.id/products/i7.html", "Impor"],
    [5, "Celana", "", "Impor"],
    [6, "Sepatu", "https://vt.tiktok.com/ZSabc", "Impor"],
    [7, "Tas", "https://www.tokopedia.com/toko/tas-kulit", "Impor"],
]


@pytest.fixture
def client(topics: Settings) -> Iterator[KafkaClient]:
    own = KafkaClient(topics)
    yield own
    own.close()


def call(settings: Settings, *arguments: str, given: bytes | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = loaded_command.call(
        ["takedowns", "import", *arguments], os.environ | as_environment(settings), given or b""
    )
    return done.returncode, done.stdout, done.stderr


def requests(client: KafkaClient, count: int) -> list[TakedownRequest]:
    messages = client.read_until("takedown-requests", lambda seen: len(seen) >= count, quiet=0.5)
    codec = Codec(TakedownRequest)
    found = []
    for message in messages:
        request = codec.decode(message.value).record
        assert message.key.decode() == request.key
        headers = dict(message.headers)
        assert headers["ce_id"].decode() == request.request_id
        assert headers["ce_type"] == b"relistwatch.takedown-request.received"
        found.append(request)
    return found


def kept(said: dict[str, Any], *names: str) -> list[Any]:
    return [said[name] for name in names]


@pytest.mark.kafka
def test_a_list_twice_and_another_authority(topics: Settings, client: KafkaClient, tmp_path: Path) -> None:
    path = workbook(tmp_path / "daftar.xlsx", ROWS)
    rejects = tmp_path / "rejects.csv"
    wish = ("--authority", "Kemendag", "--by", "analyst-7", "--no-resolve-short-links", "--json")
    code, out, err = call(topics, str(path), *wish, "--rejects", str(rejects))
    said = json.loads(out)
    assert code == 0, err
    assert kept(
        said, "found", "new", "sent", "duplicates", "other_form", "requested_before", "unresolved"
    ) == [5, 4, 4, 1, 1, 0, 1]
    assert said["rejects_by_reason"] == {"another site": 1, "no link in this row": 1}
    assert said["new_by_marketplace"] == {"shopee-id": 1, "lazada-id": 1, "unresolved": 1, "tokopedia-id": 1}
    assert "Daftar, C4: another site: https://contoh.example/=1+1" in err
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["kind", "part", "row", "cell", "why", "link"]
    assert [row[:4] for row in rows[1:]] == [
        ["duplicate", "Daftar", "3", "C3"], ["reject", "Daftar", "4", "C4"], ["reject", "Daftar", "6", ""]
    ]  # fmt: skip
    assert rows[3][5] == "5 | Celana | Impor"

    found = requests(client, 4)
    assert {request.key for request in found} == {
        "https://shopee.co.id/product/1/2",
        "https://www.lazada.co.id/products/i7.html",
        "https://vt.tiktok.com/ZSabc",
        "https://www.tokopedia.com/toko/tas-kulit",
    }
    assert {(one.authority, one.source, one.by, one.list.name, one.list.sha256) for one in found} == {
        ("Kemendag", "ministry", "analyst-7", "daftar.xlsx", said["list"]["sha256"])
    }
    again = json.loads(call(topics, str(path), *wish)[1])
    assert kept(again, "found", "new", "sent", "requested_before") == [5, 0, 0, 4]
    other = json.loads(call(topics, str(path), "--authority", "Bea Cukai", *wish[2:])[1])
    assert kept(other, "new", "requested_before") == [4, 0]
    assert len(requests(client, 8)) == 8


@pytest.mark.kafka
def test_a_dry_run_sends_nothing_and_says_what_is_known(topics: Settings, client: KafkaClient) -> None:
    text = f"{link(2)}\n{link(3)}\n".encode()
    first = f"{link(2)}\n".encode()
    assert call(topics, "-", given=first)[0] == 0
    code, out, _ = call(topics, "-", "--dry-run", given=text)
    assert code == 0
    assert "standard input (text): 2 links to listings" in out
    assert "nothing is sent: a dry run" in out
    assert len(requests(client, 1)) == 1
    assert call(topics, "-", given=text)[0] == 0
    assert [one.source for one in requests(client, 2)] == ["manual", "manual"]


@pytest.mark.kafka
def test_a_list_past_a_limit_leaves_nothing_behind(
    topics: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [[link(number)] for number in range(1, 30)])
    limited = msgspec.structs.replace(
        topics, takedown_lists=msgspec.structs.replace(topics.takedown_lists, max_rows=20)
    )
    rejects = tmp_path / "rejects.csv"
    code, out, err = call(limited, str(path), "--rejects", str(rejects))
    assert (code, out) == (2, "")
    assert "takedown_lists.max_rows allows (20); nothing was sent" in err
    assert sorted(tmp_path.iterdir()) == [path]
    assert call(topics, str(path))[0] == 0
    assert len(requests(client, 29)) == 29


@pytest.mark.kafka
def test_exit_codes_and_messages(topics: Settings, tmp_path: Path) -> None:
    path = tmp_path / "daftar.txt"
    path.write_text("tidak ada tautan")
    code, _, err = call(topics, str(path))
    assert code == 1
    assert "has no link to a listing" in err
    code, _, err = call(topics, str(tmp_path / "none.csv"), "--dry-run")
    assert code == 2
    assert "No such file" in err
    assert "nothing was sent" in err
    code, _, err = call(topics, str(path), "--dry-run", "--authority", " ")
    assert code == 2
    assert "--authority" in err
    code, _, err = call(topics, str(path), "--dry-run", "--rejects", str(tmp_path / "none" / "r.csv"))
    assert code == 2
    assert "r.csv" in err


def test_without_a_broker_only_a_dry_run_works(tmp_path: Path) -> None:
    nobody = Settings(kafka=Kafka(bootstrap_servers=f"127.0.0.1:{free_port()}"))
    path = tmp_path / "daftar.txt"
    path.write_text(link(2))
    code, _, err = call(nobody, str(path))
    assert code == 3
    assert "no Kafka answers" in err
    code, out, err = call(nobody, str(path), "--dry-run", "--json")
    assert code == 0
    assert json.loads(out)["requested_before"] is None
    assert "not compared with earlier requests" in err


@pytest.mark.kafka
def test_nothing_from_a_list_is_run_by_a_terminal_or_a_spreadsheet(topics: Settings, tmp_path: Path) -> None:
    path, rejects = tmp_path / "daftar.csv", tmp_path / "rejects.csv"
    path.write_text(
        "Link,Alasan\nhttps://contoh.example/\x1b]0;judul\x07,\x1b[2J\n=cmd|' /C calc'!A0,\n",
        encoding="utf-8",
    )
    _, out, err = call(topics, str(path), "--dry-run", "--rejects", str(rejects))
    assert "\x1b" not in out + err
    assert "another site" in out
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        assert [row[5] for row in csv.reader(file)][2] == "'=cmd|' /C calc'!A0"
