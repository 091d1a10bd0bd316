"""The library of contents: `infra/contents/<name>.yaml`, each one content that journeys use by its name.

A content is written into the journey when that is read, so a definition carries all that it says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from wejourney.messaging.contents import Content
from workbench.checks.contents import check_content
from workbench.language.content_fields import STORED_CONTENT
from workbench.language.mistakes import Mistake
from workbench.language.parse_values import FILE_NAME
from workbench.language.source import Source

CONTENTS_FOLDER = Path("infra/contents")


@dataclass(frozen=True)
class Library:
    """All contents of a repository; None for one that has a mistake. `mistakes` are by name, too."""

    contents: Mapping[str, Content | None] = field(default_factory=dict)
    mistakes: Mapping[str, tuple[Mistake, ...]] = field(default_factory=dict)

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
        content = cast("Content | None", STORED_CONTENT.read(source, root, (), "a content"))
    if content is not None and not source.broken:
        check_content(content, source, ())
    return (None if source.mistakes else content), tuple(sorted(set(source.mistakes)))
