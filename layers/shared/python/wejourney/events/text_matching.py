"""What people type, compared as they mean it, and the patterns that conditions and triggers use."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache

from wejourney.events.wechat_emoji import FACE_NAMES, one_spelling

LONGEST_COMPARED = 1_000
"""Characters of a text that are compared. Normalising takes the square of the number of combining marks."""

# --- what is not seen ------------------------------------------------------------------------------

_JOINER = "\u200d"
_FLAG = "\U0001f3f4"
_OF_AN_EMOJI = frozenset("\ufe0e\ufe0f\u20e3" + "".join(map(chr, range(0x1F3FB, 0x1F400))))
"""How an emoji is drawn, a key around a digit, the tone of a skin: they follow the emoji that they vary."""

_IGNORED_MARKS = frozenset(
    "\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f"
    + "".join(map(chr, (*range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0))))
)
"""Marks that Unicode says are not drawn: variation selectors of letters, for example."""


def visible(text: str) -> str:
    """The text without the characters that are not drawn, such as marks of direction or soft hyphens.

    Joiners and tags inside an emoji stay: they make another emoji of it.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(text))


def _visible(text: str) -> Iterator[str]:
    base = ""  # The last character that was drawn by itself.
    in_flag = False
    for char, following in zip(text, (*text[1:], ""), strict=True):
        category = unicodedata.category(char)
        is_tag = "\U000e0020" <= char <= "\U000e007f"
        in_flag = char == _FLAG or (in_flag and is_tag)
        if category == "Cf" or char in _IGNORED_MARKS:
            joins = char == _JOINER and _is_pictured(base) and _is_pictured(following)
            if joins or (is_tag and in_flag):
                yield char
        elif category != "Cc" or char.isspace():
            yield char
            base = base if char in _OF_AN_EMOJI else char


def _is_pictured(char: str) -> bool:
    return bool(char) and unicodedata.category(char) in ("So", "Sm")


_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that are drawn as nothing."""


def is_visible(text: str) -> bool:
    """Whether people see anything of a text."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in text)


# --- what is the same ------------------------------------------------------------------------------


def _code_points(ranges: str) -> Iterator[str]:
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


_SAME: Mapping[str, str] = {
    # Unicode's property Dash without those of other scripts' numerals, a bullet and two box drawings.
    "-": "58A 5BE 1400 1806 2010-2015 2043 2053 207B 208B 2212 2500 2501 2E17 2E1A 2E3A 2E3B 2E40 2E5D "
    "301C 3030 30A0 FE31 FE32 FE58 FE63 FF0D 10D6E 10EAD",
    # Unicode's property Quotation_Mark, apostrophes, accents that are typed for them, and primes.
    "'": "22 60 AB B4 BB 2B9-2BD 2C8 2CA 2CB 55A 5F3 5F4 7F4 7F5 2018-201F 2032-2037 2039 203A 2057 "
    "275B-2760 276E 276F 2E02-2E05 2E09 2E0A 2E0C 2E0D 2E1C 2E1D 2E20 2E21 "
    "2E42 300C-300F 301D-301F A78B A78C FE41-FE44 FF02 FF07 FF40 FF62 FF63",
    "·": "387 2022 2027 2219 22C5 16EB 2E31 2E33 30FB A78F FF65",
    "_": "AF 2017 203E FE49-FE4C",
    "...": "22EF",
    "!": "2755 2757 2762 2763",
    "?": "2753 2754",
    " ": "115F 1160 2800 3164 FFA0",
}
"""One spelling, and the code points that mean the same."""

_ONE_SPELLING = {ord(char): one for one, ranges in _SAME.items() for char in _code_points(ranges)}


def normalise(text: str) -> str:
    """What a person typed, without what means nothing.

    That is what is not drawn, width, case, outer and repeated space, the kind of a dash, an apostrophe or a
    middle dot, a face's spelling, and whether Chinese is written in traditional or simplified characters. Of
    a long text only the first LONGEST_COMPARED characters.
    """
    text = one_spelling(visible(text).strip()[:LONGEST_COMPARED]).translate(_ONE_SPELLING)
    # NFKC makes up to 18 characters of one.
    text = unicodedata.normalize("NFKC", text)[:LONGEST_COMPARED].translate(_ONE_SPELLING).casefold()
    return " ".join((text if text.isascii() else text.translate(_simplified())).split())


def is_compared_whole(text: str) -> bool:
    """Whether nothing of the text is left out when it is normalised."""
    return len(text) <= LONGEST_COMPARED or len(visible(text).strip()) <= LONGEST_COMPARED


@cache
def _simplified() -> Mapping[int, str]:
    # Late: most texts of the callback's accounts need it, its start does not.
    from wejourney.events.chinese_spellings import OTHERS, SPELLINGS  # noqa: PLC0415

    return {ord(other): one for other, one in zip(OTHERS, SPELLINGS, strict=True)}


# --- what stands around it -------------------------------------------------------------------------

_AROUND = frozenset("~^=<>| ")
"""What people type around a word and is no punctuation to Unicode."""

_SIGNS_OF_A_NUMBER = frozenset("-.#"), frozenset("%")
_SIGNS_OF_A_LETTER = frozenset("-.~#&@*/\\%_^=>|"), frozenset("-#&@*/\\%_^=<|")
_NO_SIGNS = frozenset[str](), frozenset[str]()
"""What belongs to a number or to a single letter, before and behind it: `-1`, `.5`, `50%`, `C#`."""


def bare(said: str) -> str:
    """A normalised text without the punctuation around it; the text itself where it is nothing else."""
    inner = _stripped(said, _is_around, _is_around)
    letter = _SIGNS_OF_A_LETTER if len(inner) == 1 and inner.isascii() else _NO_SIGNS
    before, _ = _SIGNS_OF_A_NUMBER if inner[:1].isnumeric() else letter
    _, behind = _SIGNS_OF_A_NUMBER if inner[-1:].isnumeric() else letter
    if before or behind:
        inner = _stripped(
            _unframed(said),
            lambda char: char not in before and _is_around(char),
            lambda char: char not in behind and _is_around(char),
        )
    return inner or said


def _unframed(text: str) -> str:
    """The text without a sign that stands on both sides of it, `*1*`, and without dots before it, `...1`."""
    while len(text) > 2 and text[0] == text[-1] and _is_around(text[0]):  # noqa: PLR2004
        text = text[1:-1]
    return text.lstrip(".") if text.startswith("..") else text


def _is_around(char: str) -> bool:
    return char in _AROUND or unicodedata.category(char)[0] == "P"


def _never(_char: str) -> bool:
    return False


def _stripped(text: str, before: Callable[[str], bool], behind: Callable[[str], bool]) -> str:
    """The text without these characters around it, up to a face: `[smile]` is no word in brackets."""
    begin, end = 0, len(text)
    while begin < end and before(text[begin]) and not _is_face(text, begin, text.find("]", begin) + 1):
        begin += 1
    while begin < end and behind(text[end - 1]) and not _is_face(text, text.rfind("[", begin, end), end):
        end -= 1
    return text[begin:end]


def _is_face(text: str, begin: int, end: int) -> bool:
    return begin >= 0 and text[begin:end] in FACE_NAMES


# --- whether a text is one of some words -------------------------------------------------------------


def meaning(text: str) -> str:
    """The form by which two texts are the same: normalised, without the punctuation around them."""
    return bare(normalise(text))


keyword = lru_cache(maxsize=4096)(meaning)
"""`meaning` for the words of journeys: they are few, and compared with every message."""


@lru_cache(maxsize=4096)
def _word(word: str) -> tuple[str, ...]:
    """The forms of an author's word, which texts are compared with: one, or two where it is a pattern.

    A pattern is compared whole, and without punctuation at its ends. What is all of a pattern's beginning or
    end stays: `*?`.
    """
    whole = normalise(word)
    if "*" not in whole:
        return (bare(whole),)
    first, *middle, last = whole.split("*")
    first, last = _stripped(first, _is_around, _never) or first, _stripped(last, _never, _is_around) or last
    return (whole, "*".join((first, *middle, last)))


@lru_cache(maxsize=16)
def _said(text: str) -> tuple[str, str]:
    """A text normalised, and its meaning. It is compared with the words of many journeys in a row."""
    whole = normalise(text)
    return whole, bare(whole)


def means(words: Iterable[str], text: str) -> bool:
    """Whether a text is one of these words or fits one of these patterns, as people type them."""
    whole, inner = _said(text)
    return any(
        matches_glob(form, inner) or ("*" in form and matches_glob(form, whole))
        for word in words
        for form in _word(word)
    )


def matches_glob(pattern: str, text: str | None) -> bool:
    """Whether the whole text fits the pattern, in a time that grows with the text and no faster."""
    if text is None:
        return False
    if "*" not in pattern:
        return text == pattern
    first, *middle, last = pattern.split("*")
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
