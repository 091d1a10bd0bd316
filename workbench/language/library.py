"""The library of contents: `infra/contents/<name>.yaml`, each one content that journeys use by its name.

A content is written into the journey when that is read, so a definition carries all that it says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from wejourney.messaging.contents import Content
from wejourney.plain_data import to_plain
from workbench.checks.contents import check_content
from workbench.language.building import Builder
from workbench.language.mistakes import Mistake
from workbench.language.parse_contents import read_stored
from workbench.language.source import Source
from workbench.language.vocabulary import FILE_NAME

CONTENTS_FOLDER = Path("infra/contents")

_CONTENT: Builder[Content] = Builder(TypeAdapter(Content))


@dataclass(frozen=True)
class Library:
    """All contents of a repository; None for one that has a mistake. `mistakes` are by name, too."""

    contents: Mapping[str, Content | None] = field(default_factory=dict)
    mistakes: Mapping[str, tuple[Mistake, ...]] = field(default_factory=dict)

    def as_data(self) -> dict[str, dict[str, Any] | None]:
        """The contents as plain data, as they are written into a journey."""
        return {
            name: to_plain(content) if content is not None else None
            for name, content in self.contents.items()
        }

    def mistakes_in(self, names: Iterable[str]) -> tuple[Mistake, ...]:
        """The mistakes of these contents."""
        return tuple(mistake for name in sorted(set(names)) for mistake in self.mistakes.get(name, ()))


def library_for(path: Path) -> Library:
    """The library of a journey's file: that of the nearest folder around it which has one. Raises OSError."""
    for folder in path.absolute().parents:
        if (folder / CONTENTS_FOLDER).is_dir():
            return read_library(folder)
    return Library()


def read_library(root: Path) -> Library:
    """Read and check all files of infra/contents. Raises OSError."""
    contents: dict[str, Content | None] = {}
    mistakes: dict[str, tuple[Mistake, ...]] = {}
    for path in sorted((root / CONTENTS_FOLDER).glob("*.y*ml")):
        shown_as = (CONTENTS_FOLDER / path.name).as_posix()
        contents[path.stem], mistakes[path.stem] = _read(path, shown_as)
    return Library(contents, mistakes)


def _read(path: Path, shown_as: str) -> tuple[Content | None, tuple[Mistake, ...]]:
    source = Source(shown_as)
    if path.suffix != ".yaml" or not FILE_NAME.match(path.stem):
        hint = "small letters, digits and single dashes, a letter first, and .yaml"
        source.mistake((), f"`{path.name}` is not a valid file name for a content", hint)
    content = None
    root = source.read(path)
    if root is not None:
        data = read_stored(source, root)
        content = _CONTENT.build(source, data) if data is not None else None
    if content is not None and not source.broken:
        check_content(content, source, ())
    return (None if source.mistakes else content), tuple(sorted(set(source.mistakes)))
