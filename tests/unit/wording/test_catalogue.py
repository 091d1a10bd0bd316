"""The catalogue has words in both languages for everything that a closed type can name."""

import re
from collections.abc import Mapping
from typing import get_args

import pytest

from wejourney.events.event_types import EVENT_TYPES, EventBody, Followed, OtherEvent, Scanned, TagAdded
from wejourney.journeys.action_types import BusEvent
from wejourney.loyalty.benefits.referrals import WhyNoReward
from wejourney.loyalty.earning import WhyNothing
from wejourney.loyalty.games import WhyUnranked
from wejourney.wire.official_account.subscribe_scenes import SOURCES
from workbench.trace.trace_events import BranchTaken
from workbench.wording import report_phrases
from workbench.wording.journey_parts import Wording
from workbench.wording.picture_phrases import LANGUAGES, PHRASES, Language
from workbench.wording.report_phrases import ASSUMED_WORDS, EXPLAIN_WORDS, FUNNEL_WORDS, PROFILE_WORDS, WORDS

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    "name",
    [
        *sorted({type_.actor for type_ in EVENT_TYPES.values()}),
        *get_args(BusEvent.__value__),
        *get_args(BranchTaken.__annotations__["way"]),
        *WhyNothing,
        *WhyNoReward,
        *WhyUnranked,
    ],
)
def test_transcripts_have_words_for_all_actors_published_events_branches_and_reasons_of_rules(
    name: str,
) -> None:
    assert WORDS["en"][name]
    assert WORDS["zh"][name]


@pytest.mark.parametrize(
    "kind", [name for name, type_ in EVENT_TYPES.items() if type_.body is not OtherEvent]
)
def test_every_event_has_words_with_and_without_its_actor(kind: str) -> None:
    assert {f"does {kind}", f"event {kind}"} & PHRASES.keys()
    for language in LANGUAGES:
        assert Wording(language).event(kind)


@pytest.mark.parametrize(
    ("body", "told", "named"),
    [
        (
            Scanned("store-1"),
            ("scans a QR code: store-1", "扫码：store-1"),
            ("a follower scans a QR code", "粉丝扫码"),
        ),
        (TagAdded("vip"), ("a tag is added: vip", "打上标签：vip"), ("a tag is added", "打上标签")),
        (Followed(), ("follows", "关注"), ("a person follows", "新关注")),
        (OtherEvent("unknown"), ("WeChat event unknown", "微信事件 unknown"), None),
    ],
)
def test_transcripts_and_pictures_use_one_vocabulary_of_events(
    body: EventBody, told: tuple[str, str], named: tuple[str, str] | None
) -> None:
    wordings = tuple(map(Wording, LANGUAGES))
    assert tuple(wording.received(body) for wording in wordings) == told
    assert named is None or tuple(wording.event(body.kind) for wording in wordings) == named


def test_every_source_of_a_follow_has_words() -> None:
    assert {f"source {source}" for source in SOURCES.values()} <= PHRASES.keys()


TABLES: Mapping[str, Mapping[Language, Mapping[str, str]]] = {
    "transcript": WORDS,
    "funnel": FUNNEL_WORDS,
    "assumptions": ASSUMED_WORDS,
    "explanation": EXPLAIN_WORDS,
    "profile": PROFILE_WORDS,
    "journey": {"en": {name: en for name, (en, _) in PHRASES.items()},
                "zh": {name: zh for name, (_, zh) in PHRASES.items()}},
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_both_languages_have_their_own_characters_and_the_same_fields(
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


def test_every_table_of_phrases_is_checked() -> None:
    tables = {name for name in vars(report_phrases) if name.endswith("WORDS")}
    assert tables == {"WORDS", "FUNNEL_WORDS", "ASSUMED_WORDS", "EXPLAIN_WORDS", "PROFILE_WORDS"}
