"""The expected funnel as a marketer reads it, in both languages."""

from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from tests.support.virtual_time.simulated import journey
from wejourney.reasons import (
    EventNotReceived,
    GoalReached,
    HeldOut,
    NoAllowance,
    NotDeployable,
    Stopped,
    Unfollowed,
)
from workbench.language.step_types import Step
from workbench.simulator.expected import Spent, tables, unreached
from workbench.trace.funnel import Funnel, Outcome
from workbench.wording.journey_parts import WIDEST, Wording, label
from workbench.wording.picture_phrases import LANGUAGES, Language

STEPS = """
trigger: {event: follow}
opening: {text: {en: "Welcome!\\nWhat may we show you?", zh: 欢迎光临！}}
steps:
  - ask: {name: size, within: 1d}
  - tag: [big, dear]
  - untag: small
  - wait: 36h
  - wait: {until: "monday 09:00"}
  - wait: {date: booking, within: 1d, passed: go_on}
  - wait: {event: payment, within: 1d}
  - send: {text: {en: Our longest text is cut before it fills the whole of the terminal, zh: 很长的文字}}
  - branch: [{when: {member: true}, steps: [{coupon: SPRING}]}]
  - split: {name: teaser, shares: [{percent: 50, steps: [{offer: gift}]}, {percent: 50}]}
  - award: {points: 50, reason: r}
  - set: {city: Paris}
  - notify: {staff: manager, text: hello}
  - hand_over: {staff: stylist, within: 1d}
  - start: second
  - end: second
  - goal: bought
"""
JOURNEY = journey(STEPS, "welcome")
LABELS: dict[Language, list[str]] = {
    "en": [
        *("Question: size", "+big +dear", "-small", "Wait 1 day 12 hours", "Wait until Monday 09:00"),
        *("Wait for booking", "Wait for: a payment is made", "Our longest text is cut before it fills…"),
        *("It depends", "By chance: teaser", "+50 points", "city = Paris", "Tell manager"),
        *("Hand the chat to stylist", "start second", "end second", "Goal: bought"),
    ],
    "zh": [
        *("提问：size", "+big +dear", "-small", "等待 1 天 12 小时", "等到 周一 09:00", "等到 booking"),
        *("等待：完成付款", "很长的文字", "按条件分支", "随机分组：teaser", "+50 积分", "city = Paris"),
        *("通知 manager", "转人工：stylist", "启动 second", "结束 second", "达成目标：bought"),
    ],
}
FUNNEL = Funnel(
    people=1_000,
    entered=900,
    reached=Counter({"opening": 900, "1": 900, "8": 450}),
    steps=Counter(
        {("opening", Outcome.SENT): 900, ("8", Outcome.SENT): 440, ("8", Outcome.NOT_SENT): 10}
        | {("1", Outcome.ANSWERED): 450, ("1", Outcome.TIMED_OUT): 440, ("1", Outcome.LEFT): 10}
    ),
    answers=Counter({("size", "L"): 450}),
    ended=Counter({GoalReached(): 450, Stopped("silent"): 440, Unfollowed(): 10}),
    refused=Counter({HeldOut(): 100}),
    not_sent=Counter({NoAllowance(): 10}),
    channels=Counter({"passive": 900, "custom": 440}),
)
SPENT = Spent(9_000, {"step_functions": 0.225, "eventbridge": 0.0}, "USD", "us-east-1")


def shown(funnel: Funnel, language: Language, spent: Spent | NotDeployable = SPENT) -> list[list[str]]:
    """The words of every line of the tables."""
    console = Console(width=120, record=True, file=StringIO())
    for table in tables(JOURNEY, funnel, spent, language):
        console.print(table)
    lines = console.export_text().splitlines()
    return [[cell.strip() for cell in line.strip("│┃ ").split("│")] for line in lines]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_step_is_told_in_a_few_words_of_the_language(language: Language) -> None:
    steps: tuple[Step, ...] = JOURNEY.steps

    assert [label(step, Wording(language)) for step in steps] == LABELS[language]


def test_a_long_text_is_cut_to_the_cells_that_it_takes() -> None:
    long = journey(f"trigger: {{event: follow}}\nsteps: [{{send: {{text: {'长' * 30}}}}}]")

    assert label(long.steps[0], Wording("zh")) == "长" * ((WIDEST - 1) // 2) + "…"


def test_the_funnel_tells_how_far_people_came_and_what_came_of_their_messages() -> None:
    lines = shown(FUNNEL, "en")

    assert ["welcome: 1,000 people, 900 runs"] in lines
    assert ["opening", "Welcome!", "900", "100.0", "900"] in lines
    assert ["1", "Question: size", "900", "100.0", "", "", "450", "440", "10"] in lines
    assert ["8", LABELS["en"][7], "450", "50.0", "440", "10"] in lines
    assert ["held out", "100", "10.0"] in lines
    assert ["reached the goal", "450", "50.0"] in lines
    assert ["silent", "440", "48.9"] in lines
    assert ["customer-service message", "440", "0.49"] in lines
    assert ["not sent", "10", "0.01"] in lines
    assert ["no allowance", "10", "100.0"] in lines
    assert ["L", "450", "100.0"] in lines


def test_the_costs_name_only_what_costs_something() -> None:
    lines = shown(FUNNEL, "en")

    assert ["step functions", "0.2250"] in lines
    assert ["transitions", "9,000"] in lines
    assert not any("eventbridge" in cell for line in lines for cell in line)


def test_that_no_message_was_refused_is_said() -> None:
    assert ["not sent", "0", "0.00"] in shown(Funnel(people=1, entered=1), "en")


def test_the_words_of_the_tables_are_chinese_where_that_is_asked_for() -> None:
    lines = shown(FUNNEL, "zh")

    assert ["welcome：1,000 人，进入 900 次"] in lines
    assert ["opening", "欢迎光临！", "900", "100.0", "900"] in lines
    assert ["达成目标", "450", "50.0"] in lines
    assert ["客服消息", "440", "0.49"] in lines
    assert ["没有可用的下发额度", "10", "100.0"] in lines
    assert ["被分入对照组", "100", "10.0"] in lines


def test_a_column_is_there_only_if_something_is_counted_in_it() -> None:
    sent = Funnel(1, 1, Counter({"opening": 1}), Counter({("opening", Outcome.SENT): 1}))
    headings = [line[0].replace("┃", " ").split() for line in shown(sent, "en")]

    assert ["step", "reached", "%", "sent"] in headings


def test_a_wait_for_a_date_is_over_in_time_when_the_date_comes_and_not_when_it_moves() -> None:
    counts = Counter({("6", Outcome.CAME): 7, ("6", Outcome.DATE_CAME): 4, ("6", Outcome.TIMED_OUT): 2})
    funnel = Funnel(people=9, entered=9, reached=Counter({"6": 9}), steps=counts)

    assert ["6", "Wait for booking", "9", "100.0", "4", "2"] in shown(funnel, "en")


NOBODY = """
trigger: {event: follow}
steps:
  - ask: {name: size, text: "?", within: 1d, not_sent: [{tag: a}], unanswered: [{tag: b}]}
  - wait: {event: payment, within: 1d, otherwise: [{tag: c}, {tag: d}]}
  - branch: [{when: {member: true}, steps: [{tag: e}]}]
  - branch: [{when: {member: false}, steps: [{tag: f}]}, {when: {tag: x}, steps: [{tag: g}]}]
  - split: {name: s, shares: [{percent: 99, steps: [{tag: h}]}, {percent: 1, steps: [{tag: i}]}]}
  - wait: 1d
  - tag: j
"""


def test_a_path_that_nobody_took_is_told_with_what_kept_them_away() -> None:
    never = journey(NOBODY, "never")
    reached = Counter(dict.fromkeys(("1", "2", "3", "4", "4.case1.1", "5", "5.share1.1", "6"), 9))

    assert list(unreached(never, Funnel(people=9, entered=9, reached=reached))) == [
        ("1.unanswered.1", "all answered"),
        ("1.not_sent.1", "all sent"),
        ("2.otherwise.1", "all came"),
        ("3.case1.1", "no case"),
        ("4.case2.1", "no case"),
        ("5.share2.1", "no share"),
        ("7", "all ended"),
    ]


def test_that_nobody_entered_is_told_once() -> None:
    lines = shown(Funnel(people=9), "en")

    assert ["1: no follower got here: no follower entered."] in lines
    assert sum("no follower" in line[0] for line in lines) == 1
    assert ["1", "Question: size", "0"] in lines


@pytest.mark.parametrize(
    ("language", "why", "line"),
    [
        ("en", EventNotReceived("game"), "No costs: the runtime receives no `game` events yet."),
        ("zh", EventNotReceived("game"), "无法估算费用：运行环境尚不支持 `game` 事件。"),
    ],
)
def test_why_there_are_no_costs_is_said_in_a_line(language: Language, why: NotDeployable, line: str) -> None:
    assert [line] in shown(FUNNEL, language, why)
