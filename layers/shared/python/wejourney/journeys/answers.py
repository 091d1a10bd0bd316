"""What a follower's message means as the answer to a question."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, assert_never

from wejourney.bounds import LARGEST_ANSWERS, size_of
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import TextReceived
from wejourney.events.numbers import Number
from wejourney.events.text_matching import keyword, meaning, normalise, visible
from wejourney.messaging.contents import is_menu_id, menu_ids
from wejourney.messaging.merge_fields import OTHER

LONGEST_ANSWER = 2_000
"""Characters of an answer; a longer text answers nothing that was asked for."""

_PHONE_SEPARATORS = re.compile(r"[\s()\[\].·'ー-]")
_PHONE = re.compile(r"\+?[0-9]{7,15}")


@dataclass(frozen=True)
class Question:
    """What a question takes for an answer: one of its choices, a text, a number, a phone number or a date.

    `minimum` and `maximum` bound a number. A date may lie behind with `past`; `time_zone` is that of whoever
    is asked, where their own is not known. `menus` are the keys of the lines of the menus whose taps answer
    it, by the menu's number.
    """

    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parse: Literal["text", "number", "phone", "date"] = "text"
    minimum: int | None = None
    maximum: int | None = None
    menus: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    past: bool = False
    time_zone: str = ""

    def read(self, event: InboundEvent, time_zone: str | None = None) -> str:
        """The answer in a message of somebody in this zone: a choice, the value, or `other`.

        A tap is read by the id of its line: the number that was sent, or the choice itself, which WeChat may
        keep where it is no number. Where WeChat has not kept the id, the label says which line it was; but an
        id that is another menu's answers nothing here.
        """
        if not isinstance(event.body, TextReceived):
            return OTHER
        text, item = event.body.text, event.body.menu_item
        if not self.choices:
            return self.value(text) if self.parse != "date" else self._date(text, event.at, time_zone)
        tapped = None if item is None else self.tapped(item, text)
        return self._choice(text) if tapped is None else tapped

    def names(self, event: InboundEvent) -> bool:
        """Whether the question expects just this message: a choice, or a number, say, that it asks for."""
        is_open = not self.choices and self.parse == "text"
        return not is_open and self.read(event) != OTHER

    def tapped(self, item: str, label: str) -> str | None:
        """The answer of a tap on the line with this id, None where its label has to say."""
        for number, keys in self.menus.items():
            key = dict(zip(menu_ids(keys, number), keys, strict=True)).get(item)
            if key in self.choices:
                return key
        if not (item.isascii() and item.isdecimal()):
            return item if item in self.choices else None
        # WeChat itself reports 0 and counts from 101: a number alone does not name a choice.
        means_itself = item in self.choices and self._choice(label) == item
        return OTHER if is_menu_id(item) and not means_itself else None

    def value(self, text: str) -> str:
        match self.parse:
            case "number":
                number = Number.read(text)
                return (
                    OTHER
                    if number is None or not number.is_between(self.minimum, self.maximum)
                    else str(number)
                )
            case "phone":
                digits = _PHONE_SEPARATORS.sub("", meaning(text))
                return digits if _PHONE.fullmatch(digits) else OTHER
            case "text" | "date":
                said = visible(text).strip()
                return said if len(said) <= LONGEST_ANSWER else OTHER
            case _:
                assert_never(self.parse)

    def _date(self, text: str, at: datetime, time_zone: str | None) -> str:
        # Late: the callback must start fast, and hardly ever reads a date.
        from zoneinfo import ZoneInfo  # noqa: PLC0415

        from wejourney.journeys.typed_dates import read_date  # noqa: PLC0415
        from wejourney.time_zones import find_zone  # noqa: PLC0415

        zones = (find_zone(name) for name in (time_zone, self.time_zone) if name)
        zone = next((zone for zone in zones if zone is not None), ZoneInfo("UTC"))
        return read_date(text, at, zone, past=self.past) or OTHER

    def _choice(self, text: str) -> str:
        meant = spoken(self.choices)
        said = meaning(text)
        for one in (said, _digits(said)):
            for key, words in meant.items():
                if one in words:
                    return key
        return OTHER


def spoken(choices: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The words that mean each choice, compared as people mean them.

    Where no choice claims a number, 1 is the first of them and so on: whoever finds tapping hard can type.
    """
    words = {key: tuple(map(keyword, (key, *words))) for key, words in choices.items()}
    if any(word.isdecimal() for said in words.values() for word in said):
        return words
    return {key: (*said, str(number)) for number, (key, said) in enumerate(words.items(), start=1)}


def _digits(said: str) -> str:
    """A numeral as digits, when it is one character: `二` is 2, as speech is written down."""
    number = unicodedata.numeric(said, 0.5) if len(said) == 1 else 0.5
    return str(int(number)) if number.is_integer() else said


_NUMERAL = re.compile(r"[(\[【]?\s*([0-9]{1,3}|\w)\s*[.、:)\]】]\s*(?![0-9])")


def numeral_of(label: str) -> str | None:
    """The number that a label begins with, as digits: 2 of `2. Gold`, `(2) Gold`, `② Gold`, `二、金`."""
    label = label.strip()
    if unicodedata.category(label[:1] or " ") == "No":
        number = _digits(label[0])
        return number if number.isdecimal() else None
    found = _NUMERAL.match(normalise(label))
    number = _digits(found[1]) if found else ""
    return number if number.isdecimal() else None


def with_answer(answers: Mapping[str, str], name: str, answer: str) -> Mapping[str, str]:
    """The answers of a run with one more; one that a run does not hold any more is `other`."""
    given = {**answers, name: answer}
    return given if size_of(given) <= LARGEST_ANSWERS else {**answers, name: OTHER}


def is_answer(event: InboundEvent) -> bool:
    return isinstance(event.body, TextReceived)
