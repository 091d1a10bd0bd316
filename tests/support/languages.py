"""What a text in one language must not contain of the other."""

import re

NAMES = ("Noto Sans", "Step Functions", "uv run wejourney", "Secrets Manager", "2019年10月1日")
"""Names of more than one word that Chinese sentences contain."""

_CHINESE = re.compile("[\u3400-\u9fff]")
_FULL_WIDTH = re.compile("[，。：；（）、！？［］]")
_LATIN_SENTENCE = re.compile(r"\b[A-Za-z][a-z]+[,;:]? (?:[a-z]+ )*[A-Za-z]?[a-z]+\b")
_HALF_WIDTH = re.compile(
    "(?<=[\u3400-\u9fff])\\s?[,;:()](?=\\s|$|[\u3400-\u9fff])|[,;:](?=\\s?[\u3400-\u9fff])|\\(\\s?(?=[\u3400-\u9fff])"
)
_VERBATIM = (re.compile(r"`[^`]*`"), re.compile(r'"[^"]*"'), re.compile("“[^”]*”"), re.compile(r"\{[^{}]*\}"))


def without_names(text: str) -> str:
    """The text without what is written alike in every language."""
    for pattern in _VERBATIM:
        text = pattern.sub("_", text)
    for name in NAMES:
        text = text.replace(name, "_")
    return text


def foreign(text: str, language: str) -> list[str]:
    """Words and punctuation of the other language in a text."""
    bare = without_names(text)
    if language == "en":
        return _CHINESE.findall(bare) + _FULL_WIDTH.findall(bare)
    return _LATIN_SENTENCE.findall(bare) + _HALF_WIDTH.findall(bare)
