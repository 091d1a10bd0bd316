"""A follower: a person, seen through one of their contacts."""

import hashlib
from collections.abc import Container, Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from typing import Any, assert_never

from wejourney.allowances.allowance_windows import Windows, open_until, open_window
from wejourney.allowances.wechat_rules import Act, RuleSet
from wejourney.bounds import LARGEST_PROFILE, LONGEST_NAME, size_of
from wejourney.errors import ProfileFullError
from wejourney.events import event_types
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.matching import Tally
from wejourney.languages import preferences
from wejourney.loyalty.balance import AVAILABLE, NO_BALANCE, POINTS, POINTS_EXPIRY, Balance
from wejourney.people.bookings import BOOKING_TIME, Bookings, bookings_after
from wejourney.people.consents import Consent, ConsentRecord, consent_told, consents_after
from wejourney.people.contacts import CONTACT_FIELDS, Contact
from wejourney.people.counters import Counts
from wejourney.people.identities import Identity
from wejourney.people.lifecycle import Stage, StageSigns
from wejourney.plain_data import changed, to_plain

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When the calendar looks at somebody for whom nothing will come, as things stand."""
type ToldAt = Mapping[str, datetime]
"""When a value was told last (UTC), or taken away, by its name in a profile; `#vip` is a tag."""

ATTENDED = "attended_"
"""What the dates of events begin with: when somebody has checked in first."""

MOST_TOLD = 300
"""Of how many values it is kept when they were told: the newest."""


@dataclass(frozen=True)
class Follower:
    """What is known of a person, as one of their contacts: a journey speaks with them there.

    The fields of `Contact` are those of that contact, `others` are the person's other contacts, and all other
    fields are the person's. `person_id` is our own id: the ledger and the logs know people by it. `rev`
    counts the changes, so that two writers cannot overwrite each other. `identities` are all but the openids.
    `lots` is what the person is drawn by, None until they have a second contact: see `drawn_by`.
    `language` and `time_zone` are None until known: the account's apply. `points` can be spent, or are
    owed below zero; `balances` is what the books say of each asset. `attributes` is what the brand notes,
    `dates` are ISO dates or moments by name. `bookings` and `consents` are what was said last of each
    booking and each purpose. `tier_since` and `tiers_kept` are as in `TierStanding`. `data_keys` are
    the keys of their private values, encrypted, by the id of the person that each was made for; whoever
    deletes them deletes the values. `tallies` count earlier events, by `EventCount.tally_name`.
    `merged` are the ids of people who turned out to be this one, `merging` those of whom not all rows
    have been moved yet. `look_at` is when a date or a schedule may start a journey of theirs next, as
    far as their events have said. Times are UTC.
    """

    app_id: str
    openid: str
    person_id: str
    rev: int = 0
    contact_id: str = ""
    following: bool = False
    followed_at: datetime | None = None
    source: str | None = None
    scene: str | None = None
    identities: frozenset[Identity] = frozenset()
    lots: str | None = None
    language: str | None = None
    time_zone: str | None = None
    tags: frozenset[str] = frozenset()
    customer: bool = False
    member: bool = False
    points: int = 0
    balances: Mapping[str, Balance] = field(default_factory=dict)
    member_number: str | None = None
    tier: str | None = None
    tier_since: str | None = None
    tiers_kept: Mapping[str, str] = field(default_factory=dict)
    segments: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    bookings: Bookings = field(default_factory=dict)
    consents: Mapping[str, Consent] = field(default_factory=dict)
    data_keys: Mapping[str, str] = field(default_factory=dict)
    unreachable: int | None = None
    windows: Windows = ()
    known_since: datetime | None = None
    erased_at: datetime | None = None
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    look_at: datetime | None = None
    account_language: str = "zh"
    others: tuple[Contact, ...] = ()
    merging: frozenset[str] = frozenset()
    merged: frozenset[str] = frozenset()
    counts: Counts = field(default_factory=dict)
    stage: Stage = Stage.AWARE
    stage_signs: StageSigns = field(default_factory=dict)
    told_at: ToldAt = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """What they read, the best first: their own language with its fallbacks, then the account's."""
        return preferences(self.language, self.account_language)

    @property
    def subject(self) -> Subject:
        return Subject(self.app_id, self.openid)

    @property
    def contact(self) -> Contact:
        """The contact that they are seen through."""
        return Contact(**{name: getattr(self, name) for name in CONTACT_FIELDS})

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """All contacts of the person, in one order whichever they are seen through."""
        return tuple(sorted((self.contact, *self.others), key=lambda contact: astuple(contact.subject)))

    @property
    def views(self) -> "tuple[Follower, ...]":
        """The person, seen through each of their contacts."""
        if not self.others:
            return (self,)
        views = (self.seen_through(contact.subject) for contact in self.contacts)
        return tuple(view for view in views if view is not None)

    @property
    def drawn_by(self) -> str:
        """What holdouts and splits are drawn by: the same after they have unfollowed and come back."""
        return self.lots or lots_of(self.subject)

    @property
    def known_first(self) -> datetime | None:
        """When the first of their contacts became known, None if that was before it was noted."""
        times = [contact.known_since for contact in self.contacts]
        return None if None in times else min(time for time in times if time is not None)

    def speaks_in(self, contact_id: str) -> bool:
        """Whether a run that speaks with this contact speaks with the one that they are seen through."""
        return contact_id == self.contact_id or not self.others

    def has_agreed_to(self, purpose: str) -> bool:
        consent = self.consents.get(purpose)
        return consent is not None and consent.given

    def amount(self, asset: str, part: str) -> int:
        """A part (one of AMOUNTS) of what they have of an asset."""
        if (asset, part) == (POINTS, AVAILABLE):
            return self.points
        return self.balances.get(asset, NO_BALANCE).amount(part)

    def date(self, name: str, booking: str = "") -> str | None:
        """A date by its name, None where it is not known; BOOKING_TIME is that of this booking."""
        if name == BOOKING_TIME:
            known = self.bookings.get(booking)
            return known.starts_at or None if known is not None else None
        told = self.balances.get(POINTS, NO_BALANCE).expires_on if name == POINTS_EXPIRY else ""
        return told or self.dates.get(name)

    def is_following_or_open(self, now: datetime) -> bool:
        """Whether a message can reach this contact: it follows, or an allowance of it is open."""
        return self.following or open_until(self.windows, now) > now

    def seen_through(self, subject: Subject) -> "Follower | None":
        """The same person, seen through their contact with this openid; None: they have no such contact."""
        if subject == self.subject:
            return self
        contact = next((other for other in self.others if other.subject == subject), None)
        if contact is None:
            return None
        others = tuple(other for other in self.contacts if other is not contact)
        return changed(self, **vars(contact), others=others)

    def as_contact(self, contact_id: str) -> "Follower":
        """The same person, seen through the contact with this id of ours, or as they are if it is gone."""
        if not self.others:
            return self
        subjects = (other.subject for other in self.others if contact_id and other.contact_id == contact_id)
        return self.seen_through(next(subjects, self.subject)) or self

    def joined_by(self, contact: Contact) -> "Follower":
        """The person with one more contact, seen through it."""
        return changed(self, **vars(contact), others=self.contacts, lots=self.drawn_by)

    def to_snapshot(self) -> dict[str, Any]:
        """The form that travels with a run: the fields of TRAVELS. The run adds its own booking.

        Other contacts do not travel, and no row has the `rev` of somebody who has some: they are read again
        before they are written.
        """
        travelling = self if not self.others else changed(self, rev=_PARTIAL)
        return {name: to_plain(getattr(travelling, name)) for name in TRAVELS}

    def changed(self, **changes: Any) -> "Follower":
        """This follower after a change, one revision on. Raises TypeError for what is no field."""
        return changed(self, **changes, rev=self.rev + 1)

    def after(self, change: "StepChange") -> "Follower":
        """This follower after the change of a step. Raises ProfileFullError."""
        changes = profile_changes(self, change.values, change.at)
        changes["tags"] = (self.tags | change.added) - change.removed
        names = map(tag_name, change.added | change.removed)
        changes["told_at"] = {**changes.get("told_at", self.told_at), **dict.fromkeys(names, change.at)}
        if change.consent_record is not None:
            changes["consents"] = consents_after(self.consents, change.consent_record)
        return self.changed(**fitting(self, changes))

    def having(self, asset: str, balance: Balance) -> "Follower":
        """The same person with what the books say of an asset; `rev` is whose who writes it."""
        points = balance.available if asset == POINTS else self.points
        return changed(self, points=points, balances={**self.balances, asset: balance})

    def tagged(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> "Follower":
        return self.changed(tags=(self.tags | set(add)) - set(remove))

    def told(self, names: Iterable[str], at: datetime) -> ToldAt:
        """When values were told, with these at this time; the oldest of too many are forgotten."""
        told = {**self.told_at, **dict.fromkeys(names, at)}
        if len(told) <= MOST_TOLD:
            return told
        return dict(sorted(told.items(), key=lambda one: (one[1], one[0]))[-MOST_TOLD:])

    def is_outdated(self, name: str, at: datetime) -> bool:
        """Whether the value of this name was told later than at this time."""
        known = self.told_at.get(name)
        return known is not None and at < known


_PARTIAL = -1

TRAVELS = (
    *(
        "app_id",
        "openid",
        "person_id",
        "contact_id",
        "lots",
        "rev",
        "following",
        "followed_at",
        "source",
        "scene",
    ),
    "language",
    *(
        "time_zone",
        "tags",
        "customer",
        "member",
        "points",
        "balances",
        "tier",
        "segments",
        "attributes",
        "dates",
    ),
    *("unreachable", "windows", "account_language"),
)
"""The fields of a follower that a run carries through its machine; Step Functions keeps them for 90 days.

Each is read by a condition, a merge field or the claim of an allowance. A new field of a follower stays
behind unless it is added here; docs/security.md names them all.
"""


def spoken_to(follower: Follower, now: datetime) -> Follower:
    """The person, seen through the contact that a journey speaks with.

    It is the one that they did something with, if it can be spoken with, else the one whose allowance is open
    for longest, else one that follows.
    """
    return spoken_to_in(None, follower, now) or follower


def spoken_to_in(apps: Container[str] | None, follower: Follower, now: datetime) -> Follower | None:
    """The person, seen through the contact of these apps (None: of all) that a journey speaks with.

    It is chosen as in `spoken_to`. None: no contact of these apps can be spoken with.
    """
    others = (follower.seen_through(other.subject) for other in follower.others)
    views = (view for view in (follower, *others) if view and (apps is None or view.app_id in apps))
    reachable = [view for view in views if view.is_following_or_open(now)]
    if follower in reachable[:1]:
        return follower
    return max(reachable, key=lambda view: open_until(view.windows, now), default=None)


def where_following(person: Follower) -> Follower | None:
    """The person, seen through the first of their contacts that follows; None: none does.

    Dates and schedules come for them there.
    """
    subjects = (contact.subject for contact in person.contacts if contact.following)
    return next((person.seen_through(subject) for subject in subjects), None)


def lots_of(subject: Subject) -> str:
    """What a person who first becomes known by this openid is drawn by; it does not tell the openid."""
    return hashlib.sha256(f"lots\n{subject.app_id}\n{subject.openid}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class StepChange:
    """What a step of a run has changed of a person: tags, values that it has set by their names, a consent.

    `rejected` are values that are no such values, as far as they are kept: they have changed nothing.
    `coupons` are the codes of those that it has issued, by their names; empty where none were left.
    `points` are those that it has made available, and `balance` the balance with them. `at` (UTC) is when
    that was first done, however often the step is tried.
    """

    step: str
    at: datetime
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[str, str] = field(default_factory=dict)
    points: int = 0
    balance: int = 0
    consent_record: ConsentRecord | None = None
    coupons: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return self == StepChange(self.step, self.at)


@dataclass(frozen=True)
class WeChatUserInfo:
    """The part of WeChat's user info that a profile keeps.

    For operators `error` says why WeChat told nothing, and `note` what it told that we do not know.
    """

    union_id: str | None = None
    source: str | None = None
    language: str | None = None
    error: str | None = None
    note: str | None = None


def after(
    follower: Follower, event: InboundEvent, rules: RuleSet, known: WeChatUserInfo | None = None
) -> Follower:
    """The follower after an event: what it tells of them, and what their act opens."""
    changes: dict[str, Any] = {}
    if any(tally.until > event.position for tally in follower.tallies.values()):
        # It comes late, and was not counted.
        known_tallies = follower.tallies.items()
        changes["tallies"] = {name: tally for name, tally in known_tallies if tally.until <= event.position}
    act = event.act
    if act is not None:
        changes["windows"] = open_window(follower.windows, act, event.at, rules)
    if act not in (None, Act.PAY):
        changes |= {"following": True, "unreachable": None}
    is_latest = follower.followed_at is None or event.at >= follower.followed_at
    if isinstance(event.body, event_types.Followed) and is_latest:
        scene = known_scene(event.body)
        changes |= {"followed_at": event.at, "scene": scene, "source": "qr" if scene else None}
    if isinstance(event.body, _BY_CODES) and event.body.code_facts:
        changes |= _told_by_code(follower, event.body.code_facts, event.at)
    if known is not None:
        changes |= {
            "source": known.source or changes.get("source", follower.source),
            "language": follower.language or known.language,
        }
    return follower.changed(**changes, **(_told(follower, event) or {}))


_BY_CODES = (event_types.Followed, event_types.Scanned, event_types.MiniProgramEvent)


def _told_by_code(follower: Follower, code: Mapping[str, str], at: datetime) -> dict[str, Any]:
    """What a code tells of a follower; where their profile has no room for it, only the event says it."""
    # Late: the callback must start fast, and looks no code up.
    from wejourney.people.codes import Attribution  # noqa: PLC0415

    try:
        return fitting(follower, vars(Attribution(follower.attributes, follower.told_at).scanned(code, at)))
    except ProfileFullError:
        return {}


def known_scene(body: event_types.Followed) -> str | None:
    """The scene of a follow; one that is longer than a name is not kept."""
    return body.scene if body.scene is None or len(body.scene) <= LONGEST_NAME else None


def tag_name(tag: str) -> str:
    """The name of a tag among what was told."""
    return f"#{tag}"


def _told(follower: Follower, event: InboundEvent) -> dict[str, Any] | None:
    """What an event of ours tells of a follower; None for one that tells nothing of this kind.

    What was told of a later time stays. What a run has changed (`by`) is there already, and may have changed
    again since.
    """
    body, at = event.body, event.at
    match body:
        case event_types.TagAdded(by=None):
            name = tag_name(body.tag)
            if follower.is_outdated(name, at):
                return {}
            tags = fitting(follower, {"tags": follower.tags | {body.tag}})
            return {**tags, "told_at": follower.told([name], at)}
        case event_types.SegmentEntered(cause=""):
            return fitting(follower, {"segments": follower.segments | {body.segment}})
        case event_types.CheckedIn():
            name, told = f"{ATTENDED}{body.name}", at.isoformat()
            first = min(follower.dates.get(name, told), told)
            return fitting(follower, {"dates": {**follower.dates, name: first}})
        case event_types.ConsentGiven() | event_types.ConsentWithdrawn() | event_types.MiniProgramEvent():
            consent = consent_told(event)
            return None if consent is None else {"consents": consents_after(follower.consents, consent)}
        case event_types.BookingMade() | event_types.BookingChanged() | event_types.BookingCancelled():
            return {"bookings": bookings_after(follower.bookings, event)}
        case event_types.ProfileChanged(by=None):
            return profile_changes(follower, body.changes, at)
        case event_types.TierChanged(cause=""):
            return profile_changes(follower, {"tier": body.tier}, at)
        case event_types.MemberJoined(cause=""):
            return profile_changes(follower, {"member": True}, at)
        case (
            event_types.TagAdded() | event_types.PointsChanged() | event_types.ProfileChanged()
            | event_types.SegmentEntered() | event_types.TierChanged() | event_types.MemberJoined()
        ):  # fmt: skip
            return None  # A run or the books have changed it, or the event after which it was found.
        case (
            event_types.Followed() | event_types.Scanned() | event_types.TextReceived()
            | event_types.MenuClicked() | event_types.LinkOpened() | event_types.JourneyCalled()
            | event_types.EndCalled() | event_types.Paid() | event_types.Refunded()
            | event_types.DateCame() | event_types.ScheduleCame()
            | event_types.Identified() | event_types.Merged() | event_types.OrderPaid()
            | event_types.OrderReturned() | event_types.CallLogged() | event_types.TillVisited()
            | event_types.GiftClaimed() | event_types.GiftReturned() | event_types.MediaChecked()
            | event_types.UploadApproved() | event_types.UploadRejected()
            | event_types.OtherEvent()
        ):  # fmt: skip
            return None
        case _:
            assert_never(body)


def is_told_again(follower: Follower, event: InboundEvent) -> bool:
    """Whether an event of ours tells of a follower only what is known, or what was known later.

    A run tells of what it has changed, and of nothing else.
    """
    told = _told(follower, event)
    if told is None:
        return False
    return all(getattr(follower, name) == value for name, value in told.items() if name != "told_at")


def news_of(follower: Follower, values: Mapping[str, str]) -> dict[str, str]:
    """Those of these values of a profile that differ from what is known. Raises ProfileFullError."""
    return {
        name: value
        for name, value in values.items()
        if any(
            getattr(follower, changed) != new
            for changed, new in profile_changes(follower, {name: value}).items()
        )
    }


_BOUNDED = ("tags", "segments", "attributes", "dates", "tier", "time_zone")


def fitting(follower: Follower, changes: dict[str, Any]) -> dict[str, Any]:
    """These changes of a follower. Raises ProfileFullError if a profile does not hold more than it has."""
    if not changes.keys() & _BOUNDED:
        return changes
    before = {name: getattr(follower, name) for name in _BOUNDED}
    size = size_of(before | {name: changes[name] for name in changes.keys() & _BOUNDED})
    if size > LARGEST_PROFILE and size > size_of(before):
        raise ProfileFullError(size, LARGEST_PROFILE)
    return changes


def moves_waits(changes: Iterable[str]) -> bool:
    """Whether a change of these fields of a profile can move the end of a wait, whoever waits."""
    from wejourney.people.profile_fields import date_name  # noqa: PLC0415 - as in `profile_changes`

    return any(name == "time_zone" or date_name(name) is not None for name in changes)


def has_room_for(follower: Follower, values: Mapping[str, str]) -> bool:
    """Whether the profile of a follower holds these values."""
    try:
        profile_changes(follower, values)
    except ProfileFullError:
        return False
    return True


def tags_with_room(follower: Follower, tags: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Those of these tags that the profile of a follower holds, and those that it does not."""
    held, rejected = follower.tags, []
    for tag in tags:
        try:
            fitting(follower, {"tags": held | {tag}})
        except ProfileFullError:
            rejected.append(tag)
        else:
            held |= {tag}
    return held - follower.tags, tuple(rejected)


def profile_changes(
    follower: Follower, values: Mapping[str, str | bool], at: datetime | None = None
) -> dict[str, Any]:
    """What these values change of a profile, for `Follower.changed`; an empty value forgets what was known.

    They were told `at` this time: of values that were told later, none changes. None: they are news.

    Names are those of `profile_fields`. Raises ProfileFullError when that is more than a profile holds.
    """
    # Late: the callback must start fast, and no profile changes by it.
    from wejourney.people.profile_fields import FIELDS, date_name  # noqa: PLC0415

    changes: dict[str, Any] = {}
    if at is not None:
        values = {name: value for name, value in values.items() if not follower.is_outdated(name, at)}
        if values:
            changes["told_at"] = follower.told(values, at)
    for name, value in values.items():
        if name in FIELDS:
            changes[name] = value if isinstance(value, bool) else FIELDS[name].kept(value)
        else:
            date = date_name(name)
            held_in, key = ("attributes", name) if date is None else ("dates", date)
            known = dict(changes.get(held_in, getattr(follower, held_in)))
            known.pop(key, None)
            changes[held_in] = known | ({key: str(value)} if value != "" else {})
    return fitting(follower, changes)
