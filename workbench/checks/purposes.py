"""The purposes that people can agree to: infra/consents.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from wejourney.messaging.contents import LocalizedText
from workbench.language import content_fields, forms
from workbench.language.forms import DEFINITIONS, Field, Record
from workbench.language.mistakes import Mistake, phrase
from workbench.language.source import Source

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
