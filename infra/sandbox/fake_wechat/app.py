"""The fake WeChat over HTTP: its API, WeChat Pay's /v3/, and under /sandbox/ what only a sandbox has."""

import asyncio
import io
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import segno
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.sandbox.content_check import ContentChecks
from infra.sandbox.fake_wechat import account, custom_messages, mini_program, users
from infra.sandbox.fake_wechat.calls import (
    ENDPOINTS,
    OK,
    OPEN,
    BadJsonError,
    Call,
    File,
    read_object,
    whole_number,
)
from infra.sandbox.fake_wechat.merchant import make_merchant
from infra.sandbox.fake_wechat.merchant_api import MerchantApi
from infra.sandbox.fake_wechat.world import Fault, ReceivedMessage, Refusal, RefusedError, World
from infra.sandbox.guard import CONTROL, Guard, json_changes
from infra.sandbox.mini_program import MiniProgramPhones
from infra.sandbox.payments import Payments
from infra.sandbox.phone import BadActError, Phone
from infra.sandbox.till.tills import Tills
from infra.sandbox.time_control import NoTimekeeperError, TimeControl, mistakes_in
from wejourney.allowances.wechat_rules import Reading
from wejourney.messaging.channels import DAILY_CUSTOM_MESSAGES
from wejourney.plain_data import to_plain

REGISTERED = (account, custom_messages, mini_program, users)
"""The modules whose endpoints are registered by being imported."""

CGI_BIN = "/cgi-bin/"

LARGEST_BODY = 11 * 1024 * 1024
"""Bytes: WeChat takes media of up to 10 MB, in a form."""


def create_app(world: World, api_url: str, http: httpx.AsyncClient, times: TimeControl) -> Starlette:
    """The fake of an account, a mini program and a merchant; all of them post to the API at `api_url`."""
    merchant = make_merchant()
    phone = Phone(world, f"{api_url}/wechat/{world.account.app_id}", http, times)
    books = MerchantApi(merchant)
    payments = Payments(world, books, f"{api_url}/pay/{merchant.id}", http, times)
    program = world.mini_program
    checks = ContentChecks(world, f"{api_url}/mini/push/{program.account.app_id}", http, times)
    program.on_check = checks.asked
    visits = MiniProgramPhones(world, f"{api_url}/mini", http, times, checks)
    sandbox = Sandbox(world, phone, payments, visits, times)
    answer = WeChatApi(world).answer
    return Starlette(
        routes=[
            Route("/cgi-bin/showqrcode", partial(show_qr_code, world)),
            Route("/video/{media_id}", partial(show_video, world)),
            *(
                Route(f"{prefix}{{path:path}}", answer, methods=["GET", "POST"])
                for prefix in (CGI_BIN, "/sns/", "/wxa/")
            ),
            *Tills(api_url, http, times, world.clock.now).routes,
            Route("/v3/{path:path}", partial(answer_merchant, books, world), methods=["GET", "POST"]),
            Route("/sandbox/followers/{openid}/messages", sandbox.messages),
            Route("/sandbox/followers/{openid}/{act}", sandbox.act, methods=["POST"]),
            Route("/sandbox/followers/{openid}", sandbox.follower),
            Route("/sandbox/merchant/{act}", sandbox.merchant, methods=["POST"]),
            Route("/sandbox/mini-program/{act}", sandbox.visit, methods=["POST"]),
            Route("/sandbox/refusals", sandbox.refusals, methods=["GET", "DELETE"]),
            Route("/sandbox/clock", sandbox.clock),
            Route("/sandbox/clock/{control}", sandbox.clock, methods=["POST"]),
            Route("/sandbox/calls", sandbox.calls),
            Route("/sandbox/quota", sandbox.quota, methods=["POST"]),
            Route("/sandbox/ip-allow-list", sandbox.ip_allow_list, methods=["POST"]),
            Route("/sandbox/pay-certificates", sandbox.pay_certificates, methods=["POST"]),
            Route("/sandbox/menu-ids", sandbox.menu_ids, methods=["POST"]),
            Route("/sandbox/reading", sandbox.reading, methods=["POST"]),
            Route("/sandbox/faults", sandbox.faults, methods=["POST"]),
            Route("/sandbox/tokens/revoke", sandbox.revoke_tokens, methods=["POST"]),
        ],
        exception_handlers={
            BadActError: _error(400),
            BadJsonError: _error(400),
            NoTimekeeperError: _error(503),
        },
        middleware=[Middleware(Guard, json_changes, largest=LARGEST_BODY, browsable=CONTROL)],
    )


async def show_qr_code(world: World, request: Request) -> Response:
    """The picture of a code, on another host of WeChat's: https://mp.weixin.qq.com/cgi-bin/showqrcode ."""
    ticket = request.query_params.get("ticket", "")
    if ticket not in world.qr_codes:
        return Response("", status_code=404)
    picture = io.BytesIO()
    segno.make_qr(account.url_of(ticket)).save(picture, kind="png", scale=10)
    return Response(picture.getvalue(), media_type="image/png")


async def show_video(world: World, request: Request) -> Response:
    """A video, on another host of WeChat's, whose address its API has told."""
    sent = world.sent_media.get(request.path_params["media_id"])
    if sent is None:
        return Response("", status_code=404)
    return Response(sent.data, headers={"content-type": sent.content_type})


class WeChatApi:
    """The way of a call: count it, fail if told to, check the token, then the endpoint's own rules."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def answer(self, request: Request) -> Response:
        path = request.url.path.removeprefix(CGI_BIN)
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
        content_type = request.headers.get("content-type", "")
        address = f"{request.url.scheme}://{request.url.netloc}"
        call = Call(self._world, request.query_params, body, content_type, address)
        try:
            if path not in OPEN:
                is_of_account = request.url.path.startswith(CGI_BIN)
                tokens = self._world.tokens if is_of_account else self._world.mini_program.tokens
                tokens.check(request.query_params.get("access_token"), self._world.clock.real_now())
            answer = endpoint(call)
            if isinstance(answer, File):
                return Response(answer.data, headers={"content-type": answer.content_type})
            return JSONResponse(answer)
        except RefusedError as refused:
            return self._refused(refused, body)

    def _refused(self, refused: RefusedError, body: bytes) -> Response:
        self._world.refuse(refused.errcode, refused.reason, refused.openid or _recipient(body))
        request_id = f"{int(time.time()):x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
        return JSONResponse({"errcode": refused.errcode, "errmsg": f"{refused.reason} rid: {request_id}"})


async def answer_merchant(books: MerchantApi, world: World, request: Request) -> Response:
    """What WeChat Pay answers to the merchant's signed request."""
    path = request.scope["raw_path"].decode()
    target = f"{path}?{request.url.query}" if request.url.query else path
    address = f"{request.url.scheme}://{request.url.netloc}"
    asked = await request.body() if request.method == "POST" else None
    status, headers, body = books.answer(target, request.headers, world.clock.now(), address, asked)
    return Response(body, status, headers)


class Sandbox:
    """The followers' acts, what they received, and the switches for tests."""

    def __init__(
        self, world: World, phone: Phone, payments: Payments, visits: MiniProgramPhones, times: TimeControl
    ) -> None:
        self._world = world
        self._phone = phone
        self._payments = payments
        self._visits = visits
        self._times = times

    async def act(self, request: Request) -> Response:
        """An act of a follower: delivered to the callback before this answers."""
        details = await _object(request)
        openid, act = request.path_params["openid"], request.path_params["act"]
        return JSONResponse(await self._phone.do(openid, act, details))

    async def merchant(self, request: Request) -> Response:
        """A payment or a refund: its notice is delivered before this answers."""
        return JSONResponse(await self._payments.do(request.path_params["act"], await _object(request)))

    async def visit(self, request: Request) -> Response:
        """What somebody does in the mini program: it is answered before this answers."""
        return JSONResponse(await self._visits.do(request.path_params["act"], await _object(request)))

    async def messages(self, request: Request) -> Response:
        person = self._world.people.get(request.path_params["openid"])
        return JSONResponse([_to_dict(message) for message in person.messages] if person else [])

    async def follower(self, request: Request) -> Response:
        """What WeChat may still deliver to a person, and which allowance each custom message took."""
        person = self._world.people.get(request.path_params["openid"])
        if person is None:
            return JSONResponse({"error": "nobody with this openid was here"}, status_code=404)
        return JSONResponse(
            {
                "openid": person.openid,
                "following": person.following,
                "windows": [to_plain(window) for window in person.windows],
                "spent": [{"at": at.isoformat(), **to_plain(window)} for at, window in person.spent],
            }
        )

    async def refusals(self, request: Request) -> Response:
        """The calls that were refused; DELETE forgets them."""
        told = [_to_dict(refusal) for refusal in self._world.refusals]
        if request.method == "DELETE":
            self._world.refusals.clear()
        return JSONResponse(told)

    async def clock(self, request: Request) -> Response:
        """The virtual time, after it was moved if a control says so."""
        control = request.path_params.get("control")
        answer = await self._times.ask(f"/{control}" if control else "", await request.body())
        return Response(answer.content, answer.status_code, media_type="application/json")

    async def calls(self, _request: Request) -> Response:
        return JSONResponse(dict(self._world.calls))

    async def quota(self, request: Request) -> Response:
        """Set how many customer-service messages are left for the day; without a number, all."""
        left: Any = (await _object(request)).get("custom_send", DAILY_CUSTOM_MESSAGES)
        if not whole_number(left) or not 0 <= left <= DAILY_CUSTOM_MESSAGES:
            raise BadActError(f"custom_send is not a whole number from 0 to {DAILY_CUSTOM_MESSAGES}")
        self._world.quota_left = left
        return JSONResponse(dict(OK))

    async def ip_allow_list(self, request: Request) -> Response:
        """Whether the account's IP allow-list holds the address of whoever asks for a token."""
        self._world.allows_address = (await _object(request)).get("allowed") is True
        return JSONResponse(dict(OK))

    async def pay_certificates(self, request: Request) -> Response:
        """Whether WeChat Pay signs with a certificate besides the public key."""
        self._payments.books.certificates = (await _object(request)).get("used") is True
        return JSONResponse(dict(OK))

    async def menu_ids(self, request: Request) -> Response:
        """Whether ids of menu lines that are no numbers are reported as they are, and not as 0."""
        self._world.keeps_menu_ids = (await _object(request)).get("keep") is True
        return JSONResponse(dict(OK))

    async def reading(self, request: Request) -> Response:
        """How the fake WeChat reads "allowances do not add up" from now on, for acts and messages to come."""
        named: Any = (await _object(request)).get("reading")
        if named not in tuple(Reading):
            raise BadActError(f"reading is none of {', '.join(Reading)}")
        self._world.reading = Reading(named)
        return JSONResponse(dict(OK))

    async def faults(self, request: Request) -> Response:
        """Order failures; an empty body takes all orders back."""
        ordered = await _object(request)
        if not ordered:
            self._world.faults.clear()
            return JSONResponse(dict(OK))
        try:
            self._world.faults.append(Fault(**ordered))
        except ValidationError as error:
            raise BadActError(mistakes_in(error)) from error
        return JSONResponse(dict(OK))

    async def revoke_tokens(self, _request: Request) -> Response:
        self._world.tokens.revoke(self._world.clock.real_now())
        return JSONResponse(dict(OK))


async def _object(request: Request) -> dict[str, Any]:
    return read_object(await request.body() or b"{}")


def _error(status: int) -> Callable[[Request, Exception], Response]:
    return lambda _request, error: JSONResponse({"error": str(error)}, status)


def _to_dict(record: ReceivedMessage | Refusal) -> dict[str, Any]:
    return {**vars(record), "at": record.at.isoformat()}


def _recipient(body: bytes) -> str | None:
    """Whom a refused call was about, where its body says so."""
    try:
        openid = read_object(body).get("touser")
    except BadJsonError:
        return None
    return openid if isinstance(openid, str) else None
