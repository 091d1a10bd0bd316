"""What is said of the assumptions before a funnel."""

import pytest

from tests.support.events import body
from tests.support.virtual_time.simulated import journey
from workbench.simulator.assumptions import assumptions
from workbench.simulator.rates import ActRate, AnswerRate, Rates
from workbench.wording.picture_phrases import Language

JOURNEY = journey(
    """
trigger: {event: follow}
exits: [{when: {event: {event: refund}}, reason: sent back}]
steps:
  - ask: {name: size, text: How big?, choices: {small: [s], large: [l]}, within: 1d}
  - ask:
      name: metal
      choices: {gold: [g], rose: [r]}
      menu: {head: Which?, items: {gold: Gold, rose: Rose}}
      within: 1d
      not_sent: [{tag: mine}]
  - wait: {date: booking, before: 7d, within: 60d, passed: go_on}
  - wait: {event: tag, tag: mine, within: 1d}
  - wait: {event: tag, tag: vip, within: 1d}
  - tag: over
"""
)
DEFAULTS: dict[Language, list[str]] = {
    "en": [
        "Assumed (write your own into a file for --rates):",
        "  a question: 40% answer, half of them within 30 minutes",
        "  answers to a menu: 80% are tapped, the others typed",
        "  5% unfollow, half of them within 12 hours",
        "  languages: zh 90%, en 10%",
        "  booking: lies 9 to 17 days after the start",
        "  does not happen: a tag is added: vip, a refund is made",
    ],
    "zh": [
        "假设如下（可用 --rates 指定您自己的文件）：",
        "  每个问题：40% 的人回答，其中一半在 30 分钟内",
        "  菜单消息的回答：80% 为点选，其余为输入",
        "  5% 的人取消关注，其中一半在 12 小时内",
        "  语言：zh 90%、en 10%",
        "  booking：在开始后 9 至 17 天",
        "  不会发生：打上标签：vip、发生退款",
    ],
}


@pytest.mark.parametrize("language", DEFAULTS)
def test_what_is_assumed_without_rates_is_said_in_both_languages(language: Language) -> None:
    assert assumptions(JOURNEY, Rates(), language) == DEFAULTS[language]


def test_rates_of_ones_own_are_said_question_by_question() -> None:
    rates = Rates(
        answers={"size": AnswerRate(60, 7_200, {"small": 70, "large": 30})},
        scenes={"store-1": 100},
        members=50,
        dates={"booking": (1, 3)},
        acts=(ActRate(20, 3_600, body("refund", total=99_900)), ActRate(3, 60, body("text", text="hello"))),
    )

    assert assumptions(JOURNEY, rates, "en")[1:] == [
        "  size: 60% answer, half of them within 2 hours; of them small 70%, large 30%",
        "  any other question: 40% answer, half of them within 30 minutes",
        "  answers to a menu: 80% are tapped, the others typed",
        "  is refunded: ¥999.00: 20%, half of them within 1 hour",
        "  says: hello: 3%, half of them within 1 minute",
        "  5% unfollow, half of them within 12 hours",
        "  languages: zh 90%, en 10%",
        "  QR codes: store-1 100%",
        "  50% are members",
        "  booking: lies 1 to 3 days after the start",
        "  does not happen: a tag is added: vip",
    ]


def test_that_nobody_has_agreed_to_notices_is_said_where_the_journey_sends_one() -> None:
    notice = "{notice: {id: T1, data: {thing1: x}}}"
    sends = f"steps: [{{send: {{text: a, purpose: service, instead: [{notice}]}}}}]"

    said = assumptions(journey(f"trigger: {{event: follow}}\n{sends}"), Rates(), "en")

    assert said[-1] == "  no follower has agreed to a subscription notice"


def test_of_questions_nothing_is_said_where_none_is_asked() -> None:
    said = assumptions(journey("trigger: {event: follow}\nsteps: [{tag: x}]"), Rates(), "en")

    assert said == [DEFAULTS["en"][0], *DEFAULTS["en"][3:5]]


def test_a_keyword_that_the_journey_waits_for_is_said_to_come_from_nobody() -> None:
    waiting = journey(
        """
trigger: {event: follow}
steps:
  - wait: {event: text, keywords: [refund, 退款], within: 2d}
  - tag: over
"""
    )
    assert (
        assumptions(waiting, Rates(), "en")[-1] == "  does not happen: a follower writes: “refund” or “退款”"
    )
    texts = Rates(acts=(ActRate(3, 60, body("text", text="refund")),))
    assert "does not happen" not in "".join(assumptions(waiting, texts, "en"))
