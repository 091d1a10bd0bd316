"""What the programme knows of a person: whether they are a member, by which number, and of which tier."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EventBody, MemberJoined, TierChanged
from wejourney.loyalty.balance import POINTS, Balance
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import FOR_EVER, AmountsByMonth, Tiers, TierStanding, missing, review
from wejourney.people.counters import NOTHING_COUNTED
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.profile_model import ProfileModel
from wejourney.plain_data import changed

type TierAbove = Mapping[str, str]
"""What merge fields show of the tier above somebody's: `next` is its name, `missing` what it takes to it."""

NUMBER_DIGITS = 12
"""Digits of a member number, the check digit included."""


HIGHEST_DRAWN = 10 ** (NUMBER_DIGITS - 1)


def member_number(drawn: int) -> str:
    """The number that is drawn, with a check digit: one wrong digit makes it no number.

    A number that is drawn at random tells nothing of others, of how many members there are, or of who has it.
    The check digit is that of Luhn, which finds two neighbours swapped, too, but for 09 and 90:
    https://www.iso.org/standard/70484.html
    """
    digits = f"{drawn % HIGHEST_DRAWN:0{NUMBER_DIGITS - 1}}"
    return next(number for check in range(10) if is_member_number(number := f"{digits}{check}"))


def is_member_number(text: str) -> bool:
    """Whether its check digit is right."""
    if len(text) != NUMBER_DIGITS or not (text.isascii() and text.isdigit()):
        return False
    doubled = (divmod(2 * int(digit), 10) for digit in text[-2::-2])
    return (sum(map(int, text[-1::-2])) + sum(map(sum, doubled))) % 10 == 0


def with_membership(follower: Follower, profile: ProfileModel) -> Follower:
    """The person, who is a member as long as they agree to the purpose of membership, if there is one."""
    if not profile.membership or profile.membership not in follower.consents:
        return follower
    is_member = profile.is_member(follower)
    return follower if follower.member == is_member else changed(follower, member=is_member)


def with_number(follower: Follower, drawn: int) -> tuple[Follower, frozenset[Identity]]:
    """A new member with their number, and the identities that are theirs since then.

    It is the one that the brand knows them by, or else the one that is drawn.
    """
    known = sorted(one.value for one in follower.identities if one.kind is IdentityKind.MEMBER)
    if known:
        return changed(follower, member_number=known[0]), frozenset()
    identity = Identity(IdentityKind.MEMBER, member_number(drawn))
    person = changed(follower, member_number=identity.value, identities=follower.identities | {identity})
    return person, frozenset({identity})


def amounts_for(tiers: Tiers, follower: Follower) -> AmountsByMonth:
    """What the tiers count of a person."""
    if tiers.counter:
        return follower.counts.get(tiers.counter, NOTHING_COUNTED).by_month
    return follower.balances.get(POINTS, Balance()).earned


def standing_of(follower: Follower) -> TierStanding:
    return TierStanding(follower.tier or "", follower.tier_since or "", follower.tiers_kept)


def reviewed(follower: Follower, programme: Programme, now: datetime) -> Follower:
    """The person, of the tier that they have by now."""
    tiers, before = programme.tiers, standing_of(follower)
    if not tiers.levels:
        return follower
    if tiers.members_only and not follower.member:
        standing = TierStanding()
    else:
        standing = review(tiers, amounts_for(tiers, follower), before, programme.day_of(now))
    if standing == before:
        return follower
    return changed(
        follower,
        tier=standing.tier or None,
        tier_since=standing.since or None,
        tiers_kept=standing.kept,
    )


def tier_above(follower: Follower, programme: Programme, profile: ProfileModel, now: datetime) -> TierAbove:
    """What messages tell of it: its name and what is missing to it, which is in yuan where fen are counted.

    Empty: there is none above, or only members have one.
    """
    tiers = programme.tiers
    if not tiers.levels or (tiers.members_only and not follower.member):
        return {}
    amounts, today = amounts_for(tiers, follower), programme.day_of(now)
    above = missing(tiers, amounts, standing_of(follower), today)
    if above is None:
        return {}
    is_money = any(counted.amount for counted in profile.counters.get(tiers.counter, ()))
    return {"next": above.tier, "missing": _yuan(above.amount) if is_money else str(above.amount)}


def _yuan(fen: int) -> str:
    """`12.50`, or `12`."""
    return f"{fen // 100}.{fen % 100:02}".removesuffix(".00")


def tier_until(follower: Follower) -> str | None:
    """The last day (ISO) of the person's tier, if nothing more is earned; None: for ever, or none."""
    until = standing_of(follower).until
    return None if not follower.tier or until == FOR_EVER else until


def next_review(follower: Follower, programme: Programme, after: datetime) -> datetime | None:
    """When the person loses their tier if nothing more is earned; None: never, as things stand."""
    until = tier_until(follower)
    if not programme.tiers.levels or until is None:
        return None
    moment = programme.start_of(date.fromisoformat(until) + timedelta(days=1))
    return moment if moment > after else None


def shown(
    before: Follower | None, after: Follower, event: InboundEvent, tiers: Tiers, profile: ProfileModel
) -> Iterator[EventBody]:
    """What an event has shown of somebody's membership and tier, besides what it tells itself.

    They join by their consent: that an import knows them for a member is no event, and earns nothing.
    """
    was = before.tier if before is not None else None
    was_member = before is not None and before.member and profile.is_member(before)
    if profile.is_member(after) and not was_member:
        consent = after.consents[profile.membership]
        yield MemberJoined(consent.version, consent.channel, event.id)
    told = event.body.tier if isinstance(event.body, TierChanged) else was
    if after.tier not in (was, told or None):
        yield TierChanged(after.tier or "", was or "", _direction(tiers, was, after.tier), event.id)


def _direction(tiers: Tiers, before: str | None, after: str | None) -> str:
    """Whether a tier is higher than another, `up` or `down`; empty where the programme does not say it."""
    names = [None, *(level.name for level in tiers.levels)]
    if before not in names or after not in names:
        return ""
    return "up" if names.index(after) > names.index(before) else "down"
