"""A text in a language that a journey accepts is sent to the people who read it, and to nobody else."""

from itertools import combinations, product

import pytest

from tests.support.virtual_time.simulated import MINUTE, follow, journey, says, sent, simulation
from tests.unit.domain.test_languages import ACCOUNTS, OWN, WRITTEN
from wejourney.journeys.conditions import holds
from wejourney.languages import ANY_LANGUAGE
from wejourney.messaging.contents import variant
from wejourney.people.followers import Follower, profile_changes
from workbench.language.parse_values import LANGUAGES, known_language
from workbench.language.reading import read_text
from workbench.language.step_types import Branch
from workbench.simulator.simulator import Simulator


def in_language(code: str) -> str:
    return f"title: T\ntrigger: {{event: follow}}\nsteps:\n  - send: {{text: {{{code}: a, any: b}}}}\n"


REGIONS = ("zh_TW", "ZH-tw", "zh_HK", "zh-Hans-HK", "en-GB", "en_US", "fr-CA", "es-419", "pt_BR")


@pytest.mark.parametrize("code", [*LANGUAGES, *REGIONS])
def test_a_text_in_a_language_that_is_accepted_is_sent_to_a_person_with_it(code: str) -> None:
    reading = read_text(in_language(code), "file", "file.yaml")
    assert reading.mistakes == ()
    assert reading.journey is not None
    assert [text for _, _, text in sent(simulation(reading.journey, follow(), language=code).play())] == ["a"]


@pytest.mark.parametrize(
    "code",
    ["zh_TX", "en-UK", "xx", "sv", "english", "chinese", "zh-Latn", "en-Hans", "zh--TW", "zh_TW_x", "中文"],
)
def test_a_language_that_nobody_has_is_a_mistake_at_its_place(code: str) -> None:
    [mistake] = read_text(in_language(code), "file", "file.yaml").mistakes
    assert (mistake.line, mistake.column) == (4, in_language(code).splitlines()[3].index(code) + 1)
    assert f"`{code}`" in mistake.message
    assert known_language(code) is None


def test_one_language_in_two_spellings_is_written_twice() -> None:
    [mistake] = read_text(in_language("zh_TW: a, zh-Hant-TW"), "file", "file.yaml").mistakes
    assert mistake.message == "`zh-TW` appears twice"


BRANCH = """
trigger: {event: follow}
opening: {text: {zh: 您好, en: Hello, zh_Hant: 您好！}}
steps:
  - ask: {name: q, within: 1h}
  - branch:
      - when: {language: zh}
        steps: [{send: {text: {any: simplified}}}]
      - when: {language: zh_Hant}
        steps: [{send: {text: {any: traditional}}}]
      - otherwise:
          - send: {text: {any: english}}
"""


def branch(language: str | None) -> Simulator:
    return simulation(journey(BRANCH), follow(), says("x", MINUTE), language=language)


@pytest.mark.parametrize(
    ("language", "opening", "taken"),
    [
        *((code, "您好", "simplified") for code in ("zh", "zh_CN", "zh-Hans", "zh-SG", None, "fr", "")),
        *((code, "您好！", "traditional") for code in ("zh_TW", "zh-HK", "zh-Hant", "zh-MO")),
        *((code, "Hello", "english") for code in ("en", "en_GB", "en-US")),
    ],
)
def test_a_condition_on_a_language_means_that_of_the_texts_that_a_person_reads(
    language: str | None, opening: str, taken: str
) -> None:
    texts = [text for _, _, text in sent(branch(language).play())]
    assert texts == [opening, taken]


def test_a_language_that_is_set_decides_from_then_on() -> None:
    text = """
trigger: {event: follow}
steps:
  - set: {language: zh_HK}
  - branch:
      - when: {language: zh}
        steps: [{send: {text: {zh: 中文, en: Chinese}}}]
      - otherwise: [{send: {text: {zh: 英文, en: English}}}]
"""
    [mistake] = read_text(f"title: T{text}", "file", "file.yaml").mistakes
    assert "otherwise" in mistake.message
    played = simulation(
        journey(text.replace("      - otherwise: [{send: {text: {zh: 英文, en: English}}}]\n", "")), follow()
    )
    assert [said for _, _, said in sent(played.play())] == ["中文"]


CONDITION = """title: T
trigger: {{event: follow}}
opening: {{text: {texts}}}
steps:
  - branch:
      - when: {{{place}language: {wanted}{end}}}
        steps: [{{tag: a}}]
"""
PLACES = {"": "", "not: {": "}", "tag: vip, any: [{": "}]"}
"""Where a condition stands, and how that ends."""

TEXTS = [texts for number in (1, 2) for texts in combinations((*WRITTEN, ANY_LANGUAGE), number)]
"""The languages of a journey's texts."""


@pytest.mark.parametrize("texts", [texts for texts in TEXTS if texts != (ANY_LANGUAGE,)], ids="+".join)
def test_a_condition_holds_for_those_who_get_the_text_in_its_language(texts: tuple[str, ...]) -> None:
    words = {tag: tag for tag in texts}
    for wanted in {*texts} - {ANY_LANGUAGE}:
        written = CONDITION.format(texts=words, wanted=wanted, place="", end="").removeprefix("title: T\n")
        [step] = journey(written).steps
        assert isinstance(step, Branch)
        for own, account in product(OWN, ACCOUNTS):
            person = Follower("wx", "lee", "p", account_language=account)
            person = person.changed(**profile_changes(person, {"language": own or ""}))
            got = variant(words, own or account, account)
            assert holds(step.cases[0].when, person, {}) is (got == wanted), (wanted, own, account)


@pytest.mark.parametrize(("place", "end"), PLACES.items(), ids=PLACES)
@pytest.mark.parametrize("texts", TEXTS, ids="+".join)
def test_a_condition_on_a_language_without_text_is_a_mistake_at_its_place(
    texts: tuple[str, ...], place: str, end: str
) -> None:
    for wanted in WRITTEN:
        text = CONDITION.format(texts={tag: tag for tag in texts}, wanted=wanted, place=place, end=end)
        found = read_text(text, "file", "file.yaml").mistakes
        if wanted in texts or texts == (ANY_LANGUAGE,):
            assert found == ()
            continue
        [mistake] = found
        assert (mistake.line, mistake.column) == (6, text.splitlines()[5].index(f" {wanted}") + 2)
        assert f"no text of this journey is in `{wanted}`" in mistake.message
        assert ", ".join(sorted({*texts} - {ANY_LANGUAGE})) in mistake.hint
