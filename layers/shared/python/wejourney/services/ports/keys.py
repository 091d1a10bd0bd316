"""Keys: those of the deployment itself, and those of people, with which their private values are sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from wejourney.accounts import read_object
from wejourney.errors import InvalidSettingError, MissingSettingError, WejourneyError
from wejourney.people.followers import Follower

SESSIONS = "sessions"
"""The key of sessions of mini programs. It can be changed: the previous one is accepted while it is given."""

PHONES = "phones"
"""The key of the hashes of phone numbers. With another one nobody is found by their number any more."""

_SHORTEST, _LONGEST = 32, 256


@dataclass(frozen=True)
class DeploymentKey:
    """A key as its secret holds it."""

    current: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)

    @property
    def all(self) -> tuple[bytes, ...]:
        """The current key first."""
        return (self.current,) if self.previous is None else (self.current, self.previous)

    @classmethod
    def from_secret(cls, name: str, text: str) -> "DeploymentKey":
        """Read `{"key": …, "previous_key": …}`. Raises as `Account.from_secret`."""
        where = f"the secret of the key {name}"
        settings = read_object(text, where)
        if not settings.get("key"):
            raise MissingSettingError("key", where)
        key, previous = (_read(settings, setting, where) for setting in ("key", "previous_key"))
        return cls(key or b"", previous)


def _read(settings: dict[str, object], name: str, where: str) -> bytes | None:
    value = settings.get(name) or None
    if value is None:
        return None
    if not isinstance(value, str) or not _SHORTEST <= len(value.strip()) <= _LONGEST:
        raise InvalidSettingError(name, where, f"a text of {_SHORTEST} to {_LONGEST} random characters")
    return value.strip().encode()


class Keys(Protocol):
    def get(self, name: str, /) -> DeploymentKey:
        """A key, possibly as it was a while ago. Raises as `Accounts.get`."""


class UnreadableValueError(WejourneyError):
    """A private value whose key was deleted, or that was not sealed with it: it is gone for good."""

    def __init__(self) -> None:
        super().__init__("the key of a private value was deleted, or is another")


@dataclass(frozen=True)
class SealedValues:
    """Private values as they are kept, and the person's `data_keys`: one has sealed them."""

    values: Mapping[str, str]
    data_keys: Mapping[str, str]


@dataclass(frozen=True)
class SealedFile:
    """A file as it is kept, and the person's `data_keys`: one has sealed it."""

    data: bytes = field(repr=False)
    data_keys: Mapping[str, str]


class SealedFiles(Protocol):
    """Files of people, by the name under which each is kept. The errors of AWS's calls pass."""

    def seal_file(self, person: Follower, name: str, data: bytes) -> SealedFile:
        """A file, sealed for this name."""

    def open_file(self, person: Follower, name: str, sealed: bytes) -> bytes:
        """A file in clear. Raises UnreadableValueError, also for one of another name."""


class PersonalData(Protocol):
    """Private values (`people.private_values`). The errors of AWS's calls pass, and a later attempt helps."""

    def seal(self, person: Follower, values: Mapping[str, str]) -> SealedValues:
        """The values of attributes, sealed. One that the person has already is the same text again."""

    def open(self, person: Follower, sealed: str) -> str:
        """A value in clear. Raises UnreadableValueError."""
