"""Which of several languages a person reads, against an oracle without fallbacks that compares subtags."""

from collections.abc import Iterable, Iterator
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wejourney.journeys.conditions import holds
from wejourney.journeys.definition import Condition
from wejourney.languages import ANY_LANGUAGE, best_of, lookup, preferences, tag_of
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Text, variant
from wejourney.messaging.merge_fields import render
from wejourney.people.followers import Follower, profile_changes

WRITTEN = ("zh", "zh-Hans", "zh-Hant", "zh-TW", "zh-CN", "en", "en-GB", "fr")
"""The languages of texts."""

OWN = (
    *(
        None,
        "",
        "nonsense",
        "zh",
        "zh-CN",
        "zh_CN",
        "zh-SG",
        "zh-TW",
        "zh_TW",
        "ZH-tw",
        "zh-Hant-TW",
        "zh-HK",
    ),
    *(
        "zh_HK",
        "zh-MO",
        "zh-Hans",
        "zh-Hant",
        "zh-Hans-HK",
        "zh-US",
        "en",
        "en-GB",
        "en_GB",
        "EN-us",
        "fr-CA",
    ),
    *("pt-BR", "es-419", "de"),
)
"""The languages of followers."""

ACCOUNTS = ("zh", "en", "zh-TW", "de")
TRADITIONAL, SIMPLIFIED = {"TW", "HK", "MO"}, {"CN", "SG", "MY"}


def subtags(tag: str) -> tuple[str, str, str]:
    """Language, script (by the region where none is written) and region."""
    language, *others = tag.replace("_", "-").split("-")
    script = next((part.title() for part in others if len(part) == 4), "")
    region = next((part.upper() for part in others if len(part) in (2, 3)), "")
    if language.lower() == "zh" and not script:
        script = "Hant" if region in TRADITIONAL else "Hans" if region in SIMPLIFIED else ""
    return language.lower(), script, region


def oracle(texts: Iterable[str], people: Iterable[str | None]) -> str | None:
    for person in people:
        language, script, region = subtags(person or "")
        same = sorted((text for text in texts if subtags(text)[0] == language), key=rank)
        exact = [text for text in same if subtags(text) == (language, script, region)]
        bare = [text for text in same if text == language]
        in_script = [text for text in same if script and subtags(text)[1] == script]
        without_region = [text for text in in_script if not subtags(text)[2]]
        for found in (exact, without_region, in_script, bare, same):
            if found:
                return found[0]
    return None


def rank(text: str) -> tuple[bool, str]:
    return subtags(text)[1] == "Hant", text


def written() -> Iterator[tuple[str, ...]]:
    for number in (1, 2, 3, len(WRITTEN)):
        yield from combinations(WRITTEN, number)


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("own", OWN)
def test_a_person_reads_their_language_with_its_fallbacks_else_the_accounts(
    own: str | None, account: str
) -> None:
    person = Follower(
        "wx", "lee", "p", **profile_changes(Follower("wx", "lee", "p"), {"language": own or ""})
    )
    person = person.changed(account_language=account)
    for texts in written():
        right = oracle(texts, (own, account))
        words = {tag: tag for tag in texts}
        got = right or min(texts)
        assert best_of(texts, preferences(own, account)) == got, texts
        assert variant(words | {ANY_LANGUAGE: ""}, own or account, account) == (right or ANY_LANGUAGE)
        assert variant(words, own or account, account) == got
        shown = render(Text(words), person, AccountSettings("wx", language=account))
        assert shown["text"] == got
        assert held(texts, texts, person) == [got], texts
        assert held(texts, (*texts, ANY_LANGUAGE), person) == ([right] if right else []), texts


def held(texts: tuple[str, ...], written: tuple[str, ...], person: Follower) -> list[str]:
    return [tag for tag in texts if holds(Condition(language=tag, among=texts, written=written), person, {})]


@pytest.mark.parametrize(
    ("own", "account", "held"),
    [("en", "zh", False), ("zh-TW", "en", True), ("", "zh", True), ("", "en", False), ("?", "zh", True)],
)
def test_in_a_journey_with_texts_for_all_the_account_decides_only_for_unknown_languages(
    own: str, account: str, *, held: bool
) -> None:
    person = Follower("wx", "lee", "p", language=own, account_language=account)
    assert holds(Condition(language="zh"), person, {}) is held


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("zh_TW", "zh-TW"),
        ("ZH-tw", "zh-TW"),
        ("zh-Hant-TW", "zh-TW"),
        ("zh-hans-cn", "zh-CN"),
        ("zh-Hans-HK", "zh-Hans-HK"),
        ("EN", "en"),
        ("en_gb", "en-GB"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("es-419", "es-419"),
        ("fil", "fil"),
        *(
            (text, None)
            for text in ("", "e", "english", "zh-", "-zh", "zh--TW", "zh TW", "zh-TWN", "zh.TW", "ｚｈ")
        ),
    ],
)
def test_a_tag_has_one_form(text: str, tag: str | None) -> None:
    assert tag_of(text) == tag


def test_the_fallbacks_of_a_tag_go_from_narrow_to_wide() -> None:
    assert lookup("zh_HK") == ("zh-HK", "zh-Hant", "zh")
    assert lookup("zh-SG") == ("zh-SG", "zh-Hans", "zh")
    assert lookup("zh-US") == ("zh-US", "zh")
    assert lookup("sr-Latn-RS") == ("sr-Latn-RS", "sr-Latn", "sr")
    assert lookup("en") == ("en",)
    assert lookup("nonsense!") == ()


@settings(max_examples=300)
@given(st.text(max_size=12))
def test_no_text_of_a_language_breaks_the_choice(text: str) -> None:
    assert best_of(("zh", "en"), preferences(text, "zh")) in ("zh", "en")
    assert variant({"zh": "", "en": ""}, text, "zh") in ("zh", "en")
