"""How wide a text is and where its lines break, without a font.

A picture is drawn with the reader's fonts, so widths are estimated on the wide side.
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
        fits = width_of(piece.rstrip(), size) <= width
        if lines[-1] and not fits:
            lines.append("")
        # A word that is longer than a line, such as an address, is broken.
        for part in [piece] if fits else piece:
            if lines[-1] and width_of((lines[-1] + part).rstrip(), size) > width:
                lines.append("")
            lines[-1] += part
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


def _shortened(line: str, width: float, size: float) -> str:
    pieces = _pieces(line)
    if len(pieces) == 1:
        pieces = list(line)
    while width_of("".join(pieces) + ELLIPSIS, size) > width:
        pieces.pop()
    return "".join(pieces).rstrip(" ，。、,.") + ELLIPSIS
