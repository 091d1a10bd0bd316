"""What services need of the world besides records: time, metrics, the engine, the event bus, WeChat."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from wejourney.accounts import Account
from wejourney.journeys.runs import RunStart, Wake
from wejourney.metrics import Metric
from wejourney.people.erasure import RunKey
from wejourney.people.followers import WeChatUserInfo
from wejourney.reasons import RunEnd


class TimeSource(Protocol):
    def now(self) -> datetime:
        """The time that followers and journeys live in, UTC."""


class Meter(Protocol):
    def count(self, metric: Metric, **dimensions: str) -> None:
        """One more of this."""


class Runs(Protocol):
    def start(self, start: RunStart) -> None:
        """Start a run; starting it again changes nothing."""

    def wake(self, wake: Wake) -> None:
        """Hand a waiting run its data; a run that waits no longer is left alone."""

    def stop(self, run: RunKey, end: RunEnd) -> None:
        """End a run; ending it again changes nothing."""


class Bus(Protocol):
    """The event bus, on which other systems learn what journeys ask of them."""

    def publish(self, event_name: str, detail: Mapping[str, Any]) -> None:
        """Publish an event. One that is published again has the same `id` in its detail."""


class WeChat(Protocol):
    """WeChat's knowledge of followers. Raises the errors of `wejourney.messaging.sending.error_of`."""

    def user_info(self, account: Account, openid: str) -> WeChatUserInfo:
        """What WeChat knows of a follower."""


class MessageSender(Protocol):
    """A way to a follower. Raises the errors of `wejourney.messaging.sending.error_of`."""

    def send(self, account: Account, openid: str, content: Mapping[str, Any]) -> None:
        """Send a message. Raises SendOutcomeUnknownError when no answer came."""
