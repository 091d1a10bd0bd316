"""Both languages can say the same."""

import re

import pytest

from wejourney.events.event_types import NARROWING_FIELDS
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import CONTENTS
from workbench.drawing.icons import ICONS
from workbench.wording.journey_parts import Wording
from workbench.wording.picture_phrases import LANGUAGES, PHRASES, Language

EN, ZH = Wording("en"), Wording("zh")


def test_both_languages_fill_in_the_same_values() -> None:
    for phrase, texts in PHRASES.items():
        english, chinese = (sorted(re.findall(r"\{(\w+)\}", text)) for text in texts)
        assert english == chinese, phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_and_every_content_has_words_and_an_icon(language: Language) -> None:
    for event in NARROWING_FIELDS:
        assert Wording(language).event(event)
        assert f"event_{event}" in ICONS
    for kind in CONTENTS:
        assert Wording(language).say(kind)
        assert kind in ICONS


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (60, "1 minute", "1 分钟"),
        (86_400, "1 day", "1 天"),
        (2 * 86_400 + 5_400, "2 days 1 hour 30 minutes", "2 天 1 小时 30 分钟"),
        (90, "1 minute 30 seconds", "1 分钟 30 秒"),
    ],
)
def test_a_duration_is_written_in_units(seconds: int, english: str, chinese: str) -> None:
    assert (EN.duration(seconds), ZH.duration(seconds)) == (english, chinese)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition(), "always"),
        (Condition(member=False), "is not a member yet"),
        (Condition(tags=("a", "b"), customer=True), "tagged a, b and is a customer"),
        (
            Condition(tags=("a",), any=(Condition(language="en"), Condition(points_from=500))),
            "tagged a and (speaks en or 500 points or more)",
        ),
        (Condition(none=Condition(tags=("a",), member=True)), "not (tagged a and is a member)"),
        (
            Condition(events=(EventCount(EventPattern("click", key="SHOP"), 2, 30),)),
            "a follower taps the menu button SHOP, 2 times in the last 30 days",
        ),
    ],
)
def test_a_condition_is_written_in_words(condition: Condition, said: str) -> None:
    assert EN.condition(condition) == said


def test_a_trigger_is_written_with_all_fields_that_narrow_it() -> None:
    schedule = Trigger("schedule", time=600, weekday=0)
    assert EN.trigger(schedule) == ["at Monday 10:00"]
    assert EN.trigger(Trigger("schedule", time=600)) == ["every day", "at 10:00"]
    assert ZH.trigger(Trigger("payment", at_least=10_050)) == ["不少于 ¥100.50"]
    assert EN.trigger(Trigger("text", keywords=("hi", "你好"))) == ["“hi” or “你好”"]


def test_a_text_keeps_its_merge_fields() -> None:
    words = {"any": "Dear {attribute.name|friend}, size {answer.size|}"}
    assert EN.variant(words) == words["any"]
