"""Two people who turn out to be one: which of them stays, what becomes of what is known, and who decides."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind
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
        return hashlib.sha256(f"{self.identity_kind}#{self.pair}".encode()).hexdigest()[:8]

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


def may_be_two(one: Follower, other: Follower, by: IdentityKind) -> bool:
    """Whether people who share an identity of this kind may be two all the same.

    Apps of one account of the Open Platform know a person by one union id, and an app knows them by one
    openid: two of either are two people's, or two accounts of one person. Only the union id itself is proof.
    """
    if by is IdentityKind.UNION_ID:
        return False
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
        found.setdefault(f"{IdentityKind.OPENID}#{contact.app_id}", set()).add(contact.openid)
    return found


def merged(older: Follower, younger: Follower, points: int) -> Follower:
    """The one person whom both are, seen through the older one's contact.

    What both know differently, the older one knows. `points` is the balance of both. What was counted of
    earlier events is counted again.
    """
    return changed(
        older,
        rev=older.rev + 1,
        others=(*older.others, *younger.contacts),
        lots=older.drawn_by,
        identities=older.identities | younger.identities,
        language=older.language or younger.language,
        time_zone=older.time_zone or younger.time_zone,
        tags=older.tags | younger.tags,
        customer=older.customer or younger.customer,
        member=older.member or younger.member,
        points=points,
        tier=older.tier or younger.tier,
        segments=older.segments | younger.segments,
        attributes={**younger.attributes, **older.attributes},
        dates={**younger.dates, **older.dates},
        tallies={},
        look_at=min((one.look_at for one in (older, younger) if one.look_at is not None), default=None),
        merging=older.merging - {younger.person_id},
        merged=older.merged | younger.merged | {younger.person_id},
    )
