"""The bucket of uploads: what a phone may write with its form, who may read, and what is copied."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import get_session

from tests.support.media import FakeUploadBucket
from tests.support.patience import PATIENCE
from tests.support.servers.ministack import ministack
from tests.support.servers.rude_server import http, rude_server, says
from wejourney.adapters.aws.presigned import signed_address, signed_form
from wejourney.adapters.aws.signed_client import Limits
from wejourney.adapters.aws.signed_s3 import SignedS3
from wejourney.adapters.aws.upload_bucket import UploadAddresses, UploadBucket, stored_in
from wejourney.adapters.failures import AwsCallError
from wejourney.errors import MalformedEventError
from wejourney.messaging.uploads import ADDRESS_LASTS, LARGEST_UPLOAD, kept_name, new_name
from wejourney.services.uploads.ports import NotCopiedError, StoredUpload, UploadForm, UploadObjects

REGION, BUCKET = "cn-northwest-1", "uploads-of-people"
AT = datetime(2026, 11, 28, 4, tzinfo=UTC)
NAME = new_name("ab" * 16)
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a/session+token="
LIMITS = Limits(PATIENCE, PATIENCE, attempts=2)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


# --- as botocore signs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", TOKEN])
def test_botocore_signs_a_form_alike(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    fields = {"key": NAME, "Content-Type": "image/png"}
    ours = signed_form(BUCKET, fields, (1, 9), REGION, AT, ADDRESS_LASTS)
    policy = json.loads(base64.b64decode(ours["policy"]))
    request = AWSRequest("POST", "https://example.com/")
    conditions = [{"bucket": BUCKET}, ["content-length-range", 1, 9], *({n: v} for n, v in fields.items())]
    told = {"expiration": policy["expiration"], "conditions": conditions}
    request.context |= {"s3-presign-post-fields": dict(fields), "s3-presign-post-policy": told}
    with patch("botocore.auth.get_current_datetime", return_value=AT):
        signer = S3SigV4PostAuth(Credentials(KEY, SECRET, token or None), "s3", REGION)
        signer.add_auth(request)
    theirs = request.context["s3-presign-post-fields"]

    assert ours.keys() == theirs.keys()
    assert json.loads(base64.b64decode(theirs["policy"])) == policy
    assert policy["expiration"] == "2026-11-28T04:15:00Z"
    fixed = ours.keys() - {"policy", "x-amz-signature"}
    assert {name: ours[name] for name in fixed} == {name: theirs[name] for name in fixed}
    assert ours["x-amz-signature"] == signer.signature(ours["policy"], request)


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize("name", [kept_name("ab" * 16, "cd" * 16), "kept/a b+c"])
def test_botocore_signs_an_address_alike(monkeypatch: pytest.MonkeyPatch, token: str, name: str) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    ours = signed_address(BUCKET, name, REGION, AT, timedelta(hours=1))
    session = get_session()
    session.set_credentials(KEY, SECRET, token or None)
    with patch("botocore.auth.get_current_datetime", return_value=AT):
        request = AWSRequest("GET", ours.partition("?")[0])
        S3SigV4QueryAuth(Credentials(KEY, SECRET, token or None), "s3", REGION, 3600).add_auth(request)
    theirs = request.prepare().url

    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert urlsplit(ours).netloc == f"{BUCKET}.s3.{REGION}.amazonaws.com.cn"
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


# --- the bucket itself --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local_aws() -> Iterator[dict[str, str]]:
    """The variables of a function: the local AWS checks addresses by the keys that it has given out."""
    with ministack() as url:
        session = get_session()
        session.set_credentials("test", "test")

        def client(service: str) -> Any:
            return session.create_client(service, region_name=REGION, endpoint_url=url)

        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        client("iam").create_user(UserName="function")
        key = client("iam").create_access_key(UserName="function")["AccessKey"]
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }


def bucket() -> UploadBucket:
    def now() -> datetime:
        return datetime.now(UTC)

    return UploadBucket(SignedS3(LIMITS, now), UploadAddresses(BUCKET, now))


@pytest.fixture
def real(local_aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> UploadBucket:
    for name, value in local_aws.items():
        monkeypatch.setenv(name, value)
    return bucket()


def post(form: UploadForm, data: bytes, **changes: str) -> httpx.Response:
    fields = {**form.fields, **changes}
    return httpx.post(form.url, data=fields, files={"file": ("photo", data)}, timeout=PATIENCE)


def read(bucket: UploadBucket, name: str) -> bytes | None:
    answer = httpx.get(bucket.address(name), timeout=PATIENCE)
    return answer.content if answer.status_code == 200 else None


def test_a_phone_posts_a_file_and_its_address_shows_it(real: UploadBucket) -> None:
    answer = post(real.addresses.form(NAME, "image/png"), b"\x89PNG")
    assert answer.status_code == 204, answer.text
    assert read(real, NAME) == b"\x89PNG"


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (b"x", {"key": new_name("another")}),
        (b"x", {"Content-Type": "text/html"}),
        (b"x", {"acl": "public-read"}),
        (b"", {}),
        (b"x" * (LARGEST_UPLOAD + 1), {}),
    ],
    ids=["another name", "another type", "one more field", "nothing", "too much"],
)
def test_a_form_posts_nothing_else(real: UploadBucket, data: bytes, changes: dict[str, str]) -> None:
    name = new_name("refused")
    answer = post(real.addresses.form(name, "image/png"), data, **changes)
    assert answer.status_code in {400, 403}, answer.text
    assert read(real, name) is None
    assert read(real, new_name("another")) is None


def test_a_form_whose_time_is_over_posts_nothing(real: UploadBucket) -> None:
    late = UploadAddresses(BUCKET, lambda: datetime.now(UTC) - ADDRESS_LASTS - timedelta(minutes=1))
    assert post(late.form(new_name("late"), "image/png"), b"x").status_code == 403
    assert read(real, new_name("late")) is None


type Store = tuple[UploadObjects, Callable[[bytes], StoredUpload], Callable[[str], bytes | None]]
"""The bucket, a phone that writes to it, and what is read of it."""


@pytest.fixture(params=["in the bucket", "in memory"])
def objects(request: pytest.FixtureRequest) -> Store:
    if request.param == "in memory":
        fake = FakeUploadBucket()
        return fake, lambda data: fake.post(fake.form(NAME, "image/png"), data), fake.stored.get
    real: UploadBucket = request.getfixturevalue("real")

    def posted(data: bytes) -> StoredUpload:
        answer = post(real.addresses.form(NAME, "image/png"), data)
        return StoredUpload(NAME, answer.headers["etag"].strip('"'))

    return real, posted, lambda name: read(real, name)


def test_a_file_is_copied_only_as_it_was_told_and_what_is_deleted_is_gone(objects: Store) -> None:
    store, posted, stored = objects
    first = posted(b"first")
    second = posted(b"second")
    kept = [kept_name("x", one.etag) for one in (first, second)]
    with pytest.raises(NotCopiedError, match="PreconditionFailed"):
        store.keep(NAME, kept[0], first.etag)
    store.keep(NAME, kept[1], second.etag)
    assert [stored(name) for name in kept] == [None, b"second"]
    for _ in range(2):
        store.delete([NAME, kept[0]])
    assert [stored(NAME), stored(kept[1])] == [None, b"second"]
    with pytest.raises(NotCopiedError, match="NoSuchKey"):
        store.keep(NAME, kept[0], first.etag)


def test_a_copy_that_is_denied_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with rude_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        server.manners = says(http(b"<Error><Code>AccessDenied</Code></Error>", "403 Forbidden"))
        with pytest.raises(NotCopiedError, match=r"AccessDenied: .* may not read or write"):
            bucket().keep(NAME, "kept/x", "etag")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http(b"<Error><Code>InternalError</Code></Error>"), "InternalError"),
        (http(b"<Error><Code>NoSuchBucket</Code></Error>", "404 Not Found"), "NoSuchBucket"),
    ],
)
def test_a_copy_that_fails_is_an_error_also_where_it_had_begun_well(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, code: str
) -> None:
    with rude_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        server.manners = says(answer)
        with pytest.raises(AwsCallError, match=f"CopyObject: {code}"):
            bucket().keep(NAME, "kept/x", "etag")


# --- what the bucket tells ----------------------------------------------------------------------------------


def told(*files: Mapping[str, object]) -> str:
    return json.dumps({"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": file}} for file in files]})


def test_what_the_bucket_tells_is_read_and_its_first_word_is_of_no_file() -> None:
    assert list(stored_in(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))) == []
    files = {"key": NAME, "eTag": "cd" * 16, "size": 1}, {"key": "kept/x", "eTag": "ef"}
    assert list(stored_in(told(*files))) == [StoredUpload(NAME, "cd" * 16)], "a copy is no upload"
    assert list(stored_in(told({"key": "new/a%2Bb+c", "eTag": '"e"'}))) == [StoredUpload("new/a+b c", "e")]


@pytest.mark.parametrize(
    "body", ["", "[]", "7", '{"Records": [{}]}', told({"key": 7, "eTag": "e"}), told({})]
)
def test_a_message_that_tells_of_no_file_is_rejected(body: str) -> None:
    with pytest.raises(MalformedEventError):
        list(stored_in(body))
