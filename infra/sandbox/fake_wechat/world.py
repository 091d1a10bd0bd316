"""What the fake WeChat knows: followers, what they received, what was refused, and what is made to fail."""

import itertools
import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as validated

from infra.sandbox.fake_wechat.refusals import RefusedError
from infra.sandbox.fake_wechat.tokens import AccessTokens
from infra.sandbox.settings import Account
from wejourney.clock import Clock
from wejourney.errors import NoAllowanceError
from wejourney.messaging.allowance_windows import Window, Windows, open_window, spend
from wejourney.messaging.channels import DAILY_CUSTOM_MESSAGES
from wejourney.messaging.wechat_rules import Act

MOST_FAILURES = 1000
LONGEST_TIMEOUT = 60.0
"""Real seconds."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_INT32 = 2**31 - 1


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
    """A failure on order for the next `times` calls of a path under /cgi-bin/.

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
        self.people: dict[str, Person] = {}
        self.refusals: list[Refusal] = []
        self.calls: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.quota_left = DAILY_CUSTOM_MESSAGES
        self.media: set[str] = set()
        self.qr_codes: dict[str, str] = {}
        self.menu: dict[str, Any] | None = None
        self.keeps_menu_ids = False
        self.tags: dict[int, str] = {}
        # Message ids start from the time, so that they are new in every sandbox.
        self._message_ids = itertools.count(time.time_ns() // 1000)

    def next_message_id(self) -> int:
        return next(self._message_ids)

    def known(self, openid: str) -> Person:
        """The person with this openid; one not seen before has followed since before the sandbox began."""
        return self.people.setdefault(openid, Person(openid, subscribed_at=self.clock.now()))

    def act(self, person: Person, act: Act, at: datetime) -> None:
        person.windows = open_window(person.windows, act, at, self.account.rule_set)

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
            window, person.windows = spend(person.windows, now)
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
