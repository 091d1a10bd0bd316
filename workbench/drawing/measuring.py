"""How wide a text is and where its lines break, without a font at hand.

A picture is drawn with the reader's fonts, so widths are estimates on the wide side: Chinese characters and
their punctuation take a full em, Latin ones by their shape.
"""

import unicodedata

ELLIPSIS = "…"

_NARROW = frozenset("fijlrtI.,:;'|!()[]{}-·‹› “”")
_WIDE = frozenset("mwMW@%—…")
_NOT_FIRST = frozenset("，。！？：；、）》】”’…,.!?:;)")
_NOT_LAST = frozenset("（《【“‘(")


def width_of(text: str, size: float) -> float:
    """Pixels of a text on one line."""
    return size * sum(_ems(character) for character in text)


def _ems(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.9
    return 0.67 if character.isupper() else 0.55


def wrap(text: str, width: float, size: float, most: int) -> list[str]:
    """At most so many lines; what does not fit ends in an ellipsis."""
    lines = [line for part in text.splitlines() if part.strip() for line in _lines(part, width, size)]
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _shortened(lines[most - 1], width, size)]


def _lines(text: str, width: float, size: float) -> list[str]:
    lines = [""]
    for piece in _pieces(" ".join(text.split())):
        if width_of((lines[-1] + piece).rstrip(), size) > width and lines[-1]:
            lines.append("")
        if width_of(piece.rstrip(), size) > width:
            lines[-1:] = _broken(piece, width, size)
        else:
            lines[-1] += piece
    return [line.strip() for line in lines if line.strip()]


def _pieces(text: str) -> list[str]:
    """What stays together: a word with the space after it, a Chinese character with its punctuation."""
    pieces = [""]
    for before, character in zip(" " + text, text, strict=False):
        new = before == " " or _ems(character) == 1.0 or _ems(before) == 1.0
        if new and character not in _NOT_FIRST and character != " " and before not in _NOT_LAST:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _broken(piece: str, width: float, size: float) -> list[str]:
    """A word that is longer than a line, such as an address."""
    lines = [""]
    for character in piece:
        if width_of(lines[-1] + character, size) > width:
            lines.append("")
        lines[-1] += character
    return lines


def _shortened(line: str, width: float, size: float) -> str:
    pieces = _pieces(line) if len(_pieces(line)) > 1 else list(line)
    while width_of("".join(pieces) + ELLIPSIS, size) > width:
        pieces.pop()
    return "".join(pieces).rstrip(" ，。、,.") + ELLIPSIS
