"""The requests of mini programs: what is in their JSON, and what is rejected.

`docs/deploying.md` describes them for those who write a mini program.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from wejourney.bounds import LONGEST_NAME
from wejourney.errors import CallbackRefusedError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.mini_program_events import InvalidMiniProgramEventError, mini_program_event
from wejourney.events.text_matching import is_visible
from wejourney.people.erasure import AHEAD
from wejourney.text import json_object
from wejourney.wire.http import JSON, Answer, HttpRequest, from_gateway

LARGEST_BATCH = 64 * 1024
"""Bytes of a request."""

MOST_EVENTS = 50
OLDEST = timedelta(days=7)
"""How long an event may have been queued on a phone; the mark of an erasure rejects what is older than it."""

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
"""An id that the mini program makes up."""

_CODE = re.compile(r"[A-Za-z0-9_-]{8,256}", re.ASCII)
_BEARER = re.compile(r"Bearer ([!-~]{1,1024})", re.ASCII | re.IGNORECASE)
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
_FIELDS = frozenset({"id", "at", "name", "order", "booking", "properties"})


type GiftOperation = Literal["give_gift", "list_gifts", "look_at_gift", "claim_gift", "take_gift_back"]
type Operation = (
    Literal["session", "events", "phone", "address", "open_upload", "leaders", "push"] | GiftOperation
)

OPERATIONS: Mapping[str, Operation] = {
    "POST /mini/session": "session",
    "POST /mini/events": "events",
    "POST /mini/phone": "phone",
    "POST /mini/address": "address",
    "POST /mini/gifts": "give_gift",
    "GET /mini/gifts": "list_gifts",
    "POST /mini/gifts/look": "look_at_gift",
    "POST /mini/gifts/claim": "claim_gift",
    "POST /mini/gifts/take-back": "take_gift_back",
    "POST /mini/uploads": "open_upload",
    "GET /mini/leaders/{game}": "leaders",
    "GET /mini/push/{app_id}": "push",
    "POST /mini/push/{app_id}": "push",
}
"""By API Gateway's key of the route."""


@dataclass(frozen=True)
class MiniProgramRequest:
    """`token` is the bearer's, `game` the one of the path, empty where there is none; `http` has the rest."""

    operation: Operation
    token: str
    http: HttpRequest
    game: str = ""


@dataclass(frozen=True)
class RejectedEvent:
    """`index` is its place in the batch; `reason` says what is wrong without quoting it."""

    index: int
    reason: str


@dataclass(frozen=True)
class Batch:
    events: tuple[InboundEvent, ...]
    rejected: tuple[RejectedEvent, ...]


def request_from_gateway(event: Mapping[str, Any]) -> MiniProgramRequest:
    """As `wire.http.from_gateway`. Raises CallbackRefusedError for another route, too."""
    operation = OPERATIONS.get(event.get("routeKey", ""))
    if operation is None:
        raise CallbackRefusedError(404, "no such route")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    bearer = _BEARER.fullmatch(headers.get("authorization", ""))
    game = (event.get("pathParameters") or {}).get("game", "")
    return MiniProgramRequest(operation, bearer[1] if bearer else "", from_gateway(event), game)


def read_day(query: Mapping[str, str]) -> date | None:
    """The `day` that is asked for, if there is one. Raises CallbackRefusedError."""
    asked = query.get("day")
    if asked is None:
        return None
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = date.max
    if not _FIRST_DAY <= day < _LAST_DAY:
        raise CallbackRefusedError(400, "`day` is no day of this century, such as 2026-12-31")
    return day


def read_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a request. Raises CallbackRefusedError."""
    if len(body) > LARGEST_BATCH:
        raise CallbackRefusedError(413, f"the body is larger than {LARGEST_BATCH} bytes")
    value = json_object(body)
    if value is None:
        raise CallbackRefusedError(400, "the body is no JSON object")
    return value


def read_client_id(asked: Mapping[str, Any]) -> str:
    """The `id` that the mini program has made up. Raises CallbackRefusedError, which quotes nothing."""
    client_id = asked.get("id")
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise CallbackRefusedError(400, "`id` is not of 8 to 64 letters, digits, _ and -")
    return client_id


def read_code(asked: Mapping[str, Any]) -> str:
    """WeChat's code for a login or a phone number. Raises CallbackRefusedError."""
    code = asked.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise CallbackRefusedError(400, "`code` is missing or has another form than WeChat's")
    return code


_ADDRESS = ("province", "city", "district", "detail", "postcode", "name", "phone")
"""The parts of an address in the order in which they are kept; only `detail` is necessary."""


def read_address(asked: Mapping[str, Any]) -> str:
    """An address in one line. Raises CallbackRefusedError, which quotes no part of it."""
    if not asked.keys() <= set(_ADDRESS):
        raise CallbackRefusedError(400, f"an address has the parts {', '.join(_ADDRESS)}")
    parts = {name: asked[name] for name in _ADDRESS if asked.get(name) not in (None, "")}
    for name, part in parts.items():
        if not isinstance(part, str) or len(part) > LONGEST_NAME or not is_visible(part):
            raise CallbackRefusedError(400, f"`{name}` is no text of 1 to {LONGEST_NAME} characters")
    if "detail" not in parts:
        raise CallbackRefusedError(400, "`detail` is missing")
    return " ".join(" ".join(part.split()) for part in parts.values())


def read_batch(body: bytes, subject: Subject, now: datetime) -> Batch:
    """The events of a batch in its order, each on its own: a bad one does not hold up the others.

    Raises CallbackRefusedError when there is no batch to read.
    """
    told = read_object(body).get("events")
    if not isinstance(told, list) or not 0 < len(told) <= MOST_EVENTS:
        raise CallbackRefusedError(400, f"`events` is no list of 1 to {MOST_EVENTS}")
    events: dict[str, InboundEvent] = {}
    rejected: list[RejectedEvent] = []
    for index, one in enumerate(told):
        try:
            event = _read_event(one, subject, now)
        except InvalidMiniProgramEventError as error:
            rejected.append(RejectedEvent(index, str(error)))
            continue
        if events.setdefault(event.id, event) != event:
            rejected.append(RejectedEvent(index, "`id` is that of another event of the batch"))
    return Batch(tuple(events.values()), tuple(rejected))


def _read_event(told: object, subject: Subject, now: datetime) -> InboundEvent:
    if not isinstance(told, dict) or not told.keys() <= _FIELDS:
        raise InvalidMiniProgramEventError(f"an event is an object of {', '.join(sorted(_FIELDS))}")
    client_id = told.get("id")
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise InvalidMiniProgramEventError("`id` is not of 8 to 64 letters, digits, _ and -")
    body = mini_program_event(
        told.get("name"), told.get("order"), told.get("booking"), told.get("properties", {})
    )
    return own_event(body, client_id, subject, _time(told.get("at"), now)).received(now)


def _time(value: object, now: datetime) -> datetime:
    """When it happened, in whole seconds: with its id this is where it is on record."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        at = at.astimezone(UTC).replace(microsecond=0) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise InvalidMiniProgramEventError("`at` is no time with its zone, such as 2026-11-22T12:00:00Z")
    if at > now + AHEAD:
        raise InvalidMiniProgramEventError(
            "`at` is ahead of the server's clock: add the difference to its `now`"
        )
    if at < now - OLDEST:
        raise InvalidMiniProgramEventError(f"`at` is more than {OLDEST.days} days ago")
    return at


def answer(status: int, /, **values: Any) -> Answer:
    return Answer(status, json.dumps(values, separators=(",", ":")), JSON)
