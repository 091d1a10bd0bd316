"""No page of another site can use a port of this machine: every route of every local service is tried."""

import asyncio
import http.client
import inspect
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import pytest
from botocore.session import get_session
from hypothesis import assume, given
from hypothesis import strategies as st
from ministack import app as ministack
from starlette.responses import Response
from starlette.routing import Route

from infra.bench.serving import served
from infra.sandbox import local_aws, phone
from infra.sandbox.fake_wechat.calls import ENDPOINTS
from infra.sandbox.guard import (
    LOOPBACK,
    App,
    AsgiMessage,
    Guard,
    Receive,
    Send,
    head_of,
    json_changes,
    rejection,
    signed_calls,
)
from infra.sandbox.proxy import DEPLOYED, create_proxy
from tests.support.examples.hostile import ATTACKS, FORMS, HOST, HOSTS, ORIGINS, PORT, Request, answer, ask
from tests.support.patience import PATIENCE
from tests.support.servers.aws import FakeAws, serve_fake_aws

OPENID = "oVictim"
SIGNED = ("authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/cn-north-1/x/aws4_request, Signature=x")
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
REJECTED = {403, 413, 415, 421}
"""What the guard answers."""


@dataclass
class Reached:
    """An application behind a guard, which says what reached it."""

    seen: list[str] = field(default_factory=list)

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        self.seen.append(f"{scope.get('method', 'websocket')} {scope['path']}")
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept", "headers": [(b"Access-Control-Allow-Origin", b"*")]})
            return
        cors = {"Access-Control-Allow-Origin": "*", "access-control-allow-headers": "*", "X-Kept": "1"}
        await Response("done", headers=cors)(scope, receive, send)


def routes_of(app: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every route of an application, its parameters filled in."""
    for route in app.routes:
        assert isinstance(route, Route)
        values = {
            "openid": [OPENID],
            "act": list(phone.ACTS),
            "media_id": ["MEDIA_ID_1"],
            "control": ["pause", "run", "next", "advance"],
            "file": ["page.js"],
            "path": sorted({path for _, path in ENDPOINTS}),
        }
        names = sorted(route.param_convertors)
        for filled in itertools.product(*(values[name] for name in names)):
            path = route.path.replace("{path:path}", "{path}").format(**dict(zip(names, filled, strict=True)))
            for method in sorted(route.methods or ()):
                yield method, path


@cache
def aws_routes() -> set[tuple[str, str]]:
    """Every operation of all services of MiniStack, as botocore calls them, and MiniStack's own paths."""
    session = get_session()
    found = set()
    for name in set(ministack.SERVICE_HANDLERS) & set(session.get_available_services()):
        model = session.get_service_model(name)
        for operation in map(model.operation_model, model.operation_names):
            path = re.sub(r"\{[^}]*\}", "x", operation.http["requestUri"]).partition("?")[0]
            found.add((operation.http["method"], path))
    own = set(
        re.findall(
            r"""["'](/(?:_|oauth2|health|logout|restapis|iceberg)[\w/.-]*)""", inspect.getsource(ministack)
        )
    )
    return found | {(method, path) for path in own for method in ("GET", "POST", "PUT")}


def attacked(routes: Sequence[Request], app: App) -> list[tuple[str, Request, int]]:
    """All attacks on all routes: what was tried, and the status."""

    async def attack_all() -> list[tuple[str, Request, int]]:
        return [
            (name, route, (await answer(app, attack(route))).status)
            for route in routes
            for name, attack in ATTACKS.items()
        ]

    return asyncio.run(attack_all())


def state_of(world: Any) -> str:
    hidden = ("clock", "_message_ids")
    return repr({name: value for name, value in vars(world).items() if name not in hidden}) + repr(
        vars(world.tokens)
    )


def json_request(method: str, path: str, body: bytes = b'{"text": "hello", "custom_send": 1}') -> Request:
    body = body if method in CHANGES else b""
    return Request(method, path, (("host", HOST), ("content-type", "application/json")), body)


def test_every_route_of_the_fake_wechat_rejects_web_pages_without_effect(fake: Any) -> None:
    fake.act(OPENID, "follow")
    routes = [json_request(*route) for route in routes_of(fake.app)]
    before, delivered = state_of(fake.world), len(fake.callback.deliveries)

    tried = attacked(routes, fake.app)

    assert len(tried) > 2000
    assert [one for one in tried if not 400 <= one[2] < 500] == []
    assert (state_of(fake.world), len(fake.callback.deliveries)) == (before, delivered)


def test_every_change_of_the_sandbox_needs_the_content_type_of_json(fake: Any) -> None:
    fake.act(OPENID, "follow")
    changes = [
        json_request(method, path)
        for method, path in routes_of(fake.app)
        if method in CHANGES and path.startswith("/sandbox/")
    ]
    before, delivered = state_of(fake.world), len(fake.callback.deliveries)

    for change in changes:
        tried = [change.having(("content-type", kind)) for kind in FORMS] + [change.without("content-type")]
        assert {ask(fake.app, one).status for one in tried} == {415}

    assert len(changes) >= 9
    assert (state_of(fake.world), len(fake.callback.deliveries)) == (before, delivered)


def test_programs_of_this_machine_reach_every_route_of_the_fake_wechat(fake: Any) -> None:
    for method, path in routes_of(fake.app):
        for host in LOOPBACK:
            own = json_request(method, path).having(
                ("host", f"{host}:{PORT}"),
                ("origin", f"http://{host}:{PORT}"),
                ("sec-fetch-site", "same-origin"),
            )
            assert ask(fake.app, own).status not in REJECTED
    assert ask(fake.app, Request("POST", "/sandbox/tokens/revoke")).status == 200, (
        "without a body and its type"
    )


def test_every_route_of_the_api_rejects_web_pages_and_hands_nothing_on() -> None:
    aws = Reached()
    app = create_proxy("http://aws", "api", httpx.AsyncClient(transport=httpx.ASGITransport(aws)))
    paths = ("wechat/wx1", "sandbox/faults", "", "_ministack/reset")
    methods = sorted(
        {method for route in app.routes if isinstance(route, Route) for method in route.methods or ()}
    )
    routes = [
        Request(method, f"/{path}", (("host", HOST), ("content-type", "text/xml")))
        for method in methods for path in paths
    ]  # fmt: skip

    tried = attacked(routes, app)
    assert [one for one in tried if not 400 <= one[2] < 500] == []
    assert aws.seen == []

    assert {ask(app, route).status for route in routes} == {200}
    assert len(aws.seen) == len(routes)


def test_every_call_of_the_local_aws_is_rejected_from_web_pages_even_when_it_is_signed() -> None:
    reached = Reached()
    app = local_aws.guarded(reached)
    routes = [Request(*route).having(SIGNED) for route in sorted(aws_routes())]

    tried = attacked(routes, app)

    assert len(tried) > 50_000
    assert [one for one in tried if not 400 <= one[2] < 500] == []
    assert reached.seen == []


def test_the_local_aws_carries_out_signed_calls_only_but_for_those_of_the_table() -> None:
    reached = Reached()
    app = local_aws.guarded(reached)
    routes = [Request(*route) for route in sorted(aws_routes())]

    unsigned = [f"{one.method} {one.path}" for one in routes if ask(app, one).status == 200]
    assert unsigned == reached.seen
    assert unsigned == ["GET /_ministack/health"]
    assert {ask(app, one.having(SIGNED)).status for one in routes} == {200}


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Basic dGVzdDp0ZXN0")],
        [("authorization", "Bearer AWS4-HMAC-SHA256 Credential=test")],
        [("authorization", "AWS4-HMAC-SHA256 Credential=")],
        [SIGNED, SIGNED],
        [("x-amz-security-token", "t"), ("content-type", "text/plain")],
    ],
)
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=t&X-Amz-Signature=s",
        "?AWSAccessKeyId=test&Signature=s&Expires=9",
    ],
)
def test_without_a_valid_signature_header_no_call_reaches_the_local_aws(
    headers: list[tuple[str, str]], query: str
) -> None:
    reached = Reached()
    asked = Request("POST", f"/2015-03-31/functions{query}", body=b"{}").having(*headers)
    assert ask(local_aws.guarded(reached), asked).status == 403
    assert reached.seen == []


def test_websockets_of_the_local_aws_are_guarded_too() -> None:
    reached = Reached()
    app = local_aws.guarded(reached)
    path = "/_aws/execute-api/a/b"
    for name, attack in ATTACKS.items():
        if name != "a preflight":
            assert ask(app, attack(Request("GET", path)), kind="websocket").status == 403, name
    assert ask(app, Request("GET", "/"), kind="websocket").status == 403
    assert reached.seen == []
    assert ask(app, Request("GET", path), kind="websocket").status == 403, "no signature"
    assert reached.seen == []
    accepted = ask(app, Request("GET", path).having(SIGNED), kind="websocket")
    assert (accepted.status, accepted.headers) == (101, {})


BELOW_DEPLOYED = (
    "",
    "x",
    "x/",
    "x/$default",
    "x/$default/",
    "x/$default/wechat",
    "/",
    "//",
    "..",
    "%2e%2e/",
    "../",
)
CALLS_OF_AWS = (
    ("?Action=ListQueues", ()),
    ("?Action=CreateStack&StackName=s&TemplateBody=b", ()),
    ("", (("x-amz-target", "DynamoDB_20120810.ListTables"),)),
    ("", (("x-amz-target", "AWSSecurityTokenService.GetCallerIdentity"),)),
    ("", (("content-type", "application/x-www-form-urlencoded"),)),
    ("?X-Amz-Credential=t/20260101/us-east-1/sqs/aws4_request", ()),
)


def test_without_a_signature_no_path_below_the_deployed_api_reaches_another_service_of_ministack() -> None:
    short = Request("GET", f"{DEPLOYED}?Action=GetCallerIdentity&Version=2011-06-15")
    assert b"<GetCallerIdentityResult>" in ask(ministack.app, short).body, "MiniStack's own routing"

    app = local_aws.guarded(ministack.app)
    tried = [
        ask(
            app, Request(method, f"{DEPLOYED}{path}{query}", (("host", HOST), *headers), b"Action=ListQueues")
        )
        for method in ("GET", "POST", "PUT", "DELETE")
        for path in BELOW_DEPLOYED
        for query, headers in CALLS_OF_AWS
    ]
    assert len(tried) == 264
    assert {(one.status, b"AWS4-HMAC-SHA256" in one.body) for one in tried} == {(403, True)}


DOTS = ("..", ".", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%2e", "..%2f..", "%2e%2e%2f", "..%5c..", "..\\..")
"""Spellings of segments that something on the way could resolve."""


@given(
    st.lists(
        st.sampled_from(["wechat", "_aws", "", "$default", "a.b", "...", *DOTS]), min_size=1, max_size=6
    ),
    st.sampled_from(["", "?Action=ListQueues", "?a=/../"]),
)
def test_a_path_with_dot_segments_is_rejected_and_every_other_one_stays_below_the_api(
    deployed: tuple[str, list[bytes]], segments: list[str], query: str
) -> None:
    port, targets = deployed
    targets.clear()
    path = "/" + "/".join(segments)
    status = over_the_wire(int(port), Request("GET", path + query, (("host", f"127.0.0.1:{port}"),)))
    if set(segments) & set(DOTS):
        assert (status, targets) == (400, [])
    else:
        assert (status, targets) == (200, [f"{DEPLOYED}api/$default{path}{query}".encode()])


def test_a_path_that_does_not_begin_with_a_slash_is_rejected(deployed: tuple[str, list[bytes]]) -> None:
    port, targets = deployed
    targets.clear()
    for target in ("*", "wechat", "?Action=ListQueues", "%2Fwechat", "%2F..%2F"):
        asked = Request("OPTIONS", target, (("host", f"127.0.0.1:{port}"),))
        assert over_the_wire(int(port), asked) in {307, 400, 404}
    assert targets == []


@pytest.fixture(scope="module")
def deployed() -> Iterator[tuple[str, list[bytes]]]:
    """The port of an API in front of a guarded local AWS, and the targets that the latter was asked for."""
    targets: list[bytes] = []

    async def aws(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        query = scope["query_string"]
        targets.append(scope["raw_path"] + (b"?" + query if query else b""))
        await Response("done")(scope, receive, send)

    with served(local_aws.guarded(aws)) as endpoint, served(create_proxy(endpoint, "api", client())) as api:
        yield api.rpartition(":")[2], targets


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


@pytest.mark.parametrize(
    "own",
    [
        [],
        [("authorization", "Bearer t")],
        [SIGNED],
        [("authorization", "a"), ("authorization", "b")],
    ],
)
def test_the_function_sees_the_authorization_of_the_caller_and_not_that_of_the_proxy(
    own: list[tuple[str, str]],
) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def aws(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        seen.extend(scope["headers"])
        await Response("done")(scope, receive, send)

    with served(local_aws.guarded(aws)) as endpoint, served(create_proxy(endpoint, "api", client())) as api:
        port = api.rpartition(":")[2]
        asked = Request("POST", "/wechat", (("host", f"127.0.0.1:{port}"), *own))
        assert over_the_wire(int(port), asked) == 200
    found = [(name.decode(), value.decode()) for name, value in seen if b"authorization" in name]
    assert found == own


def test_an_address_that_is_typed_into_a_browser_or_opened_from_elsewhere_may_only_look_at_the_sandbox(
    fake: Any,
) -> None:
    typed = ("sec-fetch-site", "none")
    for method, path in routes_of(fake.app):
        status = ask(fake.app, json_request(method, path).having(typed)).status
        assert (status == 403) != (method == "GET" and path.startswith("/sandbox/")), (method, path)
    reached = Reached()
    for app in (Guard(reached), local_aws.guarded(reached), Guard(reached, signed_calls())):
        for method in ("GET", "POST"):
            for path in ("/", "/sandbox/clock", "/_ministack/health", "/wechat/wx1"):
                assert ask(app, Request(method, path).having(SIGNED, typed)).status == 403
    assert reached.seen == []


@pytest.fixture
def fake_aws() -> Iterator[FakeAws]:
    with serve_fake_aws() as aws:
        yield aws


def over_the_wire(port: int, asked: Request) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.putrequest(asked.method, asked.path, skip_host=True, skip_accept_encoding=True)
    for name, value in (*asked.headers, ("content-length", str(len(asked.body)))):
        connection.putheader(name, value)
    connection.endheaders(asked.body)
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_fake_aws_of_the_bench_rejects_web_pages_without_effect(fake_aws: FakeAws) -> None:
    port = int(fake_aws.endpoint.rpartition(":")[2])
    target = ("x-amz-target", "AmazonSQS.ListQueues")
    call = Request("POST", "/", (("host", f"127.0.0.1:{port}"), SIGNED, target), b"{}")

    for name, attack in ATTACKS.items():
        assert 400 <= over_the_wire(port, attack(call)) < 500, name
    for method in ("GET", "PUT", "HEAD", "OPTIONS"):
        assert over_the_wire(port, Request(method, "/", (("host", f"127.0.0.1:{port}"),))) == 403
    assert over_the_wire(port, call.without("authorization")) == 403
    assert fake_aws.calls == []

    for body in (b"", b"[", b"[]", b"\xff", b'{"SecretId": 1}'):
        secret = ("x-amz-target", "secretsmanager.GetSecretValue")
        assert over_the_wire(port, Request("POST", "/", (*call.headers[:2], secret), body)) == 400
    assert over_the_wire(port, call.without("x-amz-target")) == 400


@given(st.one_of(st.sampled_from(HOSTS), st.text(), st.from_regex(r"(127\.0\.0\.1|localhost|\[::1\]).*")))
def test_any_host_but_our_own_is_rejected(host: str) -> None:
    assume(host not in {f"{name}:{PORT}" for name in LOOPBACK})
    assert rejection(head_of("GET", "/", [("Host", host)]), PORT) is not None


@given(st.one_of(st.sampled_from(ORIGINS), st.text(), st.from_regex(rf"http://127\.0\.0\.1:{PORT}.+")))
def test_any_origin_but_our_own_is_rejected(origin: str) -> None:
    assume(origin != f"http://{HOST}")
    assert rejection(head_of("GET", "/", [("Host", HOST), ("ORIGIN", origin)]), PORT) is not None


def test_a_request_to_an_unknown_port_is_rejected() -> None:
    for host in ("127.0.0.1:None", "127.0.0.1", "localhost"):
        assert rejection(head_of("GET", "/", [("host", host)]), None) is not None


def test_no_answer_invites_pages_of_other_sites() -> None:
    got = ask(Guard(Reached()), Request("GET", "/"))
    assert (got.status, got.headers["x-kept"]) == (200, "1")
    assert [name for name in got.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("rules", [(), (json_changes,), (signed_calls(),)])
def test_a_body_that_is_too_large_is_rejected_whether_or_not_its_length_was_told(rules: Any) -> None:
    reached = Reached()
    app = Guard(reached, *rules, largest=10)
    asked = json_request("POST", "/sandbox/faults").having(SIGNED)
    assert ask(app, asked, chunks=[b"12345", b"67890"]).status == 200
    assert ask(app, asked, chunks=[b"12345", b"67890", b"1"]).status == 413
    assert ask(app, json_request("POST", "/sandbox/faults", b"12345678901").having(SIGNED)).status == 413
    assert len(reached.seen) == 1


def test_what_was_read_to_be_measured_reaches_the_application_whole() -> None:
    async def echo(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
        await Response(body)(scope, receive, send)

    chunks = [b"one ", b"", b"two ", b"three"]
    assert ask(Guard(echo, largest=100), Request("POST", "/"), chunks=chunks).body == b"one two three"


def test_a_rejection_says_what_to_do(fake: Any) -> None:
    answers: Callable[[Request], bytes] = lambda asked: ask(fake.app, asked).body  # noqa: E731 - short for three uses
    change = json_request("POST", "/sandbox/faults", json.dumps({}).encode())
    assert b"content-type: application/json" in answers(change.having(("content-type", "text/plain")))
    assert f"127.0.0.1:{PORT}".encode() in answers(change.having(("host", "page.example")))
    assert b"web pages" in answers(change.having(("origin", "null")))
