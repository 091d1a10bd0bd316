"""Texts that WeChat would reject, and merge fields that would show nothing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from wejourney.events.text_matching import is_visible
from wejourney.journeys.definition import Exit
from wejourney.loyalty.balance import AMOUNTS, AVAILABLE, EXPIRES_ON
from wejourney.messaging.contents import BYTE_LIMITS, Content, LocalizedText, Menu, News, Notice, Template
from wejourney.messaging.merge_fields import (
    LONGEST_OFFER,
    LONGEST_VALUE,
    MOST_OFFERS,
    OFFERS,
    Merge,
    MergeField,
    fields_of,
    merge,
    without_fields,
)
from wejourney.people.bookings import BOOKING_TIME
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import LONGEST_VALUE as LONGEST_NOTED
from workbench.language.mistakes import Phrase, nearest, phrase
from workbench.language.source import Location, Source
from workbench.language.step_types import Stop
from workbench.language.traversal import localized_texts_of

MERGE_FIELDS = (
    *("answer.<question>", "attribute.<name>", "coupon.<name>", "date.<name>", BOOKING_TIME),
    *("points", "tier", "language"),
    *(f"points.{part}" for part in (*AMOUNTS, EXPIRES_ON) if part != AVAILABLE),
    *("balance.<asset>", "tier.next", "tier.missing", OFFERS),
)

_LONGEST_SHOWN: Mapping[str, str] = {
    "points": "9" * 10,
    "balance": "9" * 10,
    "tier.missing": "9" * 12,
    EXPIRES_ON: "30 September",
    "coupon": "X" * 14,
    "date": "9" * 25,
    "booking": "9" * 25,
    "language": "zh-Hans-TW",
    OFFERS: "\n".join(["😀" * LONGEST_OFFER] * MOST_OFFERS),
}
"""The longest value of the merge fields that people do not write themselves."""

MOST_TOLD = 5
"""Merge fields of a text for another system: EventBridge takes 256 KB, a value up to 20 KB."""

NOBODY = Merge(Follower(app_id="", openid="", person_id=""))
"""Somebody of whom nothing is known: every merge field shows its fallback."""

_WRITTEN = {"media_id": "image", "template_id": "id"}
"""How fields of contents are written that have another name here."""

_URL = re.compile(r"^https?://[^\s/]+")
_FIELD_OF_ANY_WIDTH = re.compile("[{｛]([^{}｛｝]*)[}｝]")
_WIDE_SIGNS = str.maketrans("｛｝｜", "{}|")
_IN_DEFINITIONS = {"{%": "JSONata", "%}": "JSONata", "${": "CloudFormation"}


def check_content(content: Content, source: Source, at: Location) -> None:
    """Add the mistakes of a content that it has wherever it is sent."""
    for place, field, words in localized_texts_of(content, at):
        if isinstance(content, Template | Notice):
            _check_template_field(field, words, source, place)
        else:
            check_variants(words, source, place, BYTE_LIMITS.get((content.kind, field)))
    if isinstance(content, Menu):
        for i, item in enumerate(content.items):
            check_text(item.id, source, (*at, "items", i))
    for name in ("url", "picture", "page", "media_id", "app_id", "template_id"):
        value = getattr(content, name, None)
        if value is not None:
            _check_plain(value, BYTE_LIMITS.get((content.kind, name)), source, (*at, name))
            is_address = name in ("url", "picture") and isinstance(content, News | Template)
            if is_address and not _URL.match(value):
                message = phrase("invalid address", name=name)
                source.mistake((*at, name), message, phrase("address form"))


def check_variants(words: LocalizedText, source: Source, at: Location, limit: int | None = None) -> None:
    for language, text in words.items():
        here = (*at, language)
        if not check_text(text, source, here):
            continue
        check_merge_fields(text, source, here)
        check_size(longest_of(text), limit, source, here)


def check_merge_fields(text: str, source: Source, at: Location, *, may_be_empty: bool = False) -> None:
    """Add the mistakes of merge fields: unknown ones, those without a fallback, and other braces."""
    for field in fields_of(text):
        if not field.is_known:
            source.mistake(at, phrase("unknown merge field", name=field.name), _meant(field.name))
        elif not is_visible(field.fallback or "") and not (may_be_empty and field.fallback == ""):
            hint = phrase("add a fallback", name=field.name)
            source.mistake(at, phrase("no fallback", name=field.name), hint)
    if set("{}") & set(without_fields(text)):
        hint = phrase("braces")
        source.mistake(at, phrase("stray brace"), hint)


def _meant(name: str) -> Phrase | None:
    """The hint for a merge field that does not exist; what stands after the dot is the author's own."""
    kind, dot, rest = name.partition(".")
    near = get_close_matches(kind, ("answer", "attribute", "balance", "coupon", "date"), n=1)
    if dot and near and near != [kind]:
        return phrase("did you mean", name=f"{near[0]}.{rest}")
    return nearest(name, MERGE_FIELDS)


def check_text(text: str, source: Source, at: Location) -> bool:
    """Add the mistakes that any text can have; returns whether it has none."""
    if not is_visible(text):
        source.mistake(at, phrase("empty", what=source.what(at)), phrase("fill or remove"))
        return False
    mark = next((mark for mark in _IN_DEFINITIONS if mark in text), None)
    if mark is not None:
        message = phrase("engine mark", mark=mark, language=_IN_DEFINITIONS[mark])
        source.mistake(at, message, phrase("space between", marks=" ".join(mark)))
        return False
    wide = next(_wide_fields(text), None)
    if wide is not None:
        right = phrase("write that", right=f"`{wide.translate(_WIDE_SIGNS)}`")
        source.mistake(at, phrase("wide merge field", field=wide), right)
    return wide is None


def _wide_fields(text: str) -> Iterator[str]:
    """What would be a merge field of the text if all of its signs were ASCII."""
    for found in _FIELD_OF_ANY_WIDTH.finditer(text):
        meant = found[0].translate(_WIDE_SIGNS)
        if meant != found[0] and any(field.is_known for field in fields_of(meant)):
            yield found[0]


def check_plain(text: str, source: Source, at: Location, name: str = "") -> bool:
    """Add the mistakes of a text without merge fields; returns whether it has none.

    `name` is that of its field in the file, where that is not the last of the place.
    """
    if not check_text(text, source, at):
        return False
    if set("{}") & set(text):
        source.mistake(at, phrase("no merge fields", name=name or str(at[-1])), phrase("without braces"))
        return False
    return True


def check_reason(part: Exit | Stop, source: Source, at: Location) -> None:
    """Add the mistakes of an author's reason, in every language."""
    name = "reason" if isinstance(part, Exit) else "goal" if part.goal else "stop"
    if not part.texts:
        check_plain(part.reason, source, at, name)
    for language, text in part.texts.items():
        check_plain(text, source, (*at, language), name)


def check_told(text: str, source: Source, at: Location, most: int = MOST_TOLD) -> None:
    """Add the mistakes of a text for another system, which gets whole values in its merge fields."""
    if check_text(text, source, at):
        check_merge_fields(text, source, at)
        if sum(1 for _ in fields_of(text)) > most:
            hint = phrase("shorten told text", longest=LONGEST_NOTED)
            source.mistake(at, phrase("too many told fields", most=most), hint)


def check_size(text: str, limit: int | None, source: Source, at: Location) -> None:
    size = len(text.encode())
    if limit is not None and size > limit:
        hint = phrase("shorten bytes")
        source.mistake(at, phrase("too many bytes", size=size, limit=limit), hint)


def longest_of(text: str) -> str:
    """The text at its longest, whatever its merge fields show."""
    shown = without_fields(text)
    return shown + "".join(longest_shown(field) for field in fields_of(text))


def longest_shown(field: MergeField) -> str:
    kinds = (field.name, *(field.balance or ())[1:], field.name.partition(".")[0])
    value = next((_LONGEST_SHOWN[kind] for kind in kinds if kind in _LONGEST_SHOWN), "😀" * LONGEST_VALUE)
    return max(value, field.fallback or "", key=lambda text: len(text.encode()))


def _check_plain(value: str, limit: int | None, source: Source, at: Location) -> None:
    if check_plain(value, source, at, _WRITTEN.get(str(at[-1]), "")):
        check_size(value, limit, source, at)


# --- template messages and subscription notices -------------------------------------------------


@dataclass(frozen=True)
class FieldType:
    """What WeChat accepts in fields of a type: at most `longest` characters, of this form."""

    longest: int
    form: str
    description: Phrase


_TIME_OF_DAY = r"\d{1,2}:\d{2}(:\d{2})?"
_DAY = r"(\d{4}[-/.])?\d{1,2}[-/.]\d{1,2}|(\d{4}年)?\d{1,2}月(\d{1,2}日)?|\d{4}年"
_TIME = rf"(({_DAY}) ?)?({_TIME_OF_DAY})"
_DATE = rf"({_DAY})( ?{_TIME_OF_DAY})?"

FIELD_TYPES: Mapping[str, FieldType] = {
    "thing": FieldType(20, r".+", phrase("characters")),
    "number": FieldType(32, r"-?\d+(\.\d+)?", phrase("digits")),
    "letter": FieldType(32, r"[A-Za-z]+", phrase("letters")),
    "symbol": FieldType(5, r"[^\w\s]+", phrase("symbols")),
    "character_string": FieldType(32, r"[\x21-\x7e]+", phrase("digits letters symbols")),
    "time": FieldType(40, rf"{_TIME}( ?~ ?{_TIME})?", phrase("a time like")),
    "date": FieldType(40, rf"{_DATE}( ?~ ?{_DATE})?", phrase("a day like")),
    "amount": FieldType(14, r"[^\w\s]?\d{1,10}(\.\d+)?元?", phrase("currency and digits")),
    "phone_number": FieldType(17, r"[\d+\-() ]+", phrase("digits and signs")),
    "car_number": FieldType(8, r"\w+", phrase("number plate")),
    "name": FieldType(20, r"[^\d\s].*", phrase("name letters")),
    "phrase": FieldType(5, r"[\u3400-\u9fff]+", phrase("Chinese characters")),
}
"""By type; WeChat refuses a message with a field that does not fit (errcode 47003).

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
"""

_FIELD_NAME = re.compile(r"^([a-z_]+?)(\d+)$", re.ASCII)
_LONGEST_CHINESE_NAME = 10


def _check_template_field(name: str, words: LocalizedText, source: Source, at: Location) -> None:
    check_variants(words, source, at)
    found = _FIELD_NAME.match(name)
    kind = found[1] if found else name.rstrip("0123456789")
    if found is None or kind not in FIELD_TYPES:
        message = phrase("invalid template field", name=name)
        source.mistake_in_name(at, message, nearest(kind, FIELD_TYPES))
        return
    type_ = FIELD_TYPES[kind]
    for language, text in words.items():
        shown, longest = merge(text, NOBODY), longest_of(text)
        limit = _LONGEST_CHINESE_NAME if kind == "name" and not longest.isascii() else type_.longest
        if re.fullmatch(type_.form, shown) is None:
            hint = phrase("WeChat accepts", description=type_.description)
            source.mistake((*at, language), phrase("invalid value", value=shown, name=name), hint)
        elif len(longest) > limit:
            message = phrase("too many characters", size=len(longest), limit=limit)
            hint = phrase("template field accepts", kind=kind, description=type_.description)
            source.mistake((*at, language), message, hint)
