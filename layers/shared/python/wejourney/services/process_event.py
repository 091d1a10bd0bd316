"""Apply one event of the inbox: the profile, the timeline, the runs it ends and wakes, the one it starts."""

import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol

from wejourney.accounts import Account
from wejourney.errors import (
    AlreadyDoneError,
    MalformedEventError,
    StaleFollowerError,
    UnfinishedErasureError,
    UnknownAccountError,
    WeChatError,
)
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import (
    UNFOLLOW,
    UNKNOWN,
    Followed,
    Identified,
    MiniProgramEvent,
    Paid,
    ProfileChanged,
    Source,
)
from wejourney.journeys.receiving import (
    Received,
    acted_at,
    came_before,
    receive,
    resume,
    with_data_keys,
    with_member_number,
    with_seal_key,
)
from wejourney.journeys.routing import JourneyEntry, all_subscribed_kinds
from wejourney.journeys.runs import FollowerState, Wake
from wejourney.journeys.segments import NO_RULES, PeopleRules, told_of
from wejourney.loyalty.membership import HIGHEST_DRAWN
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.media import media_id_of
from wejourney.metrics import Metric
from wejourney.people.consents import consent_told
from wejourney.people.contacts import CONTACT_ID_LENGTH, MEMBERS, Contact, standing_contact
from wejourney.people.erasure import AHEAD, Admission, Erasure, RunKey, admit, is_late, who_came_back
from wejourney.people.followers import Follower, WeChatUserInfo
from wejourney.people.identities import Identity, IdentityKind, is_nobodys, union_identity
from wejourney.people.merging import Flag, is_second_union_id, may_be_two, older_first
from wejourney.reasons import Merged, Unfollowed
from wejourney.services.change_profile import KeptValues, kept_values
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from wejourney.services.media.ports import MediaQueue, WantedMedia
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.bindings import Bindings
from wejourney.services.ports.environment import Meter, Runs, TimeSource, WeChat
from wejourney.services.ports.followers import Effects, FollowerInbox
from wejourney.services.ports.keys import PersonalData
from wejourney.services.ports.open_orders import announced_by
from wejourney.services.ports.orders import Order, Orders

SEAL_KEY_BYTES = 16

type Earn = Callable[[InboundEvent, Follower | None], tuple[InboundEvent, ...]]
"""Posts what an event on record gives or takes back, once; returns the events that tell of it."""

type Consequence = Callable[[InboundEvent, Follower], None]
"""Does what follows from an event on record of somebody: they join a group, or a round counts on a board.

It can be called again.
"""


class Referrals(Protocol):
    """Rewards for who brought somebody. Each call can be made again."""

    @property
    def are_declared(self) -> bool: ...

    def ordered(self, event: InboundEvent, friend: Follower) -> tuple[InboundEvent, ...]:
        """An event of somebody is on record: it may be the order for which they are rewarded.

        Returns the events that tell of it.
        """

    def merged(self, person_id: str, at: datetime) -> None:
        """Somebody has turned out to be another person as well."""

    def unfollowed(self, friend: Follower, at: datetime) -> None:
        """Somebody unfollows, and is about to be erased."""


class Uploads(Protocol):
    def checked(self, event: InboundEvent) -> tuple[InboundEvent, ...]:
        """WeChat may tell by this event what its check says of an upload. It can be called again.

        Returns the events that tell of it.
        """


@dataclass(frozen=True)
class Applied:
    """What became of an event: the person by our own id and the run it belongs to, as a log line may tell.

    `appeared` are the identities that it has made known: what waited for them can be released. `told` are
    events for the inbox.
    """

    person_id: str | None = None
    run_id: str | None = None
    appeared: tuple[Identity, ...] = ()
    told: tuple[InboundEvent, ...] = ()


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
    bindings: Bindings | None = None
    people_rules: PeopleRules = NO_RULES
    personal_data: PersonalData | None = None
    media: MediaQueue | None = None
    earn: Earn | None = None
    referrals: Referrals | None = None
    consequences: tuple[Consequence, ...] = ()
    uploads: Uploads | None = None

    def __call__(self, event: InboundEvent, opened_journey: str | None = None) -> Applied:
        """Apply an event once, however often it is delivered.

        `opened_journey` is the journey whose opening was the passive reply to this event. What the event
        ends, wakes and starts is part of its record, so a repetition after a crash completes it. Raises
        MalformedEventError for what can never be applied. The queue delivers an event again that raises
        StaleFollowerError, when the follower keeps changing, or UnfinishedErasureError, when rows are left.
        """
        if event.at > self.clock.now() + AHEAD:
            raise MalformedEventError("the time of the event is ahead of the clock")
        if isinstance(event.body, ProfileChanged) and event.body.by is None:
            misfit = self.people_rules.profile.misfit(event.body.changes)
            if misfit is not None:
                raise MalformedEventError(misfit)
        if event.body.type.erases:
            return self._erase(event)
        withdraws = self.people_rules.profile.is_membership_withdrawn(event)
        if withdraws:
            event = self._about_who_stayed(event)
        account = self._account(event)
        effects, follower, appeared = self._record(event, account, opened_journey)
        person_id = follower.person_id if follower is not None else None
        self._keep_order(event, person_id)
        if follower is not None:
            self._keep_media(event, follower)
        # Before runs begin or go on: what they say of points is what the event has given.
        told = self.earn(event, follower) if self.earn is not None else ()
        if self.referrals is not None and follower is not None:
            told += self.referrals.ordered(event, follower)
        if follower is not None:
            for follow_up in self.consequences:
                follow_up(event, follower)
        if self.uploads is not None:
            told += self.uploads.checked(event)
        for ended in effects.ended:
            self.runs.stop(ended.run, ended.end)
        for wake in effects.wakes:
            self.runs.wake(wake)
        if effects.start is not None:
            self.runs.start(effects.start)
        self.meter.count(Metric.EVENTS_PROCESSED)
        if withdraws and self._may_not_stay(event, follower):
            return self._erase_member(event, follower)
        causes = [effects.start, *effects.wakes]
        run_id = next((cause.run.id for cause in causes if cause), None)
        told += tuple(one for one in told_of(effects.found, event) if one.kind in self._subscribed_kinds)
        return Applied(person_id, run_id, tuple(sorted(appeared)), told)

    @cached_property
    def _subscribed_kinds(self) -> frozenset[str]:
        return all_subscribed_kinds(self.entries).union(self.people_rules.subscribed_kinds)

    def _account(self, event: InboundEvent) -> AccountSettings:
        """The settings of the event's account.

        An app in which somebody pays, or whose people are imported, need not be an account here.
        """
        try:
            return self.accounts.get(event.subject.app_id).settings
        except UnknownAccountError:
            if event.source is not Source.OWN:
                raise
            return AccountSettings(event.subject.app_id)

    def _keep_order(self, event: InboundEvent, person_id: str | None) -> None:
        """Keep whose order was paid, for its refunds; of somebody who is not known only that it was.

        An order that is announced is asked for later, in case that its notice does not come.
        """
        if isinstance(event.body, Paid) and event.body.may_be_refunded:
            payer = event.subject if person_id is not None else None
            self.orders.keep(Order(event.body.merchant, event.body.order, payer), person_id, event.at)
        if (announced := announced_by(event)) is not None:
            self.orders.announce(announced)

    def _keep_media(self, event: InboundEvent, follower: Follower) -> None:
        """Have the file of a message fetched, if files are kept and this person has agreed.

        Who has withdrawn that has none any more; what is being fetched finds that they have.
        """
        lets_keep, consent = self.people_rules.profile.lets_keep(follower), consent_told(event)
        if self.media is not None and lets_keep and media_id_of(event) is not None:
            self.media.put(WantedMedia(follower.person_id, follower.contact_id, event.place_on_record))
        if (
            consent is not None
            and consent.purpose == self.people_rules.profile.private_purpose
            and not lets_keep
        ):
            self.followers.forget_media(follower.person_id)

    def _record(
        self, event: InboundEvent, account: AccountSettings, opened_journey: str | None
    ) -> tuple[Effects, Follower | None, frozenset[Identity]]:
        """Record an event: its effects, who it is about, and the identities that lead to them since then."""
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
                return self._reject(event, state, erasure), None, frozenset()
            if isinstance(event.body, Followed) and user_info is None:
                if (
                    state.follower is not None
                    and (effects := self.followers.effects(event, state.follower)) is not None
                ):
                    # A repetition: WeChat is not asked again.
                    return effects, state.follower, state.follower.identities
                user_info = self._user_info(self.accounts.get(event.subject.app_id), event.subject.openid)
            told = identities_of(event, user_info, account)
            stranger = _stranger(event, erasure.at if erasure is not None else state.erased_at)
            try:
                state, flags = self._identified(stranger, state, told, event.at)
                kept = self._kept_values(event, state.follower)
                received = receive(
                    _with_values(event, kept),
                    state,
                    self.entries,
                    account,
                    stranger=stranger,
                    now=self.clock.now(),
                    known=user_info,
                    others=self._other_accounts(state),
                    opened_journey=opened_journey,
                    people_rules=self.people_rules,
                )
                received = with_data_keys(received, kept.data_keys, kept.dropped)
                received = with_member_number(
                    received, self.people_rules.profile, secrets.randbelow(HIGHEST_DRAWN)
                )
                effects = self._write(with_seal_key(received, secrets.token_bytes(SEAL_KEY_BYTES)))
                for flag in flags:
                    if self.followers.flag(flag):
                        self.meter.count(Metric.PEOPLE_FLAGGED)
            except StaleFollowerError:
                continue
            self._note_binding(event, account, received.follower, user_info)
            if received.bookings_left_out:
                self.meter.count(Metric.BOOKINGS_LEFT_OUT)
            if event.kind == UNKNOWN:
                self.meter.count(Metric.EVENTS_UNKNOWN)
            return effects, received.follower, _appeared(event, received)
        raise StaleFollowerError

    def _kept_values(self, event: InboundEvent, follower: Follower | None) -> KeptValues:
        """The values of a profile that an event tells, as they are kept. A run has sealed its own."""
        if follower is None or not isinstance(event.body, ProfileChanged) or event.body.by is not None:
            return KeptValues({})
        return kept_values(event.body.changes, follower, self.people_rules.profile, self.personal_data)

    def _note_binding(
        self,
        event: InboundEvent,
        account: AccountSettings,
        follower: Follower | None,
        user_info: WeChatUserInfo | None,
    ) -> None:
        """Note whether the event's app tells union ids: an app that does not doubles people in silence."""
        body, app_id, platform = event.body, event.subject.app_id, account.open_platform
        if self.bindings is None or follower is None:
            return
        if user_info is not None and user_info.error is None:
            self.bindings.note(app_id, platform, has_union_id=bool(user_info.union_id), at=event.at)
        elif isinstance(body, Identified) and body.identity_kind == IdentityKind.UNION_ID:
            self.bindings.note(app_id, platform, has_union_id=True, at=event.at)
        elif isinstance(body, MiniProgramEvent):
            has_union_id = any(one.kind is IdentityKind.UNION_ID for one in follower.identities)
            self.bindings.note(app_id, platform, has_union_id=has_union_id, at=event.at)
        elif isinstance(body, Paid) and body.merchant:
            self.bindings.note_payment(app_id, body.merchant, event.at)

    def _reject(self, event: InboundEvent, state: FollowerState, erasure: Erasure | None) -> Effects:
        self.meter.count(Metric.EVENTS_REJECTED)
        if state.follower is not None:
            erasure = self.followers.erasure(event.subject.app_id, event.subject.openid)
        if erasure is not None:
            # An earlier delivery may have kept it while they were erased, and died.
            self.followers.forget(event, erasure.person_ids)
        return Effects()

    def _identified(
        self, stranger: Follower, state: FollowerState, told: Iterable[Identity], at: datetime
    ) -> tuple[FollowerState, tuple[Flag, ...]]:
        """Who an event is about, by all identities that it tells; those that are nobody's become theirs.

        A contact that was not known (`stranger`) joins the person whose identity it has. Two people are
        merged: the decision is made anew then, by StaleFollowerError. Whom a human has to look at is flagged.
        """
        follower = state.follower or stranger
        new = [identity for identity in told if identity not in follower.identities]
        owners = self.followers.owners(new) if new else {}
        claimed, flags = [], []
        for identity in new:
            owner = owners.get(identity, follower.person_id)
            other = self.followers.person(owner) if identity in owners else follower
            if other is None or owner in follower.merged:
                raise StaleFollowerError
            is_second = other is follower and is_second_union_id(follower, identity)
            if is_second or (other is not follower and may_be_two(other, follower)):
                flags.append(Flag(other.person_id, follower.person_id, identity.kind, at))
            elif other is follower:
                claimed.append(identity)
            elif state.follower is None:
                joined = self.followers.joined(other.person_id, stranger.contact)
                state = joined.with_remembered(state.remembered)
                follower = state.follower or stranger
            elif self.followers.are_flagged(follower, other):
                flags.append(Flag(other.person_id, follower.person_id, identity.kind, at))
            elif other.person_id != follower.person_id:
                self._merge(follower, other, identity, at)
        return replace(state, claimed=frozenset(claimed)), tuple(flags)

    def _merge(self, one: Follower, other: Follower, identity: Identity, at: datetime) -> None:
        """Merge two people who have one identity. Raises StaleFollowerError, as both have changed by it."""
        older, younger = older_first(one, other)
        for run in self.followers.merge(younger, older, identity.kind, at):
            self.runs.stop(run, Merged())
        self.meter.count(Metric.PEOPLE_MERGED)
        if self.referrals is not None:
            self.referrals.merged(older.person_id, at)
        raise StaleFollowerError

    def _other_accounts(self, state: FollowerState) -> Mapping[str, AccountSettings]:
        """The settings of the accounts that the person has further contacts in."""
        found = {}
        for contact in state.follower.others if state.follower is not None else ():
            with suppress(UnknownAccountError):
                found[contact.app_id] = self.accounts.get(contact.app_id).settings
        return found

    def _write(self, received: Received) -> Effects:
        """Record an event with its effects. Raises StaleFollowerError when it is to be decided anew."""
        event = received.event
        effects: Effects | None = Effects(
            received.start, received.wakes, received.ended, received.found, is_quiet=received.is_quiet
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
        state = self.followers.read_again(before)
        if state.follower is None or state.follower.person_id != before.person_id:
            # They were erased or merged meanwhile, and the event may have been kept after that.
            self.followers.forget(event, [before.person_id])
            raise StaleFollowerError
        for wait in state.waits:
            follower = state.speaking_with(wait.run_id) or state.follower
            if came_before(wait, (event,)) is None:
                continue
            past, answer = self.followers.past_event(event, state.follower), wait.read(event, follower)
            if past is not None and past.is_free_for(wait, follower.subject):
                with suppress(AlreadyDoneError):
                    self.followers.answer_early(state.follower, wait, answer, past.event)
                    at = acted_at(past.event, self.clock.now())
                    yield Wake(wait.token, resume(wait, follower, past.event.position, answer, at))

    def _user_info(self, account: Account, openid: str) -> WeChatUserInfo:
        """The journey of a new follower does not wait for WeChat to be well: the reason is kept."""
        try:
            return self.wechat.user_info(account, openid)
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
            return replace(self._stop_runs(event, erasure), told=self._who_is_back(follower, event.at))
        if follower is not None and self._is_standing_changed(event, follower):
            return self._erase(event)
        if follower is None and erasure is None and event.kind != UNFOLLOW:
            self.meter.count(Metric.WITHDRAWALS_UNMATCHED)
        if self.referrals is not None and follower is not None and event.kind == UNFOLLOW:
            self.referrals.unfollowed(follower, event.at)
        runs = [run for run in state.live_runs if follower is not None and follower.speaks_in(run.contact_id)]
        live = (RunKey(run.journey, run.run_id) for run in runs if not run.ended)
        taken = [run.taken for run in state.live_runs if run.retain_after_end] if follower is not None else ()
        back = who_came_back(event, follower, uuid.uuid4().hex) if follower is not None else None
        # Who comes back is nobody's new friend.
        is_remembered = follower is not None and self.referrals is not None and self.referrals.are_declared
        erasure = self.followers.mark_erasure(
            event, follower, live, self.clock.now(), back, taken, is_remembered=is_remembered
        )
        if follower is not None:
            self.meter.count(Metric.FOLLOWERS_ERASED)
        self._delete(event, erasure)
        stopped = self._stop_runs(event, erasure, follower)
        told = self._who_is_back(erasure.back, event.at) if erasure.back is not None else ()
        return replace(stopped, told=told)

    def _who_is_back(self, follower: Follower, at: datetime) -> tuple[InboundEvent, ...]:
        """What tells once more who somebody is whose follow an event that erases has overtaken.

        WeChat told it with that follow, and it was erased with the earlier life.
        """
        try:
            account = self.accounts.get(follower.app_id)
        except UnknownAccountError:
            return ()  # Nobody follows it any more.
        union_id = self._user_info(account, follower.openid).union_id
        if not union_id:
            return ()
        identity = union_identity(account.settings.open_platform, union_id)
        told = Identified(identity.kind, identity.value)
        return (own_event(told, str(identity), follower.subject, follower.followed_at or at),)

    def _is_standing_changed(self, event: InboundEvent, follower: Follower) -> bool:
        """Give a member who unfollows a contact to stay with, or take it from who may not stay.

        A withdrawal of the authorisation erases members, too.
        """
        stays = event.kind == UNFOLLOW and self.people_rules.profile.is_member(follower)
        standing = standing_contact(follower.person_id, follower.known_first)
        if stays and not follower.others:
            self.followers.save(follower, follower.joined_by(standing).changed())
            return True
        if not stays and follower.app_id != MEMBERS and follower.others and _follow_nowhere(follower.others):
            # One of them: people who turned out to be one have several. First, so that a repetition after a
            # crash finds the contact that the event is about.
            self._erase(replace(event, subject=follower.others[0].subject))
            return True
        return False

    def _about_who_stayed(self, event: InboundEvent) -> InboundEvent:
        """The event, about the member who stayed if its contact was erased before it came."""
        if self.followers.read(event.subject.app_id, event.subject.openid).follower is not None:
            return event
        erasure = self.followers.erasure(event.subject.app_id, event.subject.openid)
        for person_id in erasure.person_ids if erasure is not None else ():
            person = self.followers.person(person_id)
            if person is not None and _follow_nowhere(person.contacts):
                return replace(event, subject=person.subject)
        return event

    def _may_not_stay(self, event: InboundEvent, follower: Follower | None) -> bool:
        """Whether a member without a contact is to be erased; None: the erasure has begun, or is complete."""
        if follower is None:
            return event.subject.app_id == MEMBERS
        return _follow_nowhere(follower.contacts) and not self.people_rules.profile.is_member(follower)

    def _erase_member(self, event: InboundEvent, follower: Follower | None) -> Applied:
        """Erase a member who follows nowhere and has withdrawn, as an unfollow would have."""
        others = follower.others if follower is not None else ()
        # The contact of the event is the last one, so that a repetition after a crash finds it.
        for subject in (*(contact.subject for contact in others), event.subject):
            applied = self._erase(replace(event, subject=subject, at=self.clock.now()))
        return applied

    def _delete(self, event: InboundEvent, erasure: Erasure) -> bool:
        """Delete what is on record of an erased follower; whether they are back.

        Raises UnfinishedErasureError when that is too much at once.
        """
        forgotten = self.orders.forget(erasure.person_ids, event.subject)
        if not (forgotten and self.followers.erase(event.subject, erasure)):
            raise UnfinishedErasureError
        if erasure.back is not None:
            self.followers.save(None, erasure.back, erasure.taken_before_they_came_back)
        return erasure.back is not None

    def _stop_runs(
        self, event: InboundEvent, erasure: Erasure | None, follower: Follower | None = None
    ) -> Applied:
        if erasure is not None and erasure.unfinished:
            for run in erasure.runs:
                self.runs.stop(run, Unfollowed())
            self.followers.erased(event)
        return Applied(follower.person_id if follower else None)


def _follow_nowhere(contacts: Iterable[Contact]) -> bool:
    """Whether contacts stand for members, and are none of WeChat's."""
    return all(contact.app_id == MEMBERS for contact in contacts)


def _with_values(event: InboundEvent, kept: KeptValues) -> InboundEvent:
    """The event, with the values of a profile as they are kept."""
    if not isinstance(event.body, ProfileChanged) or (kept.data_keys is None and not kept.dropped):
        return event
    return replace(event, body=replace(event.body, changes=kept.values))


def _appeared(event: InboundEvent, received: Received) -> frozenset[Identity]:
    """The identities that lead to somebody since this event; one that it tells each time it is delivered."""
    if received.follower is None or not isinstance(event.body, Identified):
        return received.claimed
    # It may be another's: then a human has been asked.
    return received.claimed | (received.follower.identities & {_identity_in(event.body)})


def _identity_in(body: Identified) -> Identity:
    """Raises MalformedEventError: a value that is nobody's would make one person of all who have it."""
    try:
        kind = IdentityKind(body.identity_kind)
    except ValueError:
        raise MalformedEventError("`identified` has no usable `identity_kind`") from None
    # A union id is WeChat's word, in whatever letters.
    if not body.identity or (kind is not IdentityKind.UNION_ID and is_nobodys(body.identity)):
        raise MalformedEventError("`identified` has no usable `identity`")
    return Identity(kind, body.identity)


def _stranger(event: InboundEvent, erased_at: datetime | None) -> Follower:
    person_id = uuid.uuid4().hex
    return Follower(
        event.subject.app_id,
        event.subject.openid,
        person_id=person_id,
        contact_id=uuid.uuid4().hex[:CONTACT_ID_LENGTH],
        known_since=event.at,
        erased_at=erased_at,
    )


def identities_of(
    event: InboundEvent, known: WeChatUserInfo | None, account: AccountSettings
) -> tuple[Identity, ...]:
    """Who the event tells that its contact is, besides the openid."""
    if isinstance(event.body, Identified):
        identity = _identity_in(event.body)
        # Whose openid it is says the contact itself: the event only makes it known.
        return () if identity.kind is IdentityKind.OPENID else (identity,)
    if known is not None and known.union_id:
        return (union_identity(account.open_platform, known.union_id),)
    return ()
