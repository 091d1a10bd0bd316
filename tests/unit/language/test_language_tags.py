"""A text in a language that a journey accepts is sent to the people who read it, and to nobody else."""

import pytest

from tests.support.virtual_time.simulated import MINUTE, follow, journey, says, sent, simulation
from workbench.language.parse_values import LANGUAGES, known_language
from workbench.language.reading import read_text
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
