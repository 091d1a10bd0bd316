import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fakes.signatures import FakeSignatures
from tests.support.servers import wechatpy_oracle
from tests.support.servers.wechat_server import (
    ACCOUNT,
    AES_KEY,
    APP_ID,
    NOW,
    OLD_AES_KEY,
    OPENID,
    ORIGINAL_ID,
    compatible,
    encrypted_body,
    follow,
    message,
    plain,
    query,
    safe,
    sealed,
    text,
)
from wejourney.accounts import Account
from wejourney.errors import (
    CallbackRefusedError,
    MissingSettingError,
    UnknownAccountError,
    WejourneyError,
)
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import (
    EventBody,
    Followed,
    LinkOpened,
    MediaChecked,
    MenuClicked,
    OtherEvent,
    Scanned,
    TextReceived,
)
from wejourney.journeys.chance import OF, draw
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import FollowerState, LiveRun
from wejourney.messaging.contents import News, Text
from wejourney.people.followers import Follower, lots_of
from wejourney.services.ports.accounts import AccountUnavailableError
from wejourney.services.ports.callback import FollowerUnreadableError
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.services.receive_callback import SUCCESS, ReceiveCallback
from wejourney.wire.http import FRESHNESS, LARGEST_BODY, Answer, HttpRequest
from wejourney.wire.official_account.request import SignatureUse

STORE = JourneyEntry(
    "store_welcome",
    "v1",
    Trigger("follow", scene="store-*"),
    Text(text={"zh": "欢迎光临", "en": "Welcome to the store"}),
)
SILENT = JourneyEntry("silent", "v1", Trigger("text", keywords=("points",)))
MEMBERS = JourneyEntry(
    "members",
    "v1",
    Trigger("text", keywords=("members",), when=Condition(member=True)),
    News(title={"any": "Club"}, description={"any": "Yours"}, url="https://xyz.example", picture="P"),
)


@dataclass
class World:
    """The ports in memory: what is stored, what fails, and what happened."""

    account: Account = ACCOUNT
    newer_account: Account = ACCOUNT
    state: FollowerState = field(default_factory=FollowerState)
    error: dict[str, WejourneyError] = field(default_factory=dict)
    reads: int = 0
    looked_again: int = 0
    entries: tuple[JourneyEntry, ...] = (STORE, SILENT, MEMBERS)
    queued: list[tuple[InboundEvent, str | None]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    signatures: FakeSignatures = field(default_factory=FakeSignatures)

    def get(self, app_id: str) -> Account:
        self._fail("get")
        if app_id != self.account.app_id:
            raise UnknownAccountError(app_id)
        return self.account

    def newer(self, account: Account) -> Account:
        assert account == self.account
        self.looked_again += 1
        self._fail("newer")
        return self.newer_account

    def read(self, app_id: str, openid: str) -> FollowerState:
        assert (app_id, openid) == (APP_ID, OPENID)
        self.reads += 1
        self._fail("read")
        return self.state

    def put(self, event: InboundEvent, opening: str | None) -> None:
        self._fail("put")
        self.queued.append((event, opening))

    def verified(self, app_id: str) -> None:
        self.told.append(("verified", app_id))

    def received(self, _event: InboundEvent, opening: str | None) -> None:
        self.told.append(("received", opening or "no opening"))

    def use(self, use: SignatureUse) -> bool:
        self._fail("use")
        return self.signatures.use(use)

    def refused(self, refusal: CallbackRefusedError, app_id: str | None) -> None:
        assert app_id in (None, APP_ID)
        self.told.append(("refused", refusal.reason))

    def replayed(self, app_id: str) -> None:
        self.told.append(("replayed", app_id))

    def opening_undecided(self, _event: InboundEvent, error: WejourneyError) -> None:
        self.told.append(("opening undecided", str(error)))

    def failed(self, error: WejourneyError, _app_id: str | None) -> None:
        self.told.append(("failed", str(error)))

    def _fail(self, port: str) -> None:
        if port in self.error:
            raise self.error[port]

    def receive(self, request: HttpRequest) -> Answer:
        return ReceiveCallback(
            accounts=self,
            followers=self,
            signatures=self,
            inbox=self,
            watch=self,
            entries=self.entries,
            now=lambda: NOW,
            tolerance=FRESHNESS,
        )(request)


def reply_of(answer: Answer, key: str | None = None) -> dict[str, str]:
    """The leaves of a passive reply, opened by wechatpy when a key is given."""
    assert (answer.status, answer.content_type) == (200, "application/xml; charset=utf-8")
    root = fromstring(answer.body)
    if key is not None:
        root = fromstring(wechatpy_oracle.open_envelope({leaf.tag: leaf.text for leaf in root}, ACCOUNT, key))
    return {leaf.tag: leaf.text or "" for leaf in root.iter() if not len(leaf)}


# --- every message and event of the platform reaches the inbox with its fields -------------------

MESSAGES: dict[str, dict[str, Any]] = {
    "text": {"Content": "你好 👋"},
    "text from a menu message": {"MsgType": "text", "Content": "Rings", "bizmsgmenuid": "rings"},
    "text from an article": {"MsgType": "text", "Content": "hi", "MsgDataId": "1", "Idx": "2"},
    "image": {"PicUrl": "https://mmbiz.example/p", "MediaId": "MEDIA"},
    "voice": {"MediaId": "MEDIA", "Format": "amr", "Recognition": "你好", "MediaId16K": "MEDIA16"},
    "video": {"MediaId": "MEDIA", "ThumbMediaId": "THUMB"},
    "shortvideo": {"MediaId": "MEDIA", "ThumbMediaId": "THUMB"},
    "location": {"Location_X": "31.2304", "Location_Y": "121.4737", "Scale": "15", "Label": "上海"},
    "link": {"Title": "XYZ", "Description": "A ring", "Url": "https://xyz.example/?a=1&b=2"},
    "miniprogrampage": {
        "Title": "XYZ",
        "AppId": "wx0",
        "PagePath": "pages/ring?id=1",
        "ThumbUrl": "https://mmbiz.example/t",
        "ThumbMediaId": "THUMB",
    },
}

CARD = {"CardId": "pCARD", "UserCardCode": "1234"}
PLAIN: dict[str, EventBody] = {
    "subscribe": Followed(),
    "subscribe by QR code": Followed("store-SH01"),
    "subscribe after a payment": Followed(),
    "SCAN": Scanned("store-SH01"),
    "wxa_media_check": MediaChecked("60f96f1d-3845297a-1976a3ae", "pass"),
    "CLICK": MenuClicked("POINTS"),
    "VIEW": LinkOpened("https://xyz.example"),
}
"""What is read of those events whose fields something uses; all others keep theirs."""

EVENTS: dict[str, dict[str, Any]] = {
    "subscribe": {},
    "subscribe by QR code": {"Event": "subscribe", "EventKey": "qrscene_store-SH01", "Ticket": "TICKET"},
    "subscribe after a payment": {"Event": "subscribe", "EventKey": "last_trade_no_4200001"},
    "unsubscribe": {"EventKey": ""},
    "SCAN": {"EventKey": "store-SH01", "Ticket": "TICKET"},
    "LOCATION": {"Latitude": "23.137466", "Longitude": "113.352425", "Precision": "119.385040"},
    "CLICK": {"EventKey": "POINTS"},
    "VIEW": {"EventKey": "https://xyz.example", "MenuId": "1"},
    "view_miniprogram": {"EventKey": "pages/index", "MenuId": "1"},
    "scancode_push": {"EventKey": "K", "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"}},
    "scancode_waitmsg": {"EventKey": "K", "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "2"}},
    "pic_sysphoto": {
        "EventKey": "K",
        "SendPicsInfo": {"Count": "1", "PicList": {"item": [{"PicMd5Sum": "a"}]}},
    },
    "pic_photo_or_album": {
        "EventKey": "K",
        "SendPicsInfo": {"Count": "2", "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}},
    },
    "pic_weixin": {
        "EventKey": "K",
        "SendPicsInfo": {"Count": "1", "PicList": {"item": [{"PicMd5Sum": "a"}]}},
    },
    "location_select": {
        "EventKey": "K",
        "SendLocationInfo": {
            "Location_X": "23",
            "Location_Y": "113",
            "Scale": "15",
            "Label": "广州",
            "Poiname": "",
        },
    },
    "TEMPLATESENDJOBFINISH": {"MsgID": "200163836", "Status": "failed: system failed"},
    "MASSSENDJOBFINISH": {
        "MsgID": "1000001625",
        "Status": "err(30003)",
        "TotalCount": "0",
        "FilterCount": "0",
        "SentCount": "0",
        "ErrorCount": "0",
        "CopyrightCheckResult": {
            "Count": "1",
            "ResultList": {"item": [{"ArticleIdx": "1", "UserDeclareState": "0"}]},
            "CheckState": "2",
        },
        "ArticleUrlResult": {
            "Count": "1",
            "ResultList": {"item": [{"ArticleIdx": "1", "ArticleUrl": "U"}]},
        },
    },
    "subscribe_msg_popup_event": {
        "SubscribeMsgPopupEvent": {
            "List": [
                {"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "2"},
                {"TemplateId": "T2", "SubscribeStatusString": "reject", "PopupScene": "2"},
            ]
        }
    },
    "subscribe_msg_change_event": {
        "SubscribeMsgChangeEvent": {"List": [{"TemplateId": "T1", "SubscribeStatusString": "reject"}]}
    },
    "subscribe_msg_sent_event": {
        "SubscribeMsgSentEvent": {
            "List": [{"TemplateId": "T1", "MsgID": "1", "ErrorCode": "0", "ErrorStatus": "success"}]
        }
    },
    "kf_create_session": {"KfAccount": "kf2001@xyz"},
    "kf_close_session": {"KfAccount": "kf2001@xyz"},
    "kf_switch_session": {"FromKfAccount": "kf2001@xyz", "ToKfAccount": "kf2002@xyz"},
    "user_get_card": CARD
    | {
        "IsGiveByFriend": "1",
        "FriendUserName": "oFriend",
        "OldUserCardCode": "1",
        "OuterId": "0",
        "OuterStr": "store",
        "IsRestoreMemberCard": "0",
        "IsRecommendByFriend": "0",
        "UnionId": "uUNION",
    },
    "user_gifting_card": CARD | {"IsReturnBack": "0", "FriendUserName": "oFriend", "IsChatRoom": "0"},
    "user_del_card": CARD,
    "user_consume_card": CARD
    | {
        "ConsumeSource": "FROM_MOBILE_HELPER",
        "LocationName": "上海",
        "StaffOpenId": "oStaff",
        "VerifyCode": "v",
        "RemarkAmount": "r",
        "OuterStr": "o",
    },
    "user_pay_from_pay_cell": CARD
    | {"TransId": "1", "LocationId": "2", "Fee": "10000", "OriginalFee": "12000"},
    "user_view_card": CARD | {"OuterStr": "o"},
    "user_enter_session_from_card": CARD,
    "update_member_card": CARD | {"ModifyBonus": "3", "ModifyBalance": "0"},
    "submit_membercard_user_info": CARD,
    "card_sku_remind": {"CardId": "pCARD", "Detail": "the stock is low"},
    "card_pass_check": {"CardId": "pCARD"},
    "card_not_pass_check": {"CardId": "pCARD", "RefuseReason": "r"},
    "card_pay_order": {"OrderId": "1", "Status": "ORDER_STATUS_FINANCE_SUCC"},
    "user_info_modified": {"OpenID": OPENID, "UnionID": "u", "AppID": "wx0", "RevokeInfo": "1"},
    "user_authorization_revoke": {"OpenID": OPENID, "UnionID": "u", "AppID": "wx0", "RevokeInfo": "1"},
    "user_authorization_cancellation": {"OpenID": OPENID, "UnionID": "u", "AppID": "wx0"},
    "poi_check_notify": {"UniqId": "1", "PoiId": "2", "Result": "fail", "msg": "no licence"},
    "qualification_verify_success": {"ExpiredTime": "1442401156"},
    "qualification_verify_fail": {"FailTime": "1442401122", "FailReason": "by time"},
    "naming_verify_success": {"ExpiredTime": "1442401156"},
    "naming_verify_fail": {"FailTime": "1442401122", "FailReason": "by time"},
    "annual_renew": {"ExpiredTime": "1442401156"},
    "verify_expired": {"ExpiredTime": "1442400900"},
    "user_enter_tempsession": {"SessionFrom": "sessionFrom"},
    "wxa_media_check": {
        "appid": "wx0",
        "trace_id": "60f96f1d-3845297a-1976a3ae",
        "version": "2",
        "detail": [{"strategy": "content_model", "errcode": "0", "suggest": "pass", "label": "100"}],
        "errcode": "0",
        "errmsg": "ok",
        "result": {"suggest": "pass", "label": "100"},
    },
    "weapp_audit_success": {"SuccTime": "1488856741"},
    "weapp_audit_fail": {"Reason": "1:账号信息不符合规范", "FailTime": "1488856591"},
    "weapp_audit_delay": {"Reason": "r", "DelayTime": "1488856591"},
    "wxa_nickname_audit": {"ret": "3", "nickname": "XYZ"},
}

RENAMED = {
    "subscribe": "follow",
    "unsubscribe": "unfollow",
    "location": "location_report",
    "kf_close_session": "chat_closed",
}


OUR_NAMES = {
    "Location_X": "latitude",
    "Latitude": "latitude",
    "Location_Y": "longitude",
    "Longitude": "longitude",
    "MediaId": "media_id",
}


def placed(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with our names of those that something uses."""
    return {OUR_NAMES.get(name, name): value for name, value in fields.items()}


@pytest.mark.capability(row="C1")
@pytest.mark.parametrize("deliver", [plain, safe, compatible])
@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_reaches_the_inbox_with_its_fields(
    name: str, deliver: Callable[[str], HttpRequest]
) -> None:
    fields = {"MsgType": name} | MESSAGES[name]
    world = World()
    assert world.receive(deliver(message(**fields, MsgId="1"))) == SUCCESS
    ((event, opening),) = world.queued
    assert (event.kind, event.subject.openid) == (fields.pop("MsgType"), OPENID)
    assert (event.at, opening) == (NOW, None)
    if event.kind == "text":
        assert event.body == TextReceived(fields["Content"], fields.get("bizmsgmenuid"))
    else:
        assert event.body.to_dict() == placed(fields) | {"MsgId": "1"}


@pytest.mark.capability(row="C1")
@pytest.mark.capability(row="45")
@pytest.mark.parametrize("deliver", [plain, safe, compatible])
@pytest.mark.parametrize("name", EVENTS)
def test_every_event_reaches_the_inbox_with_its_fields(
    name: str, deliver: Callable[[str], HttpRequest]
) -> None:
    fields = {"Event": name} | EVENTS[name]
    world = World(state=FollowerState(live_runs=(LiveRun("store_welcome", "run", "an earlier event"),)))
    assert world.receive(deliver(message(MsgType="event", **fields))) == SUCCESS
    ((event, _),) = world.queued
    kind = fields.pop("Event").lower()
    assert event.kind == RENAMED.get(kind, kind)
    fields = placed(fields) if name == "LOCATION" else fields
    assert event.body == PLAIN.get(name, OtherEvent(event.kind, fields))
    assert InboundEvent.from_dict(event.to_dict()) == event


# --- the answer --------------------------------------------------------------------------------------


def test_the_url_verification_echoes_and_queues_nothing() -> None:
    world = World()
    answer = world.receive(HttpRequest("GET", APP_ID, query() | {"echostr": "4375120948345356249"}))
    assert answer == Answer(200, "4375120948345356249", "text/plain; charset=utf-8")
    assert (world.queued, world.told) == ([], [("verified", APP_ID)])


def test_a_follow_is_answered_by_the_opening_of_its_journey() -> None:
    world = World()
    reply = reply_of(world.receive(plain(follow())))
    assert (reply["ToUserName"], reply["FromUserName"]) == (OPENID, ORIGINAL_ID)
    assert (reply["MsgType"], reply["Content"]) == ("text", "欢迎光临")
    assert [opening for _, opening in world.queued] == ["store_welcome"]


@pytest.mark.parametrize("key", [AES_KEY, OLD_AES_KEY])
def test_the_reply_is_encrypted_with_the_key_that_opened_the_request(key: str) -> None:
    reply = reply_of(World().receive(safe(follow(), key)), key)
    assert reply["Content"] == "欢迎光临"


def test_the_opening_speaks_the_followers_language() -> None:
    english = Follower(APP_ID, OPENID, "p1", language="en")
    world = World(state=FollowerState(follower=english))
    assert reply_of(world.receive(plain(follow())))["Content"] == "Welcome to the store"


def test_the_opening_speaks_the_accounts_language_to_a_stranger() -> None:
    world = World(account=replace(ACCOUNT, settings=replace(ACCOUNT.settings, language="en")))
    assert reply_of(world.receive(plain(follow())))["Content"] == "Welcome to the store"


def test_the_opening_is_sent_unless_the_follower_is_held_out() -> None:
    lot = draw(lots_of(Subject(APP_ID, OPENID)), "store_welcome#holdout") * 100 // OF
    free, out = (World(entries=(replace(STORE, holdout=percent),)) for percent in (lot, lot + 1))
    assert reply_of(free.receive(plain(follow())))["Content"] == "欢迎光临"
    assert out.receive(plain(follow())) == SUCCESS
    assert [[opening for _, opening in world.queued] for world in (free, out)] == [["store_welcome"], [None]]


def test_a_profile_condition_decides_the_opening() -> None:
    member = Follower(APP_ID, OPENID, "p1", member=True)
    assert World().receive(plain(text("members"))) == SUCCESS
    world = World(state=FollowerState(follower=member))
    assert reply_of(world.receive(plain(text("members"))))["Title"] == "Club"


@pytest.mark.parametrize("xml", [follow("online-1"), text("points"), text("hello")])
def test_the_follower_is_read_only_if_a_journey_may_answer(xml: str) -> None:
    world = World()
    assert world.receive(plain(xml)) == SUCCESS
    assert (world.reads, len(world.queued)) == (0, 1)


@pytest.mark.parametrize(("speaks_to", "opens"), [("", True), ("shop", True), ("club", False)])
def test_an_opening_is_said_in_the_account_that_its_journey_names_and_no_other(
    speaks_to: str, *, opens: bool
) -> None:
    named = replace(ACCOUNT, settings=replace(ACCOUNT.settings, name="shop"))
    world = World(named, entries=(replace(STORE, speaks_to=speaks_to),))
    assert (world.receive(plain(follow())) != SUCCESS) is opens
    assert [opening for _, opening in world.queued] == ["store_welcome" if opens else None]
    assert world.reads == int(opens), "nobody is read for a journey of another account"


def test_a_live_journey_sends_no_second_opening() -> None:
    world = World(state=FollowerState(live_runs=(LiveRun("store_welcome", "run", "an earlier event"),)))
    assert world.receive(plain(follow())) == SUCCESS


def test_a_repeated_delivery_gets_the_same_answer_before_and_after_its_run_has_started() -> None:
    world = World()
    first = world.receive(plain(follow()))
    assert world.receive(plain(follow())) == first
    (event, _), _ = world.queued
    world.state = FollowerState(
        follower=Follower(APP_ID, OPENID, "p1"), live_runs=(LiveRun("store_welcome", "run", event.id),)
    )
    assert world.receive(plain(follow(), at=NOW + timedelta(seconds=5))) == first
    assert {queued.id for queued, _ in world.queued} == {event.id}


# --- when our side fails ---------------------------------------------------------------------------


def test_a_follower_who_cannot_be_read_does_not_cost_the_event() -> None:
    world = World(error={"read": FollowerUnreadableError("Query: ThrottlingException")})
    assert world.receive(plain(follow())) == SUCCESS
    assert [opening for _, opening in world.queued] == [None]
    assert world.told[0] == ("opening undecided", "Query: ThrottlingException")


@pytest.mark.parametrize(
    ("port", "error"),
    [
        ("put", InboxUnavailableError("SendMessage: ReadTimeoutError")),
        ("get", AccountUnavailableError("GetSecretValue: InternalServiceError")),
        ("get", MissingSettingError("token", "the secret of account wx1")),
    ],
)
def test_a_failed_port_is_answered_503(port: str, error: WejourneyError) -> None:
    world = World(error={port: error})
    assert world.receive(plain(text())).status == 503
    assert world.told == [("failed", str(error))]


# --- changed secrets ---------------------------------------------------------------------------------


def test_a_request_signed_with_a_new_token_is_accepted_after_looking_again() -> None:
    world = World(account=replace(ACCOUNT, token="an-old-token"), newer_account=ACCOUNT)
    assert world.receive(plain(text())) == SUCCESS
    assert world.looked_again == 1


def test_a_request_encrypted_with_a_new_key_is_answered_with_the_new_key() -> None:
    old = replace(ACCOUNT, encoding_aes_key=OLD_AES_KEY, previous_encoding_aes_key=None)
    world = World(account=old, newer_account=ACCOUNT)
    assert reply_of(world.receive(safe(follow())), AES_KEY)["Content"] == "欢迎光临"


def test_an_account_that_was_removed_is_answered_404() -> None:
    world = World(error={"newer": UnknownAccountError(APP_ID)})
    assert world.receive(replace(plain(text()), query=query(token="wrong"))).status == 404


# --- what is refused -----------------------------------------------------------------------------------


@pytest.mark.capability(row="C1")
@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (replace(plain(text()), method="PUT"), 405, "neither GET nor POST"),
        (replace(plain(text()), app_id="../other"), 404, "does not hold an app id"),
        (replace(plain(text()), app_id="wxfedcba0987654321"), 404, "no such account"),
        (plain(b"<xml>" + b" " * LARGEST_BODY), 413, "larger than 262144 bytes"),
        (replace(plain(text()), query={}), 400, "signature is missing"),
        (replace(plain(text()), query=query(token="wrong")), 403, "wrong signature"),
        (plain(text(), at=NOW - timedelta(minutes=6)), 403, "too far from now"),
        (safe(text(), app_id="wxfedcba0987654321"), 403, "another app id"),
        # One in 256 ends, by chance, like a padding.
        (safe(text(), key=AES_KEY[::-1]), 403, "padding|shorter than it says"),
        (sealed(encrypted_body("QUJ"), "QUJ"), 403, "not base64"),
        (sealed(encrypted_body("????"), "????"), 400, "no Encrypt"),
        (plain(b""), 400, "empty"),
        (plain(b"<xml>"), 400, "not well-formed"),
        (plain(b'{"MsgType":"text"}'), 415, "choose XML"),
        (plain(b"<!DOCTYPE xml [<!ENTITY a 'a'>]><xml><A>&a;</A></xml>"), 400, "document type"),
        (plain("<xml><MsgType>text</MsgType></xml>"), 403, "another account"),
        (plain(message()), 400, "MsgType is missing"),
        (plain(text(FromUserName="")), 400, "FromUserName is missing"),
        (plain(text(FromUserName="o two")), 400, "FromUserName is missing"),
        (plain(text(FromUserName=["oOne", "oTwo"])), 400, "FromUserName is missing"),
        (plain(text(CreateTime="soon")), 400, "CreateTime is missing"),
        (plain(text(CreateTime="9" * 30)), 400, "CreateTime is missing"),
        (plain(text(CreateTime=int(NOW.timestamp()) + 301)), 400, "ahead of the clock"),
        (plain(text(CreateTime=int(NOW.timestamp()) + 50 * 365 * 86_400)), 400, "ahead of the clock"),
    ],
)
def test_a_request_that_wechat_cannot_have_sent_is_refused_with_one_line(
    request_: HttpRequest, status: int, reason: str
) -> None:
    world = World()
    assert world.receive(request_) == Answer(status, "refused")
    ((what, why),) = world.told
    assert what == "refused"
    assert re.search(reason, why)
    assert world.queued == []


@pytest.mark.parametrize("body", ["", "no XML", '{"MsgType": "text"}', "<xml><MsgType>text</MsgType></xml>"])
def test_a_malformed_plain_message_uses_up_its_signature(body: str) -> None:
    world = World()
    assert world.receive(plain(body)).status != 200

    assert world.receive(plain(text("another body"))).status == 403
    assert ("replayed", APP_ID) in world.told
    assert not world.queued


def test_a_body_of_exactly_256_kib_is_read() -> None:
    xml = text("x").encode()
    assert World().receive(plain(xml + b" " * (LARGEST_BODY - len(xml)))) == SUCCESS


QUERIES = st.dictionaries(
    st.sampled_from(["signature", "timestamp", "nonce", "encrypt_type", "msg_signature", "echostr"]),
    st.text(st.characters()) | st.sampled_from(["raw", "aes", query()["timestamp"], query()["signature"]]),
)


@settings(deadline=None)
@given(st.sampled_from(["GET", "POST", "PUT"]), st.text(max_size=20) | st.just(APP_ID), QUERIES, st.binary())
def test_no_request_gets_another_answer_than_200_or_4xx(
    method: str, app_id: str, asked: dict[str, str], body: bytes
) -> None:
    answer = World().receive(HttpRequest(method, app_id, asked, body))
    assert answer.status == 200 or 400 <= answer.status < 500


@settings(deadline=None)
@given(st.binary())
def test_no_signed_body_gets_another_answer_than_200_or_4xx(body: bytes) -> None:
    answer = World().receive(plain(body))
    assert answer.status == 200 or 400 <= answer.status < 500


ENVELOPES = st.dictionaries(
    st.sampled_from(["CreateTime", "MsgType", "Event", "EventKey", "MsgId", "Content"]),
    st.sampled_from(["", "0", "-1", "event", "text", "subscribe", "qrscene_store-1", "points", "1e9"])
    | st.lists(st.just("twice"), min_size=2, max_size=2)
    | st.just({"Deep": "1"}),
)


@settings(deadline=None)
@given(ENVELOPES, st.sampled_from([plain, safe, compatible]))
def test_no_signed_fields_get_another_answer_than_200_or_4xx(
    fields: dict[str, Any], deliver: Callable[[str], HttpRequest]
) -> None:
    world = World()
    answer = world.receive(deliver(message(**fields)))
    assert answer.status == 200 or 400 <= answer.status < 500
    assert bool(world.queued) == (answer.status == 200)
