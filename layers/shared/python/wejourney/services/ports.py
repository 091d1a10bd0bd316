"""The ports: what the services need of the world, in the domain's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from wejourney.accounts import Account
from wejourney.domain.events import InboundEvent
from wejourney.domain.followers import Follower, FollowerState, LiveRun, OpenWait, WhatWeChatKnows
from wejourney.domain.inbox import Received
from wejourney.domain.ledger import Posting
from wejourney.domain.runs import Message, Run, RunStart, Wake


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The time that followers and journeys live in, UTC."""


class Accounts(Protocol):
    """The settings of this deployment's WeChat accounts."""

    def get(self, app_id: str) -> Account:
        """Raises UnknownAccountError or MissingSettingError."""


class FollowerInbox(Protocol):
    """The records of followers, as the inbox changes them."""

    def read(self, app_id: str, openid: str) -> FollowerState:
        """All that a decision needs, as it is now."""

    def record(self, received: Received) -> None:
        """Write an event with all its effects, or nothing.

        Raises AlreadyDoneError when the event is on record, StaleFollowerError when the decision was
        made on a follower that has changed since.
        """

    def effects(self, event: InboundEvent) -> tuple[RunStart | None, Wake | None]:
        """What a recorded event started and woke."""

    def erase(self, app_id: str, openid: str) -> None:
        """Forget everything about a follower."""


class FollowerRecords(Protocol):
    """The records of followers, as the steps of a run change them.

    Each write is one transaction with the record of its step. A write takes the follower as it was
    decided upon and as it shall be; it raises StaleFollowerError when the stored one is another by
    then, and AlreadyDoneError when the step is on record.
    """

    def load(self, app_id: str, openid: str) -> Follower | None:
        """The follower as it is now."""

    def reserve(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        """Take the allowance and put the message in the outbox; with a question, open its wait."""

    def reserve_again(self, follower: Follower, message: Message, wait: OpenWait | None) -> None:
        """The same for a message that WeChat was too busy to take; its allowance is taken already."""

    def message(self, follower: Follower, run_id: str, step: str) -> Message | None:
        """A message of the outbox."""

    def sent(self, follower: Follower, message: Message) -> None:
        """Record that a message was sent, or that nobody knows."""

    def not_sent(self, before: Follower, after: Follower, message: Message) -> None:
        """Record why a reserved message was not sent (yet), and close its wait."""

    def refuse(self, follower: Follower, message: Message) -> None:
        """Record a message that never entered the outbox."""

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        """Open the wait for the answer to something said before."""

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        """Replace the token of an open wait. Raises AlreadyDoneError when the wait is over."""

    def close_wait(self, run: Run, step: str, at: datetime) -> None:
        """The wait's limit has passed. Raises AnsweredError when the answer came first."""

    def answer(self, follower: Follower, run_id: str, step: str) -> tuple[str, str] | None:
        """The recorded answer and the position of its event."""

    def answer_early(self, follower: Follower, wait: OpenWait, answer: str, event: InboundEvent) -> None:
        """Record an answer that came before its wait was opened."""

    def first_message_after(self, follower: Follower, position: str) -> InboundEvent | None:
        """The first thing that the follower said after this position."""

    def retag(self, before: Follower, after: Follower, run_id: str, step: str, at: datetime) -> None:
        """Change the tags."""


class Runs(Protocol):
    """The engine that runs journeys."""

    def start(self, start: RunStart) -> None:
        """Start a run; starting it again changes nothing."""

    def wake(self, wake: Wake) -> None:
        """Hand a waiting run its data; a run that waits no longer is left alone."""

    def stop(self, run: LiveRun, reason: str) -> None:
        """End a run; ending it again changes nothing."""


class WeChat(Protocol):
    """WeChat's API. Raises the errors of `wejourney.domain.sending.error_of`."""

    def user_info(self, account: Account, openid: str) -> WhatWeChatKnows:
        """What WeChat knows of a follower."""

    def send(self, account: Account, openid: str, content: Mapping[str, Any]) -> None:
        """Send a customer-service message. Raises SendOutcomeUnknownError when no answer came."""


class Ledger(Protocol):
    """The books."""

    def post(self, posting: Posting) -> bool:
        """Post once; False when it was posted before. Raises PostingConflictError."""


class Meter(Protocol):
    """Where counts go."""

    def count(self, name: str, **dimensions: str) -> None:
        """One more of this."""
