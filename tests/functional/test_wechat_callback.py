"""The callback function as deployed, with AWS on the other side of a socket: its calls are counted."""

import base64
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from functions.wechat_callback import app
from tests.support.servers import wechatpy_oracle
from tests.support.servers.aws import FakeAws, Item, serve_fake_aws
from tests.support.servers.callback_function import CONTEXT, environment, hold_account, write_catalogue
from tests.support.servers.wechat_server import (
    ACCOUNT,
    AES_KEY,
    APP_ID,
    NONCE,
    OPENID,
    compatible,
    follow,
    gateway_event,
    message,
    plain,
    query,
    safe,
    text,
)
from wejourney.adapters.dynamo.items import identity_key, item_of
from wejourney.errors import MissingSettingError
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.contents import Text
from wejourney.people.identities import openid_identity
from wejourney.wire.http import HttpRequest

WELCOME = JourneyEntry("welcome", "v1", Trigger("follow"), Text(text={"zh": "欢迎", "en": "Welcome"}))
CLUB = JourneyEntry(
    "club",
    "v1",
    Trigger("text", keywords=("club",), when=Condition(tags=("gold",), member=True)),
    Text(text={"zh": "俱乐部", "en": "Club"}),
)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeAws]:
    """AWS with one account, and the function about to start in a new container."""
    write_catalogue(tmp_path, [WELCOME, CLUB])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "journey_catalogue", raising=False)
    with serve_fake_aws() as fake:
        for name, value in environment(fake).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("CLOCK", raising=False)
        hold_account(fake)
        app.receive_callback.cache_clear()
        yield fake
    app.receive_callback.cache_clear()


@pytest.fixture
def warm(aws: FakeAws, now: datetime) -> FakeAws:
    """The same after a first request: the account's secret is in memory."""
    assert handle(HttpRequest("GET", APP_ID, query(now) | {"echostr": "1"}))["statusCode"] == 200
    aws.calls.clear()
    return aws


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", stream)
    return stream


def handle(request: HttpRequest, **event: Any) -> dict[str, Any]:
    answer: dict[str, Any] = app.handler(gateway_event(request) | event, CONTEXT)
    return answer


def said(answer: dict[str, Any]) -> str:
    """The passive reply in an answer, opened."""
    leaves = {leaf.tag: leaf.text for leaf in fromstring(answer["body"])}
    return str(wechatpy_oracle.open_envelope(leaves, ACCOUNT, AES_KEY))


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


KNOWN: Item = {
    **item_of(identity_key(openid_identity(APP_ID, OPENID))),
    "person_id": {"S": "person-1"},
}


def follower_item(contact: Mapping[str, Any] | None = None, **attributes: dict[str, Any]) -> Item:
    return {
        "pk": {"S": "PERSON#person-1"},
        "sk": {"S": "FOLLOWER"},
        "contacts": {"S": json.dumps([{"app_id": APP_ID, "openid": OPENID, **(contact or {})}])},
        "person_id": {"S": "person-1"},
        "rev": {"N": "3"},
        **attributes,
    }


# --- the budget ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "xml",
    [
        text("hello"),
        message(MsgType="event", Event="unsubscribe"),
        message(MsgType="event", Event="CLICK", EventKey="K"),
        message(MsgType="event", Event="an_event_of_tomorrow"),
    ],
)
def test_an_event_costs_one_call(warm: FakeAws, now: datetime, xml: str) -> None:
    assert handle(safe(xml, at=now))["body"] == "success"
    assert warm.operations == ["SendMessage"]


def test_a_follow_costs_two_calls_and_three_of_somebody_who_is_known(warm: FakeAws, now: datetime) -> None:
    assert "欢迎" in said(handle(safe(follow(), at=now)))
    assert warm.operations == ["GetItem", "SendMessage"]
    warm.calls.clear()
    warm.items += [KNOWN, follower_item()]
    assert "欢迎" in said(handle(safe(follow(), at=now)))
    assert warm.operations == ["GetItem", "Query", "SendMessage"]


def test_the_verification_of_the_url_costs_no_call(warm: FakeAws, now: datetime) -> None:
    answer = handle(HttpRequest("GET", APP_ID, query(now) | {"echostr": "4375120948345356249"}))
    assert (answer["statusCode"], answer["body"]) == (200, "4375120948345356249")
    assert warm.operations == []


def test_a_refused_request_costs_at_most_one_look_at_the_secret_in_a_minute(
    warm: FakeAws, now: datetime
) -> None:
    forged = safe(text(), at=now, token="wrong")
    assert [handle(forged)["statusCode"] for _ in range(5)] == [403] * 5
    assert warm.operations == ["GetSecretValue"]


def test_an_unknown_account_costs_one_call_in_a_minute(warm: FakeAws, now: datetime) -> None:
    unknown = replace(safe(text(), at=now), app_id="wxfedcba0987654321")
    assert [handle(unknown)["statusCode"] for _ in range(5)] == [404] * 5
    assert warm.operations == ["GetSecretValue"]


@pytest.mark.capability(row="C1")
def test_a_cold_start_costs_one_call_more(aws: FakeAws, now: datetime) -> None:
    handle(safe(text("hello"), at=now))
    assert aws.operations == ["GetSecretValue", "SendMessage"]


# --- what is queued and read -------------------------------------------------------------------------


@pytest.mark.capability(row="C1")
def test_the_queue_orders_the_events_of_a_follower_and_drops_repeated_deliveries(
    warm: FakeAws, now: datetime
) -> None:
    answers = [handle(safe(follow(), at=now)) for _ in range(4)]
    handle(safe(text("hello"), at=now))
    handle(safe(text("hello", FromUserName="oSomebodyElse"), at=now))
    assert {answer["statusCode"] for answer in answers} == {200}
    sends = [asked for operation, asked in warm.calls if operation == "SendMessage"]
    assert len({send["MessageDeduplicationId"] for send in sends[:4]}) == 1
    assert len({send["MessageGroupId"] for send in sends[:5]}) == 1
    assert sends[5]["MessageGroupId"] != sends[0]["MessageGroupId"]
    assert not any(OPENID in send["MessageGroupId"] for send in sends)
    assert all(send["QueueUrl"].endswith("/123456789012/inbox.fifo") for send in sends)


def test_a_queue_message_is_the_event_and_the_journey_that_opened(warm: FakeAws, now: datetime) -> None:
    handle(safe(follow("门店-01"), at=now))
    handle(safe(text("你好"), at=now))
    opened, said = warm.sent
    assert (opened["opening"], opened["event"]["kind"]) == ("welcome", "follow")
    assert opened["event"]["fields"] == {"scene": "门店-01"}
    assert (said["opening"], said["event"]["fields"]["text"]) == (None, "你好")
    assert said["event"]["openid"] == OPENID


def test_the_profile_decides_the_opening_and_its_language(warm: FakeAws, now: datetime) -> None:
    assert handle(safe(text("club"), at=now))["body"] == "success"
    warm.items += [
        KNOWN,
        follower_item(
            {
                "followed_at": "2026-11-20T08:00:00+00:00",
                "windows": [{"act": "follow", "left": 3, "until": "2026-11-20T08:01:00+00:00"}],
            },
            tags={"SS": ["gold", "bridal"]},
            member={"BOOL": True},
            language={"S": "en"},
            tier={"NULL": True},
        ),
    ]
    assert "Club" in said(handle(safe(text("club"), at=now)))


def test_a_live_run_keeps_its_journey_from_opening_again(warm: FakeAws, now: datetime) -> None:
    run = {"journey": {"S": "welcome"}, "run_id": {"S": "r1"}, "event_id": {"S": "an earlier event"}}
    item = follower_item() | run | {"sk": {"S": "FOLLOWER#RUN#welcome"}}
    warm.items += [KNOWN, follower_item(), item]
    assert handle(safe(follow(), at=now))["body"] == "success"
    item["event_id"] = {"S": warm.sent[0]["event"]["id"]}
    assert "欢迎" in said(handle(safe(follow(), at=now)))


def test_an_answer_to_an_open_question_opens_nothing(warm: FakeAws, now: datetime) -> None:
    warm.items += [
        KNOWN,
        follower_item(tags={"SS": ["gold"]}, member={"BOOL": True}),
        follower_item(
            sk={"S": "FOLLOWER#WAIT#r1#1"},
            run_id={"S": "r1"},
            step={"S": "1"},
            name={"S": "style"},
            asked_at={"S": "2026-11-20T08:00:00+00:00"},
            token={"S": "a task token"},
            run={"S": "{}"},
            question={"S": '{"choices": {"club": ["Club"]}}'},
        ),
    ]
    assert handle(safe(text("club"), at=now))["body"] == "success"


# --- bodies and clocks -------------------------------------------------------------------------------


def test_a_base64_body_is_decoded(warm: FakeAws, now: datetime) -> None:
    request = safe(text("你好"), at=now)
    handle(request, body=base64.b64encode(request.body).decode(), isBase64Encoded=True)
    assert warm.sent[0]["event"]["fields"]["text"] == "你好"


def test_a_body_that_is_not_the_base64_it_says_is_refused(warm: FakeAws, now: datetime) -> None:
    assert handle(safe(text(), at=now), body="?", isBase64Encoded=True)["statusCode"] == 400
    assert warm.operations == []


def test_a_request_without_body_and_query_is_refused(warm: FakeAws) -> None:
    event = {"version": "2.0", "requestContext": {"http": {"method": "POST"}}}
    bare = event | {"pathParameters": {"app_id": APP_ID}}
    encrypted = bare | {"queryStringParameters": {"encrypt_type": "aes"}}
    assert [app.handler(one, CONTEXT)["statusCode"] for one in (bare, encrypted, bare)] == [403, 400, 403]
    assert warm.operations == ["GetSecretValue"], "plain messages may be allowed since"


def test_a_body_that_is_larger_than_any_of_wechats_is_refused(warm: FakeAws, now: datetime) -> None:
    hold_account(warm, {"encryption": "optional"})
    assert handle(plain(text('"' * 140_000), at=now))["statusCode"] == 200
    assert handle(plain(text('"' * 262_144), at=now))["statusCode"] == 413
    assert len(warm.sent) == 1


def test_timestamps_are_compared_with_the_sandboxs_clock(
    aws: FakeAws, now: datetime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    virtual = datetime(2031, 1, 1, tzinfo=UTC)
    (tmp_path / "clock").write_text(f"{virtual.timestamp():.0f}")
    monkeypatch.setenv("CLOCK", str(tmp_path / "clock"))
    assert handle(safe(text(), at=virtual))["statusCode"] == 200
    assert handle(safe(text(), at=now))["statusCode"] == 403
    assert len(aws.sent) == 1


# --- secrets -------------------------------------------------------------------------------------------


def test_a_changed_token_is_found_without_a_restart(warm: FakeAws, now: datetime) -> None:
    hold_account(warm, {"token": "a-new-token-of-the-console"})
    changed = safe(text(), at=now, token="a-new-token-of-the-console")
    assert handle(changed)["body"] == "success"
    assert warm.operations == ["GetSecretValue", "SendMessage"]


def test_an_account_keeps_its_last_valid_secret_when_the_new_one_is_invalid(
    warm: FakeAws, now: datetime, log: io.StringIO
) -> None:
    hold_account(warm, {"app_secret": None})
    forged = safe(text(), at=now, token="wrong")
    assert handle(forged)["statusCode"] == 403
    assert handle(safe(text(), at=now))["body"] == "success"
    assert "app_secret is missing" in lines(log)[0]["reason"]


def test_an_incomplete_secret_is_named_and_wechat_delivers_again(
    aws: FakeAws, now: datetime, log: io.StringIO
) -> None:
    hold_account(aws, {"encoding_aes_key": None})
    assert handle(safe(text(), at=now))["statusCode"] == 503
    assert lines(log)[0]["reason"] == f"encoding_aes_key is missing from the secret of account {APP_ID}"


def test_a_missing_variable_is_named_at_start(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INBOX_QUEUE_URL")
    with pytest.raises(MissingSettingError, match="INBOX_QUEUE_URL is missing from the environment"):
        app.receive_callback()
    assert aws.operations == []


def test_a_missing_catalogue_is_named_at_start(aws: FakeAws, tmp_path: Path) -> None:
    (tmp_path / "journey_catalogue" / "catalogue.json").unlink()
    with pytest.raises(MissingSettingError, match=r"catalogue\.json is missing"):
        app.receive_callback()
    assert aws.operations == []


# --- failures ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["GetItem", "Query"])
def test_an_event_is_queued_without_an_opening_if_its_follower_cannot_be_read(
    warm: FakeAws, now: datetime, log: io.StringIO, operation: str
) -> None:
    warm.failing.add(operation)
    warm.items.append(KNOWN)
    assert handle(safe(follow(), at=now))["body"] == "success"
    assert [sent["opening"] for sent in warm.sent] == [None]
    assert lines(log)[0]["reason"] == f"{operation}: AccessDeniedException"


def test_an_event_is_queued_without_an_opening_if_a_row_is_malformed(
    warm: FakeAws, now: datetime, log: io.StringIO
) -> None:
    warm.items += [KNOWN, follower_item(windows={"S": "not JSON"})]
    assert handle(safe(follow(), at=now))["body"] == "success"
    assert len(warm.sent) == 1
    assert lines(log)[0]["reason"] == "a record that cannot be read: JSONDecodeError"


@pytest.mark.parametrize("operation", ["SendMessage", "GetSecretValue"])
def test_a_failed_aws_call_is_answered_503(
    aws: FakeAws, now: datetime, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # WeChat delivers again after 5 s, when a failure is forgotten: nobody waits for that here.
    monkeypatch.setattr("wejourney.adapters.aws.secret_accounts._UNREADABLE_KEPT", timedelta(0))
    aws.failing.add(operation)
    assert handle(safe(text(), at=now))["statusCode"] == 503
    aws.failing.clear()
    assert handle(safe(text(), at=now))["body"] == "success"


def test_an_unreachable_aws_is_answered_503(
    aws: FakeAws, now: datetime, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_port}")
    assert handle(safe(text(), at=now))["statusCode"] == 503
    assert aws.operations == []


@pytest.fixture
def unused_port() -> int:
    with serve_fake_aws() as stopped:
        return int(stopped.endpoint.rpartition(":")[2])


# --- plain messages ------------------------------------------------------------------------------------


@pytest.fixture
def plainly(warm: FakeAws, now: datetime) -> FakeAws:
    """An account that takes plain messages, in memory already."""
    hold_account(warm, {"encryption": "plain", "encoding_aes_key": None, "previous_encoding_aes_key": None})
    handle(plain(text("the first"), at=now))
    warm.calls.clear()
    return warm


def test_a_plain_event_costs_one_call_more(plainly: FakeAws, now: datetime) -> None:
    assert handle(plain(text("hello"), at=now - timedelta(seconds=1)))["body"] == "success"
    assert plainly.operations == ["PutItem", "SendMessage"]


def test_a_signature_is_accepted_again_only_with_the_same_body(
    plainly: FakeAws, now: datetime, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    captured = plain(text("hello"), at=now - timedelta(seconds=1))
    forged = replace(captured, body=message(MsgType="event", Event="unsubscribe").encode())
    answers = [handle(one)["statusCode"] for one in (captured, captured, forged, captured, forged)]
    assert answers == [200, 200, 403, 200, 403]
    assert {sent["event"]["kind"] for sent in plainly.sent} == {"text"}
    assert "signature used again with another body" in log.getvalue()
    assert '"SignatureReplayed":[1.0]' in capsys.readouterr().out


def test_the_signature_of_the_url_verification_cannot_be_used_for_a_message(
    plainly: FakeAws, now: datetime
) -> None:
    at = now - timedelta(seconds=2)
    assert handle(HttpRequest("GET", APP_ID, query(at) | {"echostr": "1"}))["statusCode"] == 200
    assert handle(plain(text(), at=at))["statusCode"] == 403
    assert plainly.sent == []


def test_a_request_is_answered_503_while_used_signatures_cannot_be_read(
    plainly: FakeAws, now: datetime
) -> None:
    plainly.failing.add("PutItem")
    assert handle(plain(text("hello"), at=now - timedelta(seconds=1)))["statusCode"] == 503
    assert plainly.sent == []


def test_a_stored_signature_expires_and_holds_no_openid(plainly: FakeAws, now: datetime) -> None:
    handle(plain(text("a private word"), at=now - timedelta(seconds=1)))
    ((_, asked),) = [one for one in plainly.calls if one[0] == "PutItem"]
    assert asked["Item"]["pk"]["S"].startswith(f"SIGNATURE#{APP_ID}#")
    assert 0 <= int(asked["Item"]["expires_at"]["N"]) - now.timestamp() <= 301
    assert not any(word in json.dumps(asked) for word in (OPENID, "private", ACCOUNT.token))


@pytest.mark.parametrize("deliver", [safe, compatible])
def test_the_signature_of_an_encrypted_message_cannot_be_used_for_a_plain_one(
    warm: FakeAws, now: datetime, deliver: Callable[..., HttpRequest]
) -> None:
    hold_account(warm, {"encryption": "optional"})
    handle(plain(text("plain messages are taken since"), at=now))
    warm.calls.clear()
    captured = deliver(text("what the victim wrote"), at=now - timedelta(seconds=3))
    kept = {name: captured.query[name] for name in ("signature", "timestamp", "nonce")}
    forged = replace(captured, query=kept, body=message(MsgType="event", Event="unsubscribe").encode())
    assert [handle(one)["statusCode"] for one in (captured, forged, captured)] == [200, 403, 200]
    assert {sent["event"]["kind"] for sent in warm.sent} == {"text"}


# --- logs and metrics --------------------------------------------------------------------------------


def test_logs_hold_no_openid_no_message_text_and_no_secret(
    warm: FakeAws, now: datetime, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong_app = safe(text("a private word"), app_id="wxfedcba0987654321", at=now)
    handle(safe(follow(), at=now))
    handle(safe(text("a private word"), at=now))
    handle(wrong_app)
    handle(safe(text("a private word"), at=now, token="wrong"))
    handle(safe(text("a private word", CreateTime="a private time"), at=now))
    warm.failing |= {"GetItem", "SendMessage"}
    handle(safe(follow(), at=now))
    written = log.getvalue() + capsys.readouterr().out
    assert len(lines(log)) == 7
    secrets = (ACCOUNT.token, ACCOUNT.encoding_aes_key, ACCOUNT.app_secret, NONCE)
    for word in (OPENID, "private", "oUser", *secrets, ACCOUNT.previous_encoding_aes_key):
        assert str(word) not in written


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "event", "Event": "13800000000"},
        {"MsgType": "13800000000", "Content": "13800000000"},
        {"MsgType": "event", "Event": "points", "Points": "13800000000"},
        {"MsgType": "event", "Event": "SCAN", "EventKey": "13800000000", "Ticket": "13800000000"},
        {"MsgType": "text", "Content": "x", "ToUserName": "13800000000"},
        {"MsgType": "text", "CreateTime": "13800000000"},
    ],
)
def test_only_known_values_of_a_request_are_logged(
    warm: FakeAws, now: datetime, log: io.StringIO, capsys: pytest.CaptureFixture[str], fields: dict[str, str]
) -> None:
    handle(safe(message(**fields), at=now))
    handle(replace(safe(message(**fields), at=now), app_id="wx13800000000"))
    handle(
        replace(
            safe(message(**fields), at=now), query={"encrypt_type": "13800000000", "nonce": "13800000000"}
        )
    )

    written = log.getvalue() + capsys.readouterr().out
    assert len(lines(log)) == 3
    assert "13800000000" not in written
    assert OPENID not in written


def test_a_refusal_is_one_warning_without_a_stack_trace_and_one_metric(
    warm: FakeAws, now: datetime, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    assert handle(safe("<!DOCTYPE xml><xml/>", at=now))["body"] == "refused"
    (line,) = lines(log)
    assert (line["level"], line["message"], line["status"]) == ("WARNING", "callback refused", 400)
    assert (line["app_id"], line["service"]) == (APP_ID, "wechat_callback")
    assert "document type" in line["reason"]
    assert "exception" not in line
    assert json.loads(capsys.readouterr().out)["CallbackRefused"] == [1.0]
    assert warm.operations == []


def test_an_invalid_app_id_is_not_logged(warm: FakeAws, now: datetime, log: io.StringIO) -> None:
    assert handle(replace(safe(text(), at=now), app_id='x"\n{}'))["statusCode"] == 404
    (line,) = lines(log)
    assert "app_id" not in line
    assert warm.operations == []


def test_an_event_is_logged_by_the_id_that_the_inbox_knows_it_by(
    warm: FakeAws, now: datetime, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(safe(follow(), at=now))
    (line,) = lines(log)
    assert (line["event_id"], line["opening"]) == (warm.sent[0]["event"]["id"], "welcome")
    metrics = json.loads(capsys.readouterr().out)
    assert (metrics["EventReceived"], metrics["OpeningAnswered"]) == ([1.0], [1.0])


def test_a_message_to_another_account_is_refused(warm: FakeAws, now: datetime) -> None:
    assert handle(safe(text(ToUserName="gh_other"), at=now))["statusCode"] == 403
    assert warm.operations == []
