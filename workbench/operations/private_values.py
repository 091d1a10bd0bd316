"""Private values for people at a terminal, who may open them or not."""

from dataclasses import dataclass

from wejourney.adapters.failures import aws_errors, code_of
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import HIDDEN, is_sealed, masked
from wejourney.plain_data import changed
from wejourney.services.ports.keys import PersonalData, UnreadableValueError

_MAY_NOT = "AccessDeniedException"


@dataclass(frozen=True)
class PrivateValues:
    """Reads what is sealed of one person. The errors of AWS's calls pass."""

    personal_data: PersonalData
    person: Follower

    def read(self, sealed: str) -> str:
        """A value in clear; HIDDEN where its key was deleted, so that nobody can read it any more."""
        try:
            return self.personal_data.open(self.person, sealed)
        except UnreadableValueError:
            return HIDDEN

    def masked(self, sealed: str) -> str:
        """As much of a value as may be shown: HIDDEN for who may not open it."""
        try:
            return masked(self.read(sealed))
        except aws_errors() as error:
            if code_of(error) != _MAY_NOT:
                raise
            return HIDDEN

    def shown(self) -> Follower:
        """The person with private values masked."""
        known = self.person.attributes.items()
        values = {name: self.masked(value) if is_sealed(value) else value for name, value in known}
        return changed(self.person, attributes=values)
