"""A contact: one openid of one app. A person can have several."""

from dataclasses import dataclass
from datetime import datetime

from wejourney.allowances.allowance_windows import Windows
from wejourney.events.event import Subject

CONTACT_ID_LENGTH = 12
"""Hexadecimal digits of our own id of a contact."""


@dataclass(frozen=True)
class Contact:
    """What belongs to an openid of an app, and not to the person behind it.

    `contact_id` is our own id of it, which a run may carry. `account_language` is that of the app.
    `unreachable` is WeChat's code for refusing to deliver, cleared by the next act. `known_since` is when it
    became known (None: before this was noted), `erased_at` when somebody with this openid was erased last, if
    that is remembered: what happened before is none of theirs. Times are UTC.
    """

    app_id: str
    openid: str
    contact_id: str = ""
    following: bool = False
    followed_at: datetime | None = None
    source: str | None = None
    scene: str | None = None
    unreachable: int | None = None
    windows: Windows = ()
    known_since: datetime | None = None
    erased_at: datetime | None = None
    account_language: str = "zh"

    @property
    def subject(self) -> Subject:
        return Subject(self.app_id, self.openid)


MEMBERS = "members"
"""The app, which is none of WeChat's, of a contact that stands for a member who follows nowhere.

Its openid is our own id of the person. It never follows, and nobody speaks with a person there.
"""


def standing_contact(person_id: str, known_since: datetime | None) -> Contact:
    """The contact of a member who follows nowhere."""
    return Contact(MEMBERS, person_id, known_since=known_since)


CONTACT_FIELDS = tuple(Contact.__dataclass_fields__)
