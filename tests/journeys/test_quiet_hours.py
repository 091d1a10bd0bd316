"""In quiet hours nothing speaks by itself; what the follower does in them is answered at once.

Every kind of event of the registry, every wait and every retry, in the simulator and as the compiled journey
with the real services.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from tests.support.events import RIGHT
from tests.support.virtual_time.agreement import BEFORE, Agreement
from tests.support.virtual_time.asl import (
    APP_ID,
    OPENID,
    START,
    Act,
    click,
    close_chat,
    note,
    say,
    scan,
    send_media,
    tell,
    world_of,
)
from tests.support.virtual_time.traces import comparable
from wejourney.errors import DailyQuotaSpentError, WeChatError
from wejourney.events.event_types import EVENT_TYPES, OF_THE_CALENDAR, EventType, Source
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, QuietHours, Trigger
from wejourney.messaging.contents import Text
from wejourney.messaging.wechat_errors import ATTEMPTS, TRIED_AGAIN_AFTER
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Ask,
    Branch,
    Case,
    Give,
    HandOver,
    Notify,
    Send,
    Share,
    Split,
    StartJourney,
    Step,
    Stop,
    Tag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)
from workbench.operations.records import open_pauses
from workbench.trace.engine import Compiled, engine_trace
from workbench.trace.trace_events import (
    BranchTaken,
    JourneyCalled,
    Published,
    QuietPause,
    WaitStarted,
)

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
HOURS = 3600
SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = QuietHours(22 * 60, 8 * 60)
EVENING, ONE_O_CLOCK, EIGHT = 12 * HOUR, 15 * HOUR, 22 * HOUR
"""22:00, 01:00 and 08:00, after a start at 10:00 in Shanghai."""

HELLO = Text({"any": "hello"})
SAYS = (Tag(("before",)), Send(HELLO), Tag(("after",)))
SPOKEN_OF = {name: type_ for name, type_ in EVENT_TYPES.items() if type_.narrowings is not None}
FIELDS: dict[str, dict[str, Any]] = {**RIGHT, "text": {"text": "hi"}, "points": {"points": 50, "before": 1}}
NEEDED: dict[str, dict[str, Any]] = {
    "text": {"keywords": ("*",)},
    "click": {"key": "GO"},
    "points": {"at_least": 5},
    "tag": {"name": "vip"},
}
"""What a pattern of the kind must say."""


def happens(type_: EventType, after: timedelta) -> Act:
    fields = FIELDS.get(type_.name, {}) | ({"key": "GO"} if type_.name == "click" else {})
    if type_.name == "journey":
        fields = {"journey": "made-up"}
    return Act(after, {name: value for name, value in fields.items() if name != "by"}, type_.name)


def made(trigger: Trigger, *steps: Step) -> Journey:
    return Journey("made-up", {"any": "T"}, trigger, steps, quiet=NIGHT)


def spoken(
    journey: Journey, acts: list[Act], errors: list[WeChatError | None] | None = None
) -> list[timedelta]:
    """When the follower hears something, after the start; simulated and deployed it is the same."""
    both = Agreement.of(journey, *OTHERS)
    # A message of the follower allows those of the journey.
    opener = "voice" if journey.trigger.event == "image" else "image"
    life = [send_media(opener, -MINUTE), *acts]
    lived = both.deployed(life, errors or [], "current")
    if journey.trigger.event != "schedule":  # The simulator has a calendar of its own.
        assert both.simulated(life, errors or [], "current") == lived
    return [at - START for at, _ in lived.sent]


OTHERS = (Journey("caller", {"any": "C"}, Trigger("tag", name="call"), (StartJourney("made-up"),)),)


def is_quiet(after: timedelta) -> bool:
    return not 8 <= (START + after).astimezone(SHANGHAI).hour < 22


def needed_by(name: str, after: timedelta) -> dict[str, Any]:
    """What a trigger must say; a schedule means the minute in which it comes."""
    at = (START + after).astimezone(SHANGHAI)
    return {"time": at.hour * 60 + at.minute} if name == "schedule" else NEEDED.get(name, {})


@pytest.mark.parametrize(
    ("name", "after"),
    [
        (name, after)
        for name in SPOKEN_OF
        for after in (ONE_O_CLOCK, EVENING, EIGHT - timedelta(seconds=1), EIGHT, EIGHT + HOUR)
        # A date is the follower's; what the calendar means has no seconds.
        if name != "date" and not (name == "schedule" and after.total_seconds() % 60)
    ],
)
def test_a_run_that_no_act_of_the_follower_starts_speaks_after_quiet_hours(
    name: str, after: timedelta
) -> None:
    type_ = SPOKEN_OF[name]
    journey = made(Trigger(name, **needed_by(name, after)), *SAYS)

    at_once = type_.source is Source.ACT or not is_quiet(after)
    assert spoken(journey, [happens(type_, after)]) == [after if at_once else EIGHT]


@pytest.mark.parametrize("name", sorted(SPOKEN_OF.keys() - OF_THE_CALENDAR))
@pytest.mark.parametrize("since", ["step", "entry"])
def test_a_wait_that_no_act_of_the_follower_ends_speaks_after_quiet_hours(
    name: str, since: Literal["step", "entry"]
) -> None:
    type_ = SPOKEN_OF[name]
    wait = WaitEvent(EventPattern(name, **NEEDED.get(name, {})), 20 * HOURS, since, (Stop("late"),))
    journey = made(Trigger("click", key="BEGIN"), wait, *SAYS)

    at_once = type_.source is Source.ACT
    heard = spoken(journey, [click("BEGIN", timedelta()), happens(type_, ONE_O_CLOCK)])
    assert heard == [ONE_O_CLOCK if at_once else EIGHT]


BOOKED = "2026-11-23T01:00"
ENDS: dict[str, tuple[tuple[Step, ...], tuple[Act, ...]]] = {
    "a wait": ((Wait(15 * HOURS), *SAYS), ()),
    "a wait before a split": ((Wait(15 * HOURS), Split("s", (Share(50, SAYS), Share(50, SAYS)))), ()),
    "two waits": ((Wait(13 * HOURS), Wait(HOURS), Send(HELLO)), ()),
    "until a time": ((WaitUntil(60), *SAYS), ()),
    "a time limit of a question": ((Ask("q", 15 * HOURS, unanswered=SAYS),), ()),
    "a time limit of an event": ((WaitEvent(EventPattern("scan"), 15 * HOURS, otherwise=SAYS),), ()),
    "after a time limit": ((WaitEvent(EventPattern("scan"), 15 * HOURS), *SAYS), ()),
    "a date": ((WaitDate("day", 90 * HOURS), *SAYS), (note(HOUR, date_day=BOOKED),)),
    "a date that moves to now": (
        (WaitDate("day", 90 * HOURS), *SAYS),
        (note(HOUR, date_day="2026-12-01"), note(ONE_O_CLOCK, date_day=BOOKED)),
    ),
    "a date that does not come": ((WaitDate("day", 15 * HOURS, otherwise=SAYS),), ()),
    "a chat closed by the staff": ((HandOver("stylist", 20 * HOURS), *SAYS), (close_chat(ONE_O_CLOCK),)),
    "a chat that nobody closes": ((HandOver("stylist", 15 * HOURS), *SAYS), ()),
    "a question after a wait": ((Wait(15 * HOURS), Ask("q", HOURS, HELLO)), ()),
    "a message that may be refused": ((Wait(15 * HOURS), Send(HELLO, not_sent=())), ()),
}


@pytest.mark.parametrize("case", ENDS)
def test_what_ends_by_itself_at_night_speaks_in_the_morning(case: str) -> None:
    steps, acts = ENDS[case]
    journey = made(Trigger("click", key="BEGIN"), *steps)

    (heard,) = spoken(journey, [click("BEGIN", timedelta()), *acts])
    assert heard == (EIGHT + HOUR if case == "two waits" else EIGHT)


TOLD = (
    Notify("store", {"any": "n"}),
    StartJourney("other"),
    Branch((Case(Condition(tags=("vip",)), (Give("coupon", "SPRING"),)),), (Give("offer", "SPRING"),)),
    Ask("told", HOURS, HELLO),
)
"""What no row tells of."""
BEGINS: dict[str, tuple[Trigger, tuple[Step, ...], tuple[Act, ...]]] = {
    "a start": (Trigger("tag", name="x"), TOLD, (tell("tag", ONE_O_CLOCK, tag="x"),)),
    "a move": (
        Trigger("tag", name="x"),
        TOLD,
        (tell("tag", ONE_O_CLOCK, tag="x"), note(18 * HOUR, time_zone="Europe/Paris")),
    ),
    "a wait": (Trigger("scan"), (Wait(13 * HOURS), *TOLD), (scan("s", timedelta()),)),
    "a time limit": (
        Trigger("scan"),
        (Ask("q", 13 * HOURS, unanswered=TOLD),),
        (scan("s", timedelta()),),
    ),
    "a time": (Trigger("scan"), (WaitUntil(23 * 60), *TOLD), (scan("s", timedelta()),)),
    "an event": (
        Trigger("scan"),
        (WaitEvent(EventPattern("tag"), 20 * HOURS), *TOLD),
        (scan("s", timedelta()), tell("tag", ONE_O_CLOCK, tag="x")),
    ),
}


@pytest.mark.parametrize("case", BEGINS)
def test_a_pause_has_a_line_and_what_comes_after_it_is_told_once_when_it_happens(case: str) -> None:
    """As the simulator plays it, and as the history of the run's states tells it."""
    trigger, steps, acts = BEGINS[case]
    journey = made(trigger, *steps)
    both, life = Agreement.of(journey), [send_media("image", -MINUTE), *acts]
    world = both.lived(life, [], "current")
    played = both.played(life, [], "current").play()

    pauses = [(one.at - START, one.until - START) for one in played if isinstance(one, QuietPause)]
    night = {"a start": ONE_O_CLOCK, "an event": ONE_O_CLOCK}.get(case, 13 * HOUR)
    # In Paris it is 21:00, and 22:00 when the question's time is over.
    moved = [(ONE_O_CLOCK, EIGHT), (19 * HOUR, 29 * HOUR)]
    assert pauses == (moved if case == "a move" else [(night, EIGHT)])
    told = QuietPause | Published | JourneyCalled | WaitStarted | BranchTaken
    # The attempts are those of tasks: a Wait is none.
    in_tasks = [one for one in played if isinstance(one, told)][case == "a wait" :]
    history = engine_trace(Compiled.of(journey), [world.attempts], played)
    assert comparable(one for one in history if isinstance(one, told)) == comparable(in_tasks)


@pytest.mark.parametrize("case", BEGINS)
def test_a_timeline_tells_of_a_run_that_pauses_now(case: str) -> None:
    trigger, steps, acts = BEGINS[case]
    world = Agreement.of(made(trigger, *steps)).world(acts, [], "current").live_on(ONE_O_CLOCK)
    state = world.records.read(APP_ID, OPENID)
    assert state.follower is not None

    (pause,) = open_pauses(state, state.follower)
    assert (pause.until, pause.journey) == (START + EIGHT, "made-up")
    state = world.live_on(EIGHT).records.read(APP_ID, OPENID)
    assert list(open_pauses(state, state.follower or BEFORE)) == []


def test_a_journey_that_another_one_starts_at_night_speaks_in_the_morning() -> None:
    journey = made(Trigger("journey"), *SAYS)

    assert spoken(journey, [tell("tag", ONE_O_CLOCK, tag="call")]) == [EIGHT]


def test_an_answer_is_answered_at_once_also_where_a_wait_for_something_else_has_ended() -> None:
    asks = Ask("q", 20 * HOURS, unanswered=(Stop("no answer"),))
    wait = WaitEvent(EventPattern("tag"), HOURS, otherwise=(asks,))
    journey = made(Trigger("click", key="BEGIN"), wait, *SAYS)

    assert spoken(journey, [click("BEGIN", timedelta()), say("yes", ONE_O_CLOCK)]) == [ONE_O_CLOCK]


# --- retries -----------------------------------------------------------------------------------------

JUST_BEFORE = EVENING - timedelta(seconds=5)


@pytest.mark.parametrize("error", ATTEMPTS, ids=lambda error: error.__name__)
@pytest.mark.parametrize("refusals", [1, 2, 5])
@pytest.mark.parametrize("by_act", [True, False])
def test_a_message_that_wechat_refuses_for_now_is_not_tried_again_in_quiet_hours(
    error: type[WeChatError], refusals: int, *, by_act: bool
) -> None:
    """The retry after the day's quota, at midnight, woke followers. Their own act is still answered."""
    trigger = Trigger("text", keywords=("go",)) if by_act else Trigger("tag", name="x")
    start = say("go", JUST_BEFORE) if by_act else tell("tag", JUST_BEFORE, tag="x")

    (heard,) = spoken(made(trigger, *SAYS), [start], [error(1, "")] * refusals)
    tried_for = timedelta(seconds=TRIED_AGAIN_AFTER[error] * refusals)
    if by_act and tried_for <= 10 * MINUTE:
        assert heard == JUST_BEFORE + tried_for
    else:
        assert heard >= EIGHT
        assert not is_quiet(heard)


@pytest.mark.parametrize("error", ATTEMPTS, ids=lambda error: error.__name__)
def test_a_message_that_waits_for_the_morning_has_as_many_attempts_as_any(error: type[WeChatError]) -> None:
    journey = made(Trigger("tag", name="x"), Send(HELLO, not_sent=(Tag(("refused",)),)))
    both = Agreement.of(journey)
    life = [say("anything", -MINUTE), tell("tag", JUST_BEFORE, tag="x")]
    errors = [error(1, "")] * ATTEMPTS[error]

    played = both.simulated(life, errors, "current")
    assert played == both.deployed(life, errors, "current")
    assert (played.sent, (played.profile or {})["tags"]) == ((), ["refused", "x"])


LATE_ACTS: dict[str, tuple[tuple[Step, ...], bool]] = {
    "start": (SAYS, True),
    "answer": ((Ask("q", 20 * HOURS, unanswered=(Stop("no answer"),)), *SAYS), False),
    "event": ((WaitEvent(EventPattern("text", keywords=("go",)), 20 * HOURS), *SAYS), False),
}


@pytest.mark.parametrize("minutes", [0, 9, 11, 59, 60, 61, 240])
@pytest.mark.parametrize("case", LATE_ACTS)
def test_an_act_that_the_queue_has_kept_is_answered_at_once_unless_that_was_too_long(
    case: str, minutes: int
) -> None:
    steps, starts = LATE_ACTS[case]
    journey = made(Trigger("text", keywords=("go",)) if starts else Trigger("scan"), *steps)
    world = world_of(journey, acts=[] if starts else [scan("s", timedelta())]).live_on(ONE_O_CLOCK)
    comes = ONE_O_CLOCK + minutes * MINUTE
    world.live_on(comes)
    world.process(world.event_of(say("go", ONE_O_CLOCK)))

    assert [at for at, _ in world.live_on(2 * DAY).texts] == [comes if minutes <= 60 else EIGHT]


@pytest.mark.parametrize("refusals", [0, 1, 2])
def test_an_opening_that_the_callback_could_not_send_is_an_answer_only_for_some_minutes(
    refusals: int,
) -> None:
    journey = replace(made(Trigger("text", keywords=("go",)), *SAYS), opening=HELLO)
    world = world_of(journey, acts=[say("go", ONE_O_CLOCK)])
    world.wechat.failures = [DailyQuotaSpentError(45009, "")] * refusals
    # As where the callback had no time: the inbox alone sees the message.
    world.clock.pass_to(START + ONE_O_CLOCK)
    world.process(world.event_of(world.ahead.pop(0)))

    heard = [at for at, _ in world.live_on(2 * DAY).texts]
    assert heard == [EIGHT + (refusals - 1) * HOUR if refusals else ONE_O_CLOCK] * 2
