"""`since: step` means the step: for the compiled journey with the real services, and for the simulator."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.virtual_time.agreement import BEFORE, Agreement, Life
from tests.support.virtual_time.asl import (
    Act,
    World,
    click,
    follow,
    note,
    say,
    scan,
    send_media,
    tell,
    view,
    world_of,
)
from wejourney.errors import DailyQuotaSpentError, WeChatBusyError, WeChatError
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, QuietHours, Trigger
from wejourney.journeys.runs import OpenWait
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Agree,
    Ask,
    Award,
    Branch,
    Case,
    Give,
    HandOver,
    Notify,
    Send,
    Set,
    Share,
    Split,
    StartJourney,
    Step,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)

MINUTE, HOUR, SECOND = timedelta(minutes=1), timedelta(hours=1), timedelta(seconds=1)
HOURS = 3600
HI = Text({"any": "hi"})
VIEW = EventPattern("view")
WENT, LATE = Tag(("went",)), Tag(("late",))
OTHER = Journey("other", {"any": "O"}, Trigger("journey"), (Notify("x", {"any": "x"}),))
QUOTA = DailyQuotaSpentError(45009, "reach max api daily quota limit")
BUSY = WeChatBusyError(-1, "system busy")

EVENTS: dict[str, tuple[EventPattern, Callable[[timedelta], Act]]] = {
    "view": (VIEW, lambda after: view("u", after)),
    "click": (EventPattern("click", key="K"), lambda after: click("K", after)),
    "scan": (EventPattern("scan"), lambda after: scan("s", after)),
    "text": (EventPattern("text", keywords=("word",)), lambda after: say("word", after)),
    "image": (EventPattern("image"), lambda after: send_media("image", after)),
    "tag": (EventPattern("tag", name="new"), lambda after: tell("tag", after, tag="new")),
    "points": (
        EventPattern("points", at_least=900),
        lambda after: tell("points", after, before=9, points=999),
    ),
    "segment": (EventPattern("segment", name="s"), lambda after: tell("segment", after, segment="s")),
    "payment": (EventPattern("payment"), lambda after: tell("payment", after, total=1)),
    "mini_program": (
        EventPattern("mini_program", name="m"),
        lambda after: tell("mini_program", after, name="m"),
    ),
}

BEFORE_STEP: dict[str, tuple[tuple[Step, ...], timedelta]] = {
    "wait": ((Wait(4 * HOURS),), 4 * HOUR),
    "two waits": ((Wait(HOURS), Wait(3 * HOURS)), 4 * HOUR),
    "until": ((WaitUntil(14 * 60),), 4 * HOUR),
    "date": ((WaitDate("booking", 90 * HOURS),), 47 * HOUR),
    "date that does not come": ((WaitDate("unknown", 4 * HOURS),), 4 * HOUR),
    "unanswered question": ((Ask("q", 4 * HOURS, HI, {"yes": ()}, unanswered=(LATE,)),), 4 * HOUR),
    "wait for another event": ((WaitEvent(EventPattern("link"), 4 * HOURS),), 4 * HOUR),
    "chat that nobody closes": ((HandOver("staff", 4 * HOURS),), 4 * HOUR),
    "event of earlier": ((Wait(4 * HOURS), WaitEvent(EventPattern("location"), HOURS, "entry")), 4 * HOUR),
    "event of before a message": (
        (Wait(4 * HOURS), Send(HI), WaitEvent(EventPattern("location"), HOURS, "entry")),
        4 * HOUR,
    ),
}
"""What is before the wait, and when that is over."""

BETWEEN: dict[str, tuple[Step, ...]] = {
    "nothing": (),
    "tag": (Tag(("a",)),),
    "untag": (Untag(("a",)),),
    "set": (Set({"size": "1"}),),
    "agree": (Agree("newsletter"),),
    "award": (Award(3, "for it"),),
    "give": (Give("coupon", "C"),),
    "notify": (Notify("store", {"any": "t"}),),
    "start": (StartJourney("other"),),
    "branch": (Branch((Case(Condition(member=True), (Tag(("m",)),)),), (Tag(("n",)),)),),
    "branch of waits": (Branch((Case(Condition(member=True), (Wait(HOURS),)),), ()), Tag(("a",))),
    "split": (Split("s", (Share(50, (Tag(("m",)),)), Share(50, ()))),),
}
FEW = ("nothing", "tag", "branch")


def lives(
    steps: tuple[Step, ...], *acts: Act, errors: tuple[WeChatError | None, ...] = ()
) -> tuple[Life, Life]:
    """The life of a follower who acts so: as it is simulated, and as the compiled journey makes it."""
    return lives_of(compiled(steps), *acts, errors=errors)


def compiled(steps: tuple[Step, ...]) -> Agreement:
    return Agreement.of(Journey("j", {"any": "J"}, Trigger("follow"), steps), OTHER)


def lives_of(both: Agreement, *acts: Act, errors: tuple[WeChatError | None, ...] = ()) -> tuple[Life, Life]:
    acted = [follow(), *sorted(acts, key=lambda act: act.after)]
    return both.simulated(acted, errors, "current"), both.deployed(acted, errors, "current")


def tags_of(life: Life) -> set[str]:
    assert life.profile is not None
    return set(life.profile["tags"])


@pytest.mark.parametrize(
    ("before", "between", "kind"),
    [
        (before, between, kind)
        for before in BEFORE_STEP
        for between in BETWEEN
        for kind in EVENTS
        if kind == "view" or (between in FEW and before in ("wait", "until", "date"))
    ],
)
def test_an_event_before_the_step_does_not_end_it_and_one_after_its_begin_does(
    before: str, between: str, kind: str
) -> None:
    steps, over = BEFORE_STEP[before]
    pattern, act = EVENTS[kind]
    wait = WaitEvent(pattern, 2 * HOURS, otherwise=(Tag(("not-within",)),))
    whole = (*steps, *BETWEEN[between], wait, WENT)
    where = send_media("location", 6 * MINUTE)

    both = compiled(whole)
    for at, ends in ((5 * MINUTE, False), (over - SECOND, False), (over + SECOND, True)):
        simulated, deployed = lives_of(both, where, act(at))
        assert simulated == deployed
        assert ("not-within" not in tags_of(deployed)) is ends, (at, deployed)


@pytest.mark.parametrize("kind", EVENTS)
def test_since_entry_still_counts_what_came_before_the_step(kind: str) -> None:
    pattern, act = EVENTS[kind]
    wait = WaitEvent(pattern, 2 * HOURS, "entry", otherwise=(Tag(("not-within",)),))

    simulated, deployed = lives((Wait(23 * HOURS), wait, WENT), act(5 * MINUTE))

    assert simulated == deployed
    assert tags_of(deployed) >= {"went"}
    assert "not-within" not in tags_of(deployed)


@pytest.mark.parametrize("not_sent", [None, (Tag(("refused",)),)])
def test_what_happens_while_a_message_is_tried_in_vain_happens_before_the_next_step(
    not_sent: tuple[Step, ...] | None,
) -> None:
    # In virtual time each try takes ten seconds.
    wait = WaitEvent(VIEW, HOURS, otherwise=(Tag(("not-within",)),))
    steps = (Send(HI), Wait(HOURS), Send(HI, not_sent=not_sent), wait, WENT)
    errors = (None, *[QUOTA] * 100)

    acts = (say("hello", 50 * MINUTE), view("u", HOUR + 15 * SECOND))
    simulated, deployed = lives(steps, *acts, errors=errors)

    assert simulated == deployed
    assert "not-within" in tags_of(deployed)


def test_what_happens_while_a_message_is_tried_until_it_is_sent_happens_before_the_next_step() -> None:
    wait = WaitEvent(VIEW, HOURS, otherwise=(Tag(("not-within",)),))
    steps = (Send(HI), wait, WENT)

    for at, ends in ((5, False), (25, True)):
        simulated, deployed = lives(steps, view("u", at * SECOND), errors=(BUSY, BUSY))
        assert simulated == deployed
        assert ("not-within" not in tags_of(deployed)) is ends


@pytest.mark.parametrize("steps", [(Send(HI),), (Wait(HOURS), Send(HI)), (Send(HI, not_sent=()),)])
@pytest.mark.parametrize("between", [*FEW, "notify", "award"])
def test_a_click_right_after_the_message_counts_however_late_the_wait_is_registered(
    steps: tuple[Step, ...], between: str
) -> None:
    wait = WaitEvent(EventPattern("click"), HOURS, otherwise=(Tag(("not-within",)),))
    journey = Journey("j", {"any": "J"}, Trigger("follow"), (*steps, *BETWEEN[between], wait, WENT))
    world = world_of(journey, acts=[follow()], follower=BEFORE)
    sent = HOUR if isinstance(steps[0], Wait) else timedelta()
    _late(world, click("K", sent + SECOND))

    world.live_on(4 * HOUR)

    assert "went" in world.tags
    assert "not-within" not in world.tags


def _late(world: World, act: Act) -> None:
    """Register the wait a minute late: the follower has acted by then."""
    register = world.records.open_wait

    def open_wait(follower: Follower, wait: OpenWait) -> None:
        world.records.open_wait = register  # type: ignore[method-assign]
        world.clock.pass_(seconds=60)
        world.process(world.event_of(act))
        register(follower, wait)

    world.records.open_wait = open_wait  # type: ignore[method-assign]


def test_an_event_of_before_the_step_that_is_delivered_late_does_not_end_it() -> None:
    wait = WaitEvent(VIEW, 2 * HOURS, otherwise=(Tag(("not-within",)),))
    world = world_of(
        Journey("j", {"any": "J"}, Trigger("follow"), (Wait(4 * HOURS), wait, WENT)),
        acts=[follow()],
        follower=BEFORE,
    )
    world.live_on(4 * HOUR + MINUTE)

    world.process(world.event_of(view("u", 4 * HOUR - MINUTE)))

    assert "not-within" in world.live_on(7 * HOUR).tags


def test_the_wait_after_quiet_hours_counts_from_their_end() -> None:
    # The world starts at 10:00 in the account's zone.
    quiet = QuietHours(12 * 60, 16 * 60)
    wait = WaitEvent(VIEW, HOURS, otherwise=(Tag(("not-within",)),))
    for steps in ((Wait(3 * HOURS), wait), (WaitEvent(EventPattern("link"), 3 * HOURS), wait)):
        journey = Journey("j", {"any": "J"}, Trigger("follow"), (*steps, WENT), quiet=quiet)
        for at, ends in ((4 * HOUR, False), (6 * HOUR + SECOND, True)):
            both = Agreement.of(journey)
            acts = [follow(), view("u", at)]
            simulated, deployed = (
                both.simulated(acts, (), "current"),
                both.deployed(acts, (), "current"),
            )
            assert simulated == deployed
            assert ("not-within" not in tags_of(deployed)) is ends


def test_a_date_that_is_moved_into_the_past_begins_the_next_step_then() -> None:
    wait = WaitEvent(VIEW, 2 * HOURS, otherwise=(Tag(("not-within",)),))
    steps = (WaitDate("booking", 90 * HOURS), wait, WENT)
    moved = note(3 * HOUR, date_booking="2026-11-20")

    for at, ends in ((2 * HOUR, False), (3 * HOUR + SECOND, True)):
        simulated, deployed = lives(steps, moved, view("u", at))
        assert simulated == deployed
        assert ("not-within" not in tags_of(deployed)) is ends


def test_a_question_without_a_content_still_takes_what_was_said_since_the_message_before() -> None:
    steps = (Send(HI), Wait(4 * HOURS), Ask("q", HOURS, unanswered=(Tag(("not-within",)),)), WENT)

    simulated, deployed = lives(steps, say("x", 5 * MINUTE))

    assert simulated == deployed
    assert "not-within" not in tags_of(deployed)


def test_what_is_heard_late_does_not_put_back_what_was_heard_last() -> None:
    ask = Ask("q", HOURS, unanswered=(Tag(("not-within",)),))
    steps = (Wait(2 * HOURS), Send(HI), WaitEvent(VIEW, HOURS, "entry"), ask, WENT)

    simulated, deployed = lives(steps, view("u", MINUTE), say("x", HOUR))

    assert simulated == deployed
    assert "not-within" in tags_of(deployed)


MOMENTS: dict[str, tuple[Step, timedelta]] = {
    "wait": (Wait(4 * HOURS), 4 * HOUR),
    "until": (WaitUntil(14 * 60), 4 * HOUR),
    "date": (WaitDate("booking", 90 * HOURS), 47 * HOUR),
    "date that does not come": (WaitDate("unknown", 4 * HOURS), 4 * HOUR),
    "other event": (WaitEvent(EventPattern("link"), 4 * HOURS), 4 * HOUR),
    "question": (Ask("q", 4 * HOURS, unanswered=(LATE,)), 4 * HOUR),
    "quiet": (Wait(3 * HOURS), 4 * HOUR),
}
"""What is over at a moment, and when that is."""


@pytest.mark.parametrize("kind", ["view", "click", "scan", "tag", "payment"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_event_of_the_second_in_which_a_moment_comes_counts_for_the_step_after_it(
    moment: str, kind: str
) -> None:
    step, over = MOMENTS[moment]
    pattern, act = EVENTS[kind]
    wait = WaitEvent(pattern, 2 * HOURS, otherwise=(Tag(("not-within",)),))
    # The world starts at 10:00 in the account's zone.
    quiet = QuietHours(13 * 60, 14 * 60) if moment == "quiet" else None
    journey = Journey("j", {"any": "J"}, Trigger("follow"), (step, wait, WENT), quiet=quiet)
    both = Agreement.of(journey)

    for at, ends in ((over - SECOND, False), (over, True), (over + SECOND, True)):
        acts = [follow(), act(at)]
        simulated, deployed = both.simulated(acts, (), "current"), both.deployed(acts, (), "current")
        assert simulated == deployed
        assert ("not-within" not in tags_of(deployed)) is ends, at
