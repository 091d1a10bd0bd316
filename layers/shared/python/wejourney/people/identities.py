"""Who a person is to others: each identity leads to one person, and a person has several."""

from dataclasses import dataclass
from enum import StrEnum

from wejourney.plain_data import WrittenAsText

LONGEST_IDENTITY = 256
"""Characters of a value. Union ids have no fixed length: they are never measured otherwise."""


_NOBODYS = frozenset(
    {"-1", "#n/a", "\\n", "anonymous", "n/a", "nan", "nil", "none", "null", "undefined", "unknown"}
    | {"true", "false", "{}", "[]", "[object object]"}
    | {"匿名", "无", "未知", "空"}
)
"""What systems write where they do not know who somebody is, in small letters."""


def is_nobodys(value: str) -> bool:
    """Whether a value names nobody: a masked one, zeros, dashes, or a word for none.

    Many people have it, who would all become one.
    """
    return "*" in value or not value.strip("0-_./? ") or value.strip().casefold() in _NOBODYS


class IdentityKind(StrEnum):
    """Who knows the person by it.

    `openid`: an app, `app_id#openid`. `union_id`: an account of the Open Platform, `account#union_id`; union
    ids of two accounts have nothing to do with each other. `phone`: the keyed hash of a number. `member`: the
    brand. `wecom`: its enterprise. The others are marketplaces.
    """

    OPENID = "openid"
    UNION_ID = "union_id"
    PHONE = "phone"
    MEMBER = "member"
    WECOM = "wecom"
    TMALL_OUID = "tmall_ouid"
    TMALL_OMID = "tmall_omid"
    JD = "jd"
    YOUZAN = "youzan"


@dataclass(frozen=True, order=True)
class Identity(WrittenAsText):
    kind: IdentityKind
    value: str

    @classmethod
    def parse(cls, text: str) -> "Identity":
        kind, _, value = text.partition("#")
        return cls(IdentityKind(kind), value)

    def __str__(self) -> str:
        return f"{self.kind}#{self.value}"


def openid_identity(app_id: str, openid: str) -> Identity:
    return Identity(IdentityKind.OPENID, f"{app_id}#{openid}")


def union_identity(open_platform: str, union_id: str) -> Identity:
    """A union id within one account of the Open Platform, which the brand has named."""
    return Identity(IdentityKind.UNION_ID, f"{open_platform}#{union_id}")
