"""Apply one event of the inbox: the profile, the timeline, the runs it ends and wakes, the one it starts."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from wejourney.accounts import Account
from wejourney.errors import (
    AlreadyDoneError,
    MalformedEventError,
    StaleFollowerError,
    UnfinishedErasureError,
    UnknownAccountError,
    WeChatError,
)
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import UNFOLLOW, UNKNOWN, Followed, Identified, Paid, Refunded
from wejourney.journeys.receiving import Received, acted_at, came_before, receive, resume
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import Wake
from wejourney.metrics import Metric
from wejourney.people.erasure import AHEAD, Admission, Erasure, RunKey, admit, is_late, who_came_back
from wejourney.people.followers import Follower, WeChatUserInfo
from wejourney.people.identities import Identity, IdentityKind
from wejourney.reasons import Unfollowed
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.environment import Meter, Runs, TimeSource, WeChat
from wejourney.services.ports.followers import Effects, FollowerInbox
from wejourney.services.ports.open_orders import announced_by
from wejourney.services.ports.orders import Order, Orders


@dataclass(frozen=True)
class Applied:
    """What became of an event: the person by our own id and the run it belongs to, as a log line may tell.

    `appeared` are the identities that it has made known: what waited for them can be released.
    """

    person_id: str | None = None
    run_id: str | None = None
    appeared: tuple[Identity, ...] = ()


@dataclass(frozen=True)
class ProcessEvent:
    accounts: Accounts
    followers: FollowerInbox
    orders: Orders
    runs: Runs
    wechat: WeChat
    clock: TimeSource
    meter: Meter
    entries: tuple[JourneyEntry, ...]

    def __call__(self, event: InboundEvent, opened_journey: str | None = None) -> Applied:
        """Apply an event once, however often it is delivered.

        `opened_journey` is the journey whose opening was the passive reply to this event. What the event
        ends, wakes and starts is part of its record, so a repetition after a crash completes it. Raises
        MalformedEventError for what can never be applied. The queue delivers an event again that raises
        StaleFollowerError, when the follower keeps changing, or UnfinishedErasureError, when rows are left.
        """
        if event.at > self.clock.now() + AHEAD:
            raise MalformedEventError("the time of the event is ahead of the clock")
        try:
            account = self.accounts.get(event.subject.app_id)
        except UnknownAccountError:
            if not isinstance(event.body, Paid | Refunded):
                raise
            # Paid in an app that is no account here, such as a mini program: it has no followers.
            self.meter.count(Metric.EVENTS_REJECTED)
            self._keep_order(event, None)
            return Applied()
        if event.body.type.erases:
            return self._erase(event)
        effects, follower = self._record(event, account, opened_journey)
        person_id = follower.person_id if follower is not None else None
        self._keep_order(event, person_id)
        for ended in effects.ended:
            self.runs.stop(ended.run, ended.end)
        for wake in effects.wakes:
            self.runs.wake(wake)
        if effects.start is not None:
            self.runs.start(effects.start)
        self.meter.count(Metric.EVENTS_PROCESSED)
        causes = [effects.start, *effects.wakes]
        run_id = next((cause.run.id for cause in causes if cause), None)
        return Applied(person_id, run_id, tuple(_appeared(event, follower)))

    def _keep_order(self, event: InboundEvent, person_id: str | None) -> None:
        """Keep whose order was paid, for its refunds; of somebody who is not known only that it was.

        An order that is announced is asked for later, in case that its notice does not come.
        """
        if isinstance(event.body, Paid) and event.body.may_be_refunded:
            payer = event.subject if person_id is not None else None
            self.orders.keep(Order(event.body.merchant, event.body.order, payer), person_id, event.at)
        if (announced := announced_by(event)) is not None:
            self.orders.announce(announced)

    def _record(
        self, event: InboundEvent, account: Account, opened_journey: str | None
    ) -> tuple[Effects, Follower | None]:
        user_info = None
        for _ in range(MAX_CONFLICT_RETRIES):
            state = self.followers.read(event.subject.app_id, event.subject.openid)
            erasure = None
            if state.follower is None:
                erasure = self.followers.erasure(event.subject.app_id, event.subject.openid)
                if erasure is not None and erasure.unfinished and self._delete(event, erasure):
                    # The event that erases was put aside half done: who came back is there again.
                    continue
            if admit(event, state.follower, erasure, self.clock.now()) is Admission.REJECT:
                self.meter.count(Metric.EVENTS_REJECTED)
                if state.follower is not None:
                    erasure = self.followers.erasure(event.subject.app_id, event.subject.openid)
                if erasure is not None:
                    # An earlier delivery may have kept it while they were erased, and died.
                    self.followers.forget(event, erasure.person_ids)
                return Effects(), None
            if isinstance(event.body, Followed) and user_info is None:
                if (
                    state.follower is not None
                    and (effects := self.followers.effects(event, state.follower)) is not None
                ):
                    # A repetition: WeChat is not asked again.
                    return effects, state.follower
                user_info = self._user_info(event, account)
            received = receive(
                event,
                state,
                self.entries,
                account.settings,
                stranger=_stranger(event, erasure),
                now=self.clock.now(),
                known=user_info,
                opened_journey=opened_journey,
            )
            try:
                effects = self._write(received)
            except StaleFollowerError:
                continue
            if event.kind == UNKNOWN:
                self.meter.count(Metric.EVENTS_UNKNOWN)
            return effects, received.follower
        raise StaleFollowerError

    def _write(self, received: Received) -> Effects:
        """Record an event with its effects. Raises StaleFollowerError when it is to be decided anew."""
        event = received.event
        effects: Effects | None = Effects(
            received.start, received.wakes, received.ended, is_quiet=received.is_quiet
        )
        try:
            if received.is_quiet:
                self.followers.keep(received)
            else:
                self.followers.record(received)
        except AlreadyDoneError:
            effects = self.followers.effects(event, received.follower)
        if effects is None:
            raise StaleFollowerError  # They were erased meanwhile.
        if effects.is_quiet and received.before is not None:
            return replace(effects, wakes=(*effects.wakes, *self._looked_again(event, received.before)))
        return effects

    def _looked_again(self, event: InboundEvent, before: Follower) -> Iterator[Wake]:
        """End the waits that were opened while an event was kept, and that have not seen it.

        It was kept whatever the follower was by then. A wait is opened first and then looks for events: one
        of the two sees the other.
        """
        state = self.followers.read_person(before.person_id)
        if state.follower is None:
            self.followers.forget(event, [before.person_id])
            raise StaleFollowerError
        for wait in state.waits:
            if came_before(wait, (event,)) is None:
                continue
            past, answer = self.followers.past_event(event, state.follower), wait.read(event, state.follower)
            if past is not None and past.is_free_for(wait):
                with suppress(AlreadyDoneError):
                    self.followers.answer_early(state.follower, wait, answer, past.event)
                    at = acted_at(past.event, self.clock.now())
                    yield Wake(wait.token, resume(wait, state.follower, past.event.position, answer, at))

    def _user_info(self, event: InboundEvent, account: Account) -> WeChatUserInfo:
        """The journey of a new follower does not wait for WeChat to be well: the reason is kept."""
        try:
            return self.wechat.user_info(account, event.subject.openid)
        except WeChatError as error:
            self.meter.count(Metric.USER_INFO_REFUSED, reason=type(error).__name__)
            return WeChatUserInfo(error=f"user info: {error}")

    def _erase(self, event: InboundEvent) -> Applied:
        """WeChat's rule: the data of somebody who unfollows, or withdraws, is deleted.

        The data goes first: a run that cannot be stopped keeps nobody, and finds its follower gone. What is
        still to be stopped is in the mark, so that a repetition completes it.
        https://developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html
        """
        state = self.followers.read(event.subject.app_id, event.subject.openid)
        erasure = self.followers.erasure(event.subject.app_id, event.subject.openid)
        follower = state.follower
        if follower is not None and is_late(event, follower, erasure):
            # They have come back since.
            return self._stop_runs(event, erasure)
        if follower is None and erasure is None and event.kind != UNFOLLOW:
            self.meter.count(Metric.WITHDRAWALS_UNMATCHED)
        live = (RunKey(run.journey, run.run_id) for run in state.live_runs if not run.ended)
        back = who_came_back(event, follower, uuid.uuid4().hex) if follower is not None else None
        erasure = self.followers.mark_erasure(event, follower, live, self.clock.now(), back)
        if follower is not None:
            self.meter.count(Metric.FOLLOWERS_ERASED)
        self._delete(event, erasure)
        return self._stop_runs(event, erasure, follower)

    def _delete(self, event: InboundEvent, erasure: Erasure) -> bool:
        """Delete what is on record of an erased follower; whether they are back.

        Raises UnfinishedErasureError when that is too much at once.
        """
        people = erasure.person_ids
        if not (self.orders.forget(people) and self.followers.erase(event.subject, people)):
            raise UnfinishedErasureError
        if erasure.back is not None:
            self.followers.save(None, erasure.back)
        return erasure.back is not None

    def _stop_runs(
        self, event: InboundEvent, erasure: Erasure | None, follower: Follower | None = None
    ) -> Applied:
        if erasure is not None and erasure.unfinished:
            for run in erasure.runs:
                self.runs.stop(run, Unfollowed())
            self.followers.erased(event)
        return Applied(follower.person_id if follower else None)


def _appeared(event: InboundEvent, follower: Follower | None) -> Iterator[Identity]:
    """The identities that lead to somebody since this event, however often it is delivered."""
    if follower is not None and isinstance(event.body, Identified):
        yield Identity(IdentityKind(event.body.identity_kind), event.body.identity)


def _stranger(event: InboundEvent, erasure: Erasure | None) -> Follower:
    return Follower(
        event.subject.app_id,
        event.subject.openid,
        person_id=uuid.uuid4().hex,
        known_since=event.at,
        erased_at=erasure.at if erasure is not None else None,
    )
