"""The catalogue has words in both languages for everything that a closed type can name."""

import re
from collections.abc import Mapping
from typing import get_args

import pytest

from wejourney.events.event_types import EVENT_TYPES, OtherEvent
from wejourney.journeys.action_types import BusEvent
from wejourney.people.followers import SOURCES
from workbench.trace.trace_events import BranchTaken
from workbench.wording import report_phrases
from workbench.wording.picture_phrases import PHRASES, Language
from workbench.wording.report_phrases import ASSUMED_WORDS, EXPLAIN_WORDS, FUNNEL_WORDS, WORDS

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    "name",
    [
        *(name for name, type_ in EVENT_TYPES.items() if type_.body is not OtherEvent),
        *sorted({type_.actor for type_ in EVENT_TYPES.values()}),
        *get_args(BusEvent.__value__),
        *get_args(BranchTaken.__annotations__["way"]),
    ],
)
def test_a_transcript_has_words_for_every_event_who_does_it_and_every_way(name: str) -> None:
    assert WORDS["en"][name]
    assert WORDS["zh"][name]


def test_every_source_of_a_follow_has_words() -> None:
    assert {f"source {source}" for source in SOURCES.values()} <= PHRASES.keys()


TABLES: Mapping[str, Mapping[Language, Mapping[str, str]]] = {
    "transcript": WORDS,
    "funnel": FUNNEL_WORDS,
    "assumptions": ASSUMED_WORDS,
    "explanation": EXPLAIN_WORDS,
    "journey": {"en": {name: en for name, (en, _) in PHRASES.items()},
                "zh": {name: zh for name, (_, zh) in PHRASES.items()}},
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_english_has_no_chinese_sign_and_both_languages_fill_in_the_same_values(
    table: Mapping[Language, Mapping[str, str]],
) -> None:
    assert table["en"].keys() == table["zh"].keys()
    for name, english in table["en"].items():
        chinese = table["zh"][name]
        assert not CHINESE.search(english), name
        fields = [sorted(re.findall(r"\{(\w+)", text)) for text in (english, chinese)]
        assert fields[0] == fields[1], name
        # Punctuation and fields alone need no Chinese sign.
        assert CHINESE.search(chinese) or not re.search(r"[A-Za-z]", re.sub(r"\{.*?\}", "", chinese)), name


def test_every_table_of_the_catalogue_is_held_to_this() -> None:
    tables = {name for name in vars(report_phrases) if name.endswith("WORDS")}
    assert tables == {"WORDS", "FUNNEL_WORDS", "ASSUMED_WORDS", "EXPLAIN_WORDS"}
