"""Apply one event of the inbox: the profile, the timeline, the runs it ends and wakes, the one it starts."""

import uuid
from dataclasses import dataclass

from wejourney.accounts import Account
from wejourney.domain.errors import AlreadyDoneError, StaleFollowerError, WeChatError
from wejourney.domain.events import FOLLOW, UNFOLLOW, InboundEvent
from wejourney.domain.followers import Follower, WhatWeChatKnows
from wejourney.domain.inbox import receive
from wejourney.domain.routing import Entry
from wejourney.domain.runs import UNFOLLOWED
from wejourney.metrics import Metric
from wejourney.services.following import DECISIONS
from wejourney.services.ports import Accounts, Clock, Effects, FollowerInbox, Meter, Runs, WeChat


@dataclass(frozen=True)
class Applied:
    """What a log line may tell of an event: the person by our own id, and the run it belongs to."""

    person_id: str | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class ProcessEvent:
    """The inbox's work, with its ports."""

    accounts: Accounts
    followers: FollowerInbox
    runs: Runs
    wechat: WeChat
    clock: Clock
    meter: Meter
    entries: tuple[Entry, ...]

    def __call__(self, event: InboundEvent, said: str | None = None) -> Applied:
        """Apply an event once, however often it is delivered.

        `said` names the journey whose opening was the passive reply to this event.

        What it ends, wakes and starts is part of its record, so a repetition after a crash completes it.
        Raises StaleFollowerError when the follower keeps changing: the queue delivers it again.
        """
        account = self.accounts.get(event.app_id)
        if event.kind == UNFOLLOW:
            return self._forget(event)
        effects, person_id = self._record(event, account, said)
        self._carry_out(effects)
        self.meter.count(Metric.EVENTS_PROCESSED)
        causes = [effects.start, *effects.wakes]
        return Applied(person_id, next((cause.run.id for cause in causes if cause), None))

    def _carry_out(self, effects: Effects) -> None:
        for ended in effects.ended:
            self.runs.stop(ended.run, ended.status)
        for wake in effects.wakes:
            self.runs.wake(wake)
        if effects.start is not None:
            self.runs.start(effects.start)

    def _record(self, event: InboundEvent, account: Account, said: str | None) -> tuple[Effects, str | None]:
        known = self._user_info(event, account) if event.kind == FOLLOW else None
        stranger = Follower(event.app_id, event.openid, person_id=uuid.uuid4().hex)
        for _ in range(DECISIONS):
            received = receive(
                event,
                self.followers.read(event.app_id, event.openid),
                self.entries,
                account,
                stranger=stranger,
                now=self.clock.now(),
                known=known,
                said=said,
            )
            try:
                self.followers.record(received)
            except AlreadyDoneError:
                return self.followers.effects(event), None
            except StaleFollowerError:
                continue
            person_id = received.follower.person_id if received.follower else None
            return Effects(received.start, received.wakes, received.ended), person_id
        raise StaleFollowerError

    def _user_info(self, event: InboundEvent, account: Account) -> WhatWeChatKnows:
        """The journey of a new follower does not wait for WeChat to be well: the reason is kept."""
        try:
            return self.wechat.user_info(account, event.openid)
        except WeChatError as error:
            self.meter.count(Metric.USER_INFO_REFUSED, reason=type(error).__name__)
            return WhatWeChatKnows(trouble=f"user info: {error}")

    def _forget(self, event: InboundEvent) -> Applied:
        """WeChat's rule: who unfollows is deleted. Runs end first, so that a repetition finds them.

        https://developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html
        """
        state = self.followers.read(event.app_id, event.openid)
        followed_at = state.follower.followed_at if state.follower else None
        if followed_at is not None and event.at < followed_at:
            # Delivered late: they have come back since.
            return Applied()
        for run in state.live_runs:
            if not run.ended:
                self.runs.stop(run, UNFOLLOWED)
        self.followers.erase(event.app_id, event.openid)
        self.meter.count(Metric.FOLLOWERS_ERASED)
        return Applied(state.follower.person_id if state.follower else None)
