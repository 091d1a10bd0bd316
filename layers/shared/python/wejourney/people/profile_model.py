"""What a brand declares of its people's profiles: infra/profile.yaml, as the functions read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wejourney.people.codes import is_set_by_codes
from wejourney.people.counters import Counters
from wejourney.people.lifecycle import StageRules
from wejourney.people.profile_fields import (
    DATE,
    FIELDS,
    NUMBER,
    TEXT,
    YES_OR_NO,
    ValueForm,
    date_name,
    form_of,
)
from wejourney.people.rfm import RfmScale


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
    """`attributes` are all there can be, by name, with their types; empty: any, and all are texts."""

    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
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
        return not (self.attributes and is_attribute) or name in self.attributes

    def misfit(self, changes: Mapping[str, str | bool]) -> str | None:
        """What is wrong with the first of these values that a profile cannot have; it quotes no value."""
        for name, value in changes.items():
            if isinstance(value, str) and value and (wanted := self.expected(name, value)) is not None:
                return f"`{name}` must be {wanted}"
        return None


ANY_PROFILE = ProfileModel()
