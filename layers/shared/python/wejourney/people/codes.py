"""QR codes of the brand: what each stands for, and what a follow or a scan through one says of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256


class CodeKind(StrEnum):
    """What a code stands for. The code has a fact of the same name."""

    STORE = "store"
    STAFF = "staff"
    CAMPAIGN = "campaign"
    KOL = "kol"
    PRODUCT = "product"
    PLACEMENT = "placement"
    EVENT = "event"


class SourceClass(StrEnum):
    """The traffic that a code brings, for reports: `ip` is a character or brand that the public follows."""

    SOCIAL = "social"
    ADVERTISING = "advertising"
    CONTENT = "content"
    IP = "ip"


class CodeStatus(StrEnum):
    """Where a moment lies to the window of a code."""

    EARLY = "early"
    OPEN = "open"
    CLOSED = "closed"


LONGEST_SCENE = 64
"""Characters: https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html"""

LONGEST_MINI_SCENE = 32
"""Characters in ASCII: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html"""

CLICK_ID = "click_id"
SHARER = "sharer"
SHARED_FROM = "shared_from"
PAGE = "page"
FACTS = (*CodeKind, CLICK_ID, SHARER)
"""The facts that a code can have.

`click_id` is that of an advertisement (`gdt_vid`, `qz_gdt`), `sharer` our own id of the person who shares it.
A code that is `shared_from` another has the facts of that one.
"""


@dataclass(frozen=True)
class Code:
    """A QR code of an app. Its `scene` is what WeChat tells of a follow or a scan.

    Its window is from `opens_at` until before `closes_at`. `lasts` are the seconds for which WeChat keeps a
    temporary code, until `expires_at`; 0 is a permanent one. `team` is who looks after it. Without a `url`,
    which is what the picture holds, WeChat has not made it yet. The code of a mini program has in its place
    the `page` that it opens.
    """

    app_id: str
    name: str
    scene: str
    kind: CodeKind
    source_class: SourceClass
    created_at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)
    team: str = ""
    labels: tuple[str, ...] = ()
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    lasts: int = 0
    page: str = ""
    ticket: str = ""
    url: str = ""
    expires_at: datetime | None = None

    @property
    def is_personal(self) -> bool:
        """Whether it is for one visit or one person: there may be very many, and they are not listed."""
        return not self.facts.keys().isdisjoint((CLICK_ID, SHARER))

    @property
    def is_made(self) -> bool:
        return bool(self.url or self.page)

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    def status(self, at: datetime) -> CodeStatus | None:
        """Where a moment lies to the window; None without one."""
        if self.opens_at is None and self.closes_at is None:
            return None
        if self.opens_at is not None and at < self.opens_at:
            return CodeStatus.EARLY
        return CodeStatus.OPEN if self.closes_at is None or at < self.closes_at else CodeStatus.CLOSED

    def told(self, at: datetime) -> dict[str, str]:
        """What a follow or a scan at this moment says (`Followed.code_facts`)."""
        told = {"name": self.name, "kind": self.kind.value, "class": self.source_class.value, **self.facts}
        if self.page:
            told[PAGE] = self.page
        status = self.status(at)
        return told if status is None else {**told, _STATUS: status.value}

    def differences(self, other: "Code") -> tuple[str, ...]:
        """In what this code was ordered otherwise than the other."""
        return tuple(name for name in _ORDERED if getattr(self, name) != getattr(other, name))


_ORDERED = (
    "name",
    "kind",
    "source_class",
    "facts",
    "team",
    "labels",
    "opens_at",
    "closes_at",
    "lasts",
    "page",
)
_STATUS = "status"
LATEST, FIRST, OWNER = "code_", "first_code_", "owner"
"""The attributes of a person that codes set: `code_store`, `first_code_store`, and so on, and `owner`."""


def mini_scene(name: str) -> str:
    """The scene of a mini program's code: its name, or a short code where WeChat does not take that."""
    if name.isascii() and len(name) <= LONGEST_MINI_SCENE:
        return name
    return f"short-{sha256(name.encode()).hexdigest()[:16]}"


def is_set_by_codes(attribute: str) -> bool:
    return attribute == OWNER or attribute.startswith((LATEST, FIRST))


def is_told_by_codes(name: str) -> bool:
    """Whether it is by codes that something of this name was told (`Follower.told_at`)."""
    return name in (_LATEST_AT, _FIRST_AT, _OWNER_AT)


def first_code_at(told_at: Mapping[str, datetime]) -> datetime | None:
    """When a person's first code was scanned; None where that is not on record."""
    return told_at.get(_FIRST_AT)


def latest_code_at(told_at: Mapping[str, datetime]) -> datetime | None:
    """When a person's latest code was scanned; None where that is not on record."""
    return told_at.get(_LATEST_AT)


def check_in_of(told: Mapping[str, str]) -> str | None:
    """The event that somebody attends who scans this code now; None where it is none, or not open."""
    return told.get(CodeKind.EVENT) if told.get(_STATUS) == CodeStatus.OPEN else None


@dataclass(frozen=True)
class Attribution:
    """What codes say of a person: attributes, and when the codes were scanned, by their names in `told_at`.

    The latest code is known as a whole: nothing of the one before it stays. The first code stays for good,
    and so does the member of staff whose code came first: they are the `owner`, unless somebody has named
    another one. Any order of events and merges gives the same.
    """

    attributes: Mapping[str, str]
    told_at: Mapping[str, datetime]

    def scanned(self, told: Mapping[str, str], at: datetime) -> "Attribution":
        """The same after a follow or a scan at this time of a code, which says what it has `told`."""
        facts = {name: value for name, value in told.items() if name not in ("kind", PAGE, SHARED_FROM)}
        attributes = {f"{LATEST}{name}": value for name, value in facts.items()}
        attributes |= {f"{FIRST}{name}": value for name, value in facts.items() if name != _STATUS}
        told_at = {_LATEST_AT: at, _FIRST_AT: at}
        if CodeKind.STAFF in told:
            attributes[OWNER], told_at[_OWNER_AT] = told[CodeKind.STAFF], at
        return self.with_other(Attribution(attributes, told_at))

    def with_other(self, other: "Attribution") -> "Attribution":
        """What both say of one person. Attributes besides those of codes are this one's."""
        attributes = {name: value for name, value in self.attributes.items() if not is_set_by_codes(name)}
        told_at = dict(self.told_at)
        for part in _PARTS:
            source = part.decides(self, other)
            attributes |= part.of(source)
            if part.at in source.told_at:
                told_at[part.at] = source.told_at[part.at]
        return Attribution(attributes, told_at)


@dataclass(frozen=True)
class _Part:
    """Attributes that one code sets: the first that has them (`is_first`), or the last.

    `name` is theirs, or how they all begin; `at` is by which name it is kept when the code was scanned.
    """

    name: str
    at: str
    is_first: bool

    def of(self, source: Attribution) -> dict[str, str]:
        if self.name == OWNER:
            return {OWNER: source.attributes[OWNER]} if OWNER in source.attributes else {}
        return {name: text for name, text in source.attributes.items() if name.startswith(self.name)}

    def decides(self, one: Attribution, other: Attribution) -> Attribution:
        # An operator can name an owner: by no code.
        named = [source for source in (one, other) if self.name in source.told_at and self.of(source)]
        if named:
            return max(named, key=lambda source: source.told_at[self.name])
        if self.is_first:
            return min(one, other, key=self._since)
        return max(other, one, key=self._since)

    def _since(self, source: Attribution) -> datetime:
        """When the code was scanned; what an earlier release has kept is the oldest."""
        if self.is_first and not self.of(source):
            return _END
        return source.told_at.get(self.at, _BEGINNING)


_LATEST_AT, _FIRST_AT, _OWNER_AT = f"{LATEST}name", f"{FIRST}name", "@owner"
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_PARTS = (
    _Part(LATEST, _LATEST_AT, is_first=False),
    _Part(FIRST, _FIRST_AT, is_first=True),
    _Part(OWNER, _OWNER_AT, is_first=True),
)
