"""Every reason, fact and name has words in English and Chinese; times are the reader's."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wejourney import errors, reasons
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import Act, Reading
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition
from wejourney.messaging.channels import CHANNELS, Purpose
from wejourney.people.lifecycle import Stage
from wejourney.plain_data import union_members
from wejourney.reasons import (
    AllowanceEnded,
    ConditionNotMet,
    EndedByEngine,
    Exited,
    Fact,
    HeldOut,
    NoAllowance,
    Part,
    PossiblySent,
    PurposeForbidden,
    Reason,
    RefusedByWeChat,
    Stopped,
    TakenOncePer,
    without_details,
)
from workbench.wording.journey_parts import Wording
from workbench.wording.picture_phrases import LANGUAGES, Language, Pair
from workbench.wording.reason_words import FACTS, NAMES, REASONS, ReasonWords

CLASSES = union_members(reasons.Reason)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def subclasses(cls: type) -> set[type]:
    return set().union({cls}, *map(subclasses, cls.__subclasses__()))


NAMED = {
    *(f"act {act}" for act in Act),
    *(f"channel {channel.name}" for channel in CHANNELS.values()),
    "channel passive",
    *(f"purpose {purpose}" for purpose in get_args(Purpose.__value__)),
    *(f"error {cls.__name__.removesuffix('Error')}" for cls in subclasses(errors.WeChatError)),
    *(f"reading {reading}" for reading in Reading),
    *(f"status {status}" for status in ("failed", "timed_out", "aborted")),
} - {"error WeChat"}


def test_every_reason_fact_and_name_has_words_and_nothing_else_has() -> None:
    assert set(REASONS) == set(CLASSES)
    assert set(FACTS) == set(Fact)
    assert set(NAMES) == NAMED


@pytest.mark.parametrize("pair", [*REASONS.values(), *FACTS.values(), *NAMES.values()])
def test_the_words_of_reasons_have_the_same_fields_in_both_languages(pair: Pair) -> None:
    english, chinese = pair
    assert not CHINESE.search(english)
    fields = [set(re.findall(r"\{\w+\}", text)) for text in pair]
    assert fields[0] == fields[1]
    assert CHINESE.search(chinese) or english == chinese  # a field alone: what authors or WeChat wrote


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_every_reason_has_words_with_and_without_its_details(cls: type, data: st.DataObject) -> None:
    moments = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    st.register_type_strategy(datetime, moments)
    reason: Reason = data.draw(st.builds(cls))
    for language in LANGUAGES:
        words = ReasonWords(language, SHANGHAI)
        assert len(words(reason)) >= len(words(without_details(reason)))
        assert words(without_details(reason)) or isinstance(reason, Stopped | EndedByEngine)


PAID = EventCount(EventPattern("payment", at_least=50_000), at_least=2, days=30, scope="ever")
SAID: list[tuple[Reason, str, str]] = [
    (HeldOut(), "held out", "被分入对照组"),
    (Exited("works here"), "exit: works here", "提前退出：works here"),
    (
        TakenOncePer("order", "A1", NOON),
        "once per order: `A1` started on 2026-11-23 12:00",
        "每个 order 仅可进入一次：`A1` 已于 2026-11-23 12:00 进入",
    ),
    (TakenOncePer("order"), "once per order", "每个 order 仅可进入一次"),
    (
        ConditionNotMet((Part(Fact.MEMBER, True, False), Part(Fact.TAG, False, True, name="a")), more=3),  # noqa: FBT003
        "its condition does not hold: member (found no, wanted yes); tag `a` (found yes, wanted no); 3 more",
        "不满足进入条件：会员（实际：否，要求：是）；标签 `a`（实际：是，要求：否）；另有 3 项",
    ),
    (
        ConditionNotMet((Part(Fact.POINTS_FROM, 9, 5), Part(Fact.EVENTS, 2, 1, count=PAID))),
        (
            "its condition does not hold: points (found 5, wanted at least 9); a payment is made: at least "
            "¥500.00, ever, in the last 30 days (found once, wanted at least 2 times)"
        ),
        (
            "不满足进入条件：积分（实际：5，要求：不少于 9）；完成付款：不少于 ¥500.00、历史累计、近 30 天内"
            "（实际：1 次，要求：不少于 2 次）"
        ),
    ),
    (
        ConditionNotMet(
            (
                Part(
                    Fact.ANY,
                    1,
                    0,
                    inner=(
                        Part(Fact.ALL, True, False, inner=(Part(Fact.LANGUAGE, "en", None),)),  # noqa: FBT003
                        Part(Fact.ANSWER, "52", None, name="size"),
                    ),
                ),
            )
        ),
        (
            "its condition does not hold: any of [language (found unknown, wanted en); answer to `size` "
            "(found none, wanted 52)]"
        ),
        "不满足进入条件：满足任一［语言（实际：未知，要求：en）；对 `size` 的回答（实际：无，要求：52）］",
    ),
    (
        NoAllowance((Window(Act.MESSAGE, 3, NOON), Window(Act.CLICK, 0, NOON))),
        "no allowance: message (ended 11-23 12:00, 3 left), click (used up)",
        "没有可用的下发额度：消息（已于 11-23 12:00 到期，剩余 3 条）、点击（已用完）",
    ),
    (
        NoAllowance(()),
        "no allowance: no act of the follower opened one",
        "没有可用的下发额度：粉丝没有触发下发额度的行为",
    ),
    (
        AllowanceEnded(Act.MESSAGE, NOON),
        "the allowance of a message ended: 2026-11-23 12:00",
        "消息带来的下发额度已到期：2026-11-23 12:00",
    ),
    (
        PurposeForbidden("template", "marketing"),
        "WeChat allows no marketing message as a template message",
        "微信不允许以模板消息发送营销内容",
    ),
    (
        PossiblySent(RefusedByWeChat("WindowClosed", "45047: no")),
        "possibly sent before, not sent again: WeChat rejected it, it counts no allowance: 45047: no",
        "消息可能已发出，未再次发送：微信拒绝发送，微信侧没有可用的下发额度：45047: no",
    ),
    (EndedByEngine("timed_out"), "timed out", "运行超时"),
]


@pytest.mark.parametrize(("reason", "english", "chinese"), SAID)
def test_a_reason_is_said_in_both_languages_and_in_the_readers_time(
    reason: Reason, english: str, chinese: str
) -> None:
    assert ReasonWords("en", SHANGHAI)(reason) == english
    assert ReasonWords("zh", SHANGHAI)(reason) == chinese


def test_a_time_without_a_zone_of_the_reader_is_marked_as_utc() -> None:
    assert ReasonWords()(AllowanceEnded(Act.FOLLOW, NOON)).endswith("2026-11-23 04:00Z")


def test_the_data_of_a_reason_comes_with_english_text() -> None:
    expected: dict[str, Any] = {"kind": "exited", "reason": "works here", "text": "exit: works here"}
    assert ReasonWords().with_text(Exited("works here")) == expected


@pytest.mark.parametrize(
    ("language", "windowed", "passive"),
    [
        ("en", "message, 4 left", "passive reply"),
        ("zh", "消息，剩余 4 条", "被动回复"),
    ],
)
def test_a_sent_message_names_its_allowance(language: Language, windowed: str, passive: str) -> None:
    words = ReasonWords(language, SHANGHAI)
    assert words.sent("custom", Act.MESSAGE, 4) == windowed
    assert words.sent("passive", None, None) == passive


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "click, any number until 11-23 12:00; message, 4 left until 11-23 12:00"),
        ("zh", "点击，不限条数，至 11-23 12:00；消息，剩余 4 条，至 11-23 12:00"),
    ],
)
def test_only_allowances_that_have_not_ended_are_open(language: Language, expected: str) -> None:
    words, ended = ReasonWords(language, SHANGHAI), Window(Act.FOLLOW, 3, NOON - timedelta(minutes=1))
    windows = (Window(Act.CLICK, None, NOON), ended, Window(Act.MESSAGE, 4, NOON))
    assert words.allowances(windows, ended.until) == expected


@pytest.mark.parametrize(("language", "expected"), [("en", "a QR code"), ("zh", "扫描二维码")])
def test_the_source_of_a_follower_has_the_same_name_as_in_conditions(
    language: Language, expected: str
) -> None:
    words, part = ReasonWords(language), Part(Fact.SOURCE, "qr", None)
    assert words.wanted_and_found(part)[0] == expected
    assert expected in Wording(language).condition(Condition(source="qr"))


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_has_the_same_name_as_in_conditions_in_each_language(stage: Stage) -> None:
    for language in LANGUAGES:
        words, shown = ReasonWords(language), ReasonWords(language).value(stage, Fact.STAGE)
        assert words.wanted_and_found(Part(Fact.STAGE, stage, stage)) == (shown, shown)
        assert shown in Wording(language).condition(Condition(stage=stage))
        assert shown.isascii() == (language == "en")
