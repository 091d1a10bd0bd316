"""The gallery: journeys to start from, each with two personas.

A folder holds `journey.yaml`, `personas/` and, in `golden/`, the transcripts of these personas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wejourney.messaging.contents import choose
from workbench.language.reading import Library, Reading, read_text

GALLERY = Path(__file__).parent


@dataclass(frozen=True)
class Exhibit:
    """One journey of the gallery: the texts of its file and, by their names, of its personas."""

    text: str
    personas: Mapping[str, str]

    @property
    def about(self) -> str:
        """What it is for: the first line of its comment."""
        return self.text.partition("\n")[0].removeprefix("# ")

    def title(self, language: str) -> str:
        """The journey's own title in a language."""
        journey = self.read("title", "title").journey
        return "" if journey is None else choose(journey.title, language, language)

    def read(self, name: str, file: str) -> Reading:
        """The journey under a name of its own; a name that cannot be one is a mistake."""
        return read_text(self.text, name, file, Library())


def kinds() -> tuple[str, ...]:
    """The names of all journeys of the gallery."""
    return tuple(sorted(file.parent.name for file in GALLERY.glob("*/journey.yaml")))


def read_exhibit(kind: str) -> Exhibit:
    """One of `kinds()`."""
    folder = GALLERY / kind
    personas = {file.stem: file.read_text("utf-8") for file in sorted((folder / "personas").glob("*.yaml"))}
    return Exhibit((folder / "journey.yaml").read_text("utf-8"), personas)
