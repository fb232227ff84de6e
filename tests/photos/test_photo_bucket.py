"""The same photos in a bucket of a real S3-compatible server (moto's, over HTTP)."""

import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer

from streams.photos.bucket import BucketStore
from streams.photos.store import PhotoStore, StoreError, digest_of, open_store
from streams.settings import PhotoStore as Chosen
from streams.settings import Settings, SettingsError, load_settings

MAX = 1024 * 1024
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "secret-of-the-test"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Bucket:
    """A fresh bucket, looked at with Amazon's own client."""

    def __init__(self, endpoint: str) -> None:
        self.client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **KEYS)
        self.name = f"b-{uuid.uuid4().hex}"
        self.client.create_bucket(Bucket=self.name)
        self.chosen = Chosen(
            url=f"s3://{self.name}/kept/photos", s3_endpoint=endpoint, s3_region="us-east-1",
            s3_access_key_id="test", s3_secret_access_key="secret-of-the-test",
        )  # fmt: skip
        self.store = BucketStore(self.chosen, max_photo=MAX)


@pytest.fixture
def bucket(endpoint: str) -> Bucket:
    return Bucket(endpoint)


def test_what_is_put_is_given_back_and_lies_where_it_should(bucket: Bucket) -> None:
    sha256 = bucket.store.put(b"photo")
    assert bucket.store.put(b"photo") == sha256 == digest_of(b"photo")
    assert bucket.store.get(sha256) == b"photo"
    assert bucket.store.get(digest_of(b"other")) is None
    (found,) = bucket.client.list_objects_v2(Bucket=bucket.name)["Contents"]
    assert found["Key"] == f"kept/photos/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def test_a_changed_object_is_never_given_out(bucket: Bucket) -> None:
    sha256 = bucket.store.put(b"photo")
    key = f"kept/photos/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    for now in (b"phot0", b"", bytes(MAX + 1)):
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=now)
        assert bucket.store.get(sha256) is None
    bucket.store.put(b"photo")
    assert bucket.store.get(sha256) == b"photo"


def test_all_are_listed_and_what_is_no_photo_is_not(bucket: Bucket) -> None:
    names = {bucket.store.put(str(n).encode()) for n in range(1050)}
    bucket.client.put_object(Bucket=bucket.name, Key="kept/photos/README", Body=b"")
    bucket.client.put_object(Bucket=bucket.name, Key="kept/photos/aa/bb/" + "cc" * 32, Body=b"")
    entries = list(bucket.store.entries())
    assert {entry.sha256 for entry in entries} == names
    assert len(entries) == 1050
    assert abs(entries[0].kept_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_only_what_was_not_put_again_is_deleted(bucket: Bucket) -> None:
    sha256 = bucket.store.put(b"photo")
    assert not bucket.store.delete(sha256, kept_before=datetime.now(UTC) - timedelta(hours=1))
    assert bucket.store.delete(sha256, kept_before=datetime.now(UTC) + timedelta(hours=1))
    assert not bucket.store.delete(sha256, kept_before=datetime.now(UTC) + timedelta(hours=1))
    assert bucket.store.get(sha256) is None


@pytest.mark.parametrize("of", ["no such bucket", "nobody there"])
def test_what_cannot_be_reached_is_said_without_the_secret(bucket: Bucket, of: str) -> None:
    url = "s3://no-such-bucket-here/x" if of == "no such bucket" else bucket.chosen.url
    endpoint = "http://127.0.0.1:9" if of == "nobody there" else bucket.chosen.s3_endpoint
    store = BucketStore(
        Chosen(url=url, s3_endpoint=endpoint, s3_region="us-east-1", s3_access_key_id="test",
               s3_secret_access_key="secret-of-the-test"), max_photo=MAX,
    )  # fmt: skip
    with pytest.raises(StoreError, match="cannot keep") as caught:
        store.put(b"photo")
    assert "secret-of-the-test" not in str(caught.value)
    with pytest.raises(StoreError, match="cannot read"):
        list(store.entries())


def test_the_settings_choose_a_bucket(bucket: Bucket) -> None:
    store: PhotoStore | None = open_store(Settings(photo_store=bucket.chosen))
    assert isinstance(store, BucketStore)
    assert store.place == bucket.chosen.url
    with pytest.raises(SettingsError, match=r"photo_store\.url"):
        load_settings(environ={"RELISTWATCH_PHOTO_STORE__URL": "https://bucket.example"})
