"""What a brand declares of its people's profiles: infra/profile.yaml, as the functions read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wejourney.events.event import InboundEvent
from wejourney.people.codes import is_set_by_codes
from wejourney.people.consents import consent_told
from wejourney.people.counters import Counters
from wejourney.people.followers import Follower
from wejourney.people.lifecycle import StageRules
from wejourney.people.profile_fields import (
    ALWAYS_PRIVATE,
    DATE,
    FIELDS,
    NUMBER,
    TEXT,
    YES_OR_NO,
    ValueForm,
    date_name,
    form_of,
    is_sealed,
)
from wejourney.people.rfm import RfmScale
from wejourney.plain_data import changed


class AttributeType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"

    @property
    def form(self) -> ValueForm:
        return _FORMS[self]


_FORMS = {
    AttributeType.TEXT: TEXT,
    AttributeType.NUMBER: NUMBER,
    AttributeType.DATE: DATE,
    AttributeType.YES_NO: YES_OR_NO,
}


@dataclass(frozen=True)
class ProfileModel:
    """`attributes` are all there can be, by name, with their types; empty: any, and all are texts.

    `private` are those that are sealed, besides ALWAYS_PRIVATE. They are kept of people who have agreed to
    `private_purpose`; where it is empty, of nobody. Who has agreed to `membership` is kept when they
    unfollow; where it is empty, nobody is.
    """

    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    private: frozenset[str] = frozenset()
    private_purpose: str = ""
    membership: str = ""
    counters: Counters = field(default_factory=dict)
    stages: StageRules = field(default_factory=dict)
    rfm: RfmScale | None = None

    def expected(self, name: str, value: str) -> str | None:
        """What a value of this name must be, None when it is that."""
        if not self.allows(name):
            return f"one of the declared attributes: {', '.join(self.attributes)}"
        form = self.attributes[name].form if name in self.attributes else form_of(name)
        return None if form.fits(value) else form.form

    def allows(self, name: str) -> bool:
        """Whether a profile can have a value of this name."""
        is_attribute = name not in FIELDS and date_name(name) is None and not is_set_by_codes(name)
        is_declared = name in self.attributes or name in ALWAYS_PRIVATE
        return not (self.attributes and is_attribute) or is_declared

    def is_private(self, name: str) -> bool:
        """Whether the attribute of this name is sealed."""
        return name in self.private or name in ALWAYS_PRIVATE

    def misfit(self, changes: Mapping[str, str | bool]) -> str | None:
        """What is wrong with the first of these values that a profile cannot have; it quotes no value."""
        for name, value in changes.items():
            if isinstance(value, str) and value and (wanted := self.expected(name, value)) is not None:
                return f"`{name}` must be {wanted}"
        return None

    def lets_keep(self, follower: Follower) -> bool:
        """Whether the person has agreed to what private values need."""
        return bool(self.private_purpose) and follower.has_agreed_to(self.private_purpose)

    def is_member(self, follower: Follower) -> bool:
        """Whether an agreement of the person is on record to be kept without a contact of WeChat's."""
        return bool(self.membership) and follower.has_agreed_to(self.membership)

    def may_spend(self, follower: Follower) -> bool:
        """Whether they can spend what they earn: all can where there is no membership."""
        return not self.membership or self.is_member(follower)

    def is_membership_withdrawn(self, event: InboundEvent) -> bool:
        """Whether an event tells that somebody does not want to be kept so any more."""
        told = consent_told(event) if self.membership else None
        return told is not None and told.purpose == self.membership and not told.consent.given

    def lawful(self, follower: Follower) -> Follower:
        """The person without private values and the keys to earlier ones, unless they may be kept."""
        if not follower.data_keys or self.lets_keep(follower):
            return follower
        kept = {name: value for name, value in follower.attributes.items() if not is_sealed(value)}
        return changed(follower, attributes=kept, data_keys={})


ANY_PROFILE = ProfileModel()
