"""What a picture is made of: cards in reading order, and the ways that part at some of them.

Ways always meet again or end, because steps hold lists of steps: a picture is nested paths, not any graph.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

type Look = Literal["trigger", "message", "question", "wait", "choice", "staff", "chips", "ending", "goal"]


@dataclass(frozen=True)
class Chip:
    """A change: a tag, points, a coupon."""

    icon: str
    text: str


@dataclass(frozen=True)
class Card:
    """`bold`, `text`, `items`, `last_text` and `note` are its lines.

    Only a card that looks like `chips` has chips.
    """

    look: Look
    icon: str
    heading: str = ""
    bold: str = ""
    text: str = ""
    items: tuple[str, ...] = ()
    last_text: str = ""
    note: str = ""
    chips: tuple[Chip, ...] = ()

    @property
    def full_text(self) -> str:
        """All that the card says, however much of it there is room for."""
        said = (
            self.heading,
            self.bold,
            self.text,
            *self.items,
            self.last_text,
            self.note,
            *(chip.text for chip in self.chips),
        )
        return "\n".join(filter(None, said))


@dataclass(frozen=True)
class CardPath:
    label: str
    path: "tuple[Node, ...]"

    @property
    def ends(self) -> bool:
        return any(node.ends for node in self.path)


@dataclass(frozen=True)
class Node:
    """A card and the ways after it; `main` is the one that most people are meant to go."""

    card: Card
    ways: tuple[CardPath, ...] = ()
    main: int | None = None

    @cached_property
    def ends(self) -> bool:
        """Whether no run goes on after this card and its ways."""
        return all(way.ends for way in self.ways) if self.ways else self.card.look in ("ending", "goal")


@dataclass(frozen=True)
class Picture:
    """A whole journey; `rules` are what holds for all of it."""

    title: str
    rules: tuple[str, ...]
    path: tuple[Node, ...]
