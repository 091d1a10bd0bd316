"""The expected funnel as a marketer reads it, in both languages."""

from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from tests.support.simulated import journey
from wejourney.domain.journeys import Step
from wejourney.drawing.phrases import LANGUAGES, Language
from wejourney.drawing.wording import Wording
from wejourney.simulation.expected import Spent, tables
from wejourney.simulation.funnel import Funnel
from wejourney.simulation.labels import WIDEST, label

STEPS = """
trigger: {event: follow}
opening: {text: {en: "Welcome!\\nWhat may we show you?", zh: 欢迎光临！}}
steps:
  - ask: {name: size, within: 1d}
  - tag: [big, dear]
  - untag: small
  - wait: 36h
  - wait: {until: "monday 09:00"}
  - wait: {date: booking, within: 1d}
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
        {("opening", "sent"): 900, ("1", "answered"): 450, ("8", "sent"): 440, ("8", "not_sent"): 10}
    ),
    answers=Counter({("size", "L"): 450}),
    ended=Counter({"goal": 450, "silent": 440, "unfollowed": 10}),
    refused=Counter({"held out": 100}),
    not_sent=Counter({"no allowance": 10}),
    channels=Counter({"passive": 900, "custom": 440}),
)
SPENT = Spent(9_000, {"step_functions": 0.225, "eventbridge": 0.0}, "USD", "us-east-1")


def shown(funnel: Funnel, language: Language, spent: Spent | None = SPENT) -> list[list[str]]:
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

    assert ["welcome: 1,000 people, 900 entered"] in lines
    assert ["opening", "Welcome!", "900", "100.0", "900"] in lines
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

    assert ["welcome：1,000 人，其中 900 人进入"] in lines
    assert ["opening", "欢迎光临！", "900", "100.0", "900"] in lines
    assert ["达成目标", "450", "50.0"] in lines
    assert ["客服消息", "440", "0.49"] in lines
