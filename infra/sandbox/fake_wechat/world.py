"""What the fake WeChat knows: followers, what they received, access tokens, and what it refuses.

Codes: https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
Access tokens, whose lifetimes run in real time, by the rules of WeChat's two ways to get one:
* https://developers.weixin.qq.com/doc/service/en/Basic_Information/Get_access_token.html
* https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

import itertools
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as validated

from infra.sandbox.settings import Account, MiniProgramAccount
from wejourney.allowances.allowance_windows import Window, Windows, open_window, spend
from wejourney.allowances.wechat_rules import Act, Reading
from wejourney.clock import Clock
from wejourney.errors import NoAllowanceError
from wejourney.messaging.channels import DAILY_CUSTOM_MESSAGES
from wejourney.messaging.wechat_errors import CODES

MOST_FAILURES = 1000
LONGEST_TIMEOUT = 60.0
"""Real seconds."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_INT32 = 2**31 - 1

LIFETIME = timedelta(seconds=7200)
OVERLAP = timedelta(minutes=5)
"""How long the old token is good beside the new one, and how early the platform renews a stable one."""
CALLS_A_DAY = 2000
FORCED_A_DAY = 20
FORCED_APART = timedelta(seconds=30)

_OTHER_CALLS: Mapping[int, str] = {
    45056: "tag count out of limit",
    45059: "can not tag the user: too many tags",
    45072: "invalid typing command",
    45157: "invalid tag name: it exists already",
    45158: "invalid tag name: too long",
    45159: "invalid tag id",
    40129: "invalid scene",
    46003: "menu no exist",
    61010: "the user has not visited the mini program in the last two hours",
    76021: "cgi_path not found, please check",
    87009: "invalid signature",
}
"""The codes of calls that the product does not make."""

REASONS: Mapping[int, str] = {**{code: known.meaning for code, known in CODES.items()}, **_OTHER_CALLS}


class RefusedError(Exception):
    """A call that WeChat would refuse, with its code and, where it is known, whom it was about."""

    def __init__(self, errcode: int, detail: str = "", openid: str | None = None) -> None:
        self.errcode = errcode
        self.reason = ": ".join(filter(None, (REASONS.get(errcode, "refused"), detail)))
        self.openid = openid
        super().__init__(f"{errcode} {self.reason}")


@dataclass
class Token:
    """An access token: good until it is over, or until a newer one has replaced it."""

    value: str
    over: datetime
    replaced: datetime | None = None


class AccessTokens:
    """All access tokens of the account. Every time passed in is real time, UTC."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._plain: Token | None = None
        self._stable: Token | None = None
        self._issued: list[datetime] = []
        self._forced: list[datetime] = []

    def issue(self, now: datetime) -> Token:
        """GET /cgi-bin/token: always a new one; the one before it is good for five minutes more."""
        if _last_day(self._issued, now) >= CALLS_A_DAY:
            raise RefusedError(45009)
        self._issued.append(now)
        self._plain = self._replace(self._plain, now, now + OVERLAP)
        return self._plain

    def stable(self, now: datetime, *, force: bool) -> Token:
        """POST /cgi-bin/stable_token: the same one while it is good, unless a new one is forced."""
        if force:
            self._check_forcing(now)
            self._forced.append(now)
            self._stable = self._replace(self._stable, now, now)
        elif self._stable is None or not _good(self._stable, now) or self._stable.over - now <= OVERLAP:
            self._stable = self._replace(self._stable, now, now + OVERLAP)
        return self._stable

    def check(self, value: str | None, now: datetime) -> None:
        """Raises RefusedError unless this token is good."""
        if not value:
            raise RefusedError(41001)
        token = self._tokens.get(value)
        if token is None or (token.replaced is not None and token.replaced <= now):
            raise RefusedError(40001)
        if token.over <= now:
            raise RefusedError(42001)

    def revoke(self, now: datetime) -> None:
        """Make every token invalid, as a change of the app secret does."""
        for token in self._tokens.values():
            token.replaced = now

    def _check_forcing(self, now: datetime) -> None:
        if _last_day(self._forced, now) >= FORCED_A_DAY:
            raise RefusedError(45009, "force_refresh, 20 a day")
        if self._forced and now - self._forced[-1] < FORCED_APART:
            raise RefusedError(45011, "force_refresh, 30 seconds apart")

    def _replace(self, old: Token | None, now: datetime, good_until: datetime) -> Token:
        if old is not None and old.replaced is None:
            old.replaced = good_until
        token = Token(secrets.token_urlsafe(100), now + LIFETIME)
        self._tokens[token.value] = token
        return token


def _good(token: Token, now: datetime) -> bool:
    return token.over > now and (token.replaced is None or token.replaced > now)


def _last_day(times: list[datetime], now: datetime) -> int:
    return sum(time > now - timedelta(days=1) for time in times)


MEDIA_LIVES = timedelta(days=3)


@dataclass(frozen=True)
class SentMedia:
    """A file that a follower has sent, and when."""

    content_type: str
    data: bytes
    at: datetime


CODE_LIVES = timedelta(minutes=5)
VISITED = timedelta(hours=2)


@dataclass
class Code:
    """What a phone got from WeChat, for one call within five minutes: a login, or a number that is shared."""

    openid: str
    issued: datetime
    number: str | None = None
    used: bool = False


@dataclass(frozen=True)
class Check:
    """A picture at an address, which the content check looks at."""

    trace: str
    openid: str
    url: str


@dataclass
class FakeMiniProgram:
    """Its visitors by openid, with their union id and WeChat's key of their session.

    `checks` are those of the content check, in order; `on_check` is told of each.
    """

    account: MiniProgramAccount
    tokens: AccessTokens = field(default_factory=AccessTokens)
    codes: dict[str, Code] = field(default_factory=dict)
    union_ids: dict[str, str] = field(default_factory=dict)
    session_keys: dict[str, str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    on_check: Callable[[Check], None] | None = None

    def issue(self, openid: str, now: datetime, number: str | None = None) -> str:
        """A code of `wx.login`, or with a number one of the button that shares it."""
        code = secrets.token_hex(16)
        self.codes[code] = Code(openid, now, number)
        return code

    def spend(self, value: object, now: datetime, *, of_a_number: bool) -> Code:
        """Use a code up. Raises RefusedError."""
        code = self.codes.get(value) if isinstance(value, str) else None
        if code is None or (code.number is not None) is not of_a_number or now - code.issued > CODE_LIVES:
            raise RefusedError(40029)
        if code.used:
            raise RefusedError(40163)
        code.used = True
        return code

    def has_visitor(self, openid: object, now: datetime) -> bool:
        """Whether somebody has logged in lately, as the content check wants it."""
        return any(code.openid == openid and now - code.issued <= VISITED for code in self.codes.values())


@dataclass
class ReceivedMessage:
    """What a person received; `content` is the text itself of a text, the type's object otherwise."""

    at: datetime
    channel: str
    type: str
    content: Any


@dataclass
class Person:
    """Somebody who follows the account, or did. `spent` holds, per custom message, the window it used.

    `acted_at` is when they last did something.
    """

    openid: str
    following: bool = True
    union_id: str | None = None
    subscribed_at: datetime | None = None
    subscribe_scene: str = "ADD_SCENE_OTHERS"
    scene: str = ""
    language: str = ""
    tag_ids: list[int] = field(default_factory=list)
    windows: Windows = ()
    messages: list[ReceivedMessage] = field(default_factory=list)
    spent: list[tuple[datetime, Window]] = field(default_factory=list)
    acted_at: datetime | None = None


@validated(config=ConfigDict(strict=True, extra="forbid"))
class Fault:
    """A failure on order for the next `times` calls of a path, as `ENDPOINTS` has it.

    `carried_out` says whether the call takes effect before it fails; `timeout` is in real seconds.
    """

    path: str
    times: Annotated[int, Ge(1), Le(MOST_FAILURES)] = 1
    errcode: Annotated[int, Gt(-(2**31)), Lt(2**31)] | None = None
    http_status: Annotated[int, Ge(200), Lt(600)] | None = None
    timeout: Annotated[float, Ge(0), Le(LONGEST_TIMEOUT)] | None = None
    carried_out: bool = False


@dataclass(frozen=True)
class Refusal:
    at: datetime
    openid: str | None
    errcode: int
    reason: str


class World:
    """The state of the fake WeChat. Followers live in the clock's virtual time, tokens in real time."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self.account = account
        self.clock = clock
        self.tokens = AccessTokens()
        self.mini_program = FakeMiniProgram(MiniProgramAccount())
        self.people: dict[str, Person] = {}
        self.refusals: list[Refusal] = []
        self.calls: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.quota_left = DAILY_CUSTOM_MESSAGES
        self.allows_address = True
        self.media: set[str] = set()
        self.sent_media: dict[str, SentMedia] = {}
        self.qr_codes: dict[str, str] = {}
        self.permanent_scenes: set[str] = set()
        self.menu: dict[str, Any] | None = None
        self.keeps_menu_ids = False
        self.reading = Reading.APART
        self.tags: dict[int, str] = {}
        # Message ids start from the time, so that they are new in every sandbox.
        self._message_ids = itertools.count(time.time_ns() // 1000)

    def next_message_id(self) -> int:
        return next(self._message_ids)

    def known(self, openid: str) -> Person:
        """The person with this openid; one not seen before has followed since before the sandbox began."""
        return self.people.setdefault(openid, Person(openid, subscribed_at=self.clock.now()))

    def act(self, person: Person, act: Act, at: datetime) -> None:
        rules = self.account.rule_set.read_as(self.reading)
        person.windows = open_window(person.windows, act, at, rules)

    def leave(self, person: Person) -> None:
        """The person unfollows: no allowance outlives that."""
        person.following = False
        person.windows = ()

    def recipient(self, openid: Any) -> Person:
        """The person to write to. Raises RefusedError for a stranger and for somebody who has left."""
        person = self.people.get(openid) if isinstance(openid, str) else None
        if person is None:
            raise RefusedError(40003, openid=str(openid) if openid else None)
        if not person.following:
            raise RefusedError(43004, openid=person.openid)
        return person

    def spend(self, person: Person) -> None:
        """Take one message from the person's allowances. Raises RefusedError when there is none."""
        now = self.clock.now()
        try:
            (window,), person.windows = spend(person.windows, now)
        except NoAllowanceError:
            used_up = any(window.until > now for window in person.windows)
            raise RefusedError(45047 if used_up else 45015, openid=person.openid) from None
        person.spent.append((now, window))

    def deliver(self, person: Person, channel: str, kind: str, content: Any) -> None:
        person.messages.append(ReceivedMessage(self.clock.now(), channel, kind, content))

    def refuse(self, errcode: int, reason: str, openid: str | None = None) -> None:
        self.refusals.append(Refusal(self.clock.now(), openid, errcode, reason))

    def take_from_quota(self) -> None:
        """Count one customer-service message of the day. Raises RefusedError when none is left."""
        if self.quota_left <= 0:
            raise RefusedError(45009)
        self.quota_left -= 1

    def fault_for(self, path: str) -> Fault | None:
        """The failure on order for a call, counted down."""
        fault = next((fault for fault in self.faults if fault.path == path and fault.times > 0), None)
        if fault is not None:
            fault.times -= 1
        return fault

    def send_media(self, content_type: str, data: bytes) -> str:
        """Keep a file that a follower sends; returns its media id."""
        media_id = secrets.token_urlsafe(48)
        self.sent_media[media_id] = SentMedia(content_type, data, self.clock.now())
        return media_id

    def has_media(self, media_id: Any) -> bool:
        """Whether a media id exists; those that begin with MEDIA_ID_ are in the library from the start."""
        return isinstance(media_id, str) and (media_id.startswith("MEDIA_ID_") or media_id in self.media)

    def reported(self, menu_item: str) -> int | str:
        """What the callback tells of a tapped line: a number as it is, any other id as 0 unless it keeps all.

        https://github.com/microsoft/BotFramework-WeChat/issues/47
        """
        if _NUMBER.fullmatch(menu_item) and int(menu_item) <= _INT32:
            return int(menu_item)
        return menu_item if self.keeps_menu_ids else 0

    def followers(self) -> Iterable[Person]:
        return (person for person in self.people.values() if person.following)
