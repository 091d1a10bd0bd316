"""What a follower's message means as the answer to a question."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wejourney.domain.events import TEXT, InboundEvent
from wejourney.domain.words import keyword, normalise

OTHER = "other"
"""The answer when what was said is none of those that the question takes."""

LONGEST_ANSWER = 500
"""Characters of a text that are kept as an answer."""

_PHONE = re.compile(r"\+?[0-9]{7,15}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")


@dataclass(frozen=True)
class Question:
    """What a question takes for an answer: one of its choices, or else a text, a number or a phone number.

    `minimum` and `maximum` bound a number.
    """

    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parse: Literal["text", "number", "phone"] = "text"
    minimum: int | None = None
    maximum: int | None = None

    def read(self, event: InboundEvent) -> str:
        """The answer in a message: a choice, the value, or `other`."""
        if self.choices:
            return self._choice(event)
        said = event.text.strip()
        match self.parse:
            case "number":
                return self._number(normalise(said))
            case "phone":
                digits = re.sub(r"[\s().-]", "", normalise(said))
                return digits if _PHONE.fullmatch(digits) else OTHER
            case _:
                return said[:LONGEST_ANSWER]

    def _choice(self, event: InboundEvent) -> str:
        if event.menu_item in self.choices:
            return str(event.menu_item)
        said = normalise(event.text)
        return next((key for key, words in spoken(self.choices).items() if said in words), OTHER)

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
        return {name: value for name, value in data.items() if value not in ({}, "text", None)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Question":
        """The question that `to_dict` wrote."""
        choices = {key: tuple(words) for key, words in data.get("choices", {}).items()}
        return cls(**{**data, "choices": choices})


def spoken(choices: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The words that mean each choice, compared as people mean them.

    Where no choice claims a number, 1 is the first of them and so on: whoever finds tapping hard can type.
    """
    words = {key: tuple(map(keyword, (key, *words))) for key, words in choices.items()}
    if any(word.isdecimal() for said in words.values() for word in said):
        return words
    return {key: (*said, str(number)) for number, (key, said) in enumerate(words.items(), start=1)}


def is_answer(event: InboundEvent) -> bool:
    """Whether an event can answer a question: only what a person says can."""
    return event.kind == TEXT
