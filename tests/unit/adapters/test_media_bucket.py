"""The bucket of files: by our own signed calls, by botocore's and in memory it does the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from tests.support.media import FakeObjects
from tests.support.patience import PATIENCE
from tests.support.servers.ministack import ministack
from tests.support.servers.rude_server import RudeServer, http, rude_server, says
from wejourney.adapters.aws.media_bucket import MediaBucket
from wejourney.adapters.aws.signature import sha256, signature
from wejourney.adapters.aws.signed_client import Limits
from wejourney.adapters.aws.signed_s3 import SignedS3
from wejourney.adapters.failures import AwsCallError
from wejourney.services.media.ports import MediaObjects

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
BUCKET = "files-of-people"
NAME = "0123456789abcdef/20261122T040000Z-fedcba9876543210"
LIMITS = Limits(PATIENCE, PATIENCE, attempts=2)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-northwest-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def by_botocore(url: str) -> MediaBucket:
    session = get_session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    client = session.create_client("s3", region_name="cn-northwest-1", endpoint_url=url)
    return MediaBucket(client, BUCKET)


class Written:
    """Our own calls write and delete; what is read is read by botocore: functions read no file."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        ours = MediaBucket(SignedS3(LIMITS, lambda: datetime.now(UTC)), BUCKET)
        self.put, self.delete, self.read = ours.put, ours.delete, by_botocore(url).read


@pytest.fixture(scope="module")
def local_aws() -> Iterator[str]:
    with ministack() as url:
        by_botocore(url).client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "cn-northwest-1"}
        )
        yield url


@pytest.fixture(params=["by our own calls", "by botocore", "in memory"])
def objects(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> MediaObjects:
    if request.param == "in memory":
        return FakeObjects()
    url = request.getfixturevalue("local_aws")
    return by_botocore(url) if request.param == "by botocore" else Written(url, monkeypatch)


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 9_000])
def test_a_file_is_read_as_it_was_stored_last(objects: MediaObjects, data: bytes) -> None:
    objects.put(NAME, b"before")
    objects.put(NAME, data)
    assert objects.read(NAME) == data


def test_of_files_that_are_deleted_nothing_is_left_and_others_stay(objects: MediaObjects) -> None:
    names = [f"{NAME}-{number}" for number in range(1_100)]
    stored = [names[0], names[999], names[1_000], names[1_099]]
    for name in (*stored, NAME):
        objects.put(name, b"x")
    for _ in range(2):
        objects.delete(names)
    assert [objects.read(name) for name in stored] == [None] * len(stored)
    assert objects.read(NAME) == b"x"
    objects.delete([])


# --- calls that fail -------------------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RudeServer]:
    with rude_server() as rude:
        monkeypatch.setenv("AWS_ENDPOINT_URL", rude.url)
        yield rude


def bucket() -> MediaBucket:
    return MediaBucket(SignedS3(LIMITS, lambda: AT), BUCKET)


@pytest.mark.parametrize(
    ("answer", "code", "attempts"),
    [
        (http(b"<Error><Code>AccessDenied</Code></Error>", "403 Forbidden"), "AccessDenied", 1),
        (http(b"<Error><Code>SlowDown</Code></Error>", "503 Slow Down"), "SlowDown", 2),
        (http(b"<html>", "502 Bad Gateway"), "502", 2),
        (http(b"", length=9), "IncompleteRead", 2),
    ],
)
def test_a_call_that_fails_says_why_and_what_may_pass_is_tried_again(
    server: RudeServer, answer: bytes, code: str, attempts: int
) -> None:
    server.manners = says(answer)
    with pytest.raises(AwsCallError, match=f"PutObject: {code}"):
        bucket().put(NAME, b"x")
    assert len(server.requests) == attempts


def test_a_file_that_could_not_be_deleted_is_an_error_although_others_were(server: RudeServer) -> None:
    failed = b"<DeleteResult><Error><Key>k</Key><Code>InternalError</Code></Error></DeleteResult>"
    server.manners = says(http(failed))
    with pytest.raises(AwsCallError, match="DeleteObjects: InternalError"):
        bucket().delete([NAME])


@pytest.mark.parametrize("name", ["", "a b", "a&b", "größe", "a?b", "<a>", "x" * 1025])
def test_a_name_that_would_have_to_be_encoded_is_an_error_of_ours(name: str) -> None:
    with pytest.raises(ValueError, match="name of an object"):
        bucket().put(name, b"x")
    with pytest.raises(ValueError, match="name of an object"):
        bucket().delete([name])


@given(
    data=st.binary(max_size=200),
    deletes=st.booleans(),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001
)
def test_botocore_signs_calls_of_s3_alike(data: bytes, deletes: bool, at: datetime) -> None:  # noqa: FBT001 - drawn
    at = at.replace(tzinfo=UTC)
    host = "s3.cn-northwest-1.amazonaws.com.cn"
    method, path, query = ("POST", f"/{BUCKET}", "delete=") if deletes else ("PUT", f"/{BUCKET}/{NAME}", "")
    url = f"https://{host}{path}{'?' if query else ''}{query}"
    request = AWSRequest(method, url, {"Host": host, "x-amz-content-sha256": sha256(data)}, data)
    with patch("botocore.auth.get_current_datetime", return_value=at):
        key, secret = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
        request.context["payload_signing_enabled"] = True
        variables = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": ""}
        with patch.dict("os.environ", variables):
            headers = {"Host": host, "x-amz-content-sha256": sha256(data)}
            ours = signature(headers, data, "s3", "cn-northwest-1", at, method, path, query)
        S3SigV4Auth(Credentials(key, secret), "s3", "cn-northwest-1").add_auth(request)
    theirs = {name.lower(): value for name, value in request.headers.items()}
    assert {name.lower(): value for name, value in (headers | ours).items()} == theirs
