"""What runs change, tell and choose by, on compiled journeys in virtual time with the real services."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.virtual_time.asl import APP_ID, Act, World, click, say, tell, view, world_of
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.chance import draw
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Mass, Text
from wejourney.people.followers import Follower
from wejourney.reasons import NoChannel
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Ask,
    Award,
    Branch,
    Case,
    EndJourney,
    Give,
    Notify,
    Send,
    Set,
    Share,
    Split,
    StartJourney,
    Step,
    Stop,
    Tag,
    Untag,
    Wait,
    WaitEvent,
)

HOUR, NOW = timedelta(hours=1), timedelta()
HOURS = 3600
LEE = Follower(APP_ID, "lee", "person-lee", following=True, attributes={"size": "S"})
GO = click("go", NOW)


def journey(*steps: Step, name: str = "made-up", trigger: Trigger | None = None, **more: Any) -> Journey:
    return Journey(name, {"any": "T"}, trigger or Trigger("click", key="go"), steps, **more)


def live(*steps: Step, acts: tuple[Act, ...] = (), others: tuple[Journey, ...] = ()) -> World:
    world = world_of(journey(*steps), *others, acts=[GO, *acts], follower=LEE)
    return world.live_on(timedelta(days=3))


# --- what is told ------------------------------------------------------------------------------------


def test_staff_are_told_in_the_language_of_the_account_with_what_is_known() -> None:
    steps = (Ask("size", HOURS), Notify("store-manager", {"zh": "尺码", "en": "wears {answer.size|?}"}))
    world = live(*steps, acts=(say("M", HOUR / 2),))

    ((what, detail),) = world.bus.once
    run = world.runs.first.run
    assert what == "StaffNotified"
    assert detail == {
        "id": f"{run.id}#2",
        "journey": "made-up",
        "run": run.id,
        "person_id": "person-lee",
        "app_id": APP_ID,
        "staff": "store-manager",
        "text": "wears M",
    }


def test_a_coupon_and_an_offer_are_asked_of_the_systems_that_know_them() -> None:
    world = live(Give("coupon", "SPRING"), Give("offer", "tea"))

    assert [(what, detail.get("coupon"), detail.get("offer")) for what, detail in world.bus.once] == [
        ("CouponGiven", "SPRING", None),
        ("OfferMade", None, "tea"),
    ]


def test_a_run_starts_another_journey_of_the_same_follower_and_ends_it() -> None:
    other = journey(
        Tag(("began",)), Wait(5 * HOURS), Tag(("never",)), name="other", trigger=Trigger("journey")
    )
    world = live(StartJourney("other"), Wait(HOURS), EndJourney("other"), others=(other,))

    assert world.tags == {"began"}
    assert world.statuses("other") == ["ended_by_journey"]
    assert world.statuses("made-up") == ["finished"]


def test_a_tag_starts_the_journey_that_waits_for_it_when_the_run_next_waits() -> None:
    other = journey(Tag(("greeted",)), name="other", trigger=Trigger("tag", name="vip"))
    steps = (Tag(("vip",)), Branch((Case(Condition(tags=("greeted",)), (Tag(("too early",)),)),)))

    assert live(*steps, others=(other,)).tags == {"vip", "greeted"}


def test_a_tag_that_was_there_before_starts_nothing() -> None:
    other = journey(Award(1, "r"), name="other", trigger=Trigger("tag", name="vip"))

    assert live(Tag(("vip",)), Wait(60), Tag(("vip",)), others=(other,)).points == [1]


def test_a_tag_that_is_taken_off_again_stays_off() -> None:
    other = journey(Wait(60), name="other", trigger=Trigger("tag", name="x"))

    assert live(Tag(("x",)), Untag(("x",)), Wait(60), others=(other,)).tags == set()


def test_an_untag_can_reach_a_goal() -> None:
    world = world_of(
        journey(
            Tag(("x",)),
            Wait(60),
            Untag(("x",)),
            Wait(60),
            Tag(("late",)),
            goal=Condition(none=Condition(tags=("x",)), member=False),
            trigger=Trigger("click", key="go"),
        ),
        acts=[GO],
        follower=LEE.tagged(add=["x"]),
    )

    assert world.live_on(HOUR).statuses() == ["goal_reached"]


def test_nobody_is_told_of_what_nobody_listens_to() -> None:
    world = live(Tag(("x",)), Award(5, "r"), Set({"city": "Paris"}))

    assert [received.event.kind for received in world.records.only.events.values()] == ["click"]


# --- what is noted -----------------------------------------------------------------------------------


def known(world: World) -> Follower:
    assert world.records.follower is not None
    return world.records.follower


def test_what_is_set_is_known_and_can_be_said() -> None:
    answered = Ask("day", HOURS)
    steps = (
        answered,
        Set({"language": "en", "date.booking": "{answer.day|}", "city": "Paris"}),
        Send(Text({"any": "{attribute.city|?}, {date.booking|?}"})),
    )
    world = live(*steps, acts=(say("2026-12-01", HOUR / 2),))

    assert (known(world).language, known(world).dates) == ("en", {"booking": "2026-12-01"})
    assert known(world).attributes == {"size": "S", "city": "Paris"}
    assert world.texts == [(HOUR / 2, "Paris, 1 December")]


@pytest.mark.parametrize("values", [{"size": "{attribute.unknown|}"}, {"time_zone": "Mars/Base"}])
def test_what_comes_out_empty_or_is_no_zone_changes_nothing(values: dict[str, str]) -> None:
    assert known(live(Set(values))).attributes == {"size": "S"}
    assert known(live(Set(values))).time_zone is None


def test_a_message_after_a_wait_says_what_is_known_by_then() -> None:
    text = Send(Text({"any": "{attribute.size|?} {points|0}"}))
    told = tell("profile", HOUR, changes={"size": "L"})
    world = live(Wait(2 * HOURS), text, acts=(told, say("hello", HOUR)))

    assert [said for _, said in world.texts] == ["L 0"]


def test_points_are_told_and_branches_see_the_balance_at_once() -> None:
    rich = Branch((Case(Condition(points_from=100), (Tag(("rich",)),)),))
    gift = journey(Tag(("gift",)), name="gift", trigger=Trigger("points", at_least=120))
    world = live(Award(60, "a"), rich, Award(60, "b"), rich, Wait(60), others=(gift,))

    assert world.points == [60, 60]
    assert world.tags == {"rich", "gift"}
    assert known(world).points == 120


def test_a_balance_is_known_at_once_to_all_that_looks_again() -> None:
    look_again = Notify("staff", {"en": "has {points|0}"})
    steps = (Ask("q", HOURS), Award(60, "a"), look_again, Send(Text({"any": "{points|0} points"})))
    world = live(*steps, acts=(say("x", HOUR / 2),))

    assert [said for _, said in world.texts] == ["60 points"]
    assert [detail["text"] for _, detail in world.bus.once] == ["has 60"]


def test_a_balance_in_a_text_is_that_after_all_awards_whatever_has_woken_the_run() -> None:
    steps = (Award(60, "a"), Award(60, "b"), WaitEvent(EventPattern("points", at_least=60), HOURS))
    world = live(*steps, Send(Text({"any": "{points|0} points"})))

    assert world.texts == [(NOW, "120 points")]


# --- what runs choose by -----------------------------------------------------------------------------


def test_a_split_sends_everybody_the_way_that_they_drew() -> None:
    split = Split("half", (Share(30, (Tag(("a",)),)), Share(20, (Tag(("b",)),)), Share(50, (Tag(("c",)),))))
    for number in range(30):
        person = f"person-{number}"
        lot = draw(person, "made-up#half")
        world = world_of(
            journey(split), acts=[GO], follower=Follower(APP_ID, "lee", "p", following=True, lots=person)
        )
        expected = "a" if lot < 3000 else "b" if lot < 5000 else "c"
        assert world.live_on(HOUR).tags == {expected}


def viewed(at_least: int = 1, scope: str = "run") -> Condition:
    return Condition(events=(EventCount(EventPattern("view"), at_least, scope=scope),))


def branch(condition: Condition) -> Branch:
    return Branch((Case(condition, (Tag(("yes",)),)),), (Tag(("no",)),))


def look(after: timedelta) -> Act:
    return view("https://x", after)


@pytest.mark.parametrize(
    ("condition", "views", "tag"),
    [
        (viewed(), (HOUR,), "yes"),
        (viewed(), (), "no"),
        (viewed(2), (HOUR,), "no"),
        (viewed(2), (HOUR, HOUR * 3 / 2), "yes"),
        (viewed(scope="teaser"), (HOUR,), "no"),
        (viewed(scope="teaser"), (HOUR, 3 * HOUR), "yes"),
        (Condition(none=viewed()), (), "yes"),
        (Condition(any=(viewed(3), viewed(1))), (HOUR,), "yes"),
        (Condition(any=(viewed(3), Condition(none=viewed(1)))), (HOUR,), "no"),
    ],
)
def test_a_branch_looks_at_what_happened(
    condition: Condition, views: tuple[timedelta, ...], tag: str
) -> None:
    steps = (Wait(2 * HOURS), Send(Text({"any": "hi"}), name="teaser"), Wait(2 * HOURS), branch(condition))

    assert live(*steps, acts=tuple(look(after) for after in views)).tags == {tag}


def test_what_happened_is_counted_in_this_run_and_not_in_the_one_before() -> None:
    """# parcelvoy #548: a gate that opened once was open for ever."""
    made = journey(Wait(HOURS), branch(viewed()), trigger=Trigger("payment"))
    acts = [tell("payment", NOW), look(HOUR / 2), tell("payment", 5 * HOUR)]
    world = world_of(made, acts=acts, follower=LEE)

    assert world.live_on(2 * HOUR).tags == {"yes"}
    assert world.live_on(10 * HOUR).tags == {"yes", "no"}


def test_what_starts_a_run_and_its_message_in_one_second_is_no_reaction_to_the_message() -> None:
    made = journey(
        Send(Text({"any": "hi"}), name="teaser"),
        Wait(HOURS),
        branch(viewed(scope="teaser")),
        trigger=Trigger("view"),
    )
    world = world_of(made, acts=[look(NOW)], follower=LEE)

    assert world.live_on(2 * HOUR).tags == {"no"}


def test_a_branch_on_events_right_after_a_wait_for_an_answer_looks_at_them() -> None:
    steps = (Ask("q", 5 * HOURS), branch(viewed()))

    assert live(*steps, acts=(look(HOUR), say("x", 2 * HOUR))).tags == {"yes"}


# --- how runs end, and channels ------------------------------------------------------------------------


def test_a_stop_at_the_goal_says_so() -> None:
    assert live(Stop("bought a ring", goal=True)).output()["goal"] is True
    assert "goal" not in live(Stop("no answer")).output()


def test_a_message_without_a_channel_in_this_deployment_is_not_sent_and_says_why() -> None:
    world = live(Send(Mass({"any": "hi"}), not_sent=(Tag(("unsent",)),)))

    (message,) = world.records.only.messages.values()
    assert (message.status, message.reason) == ("not_sent", NoChannel("mass"))
    assert world.tags == {"unsent"}
