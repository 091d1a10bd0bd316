"""The purposes that people can agree to (infra/consents.yaml), and whether a journey's messages name them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from wejourney.messaging.contents import LocalizedText
from workbench.language import content_fields, forms
from workbench.language.forms import DEFINITIONS, Field, Record
from workbench.language.journey import Journey
from workbench.language.mistakes import Mistake, nearest, phrase
from workbench.language.reading import Reading
from workbench.language.source import Location, Source
from workbench.language.step_types import Ask, Send
from workbench.language.traversal import steps_of

CONSENTS = Path("infra/consents.yaml")


@dataclass(frozen=True)
class Purpose:
    """What people agree to: the `text` that they read, of this `version`, and what it is called.

    Without a consent to the one for `personal_data` no private value is kept. Who has agreed to the one for
    `membership` stays a member after they unfollow.
    """

    title: LocalizedText
    version: str
    text: LocalizedText
    personal_data: bool = False
    membership: bool = False


ROLES = ("personal_data", "membership")
"""The fields that one purpose at most has."""


@dataclass(frozen=True)
class Purposes:
    """The purposes of a repository by name. `mistakes` are those of their file."""

    by_name: Mapping[str, Purpose] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def name_of(self, role: str) -> str:
        """The purpose that has this field of ROLES; empty where none has."""
        return next((name for name, purpose in self.by_name.items() if getattr(purpose, role)), "")


_PURPOSE = Record(
    Purpose,
    {
        "title": Field("The purpose's name for people.", content_fields.TEXT),
        "version": Field("The version of the text; change it with the text.", forms.PLAIN),
        "text": Field("The text that people agree to.", content_fields.TEXT),
        "personal_data": Field(
            "Whether phone numbers, addresses and private attributes are kept by this consent.", forms.BOOLEAN
        ),
        "membership": Field(
            "Whether people who have agreed to it are kept when they unfollow, as members.", forms.BOOLEAN
        ),
    },
    "a purpose",
)
_PURPOSES = forms.by_name(forms.Form(_PURPOSE.schema(), _PURPOSE.read), phrase("purposes form"))


def purposes_for(path: Path) -> Purposes:
    """The purposes of the repository around a journey's file. Raises OSError."""
    folders = (folder for folder in path.resolve().parents if (folder / CONSENTS).is_file())
    root = next(folders, None)
    return Purposes() if root is None else read_purposes(root)


def read_purposes(root: Path) -> Purposes:
    """Read infra/consents.yaml; without one there are no purposes. Raises OSError."""
    if not (root / CONSENTS).is_file():
        return Purposes()
    source = Source(CONSENTS.as_posix())
    node = source.read(root / CONSENTS)
    found = (
        {} if node is None else cast("dict[str, Purpose]", _PURPOSES.read(source, node, (), "the purposes"))
    )
    for role in ROLES:
        for name in [name for name, purpose in found.items() if getattr(purpose, role, False)][1:]:
            source.mistake((name, role), phrase("one purpose for", role=role), phrase("remove it"))
    return Purposes({} if source.mistakes else found, tuple(sorted(set(source.mistakes))))


def consents_schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The purposes that people can agree to, by name: infra/consents.yaml.",
        **_PURPOSES.schema,
        "$defs": {name: form.schema for name, form in sorted(DEFINITIONS.items(), key=itemgetter(0))},
    }


def undeclared_purposes(reading: Reading, purposes: Purposes) -> Iterator[Mistake]:
    """The purposes of a journey that are not declared; none while the declarations have mistakes."""
    if reading.journey is None or purposes.mistakes:
        return
    for at, name in _needed(reading.journey):
        if name not in purposes.by_name and at in reading.source:
            message = phrase("undeclared purpose", name=name, file=CONSENTS.as_posix())
            yield reading.mistake_at(at, message, nearest(name, purposes.by_name))


def _needed(journey: Journey) -> Iterator[tuple[Location, str]]:
    if journey.consent:
        yield ("consent",), journey.consent
    for at, step in steps_of(journey):
        if isinstance(step, Send | Ask) and step.consent:
            yield (*at, "consent"), step.consent
