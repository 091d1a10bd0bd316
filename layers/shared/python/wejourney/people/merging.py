"""Two people who turn out to be one: which of them stays, what becomes of what is known, and who decides."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wejourney.loyalty.balance import POINTS, Balance
from wejourney.people.bookings import bookings_of_both
from wejourney.people.codes import Attribution, is_set_by_codes, is_told_by_codes
from wejourney.people.consents import consents_of_both
from wejourney.people.contacts import MEMBERS
from wejourney.people.counters import merged_counts
from wejourney.people.followers import ATTENDED, Follower, ToldAt, tag_name
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.lifecycle import Stage, merged_signs
from wejourney.people.profile_fields import DATE_PREFIX, FIELDS
from wejourney.plain_data import changed

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Flag:
    """Two people with one identity whom only a human can tell apart, or say to be one.

    `person` has the `identity_kind`, `other` has told it later; they are one who seems to be two where a
    person has told a second union id. They are our own ids. Times are UTC.
    """

    person: str
    other: str
    identity_kind: IdentityKind
    at: datetime

    @property
    def id(self) -> str:
        """A short name for people to type."""
        return self.digest[:8]

    @property
    def digest(self) -> str:
        """What is the same for both orders of one pair, and names nobody."""
        return hashlib.sha256(f"{self.identity_kind}#{self.pair}".encode()).hexdigest()

    @property
    def pair(self) -> str:
        """The same for both orders."""
        return "#".join(sorted((self.person, self.other)))


def older_first(one: Follower, other: Follower) -> tuple[Follower, Follower]:
    """The person who stays, then the one who is merged into them: by age, then by their ids."""
    first, second = sorted(
        (one, other), key=lambda person: (person.known_first or _LONG_AGO, person.person_id)
    )
    return first, second


def may_be_two(one: Follower, other: Follower) -> bool:
    """Whether people who share an identity may be two all the same.

    Apps of one account of the Open Platform know a person by one union id, and an app knows them by one
    openid: two of either are two people's, or two accounts of one person. What one of them has besides may
    come from a phone that they share, so that a union id is no proof of more than its contact.
    """
    known, told = _accounts_of(one), _accounts_of(other)
    return any(known[place] != told[place] for place in known.keys() & told.keys())


def is_second_union_id(person: Follower, identity: Identity) -> bool:
    """Whether a person has another union id of the same account of the Open Platform: they may be two."""
    if identity.kind is not IdentityKind.UNION_ID:
        return False
    platform = identity.value.partition("#")[0]
    return f"{identity.kind}#{platform}" in _accounts_of(person)


def _accounts_of(person: Follower) -> dict[str, set[str]]:
    """The union ids by account of the Open Platform, and the openids by app."""
    found: dict[str, set[str]] = {}
    for identity in person.identities:
        if identity.kind is IdentityKind.UNION_ID:
            platform, _, union_id = identity.value.partition("#")
            found.setdefault(f"{identity.kind}#{platform}", set()).add(union_id)
    for contact in person.contacts:
        if contact.app_id == MEMBERS:
            continue  # Each member has one of their own.
        found.setdefault(f"{IdentityKind.OPENID}#{contact.app_id}", set()).add(contact.openid)
    return found


@dataclass(frozen=True)
class Values:
    """The values that two people have, of which one counts."""

    older: Follower
    younger: Follower

    def told_at(self) -> ToldAt:
        names = {**self.older.told_at, **self.younger.told_at}
        last = {name: max(self._told(self.older, name), self._told(self.younger, name)) for name in names}
        return {**last, **{name: at for name, at in self._codes.told_at.items() if is_told_by_codes(name)}}

    def tags(self) -> frozenset[str]:
        def holds(tag: str) -> bool:
            source = self._source(tag_name(tag), is_known=tag in self.older.tags)
            return tag in source.tags

        return frozenset(filter(holds, self.older.tags | self.younger.tags))

    def attributes(self) -> dict[str, str]:
        found = self.of(self.older.attributes, self.younger.attributes)
        by_codes = {name: text for name, text in self._codes.attributes.items() if is_set_by_codes(name)}
        return {name: text for name, text in found.items() if not is_set_by_codes(name)} | by_codes

    def dates(self) -> dict[str, str]:
        older, younger = self.older.dates, self.younger.dates
        both = (name for name in older.keys() & younger.keys() if name.startswith(ATTENDED))
        return {
            **self.of(older, younger, DATE_PREFIX),
            **{name: min(older[name], younger[name]) for name in both},
        }

    @property
    def _codes(self) -> Attribution:
        older, younger = (Attribution(one.attributes, one.told_at) for one in (self.older, self.younger))
        return older.with_other(younger)

    def field(self, name: str) -> Any:
        known = getattr(self.older, name)
        return getattr(self._source(name, is_known=bool(known)), name)

    @property
    def tier_since(self) -> str | None:
        return self._source("tier", is_known=bool(self.older.tier)).tier_since

    @property
    def tiers_kept(self) -> dict[str, str]:
        """Of each tier the later of the last days; the next review finds the highest of them."""
        older, younger = self.older.tiers_kept, self.younger.tiers_kept
        return {name: max(older.get(name, ""), younger.get(name, "")) for name in {**older, **younger}}

    def of(self, older: Mapping[str, str], younger: Mapping[str, str], prefix: str = "") -> dict[str, str]:
        """Attributes, or dates, whose names in a profile have this prefix."""
        found: dict[str, str] = {}
        for name in {**younger, **older}:
            held = older if self._source(prefix + name, is_known=name in older) is self.older else younger
            if name in held:
                found[name] = held[name]
        return found

    def _source(self, name: str, *, is_known: bool) -> Follower:
        """Whose value counts; `is_known`: the older one has one."""
        older, younger = (self._told(person, name) for person in (self.older, self.younger))
        if older == younger:
            return self.older if is_known else self.younger
        return self.older if older > younger else self.younger

    @staticmethod
    def _told(person: Follower, name: str) -> datetime:
        return person.told_at.get(name, _LONG_AGO)


def merged(older: Follower, younger: Follower, balances: Mapping[str, Balance]) -> Follower:
    """The one person whom both are, seen through the older one's contact.

    Of what both know differently, what was told later counts, and else what the older one knows.
    `balances` are those of both by asset. What was tallied of earlier events is counted again. The stage
    and the segments are looked at again with the next event.
    """
    values = Values(older, younger)
    return changed(
        older,
        rev=older.rev + 1,
        others=(*older.others, *younger.contacts),
        lots=older.drawn_by,
        identities=older.identities | younger.identities,
        **{name: values.field(name) for name in FIELDS},
        tags=values.tags(),
        points=balances.get(POINTS, Balance()).available,
        balances=balances,
        member_number=older.member_number or younger.member_number,
        tier_since=values.tier_since,
        tiers_kept=values.tiers_kept,
        segments=older.segments | younger.segments,
        attributes=values.attributes(),
        dates=values.dates(),
        told_at=values.told_at(),
        data_keys={**younger.data_keys, **older.data_keys},
        bookings=bookings_of_both(older.bookings, younger.bookings),
        consents=consents_of_both(older.consents, younger.consents),
        tallies={},
        look_at=min((one.look_at for one in (older, younger) if one.look_at is not None), default=None),
        counts=merged_counts(older.counts, younger.counts),
        stage=max(older.stage, younger.stage, key=list(Stage).index),
        stage_signs=merged_signs(older.stage_signs, younger.stage_signs),
        merging=older.merging - {younger.person_id},
        merged=older.merged | younger.merged | {younger.person_id},
    )
