"""WeChat in memory, as the outbox sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.fakes.clock import FakeClock
from wejourney.accounts import Account
from wejourney.people.followers import WeChatUserInfo
from wejourney.services.ports.codes import Ticket


@dataclass
class FakeWeChat:
    """It takes messages, or fails as it is told, in order: one failure a call."""

    known: WeChatUserInfo | Exception = field(default_factory=WeChatUserInfo)
    failures: list[BaseException | None] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    arrived: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    made: list[tuple[str, int]] = field(default_factory=list)
    drawn: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    before_send: Callable[[], None] | None = None

    def user_info(self, account: Account, openid: str) -> WeChatUserInfo:
        self.asked.append(openid)
        if isinstance(self.known, Exception):
            raise self.known
        return self.known

    def create_qr_code(self, account: Account, scene: str, lasts: int) -> Ticket:
        self.made.append((scene, lasts))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        number = len(self.made)
        return Ticket(f"ticket {number}", f"http://weixin.qq.com/q/{number}", lasts)

    def code_picture(self, account: Account, scene: str, page: str) -> bytes:
        self.drawn.append((scene, page))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return b"\x89PNG of WeChat's"

    def send(self, account: Account, openid: str, content: Mapping[str, Any]) -> None:
        if self.before_send is not None:
            self.before_send()
        self.calls.append((openid, content))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.arrived.append((self.clock.now(), content))

    @property
    def taken(self) -> list[str]:
        """The texts that arrived."""
        return [str(content.get("text", content["type"])) for _, content in self.arrived]
