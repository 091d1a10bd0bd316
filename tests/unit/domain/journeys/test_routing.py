"""Where an event goes, and why not elsewhere."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, HELP, NOON, OPENID, SUBJECT, WELCOME, event, own
from tests.support.events import body
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.answers import Question
from wejourney.journeys.chance import is_held_out
from wejourney.journeys.definition import Again, Condition, Exit, Trigger
from wejourney.journeys.routing import JourneyEntry, may_open, route
from wejourney.journeys.runs import FollowerState, LiveRun, OpenWait
from wejourney.people.contacts import Contact
from wejourney.people.followers import Follower, lots_of
from wejourney.reasons import (
    AlreadyInJourney,
    AnsweredQuestion,
    ConditionNotMet,
    Fact,
    GoalAlreadyReached,
    HeldOut,
    NoKey,
    NotStarted,
    Part,
    StartedOther,
    TakenOnce,
    TakenOncePer,
    TooEarly,
    WouldExit,
)

FOLLOWER = Follower(APP_ID, OPENID, "person", following=True, tags=frozenset({"vip"}), scene="store-SH01")
STYLE = Question(choices={"bridal": ("1", "Ring"), "gifts": ("2",)})
DAY = timedelta(days=1)


def wait(name: str = "style", minutes: int = 0, question: Question = STYLE) -> OpenWait:
    asked_at = NOON + timedelta(minutes=minutes)
    return OpenWait(f"run-{name}", "1", asked_at, f"t-{name}", {}, name, question)


def known(*runs: LiveRun, waits: tuple[OpenWait, ...] = ()) -> FollowerState:
    return FollowerState(FOLLOWER, runs, waits)


MEMBER = ConditionNotMet((Part(Fact.MEMBER, wanted=False, found=True),))

# --- which journey --------------------------------------------------------------------------------


def test_a_follow_starts_the_journey_whose_condition_holds() -> None:
    assert route(event("subscribe"), FollowerState(), (WELCOME, HELP)).starts is WELCOME
    member = FollowerState(replace(FOLLOWER, member=True))
    found = route(event("subscribe"), member, (WELCOME, HELP))
    assert (found.starts, found.refused) == (None, {"welcome": MEMBER})


def test_the_first_matching_journey_starts_and_the_others_record_which_one() -> None:
    narrow = JourneyEntry("narrow", "v", Trigger(event="follow", scene="store-*"))
    follow = event("subscribe", EventKey="qrscene_store-SH01")
    found = route(follow, FollowerState(), (narrow, WELCOME))
    assert (found.starts, found.refused) == (narrow, {"welcome": StartedOther("narrow")})
    assert route(event("subscribe"), FollowerState(), (narrow, WELCOME)).starts is WELCOME


def test_a_click_starts_the_journey_of_its_key() -> None:
    entry = JourneyEntry("menu", "v", Trigger(event="click", key="points"))
    assert route(event("CLICK", EventKey="points"), FollowerState(), (entry,)).starts is entry
    assert route(event("CLICK", EventKey="other"), FollowerState(), (entry,)).starts is None
    assert route(event("VIEW", EventKey="points"), FollowerState(), (entry,)).starts is None


def test_a_journey_that_another_one_starts_is_meant_by_name() -> None:
    entries = tuple(JourneyEntry(name, "v", Trigger(event="journey")) for name in ("first", "second"))
    assert route(own("journey", journey="second", by="x"), known(), entries).starts is entries[1]

    by_welcome = JourneyEntry("second", "v", Trigger(event="journey", name="welcome"))
    assert route(own("journey", journey="second", by="welcome"), known(), (by_welcome,)).starts is by_welcome
    assert route(own("journey", journey="second", by="x"), known(), (by_welcome,)).refused == {}


def test_only_events_that_may_be_greeted_need_the_follower() -> None:
    assert may_open(event("subscribe"), (WELCOME, HELP))
    assert not may_open(event("text", Content="help"), (WELCOME, HELP))
    assert not may_open(event("LOCATION"), (WELCOME, HELP))


def test_a_repeated_delivery_is_recognised_by_the_run_that_it_started() -> None:
    follow = event("subscribe")
    found = route(follow, known(LiveRun("welcome", "run", follow.id)), (WELCOME,))
    assert (found.starts, found.again) == (WELCOME, True)
    gone = route(follow, known(LiveRun("deleted", "run", follow.id)), (WELCOME,))
    assert (gone.starts, gone.again) == (None, True)


# --- again ----------------------------------------------------------------------------------------

ALWAYS, NEVER = Again(), Again("never")
AFTER, PER = Again("after", seconds=30 * 86_400), Again("per", key="order")


def bought(order: str | None = "7", at: Any = NOON) -> InboundEvent:
    fields = {} if order is None else {"order": order}
    return own_event(body("payment", **fields), f"{order}{at}", SUBJECT, at)


def thanks(again: Again) -> JourneyEntry:
    return JourneyEntry("thanks", "v", Trigger("payment"), again=again)


def run(*, key: str = "", days_ago: int = 1, ended: bool = True, journey: str = "thanks") -> LiveRun:
    return LiveRun(
        journey, "r", "e", key=key, started_at=NOON - days_ago * DAY, retain_after_end=True, ended=ended
    )


@pytest.mark.parametrize(
    ("again", "before", "reason"),
    [
        (ALWAYS, run(), None),
        (ALWAYS, run(ended=False), AlreadyInJourney()),
        (ALWAYS, run(ended=False, journey="another"), None),
        (NEVER, None, None),
        (NEVER, run(), TakenOnce(NOON - DAY)),
        (NEVER, replace(run(), started_at=None), TakenOnce()),
        (AFTER, run(days_ago=29), TooEarly(NOON - 29 * DAY)),
        (AFTER, run(days_ago=30), None),
        (AFTER, run(days_ago=31, ended=False), AlreadyInJourney()),
        (AFTER, replace(run(), started_at=None), None),
        (PER, run(key="7"), TakenOncePer("order", "7", NOON - DAY)),
        (PER, run(key="7", ended=False), AlreadyInJourney()),
        (PER, run(key="8"), None),
        (PER, run(key="8", ended=False), None),
    ],
)
def test_the_rule_of_reentry_decides_whether_a_journey_starts_again(
    again: Again, before: LiveRun | None, reason: NotStarted | None
) -> None:
    state = known(*([before] if before else []))
    found = route(bought(), state, (thanks(again),))
    assert found.refused == ({} if reason is None else {"thanks": reason})
    assert (found.starts is None) is (reason is not None)


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        ({"goal": Condition(tags=("vip",))}, GoalAlreadyReached()),
        ({"exits": (Exit(Condition(tags=("vip",)), "is one"),)}, WouldExit("is one")),
        ({"goal": Condition(tags=("bought",)), "exits": (Exit(Condition(member=True), "is one"),)}, None),
        ({"goal": Condition(events=(EventCount(EventPattern("follow")),))}, None),
    ],
)
def test_a_follower_who_meets_the_goal_or_an_exit_does_not_start(
    ends: dict[str, Any], reason: NotStarted | None
) -> None:
    entry = JourneyEntry("help", "v", Trigger("follow"), **ends)
    found = route(event("subscribe"), known(), (entry,))
    assert found.refused == ({} if reason is None else {entry.name: reason})
    assert (found.starts is None) == (reason is not None)


def test_an_event_without_the_key_starts_nothing() -> None:
    found = route(bought(None), known(), (thanks(PER),))
    assert (found.starts, found.refused) == (None, {"thanks": NoKey("order")})


def test_a_run_whose_end_was_never_recorded_expires() -> None:
    lost = replace(run(ended=False), expires_at=NOON)
    assert route(bought(), known(lost), (thanks(ALWAYS),)).starts is not None
    assert route(bought(at=NOON - timedelta(seconds=1)), known(lost), (thanks(ALWAYS),)).starts is None


# --- held out -------------------------------------------------------------------------------------


def seen_as(subject: Subject, life: str) -> FollowerState:
    """Somebody who is a stranger, is known, has come back, or has a second contact by now."""
    known_one = replace(FOLLOWER, app_id=subject.app_id, openid=subject.openid)
    match life:
        case "known":
            return FollowerState(known_one)
        case "came back":
            return FollowerState(replace(known_one, person_id="another"))
        case "has another contact":
            return FollowerState(known_one.joined_by(Contact("wxother", "o", "c2")))
        case _:  # a stranger
            return FollowerState()


@pytest.mark.parametrize("life", ["stranger", "known", "came back", "has another contact"])
def test_a_holdout_stays_with_the_person(life: str) -> None:
    half = replace(WELCOME, holdout=50)
    people = [f"openid-{number}" for number in range(20)]
    states = {one: seen_as(Subject(APP_ID, one), life) for one in people}
    routes = {one: route(event("subscribe", openid=one), states[one], (half,)) for one in people}

    out = {one for one in people if is_held_out(lots_of(Subject(APP_ID, one)), "welcome", 50)}
    assert 0 < len(out) < len(people)
    assert {one for one, way in routes.items() if way.starts is None} == out
    assert {way.refused.get("welcome") for one, way in routes.items() if one in out} == {HeldOut()}


# --- answers --------------------------------------------------------------------------------------


def test_only_a_text_message_can_answer() -> None:
    state = known(waits=(wait(),))
    assert route(event("image", MediaId="1"), state, ()).answers is None
    assert route(event("text", Content="1"), state, ()).answer == "bridal"


def test_a_message_goes_to_the_latest_open_question() -> None:
    event_wait = replace(wait("later", 9), question=None, pattern=EventPattern("text"))
    state = known(waits=(wait("first"), wait("second", 1), event_wait))
    found = route(event("text", Content="1"), state, ())
    assert found.answers is not None
    assert found.answers.name == "second"


def test_a_keyword_goes_before_an_answer_that_fits_no_choice() -> None:
    state = known(waits=(wait(),))
    assert route(event("text", Content="help"), state, (HELP,)).starts is HELP
    assert route(event("text", Content="1"), state, (HELP,)).answer == "bridal"
    assert route(event("text", Content="what?"), state, (HELP,)).answer == "other"


def test_journeys_that_an_answer_kept_from_starting_say_so() -> None:
    free = known(waits=(wait(question=Question()),))
    twice = replace(HELP, name="second help")
    found = route(event("text", Content="help"), free, (HELP, twice, WELCOME))
    assert (found.answer, found.starts) == ("help", None)
    assert found.refused == dict.fromkeys(("help", "second help"), AnsweredQuestion("style"))
