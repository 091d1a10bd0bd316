"""The two journeys of the demo in virtual time: who hears what, when, and why nothing more.

The real services run; only AWS, WeChat and the clock are in memory.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual_time.asl import APP_ID, OPENID, Act, World, follow, say, tap, unfollow
from wejourney.errors import WeChatBusyError, WindowClosedError
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.contents import localise
from wejourney.people.followers import Follower, WeChatUserInfo
from wejourney.plain_data import from_plain

ROOT = Path(__file__).parents[2]
ENTRIES = tuple(
    from_plain(JourneyEntry, entry)
    for entry in json.loads(
        (ROOT / "layers/journeys/python/journey_catalogue/catalogue.json").read_text("utf-8")
    )
)
MEMBER = Follower(APP_ID, OPENID, "person-john", customer=True, member=True)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TRANSITIONS = 8


def definition(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / f"infra/statemachines/{name}.asl.json").read_text("utf-8"))
    return read


def lee(*acts: Act, **world: Any) -> World:
    return World(ENTRIES, [follow("store-SH01"), *acts], **world)


def john(*acts: Act) -> World:
    world = World(ENTRIES, [follow(), *acts], follower=MEMBER)
    world.wechat.known = WeChatUserInfo(source="article")
    return world


def test_lee_answers_twice_and_hears_six_messages_within_48_hours() -> None:
    world = lee(say("1", 3 * MINUTE), tap("gold", 25 * HOUR))

    execution = world.run(definition("welcome-from-store"))

    assert world.heard == [
        (0 * HOUR, "text"),
        (3 * MINUTE, "text"),
        (24 * HOUR + 3 * MINUTE, "news"),
        (24 * HOUR + 3 * MINUTE, "menu"),
        (25 * HOUR, "mini_program"),
        (41 * HOUR, "text"),
    ]
    assert world.tags == {"from-store", "likes-bridal", "likes-gold"}
    assert world.points == [50]
    assert len(execution.states) + 1 == TRANSITIONS


def test_john_comes_back_through_an_article_and_gets_the_other_journey() -> None:
    world = john(say("2", 2 * MINUTE), tap("store", 23 * HOUR))

    execution = world.run(definition("welcome-back"))

    assert [start.run.journey for start in world.runs.started.values()] == ["welcome-back"]
    assert world.heard == [
        (0 * HOUR, "text"),
        (2 * MINUTE, "news"),
        (22 * HOUR + 2 * MINUTE, "text"),
        (22 * HOUR + 2 * MINUTE, "menu"),
        (23 * HOUR, "mini_program"),
        (39 * HOUR, "text"),
    ]
    assert world.tags == {"returned-through-article", "likes-new", "visits-store"}
    assert world.points == [80]
    assert len(execution.states) + 1 == TRANSITIONS


@pytest.mark.parametrize("journey", ["welcome-from-store", "welcome-back"])
def test_who_never_answers_hears_the_opening_and_nothing_more(journey: str) -> None:
    world = lee() if journey == "welcome-from-store" else john()

    output: Any = world.run(definition(journey)).output

    assert world.heard == [(0 * HOUR, "text")]
    assert output["stopped"] == "no answer to the opening"
    assert "MessagesNotSent" not in world.meter.counts


def test_who_answers_at_the_last_moment_and_then_falls_silent_gets_every_message_in_time() -> None:
    world = lee(say("3", 24 * HOUR - MINUTE))

    world.run(definition("welcome-from-store"))

    assert [at for at, _ in world.heard][-1] == 24 * HOUR - MINUTE + 46 * HOUR
    assert "MessagesNotSent" not in world.meter.counts
    assert "quiet-after-a-day" in world.tags


def test_any_other_words_are_an_answer_too_and_earn_nothing() -> None:
    world = lee(say("你们几点开门？", HOUR))

    world.run(definition("welcome-from-store"))

    assert world.heard[1] == (HOUR, "text")
    assert world.points == []


def test_the_answer_that_meets_the_time_limit_is_taken() -> None:
    world = lee(say("1", 24 * HOUR), late=True)

    execution = world.run(definition("welcome-from-store"))

    assert execution.states.count("1 Ask occasion") == 2
    assert "likes-bridal" in world.tags
    assert "quiet-after-store" not in world.tags


def test_who_unfollows_hears_nothing_more_and_is_forgotten() -> None:
    world = lee(say("1", HOUR), unfollow(2 * HOUR), deaf=True)

    execution = world.run(definition("welcome-from-store"))

    assert execution.states[-1] == "Follower is gone"
    assert len(world.wechat.arrived) == 1
    assert world.records.follower is None


def test_a_busy_wechat_is_tried_again_and_nothing_comes_twice() -> None:
    world = lee(say("1", HOUR))
    world.wechat.failures = [WeChatBusyError(-1, "busy")] * 3

    world.run(definition("welcome-from-store"))

    assert [content for _, content in world.heard] == ["text", "text", "news", "menu", "text"]
    assert world.points == [50]


def test_a_message_that_wechat_refuses_does_not_end_the_run() -> None:
    world = lee(say("1", HOUR))
    world.wechat.failures = [WindowClosedError(45015, "response out of time limit")]

    execution = world.run(definition("welcome-from-store"))

    assert execution.error is None
    assert world.meter.counts["MessagesNotSent"] >= 1
    assert "quiet-after-a-day" in world.tags


@pytest.mark.parametrize(("language", "greeting"), [("en", "Welcome to XYZ"), ("zh", "欢迎来到 XYZ")])
def test_everybody_is_greeted_in_their_language(language: str, greeting: str) -> None:
    entry = next(entry for entry in ENTRIES if entry.name == "welcome-from-store")

    assert entry.opening is not None
    assert localise(entry.opening, language, "zh")["text"].startswith(greeting)
