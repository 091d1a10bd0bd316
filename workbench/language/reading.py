"""From files to a `Journey` or a content of the library, with every mistake of their form.

The library is `infra/contents/<name>.yaml`, each one content that journeys use by its name. It is written
into the journey when that is read, so a definition carries all that it sends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from wejourney.loyalty.programme import NO_PROGRAMME, Programme
from wejourney.messaging.contents import Content
from workbench.checks.contents import check_content
from workbench.checks.journey import check_journey
from workbench.checks.purposes import Purposes, purposes_for
from workbench.language.content_fields import STORED_CONTENT
from workbench.language.journey import Journey
from workbench.language.journey_fields import read_journey
from workbench.language.languages import with_languages
from workbench.language.mistakes import InWords, Mistake, phrase
from workbench.language.parse_values import FILE_NAME
from workbench.language.source import Location, Source
from workbench.language.step_types import Agree, Ask, Give, Send
from workbench.language.traversal import rewritten, steps_of
from workbench.language.yaml_nodes import Node
from workbench.programme.files import programme_for

CONTENTS_FOLDER = Path("infra/contents")

LONGEST_NAME = 40
"""Characters. A state machine's name has 80 and begins with the name of the stack."""


@dataclass(frozen=True)
class Library:
    """All contents of a repository; None for one that has a mistake. `mistakes` are by name, too.

    `purposes` are what people can agree to there: a journey says with which version of the text they do.
    `programme` is the loyalty programme: a journey says on which terms it issues a coupon.
    """

    contents: Mapping[str, Content | None] = field(default_factory=dict)
    mistakes: Mapping[str, tuple[Mistake, ...]] = field(default_factory=dict)
    purposes: Purposes = field(default_factory=Purposes)
    programme: Programme = NO_PROGRAMME

    def mistakes_in(self, names: Iterable[str]) -> tuple[Mistake, ...]:
        return tuple(mistake for name in sorted(set(names)) for mistake in self.mistakes.get(name, ()))


def library_for(path: Path) -> Library:
    """The library of a journey's file: that of the nearest folder around it which has one. Raises OSError."""
    root = library_root(path)
    library = Library() if root is None else read_library(root)
    programme = programme_for(path).value or NO_PROGRAMME
    return replace(library, purposes=purposes_for(path), programme=programme)


def library_root(path: Path) -> Path | None:
    """The nearest folder around a file that has a library, however the file is named."""
    return folder_around(path, CONTENTS_FOLDER)


def folder_around(path: Path, part: Path) -> Path | None:
    """The nearest folder around a file that has this part; `..` and links are followed first."""
    return next((folder for folder in path.resolve().parents if (folder / part).is_dir()), None)


def read_library(root: Path) -> Library:
    """Read and check all files of infra/contents. Raises OSError."""
    contents: dict[str, Content | None] = {}
    mistakes: dict[str, tuple[Mistake, ...]] = {}
    for path in sorted((root / CONTENTS_FOLDER).glob("*.y*ml")):
        shown_as = (CONTENTS_FOLDER / path.name).as_posix()
        contents[path.stem], mistakes[path.stem] = _read_content(path, shown_as)
    return Library(contents, mistakes)


def _read_content(path: Path, shown_as: str) -> tuple[Content | None, tuple[Mistake, ...]]:
    source = Source(shown_as)
    if path.suffix != ".yaml" or not FILE_NAME.match(path.stem):
        hint = phrase("content file name form")
        source.mistake((), phrase("invalid content file name", name=path.name), hint)
    content = None
    root = source.read(path)
    if root is not None:
        content = cast("Content | None", STORED_CONTENT.read(source, root, (), "a content"))
    if content is not None and not source.broken:
        check_content(content, source, ())
    return (None if source.mistakes else content), tuple(sorted(set(source.mistakes)))


@dataclass(frozen=True)
class Reading:
    """What came out of a file: a journey, unless a mistake hides what it is, and all mistakes."""

    journey: Journey | None
    mistakes: tuple[Mistake, ...]
    source: Source = field(repr=False, compare=False)

    def mistake_at(self, at: Location, message: InWords, hint: InWords | None = None) -> Mistake:
        """A mistake at a part of the journey, or at the nearest part around it, that was found later."""
        return Mistake(self.source.file, *self.source.place(at), message, hint)


def read_file(
    path: Path, shown_as: str | None = None, library: Library | None = None, *, checked: bool = True
) -> Reading:
    """Read and check one file. `shown_as` is how mistakes name it. Raises OSError.

    The contents that it names are those of `library`, or of the repository around the file; their mistakes
    are the reading's, too. What is not `checked` has only the mistakes that hide what the journey is.
    """
    library = library_for(path) if library is None else library
    source = Source(shown_as or str(path), path.stem, library.contents)
    return _read(source, source.read(path), library, checked=checked)


def read_text(text: str, name: str, file: str, library: Library | None = None) -> Reading:
    library = Library() if library is None else library
    source = Source(file, name, library.contents)
    return _read(source, source.compose(text), library)


def _with_consents(journey: Journey) -> Journey:
    """The journey in which each message says which purpose it needs."""
    if not journey.consent:
        return journey
    return rewritten(journey, lambda part: {"consent": journey.consent} if _inherits(part) else {})


def _inherits(part: object) -> bool:
    return isinstance(part, Send | Ask) and not part.consent


def _with_versions(journey: Journey, purposes: Purposes) -> Journey:
    """The journey in which each agreement names the version of its text."""
    if not any(isinstance(step, Agree) for _, step in steps_of(journey)):
        return journey
    return rewritten(journey, lambda part: _version_of(part, purposes))


def _version_of(part: object, purposes: Purposes) -> Mapping[str, str]:
    purpose = purposes.by_name.get(part.purpose) if isinstance(part, Agree) else None
    return {} if purpose is None else {"version": purpose.version}


def _with_terms(journey: Journey, programme: Programme) -> Journey:
    """The journey in which each coupon that the programme declares has its terms."""
    if not programme.coupons or not any(isinstance(step, Give) for _, step in steps_of(journey)):
        return journey
    return rewritten(journey, lambda part: _terms_of(part, programme))


def _terms_of(part: object, programme: Programme) -> Mapping[str, object]:
    if not isinstance(part, Give) or part.what != "coupon" or part.name not in programme.coupons:
        return {}
    return {"terms": programme.coupons[part.name], "zone": programme.zone}


def _read(source: Source, root: Node | None, library: Library, *, checked: bool = True) -> Reading:
    name = source.name
    if not FILE_NAME.match(name) or len(name) > LONGEST_NAME:
        hint = phrase("journey name form", longest=LONGEST_NAME)
        source.mistake((), phrase("invalid journey file name", name=name), hint)
    journey = None if root is None else read_journey(source, root)
    if journey is not None and not source.broken:
        journey = _with_versions(_with_consents(with_languages(journey)), library.purposes)
        journey = _with_terms(journey, library.programme)
    if checked and journey is not None and not source.broken:
        check_journey(journey, source)
    mistakes = {*source.mistakes, *library.mistakes_in(source.inlined.values())}
    return Reading(journey, tuple(sorted(mistakes)), source)
