"""The fake WeChat over HTTP: the API under /cgi-bin/, and under /sandbox/ what only a sandbox has."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.sandbox.fake_wechat import assets, basics, custom_messages, users
from infra.sandbox.fake_wechat.calls import (
    ENDPOINTS,
    OK,
    OPEN,
    Answer,
    BadJsonError,
    Call,
    read_object,
    whole_number,
)
from infra.sandbox.fake_wechat.refusals import RefusedError
from infra.sandbox.fake_wechat.world import Fault, World
from infra.sandbox.guard import CONTROL, Guard, json_changes
from infra.sandbox.phone import BadActError, Phone
from infra.sandbox.time_control import NoTimekeeperError, TimeControl
from wejourney.messaging.channels import DAILY_CUSTOM_MESSAGES
from wejourney.plain_data import to_plain

REGISTERED = (assets, basics, custom_messages, users)
"""The modules whose endpoints are registered by being imported."""

LARGEST_BODY = 11 * 1024 * 1024
"""Bytes: WeChat takes media of up to 10 MB, in a form."""
LONGEST_TIMEOUT = 60.0
MOST_FAILURES = 1000
"""A fault's seconds, and the number of calls that it fails."""

_FAULT: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "path": ("a path under /cgi-bin/", lambda value: isinstance(value, str)),
    "times": (
        f"a whole number, 1 to {MOST_FAILURES}",
        lambda value: whole_number(value) and 0 < value <= MOST_FAILURES,
    ),
    "errcode": ("one of WeChat's numbers", lambda value: whole_number(value) and abs(value) < 2**31),
    "http_status": ("200 to 599", lambda value: whole_number(value) and 200 <= value < 600),  # noqa: PLR2004 - HTTP
    "timeout": (
        f"seconds, 0 to {LONGEST_TIMEOUT:.0f}",
        lambda value: type(value) in (int, float) and 0 <= value <= LONGEST_TIMEOUT,
    ),
    "carried_out": ("true or false", lambda value: isinstance(value, bool)),
}
"""The fields of a fault: what each must be, in words and as a check."""


def create_app(world: World, callback_url: str, http: httpx.AsyncClient, times: TimeControl) -> Starlette:
    """The fake of one account; acts of its followers are posted to `callback_url`."""
    sandbox = Sandbox(world, Phone(world, callback_url, http, times), times)
    return Starlette(
        routes=[
            Route("/cgi-bin/{path:path}", WeChatApi(world).answer, methods=["GET", "POST"]),
            Route("/sandbox/followers/{openid}/messages", sandbox.messages),
            Route("/sandbox/followers/{openid}/{act}", sandbox.act, methods=["POST"]),
            Route("/sandbox/followers/{openid}", sandbox.follower),
            Route("/sandbox/refusals", sandbox.refusals),
            Route("/sandbox/clock", sandbox.clock),
            Route("/sandbox/clock/{control}", sandbox.clock, methods=["POST"]),
            Route("/sandbox/calls", sandbox.calls),
            Route("/sandbox/quota", sandbox.quota, methods=["POST"]),
            Route("/sandbox/menu-ids", sandbox.menu_ids, methods=["POST"]),
            Route("/sandbox/faults", sandbox.faults, methods=["POST"]),
            Route("/sandbox/tokens/revoke", sandbox.revoke_tokens, methods=["POST"]),
        ],
        exception_handlers={
            BadActError: _bad_request,
            BadJsonError: _bad_request,
            NoTimekeeperError: _unavailable,
        },
        middleware=[Middleware(Guard, json_changes, largest=LARGEST_BODY, browsable=CONTROL)],
    )


class WeChatApi:
    """The way of a call: count it, fail if told to, check the token, then the endpoint's own rules."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def answer(self, request: Request) -> Response:
        """Answer any call under /cgi-bin/."""
        path = request.path_params["path"]
        body = await request.body()
        self._world.calls[path] += 1
        fault = self._world.fault_for(path)
        if fault is None:
            return self._carry_out(request, path, body)
        if fault.carried_out:
            self._carry_out(request, path, body)
        if fault.timeout:
            await asyncio.sleep(fault.timeout)
        if fault.http_status:
            return Response("", status_code=fault.http_status)
        return self._refused(RefusedError(-1 if fault.errcode is None else fault.errcode, "on order"), body)

    def _carry_out(self, request: Request, path: str, body: bytes) -> Response:
        endpoint = ENDPOINTS.get((request.method, path))
        if endpoint is None:
            if any(known == path for _method, known in ENDPOINTS):
                return self._refused(RefusedError(43002), body)
            return Response(f"the fake WeChat has no {path}", status_code=404)
        call = Call(self._world, request.query_params, body, request.headers.get("content-type", ""))
        try:
            if path not in OPEN:
                now = self._world.clock.real_now()
                self._world.tokens.check(request.query_params.get("access_token"), now)
            return _rendered(endpoint(call))
        except RefusedError as refused:
            return self._refused(refused, body)

    def _refused(self, refused: RefusedError, body: bytes) -> Response:
        self._world.refuse(refused.errcode, refused.reason, refused.openid or _recipient(body))
        return _rendered({"errcode": refused.errcode, "errmsg": f"{refused.reason} rid: {_request_id()}"})


class Sandbox:
    """The followers' acts, what they received, and the switches for tests."""

    def __init__(self, world: World, phone: Phone, times: TimeControl) -> None:
        self._world = world
        self._phone = phone
        self._times = times

    async def act(self, request: Request) -> Response:
        """An act of a follower: delivered to the callback before this answers."""
        details = await _object(request)
        outcome = await self._phone.do(request.path_params["openid"], request.path_params["act"], details)
        return _rendered(outcome.to_dict())

    async def messages(self, request: Request) -> Response:
        """All that a person received, in order."""
        person = self._world.people.get(request.path_params["openid"])
        return _rendered([message.to_dict() for message in person.messages] if person else [])

    async def follower(self, request: Request) -> Response:
        """What WeChat may still deliver to a person, and which allowance each custom message took."""
        person = self._world.people.get(request.path_params["openid"])
        if person is None:
            return JSONResponse({"error": "nobody with this openid was here"}, status_code=404)
        return _rendered(
            {
                "openid": person.openid,
                "following": person.following,
                "windows": [to_plain(window) for window in person.windows],
                "spent": [{"at": at.isoformat(), **to_plain(window)} for at, window in person.spent],
            }
        )

    async def refusals(self, _request: Request) -> Response:
        """Every call that was refused."""
        return _rendered([refusal.to_dict() for refusal in self._world.refusals])

    async def clock(self, request: Request) -> Response:
        """The virtual time, after it was moved if a control says so."""
        control = request.path_params.get("control")
        answer = await self._times.ask(f"/{control}" if control else "", await request.body())
        return Response(answer.content, answer.status_code, media_type="application/json")

    async def calls(self, _request: Request) -> Response:
        """How often each path under /cgi-bin/ was called."""
        return _rendered(dict(self._world.calls))

    async def quota(self, request: Request) -> Response:
        """Set how many customer-service messages are left for the day; without a number, all."""
        left: Any = (await _object(request)).get("custom_send", DAILY_CUSTOM_MESSAGES)
        if not whole_number(left) or not 0 <= left <= DAILY_CUSTOM_MESSAGES:
            raise BadActError(f"custom_send is not a whole number from 0 to {DAILY_CUSTOM_MESSAGES}")
        self._world.quota_left = left
        return _rendered(dict(OK))

    async def menu_ids(self, request: Request) -> Response:
        """Whether ids of menu lines that are no numbers are reported as they are, and not as 0."""
        self._world.keeps_menu_ids = (await _object(request)).get("keep") is True
        return _rendered(dict(OK))

    async def faults(self, request: Request) -> Response:
        """Order failures; an empty body takes all orders back."""
        ordered = await _object(request)
        if not ordered:
            self._world.faults.clear()
            return _rendered(dict(OK))
        for name, value in ordered.items():
            if name not in _FAULT:
                raise BadActError(f"no field {name}: there are {', '.join(_FAULT)}")
            what, fits = _FAULT[name]
            if not fits(value):
                raise BadActError(f"{name} is not {what}")
        if "path" not in ordered:
            raise BadActError("path is missing")
        self._world.faults.append(Fault(**ordered))
        return _rendered(dict(OK))

    async def revoke_tokens(self, _request: Request) -> Response:
        """Make every access token invalid."""
        self._world.tokens.revoke(self._world.clock.real_now())
        return _rendered(dict(OK))


async def _object(request: Request) -> dict[str, Any]:
    return read_object(await request.body() or b"{}")


async def _bad_request(_request: Request, exc: Exception) -> Response:
    return JSONResponse({"error": str(exc)}, status_code=400)


async def _unavailable(_request: Request, exc: Exception) -> Response:
    return JSONResponse({"error": str(exc)}, status_code=503)


def _rendered(answer: Answer | list[Any] | Mapping[str, Any]) -> Response:
    return answer if isinstance(answer, Response) else JSONResponse(answer)


def _recipient(body: bytes) -> str | None:
    """Whom a refused call was about, where its body says so."""
    try:
        openid = read_object(body).get("touser")
    except BadJsonError:
        return None
    return openid if isinstance(openid, str) else None


def _request_id() -> str:
    """The id that WeChat's support asks for."""
    return f"{int(time.time()):x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
