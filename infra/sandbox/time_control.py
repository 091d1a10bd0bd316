"""The timekeeper over HTTP, at the local AWS's own port, and the fake WeChat's client of it.

`README.md` beside this file has the contract; people and tests use it at the fake WeChat's port.
"""

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.sandbox.guard import App, AsgiMessage, Receive, Send
from infra.sandbox.proxy import SIGNATURE
from infra.sandbox.settings import FASTEST
from infra.sandbox.timekeeper import REAL_TIME, STANDING, StillInFlightError, Timekeeper

PATH = "/_sandbox/clock"
PATIENCE = 120.0
"""Real seconds for which a control waits for what is in flight, longer than any failure on order lasts."""

LONGEST = timedelta(days=3660)
"""How far time may be moved at once."""


class NoTimekeeperError(Exception):
    """The local AWS, which keeps the time, does not answer: it starts, or has ended."""


class BadTimeError(Exception):
    """A control that asks for what the timekeeper cannot do."""


class Asked(BaseModel):
    """The body of a control."""

    model_config = ConfigDict(strict=True, extra="forbid")
    speed: float | None = Field(None, ge=REAL_TIME, le=FASTEST)
    seconds: float | None = Field(None, ge=0, le=LONGEST.total_seconds())
    until: AwareDatetime | None = None


def timed(app: App, keeper: Timekeeper, patience: float = PATIENCE) -> App:
    """MiniStack's door: requests are in flight, but for those that control the time."""
    workers = ThreadPoolExecutor(thread_name_prefix="time-control")

    async def control(request: Request) -> Response:
        try:
            asked = Asked.model_validate_json(await request.body() or b"{}")
            work = _control(keeper, request.url.path.removeprefix(PATH), asked, patience)
            await asyncio.get_running_loop().run_in_executor(workers, work)
        except ValidationError as error:
            return JSONResponse({"error": mistakes_in(error)}, HTTPStatus.BAD_REQUEST)
        except BadTimeError as error:
            return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except StillInFlightError as error:
            told = {"error": f"in flight: {error}", **keeper.state()}
            return JSONResponse(told, HTTPStatus.SERVICE_UNAVAILABLE)
        return JSONResponse(keeper.state())

    async def door(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
        elif scope["path"].startswith(PATH):
            await (await control(Request(scope, receive)))(scope, receive, send)
        else:
            with keeper.in_flight("requests"):
                await app(scope, receive, send)

    return door


def _control(keeper: Timekeeper, name: str, asked: Asked, patience: float) -> Callable[[], None]:
    """What a control does. Raises BadTimeError."""
    match name:
        case "":
            return lambda: None
        case "/pause":
            return lambda: keeper.set_speed(STANDING)
        case "/run":
            speed = asked.speed
            if speed is None:
                raise BadTimeError(f"speed is not a number from 1 (real time) to {FASTEST}")
            return lambda: keeper.set_speed(speed)
        case "/next":
            limit = _moment(asked, keeper.now) if asked.model_fields_set else None
            return lambda: keeper.next_moment(limit, patience)
        case "/advance":
            until = _moment(asked, keeper.now)
            return lambda: keeper.advance(until, patience)
        case _:
            raise BadTimeError(f"{name}: there are pause, run, next and advance")


def _moment(asked: Asked, now: datetime) -> int:
    """The moment that `until` or `seconds` (from now) says, rounded up."""
    if asked.until is not None and asked.seconds is None:
        until = asked.until
    elif asked.seconds is not None and asked.until is None:
        until = now + timedelta(seconds=asked.seconds)
    else:
        raise BadTimeError('give either {"seconds": 3600} or {"until": "2026-01-31T09:00:00Z"}')
    if until > now + LONGEST:
        raise BadTimeError(f"until is more than {LONGEST.days} days away")
    return math.ceil(until.timestamp())


def mistakes_in(error: ValidationError) -> str:
    """Each field with what is wrong with it, in one line."""
    return "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())


class TimeControl:
    """The local AWS's timekeeper, from the launcher's process; `hold` counts a block as in flight."""

    def __init__(
        self,
        endpoint: str,
        http: httpx.AsyncClient,
        hold: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._url = f"{endpoint}{PATH}"
        self._http = http
        self.hold = hold

    async def pass_a_second(self) -> None:
        """Move a time that moves by itself on by a second, once nothing is in flight.

        A person does not follow, unfollow and follow within a second: the order of these acts would be lost.
        """
        if (await self.ask()).json()["speed"] > REAL_TIME:
            await self.ask("/advance", b'{"seconds": 1}')

    async def ask(self, control: str = "", body: bytes = b"{}") -> httpx.Response:
        """Use a control, such as `/next`; an empty one tells the time. Raises NoTimekeeperError."""
        url, headers = f"{self._url}{control}", dict([SIGNATURE])
        try:
            return await self._http.post(url, content=body, headers=headers, timeout=2 * PATIENCE)
        except httpx.TransportError as error:
            raise NoTimekeeperError(f"the local AWS does not answer: {error!r}") from error
