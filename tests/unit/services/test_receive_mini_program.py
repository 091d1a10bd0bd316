"""What a mini program is answered, what is queued for whom, and what is logged of it."""

import io
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.mini_program import app
from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.games import FakeGames
from tests.support.fakes.loyalty.gifts import FakeGifts, FakeTries
from tests.support.fakes.signatures import FakeSignatures
from tests.support.media import FakeUploadBucket
from tests.support.servers.aws import FakeAws, serve_fake_aws
from tests.support.servers.callback_function import CONTEXT, environment
from tests.support.servers.wechat_server import ACCOUNT, query
from wejourney import errors
from wejourney.accounts import Account
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.dynamo.uploads.upload_store import UploadStore
from wejourney.bootstrap import mini_program as bootstrap
from wejourney.errors import CallbackRefusedError, UnknownAccountError, WejourneyError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import Identified, MiniProgramEvent, ProfileChanged
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.games import GameTerms
from wejourney.loyalty.programme import Programme
from wejourney.people.identities import Identity
from wejourney.people.phones import phone_hash
from wejourney.people.profile_model import ANY_PROFILE
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.leader_boards import LeaderBoards
from wejourney.services.loyalty.serve_gifts import ServeGifts
from wejourney.services.loyalty.serve_leaders import ServeLeaders
from wejourney.services.ports.accounts import AccountUnavailableError, TooManyUnknownAccountsError
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.services.ports.keys import DeploymentKey
from wejourney.services.ports.mini_programs import Login
from wejourney.services.receive_callback import ReceiveCallback
from wejourney.services.receive_mini_program import ReceiveMiniProgram
from wejourney.services.uploads.serve_uploads import ServeUploads
from wejourney.wire.http import FRESHNESS, Answer, HttpRequest
from wejourney.wire.mini_program.push import open_push
from wejourney.wire.mini_program.requests import Batch, GiftOperation, MiniProgramRequest, Operation
from wejourney.wire.mini_program.sessions import LIFETIME, read_session, seal_session

APP_ID, OPENID, UNION_ID = "wx0123456789abcdef", "oMini0000000000000000000001", "oUnion0000000000000000000001"
SUBJECT = Subject(APP_ID, OPENID)
CODE = "0a3tGF0w3bZb7T2Nnk1w3sGF0w3tGF0a"
PROGRAMME = Programme(
    gifts={"points": GiftTerms(most=50, returns_after=7)}, games={"rings": GameTerms(500, 30)}
)
KEYS = {"sessions": DeploymentKey(b"s" * 64), "phones": DeploymentKey(b"p" * 64)}
SHOP = replace(
    ACCOUNT, settings=replace(ACCOUNT.settings, app_id=APP_ID, open_platform="brand"), kind="mini_program"
)
NUMBER = "+8613800138000"


class Queue(FakeInbox):
    """The inbox as the callback and the mini program put into it; `error` is raised instead."""

    error: WejourneyError | None = None

    def put(self, event: InboundEvent, opening: str | None) -> None:
        assert opening is None
        self.tell_in_bulk([event])

    def tell_in_bulk(self, events: Any) -> None:
        if self.error is not None:
            raise self.error
        self.tell(events)


class Nobody:
    def owner(self, identity: Identity) -> None:
        return None

    def person(self, person_id: str) -> None:
        raise AssertionError


@dataclass
class World:
    """A deployment with one mini program; `failures` are raised by the parts that they name."""

    account: Account = SHOP
    login_: Login = field(default_factory=lambda: Login(OPENID, UNION_ID))
    number: str = NUMBER
    failures: dict[str, Exception] = field(default_factory=dict)
    queue: Queue = field(default_factory=Queue)
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    now: datetime = NOON

    # The ports.

    def get(self, name: str) -> Any:
        self._fail("secrets")
        if name in KEYS:
            return KEYS[name]
        if name != self.account.app_id:
            raise UnknownAccountError(name)
        return self.account

    def newer(self, account: Account) -> Account:
        return account

    def login(self, account: Account, code: str) -> Login:
        self.calls.append(f"login {code}")
        self._fail("wechat")
        return self.login_

    def phone_number(self, account: Account, code: str) -> str:
        self.calls.append(f"phone {code}")
        self._fail("wechat")
        return self.number

    def _fail(self, name: str) -> None:
        if name in self.failures:
            raise self.failures[name]

    def logged_in(self, app_id: str) -> None:
        self.seen.append(("logged in", app_id))

    def phone_told(self, app_id: str) -> None:
        self.seen.append(("phone told", app_id))

    def address_told(self, app_id: str) -> None:
        self.seen.append(("address told", app_id))

    def taken(self, batch: Batch, app_id: str) -> None:
        self.seen.append((f"taken {len(batch.events)}, refused {len(batch.rejected)}", app_id))

    def session_over(self) -> None:
        self.seen.append(("session over", None))

    def request_refused(self, status: int, reason: str, app_id: str | None) -> None:
        self.seen.append((f"{status}", app_id))

    def unavailable(self, error: WejourneyError, app_id: str | None) -> None:
        self.seen.append((type(error).__name__, app_id))

    def verified(self, app_id: str) -> None:
        self.seen.append(("verified", app_id))

    def received(self, event: InboundEvent, opening: str | None) -> None:
        self.seen.append((f"received {event.kind}", event.subject.app_id))

    def refused(self, refusal: CallbackRefusedError, app_id: str | None) -> None:
        self.seen.append((f"push refused {refusal.status}", app_id))

    def replayed(self, app_id: str) -> None:
        self.seen.append(("replayed", app_id))

    def opening_undecided(self, event: InboundEvent, error: WejourneyError) -> None:
        raise AssertionError

    def failed(self, error: WejourneyError, app_id: str | None) -> None:
        self.seen.append((f"push failed {type(error).__name__}", app_id))

    def leaders_asked(self, status: int, app_id: str) -> None:
        self.seen.append((f"leaders {status}", app_id))

    def gift_asked(self, operation: GiftOperation, status: int, app_id: str) -> None:
        self.seen.append((f"{operation} {status}", app_id))

    def upload_asked(self, status: int, app_id: str) -> None:
        self.seen.append((f"upload {status}", app_id))

    # What tests do.

    @property
    def gifts(self) -> ServeGifts:
        """Gifts of people of whom nobody is known."""
        records = FakeGifts(FakeFollowers())
        gifts = Gifts(records, records.followers, PROGRAMME, ANY_PROFILE, self.queue, lambda: self.now)
        return ServeGifts(gifts, Nobody(), FakeTries(), self.queue, self, lambda: self.now)

    @property
    def uploads(self) -> ServeUploads:
        """Uploads of people of whom nobody is known: none is written."""
        records, bucket = UploadStore(Table("FollowersTable", None)), FakeUploadBucket()
        return ServeUploads(records, bucket, Nobody(), FakeTries(), self.queue, lambda: self.now, is_on=True)

    @property
    def leaders(self) -> ServeLeaders:
        """The board of a game that nobody has played."""
        games = FakeGames()
        return ServeLeaders(LeaderBoards(games, games, PROGRAMME), Nobody(), lambda: self.now)

    def leaders_of(self, game: str, query: dict[str, str], token: str = "") -> tuple[int, dict[str, Any]]:
        answer = self.receive(MiniProgramRequest("leaders", token, HttpRequest("GET", "", query), game))
        return answer.status, json.loads(answer.body)

    def ask(self, operation: Operation, body: Any, token: str = "") -> tuple[int, dict[str, Any]]:
        request = HttpRequest("POST", "", {}, json.dumps(body).encode())
        answer = self.receive(MiniProgramRequest(operation, token, request))
        return answer.status, json.loads(answer.body)

    def receive(self, request: MiniProgramRequest) -> Answer:
        push = ReceiveCallback(
            self, None, FakeSignatures(), self.queue, self, (), lambda: self.now, FRESHNESS, open_push
        )  # fmt: skip
        receiver = ReceiveMiniProgram(
            self, self, self, self.queue, push, self.gifts, self.uploads, self.leaders, self, lambda: self.now
        )
        return receiver(request)

    def session(self) -> str:
        return seal_session(SUBJECT, KEYS["sessions"].all, self.now)


def viewed(number: int = 1, **changes: Any) -> dict[str, Any]:
    event = {"id": f"event-{number:04}", "at": NOON.isoformat(), "name": "product.viewed"}
    return event | {"properties": {"product": "R-7"}} | changes


# --- sessions -----------------------------------------------------------------------------------------


def test_a_login_is_answered_with_a_session_of_ours_and_the_union_id_is_queued() -> None:
    world = World()
    status, answer = world.ask("session", {"app_id": APP_ID, "code": CODE})
    assert (status, answer["expires_in"], answer["now"]) == (200, 86_400, NOON.isoformat())
    assert read_session(answer["session"], KEYS["sessions"].all, NOON + LIFETIME) == SUBJECT
    (event,) = world.queue.told
    assert event.subject == SUBJECT
    assert event.body == Identified("union_id", f"brand#{UNION_ID}")
    assert world.seen == [("logged in", APP_ID)]
    assert OPENID not in json.dumps(answer)
    assert UNION_ID not in json.dumps(answer)


@pytest.mark.parametrize(
    "world",
    [
        World(login_=Login(OPENID)),
        World(account=replace(SHOP, settings=replace(SHOP.settings, open_platform=""))),
        World(login_=Login(OPENID, "x" * 256)),
    ],
    ids=["no union id", "no account of the Open Platform", "a union id that no identity holds"],
)
def test_a_login_without_a_union_id_of_a_named_platform_account_identifies_nobody(world: World) -> None:
    assert world.ask("session", {"app_id": APP_ID, "code": CODE})[0] == 200
    assert world.queue.told == []


def test_the_same_union_id_at_each_login_is_one_event() -> None:
    world = World()
    for _ in range(2):
        world.ask("session", {"app_id": APP_ID, "code": CODE})
    assert len({event.id for event in world.queue.told}) == 1


@pytest.mark.parametrize(
    ("body", "world", "status"),
    [
        ([], World(), 400),
        ({"code": CODE}, World(), 400),
        ({"app_id": "../x", "code": CODE}, World(), 400),
        ({"app_id": APP_ID}, World(), 400),
        ({"app_id": APP_ID, "code": "x"}, World(), 400),
        ({"app_id": "wxffffffffffffffff", "code": CODE}, World(), 404),
        ({"app_id": APP_ID, "code": CODE}, World(account=replace(SHOP, kind="official_account")), 404),
    ],
)
def test_a_login_that_names_no_mini_program_or_code_reaches_nobody(
    body: Any, world: World, status: int
) -> None:
    found, answer = world.ask("session", body)
    assert (found, list(answer)) == (status, ["error"])
    assert world.calls == []
    assert world.queue.told == []


FAILURES: dict[str, tuple[dict[str, Exception], int]] = {
    "a used code": ({"wechat": errors.CodeRejectedError(40163)}, 400),
    "WeChat is busy": ({"wechat": errors.WeChatBusyError(-1)}, 503),
    "a wrong secret": ({"wechat": errors.AccountMisconfiguredError(40125)}, 503),
    "an unknown code of WeChat": ({"wechat": errors.UnrecognisedRefusalError(99999)}, 503),
    "no secret": ({"secrets": AccountUnavailableError("GetSecretValue")}, 503),
    "too many app ids": ({"secrets": TooManyUnknownAccountsError()}, 503),
    "a broken secret": ({"secrets": errors.MissingSettingError("key", "there")}, 503),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("operation", ["session", "phone"])
def test_a_failure_is_a_clear_answer_and_nothing_is_queued(operation: Operation, failure: str) -> None:
    failures, status = FAILURES[failure]
    world = World()
    token = world.session()
    world.failures = failures
    found, answer = world.ask(operation, {"app_id": APP_ID, "code": CODE}, token)
    assert (found, list(answer)) == (status, ["error"])
    assert world.queue.told == []
    assert len(world.seen) == 1


# --- events -------------------------------------------------------------------------------------------


def test_events_are_queued_for_whose_session_it_is() -> None:
    world = World()
    status, answer = world.ask("events", {"events": [viewed(1), viewed(2)]}, world.session())
    assert (status, answer) == (200, {"accepted": 2, "rejected": [], "now": NOON.isoformat()})
    assert [event.subject for event in world.queue.told] == [SUBJECT, SUBJECT]
    assert world.queue.told[0].body == MiniProgramEvent("product.viewed", details={"product": "R-7"})


def test_a_bad_event_is_told_by_its_place_and_the_others_are_queued() -> None:
    world = World()
    status, answer = world.ask("events", {"events": [viewed(1), viewed(2, name="x")]}, world.session())
    assert (status, answer["accepted"]) == (200, 1)
    assert [rejected["index"] for rejected in answer["rejected"]] == [1]
    assert world.seen == [("taken 1, refused 1", APP_ID)]


@pytest.mark.capability(row="C8")
def test_a_batch_that_is_sent_again_is_the_same_events() -> None:
    world = World()
    for hours in (0, 1, 23):
        world.now = NOON + timedelta(hours=hours)
        assert world.ask("events", {"events": [viewed(1), viewed(2)]}, world.session())[0] == 200
    assert len({(event.id, event.place_on_record) for event in world.queue.told}) == 2


def test_a_queue_that_takes_nothing_is_a_reason_to_send_all_again() -> None:
    world = World()
    world.queue.error = InboxUnavailableError("SendMessageBatch")
    assert world.ask("events", {"events": [viewed()]}, world.session())[0] == 503
    assert world.seen == [("InboxUnavailableError", APP_ID)]


@pytest.mark.capability(row="C8")
@pytest.mark.parametrize("operation", ["events", "phone"])
def test_without_a_session_nothing_is_read_and_nobody_asked(operation: Operation) -> None:
    world = World()
    over = seal_session(SUBJECT, KEYS["sessions"].all, NOON - LIFETIME - timedelta(seconds=1))
    forged = seal_session(SUBJECT, DeploymentKey(b"x" * 64).all, NOON)
    for token in ("", "x" * 100, over, forged):
        assert world.ask(operation, {"code": CODE, "events": [viewed()]}, token)[0] == 401
    assert (world.calls, world.queue.told) == ([], [])
    assert set(world.seen) == {("session over", None)}


# --- phone numbers ------------------------------------------------------------------------------------


def test_a_phone_number_identifies_by_its_keyed_hash_and_is_a_private_value_besides() -> None:
    world = World()
    assert world.ask("phone", {"code": CODE}, world.session()) == (200, {})
    event, told = world.queue.told
    assert event.body == Identified("phone", phone_hash(NUMBER, b"p" * 64))
    assert told.body == ProfileChanged({"phone": NUMBER})
    assert "13800138000" not in json.dumps([event.to_dict(), told.id, world.seen])
    assert told.id != own_event(told.body, NUMBER, told.subject, told.at).id, "an id must not tell the number"


def test_what_wechat_gives_for_a_number_and_is_none_identifies_nobody() -> None:
    world = World(number="+8612345")
    assert world.ask("phone", {"code": CODE}, world.session())[0] == 422
    assert world.queue.told == []


# --- addresses ----------------------------------------------------------------------------------------

ADDRESS = {"province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "文三路 1 号"}


def test_an_address_is_a_private_value_in_one_line() -> None:
    world = World()
    more = {"postcode": "310000", "name": "王小明", "phone": "13800138000"}
    assert world.ask("address", {**ADDRESS, **more}, world.session()) == (200, {})
    (told,) = world.queue.told
    one_line = "浙江省 杭州市 西湖区 文三路 1 号 310000 王小明 13800138000"
    assert told.body == ProfileChanged({"address": one_line})
    assert "文三路" not in json.dumps([told.id, world.seen], ensure_ascii=False)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"city": "杭州市"},
        {**ADDRESS, "detail": ""},
        {**ADDRESS, "detail": " "},
        {**ADDRESS, "detail": 17},
        {**ADDRESS, "name": ["SECRET"]},
        {**ADDRESS, "detail": "SECRET" * 50},
        {**ADDRESS, "openid": "SECRET"},
    ],
)
def test_what_is_no_address_is_refused_without_quoting_it(wrong: dict[str, object]) -> None:
    world = World()
    status, body = world.ask("address", wrong, world.session())
    assert (status, world.queue.told) == (400, [])
    assert "SECRET" not in json.dumps(body)


# --- gifts --------------------------------------------------------------------------------------------

GIVING = {"id": "gift-0001", "amount": 5}
GIFTS: dict[GiftOperation, tuple[Any, int]] = {
    "give_gift": (GIVING, 409),
    "list_gifts": (None, 200),
    "look_at_gift": ({"code": CODE[:12]}, 400),
    "claim_gift": ({"code": CODE[:12]}, 400),
    "take_gift_back": ({"gift": "0" * 32}, 404),
}


@pytest.mark.parametrize("operation", GIFTS)
def test_a_request_about_gifts_is_of_whose_session_it_is_and_says_why_not(operation: GiftOperation) -> None:
    asked, expected = GIFTS[operation]
    world = World()
    assert world.ask(operation, asked)[0] == 401
    status, answer = world.ask(operation, asked, world.session())
    assert status == expected
    assert list(answer) == (["gifts"] if status == 200 else ["error", "reason"])
    assert world.seen == [("session over", None), (f"{operation} {status}", APP_ID)]


@pytest.mark.parametrize("body", [[], {"id": "short"}, {"code": 7}, {"gift": None}])
def test_what_is_no_request_about_a_gift_is_refused_as_others_are(body: Any) -> None:
    for operation in GIFTS.keys() - {"list_gifts"}:
        world = World()
        status, answer = world.ask(operation, body, world.session())
        assert (status, list(answer), world.seen) == (400, ["error"], [("400", APP_ID)])


# --- uploads ------------------------------------------------------------------------------------------


def test_a_request_for_an_upload_is_of_whose_session_it_is_and_says_why_not() -> None:
    world = World()
    assert world.ask("open_upload", {"id": "picture-1", "type": "image/png"})[0] == 401
    status, answer = world.ask("open_upload", {"id": "picture-1", "type": "image/png"}, world.session())
    assert (status, answer["reason"], world.seen[-1]) == (503, "not_known_yet", ("upload 503", APP_ID))
    (told,) = world.queue.told
    assert (told.subject, told.body) == (SUBJECT, MiniProgramEvent("upload.opened"))
    for wrong in (
        {"id": "picture-1", "type": "text/html"},
        {"type": "image/png"},
        {"id": "no", "type": "image/png"},
    ):
        status, answer = world.ask("open_upload", wrong, world.session())
        assert (status, list(answer), world.seen[-1]) == (400, ["error"], ("400", APP_ID))


# --- leader boards ------------------------------------------------------------------------------------


def test_a_leader_board_is_shown_to_whose_session_it_is_and_an_unknown_game_has_none() -> None:
    world = World()
    assert world.leaders_of("rings", {})[0] == 401
    status, answer = world.leaders_of("rings", {}, world.session())
    nothing: dict[str, Any] = {"closes_at": None, "leaders": [], "own": None}
    assert (status, answer) == (200, {"game": "rings", "period": "all", **nothing})
    assert world.leaders_of("chess", {"day": "2026-11-28"}, world.session())[1]["reason"] == "no_board"
    seen = [("session over", None), ("leaders 200", APP_ID), ("leaders 404", APP_ID)]
    assert world.seen == seen


@pytest.mark.parametrize("day", ["", "yesterday", "2026-02-30", "1999-12-31", "2100-01-01", "9999-12-31"])
def test_what_is_no_day_of_a_leader_board_is_refused(day: str) -> None:
    world = World()
    status, answer = world.leaders_of("rings", {"day": day}, world.session())
    assert (status, list(answer), world.seen) == (400, ["error"], [("400", APP_ID)])


# --- pushes -------------------------------------------------------------------------------------------


def pushed(world: World, text: str, **changes: Any) -> Answer:
    asked = query(world.now, **changes)
    return world.receive(MiniProgramRequest("push", "", HttpRequest("POST", APP_ID, asked, text.encode())))


ENTERED = {"ToUserName": ACCOUNT.settings.original_id, "FromUserName": OPENID, "MsgType": "event"}


def test_a_push_in_json_is_queued_and_answered_as_wechat_wants_it() -> None:
    world = World()
    text = json.dumps(
        ENTERED | {"CreateTime": int(NOON.timestamp()), "Event": "user_enter_tempsession", "SessionFrom": "x"}
    )
    assert pushed(world, text) == Answer()
    (event,) = world.queue.told
    assert (event.kind, event.subject) == ("user_enter_tempsession", SUBJECT)


def test_a_push_with_a_wrong_signature_is_refused_and_counted_as_a_callback() -> None:
    world = World()
    assert pushed(world, "{}", token="another-token-of-16").status == 403
    assert world.seen == [("push refused 403", APP_ID)]


def test_wechats_console_is_shown_that_the_address_is_ours() -> None:
    world = World()
    asked = query(world.now) | {"echostr": "7"}
    answer = world.receive(MiniProgramRequest("push", "", HttpRequest("GET", APP_ID, asked)))
    assert answer == Answer(body="7")
    assert world.seen == [("verified", APP_ID)]


# --- the function -------------------------------------------------------------------------------------


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Any:
    with serve_fake_aws() as aws:
        variables = environment(aws) | {
            "KEYS_SECRET_PREFIX": "wejourney/keys",
            "LEDGER_TABLE": "LedgerTable",
            "KEEP_UPLOADS": "30",
            "UPLOAD_BUCKET": "uploads",
            "CLOCK": "",
            "WECHAT_API_URL": "http://127.0.0.1:9",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(bootstrap, "load_programme", Programme)
        monkeypatch.setattr(bootstrap, "load_people_rules", PeopleRules)
        for name, key in KEYS.items():
            aws.secrets[f"wejourney/keys/{name}"] = json.dumps({"key": key.current.decode()})
        app.receive_mini_program.cache_clear()
        yield aws
        app.receive_mini_program.cache_clear()


def posted(path: str, body: Any, token: str = "") -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "requestContext": {"http": {"method": "POST", "path": path}},
        "headers": {"authorization": f"Bearer {token}"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def test_the_function_asks_aws_twice_at_first_and_then_once_for_up_to_ten_events(served: FakeAws) -> None:
    now = app.receive_mini_program().now()
    token = seal_session(SUBJECT, KEYS["sessions"].all, now)
    events = [viewed(number, at=now.isoformat()) for number in range(25)]
    first = app.handler(posted("/mini/events", {"events": events[:10]}, token), CONTEXT)
    assert (first["statusCode"], served.operations) == (200, ["GetSecretValue", "SendMessageBatch"])
    served.calls.clear()
    app.handler(posted("/mini/events", {"events": events}, token), CONTEXT)
    assert served.operations == ["SendMessageBatch"] * 3
    assert len(served.sent) == 25


def test_the_function_logs_nobody(served: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", stream)
    now = app.receive_mini_program().now()
    token = seal_session(SUBJECT, KEYS["sessions"].all, now)
    private = {"order": "A-PRIVATE", "properties": {"product": "R-PRIVATE"}}
    batch = [viewed(1, at=now.isoformat(), **private), viewed(2, name="PRIVATE")]
    app.handler(posted("/mini/events", {"events": batch}, token), CONTEXT)
    app.handler(posted("/mini/session", {"app_id": "wxPRIVATE00", "code": CODE}), CONTEXT)
    app.handler(posted("/mini/phone", {"code": CODE}, "PRIVATE" * 20), CONTEXT)
    app.handler(posted("/mini/nothing", {}), CONTEXT)
    logged = stream.getvalue()
    assert logged.count("\n") >= 5
    for secret in (OPENID, CODE, "PRIVATE", token, "event-0001"):
        assert secret not in logged


def test_a_key_whose_secret_is_gone_is_our_failure_and_no_mini_program_that_is_missing(
    served: FakeAws,
) -> None:
    served.secrets.clear()
    answer = app.handler(posted("/mini/events", {"events": []}, "x" * 100), CONTEXT)
    assert answer["statusCode"] == 503
