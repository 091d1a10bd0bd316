"""Language tags (BCP 47), and which of several languages a person reads.

The callback imports this module.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

FORM = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?", re.ASCII | re.IGNORECASE)
"""A tag: a language, and maybe a script and a region. WeChat writes `_` for `-`."""

ANY_LANGUAGE = "any"
"""The tag of a text for everybody who has no text in a language of theirs."""

_SCRIPTS = {
    **dict.fromkeys(("TW", "HK", "MO"), "Hant"),
    **dict.fromkeys(("CN", "SG", "MY"), "Hans"),
}
"""The script of Chinese by region."""


@lru_cache(maxsize=1024)
def tag_of(text: str) -> str | None:
    """The tag in its canonical form, such as `zh-TW` for `zh_tw` and `zh-Hant-TW`; None if it is no tag."""
    found = FORM.fullmatch(text)
    if found is None:
        return None
    language, script, region = found[1].lower(), (found[2] or "").title(), (found[3] or "").upper()
    if language == "zh" and _SCRIPTS.get(region) == script:
        script = ""
    return "-".join(filter(None, (language, script, region)))


@lru_cache(maxsize=1024)
def lookup(text: str) -> tuple[str, ...]:
    """The tag and its fallbacks, the widest last: `zh-TW`, `zh-Hant`, `zh`. Empty for what is no tag."""
    tag = tag_of(text)
    if tag is None:
        return ()
    language, *others = tag.split("-")
    script = (
        others[0] if len(others) > 1 else _SCRIPTS.get(others[0]) if others and language == "zh" else None
    )
    return tuple(dict.fromkeys((tag, f"{language}-{script}" if script else tag, language)))


_ELSE = "else"
"""What stands before a tag that only the account brings in, for a person whose own language is another.

Alone, it is for everybody: the last entry of all `preferences`.
"""


@lru_cache(maxsize=1024)
def _by_fallback(tags: tuple[str, ...]) -> Mapping[str, str]:
    """Which of these tags serves each tag and each fallback; simplified Chinese serves `zh` first."""
    served: dict[str, str] = {}
    own = [tag for tag in tags if tag != ANY_LANGUAGE]
    for tag in own:
        served.setdefault(tag_of(tag) or tag, tag)
    for tag in sorted(own, key=lambda tag: ("zh-Hant" in lookup(tag), tag)):
        for fallback in lookup(tag)[1:]:
            served.setdefault(fallback, tag)
    return served


@lru_cache(maxsize=1024)
def served_by(tags: tuple[str, ...], written: tuple[str, ...]) -> Mapping[str, str]:
    """Which of these tags serves a person, by the entries of `preferences`.

    Texts are `written` in some of them: only these are for people whose own language is none of all. If no
    text is for all languages, the first tag of the alphabet is for those whose account's language is none.
    """
    served = {**_by_fallback(tags), **{f"{_ELSE} {key}": tag for key, tag in _by_fallback(written).items()}}
    return served | ({_ELSE: ANY_LANGUAGE if ANY_LANGUAGE in written else min(written)} if written else {})


@lru_cache(maxsize=1024)
def preferences(own: str | None, account: str) -> tuple[str, ...]:
    """What a person reads, the best first: their language with its fallbacks, the account's, any other."""
    known, others = lookup(own or ""), lookup(account)
    return (*known, *(f"{_ELSE} {key}" for key in others), _ELSE) if known else (*others, _ELSE)


def best_of(
    tags: Iterable[str], preferred: Iterable[str], written: Iterable[str] | None = None
) -> str | None:
    """The one of these tags that a person with these preferences reads; None if there is none."""
    among = tuple(tags)
    served = served_by(among, among if written is None else tuple(written))
    return next((served[key] for key in preferred if key in served), None)
