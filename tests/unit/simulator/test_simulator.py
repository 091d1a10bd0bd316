"""What the simulator does at each kind of step, with the reasons in the runtime's own words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual_time.simulated import (
    DAY,
    HOUR,
    MINUTE,
    START,
    does,
    follow,
    journey,
    of,
    says,
    sent,
    simulation,
    taps,
)
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import Act
from wejourney.errors import FollowerUnreachableError, WindowClosedError
from wejourney.journeys.receiving import Received, receive
from wejourney.reasons import (
    EndedByJourney,
    Exited,
    Finished,
    GoalReached,
    MonthlyLimit,
    NoAllowance,
    NoConsent,
    NotAgreed,
    RefusedByWeChat,
    Stopped,
    TakenOnce,
    Unfollowed,
)
from workbench.language.reading import read_file
from workbench.simulator import simulator as playing
from workbench.simulator.deployment import ScriptedEvent
from workbench.simulator.simulator import MOST_EVENTS, EndlessLifeError
from workbench.trace.trace_events import Answered, JourneyRefused, MessageNotSent, RunEnded, TagsChanged

NOW = timedelta()
FOLLOW = "trigger: {event: follow}\n"
WELCOME = read_file(Path(__file__).parents[3] / "infra/journeys/welcome-from-store.yaml").journey


def test_a_follow_allows_three_messages_and_the_fourth_is_refused_with_its_reason() -> None:
    played = simulation(
        journey(
            FOLLOW + "steps: [{send: {text: a}}, {send: {text: b}}, {send: {text: c}}, {send: {text: d}}]"
        ),
        follow(),
    ).play()

    assert sent(played) == [(NOW, "custom", "a"), (NOW, "custom", "b"), (NOW, "custom", "c")]
    assert of(played, MessageNotSent) == [(NOW, NoAllowance((Window(Act.FOLLOW, 0, START + MINUTE),)))]


@pytest.mark.parametrize(("rules", "leaves"), [("2020", 1), ("2021-06", 0), ("2023-06", 0), ("current", 0)])
def test_two_hours_after_a_follow_only_the_rules_of_2020_let_a_message_leave(rules: str, leaves: int) -> None:
    played = simulation(
        journey(FOLLOW + "steps: [{wait: 2h}, {send: {text: a}}]"), follow(), rules=rules
    ).play()

    assert len(sent(played)) == leaves


def test_a_message_that_cannot_be_sent_takes_the_next_channel_of_its_ladder() -> None:
    text = """
steps:
  - wait: 2h
  - send:
      text: custom
      purpose: service
      instead:
        - notice: {id: T1, data: {thing1: x}}
        - template: {id: T2, data: {thing1: y}}
  - send: {text: again, purpose: service, instead: [{notice: {id: T1, data: {thing1: x}}}, {mass: {text: m}}]}
"""
    played = simulation(journey(FOLLOW + text), follow(), grants={"T1": 1}).play()

    assert [channel for _, channel, _ in sent(played)] == ["notice", "mass"]
    assert NotAgreed("T1") in [reason for _, reason in of(played, MessageNotSent)]


def test_a_follower_takes_four_mass_messages_in_a_calendar_month() -> None:
    steps = (
        "".join("  - send: {mass: {text: m}}\n" for _ in range(5))
        + "  - wait: 9d\n  - send: {mass: {text: n}}\n"
    )
    played = simulation(journey(f"{FOLLOW}steps:\n{steps}"), follow()).play()

    assert [text for _, _, text in sent(played)] == ["m", "m", "m", "m", "n"]
    assert of(played, MessageNotSent) == [(NOW, MonthlyLimit(4))]


ASK = """
steps:
  - ask:
      {name: size, text: How big?, choices: {small: [s], large: [l]}, within: 1d, unanswered: [{tag: silent}]}
  - branch: [{when: {answer: {size: large}}, steps: [{tag: big}]}]
"""


@pytest.mark.parametrize("act", [says("L", HOUR), says("2", HOUR), taps("large", HOUR)])
def test_a_question_is_answered_by_its_words_by_a_digit_and_by_a_tap(act: object) -> None:
    played = simulation(journey(FOLLOW + ASK), follow(), answers={"size": act}).play()  # type: ignore[dict-item]

    assert of(played, Answered) == [(HOUR, "large")]
    assert of(played, TagsChanged) == [(HOUR, "+big")]


def test_who_does_not_answer_takes_the_other_path_at_the_limit() -> None:
    played = simulation(journey(FOLLOW + ASK), follow()).play()

    assert of(played, TagsChanged) == [(DAY, "+silent")]


def test_an_answer_in_the_second_of_the_limit_is_taken() -> None:
    played = simulation(journey(FOLLOW + ASK), follow(), answers={"size": says("l", DAY)}).play()

    assert of(played, TagsChanged) == [(DAY, "+big")]


@pytest.mark.parametrize("fraction", [0, 1, 500_000, 999_999])
@pytest.mark.parametrize("act", [says("L", 2 * HOUR), taps("large", 2 * HOUR)])
def test_an_answer_in_the_second_of_its_question_comes_after_it(act: ScriptedEvent, fraction: int) -> None:
    """WeChat dates it with the whole second, so it is on record as if it had come before."""
    begins = replace(follow(), after=timedelta(microseconds=fraction))
    steps = ASK.replace("steps:", "steps:\n  - wait: 2h", 1)
    played = simulation(journey(FOLLOW + steps), begins, says("opens an allowance", HOUR), act).play()

    asked = 2 * HOUR + begins.after
    assert of(played, Answered) == [(asked, "large")]
    assert of(played, TagsChanged) == [(asked, "+big")]


def test_an_answer_may_come_before_a_question_without_content_is_registered() -> None:
    ask = "{ask: {name: any, within: 1h, unanswered: [{tag: x}]}}"
    text = f"steps: [{{send: {{text: hi}}}}, {{wait: 2h}}, {ask}, {{tag: on}}]"
    played = simulation(journey(FOLLOW + text), follow(), says("early", HOUR)).play()

    assert of(played, Answered) == [(2 * HOUR, "early")]
    assert of(played, TagsChanged) == [(2 * HOUR, "+on")]


@pytest.mark.parametrize(("zone", "at"), [("Asia/Shanghai", 23 * HOUR), ("Europe/Paris", 6 * HOUR)])
def test_until_is_a_time_where_the_follower_is(zone: str, at: timedelta) -> None:
    text = 'steps: [{wait: {until: "09:00"}}, {tag: morning}]'
    played = simulation(journey(FOLLOW + text), follow(), time_zone=zone).play()

    assert of(played, TagsChanged) == [(at, "+morning")]


def test_no_wait_ends_in_quiet_hours_and_an_answer_is_acted_on_in_them() -> None:
    text = """
quiet: "22:00-08:00"
steps:
  - wait: 13h
  - tag: waited
  - ask: {name: q, within: 15h, unanswered: [{tag: silent}]}
  - tag: end
"""
    silent = simulation(journey(FOLLOW + text), follow()).play()
    woken = simulation(journey(FOLLOW + text), follow(), says("x", 37 * HOUR - MINUTE)).play()

    assert of(silent, TagsChanged) == [(22 * HOUR, "+waited"), (46 * HOUR, "+silent"), (46 * HOUR, "+end")]
    assert of(woken, TagsChanged)[1:] == [(37 * HOUR - MINUTE, "+end")]


DATE = """
steps:
  - wait: {date: booking, before: 2h, within: 10d, passed: go_on, otherwise: [{tag: never}]}
  - tag: soon
"""


@pytest.mark.parametrize(
    ("moved_to", "at"),
    [("2026-11-25T12:00", 2 * DAY), ("2026-11-29T12:00", 6 * DAY), ("2026-11-23T11:00", DAY)],
)
def test_a_wait_for_a_date_moves_with_the_date_closer_and_later(moved_to: str, at: timedelta) -> None:
    # PostHog #82920
    move = does("profile", DAY, changes={"date.booking": moved_to})
    played = simulation(journey(FOLLOW + DATE), follow(), move, dates={"booking": "2026-11-27T12:00"}).play()

    assert of(played, TagsChanged) == [(at, "+soon")]


def test_a_date_that_stays_unknown_is_waited_for_until_the_limit() -> None:
    played = simulation(journey(FOLLOW + DATE), follow()).play()

    assert of(played, TagsChanged) == [(10 * DAY, "+never"), (10 * DAY, "+soon")]


PAID = """
steps:
  - wait: {event: payment, total: 100, within: 2d, otherwise: [{stop: not bought}]}
  - goal: bought
"""


@pytest.mark.parametrize(
    ("total", "status", "at"), [(100, GoalReached(), HOUR), (99, Stopped("not bought"), 2 * DAY)]
)
def test_an_event_ends_its_wait_when_it_fits(total: int, status: str, at: timedelta) -> None:
    played = simulation(journey(FOLLOW + PAID), follow(), does("payment", HOUR, total=total)).play()

    assert of(played, RunEnded) == [(at, status)]


@pytest.mark.parametrize(("since", "at"), [("step", 26 * HOUR), ("entry", 2 * HOUR)])
def test_since_entry_counts_what_came_before_the_wait(since: str, at: timedelta) -> None:
    text = f"""
steps:
  - wait: 1h
  - send: {{text: a, not_sent: [{{tag: n}}]}}
  - wait: 1h
  - wait: {{event: view, within: 1d, since: {since}}}
  - tag: done
"""
    played = simulation(
        journey(FOLLOW + text), follow(), says("hi", 30 * MINUTE), does("view", 45 * MINUTE, url="u")
    ).play()

    assert of(played, TagsChanged) == [(at, "+done")]


def test_a_goal_and_an_exit_end_a_run_in_the_middle_of_a_wait() -> None:
    text = """
goal: {tag: bought}
exits: [{when: {tag: staff}, reason: works here}]
steps: [{wait: 2d}, {send: {text: never}}]
"""
    for tag, status in (("bought", GoalReached()), ("staff", Exited("works here"))):
        played = simulation(journey(FOLLOW + text), follow(), does("tag", HOUR, tag=tag)).play()

        assert of(played, RunEnded) == [(HOUR, status)]
        assert sent(played) == []


def test_who_unfollows_hears_nothing_more_and_is_somebody_else_when_they_come_back() -> None:
    made = simulation(
        journey(
            FOLLOW + "again: never\nsteps: [{tag: x}, {award: {points: 5, reason: r}}, {wait: 2h}, {tag: y}]"
        ),
        follow(),
        does("unfollow", HOUR),
        does("follow", 90 * MINUTE),
    )
    played = made.play()

    assert of(played, RunEnded) == [(HOUR, Unfollowed()), (210 * MINUTE, Finished())]
    assert made.follower is not None
    assert made.follower.points == 5
    assert made.follower.tags == {"x", "y"}


def test_journeys_that_are_played_together_start_and_end_each_other() -> None:
    first = journey(FOLLOW + "steps: [{start: second}, {wait: 1h}, {end: second}, {tag: over}]", "first")
    second = journey("trigger: {event: journey}\nsteps: [{tag: began}, {wait: 1d}, {tag: never}]", "second")
    played = simulation((first, second), follow()).play()

    assert of(played, TagsChanged) == [(NOW, "+began"), (HOUR, "+over")]
    assert of(played, RunEnded) == [(HOUR, Finished()), (HOUR, EndedByJourney("first"))]


def test_a_split_sends_the_same_person_the_same_way() -> None:
    split = journey(
        FOLLOW
        + "steps: [{split: {name: s, shares: [{percent: 50, steps: [{tag: a}]}, {percent: 50}]}}, {tag: b}]"
    )
    ways = {tuple(of(simulation(split, follow()).play(), TagsChanged)) for _ in range(3)}

    assert len(ways) == 1


def test_what_wechat_answers_is_taken_down_as_the_runtime_words_it() -> None:
    closed = WindowClosedError(45015, "response out of time limit")
    gone = FollowerUnreachableError(43004, "require subscribe")
    played = simulation(
        journey(FOLLOW + "steps: [{send: {text: a}}, {send: {text: b}}, {send: {text: c}}]"),
        follow(),
        says("hi", NOW),
        errors=(None, closed, gone),
        start=datetime(2026, 11, 23, 2, tzinfo=UTC),
    ).play()

    assert [reason for _, reason in of(played, MessageNotSent)] == [
        RefusedByWeChat("WindowClosed", closed.verbatim),
        NoAllowance(()),
    ]


def test_every_refusal_to_start_has_its_reason() -> None:
    once = journey("again: never\ntrigger: {event: text, keywords: [hi]}\nsteps: [{tag: x}]")
    played = simulation(once, says("hi", NOW), says("hi", DAY)).play()

    assert of(played, JourneyRefused) == [(DAY, TakenOnce(START))]


def test_the_simulation_begins_when_the_person_does() -> None:
    assert simulation(journey(FOLLOW + "steps: [{tag: x}]")).now == START


TAGGED = """
goal: {tag: never}
exits: [{when: {event: {event: tag, tag: y}}, reason: tagged by hand}]
steps: [{tag: x}, {untag: x}, {wait: 2h}, {tag: z}]
"""


def test_what_a_run_has_changed_is_not_changed_again_when_the_inbox_hears_of_it() -> None:
    made = simulation(journey(FOLLOW + TAGGED), follow())
    made.play()

    assert made.follower is not None
    assert made.follower.tags == {"z"}


def test_a_tag_that_somebody_else_puts_on_is_on_and_is_heard_of() -> None:
    made = simulation(journey(FOLLOW + TAGGED), follow(), does("tag", HOUR, tag="y"))
    played = made.play()

    assert of(played, RunEnded) == [(HOUR, Exited("tagged by hand"))]
    assert made.follower is not None
    assert made.follower.tags == {"y"}


MARKED = """
steps:
  - ask: {name: q, text: "?", within: 1d}
  - send: {text: seen, name: teaser}
  - wait: 2h
  - branch: [{when: {event: {event: text, keywords: ["*"], scope: teaser}}, steps: [{tag: wrote}]}]
"""


@pytest.mark.parametrize(("seconds", "tags"), [(0, []), (1, [(HOUR * 3, "+wrote")])])
def test_what_made_a_run_take_a_step_has_not_happened_since_it(
    seconds: int, tags: list[tuple[timedelta, str]]
) -> None:
    # parcelvoy #548
    acts = (
        [says("yes", HOUR), says("more", HOUR + timedelta(seconds=seconds))]
        if seconds
        else [says("yes", HOUR)]
    )
    played = simulation(journey(FOLLOW + MARKED), follow(), *acts).play()

    assert of(played, TagsChanged) == tags


def test_what_one_life_costs_to_play_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    decided = []

    def counted(*arguments: Any, **options: Any) -> Received:
        decided.append(arguments[0])
        return receive(*arguments, **options)

    monkeypatch.setattr(playing, "receive", counted)
    assert WELCOME is not None
    made = simulation(
        WELCOME, follow("store-SH01"), answers={"occasion": says("1", HOUR), "metal": taps("gold", HOUR)}
    )
    played = made.play()

    # Each event is decided on once, whatever the time between them: time costs nothing.
    assert [event.kind for event in decided] == ["follow", "text", "text"]
    assert len(made.runs) == 0
    assert len(played) < 30


ROUND = """
trigger: {event: tag, tag: x}
again: {after: 1m}
steps: [{untag: x}, {wait: 2m}, {tag: x}]
"""


def test_a_life_that_goes_round_for_ever_is_given_up_with_a_clear_word() -> None:
    round_for_ever = simulation(journey(ROUND, "ring"), follow(), does("tag", HOUR, tag="x"))

    with pytest.raises(EndlessLifeError, match=r"this life has no end: .* the last in ring") as caught:
        round_for_ever.play()
    assert len(round_for_ever.trace) == MOST_EVENTS
    told, arguments = caught.value.__reduce__()
    assert str(told(*arguments)) == str(caught.value)


def test_what_one_run_does_counts_against_the_limit_of_a_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "MOST_EVENTS", 6)
    busy = simulation(journey(FOLLOW + f"steps: [{', '.join(['{tag: a}'] * 9)}]", "busy"), follow())

    with pytest.raises(EndlessLifeError, match="the last in busy"):
        busy.play()
    assert len(busy.trace) == 6


def test_a_message_that_needs_a_consent_leaves_while_there_is_one() -> None:
    steps = "".join(
        f"  - {step}\n"
        for step in (
            "send: {text: a, consent: news}",
            "wait: 1h",
            "send: {text: b, consent: news}",
            "wait: 1h",
            "send: {text: c, consent: news, not_sent: [{send: {text: d}}]}",
        )
    )
    played = simulation(
        journey(f"trigger: {{event: text, keywords: hi}}\nsteps:\n{steps}"),
        says("hi", NOW),
        does("consent_given", 30 * MINUTE, purpose="news"),
        does("consent_withdrawn", 90 * MINUTE, purpose="news"),
    ).play()

    assert [text for _, _, text in sent(played)] == ["b", "d"]
    assert [reason for _, reason in of(played, MessageNotSent)] == [NoConsent("news")] * 2
