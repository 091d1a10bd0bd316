"""The transcript as a marketer reads it: each line in the reader's language and the follower's own time."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.virtual_time.simulated import DAY, HOUR, does, follow, journey, says, simulation
from wejourney.events.matching import EventPattern
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.earning_rules import EarningRule, Pending
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.people.profile_model import ProfileModel
from workbench.simulator.deployment import ScriptedEvent
from workbench.trace.trace_events import TraceEvent
from workbench.trace.transcript import not_entered, transcript
from workbench.wording.picture_phrases import Language

PARIS = ZoneInfo("Europe/Paris")
FOLLOW = "trigger: {event: follow}\n"


def lines(happenings: list[TraceEvent], language: Language = "en") -> list[str]:
    """The kind, the step and the text of every line."""
    cells = (map(str, column.cells) for column in transcript(happenings, PARIS, language).columns)
    return [" | ".join(row[1:4]) for row in zip(*cells, strict=True)]


POINTS: dict[Language, list[str]] = {
    "en": [
        "points |  | +30 pending (purchases)",
        "points |  | +20 unclaimed (orders)",
        "points |  | +20 → 20 (claimed on joining)",
        "points |  | -20 → 0 (taken back: orders)",
        "points |  | +30 → 30 (became available)",
        "points |  | -30 → 0 (expired)",
    ],
    "zh": [
        "积分 |  | 待生效 +30（purchases）",
        "积分 |  | 待领取 +20（orders）",
        "积分 |  | +20 → 20（入会领取）",
        "积分 |  | -20 → 0（冲正：orders）",
        "积分 |  | +30 → 30（生效）",
        "积分 |  | -30 → 0（过期）",
    ],
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_transcript_says_what_somebody_has_got_and_why(language: Language) -> None:
    rules = {
        "purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1, pending=Pending(7)),
        "orders": EarningRule(EventPattern("order.paid"), 1, per_yuan=1),
    }
    programme = Programme(assets={"points": Expiry(Period(30, "day"), Period(30, "day"))}, rules=rules)
    acts = [
        does("payment", HOUR, total=3_000, order="A"),
        does("order.paid", DAY, total=2_000, order="B"),
        does("consent_given", 2 * DAY, purpose="club"),
        does("order.returned", 3 * DAY, total=2_000, order="B"),
        says("hello", 40 * DAY),
    ]
    people = PeopleRules(ProfileModel(membership="club")).with_programme(programme)
    joined = journey("trigger: {event: member.joined}\nsteps: [{tag: joined}]\n", "joined")
    found = simulation(joined, *acts, people=people, following=True).play()
    kind = POINTS[language][0].partition(" |")[0]
    assert [line for line in lines(found, language) if line.startswith(kind)] == POINTS[language]


def told(steps: str, *acts: ScriptedEvent, language: Language = "en", **profile: Any) -> list[str]:
    """What a follower lives through after the journey has begun; the last step is a tag."""
    made = simulation(journey(f"{FOLLOW}steps: [{steps}, {{tag: over}}]"), follow(), *acts, **profile)
    return lines(made.play(), language)[2:]


TOLD: dict[str, tuple[list[str], list[str]]] = {
    "coupon: tea-10-off": (
        ["published | 1 | coupon tea-10-off (an event for your system)"],
        ["发布事件 | 1 | 优惠券 tea-10-off（发给您的系统的事件）"],
    ),
    "offer: gift": (
        ["published | 1 | offer gift (an event for your system)"],
        ["发布事件 | 1 | 优惠 gift（发给您的系统的事件）"],
    ),
    "notify: {staff: manager, text: hello}": (
        ["published | 1 | manager: hello"],
        ["发布事件 | 1 | manager：hello"],
    ),
    "hand_over: {staff: stylist, within: 1h}": (
        [
            "published | 1 | the chat is handed to stylist",
            "wait | 1 | the chat with a person is closed → 11-23 04:00:00",
            "timed out | 1 | the chat with a person is closed: did not happen in time",
        ],
        [
            "发布事件 | 1 | 会话转给 stylist",
            "等待 | 1 | 人工会话结束 → 11-23 04:00:00",
            "超时 | 1 | 人工会话结束：未按时发生",
        ],
    ),
    "wait: {event: tag, tag: vip, within: 1h}": (
        [
            "wait | 1 | a tag is added: vip → 11-23 04:00:00",
            "timed out | 1 | a tag is added: vip: did not happen in time",
        ],
        ["等待 | 1 | 打上标签：vip → 11-23 04:00:00", "超时 | 1 | 打上标签：vip：未按时发生"],
    ),
    "wait: {date: booking, within: 1h, passed: go_on}": (
        ["wait | 1 | booking → 11-23 04:00:00", "timed out | 1 | booking: did not happen in time"],
        ["等待 | 1 | booking → 11-23 04:00:00", "超时 | 1 | booking：未按时发生"],
    ),
    "ask: {name: size, text: How big?, within: 1h}": (
        [
            "account | 1 | How big?",
            "wait | 1 | size → 11-23 04:00:00",
            "timed out | 1 | size: no answer in time",
        ],
        ["公众号 | 1 | How big?", "等待 | 1 | size → 11-23 04:00:00", "超时 | 1 | size：未按时回答"],
    ),
    "branch: [{when: {tag: a}, steps: [{tag: b}]}]": (["branch | 1 | otherwise"], ["分支 | 1 | 否则"]),
    "branch: [{when: {member: false}, steps: [{tag: b}]}]": (
        ["branch | 1 | case 1 (is not a member yet)", "tags | 1.case1.1 | +b"],
        ["分支 | 1 | 情况 1（还不是会员）", "标签 | 1.case1.1 | +b"],
    ),
    "split: {name: s, shares: [{percent: 99, steps: [{tag: b}]}, {percent: 1}]}": (
        ["branch | 1 | share 1 (99%)", "tags | 1.share1.1 | +b"],
        ["分支 | 1 | 第 1 组（99%）", "标签 | 1.share1.1 | +b"],
    ),
    'set: {city: "{attribute.town|}"}': (["profile | 1 | nothing to note"], ["档案 | 1 | 没有可记录的内容"]),
    "start: other": (["journeys | 1 | start other"], ["旅程 | 1 | 启动 other"]),
    "end: other": (["journeys | 1 | end other"], ["旅程 | 1 | 结束 other"]),
}


@pytest.mark.parametrize(("step", "expected"), TOLD.items(), ids=TOLD)
def test_every_step_has_its_line_in_both_languages(step: str, expected: tuple[list[str], list[str]]) -> None:
    assert told(f"{{{step}}}")[:-2] == expected[0]
    assert told(f"{{{step}}}", language="zh")[:-2] == expected[1]


def test_an_awaited_event_is_shown_with_its_details() -> None:
    waits = "{wait: {event: payment, total: 500, within: 1d}}"

    assert told(waits, does("payment", HOUR, total=600))[1:3] == [
        "follower |  | pays: ¥6.00",
        "came | 1 | a payment is made: at least ¥5.00",
    ]


def test_a_date_that_moves_is_not_shown_as_one_that_came() -> None:
    moves = does("profile", HOUR, changes={"date.booking": "2026-11-24T06:00"})
    happened = told(
        "{wait: {date: booking, within: 5d, passed: go_on}}", moves, dates={"booking": "2026-11-26T09:00"}
    )

    assert happened[2:5] == [
        "date moved | 1 | booking",
        "wait | 1 | booking → 11-23 23:00:00",
        "wait over | 1 | booking",
    ]


def test_a_wait_for_a_date_that_has_passed_says_so() -> None:
    assert (
        told("{wait: {date: booking, within: 5d, passed: go_on}}", dates={"booking": "2026-11-01"})[0]
        == "date has passed | 1 | booking"
    )


def test_a_change_by_a_run_is_shown_once_even_if_a_journey_waits_for_it() -> None:
    happened = told("{tag: seen}, {wait: {event: tag, tag: seen, within: 1h, since: entry}}")

    assert happened[:3] == [
        "tags | 1 | +seen",
        "wait | 2 | a tag is added: seen → 11-23 04:00:00",
        "came | 2 | a tag is added: seen",
    ]


def test_a_step_that_ends_a_run_is_shown_with_its_authors_reason() -> None:
    happened = told("{branch: [{when: {member: false}, steps: [{stop: 没有兴趣}]}]}", language="zh")

    assert happened[-1] == "旅程结束 | 1.case1.1 | played：没有兴趣"


def test_the_times_in_a_reason_are_the_followers() -> None:
    late = "{wait: 2h}, {send: {text: a, not_sent: [{tag: x}]}}"

    assert told(late)[1] == "not sent | 2 | a — no allowance: follow (ended 11-23 03:01, 3 left)"
    assert (
        told(late, language="zh")[1]
        == "未发送 | 2 | a — 没有可用的下发额度：关注（已于 11-23 03:01 到期，剩余 3 条）"
    )


def test_a_refusal_to_start_is_a_line_with_its_reason() -> None:
    once = journey(FOLLOW + "again: never\nsteps: [{tag: x}]")
    happened = simulation(once, follow(), does("follow", DAY)).play()

    assert lines(happened)[-1] == ("did not enter |  | played: once per person: started on 2026-11-23 03:00")
    assert lines(happened, "zh")[-1] == "未进入 |  | played：每人仅可进入一次：已于 2026-11-23 03:00 进入"
    assert not_entered("Lee", once, happened, "en") is None


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Lee did not enter played: nothing that happened begins it (a follower writes, “hi”)"),
        ("zh", "Lee 未进入 played：所发生的事都不会触发它（粉丝发来文字、“hi”）"),
    ],
)
def test_a_persona_who_does_not_trigger_the_journey_gets_a_line_that_names_the_trigger(
    language: Language, line: str
) -> None:
    hi = journey("trigger: {event: text, keywords: [hi]}\nsteps: [{tag: x}]")

    assert not_entered("Lee", hi, simulation(hi, says("hello", HOUR)).play(), language) == line


def times(happenings: list[TraceEvent]) -> list[str]:
    (column, *_) = transcript(happenings, PARIS, "en").columns
    return list(map(str, column.cells))


@pytest.mark.parametrize(("ago", "begins"), [(400, "2025-10-19 "), (30, "10-24 ")])
def test_what_happened_in_another_year_than_the_run_starts_has_its_year(ago: int, begins: str) -> None:
    made = simulation(
        journey(FOLLOW + "steps: [{tag: over}]"), does("payment", -ago * DAY, total=1), follow()
    )
    happened = times(made.play())
    assert happened[0].startswith(begins)
    assert all(time.startswith("11-23 ") for time in happened[1:])


def test_a_wait_until_the_next_year_shows_it() -> None:
    assert told("{wait: 60d}")[0] == "wait | 1 | → 2027-01-22 03:00:00"
    assert told("{wait: 30d}")[0] == "wait | 1 | → 12-23 03:00:00"


def test_a_trace_without_a_run_shows_the_years_that_are_not_the_last_events() -> None:
    made = simulation(
        journey("trigger: {event: scan}\nsteps: [{tag: x}]"), says("a", -400 * DAY), says("b", HOUR)
    )
    assert [len(time) for time in times(made.play())] == [len("2025-10-19 00:00:00"), len("11-23 00:00:00")]
