"""`track.js` on a phone of a test, against the real function: events are queued offline and count once."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from functions.mini_program import app
from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.games import FakeGames
from tests.support.fakes.loyalty.gifts import FakeGifts, FakeIdentities, FakeTries
from tests.support.servers.aws import FakeAws, serve_fake_aws
from tests.support.servers.callback_function import CONTEXT, environment
from tests.support.servers.npm import installed
from tests.support.servers.served_wechat import WeChatServer, wechat_server
from wejourney.bootstrap import mini_program as bootstrap
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.books import earn
from wejourney.loyalty.games import Every, GameTerms
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.messaging.uploads import Upload, UploadStatus
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ANY_PROFILE
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.loyalty.leader_boards import LeaderBoards
from wejourney.services.loyalty.serve_leaders import ServeLeaders
from wejourney.services.uploads.ports import UploadForm

HERE = Path(__file__).parent
FILE = HERE.parents[1] / "infra/mini-program/track.js"
OPENID = "oMini0000000000000000000001"
BUCKET = "/bucket"
KEYS = {name: name * 20 for name in ("sessions", "phones")}


@dataclass
class Shop:
    """The function over loopback HTTP, a fake AWS and the fake WeChat behind it, and a phone before it."""

    aws: FakeAws
    wechat: WeChatServer
    app_id: str
    url: str = ""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    posted: list[bytes] = field(default_factory=list)
    bucket_status: int = 204
    ask: Callable[..., dict[str, Any]] = field(default=lambda **_: {})

    def do(self, command: str, **values: Any) -> dict[str, Any]:
        return self.ask(do=command, **values)

    def start(self, **more: str) -> dict[str, Any]:
        return self.do("start", url=self.url, app_id=self.app_id, openid=OPENID, **more)

    def track(self, number: int, name: str = "product.viewed", **about: str) -> dict[str, Any]:
        return self.do("track", name=name, properties={"product": f"R-{number}"}, about=about)

    @property
    def products(self) -> list[str]:
        """What arrived in the inbox, each event once."""
        events = (message["event"] for message in self.aws.sent)
        return [event["fields"]["details"]["product"] for event in events]


def gateway_event(handler: BaseHTTPRequestHandler) -> dict[str, Any]:
    length = int(handler.headers.get("content-length", 0))
    path, _, query = handler.path.partition("?")
    folder, _, name = path.rpartition("/")
    parameters = {"game": unquote(name)} if folder == "/mini/leaders" else {}
    route = f"{folder}/{{game}}" if parameters else path
    return {
        "routeKey": f"{handler.command} {route}",
        "pathParameters": parameters,
        "queryStringParameters": dict(parse_qsl(query)),
        "requestContext": {"http": {"method": handler.command, "path": handler.path}},
        "headers": dict(handler.headers),
        "body": handler.rfile.read(length).decode(),
        "isBase64Encoded": False,
    }


type Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def phones() -> Iterator[Ask]:
    """Phones one after the other, in one process: to start one takes a second."""
    command = [shutil.which("node") or "node", "track.cjs", str(FILE)]
    with subprocess.Popen(  # noqa: S603  # our own script
        command, cwd=installed(HERE).parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def ask(**values: Any) -> dict[str, Any]:
            stdin.write(json.dumps(values) + "\n")
            stdin.flush()
            answer: dict[str, Any] = json.loads(stdout.readline())
            return answer

        yield ask
        stdin.close()


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, phones: Ask) -> Iterator[Shop]:
    with serve_fake_aws() as aws, wechat_server() as wechat:
        world = wechat.new().world
        theirs = world.mini_program.account
        variables = environment(aws) | {
            "KEYS_SECRET_PREFIX": "wejourney/keys",
            "LEDGER_TABLE": "LedgerTable",
            "KEEP_UPLOADS": "30",
            "UPLOAD_BUCKET": "uploads",
            "CLOCK": "",
            "WECHAT_API_URL": wechat.url,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(bootstrap, "load_programme", Programme)
        monkeypatch.setattr(bootstrap, "load_people_rules", PeopleRules)
        for name, key in KEYS.items():
            aws.secrets[f"wejourney/keys/{name}"] = json.dumps({"key": key})
        secret = {"kind": "mini_program", "app_secret": theirs.app_secret}
        aws.secrets[f"{variables['ACCOUNTS_SECRET_PREFIX']}/{theirs.app_id}"] = json.dumps(secret)
        app.receive_mini_program.cache_clear()
        shop = Shop(aws, wechat, theirs.app_id)
        one_at_a_time = Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                if self.path == BUCKET:
                    shop.posted.append(self.rfile.read(int(self.headers["content-length"])))
                    self.send_response(shop.bucket_status)
                    self.end_headers()
                    return
                event = gateway_event(self)
                asked = json.loads(event["body"] or "{}")
                if str(asked.get("code", "")).startswith(f"code-of-{OPENID}"):
                    # The phone makes up its codes, WeChat knows them.
                    code = world.mini_program.issue(OPENID, world.clock.now())
                    event["body"] = json.dumps(asked | {"code": code})
                with one_at_a_time:
                    answer = app.handler(event, CONTEXT)
                status, body = answer["statusCode"], answer["body"].encode()
                if shop.answers:
                    status, body = shop.answers.pop(0)
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.send_header("content-type", answer["headers"]["content-type"])
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            shop.url, shop.ask = f"http://127.0.0.1:{server.server_port}/mini/", phones
            shop.do("new")
            try:
                yield shop
            finally:
                server.shutdown()
                thread.join()
        app.receive_mini_program.cache_clear()


def test_an_event_is_sent_at_once_under_a_session_that_is_kept(shop: Shop) -> None:
    shop.start()
    told = shop.track(1)
    assert [(one["path"], one["status"]) for one in told["requests"]] == [
        ("/mini/session", 200),
        ("/mini/events", 200),
    ]
    assert [one["path"] for one in shop.track(2)["requests"]] == ["/mini/events"]
    assert shop.products == ["R-1", "R-2"]
    assert told["queued"] == 0


def test_what_happens_offline_is_sent_once_with_its_own_time_when_there_is_a_network(
    shop: Shop,
) -> None:
    shop.start()
    shop.do("set", online=False)
    began = datetime.now(UTC)
    for number in range(3):
        assert shop.track(number)["queued"] == number + 1
    hours = int(timedelta(hours=6) / timedelta(milliseconds=1))
    shop.do("set", clock=hours)
    assert shop.aws.sent == []
    # The phone's clock went on for six hours, as the server's did not: the events are six hours old by it.
    told = shop.do("connect")
    assert told["queued"] == 0
    assert shop.products == ["R-0", "R-1", "R-2"]
    ages = {began - datetime.fromisoformat(message["event"]["at"]) for message in shop.aws.sent}
    assert all(abs(age - timedelta(hours=6)) < timedelta(minutes=5) for age in ages)


def test_the_queue_outlives_the_mini_program(shop: Shop) -> None:
    shop.start()
    shop.do("set", online=False)
    shop.track(1)
    shop.do("restart", url=shop.url, app_id=shop.app_id)
    shop.track(2)
    shop.do("connect")
    assert shop.products == ["R-1", "R-2"]


def test_what_happens_before_the_start_takes_nothing_out_of_the_queue(shop: Shop) -> None:
    shop.start()
    shop.do("set", online=False)
    shop.track(1)
    told = shop.do("restart", url=shop.url, app_id=shop.app_id, early=["R-2", "R-3"])
    assert told["queued"] == 3
    shop.do("connect")
    assert shop.products == ["R-1", "R-2", "R-3"]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_batch_whose_answer_is_lost_comes_again_with_the_same_ids_and_times(shop: Shop, lost: int) -> None:
    shop.start()
    shop.track(0)
    shop.do("set", loses=lost)
    sent = shop.track(1)["requests"]
    for _ in range(lost):
        sent += shop.do("wait")["requests"]
    batches = [one["data"] for one in sent if one["path"] == "/mini/events"]
    assert len(batches) == lost + 1
    assert all(batch == batches[0] for batch in batches)
    assert shop.products == ["R-0", "R-1"]
    assert shop.do("wait")["queued"] == 0


@pytest.mark.parametrize("body", [b"<html>", b'{"message": "Forbidden"}', b"null"])
@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 408, 413, 429, 500, 502, 503])
def test_any_answer_but_our_servers_own_lets_the_events_be_sent_again_later(
    shop: Shop, status: int, body: bytes
) -> None:
    shop.start()
    shop.track(0)
    shop.answers = [(status, body)]
    told = shop.track(1)
    assert (told["queued"], told["warnings"]) == (1, [])
    assert shop.do("wait")["queued"] == 0
    assert shop.products == ["R-0", "R-1"]


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, b"{}"), (404, b"{}")])
def test_a_login_that_our_server_has_not_answered_is_tried_again(
    shop: Shop, answer: tuple[int, bytes]
) -> None:
    shop.answers = [answer]
    shop.start()
    shop.answers = [answer]
    assert shop.track(1)["queued"] == 1
    shop.answers = []
    assert shop.do("wait")["queued"] == 0
    assert shop.products == ["R-1"]


def test_a_session_that_is_over_is_renewed_and_the_events_are_sent(shop: Shop) -> None:
    shop.start()
    shop.track(1)
    shop.aws.secrets["wejourney/keys/sessions"] = json.dumps({"key": "another key " * 5})
    app.receive_mini_program.cache_clear()
    told = shop.track(2)
    assert [one["status"] for one in told["requests"]] == [401, 200, 200]
    assert (shop.products, told["logins"]) == (["R-1", "R-2"], 2)


def test_an_event_that_the_server_rejects_is_told_to_the_developer_and_not_sent_again(shop: Shop) -> None:
    shop.start()
    told = shop.do("track", name="product.view", properties={}, about={})
    assert told["queued"] == 0
    assert len(told["warnings"]) == 1
    assert "product.view" in told["warnings"][0]
    assert "none of the known events" in told["warnings"][0]
    assert shop.aws.sent == []


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_phone_whose_clock_is_wrong_tells_the_right_time(shop: Shop, days: int) -> None:
    shop.do("set", clock=days * 86_400_000)
    shop.start()
    told = shop.track(1)
    assert (told["queued"], told["warnings"]) == (0, [])
    (message,) = shop.aws.sent
    assert abs(datetime.fromisoformat(message["event"]["at"]) - datetime.now(UTC)) < timedelta(minutes=5)


def test_many_events_are_sent_in_batches_and_the_oldest_are_given_up_first(shop: Shop) -> None:
    shop.start()
    shop.do("set", online=False)
    for number in range(510):
        told = shop.track(number)
    assert told["queued"] == 500
    told = shop.do("connect")
    assert [len(one["data"]["events"]) for one in told["requests"] if "events" in one["path"]] == [50] * 10
    assert shop.products == [f"R-{number}" for number in range(10, 510)]


def test_a_batch_that_is_too_large_is_sent_in_parts(shop: Shop) -> None:
    shop.start()
    shop.do("set", online=False)
    for number in range(40):
        properties = {f"p{place}": "字" * 100 for place in range(8)} | {"product": f"R-{number}"}
        shop.do("track", name="custom.large", properties=properties, about={})
    told = shop.do("connect")
    assert told["queued"] == 0
    assert 413 in {one["status"] for one in told["requests"]}
    assert shop.products == [f"R-{number}" for number in range(40)]


def test_an_event_can_be_about_an_order(shop: Shop) -> None:
    shop.start()
    shop.do("track", name="order.created", properties={"total": 20000}, about={"order": "A-1"})
    (message,) = shop.aws.sent
    assert message["event"]["fields"]["order"] == "A-1"


def test_a_phone_number_is_passed_on_by_its_code(shop: Shop) -> None:
    shop.start()
    shop.track(1)
    assert shop.do("phone", code="a-code-that-wechat-does-not-know")["result"] is False


def test_a_gift_is_given_looked_at_claimed_and_taken_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books are in memory here: tests/functional/test_gifts_in_mini_programs.py holds them to a table."""
    followers, receive = FakeFollowers(), app.receive_mini_program()
    person = Follower(shop.app_id, OPENID, OPENID, contact_id="c-me", following=True, followed_at=NOON)
    followers.save(None, person)
    records, inbox = FakeGifts(followers), FakeInbox()
    earned = Asked("earned", Kind.EARN, NOON, Cause("event"), {}, day="2026-11-28")
    Bookkeeping(records, followers).post(OPENID, earned, lambda books: earn(books, 40, Lot(Pocket.AVAILABLE)))
    programme = Programme(gifts={"points": GiftTerms(most=50, returns_after=7)})
    gifts = Gifts(records, followers, programme, ANY_PROFILE, inbox, receive.now)
    serve = replace(receive.gifts, gifts=gifts, people=FakeIdentities(followers), tries=FakeTries())
    monkeypatch.setattr(app, "receive_mini_program", cache(lambda: replace(receive, gifts=serve)))

    def call(name: str, *values: Any) -> tuple[int, dict[str, Any]]:
        result = shop.do("call", name=name, values=values)["result"]
        return result["status"], result["body"]

    shop.start()
    giving = {"id": shop.do("call", name="newId", values=[])["result"], "amount": 30}
    status, given = call("giveGift", giving)
    assert (status, given["amount"], given["asset"], given["status"]) == (200, 30, "points", "open")
    assert call("giveGift", giving) == (200, given), "the answer was lost, say"
    assert [gift["gift"] for gift in call("gifts")[1]["gifts"]] == [given["gift"]]
    assert call("lookAtGift", given["code"])[1]["own"] is True
    assert call("claimGift", given["code"])[1]["reason"] == "own_gift"
    assert call("takeGiftBack", given["gift"])[1]["status"] == "taken_back"
    assert call("gifts") == (200, {"gifts": []})
    assert records.books(OPENID).available == 40


@pytest.mark.parametrize("has_domain", [False, True])
def test_a_picture_is_uploaded_by_a_form_whose_last_field_it_is(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    has_domain: bool,  # noqa: FBT001 - a column of the table
) -> None:
    followers, receive = FakeFollowers(), app.receive_mini_program()
    followers.save(None, Follower(shop.app_id, OPENID, OPENID, contact_id="c-me"))
    bucket, opened = shop.url.replace("/mini/", BUCKET), list[Upload]()
    forms = SimpleNamespace(
        form=lambda name, content_type: UploadForm(
            "http://127.0.0.1:9/" if has_domain else bucket, {"key": name, "Content-Type": content_type}
        )
    )

    def find(upload_id: str) -> SimpleNamespace | None:
        return next((SimpleNamespace(upload=one) for one in opened if one.id == upload_id), None)

    records: Any = SimpleNamespace(open=lambda _, upload: opened.append(upload), find=find)
    people = FakeIdentities(followers)
    serve = replace(receive.uploads, records=records, forms=forms, people=people, is_on=True)
    monkeypatch.setattr(app, "receive_mini_program", cache(lambda: replace(receive, uploads=serve)))

    def upload(type_: str = "image/png") -> tuple[int, dict[str, Any]]:
        values = [{"id": picture, "filePath": "tmp/photo.png", "type": type_}]
        result = shop.do("call", name="upload", values=values)["result"]
        return result["status"], result["body"]

    shop.start(**({"uploadUrl": bucket} if has_domain else {}))
    picture = shop.do("call", name="newId", values=[])["result"]
    shop.bucket_status = 403
    assert upload() == (403, {})
    shop.bucket_status = 204
    shop.posted.clear()
    assert upload() == (200, {"upload": opened[0].id}), "by a fresh form for the same upload"
    assert len(opened) == 1
    (body,) = shop.posted
    fields = re.findall(rb' name="([\w-]+)"', body)
    assert fields == [b"key", b"Content-Type", b"file"]
    assert f"new/{opened[0].id}".encode() in body
    assert b"contents of tmp/photo.png" in body
    for shop.bucket_status in (200, 201):
        assert upload() == (200, {"upload": opened[0].id})
    posted = len(shop.posted)
    opened[0] = replace(opened[0], status=UploadStatus.CHECKING)
    assert upload() == (200, {"upload": opened[0].id, "status": "checking"}), "it is there already"
    assert len(shop.posted) == posted, "nothing is posted again"
    assert upload("text/html")[0] == 400
    shop.do("set", online=False)
    assert upload() == (0, {})


def test_a_leader_board_is_shown_for_a_day(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in memory here: tests/functional/test_leader_boards.py holds it to a table."""
    receive, games = app.receive_mini_program(), FakeGames()
    programme = Programme(games={"ring-toss": GameTerms(500, 30, every=Every.WEEK)})
    boards = LeaderBoards(games, games, programme)
    leaders = ServeLeaders(boards, FakeIdentities(FakeFollowers()), receive.now)
    monkeypatch.setattr(app, "receive_mini_program", cache(lambda: replace(receive, leaders=leaders)))
    shop.start()
    result = shop.do("call", name="leaders", values=["ring-toss", "2026-11-28"])["result"]
    assert (result["status"], result["body"]["period"], result["body"]["leaders"]) == (200, "2026-W48", [])
    assert shop.do("call", name="leaders", values=["a/b"])["result"]["status"] == 404


def test_the_file_is_typed_against_wechats_own_types() -> None:
    node = shutil.which("node") or "node"
    compiler = [node, "node_modules/typescript/bin/tsc", "--noEmit", "--allowJs", "--checkJs", "--strict"]
    target = ["--target", "es2018", "--lib", "es2018", "--module", "commonjs"]
    types = ["--typeRoots", "node_modules", "--types", "miniprogram-api-typings"]
    done = subprocess.run(  # noqa: S603  # the packages are ours, from a lock file
        [*compiler, *target, *types, str(FILE)],
        cwd=installed(HERE).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)
