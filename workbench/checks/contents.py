"""Texts that WeChat would reject, and merge fields that would show nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from wejourney.events.text_matching import is_visible
from wejourney.messaging.contents import BYTE_LIMITS, Content, LocalizedText, Menu, News, Notice, Template
from wejourney.messaging.merge_fields import (
    LONGEST_VALUE,
    Merge,
    MergeField,
    fields_of,
    merge,
    without_fields,
)
from wejourney.people.followers import Follower
from workbench.language.mistakes import nearest
from workbench.language.source import Location, Source
from workbench.language.traversal import localized_texts_of

MERGE_FIELDS = ("answer.<question>", "attribute.<name>", "date.<name>", "points", "tier", "language")

_LONGEST_SHOWN: Mapping[str, str] = {"points": "9" * 10, "date": "9" * 25, "language": "zh_TW"}
"""The longest value of the merge fields that people do not write themselves."""

NOBODY = Merge(Follower(app_id="", openid="", person_id=""))
"""Somebody of whom nothing is known: every merge field shows its fallback."""

_URL = re.compile(r"^https?://[^\s/]+")
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
                message = f"`{name}` must be an address that starts with https://"
                source.mistake((*at, name), message, "write it like https://example.com/ring")


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
            source.mistake(at, f"`{{{field.name}}}` is not a merge field", _meant(field.name))
        elif not is_visible(field.fallback or "") and not (may_be_empty and field.fallback == ""):
            hint = f"add one for followers whose value is unknown: {{{field.name}|…}}"
            source.mistake(at, f"`{{{field.name}}}` has no fallback", hint)
    if set("{}") & set(without_fields(text)):
        hint = "braces are only for merge fields such as {answer.size|your size}"
        source.mistake(at, "this brace belongs to no merge field", hint)


def _meant(name: str) -> str:
    """The hint for a merge field that does not exist; what stands after the dot is the author's own."""
    kind, dot, rest = name.partition(".")
    near = get_close_matches(kind, ("answer", "attribute", "date"), n=1)
    if dot and near and near != [kind]:
        return f"did you mean `{near[0]}.{rest}`?"
    return nearest(name, MERGE_FIELDS)


def check_text(text: str, source: Source, at: Location) -> bool:
    """Add the mistakes that any text can have; returns whether it has none."""
    if not is_visible(text):
        source.mistake(at, "a text is empty", "write the text, or remove the field")
        return False
    mark = next((mark for mark in _IN_DEFINITIONS if mark in text), None)
    if mark is not None:
        message = f"`{mark}` cannot be in a text: {_IN_DEFINITIONS[mark]} would interpret it"
        source.mistake(at, message, f"put a space between them: `{' '.join(mark)}`")
    return mark is None


def check_size(text: str, limit: int | None, source: Source, at: Location) -> None:
    size = len(text.encode())
    if limit is not None and size > limit:
        hint = "shorten it: a Chinese character takes 3 bytes, a merge field up to 60 characters of 4 bytes"
        source.mistake(at, f"{size} bytes; WeChat accepts at most {limit}", hint)


def longest_of(text: str) -> str:
    """The text at its longest, whatever its merge fields show."""
    shown = without_fields(text)
    return shown + "".join(longest_shown(field) for field in fields_of(text))


def longest_shown(field: MergeField) -> str:
    value = _LONGEST_SHOWN.get(field.name.partition(".")[0], "😀" * LONGEST_VALUE)
    return max(value, field.fallback or "", key=lambda text: len(text.encode()))


def _check_plain(value: str, limit: int | None, source: Source, at: Location) -> None:
    if check_text(value, source, at):
        check_size(value, limit, source, at)
        if set("{}") & set(value):
            source.mistake(at, f"`{at[-1]}` takes no merge fields", "write it without braces")


# --- template messages and subscription notices -------------------------------------------------


@dataclass(frozen=True)
class FieldType:
    """What WeChat accepts in fields of a type: at most `longest` characters, of this form."""

    longest: int
    form: str
    description: str


_TIME_OF_DAY = r"\d{1,2}:\d{2}(:\d{2})?"
_DAY = r"(\d{4}[-/.])?\d{1,2}[-/.]\d{1,2}|(\d{4}年)?\d{1,2}月(\d{1,2}日)?|\d{4}年"
_TIME = rf"(({_DAY}) ?)?({_TIME_OF_DAY})"
_DATE = rf"({_DAY})( ?{_TIME_OF_DAY})?"

FIELD_TYPES: Mapping[str, FieldType] = {
    "thing": FieldType(20, r".+", "characters"),
    "number": FieldType(32, r"-?\d+(\.\d+)?", "digits"),
    "letter": FieldType(32, r"[A-Za-z]+", "letters"),
    "symbol": FieldType(5, r"[^\w\s]+", "symbols"),
    "character_string": FieldType(32, r"[\x21-\x7e]+", "digits, letters and symbols"),
    "time": FieldType(40, rf"{_TIME}( ?~ ?{_TIME})?", "a time like 15:01, or a day and a time"),
    "date": FieldType(40, rf"{_DATE}( ?~ ?{_DATE})?", "a day like 2019年10月1日, or a day and a time"),
    "amount": FieldType(14, r"[^\w\s]?\d{1,10}(\.\d+)?元?", "a currency sign and 10 digits"),
    "phone_number": FieldType(17, r"[\d+\-() ]+", "digits and signs"),
    "car_number": FieldType(8, r"\w+", "characters of a number plate"),
    "name": FieldType(20, r"[^\d\s].*", "letters, or 10 Chinese characters"),
    "phrase": FieldType(5, r"[\u3400-\u9fff]+", "Chinese characters"),
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
        message = f"`{name}` is not a template field: use a type and a number, such as thing1"
        source.mistake_in_name(at, message, nearest(kind, FIELD_TYPES))
        return
    type_ = FIELD_TYPES[kind]
    for language, text in words.items():
        shown, longest = merge(text, NOBODY), longest_of(text)
        limit = _LONGEST_CHINESE_NAME if kind == "name" and not longest.isascii() else type_.longest
        if re.fullmatch(type_.form, shown) is None:
            hint = f"WeChat accepts {type_.description}"
            source.mistake((*at, language), f"`{shown}` is not a valid `{name}`", hint)
        elif len(longest) > limit:
            message = f"{len(longest)} characters; WeChat accepts at most {limit}"
            hint = f"`{kind}` accepts {type_.description}; a merge field can show 60 characters"
            source.mistake((*at, language), message, hint)
