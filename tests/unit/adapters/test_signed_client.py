"""Calls of AWS without botocore: signed as botocore signs, repeated within bounds, over one connection."""

import json
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, patch

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

from tests.support.hazard import Hazard
from tests.support.patience import PATIENCE
from tests.support.servers.dynamodb import ListenedClient
from tests.support.servers.rude_server import (
    Manners,
    RudeServer,
    closes_when_it_is_used_again,
    http,
    resets,
    rude_server,
    says,
)
from wejourney.adapters.aws import signed_client
from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.signature import signature
from wejourney.adapters.aws.signed_client import Limits, SignedClient, endpoint
from wejourney.adapters.dynamo.items import columns_of
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.adapters.failures import AwsCallError, is_lasting, reason_of
from wejourney.errors import AlreadyDoneError, FollowerGoneError
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import TagAdded

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
OPENID = "oFollower"
SERVICES = ("dynamodb", "events", "secretsmanager", "sqs", "states")
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
WORDS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
HEADERS = ("Content-Type", "X-Amz-Target", "x-other", "A")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-northwest-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RudeServer]:
    with rude_server() as rude:
        monkeypatch.setenv("AWS_ENDPOINT_URL", rude.url)
        yield rude


def sqs(read: float = PATIENCE) -> SignedClient:
    return SignedClient("sqs", Limits(PATIENCE, read, attempts=2), lambda: AT)


def keeps(*answers: bytes) -> Manners:
    """Give these answers, one to a request, over one connection, and then none."""

    def serve(connection: socket.socket, server: RudeServer) -> None:
        for answer in answers:
            if not server.take(connection):
                return
            connection.sendall(answer)
        while server.take(connection):
            pass

    return serve


def in_turn(*manners: Manners) -> Manners:
    """The manners of the first connection, the second, and so on."""

    def serve(connection: socket.socket, server: RudeServer) -> None:
        manners[server.peers.index(connection.getpeername())](connection, server)

    return serve


def bodies(server: RudeServer) -> list[dict[str, Any]]:
    """What was asked for, request by request."""
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in server.requests]


def refusal(code: str, status: str = "400 Bad Request") -> bytes:
    return http(json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": OPENID}).encode(), status)


# --- signatures ------------------------------------------------------------------------------------------


@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), st.text(PRINTABLE, max_size=40)),
    body=st.binary(max_size=200) | st.text(max_size=50).map(str.encode),
    at=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 1, 1)),  # noqa: DTZ001
    service=st.sampled_from(SERVICES),
    region=st.sampled_from(["cn-north-1", "cn-northwest-1", "us-east-1"]),
    key=WORDS,
    secret=WORDS,
    token=st.none() | WORDS,
)
def test_botocore_signs_alike(
    headers: dict[str, str],
    body: bytes,
    at: datetime,
    service: str,
    region: str,
    key: str,
    secret: str,
    token: str | None,
) -> None:
    at = at.replace(tzinfo=UTC)
    headers = {"Host": endpoint(service, region).removeprefix("https://"), **headers}
    request = AWSRequest("POST", f"{endpoint(service, region)}/", headers, body)
    variables = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token or ""}
    with (
        patch("botocore.auth.get_current_datetime", return_value=at),
        patch.dict("os.environ", variables),
    ):
        SigV4Auth(Credentials(key, secret, token), service, region).add_auth(request)
        assert headers | signature(headers, body, service, region, at) == dict(request.headers.items())


@pytest.mark.parametrize("service", SERVICES)
def test_each_region_is_called_where_botocore_calls_it(service: str) -> None:
    session = get_session()
    with pytest.warns(DeprecationWarning, match="internal interface"):
        resolver = session.get_component("endpoint_resolver")
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        # Step Functions has another name in botocore than in its endpoint.
        regions = session.get_available_regions({"states": "stepfunctions"}.get(service, service), partition)
        assert len(regions) > 1
        for region in regions:
            theirs = resolver.construct_endpoint(service, region, partition)
            assert endpoint(service, region) == f"https://{theirs['hostname']}"


def test_a_call_is_a_signed_post_of_json(server: RudeServer) -> None:
    server.manners = says(http(b'{"MessageId": "1"}'))
    assert sqs().send_message(MessageBody="你好") == {"MessageId": "1"}
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert b"\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n" in head
    assert b"\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/cn-northwest-1/sqs/" in head
    assert json.loads(body) == {"MessageBody": "你好"}


# --- connections and attempts ----------------------------------------------------------------------------


def test_calls_share_a_connection(server: RudeServer) -> None:
    server.manners = keeps(*[http(b"{}")] * 5)
    client = sqs(read=60)
    for _ in range(5):
        client.send_message()
    assert (server.connections, len(server.requests)) == (1, 5)
    # The limit of connecting is shorter: a slow answer is given the limit of reading.
    assert client._connection._connection.sock.gettimeout() == 60


def test_a_request_is_sent_in_one_piece(server: RudeServer) -> None:
    server.manners = keeps(*[http(b"{}")] * 2)
    client = sqs()
    client.send_message()
    signed = client._connection
    with patch.object(signed, "_connection", wraps=signed._connection) as connection:
        connection.sock = Mock(wraps=connection.sock)
        client.send_message(MessageBody="你好")
        assert [sent.args for sent in connection.sock.sendall.mock_calls] == [(server.requests[1],)]


def test_an_answer_that_closes_its_connection_costs_the_next_call_no_attempt(server: RudeServer) -> None:
    last = http(b"{}").replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    server.manners = in_turn(keeps(last), keeps(refusal("RequestThrottled"), http(b"{}")))
    client = sqs()
    client.send_message()
    client.send_message()
    assert (server.connections, len(server.requests)) == (2, 3)


@pytest.mark.parametrize(
    "first",
    [
        refusal("RequestThrottled"),
        refusal("ThrottlingException"),
        refusal("ProvisionedThroughputExceededException"),
        refusal("TransactionInProgressException"),
        http(b"", "429 Too Many Requests"),
        http(b"<html>", "503 Service Unavailable"),
        refusal("InternalFailure", "500 Internal Server Error"),
    ],
)
def test_what_may_pass_is_asked_once_more(server: RudeServer, first: bytes) -> None:
    server.manners = keeps(first, http(b'{"MessageId": "1"}'))
    assert sqs().send_message() == {"MessageId": "1"}
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", ["400 Bad Request", "500 Internal Server Error"])
def test_two_attempts_are_all(server: RudeServer, status: str) -> None:
    server.manners = keeps(*[refusal("ThrottlingException", status)] * 3)
    with pytest.raises(AwsCallError, match="SendMessage: ThrottlingException"):
        sqs().send_message()
    assert len(server.requests) == 2


def test_a_refusal_is_not_asked_again_and_its_text_is_not_told(server: RudeServer) -> None:
    server.manners = keeps(refusal("AccessDeniedException"), http(b"{}"))
    with pytest.raises(AwsCallError) as caught:
        sqs().send_message(MessageBody=OPENID)
    assert len(server.requests) == 1
    assert OPENID not in str(caught.value)
    assert reason_of(caught.value).startswith("AwsCallError: SendMessage: AccessDeniedException")
    assert not is_lasting(caught.value)


def test_a_connection_that_was_closed_while_idle_costs_no_attempt(server: RudeServer) -> None:
    server.manners = in_turn(says(http(b"{}")), keeps(refusal("RequestThrottled"), http(b"{}")))
    client = sqs()
    client.send_message()
    client._connection._connection.sock.recv(1, socket.MSG_PEEK)
    client.send_message()
    assert (server.connections, len(server.requests)) == (2, 3)


def test_a_connection_that_closes_when_it_is_used_again_is_opened_anew(server: RudeServer) -> None:
    server.manners = in_turn(closes_when_it_is_used_again(http(b"{}")), keeps(http(b"{}")))
    client = sqs()
    client.send_message()
    client.send_message()
    assert server.connections == 2


@pytest.mark.parametrize("answer", [b"", http(b"{}", length=50), http(b'{"a"')])
def test_an_answer_that_is_cut_off_is_asked_for_once_more(server: RudeServer, answer: bytes) -> None:
    server.manners = in_turn(says(answer), keeps(http(b'{"MessageId": "1"}')))
    assert sqs().send_message() == {"MessageId": "1"}


def test_silence_ends_after_two_time_limits(server: RudeServer) -> None:
    server.manners = keeps()
    with pytest.raises(AwsCallError, match="SendMessage: TimeoutError"):
        sqs(read=0.05).send_message()
    assert server.all_connections() == 2


def test_a_message_that_may_have_arrived_is_sent_again_with_its_deduplication_id(server: RudeServer) -> None:
    # The queue drops the second by this id; without it both would be kept.
    server.manners = in_turn(resets(), keeps(http(b"{}")))
    event = own_event(TagAdded("vip"), "run#3", Subject("wx1234567890abcdef", OPENID), AT)
    SqsInbox(sqs(), "inbox.fifo").tell([event])
    first, second = bodies(server)
    assert first == second
    assert first["MessageDeduplicationId"] == event.id


# --- DynamoDB --------------------------------------------------------------------------------------------


def table(attempts: int = 3) -> Table:
    return Table("followers", SignedClient("dynamodb", Limits(PATIENCE, PATIENCE, attempts), lambda: AT))


def test_a_transaction_that_may_have_been_written_is_asked_for_again_by_the_same_token(
    server: RudeServer,
) -> None:
    # AWS answers the second as the first. Without the token it would refuse the rows that we have written.
    failed = refusal("InternalServerError", "500 Internal Server Error")
    server.manners = keeps(failed, failed, http(b"{}"), http(b"{}"))
    write = Transaction(table())
    write.commit()
    write.commit()
    *first, second = [body["ClientRequestToken"] for body in bodies(server)]
    assert len(first) == 3
    assert len(set(first)) == 1
    assert second not in first


def test_a_transaction_that_is_refused_tells_which_write_and_what_was_there(server: RudeServer) -> None:
    item = {"pk": {"S": OPENID}}
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": item}]
    answer = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"}
    told = json.dumps(answer | {"Message": OPENID, "CancellationReasons": reasons}).encode()
    server.manners = keeps(http(told, "400 Bad Request"))
    write = Transaction(table())
    write.create({"pk": "a", "sk": "b"}, FollowerGoneError)
    write.create({"pk": "c", "sk": "d"}, AlreadyDoneError)
    with pytest.raises(RefusedWriteError) as refused:
        write.commit()
    assert refused.value.failed == [(AlreadyDoneError, item)]
    assert len(server.requests) == 1
    assert OPENID not in f"{refused.value}{refused.value.__cause__}"


def test_a_transaction_that_is_too_busy_is_a_failed_call_and_no_refusal(server: RudeServer) -> None:
    told = {"__type": "TransactionCanceledException", "CancellationReasons": [{"Code": "ThrottlingError"}]}
    server.manners = keeps(http(json.dumps(told).encode(), "400 Bad Request"))
    write = Transaction(table())
    write.create({"pk": "a", "sk": "b"})
    with pytest.raises(AwsCallError, match="TransactWriteItems: TransactionCanceledException"):
        write.commit()


@given(token=st.binary(min_size=1, max_size=20))
def test_bytes_are_base64_on_the_wire(token: bytes) -> None:
    with (
        rude_server() as server,
        patch.dict("os.environ", {"AWS_ENDPOINT_URL": server.url}),
    ):
        stored = {"pk": {"S": "a"}, "token": {"B": b64encode(token).decode()}}
        server.manners = keeps(http(b"{}"), http(json.dumps({"Item": stored}).encode()))
        followers = table()
        followers.put({"pk": "a", "token": token})
        assert bodies(server)[0]["Item"] == stored
        assert columns_of(followers.get({"pk": "a", "sk": "b"}) or {}) == {"pk": "a", "token": token}


def test_pauses_are_random_and_grow(server: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.manners = keeps(*[refusal("ThrottlingException")] * 40)
    pauses: list[float] = []
    # Not `time.sleep` itself, which other threads call, too.
    monkeypatch.setattr(signed_client, "time", SimpleNamespace(sleep=pauses.append))
    for _ in range(10):
        with pytest.raises(AwsCallError, match="ThrottlingException"):
            table(attempts=4).get({"pk": "a", "sk": "b"})
    assert len(set(pauses)) == 30
    for nth, most in enumerate((0.1, 0.2, 0.4)):
        assert most / 4 < max(pauses[nth::3]) <= most


@pytest.mark.parametrize(
    "make",
    [
        lambda: SignedClient("dynamodb", Limits(1, 1, 1), lambda: AT),
        lambda: ListenedClient("http://127.0.0.1:1", "cn-north-1"),
        lambda: Hazard().around(object()),
    ],
    ids=["of a function", "of tests", "of a worker that may be killed"],
)
def test_a_failing_example_that_holds_a_client_is_printed_without_a_call(make: Callable[[], Any]) -> None:
    client = make()
    assert type(client).__name__ in pretty(client)
    assert not hasattr(client, "_repr_pretty_")
