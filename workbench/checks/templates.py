"""The fields of template messages and subscription notices, whose names begin with their type.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.language.mistakes import nearest
from workbench.language.source import Location, Source


@dataclass(frozen=True)
class FieldType:
    """What WeChat takes in fields of a type: at most `longest` characters, of this form."""

    longest: int
    form: str
    says: str


_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
_DAY = r"(\d{4}[-/.])?\d{1,2}[-/.]\d{1,2}|(\d{4}年)?\d{1,2}月(\d{1,2}日)?|\d{4}年"
_TIME = rf"(({_DAY}) ?)?({_CLOCK})"
_DATE = rf"({_DAY})( ?{_CLOCK})?"

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
"""By type; WeChat refuses a message with a field that does not fit (errcode 47003)."""

_NAME = re.compile(r"^([a-z_]+?)(\d+)$", re.ASCII)
_LONGEST_CHINESE_NAME = 10


def check_field_name(name: str, source: Source, at: Location) -> bool:
    """Add a mistake for a name that is no type and number; returns whether it is one."""
    found = _NAME.match(name)
    if found is not None and found[1] in FIELD_TYPES:
        return True
    hint = nearest(found[1] if found else name.rstrip("0123456789"), FIELD_TYPES)
    message = f"`{name}` is not a template field: use a type and a number, such as thing1"
    source.mistake_in_name(at, message, hint)
    return False


def check_field(name: str, shown: str, longest: str, source: Source, at: Location) -> None:
    """Add the mistakes of one text, as it is `shown` to somebody unknown and at its `longest`."""
    kind = name.rstrip("0123456789")
    known = FIELD_TYPES[kind]
    limit = known.longest
    if kind == "name" and not longest.isascii():
        limit = _LONGEST_CHINESE_NAME
    if re.fullmatch(known.form, shown) is None:
        source.mistake(at, f"`{shown}` is not a valid `{name}`", f"WeChat accepts {known.says}")
    elif len(longest) > limit:
        message = f"{len(longest)} characters; WeChat accepts at most {limit}"
        source.mistake(at, message, f"`{kind}` accepts {known.says}; a merge field can show 60 characters")
