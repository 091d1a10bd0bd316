"""The one way out: every message takes its allowance and its row first, is called, and is recorded.

WeChat has no idempotency key. So the row is written before the call, and a row whose call nobody saw
end is settled by what its step declares, never by calling again and hoping. The row counts the calls whose
outcome is unknown: at most `Order.calls` of them are made, whatever interrupts them.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wejourney.accounts import Account
from wejourney.errors import (
    AlreadyDoneError,
    MessageNotSentError,
    SendOutcomeUnknownError,
    StaleFollowerError,
    WeChatBusyError,
    WeChatError,
)
from wejourney.journeys.action_types import SendAction
from wejourney.journeys.runs import OpenWait, Run, marked
from wejourney.loyalty.benefits.offers import Given
from wejourney.messaging.channels import CHANNELS
from wejourney.messaging.contents import Content
from wejourney.messaging.merge_fields import (
    OFFERS,
    LookedUp,
    fields_looked_up,
    private_fields,
    render,
    with_private_values,
)
from wejourney.messaging.sending import (
    CALLS_IF_UNSURE,
    Message,
    MessageStatus,
    after_refusal,
    claim,
    counted,
    counted_as,
    no_longer,
    refusal_of,
    refused,
    unknown,
    unknown_calls,
    worth_another,
)
from wejourney.metrics import Metric
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import is_sealed
from wejourney.reasons import NoAnswer, NoChannel, NoConsent, SenderInterrupted
from wejourney.services.change_profile import HeldChange, Profiles
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES, reload
from wejourney.services.loyalty.ports import Entry
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.ports.keys import UnreadableValueError


@dataclass(frozen=True)
class Order:
    """A message to bring to an end.

    `wait` is opened with it when it is a question; `changes` are written with it. `consent` as in `Message`.
    `given` is of the offers that it tells of; None: it tells of none.
    """

    step: str
    content: Content
    resend_if_unsure: bool = False
    wait: OpenWait | None = None
    changes: tuple[HeldChange, ...] = ()
    consent: str = ""
    given: Given | None = None

    @property
    def calls(self) -> int:
        return CALLS_IF_UNSURE if self.resend_if_unsure else 1


@dataclass(frozen=True)
class Delivery:
    """How a message ended, and the run as it goes on. `repeated`: an earlier attempt had ended it."""

    run: Run
    message: Message
    repeated: bool = False


@dataclass(frozen=True)
class Outbox:
    ports: ActionPorts
    profiles: Profiles

    def send(self, action: SendAction, run: Run, changes: tuple[HeldChange, ...] = ()) -> Run:
        """Send the message of a step, once, and return the run as it goes on.

        Raises WeChatBusyError, DailyQuotaSpentError or AccountPausedError while trying again makes sense,
        and MessageNotSentError when the step says what happens then.
        """
        resend = action.if_unsure == "resend"
        order = Order(
            action.step, action.content, resend_if_unsure=resend, changes=changes, consent=action.consent
        )
        delivery = self.deliver(order, run)
        if action.raise_if_not_sent and delivery.message.status is MessageStatus.NOT_SENT:
            raise MessageNotSentError(action.step)
        run, message = delivery.run, delivery.message
        if message.status is MessageStatus.NOT_SENT and message.settled_at is not None:
            # It was tried again and again: what happened meanwhile happened before the next step.
            run = replace(run, resumed_at=message.settled_at)
        return marked(run, action.name, message.at)

    def deliver(self, order: Order, run: Run) -> Delivery:
        """Bring a message to an end: sent, not sent with its reason, or unknown."""
        account = self.ports.accounts.get(run.follower.app_id)
        order, run = self._looked_up(order, run)
        # Before the message is on record: it can be tried again when KMS does not answer.
        run, private = self._private_values(order, run, account)
        try:
            run, message = self._reserve(order, run, account)
        except AlreadyDoneError:
            return self._resume(order, run, account, private)
        try:
            if message.status is MessageStatus.NOT_SENT:
                return Delivery(run, message)
            return self._call(order, run, message, account, private)
        finally:
            # After the call: retried, a message whose call was not begun counts as interrupted.
            self.profiles.publish(message.changes, run)

    def _looked_up(self, order: Order, run: Run) -> tuple[Order, Run]:
        """The message, and the run, with what does not travel with it and the message tells of."""
        offers, counter = self.profiles.offers, self.profiles.programme.tiers.counter
        listed = offers.programme.listed_offers
        told = fields_looked_up(order.content) if listed or counter else frozenset[str]()
        tells_offers = bool(listed) and OFFERS in told
        if tells_offers or (counter and told):
            run = reload(self.ports.records, run)
        if tells_offers:
            order = replace(order, given=offers.given(listed, run.follower))
        return order, run

    def _private_values(self, order: Order, run: Run, account: Account) -> tuple[Run, Mapping[str, str]]:
        """The private values that a message shows. Their keys do not travel: the person is read again."""
        if not any(map(is_sealed, run.follower.attributes.values())):
            return run, {}
        names = private_fields(self._rendered(order, run, run.follower, account))
        if not names:
            return run, {}
        run, values = reload(self.ports.records, run), dict[str, str]()
        for name in sorted(names & run.follower.attributes.keys()):
            with suppress(UnreadableValueError):
                values[name] = self.ports.personal_data.open(run.follower, run.follower.attributes[name])
        return run, values

    def _rendered(self, order: Order, run: Run, follower: Follower, account: Account) -> dict[str, Any]:
        booking, settings = run.about.booking, account.settings
        offers = self.profiles.offers.titles(follower, order.given) if order.given is not None else ()
        return render(
            order.content,
            follower,
            settings,
            run.answers,
            booking=booking,
            coupons=run.coupons,
            looked_up=LookedUp(self.profiles.tier_above(follower), offers),
            keeps_private=True,
        )

    def _reserve(self, order: Order, run: Run, account: Account) -> tuple[Run, Message]:
        """Decide on the follower as the run last saw it; before refusing, look again."""
        fresh = False
        for _ in range(MAX_CONFLICT_RETRIES):
            message, after, entries = self._claim(order, run, account)
            is_refused = message.status is MessageStatus.NOT_SENT
            if fresh or not is_refused:
                wait = None if is_refused else order.wait
                with suppress(StaleFollowerError):
                    self.ports.records.add_message(run.follower, after, message, wait, entries)
                    if is_refused:
                        self.ports.meter.count(Metric.MESSAGES_NOT_SENT, reason=_counted_as(message))
                    return replace(run, follower=after), message
            run, fresh = reload(self.ports.records, run), True
        raise StaleFollowerError

    def _claim(self, order: Order, run: Run, account: Account) -> tuple[Message, Follower, tuple[Entry, ...]]:
        """The message; the follower after it and the changes that are written with it; what these post."""
        changed = self.profiles.after(order.changes, run)
        draft = Message(
            run_id=run.id,
            journey=run.journey,
            step=order.step,
            channel=CHANNELS[order.content.kind].name,
            status=MessageStatus.RESERVED,
            content=self._rendered(order, run, changed.follower, account),
            at=self.ports.clock.now(),
            cohort=run.cohort,
            changes=changed.changes,
            consent=order.consent,
        )
        if draft.channel not in self.ports.channels:
            return refused(draft, NoChannel(draft.channel)), changed.follower, changed.entries
        return *claim(draft, changed.follower), changed.entries

    def _resume(self, order: Order, run: Run, account: Account, private: Mapping[str, str]) -> Delivery:
        """An earlier attempt has left a row: go on from what it says."""
        stored = message = self.ports.records.message(run.follower, run.id, order.step)
        run = reload(self.ports.records, run)
        if stored is None or message is None:
            raise StaleFollowerError  # An attempt that comes late: the wait for the answer is over.
        self.profiles.publish(message.changes, run)
        if message.status is MessageStatus.RESERVED:
            message = unknown(message, SenderInterrupted())
            if unknown_calls(message) >= order.calls:
                return Delivery(run, self._recorded(run, message), repeated=True)
        elif message.status is not MessageStatus.WAITING:
            if message.status is MessageStatus.SENT:
                run = run.having_said(message.settled_at or message.at)
            return Delivery(run, message, repeated=True)
        reason = no_longer(message, run.follower, self.ports.clock.now())
        if reason is not None:
            return self._ended(order, run, refused(message, reason), None)
        retried = replace(message, status=MessageStatus.RESERVED)
        try:
            self.ports.records.reserve_again(run.follower, stored, retried, order.wait)
        except AlreadyDoneError:
            # The question was answered before WeChat took it.
            return Delivery(run, message, repeated=True)
        return self._call(order, run, retried, account, private)

    def _call(
        self, order: Order, run: Run, message: Message, account: Account, private: Mapping[str, str]
    ) -> Delivery:
        called_at, content = self.ports.clock.now(), with_private_values(message.content, private)
        try:
            self.ports.channels[message.channel].send(account, run.follower.openid, content)
        except SendOutcomeUnknownError as error:
            message = unknown(message, NoAnswer(str(error)))
            if unknown_calls(message) >= order.calls:
                return Delivery(run, self._recorded(run, message))
            return self._refused(order, run, message, WeChatBusyError(0, detail=f"no answer: {error}"))
        except WeChatError as error:
            return self._refused(order, run, message, error)
        sent = self._recorded(run, replace(message, status=MessageStatus.SENT))
        return Delivery(run.having_said(called_at), sent)

    def _recorded(self, run: Run, message: Message) -> Message:
        message = _settled(message, self.ports.clock.now())
        self.ports.records.sent(run.follower, message)
        is_sent = message.status is MessageStatus.SENT
        self.ports.meter.count(Metric.MESSAGES_SENT if is_sent else Metric.MESSAGES_UNKNOWN)
        return message

    def _refused(self, order: Order, run: Run, message: Message, error: WeChatError) -> Delivery:
        """WeChat did not take it: try again later, or record why not."""
        reason = refusal_of(error)
        self.ports.meter.count(Metric.SENDS_REFUSED, reason=counted_as(error))
        message = counted(message, type(error))
        if worth_another(message, error):
            waiting = replace(message, status=MessageStatus.WAITING, reason=reason)
            self.ports.records.not_sent(run.follower, run.follower, waiting, order.wait)
            raise error
        return self._ended(order, run, refused(message, reason), error)

    def _ended(self, order: Order, run: Run, message: Message, error: WeChatError | None) -> Delivery:
        """Record that a message ended without a success, with what that says of the follower."""
        message = _settled(message, self.ports.clock.now())
        for _ in range(MAX_CONFLICT_RETRIES):
            after = after_refusal(run.follower, message, error) if error else run.follower
            try:
                self.ports.records.not_sent(run.follower, after, message, order.wait)
            except StaleFollowerError:
                run = reload(self.ports.records, run)
                continue
            if message.status is MessageStatus.UNKNOWN:
                self.ports.meter.count(Metric.MESSAGES_UNKNOWN)
            else:
                self.ports.meter.count(
                    Metric.MESSAGES_NOT_SENT, reason=type(error).__name__ if error else _counted_as(message)
                )
            return Delivery(replace(run, follower=after), message)
        raise StaleFollowerError


def _counted_as(message: Message) -> str:
    """Why a message was not tried, as the metric counts it."""
    return "NoConsent" if isinstance(message.reason, NoConsent) else "NoAllowance"


def _settled(message: Message, now: datetime) -> Message:
    return replace(message, settled_at=now) if message.tries else message
