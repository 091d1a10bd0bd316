"""The timekeeper over HTTP, at the local AWS's own port, and the fake WeChat's client of it.

`README.md` beside this file has the contract; people and tests use it at the fake WeChat's port.
"""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.sandbox.guard import App, AsgiMessage, Receive, Send
from infra.sandbox.proxy import SIGNATURE
from infra.sandbox.settings import FASTEST
from infra.sandbox.timekeeper import REAL_TIME, STANDING, StillInFlightError, Timekeeper

PATH = "/_sandbox/clock"
REQUESTS = "requests"
"""What an HTTP request to the local AWS is to the timekeeper."""

PATIENCE = 120.0
"""Real seconds for which a control waits for what is in flight, longer than any failure on order lasts."""

LONGEST = timedelta(days=3660)
"""How far time may be moved at once."""


class NoTimekeeperError(Exception):
    """The local AWS, which keeps the time, does not answer: it starts, or has ended."""


class BadTimeError(Exception):
    """A control that asks for what no clock can do."""


# --- in the local AWS ----------------------------------------------------------------------------


def timed(app: App, keeper: Timekeeper, patience: float = PATIENCE) -> App:
    """MiniStack's door: requests are in flight, but for those that control the time."""
    workers = ThreadPoolExecutor(thread_name_prefix="time-control")

    async def control(request: Request) -> Response:
        try:
            work = _control(keeper, request.url.path.removeprefix(PATH), await _object(request), patience)
            await asyncio.get_running_loop().run_in_executor(workers, work)
        except BadTimeError as error:
            return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except StillInFlightError as error:
            return JSONResponse(
                {"error": f"in flight: {error}"} | keeper.state(), HTTPStatus.SERVICE_UNAVAILABLE
            )
        return JSONResponse(keeper.state())

    async def door(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
        elif scope["path"].startswith(PATH):
            await (await control(Request(scope, receive)))(scope, receive, send)
        else:
            with keeper.in_flight(REQUESTS):
                await app(scope, receive, send)

    return door


def _control(keeper: Timekeeper, name: str, asked: Mapping[str, Any], patience: float) -> Callable[[], None]:
    """What a control does. Raises BadTimeError."""
    match name:
        case "":
            return lambda: None
        case "/pause":
            return lambda: keeper.set_speed(STANDING)
        case "/run":
            speed = asked.get("speed", 0.0)
            if type(speed) not in (int, float) or not REAL_TIME <= speed <= FASTEST:
                raise BadTimeError(f"speed is not a number from 1 (real time) to {FASTEST}")
            return lambda: keeper.set_speed(speed)
        case "/next":
            limit = _moment(asked, keeper.now) if asked else None
            return lambda: keeper.next_moment(limit, patience)
        case "/advance":
            until = _moment(asked, keeper.now)
            return lambda: keeper.advance(until, patience)
        case _:
            raise BadTimeError(f"{name}: there are pause, run, next and advance")


def _moment(asked: Mapping[str, Any], now: datetime) -> int:
    """The moment that `until` (ISO 8601 with an offset) or `seconds` (from now) says, rounded up."""
    match asked:
        case {"until": str(text)} if len(asked) == 1:
            try:
                until = datetime.fromisoformat(text)
            except ValueError as error:
                raise BadTimeError(f"until: {error}") from error
            if until.tzinfo is None:
                raise BadTimeError("until has no offset from UTC")
        case {"seconds": int(seconds) | float(seconds)} if len(asked) == 1 and not isinstance(seconds, bool):
            if not 0 <= seconds <= LONGEST.total_seconds():
                raise BadTimeError(f"seconds is not a number from 0 to {LONGEST.total_seconds():.0f}")
            until = now + timedelta(seconds=seconds)
        case _:
            raise BadTimeError('give either {"seconds": 3600} or {"until": "2026-01-31T09:00:00Z"}')
    if until > now + LONGEST:
        raise BadTimeError(f"until is more than {LONGEST.days} days away")
    return math.ceil(until.timestamp())


async def _object(request: Request) -> Mapping[str, Any]:
    try:
        asked = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadTimeError(f"the body is not JSON: {error}") from error
    if not isinstance(asked, dict):
        raise BadTimeError("the body is not a JSON object")
    return asked


# --- in the fake WeChat --------------------------------------------------------------------------


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
