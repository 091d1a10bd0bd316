"""Files that were right before something was written over a line or two of them."""

import re
from collections.abc import Sequence

from hypothesis import strategies as st

_WRECKS = [
    "",
    "[]",
    "{}",
    "~",
    "- a",
    "a: b",
    "ask: 1",
    "wait: {until: 9:00}",
    "send: {content: a}",
    "? [x]",
    "{a: {b: [c]}}",
    "1.5",
    "7",
    "true",
    "2d",
    '"09:00"',
    "{answer.size|}",
    '"{x|y}"',
    "!x y",
    "&a b",
    "*a",
    "'",
    "%",
]


def wrecked(lines: Sequence[str]) -> st.SearchStrategy[str]:
    """A text of these lines, up to three of them wrecked, left out or written twice."""
    wreck = st.tuples(
        st.integers(0, len(lines) - 1),
        st.sampled_from(_WRECKS),
        st.sampled_from(["value", "end", "all", "out", "twice"]),
    )
    return st.lists(wreck, min_size=1, max_size=3).map(lambda wrecks: _wreck(lines, wrecks))


def _wreck(lines: Sequence[str], wrecks: Sequence[tuple[int, str, str]]) -> str:
    written = list(lines)
    for number, wreck, how in wrecks:
        line = written[number]
        indent = line[: len(line) - len(line.lstrip())]
        written[number] = {
            "value": line.partition(":")[0] + ": " + wreck,
            "end": line + " " + wreck,
            "all": indent + wreck,
            "out": "",
            "twice": f"{line}\n{line}",
        }[how]
    return "\n".join(written)


_VALUES = [
    *("1", "7", "007", "500", "0.5", "true", "2d", "1d 12h", "30%", '"09:00"', "monday 09:00", "22:00-08:00"),
    *(
        "a",
        "size",
        "store-*",
        "zh",
        "~",
        "never",
        "{per: order}",
        "[a, b]",
        "[1, 2]",
        '"{points|0}"',
        "{en: a}",
    ),
]


def exchanged(text: str) -> st.SearchStrategy[str]:
    """This text with another value in one place: often as right as before."""
    places = [found.span() for found in re.finditer(r"(?<=: )[^\s,{}\[\]#|]+", text)]
    return st.builds(
        lambda place, value: text[: place[0]] + value + text[place[1] :],
        st.sampled_from(places),
        st.sampled_from(_VALUES),
    )
