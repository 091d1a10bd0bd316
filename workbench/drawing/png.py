"""A picture as PNG, with the fonts of this machine."""

import re
from collections.abc import Iterator
from html import escape, unescape

from resvg_py import svg_to_bytes

_FAMILIES = (
    *("system-ui", "Segoe UI", "Helvetica Neue", "Arial", "Liberation Sans", "Noto Sans", "DejaVu Sans"),
    *("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei"),
)
_ZOOM = 2
_TEXT = re.compile(r"<text[^>]*>([^<]*)</text>")
_PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="30"><text y="22">{}</text></svg>'
_IN_NO_FONT = "\U0010fffd"


class NoFontError(Exception):
    """No font of this machine has a letter of the picture."""

    def __init__(self, letter: str) -> None:
        super().__init__(letter)
        self.letter = letter


def png_of(svg: str) -> bytes:
    """The picture of an SVG file that has no font of its own. Raises NoFontError."""
    family = next((name for name in _FAMILIES if _is_drawn("A", name)), _FAMILIES[0])
    for letter in _letters(svg):
        if not _is_drawn(letter, family):
            raise NoFontError(letter)
    return _drawn(svg, family, _ZOOM)


def _letters(svg: str) -> Iterator[str]:
    texts = "".join(unescape(text) for text in _TEXT.findall(svg))
    yield from (letter for letter in dict.fromkeys(texts) if letter.isalpha())


def _is_drawn(letter: str, family: str) -> bool:
    """Whether there is a font with this letter: without one it is left out, or drawn as an empty box."""
    blank, box, drawn = (_drawn(_PROBE.format(escape(text)), family) for text in ("", _IN_NO_FONT, letter))
    return drawn not in (blank, box)


def _drawn(svg: str, family: str, zoom: int = 1) -> bytes:
    return bytes(svg_to_bytes(svg_string=svg, font_family=family, sans_serif_family=family, zoom=zoom))
