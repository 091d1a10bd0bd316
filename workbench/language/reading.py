"""From a journey file to a `Journey`, with every mistake of its form."""

from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml.nodes import Node

from workbench.checks.journey import check_journey
from workbench.language.journey import Journey
from workbench.language.journey_fields import read_journey
from workbench.language.library import Library, library_for
from workbench.language.mistakes import Mistake
from workbench.language.parse_values import FILE_NAME
from workbench.language.questions import numbered
from workbench.language.source import Location, Source

LONGEST_NAME = 40
"""Characters. A state machine's name has 80 and begins with the name of the stack."""


@dataclass(frozen=True)
class Reading:
    """What came out of a file: a journey, unless a mistake hides what it is, and all mistakes."""

    journey: Journey | None
    mistakes: tuple[Mistake, ...]
    source: Source = field(repr=False, compare=False)

    def mistake_at(self, at: Location, message: str, hint: str = "") -> Mistake:
        """A mistake at a part of the journey, or at the nearest part around it, that was found later."""
        return Mistake(self.source.file, *self.source.place(at), message, hint)


def read_file(path: Path, shown_as: str | None = None, library: Library | None = None) -> Reading:
    """Read and check one file. `shown_as` is how mistakes name it. Raises OSError.

    The contents that it names are those of `library`, or of the repository around the file; their mistakes
    are the reading's, too.
    """
    library = library_for(path) if library is None else library
    source = Source(shown_as or str(path), library.contents)
    return _read(source, source.read(path), path.stem, library)


def read_text(text: str, name: str, file: str, library: Library | None = None) -> Reading:
    """Read and check the text of a journey file."""
    library = Library() if library is None else library
    source = Source(file, library.contents)
    return _read(source, source.compose(text), name, library)


def _read(source: Source, root: Node | None, name: str, library: Library) -> Reading:
    if not FILE_NAME.match(name) or len(name) > LONGEST_NAME:
        hint = f"at most {LONGEST_NAME} small letters, digits and single dashes, a letter first"
        source.mistake((), f"`{name}` is not a valid journey name (the file's name)", hint)
    journey = None
    if root is not None:
        read = read_journey(source, root, name)
        journey = None if read is None else numbered(read)
    if journey is not None and not source.broken:
        check_journey(journey, source)
    mistakes = {*source.mistakes, *library.mistakes_in(source.inlined.values())}
    return Reading(journey, tuple(sorted(mistakes)), source)
