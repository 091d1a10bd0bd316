"""Numbers as people type them: one reader for the answers to questions and for ranges in conditions.

A comma separates thousands, a point begins the fraction. What can be read in two ways (`52,5`, `1 280`,
`三百五`), and a number with a unit, is none.
"""

import re
from dataclasses import dataclass
from typing import Self

from wejourney.events.text_matching import is_compared_whole, meaning

_NUMBER = re.compile(
    r"(?:#|no\.? ?)?([+-]?)(?=[.0-9])"
    r"([1-9][0-9]{0,2}(?:,[0-9]{3}){1,9}|[0-9]{0,30})(?:\.([0-9]{1,30}))?([万亿]?)",
    re.ASCII,
)
_DIGITS = "零一二三四五六七八九"
_SCALES = {"亿": 10**8, "万": 10**4}
_PLACES = {"千": 1000, "百": 100, "十": 10}
_CHINESE = re.compile(f"[{_DIGITS}{''.join((*_SCALES, *_PLACES))}]{{1,30}}")
_SAME = str.maketrans("〇两壹贰叁肆伍陆柒捌玖拾佰仟", "零二一二三四五六七八九十百千") | {
    ord("廿"): "二十",
    ord("卅"): "三十",
}


@dataclass(frozen=True)
class Number:
    """A number in units of its last digit, of which `one` has so many: 52.5 is 525 of 10."""

    units: int
    one: int = 1

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The number that a text is: `５２．０`, `1,280.50`, `#52`, `52号`, `三十`, `1.5万`."""
        if not is_compared_whole(text):
            return None
        said = meaning(text).removesuffix("号")
        if (chinese := chinese_number(said)) is not None:
            return cls(chinese)
        found = _NUMBER.fullmatch(said)
        if found is None:
            return None
        sign, whole, fraction, scale = found.groups(default="")
        units = int(whole.replace(",", "") + fraction) * _SCALES.get(scale, 1)
        return cls(-units if sign == "-" else units, 10 ** len(fraction))

    def is_between(self, least: int | None, most: int | None) -> bool:
        """Whether it is in these bounds, both included; None: without a bound."""
        above = least is None or self.units >= least * self.one
        return above and (most is None or self.units <= most * self.one)

    def __str__(self) -> str:
        """`52`, `-0.5`: as short as it can be written."""
        whole, rest = divmod(abs(self.units), self.one)
        fraction = f"{rest:0{len(str(self.one)) - 1}}".rstrip("0") if rest else ""
        return f"{'-' * (self.units < 0)}{whole}{'.' * bool(fraction)}{fraction}"


def chinese_number(text: str) -> int | None:
    """The number that a text is in Chinese numerals, written out in full: `三百五` may be 350 or 305."""
    text = text.translate(_SAME)
    if not _CHINESE.fullmatch(text):
        return None
    text = text.removeprefix("一") if text.startswith("一十") else text
    number = _value(text)
    return number if _written(number) == text else None


def _value(text: str) -> int:
    for sign, scale in _SCALES.items():
        many, found, rest = text.partition(sign)
        if found:
            return _value(many) * scale + _value(rest)
    number = digit = 0
    for sign in text:
        if sign in _PLACES:
            number, digit = number + (digit or 1) * _PLACES[sign], 0
        else:
            digit = _DIGITS.index(sign)
    return number + digit


def _written(number: int) -> str:
    """A number in full, as `_value` reads it: `十二`, `一百零五`, `三万零二十`."""
    if number == 0:
        return _DIGITS[0]
    text, left, is_gap = "", number, False
    for sign, scale in (*_SCALES.items(), *_PLACES.items(), ("", 1)):
        many, left = divmod(left, scale)
        if not many:
            is_gap = bool(text)
            continue
        # Between `万` and `千`, say, no place is left out; a zero stands for all that are.
        is_gap = bool(text) and (is_gap or (scale in _SCALES.values() and many < _PLACES["千"]))
        text += "零" * is_gap + (_written(many) if scale in _SCALES.values() else _DIGITS[many]) + sign
        is_gap = False
    return text.removeprefix("一") if text.startswith("一十") else text
