"""A malformed call of any route of the fake WeChat is the caller's mistake: never a 500, never half done."""

import asyncio
import copy
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from starlette.routing import Route

from infra.sandbox import phone
from infra.sandbox.fake_wechat.calls import DEEPEST, ENDPOINTS
from infra.sandbox.guard import App
from tests.support.examples.hostile import HOST, Answer, Request, answer, ask

OPENID = "oLee"
ACTS = phone.ACTS

BODIES: Mapping[str, Any] = {
    "stable_token": {"grant_type": "client_credential", "appid": "wx1", "secret": "s", "force_refresh": True},
    "message/custom/send": {
        "touser": OPENID, "msgtype": "msgmenu", "text": {"content": "hello"},
        "image": {"media_id": "MEDIA_ID_1"},
        "news": {"articles": [{"title": "t", "description": "d", "url": "u", "picurl": "p"}]},
        "msgmenu": {"head_content": "h", "tail_content": "t", "list": [{"id": "1", "content": "yes"}]},
        "miniprogrampage": {"title": "t", "appid": "a", "pagepath": "p", "thumb_media_id": "MEDIA_ID_1"},
    },
    "message/custom/typing": {"touser": OPENID, "command": "Typing"},
    "qrcode/create": {
        "action_name": "QR_STR_SCENE", "expire_seconds": 60,
        "action_info": {"scene": {"scene_str": "store-1", "scene_id": 1}},
    },
    "menu/create": {"button": [{"type": "click", "name": "n", "key": "K"}]},
    "user/info/batchget": {"user_list": [{"openid": OPENID, "lang": "zh_CN"}]},
    "tags/create": {"tag": {"name": "vip"}},
    "tags/members/batchtagging": {"tagid": 100, "openid_list": [OPENID]},
    "tags/members/batchuntagging": {"tagid": 100, "openid_list": [OPENID]},
    "tags/getidlist": {"openid": OPENID},
    "faults": {
        "path": "token", "times": 1, "errcode": -1, "http_status": 500, "timeout": 0, "carried_out": True
    },
    "quota": {"custom_send": 3},
    "tokens/revoke": {},
    "act": {
        "scene": "7", "subscribe_scene": "ADD_SCENE_OTHERS", "unionid": "u", "language": "en", "text": "hi",
        "menu_item": "1", "key": "K", "url": "http://u", "times": 1, "kind": "image", "base64": "/9j/",
    },
}  # fmt: skip
"""A body that every route understands, by its path; other routes get the one of an act."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, 1e308, float("nan"), float("inf"), float("-inf"), 2**31, -(2**63),
    10**400,
    "", "x", "many", "1", "9" * 5000, "٣", "\x00", "\ud800", "a\udfff", "\ufffe", "x" * 5000, "]]>",
    "<a>&b;</a>",
    [], [None], [[]], [{}], ["x"], [1], {}, {"x": 1}, {"scene": "x"}, {"scene": []}, {"name": ["x"]},
    {"": {}},
    "QR_SCENE", "QR_LIMIT_SCENE", "text", "image", "news", "miniprogrampage", "video", "music", [["x"]] * 60,
)  # fmt: skip
"""In the place of every part of a body."""

RAW = (
    b"", b" ", b"null", b"true", b"1", b"-0", b'"x"', b"[]", b"[{}]", b"{", b"}", b"{]", b'{"a"}',
    b'{"a":}', b"{'a': 1}",
    b"\xff", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"text": "\xed\xa0\x80"}', b'{"text": "\xc3"}',
    b"\x00",
    b'{"times": NaN}', b'{"times": 1e999}', b'{"times": -Infinity}', b'{"times": 1' + b"0" * 5000 + b"}",
    b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000,
    b'{"a":' * 2000 + b"1" + b"}" * 2000, b'{"button": ' + b"[" * 500 + b"]" * 500 + b"}",
    b'{"text": "a", "text": {}}', b"<xml></xml>", b"a=1&b=2", b'{"text": "\\ud800"}',
    b'{"touser": "\\udc00"}',
)  # fmt: skip
"""In the place of a whole body."""


def replaced(body: Any) -> Iterator[Any]:
    """The body with each of its parts left out, and with something odd in the place of each."""
    for place in places(body):
        for odd in (..., *ODD):
            changed = copy.deepcopy(body)
            parent = changed
            for name in place[:-1]:
                parent = parent[name]
            if odd is ...:
                del parent[place[-1]]
            else:
                parent[place[-1]] = odd
            yield changed


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in items:
        yield (*before, name)
        yield from places(child, (*before, name))


NAMES = sorted({str(name) for body in BODIES.values() for *_, name in places(body) if name not in range(9)})


def generated(rng: random.Random, depth: int = 3) -> Any:
    """Any JSON, its names those that the routes know."""
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(ODD)
    if rng.random() < 0.3:
        return [generated(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(NAMES): generated(rng, depth - 1) for _ in range(rng.randrange(6))}


def routes(app: Any) -> Iterator[tuple[str, str, str]]:
    """Method, path and the name of the body of every route that may have a body."""
    for route in app.routes:
        assert isinstance(route, Route)
        prefix = route.path.partition("{path")[0]
        if prefix in ("/cgi-bin/", "/sns/", "/wxa/"):
            addresses = ((method, address_of(path), path) for method, path in ENDPOINTS)
            yield from (address for address in addresses if address[1].startswith(prefix))
        elif "{act}" in route.path:
            yield from (("POST", f"/sandbox/followers/{OPENID}/{act}", "act") for act in (*ACTS, "dance"))
        elif "POST" in (route.methods or ()) and not is_of_till(route):
            yield "POST", route.path, route.path.removeprefix("/sandbox/")


def is_of_till(route: Route) -> bool:
    """Whether it is the page of the till or what that asks: the deployed API answers, by its own tests."""
    return route.path.startswith("/sandbox/till")


def address_of(path: str) -> str:
    return path if path.startswith("/") else f"/cgi-bin/{path}"


def bodies(name: str, rng: random.Random) -> Iterator[bytes]:
    yield from RAW
    yield from (raw.replace(b"times", b"custom_send") for raw in RAW if b"times" in raw)
    for body in replaced(BODIES.get(name, BODIES["act"])):
        yield json.dumps(body).encode()
    for _ in range(60):
        body = generated(rng)
        yield json.dumps(body).encode()
        yield json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def state_of(world: Any) -> str:
    return repr({name: value for name, value in vars(world).items() if name not in ("clock", "_message_ids")})


def asked(method: str, path: str, body: bytes, token: str = "") -> Request:
    query = f"?access_token={token}" if token else ""
    return Request(method, path + query, (("host", HOST), ("content-type", "application/json")), body)


def reading(app: Any) -> Iterator[str]:
    """Every route that shows what the fake remembers."""
    for route in app.routes:
        if "GET" in (route.methods or ()) and route.path.startswith("/sandbox/") and not is_of_till(route):
            yield route.path.format(openid=OPENID)
    yield from (address_of(path) for method, path in ENDPOINTS if method == "GET" and path != "token")


def understood(path: str, got: Answer) -> bool:
    """Whether an answer says clearly what became of a call."""
    if got.status == 404:
        return True
    if got.body.startswith(b"\x89PNG"):
        return path == "/wxa/getwxacodeunlimit"
    data = json.loads(got.body)
    if not path.startswith("/sandbox/"):
        return got.status == 200 and isinstance(data.get("errcode", 0), int)
    return got.status == 200 or (got.status == 400 and bool(data["error"]))


@pytest.mark.long
@pytest.mark.parametrize(("below", "calls"), [("/cgi-bin/", 8_000), ("/wxa/", 700), ("/sandbox/", 5000)])
def test_a_malformed_call_is_answered_as_the_callers_mistake_and_changes_nothing(
    fake: Any, below: str, calls: int
) -> None:
    rng = random.Random(8)  # noqa: S311 - a seed, so that a failure can be repeated
    fake.act(OPENID, "follow", scene="7")
    fake.world.tags[100] = "vip"
    token = (
        fake.token if below != "/wxa/" else fake.world.mini_program.tokens.issue(fake.clock.real_now()).value
    )
    tried = 0

    async def try_all() -> None:
        nonlocal tried
        for method, path, name in (route for route in routes(fake.app) if route[1].startswith(below)):
            before: str | None = None
            for body in bodies(name, rng):
                if before is None and below == "/sandbox/":
                    before = state_of(fake.world)
                got = await answer(fake.app, asked(method, path, body, token))
                assert understood(path, got), (path, body[:300], got)
                if got.status == 400:
                    assert state_of(fake.world) == before, (path, body[:300])
                else:
                    before = None
                tried += 1
                fake.world.faults.clear()
                fake.world.sent_media.clear()
                fake.world.people[OPENID].following = True
                # The clock stands: no act has to wait for the next second.
                fake.world.people[OPENID].acted_at = None
            await read_all(fake.app, token)
            # What is remembered is written out at every try: it must not pile up.
            fake.world.refusals.clear()
            fake.world.people[OPENID].messages.clear()
            fake.callback.deliveries.clear()

    asyncio.run(try_all())
    assert tried > calls


async def read_all(app: App, token: str) -> None:
    """What was taken in can be shown."""
    for path in reading(app):
        got = await answer(app, asked("GET", f"{path}?openid={OPENID}&access_token={token}", b""))
        assert got.status in (200, 404), path


EXAMPLES = [
    ("/cgi-bin/qrcode/create", {"action_name": "QR_STR_SCENE", "action_info": "x"}, 40053),
    (
        "/cgi-bin/qrcode/create",
        {"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": True}}},
        40053,
    ),
    ("/cgi-bin/tags/create", {"tag": ["x"]}, 45158),
    ("/cgi-bin/tags/members/batchtagging", {"tagid": [], "openid_list": [OPENID]}, 45159),
    ("/cgi-bin/user/info/batchget", {"user_list": ["x"]}, 40035),
    ("/cgi-bin/user/info/batchget", {"user_list": [{"openid": []}]}, 40003),
    ("/cgi-bin/menu/create", [], 47001),
    ("/cgi-bin/menu/create", {"button": [{"name": float("nan")}]}, 47001),
    ("/cgi-bin/message/custom/typing", {"touser": "\udc00"}, 47001),
]


@pytest.mark.parametrize(("path", "body", "errcode"), EXAMPLES)
def test_wechats_api_names_the_mistake_by_its_errcode(fake: Any, path: str, body: Any, errcode: int) -> None:
    got = ask(fake.app, asked("POST", path, json.dumps(body).encode(), fake.token))
    assert (got.status, json.loads(got.body)["errcode"]) == (200, errcode)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/sandbox/followers/{OPENID}/follow", {"times": "many"}),
        (f"/sandbox/followers/{OPENID}/follow", {"times": 0}),
        (f"/sandbox/followers/{OPENID}/follow", {"times": 10**9}),
        (f"/sandbox/followers/{OPENID}/follow", {"scene": "9" * 5000}),
        ("/sandbox/quota", {"custom_send": []}),
        ("/sandbox/quota", {"custom_send": -1}),
        ("/sandbox/quota", {"custom_send": 10**30}),
        ("/sandbox/faults", {"path": "token", "timeout": 10**9}),
        ("/sandbox/faults", {"path": "token", "times": "2"}),
        ("/sandbox/faults", {"path": "token", "http_status": 100}),
        ("/sandbox/faults", {"path": ["token"]}),
        ("/sandbox/faults", {"errcode": 1}),
        ("/sandbox/faults", {"path": "token", "colour": "red"}),
    ],
)
def test_counts_times_and_types_are_bounded(fake: Any, path: str, body: Any) -> None:
    before = state_of(fake.world)
    got = ask(fake.app, asked("POST", path, json.dumps(body).encode()))
    assert got.status == 400
    assert json.loads(got.body)["error"]
    assert state_of(fake.world) == before
    assert fake.callback.deliveries == []


def test_a_body_may_be_nested_as_deeply_as_menus_are_and_no_deeper(fake: Any) -> None:
    def nested(levels: int) -> bytes:
        return b'{"button": [' + b'{"a":' * (levels - 2) + b"1" + b"}" * (levels - 2) + b"]}"

    answers = [ask(fake.app, asked("POST", "/cgi-bin/menu/create", nested(levels), fake.token)) for levels in
               (DEEPEST - 1, DEEPEST + 1)]  # fmt: skip
    assert [json.loads(got.body)["errcode"] for got in answers] == [0, 47001]


FORM = b'--b\r\nContent-Disposition: form-data; name="media"; filename="r.png"\r\n\r\n\x89PNG\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("content_type", "body", "stored"),
    [
        ("multipart/form-data; boundary=b", FORM, True),
        ('Multipart/Form-Data; charset=utf-8; boundary="b"', FORM, True),
        ("multipart/form-data; boundary=other", FORM, False),
        ("multipart/form-data", FORM, False),
        ("multipart/form-data; boundary=", FORM, False),
        ("application/json", b"{}", False),
        ("", b"", False),
        ("multipart/form-data; boundary=\xe9", b"--\xe9\r\n", False),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 5000,
            False,
        ),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"content-disposition:;" * 100_000, False),
        ("multipart/form-data; boundary=-", b"-" * 1_000_000, False),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\ncontent-disposition: form-data; filename*=x'y\r\n\r\n",
            True,
        ),
    ],
)
def test_an_upload_without_a_file_is_a_mistake_of_the_caller(
    fake: Any, content_type: str, body: bytes, *, stored: bool
) -> None:
    upload = Request("POST", f"/cgi-bin/media/upload?type=image&access_token={fake.token}",
                     (("host", HOST), ("content-type", content_type)), body)  # fmt: skip
    got = ask(fake.app, upload)
    assert got.status == 200
    assert (json.loads(got.body).get("errcode", 0) == 0) is stored
