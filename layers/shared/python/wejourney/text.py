"""Text from outside, made fit to be stored, sent and shown."""

import re
from collections.abc import Mapping
from typing import Any

_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that XML 1.0 cannot carry, in any form."""

REPLACEMENT = "\ufffd"


def encodable(text: str) -> str:
    """The text with paired surrogates joined and lone ones replaced: UTF-8 cannot carry these."""
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable(text: str) -> str:
    """The text with every character replaced that XML cannot carry, such as a barcode's U+001D."""
    return _NOT_XML.sub(REPLACEMENT, encodable(text))


def encodable_json(value: Any) -> Any:
    """Parsed JSON with every text in it, names included, as `encodable` has it."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {encodable(name): encodable_json(one) for name, one in value.items()}
    return [encodable_json(one) for one in value] if isinstance(value, list | tuple) else value


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning with an ellipsis if it has more characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def without_unprintable(text: str) -> str:
    """The text without the characters that XML cannot carry: what we write shows no replacements."""
    return _NOT_XML.sub("", encodable(text))
