"""Merge fields: `{answer.size|your size}` in a text becomes what is known, or else what stands after the bar.

Braces mean nothing else in a text. Other systems and the profile get a value whole. In a message a value
takes one line of at most LONGEST_VALUE characters, without braces and markup, because a follower typed it.
A private value is shown in messages only: its field stays in the record of a message, and is filled in for
WeChat alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wejourney.events.text_matching import is_visible
from wejourney.languages import ANY_LANGUAGE
from wejourney.loyalty.balance import AMOUNTS, AVAILABLE, EXPIRES_ON, NO_BALANCE, POINTS
from wejourney.messaging.account_settings import AccountSettings, zone_of
from wejourney.messaging.contents import Content, LocalizedText, choose, localise
from wejourney.people.bookings import BOOKING_TIME
from wejourney.people.followers import Follower, has_room_for
from wejourney.people.profile_fields import is_sealed
from wejourney.plain_data import to_plain
from wejourney.text import beginning, shortened

OTHER = "other"
"""The answer when what was said is none of those that the question takes: it is not shown."""

OFFERS = "offers"
"""The field that shows the offers of the programme that apply, each in a line."""

MOST_OFFERS, LONGEST_OFFER = 5, 40
"""Lines that OFFERS shows at most, and characters of a line: the title of an offer has no more."""

LONGEST_VALUE = 60
"""Characters (code points) of a value in a message, so that a text keeps within WeChat's limits."""

_FIELD = re.compile(r"\{([^{}|]*)(?:\|([^{}]*))?\}")
_GAPS = re.compile(r"[{}\s\x00-\x1f\x7f]+")
_UNSEEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
"""What is not seen and could turn the text around it; a joiner within a face is left."""

_MARKUP = str.maketrans("<>", "＜＞")
_PART = rf"(\.({'|'.join((*AMOUNTS[1:], EXPIRES_ON))}))?"
_NAMES = re.compile(
    r"^(answer\.[a-z][a-z0-9_-]*|coupon\.[a-z][a-z0-9_-]*|attribute\.[\w-]+|date\.[\w-]+|booking\.time"
    rf"|offers|points{_PART}|balance\.[a-z][a-z0-9_-]*{_PART}|tier(\.(next|missing))?|language)$"
)


@dataclass(frozen=True)
class MergeField:
    """One merge field of a text. `fallback` is None where the author gave none."""

    name: str
    fallback: str | None

    @property
    def answer(self) -> str | None:
        return self.name.removeprefix("answer.") if self.name.startswith("answer.") else None

    def __str__(self) -> str:
        return f"{{{self.name}}}" if self.fallback is None else f"{{{self.name}|{self.fallback}}}"

    @property
    def coupon(self) -> str | None:
        return self.name.removeprefix("coupon.") if self.name.startswith("coupon.") else None

    @property
    def is_looked_up(self) -> bool:
        """Whether only a message shows it, for which it is looked up: no run has it."""
        return self.name == OFFERS or self.name.startswith("tier.")

    @property
    def attribute(self) -> str | None:
        return self.name.removeprefix("attribute.") if self.name.startswith("attribute.") else None

    @property
    def balance(self) -> tuple[str, str] | None:
        """The asset, and the part of its balance: `points.pending` is short for `balance.points.pending`."""
        kind, _, rest = self.name.partition(".")
        if kind not in (POINTS, "balance") or not self.is_known:
            return None
        asset, _, part = (POINTS, "", rest) if kind == POINTS else rest.partition(".")
        return asset, part or AVAILABLE

    @property
    def is_known(self) -> bool:
        return _NAMES.match(self.name) is not None


@dataclass(frozen=True)
class LookedUp:
    """What is looked up for a message: `tier_above` is that of `loyalty.membership`.

    `offers` are the titles of the offers that apply.
    """

    tier_above: Mapping[str, str] = field(default_factory=dict)
    offers: Sequence[LocalizedText] = ()


NOT_LOOKED_UP = LookedUp()


@dataclass(frozen=True)
class Merge:
    """What merge fields can show: the follower, and the answers, the `booking` and the `coupons` of the run.

    Only a message shows the code of a coupon, and what is `looked_up`.

    With `account`, a date is written as people write it in `language`, in the follower's time zone. A value
    is whole unless the text is a message (`is_message`). A private value shows nothing; with `keeps_private`
    its field stays.
    """

    follower: Follower
    answers: Mapping[str, str] = field(default_factory=dict)
    account: AccountSettings | None = None
    language: str = ""
    is_message: bool = False
    keeps_private: bool = False
    booking: str = ""
    coupons: Mapping[str, str] = field(default_factory=dict)
    looked_up: LookedUp = NOT_LOOKED_UP

    def shown(self, field: MergeField) -> str:
        """What stands in a text for a field."""
        if self.keeps_private and is_sealed(self.follower.attributes.get(field.attribute or "")):
            return str(field)
        return self.value(field) or field.fallback or ""

    def value(self, field: MergeField) -> str:
        """The value of a field, empty when it is not known, or the answer was none that was asked for."""
        name, balance = field.name, field.balance
        if name == OFFERS:
            return self._offers()
        kind, _, rest = name.partition(".")
        answer, attribute = self.answers.get(rest), self.follower.attributes.get(rest)
        known: dict[str, object] = {
            "answer": None if answer == OTHER else answer,
            "coupon": self.coupons.get(rest),
            "attribute": None if is_sealed(attribute) else attribute,
            "date": self._date(rest) if kind == "date" else None,
            "booking": self._date(name) if name == BOOKING_TIME else None,
            "tier": self.looked_up.tier_above.get(rest) if rest else self.follower.tier,
            "language": self.follower.language,
        }
        value = self._of_balance(*balance) if balance is not None else known.get(kind)
        text = "" if value is None else str(value)
        text = _in_message(text) if self.is_message else text
        return text if is_visible(text) else ""

    def _offers(self) -> str:
        default = self.language if self.account is None else self.account.language
        titles = (choose(title, self.language, default) for title in self.looked_up.offers[:MOST_OFFERS])
        return "\n".join(beginning(title, LONGEST_OFFER) for title in titles)

    def _of_balance(self, asset: str, part: str) -> int | str | None:
        """An amount of an asset, or the last day on which what expires next can be spent."""
        if part == EXPIRES_ON:
            return self._written(self.follower.balances.get(asset, NO_BALANCE).expires_on)
        return self.follower.amount(asset, part)

    def _date(self, name: str) -> str | None:
        return self._written(self.follower.date(name, self.booking))

    def _written(self, value: str | None) -> str | None:
        """A date as the language writes it."""
        if not value or self.account is None:
            return value
        # Late: the callback must start fast, and hardly ever tells a time of day.
        from wejourney.people.profile_dates import said  # noqa: PLC0415

        return said(value, self.language, zone_of(self.follower, self.account))


def _in_message(value: str) -> str:
    """A value as a message shows it."""
    line = _GAPS.sub(" ", _UNSEEN.sub("", value)).strip()
    return beginning(line, LONGEST_VALUE).strip().translate(_MARKUP)


def merge(text: str, known: Merge) -> str:
    return replaced(text, known.shown)


LONGEST_REJECTED = 100
"""Characters of a rejected value that the timeline keeps."""


def noted(
    values: Mapping[str, str], known: Merge, expected: Callable[[str, str], str | None] | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """The values that a step `set` saves, and the beginnings of those that it rejects, by their names.

    One that is empty changes nothing; one that is too long, not of its form, or more than the profile of the
    follower holds, is rejected. `expected` is what the profile that is deployed says of values.
    """
    # Late: the callback must start fast, and notes nothing.
    from wejourney.people import profile_fields  # noqa: PLC0415

    wanted = expected or profile_fields.expected
    merged = {name: merge(value, known) for name, value in values.items()}
    saved: dict[str, str] = {}
    rejected: dict[str, str] = {}
    for name, value in merged.items():
        if value == "":
            continue
        if wanted(name, value) is None and has_room_for(known.follower, {**saved, name: value}):
            saved[name] = value
        else:
            rejected[name] = shortened(value, LONGEST_REJECTED)
    return saved, rejected


def render(
    content: Content,
    follower: Follower,
    account: AccountSettings,
    answers: Mapping[str, str] | None = None,
    *,
    booking: str = "",
    coupons: Mapping[str, str] | None = None,
    looked_up: LookedUp = NOT_LOOKED_UP,
    keeps_private: bool = False,
) -> dict[str, Any]:
    """The content as this follower reads it: in their language, with the merge fields filled in.

    `booking` is the one that the run is about, `coupons` are the codes of those that it has issued. With
    `keeps_private` the fields of private values stay (`private_fields`).
    """
    language = follower.language or account.language

    def fill(text: str, variant: str) -> str:
        read_in = language if variant == ANY_LANGUAGE else variant
        said, kept = answers or {}, keeps_private
        known = Merge(
            follower,
            said,
            account,
            read_in,
            is_message=True,
            keeps_private=kept,
            booking=booking,
            coupons=coupons or {},
            looked_up=looked_up,
        )
        return merge(text, known)

    return localise(content, language, account.language, fill)


def fields_looked_up(content: Content) -> frozenset[str]:
    """The fields of the content's texts that are looked up for the message."""
    names: set[str] = set()

    def note(field: MergeField) -> str:
        names.update([field.name] if field.is_looked_up else [])
        return ""

    _each_text(to_plain(content), note)
    return frozenset(names)


def private_fields(content: Any) -> frozenset[str]:
    """The attributes whose fields are left in a rendered content."""
    names: set[str] = set()

    def note(field: MergeField) -> str:
        names.update([field.attribute] if field.attribute else [])
        return str(field)

    _each_text(content, note)
    return frozenset(names)


def with_private_values(content: Any, values: Mapping[str, str]) -> Any:
    """A rendered content with what its fields were left for; what is not known shows the fallback."""

    def show(field: MergeField) -> str:
        if field.attribute is None:
            return str(field)
        text = _in_message(values.get(field.attribute, ""))
        return text if is_visible(text) else field.fallback or ""

    return _each_text(content, show)


def _each_text(content: Any, show: Callable[[MergeField], str]) -> Any:
    if isinstance(content, str):
        return replaced(content, show)
    if isinstance(content, Mapping):
        return {name: _each_text(inner, show) for name, inner in content.items()}
    if isinstance(content, list | tuple):
        return [_each_text(inner, show) for inner in content]
    return content


def published(
    texts: Mapping[str, str | LocalizedText],
    follower: Follower,
    account: AccountSettings,
    answers: Mapping[str, str],
    booking: str = "",
) -> dict[str, str]:
    """What other systems are told: in the account's language, with whole values in the merge fields."""
    language = account.language
    known = Merge(follower, answers, account, language, booking=booking)
    return {
        name: merge(text if isinstance(text, str) else choose(text, language, language), known)
        for name, text in texts.items()
    }


def fields_of(text: str) -> Iterator[MergeField]:
    return map(_field, _FIELD.finditer(text))


def replaced(text: str, show: Callable[[MergeField], str]) -> str:
    """The text with something shown in place of each merge field."""
    return _FIELD.sub(lambda found: show(_field(found)), text)


def without_fields(text: str) -> str:
    """The text without its merge fields: a brace that is left is none of the language."""
    return _FIELD.sub("", text)


def _field(found: re.Match[str]) -> MergeField:
    return MergeField(found[1].strip(), found[2])
