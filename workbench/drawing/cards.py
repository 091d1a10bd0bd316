"""What a picture is made of: cards in reading order, and the ways that part at some of them.

Ways always meet again, or end: a journey is made of steps in a row and of steps that hold such rows. So its
picture is a nest of rows, not just any graph, and stays one here.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

type Look = Literal["trigger", "message", "question", "wait", "choice", "staff", "chips", "ending", "goal"]


@dataclass(frozen=True)
class Chip:
    """A small change on the way: a tag, points, a coupon."""

    icon: str
    text: str


@dataclass(frozen=True)
class Card:
    """One thing that happens. `bold`, `text`, `items` and `note` are its lines; only `chips` have chips."""

    look: Look
    icon: str
    heading: str = ""
    bold: str = ""
    text: str = ""
    items: tuple[str, ...] = ()
    note: str = ""
    chips: tuple[Chip, ...] = ()


@dataclass(frozen=True)
class CardPath:
    """A labelled path after a card."""

    label: str
    path: "tuple[Node, ...]"

    @property
    def ends(self) -> bool:
        """Whether nobody goes on after this way."""
        return any(node.ends for node in self.path)


@dataclass(frozen=True)
class Node:
    """A card and, where they part, the ways after it; `main` is the one that most people are meant to go."""

    card: Card
    ways: tuple[CardPath, ...] = ()
    main: int | None = None

    @cached_property
    def ends(self) -> bool:
        """Whether nobody goes on after this card and its ways."""
        if not self.ways:
            return self.card.look in ("ending", "goal")
        return all(way.ends for way in self.ways)


@dataclass(frozen=True)
class Picture:
    """A whole journey; `rules` are what holds for all of it."""

    title: str
    rules: tuple[str, ...]
    path: tuple[Node, ...]
