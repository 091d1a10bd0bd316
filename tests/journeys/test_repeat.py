"""Steps that are repeated, on the compiled journey in virtual time and in the simulator."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.journeys.test_waits import DONE, HOUR, HOURS, LEE, MINUTE
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import Act, World, click, note, say, tell, world_of
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, QuietHours, Trigger
from wejourney.messaging.contents import Text
from workbench.compiler.naming import LONGEST
from workbench.compiler.state_machine import compile_journey, places_of_states
from workbench.compiler.transitions import most_transitions
from workbench.language.durations import DAY, longest_silence
from workbench.language.journey import Journey
from workbench.language.reading import read_text
from workbench.language.step_types import Ask, Award, Branch, Case, Repeat, Send, Set, Step, Stop, Wait
from workbench.language.traversal import places_of
from workbench.proof.prove import prove

DAYS = timedelta(days=1)
PAID = Condition(tags=("paid",))
UNTIL: dict[str, tuple[Condition, Callable[[timedelta], Act]]] = {
    "a tag": (PAID, lambda after: tell("tag", after, tag="paid")),
    "a fact": (Condition(member=True), lambda after: note(after, member="true")),
    "an event": (
        Condition(events=(EventCount(EventPattern("click", key="PAY")),)),
        lambda after: click("PAY", after),
    ),
    "one of two": (
        Condition(any=(PAID, Condition(customer=True))),
        lambda after: note(after, customer="true"),
    ),
}


def made(*steps: Step, quiet: QuietHours | None = None) -> Journey:
    return Journey("made-up", {"any": "T"}, Trigger("click", key="go"), steps, quiet=quiet)


def lived(journey: Journey, *acts: Act) -> World:
    return world_of(journey, acts=[click("go", timedelta()), *acts], follower=LEE).live_on(60 * DAYS)


@pytest.mark.parametrize("until", UNTIL)
@pytest.mark.parametrize("times", [2, 3, 5, 12])
def test_steps_are_repeated_at_each_pause_until_the_condition_holds_or_the_rounds_are_over(
    times: int, until: str
) -> None:
    condition, act = UNTIL[until]
    journey = made(Repeat(3 * DAY, times, condition, (Award(1, "round"),)), DONE)
    for paid in (None, *(timedelta(days=3 * number) + HOUR for number in range(times))):
        world = lived(journey, *([] if paid is None else [act(paid)]))
        rounds = [3 * number * DAYS for number in range(times)]
        assert len(world.points) == sum(paid is None or at < paid for at in rounds), paid
        assert world.tags - {"paid"} == {"done"}


@pytest.mark.parametrize("answered", range(4))
def test_what_a_round_has_asked_can_end_the_repeating(answered: int) -> None:
    ask = Ask("ready", HOURS, Text({"any": "Ready?"}), {"yes": ("yes",), "no": ("no",)})
    journey = made(Repeat(DAY, 3, Condition(answers={"ready": "yes"}), (ask,)), DONE)
    acts = [say("yes" if number == answered else "no", number * DAYS + MINUTE) for number in range(3)]

    assert len(lived(journey, *acts).texts) == min(3, answered + 1)


@pytest.mark.parametrize("quiet", [None, QuietHours(22 * 60, 8 * 60)], ids=["always", "quiet"])
@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize("paid", [None, 0, 1, 2])
def test_the_simulator_repeats_as_the_deployed_journey_does(
    paid: int | None, *, stops: bool, quiet: QuietHours | None
) -> None:
    ended = Branch((Case(Condition(tags=("enough",)), (Stop("enough"),)),))
    inner = Repeat(HOURS, 2, Condition(member=True), (Set({"city": "Paris"}), Award(1, "inner")))
    steps: tuple[Step, ...] = (
        Send(Text({"any": "Hello"}), not_sent=(Award(2, "unsent"),)),
        inner,
        *([ended] if stops else []),
    )
    both = Agreement.of(made(Repeat(13 * HOURS, 3, PAID, steps), DONE, quiet=quiet))
    acts = [click("go", timedelta()), tell("tag", 14 * HOUR, tag="enough")]
    acts += [] if paid is None else [tell("tag", 13 * HOUR * paid + MINUTE, tag="paid")]

    assert both.deployed(acts, (), "current") == both.simulated(acts, (), "current")


@pytest.mark.parametrize("times", range(2, 13))
def test_each_round_has_a_place_a_name_and_its_share_of_the_longest_run(times: int) -> None:
    send = Send(Text({"any": "Hello"}), not_sent=(Award(2, "unsent"),))
    journey = made(Repeat(DAY, times, PAID, (send, Wait(HOURS))), DONE)
    states = compile_journey(journey, "made-up.yaml")["States"]
    places = places_of(journey)

    assert all(len(name) <= LONGEST for name in states)
    assert {place.step for place in places_of_states(journey).values()} <= places.keys()
    assert all(re.fullmatch(r"[12]|1\.round\d+\.[1-4](\.not_sent\.1)?", place) for place in places)
    assert {f"1.round{number}.1" for number in range(1, times + 1)} <= places.keys()
    assert longest_silence(journey.steps) == times * HOURS + (times - 1) * DAY
    assert most_transitions({"States": states, "StartAt": next(iter(states))}) <= 6 * times + 1


@pytest.mark.parametrize("rounds", [2, 6, 12])
def test_twelve_rounds_of_questions_and_tags_are_proved(rounds: int) -> None:
    hello = Text({"any": "Ready?"})
    ask = Ask("ready", 12 * HOURS, hello, {"yes": (), "no": ()}, unanswered=(Stop("no answer"),))
    send = Send(Text({"any": "Good"}))
    steps = (ask, Branch((Case(Condition(answers={"ready": "yes"}, tags=("vip",)), (send,)),)), send)
    until = Condition(tags=("paid",), points_from=10)
    written = replace(made(), trigger=Trigger("text", keywords=("go",)))
    fitting = replace(written, steps=(Repeat(12 * HOURS, rounds, until, steps), DONE))
    late = replace(written, steps=(Repeat(2 * DAY, rounds, until, steps), DONE))

    assert prove(fitting, RULE_SETS["current"]) == ()
    assert prove(late, RULE_SETS["current"])[0].confirmed


def repeated(until: str, steps: str, times: int = 3) -> str:
    fields = f"every: 1d, times: {times}, until: {{{until}}}, steps: [{steps}]"
    return f"title: T\ntrigger: {{event: follow}}\nsteps:\n  - repeat: {{{fields}}}\n  - tag: end\n"


ASKED = "{ask: {name: q, text: a, choices: {y: yes}, within: 1h, unanswered: [{stop: no}]}}"


@pytest.mark.parametrize(
    ("until", "steps", "mistake"),
    [
        ("tag: paid", "{tag: x}", None),
        ("answer: {q: y}", ASKED, None),
        ("event: {event: click, key: K, scope: q}", ASKED, None),
        ("tag: a", "{branch: [{when: {tag: b}, steps: [{tag: c}]}, {otherwise: [{tag: b}]}]}", None),
        ("answer: {other: y}", ASKED, "`other` is not asked"),
        ("tag: paid", f"{ASKED}, {ASKED}", "asked twice"),
        ("tag: paid", "{set: {city: '{answer.q|}'}}", "`q` is not asked"),
        ("tag: paid", "{award: {points: 0, reason: x}}", "at least 1"),
        ("tag: paid", "{stop: x}, {tag: y}", "ended"),
    ],
)  # fmt: skip
def test_a_repeated_step_is_checked_once_and_where_it_is_written(
    until: str, steps: str, mistake: str | None
) -> None:
    reading = read_text(repeated(until, steps), "t", "t.yaml")

    assert [str(one) for one in reading.mistakes if mistake is None or mistake not in str(one)] == []
    assert len(reading.mistakes) == (mistake is not None)
    assert all(one.line == 4 for one in reading.mistakes)


@pytest.mark.parametrize("times", [-1, 0, 1, 13, 1000])
def test_the_number_of_rounds_is_bounded(times: int) -> None:
    reading = read_text(repeated("tag: a", "{tag: b}", times), "t", "t.yaml")

    assert {one.line for one in reading.mistakes} == {4}
