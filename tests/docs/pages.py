"""The pages of the documentation, and what is in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"\s+#.*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page, with its prose apart from its code blocks."""

    text: str

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """Language and contents of the code blocks."""
        return _FENCE.findall(self.text)

    @property
    def prose(self) -> str:
        return _FENCE.sub("", self.text)

    @property
    def spans(self) -> list[str]:
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @property
    def headings(self) -> list[tuple[str, str]]:
        """Level and text of the headings."""
        return _HEADING.findall(self.prose)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of each row of each table."""
        lines = [line for line in self.prose.splitlines() if line.startswith("|")]
        return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]

    @property
    def command_lines(self) -> Iterator[str]:
        """What a reader may type, without comments: code spans and lines of shell blocks."""
        yield from self.spans
        for language, block in self.blocks:
            if language == "sh":
                yield from without_comments(block).splitlines()

    def block(self, language: str) -> str:
        """The one code block in this language."""
        (found,) = [block for name, block in self.blocks if name == language]
        return found


@cache
def page(name: str) -> Page:
    return Page((ROOT / name).read_text("utf-8"))


def anchor(heading: str) -> str:
    """The fragment that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def chinese(name: str) -> str:
    """The name of the Chinese counterpart of a page."""
    return name.replace(".md", ".zh-CN.md")


def without_comments(block: str) -> str:
    return _COMMENT.sub("", block)


def names(*folders: str) -> list[str]:
    return sorted(
        path.relative_to(ROOT).as_posix() for folder in folders for path in (ROOT / folder).glob("*.md")
    )


BOTH_LANGUAGES = sorted(
    name.replace(".zh-CN.md", ".md") for name in names(".", "docs", "infra/sandbox") if ".zh-CN." in name
)
"""The English pages that have a Chinese counterpart."""

DECISIONS = names("docs/decisions")
PAGES = names(".", "docs", "docs/decisions", "infra/sandbox")
FOR_PEOPLE = [name for english in BOTH_LANGUAGES for name in (english, chinese(english))]
