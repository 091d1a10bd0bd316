"""What a follower's message means as the answer to a question."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wejourney.domain.events import TEXT, InboundEvent
from wejourney.domain.messages import is_menu_id, menu_ids
from wejourney.domain.words import keyword, normalise

OTHER = "other"
"""The answer when what was said is none of those that the question takes."""

LONGEST_ANSWER = 500
"""Characters of a text that are kept as an answer."""

_BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What `str.isspace` says is blank."""

_BEFORE = _BLANKS + "\"'“‘(<《「『【"
_BEHIND = _BLANKS + "\"'”’)>》」』】.。,、!?;:~…"
"""What people type around an answer: `1.`, `(2)`, `gold！`."""

_PHONE = re.compile(r"\+?[0-9]{7,15}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")


@dataclass(frozen=True)
class Question:
    """What a question takes for an answer: one of its choices, or else a text, a number or a phone number.

    `minimum` and `maximum` bound a number. `menus` are the lines, by key, of the menus whose taps answer it,
    where they are others than its choices in their order.
    """

    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parse: Literal["text", "number", "phone"] = "text"
    minimum: int | None = None
    maximum: int | None = None
    menus: tuple[tuple[str, ...], ...] = ()

    def read(self, event: InboundEvent) -> str:
        """The answer in a message: a choice, the value, or `other`.

        A tap is read by the id of its line: the number that was sent, or the choice itself, as menus had it
        once. Where WeChat has not kept the id, the label says which line it was; but an id that is another
        menu's answers nothing here.
        """
        if not self.choices:
            return self.value(event.text)
        item = event.menu_item
        tapped = None if item is None else self.tapped(item)
        return self._choice(event.text) if tapped is None else tapped

    def tapped(self, item: str) -> str | None:
        """The answer of a tap on the line with this id, None where its label has to say."""
        if item in self.choices:
            return item
        for keys in (tuple(self.choices), *self.menus):
            key = dict(zip(menu_ids(keys), keys, strict=True)).get(item)
            if key in self.choices:
                return key
        return OTHER if is_menu_id(item) else None

    def value(self, text: str) -> str:
        """The answer in a text, where there are no choices."""
        said = text.strip()
        match self.parse:
            case "number":
                return self._number(_bare(normalise(said)))
            case "phone":
                digits = re.sub(r"[\s().-]", "", _bare(normalise(said)))
                return digits if _PHONE.fullmatch(digits) else OTHER
            case _:
                return said[:LONGEST_ANSWER]

    def _choice(self, text: str) -> str:
        meant = spoken(self.choices)
        said = normalise(text)
        for one in (said, _digits(_bare(said))):
            for key, words in meant.items():
                if one in words:
                    return key
        return OTHER

    def _number(self, said: str) -> str:
        if not _NUMBER.fullmatch(said):
            return OTHER
        number = int(said)
        above = self.minimum is None or number >= self.minimum
        below = self.maximum is None or number <= self.maximum
        return str(number) if above and below else OTHER

    def to_dict(self) -> dict[str, Any]:
        """The form in a definition and in a row, without what is default."""
        data: dict[str, Any] = {"choices": {key: list(words) for key, words in self.choices.items()}}
        data |= {"parse": self.parse, "minimum": self.minimum, "maximum": self.maximum}
        data["menus"] = [list(keys) for keys in self.menus]
        return {name: value for name, value in data.items() if value not in ({}, "text", None, [])}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Question":
        """The question that `to_dict` wrote."""
        choices = {key: tuple(words) for key, words in data.get("choices", {}).items()}
        menus = tuple(tuple(keys) for keys in data.get("menus", ()))
        return cls(**{**data, "choices": choices, "menus": menus})


def spoken(choices: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The words that mean each choice, compared as people mean them.

    Where no choice claims a number, 1 is the first of them and so on: whoever finds tapping hard can type.
    """
    words = {key: tuple(map(keyword, (key, *words))) for key, words in choices.items()}
    if any(word.isdecimal() for said in words.values() for word in said):
        return words
    return {key: (*said, str(number)) for number, (key, said) in enumerate(words.items(), start=1)}


def _bare(said: str) -> str:
    return said.lstrip(_BEFORE).rstrip(_BEHIND)


def _digits(said: str) -> str:
    """A numeral as digits, when it is one character: `二` is 2, as speech is written down."""
    number = unicodedata.numeric(said, 0.5) if len(said) == 1 else 0.5
    return str(int(number)) if number.is_integer() else said


def is_answer(event: InboundEvent) -> bool:
    """Whether an event can answer a question: only what a person says can."""
    return event.kind == TEXT
