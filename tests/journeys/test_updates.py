"""CloudFormation updates functions, their catalogue and machines in some order, while events arrive."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from itertools import permutations
from typing import Any

import pytest

from tests.infra.template import RESOURCES
from tests.support.virtual_time.asl import APP_ID, OPENID, Act, World, say, world_of
from wejourney.adapters.dynamo.items import FOLLOWER, item_of, packed, state_of
from wejourney.adapters.failures import is_lasting
from wejourney.errors import NewerDataError
from wejourney.events.event import Subject, check_is_known
from wejourney.events.event_types import EVENT_TYPES, OtherEvent
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Again, Condition, Exit, QuietHours, Trigger
from wejourney.journeys.routing import JourneyEntry, all_subscribed_kinds, route
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from wejourney.services.perform_actions import Task
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Agree,
    Ask,
    Award,
    Branch,
    Case,
    HandOver,
    Notify,
    Send,
    Set,
    Share,
    Split,
    Step,
    Stop,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
    Withdraw,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEE = Follower(APP_ID, OPENID, "person-lee", following=True, dates={"day": "2026-11-23T09:00"})
TRIGGER = Trigger("text", keywords=("hello",))
DONE = Tag(("done",))
YES = {"yes": ("yes",)}
MEMBER = Condition(member=True)
SCANNED = Condition(events=(EventCount(EventPattern("scan")),))


def text(words: str) -> Text:
    return Text({"any": words})


def journey(*steps: Step, **more: Any) -> Journey:
    return Journey("made-up", {"any": "T"}, TRIGGER, (*steps, DONE), **more)


PLAIN = journey(Send(text("plain")))
FEATURES: Mapping[str, Journey] = {
    "a split": journey(Split("half", (Share(50, (Send(text("one")),)), Share(50, (Send(text("two")),))))),
    "a split after a wait": journey(
        Wait(60), Split("s", (Share(10, (Tag(("x",)),)), Share(90, (Tag(("y",)),))))
    ),
    "two splits": journey(
        Split("a", (Share(50, (Tag(("a1",)),)), Share(50, (Tag(("a2",)),)))),
        Split("b", (Share(50, (Tag(("b1",)),)), Share(50, (Tag(("b2",)),)))),
    ),
    "an opening": journey(Send(text("after")), opening=text("opening")),
    "an opening that asks": journey(
        Ask("q", 3600, choices=YES, unanswered=(Stop("silent"),)), opening=text("opening")
    ),
    "an opening before a branch": journey(
        Branch((Case(MEMBER, (Stop("x"),)),), (Wait(60),)), Send(text("after")), opening=text("opening")
    ),
    "an opening before a split": journey(
        Split("s", (Share(50, (Send(text("one")),)), Share(50, (Send(text("two")),)))),
        opening=text("opening"),
    ),
    "a question": journey(Ask("q", 3600, text("well?"), YES)),
    "a branch": journey(Branch((Case(Condition(answers={}, tags=("x",)), (Tag(("y",)),)),), (Tag(("z",)),))),
    "a branch on events": journey(Branch((Case(SCANNED, (Tag(("y",)),)),), (Tag(("z",)),))),
    "a wait": journey(Wait(600)),
    "a wait until": journey(WaitUntil(20 * 60)),
    "a wait for an event": journey(WaitEvent(EventPattern("scan"), 600)),
    "a wait for its own event": journey(
        Tag(("b",)), WaitEvent(EventPattern("tag", name="b"), 600, "entry", (Tag(("missed",)),))
    ),
    "a wait for its own points": journey(
        Award(5, "x"), WaitEvent(EventPattern("points", at_least=1), 600, "entry", (Tag(("missed",)),))
    ),
    "a wait for a date": journey(WaitDate("day", 86_400)),
    "quiet hours": journey(Wait(600), quiet=QuietHours(22 * 60, 8 * 60)),
    "quiet hours at the start": journey(Send(text("plain")), Wait(60), quiet=QuietHours(9 * 60, 12 * 60)),
    "consents": journey(Agree("newsletter"), Withdraw("newsletter")),
    "profile and points": journey(Set({"size": "1"}), Award(5, "x"), Untag(("x",))),
    "events for others": journey(Notify("staff", {"en": "x"}), HandOver("staff", 600)),
    "a goal and exits": journey(
        Wait(600), goal=MEMBER, exits=(Exit(Condition(tags=("staff",)), "works here"),), goal_within=3600
    ),
    "once": journey(Send(text("plain")), again=Again("never")),
    "a holdout": journey(Send(text("plain")), holdout=1),
}
"""What a new version may have that the old one has not, and the other way round when it is put back."""


@dataclass(frozen=True, eq=False)
class Version:
    """A version of the journey, compiled once for all lives."""

    journey: Journey

    @cached_property
    def definition(self) -> Mapping[str, Any]:
        return compile_journey(self.journey, "made-up.yaml")

    @cached_property
    def entries(self) -> tuple[JourneyEntry, ...]:
        return tuple(catalogue_of([self.journey]))

    @cached_property
    def outcomes(self) -> dict[str, Any]:
        """What comes of it where every part has this version."""
        return dict(outcomes(self, self, (), ()))


VERSIONS = {name: Version(journey) for name, journey in {"plain": PLAIN, **FEATURES}.items()}

PARTS = ("machine", "task", "inbox", "callback")
"""What is updated: the state machine, and the functions, each with its layer of code and its catalogue."""

ORDERS = sorted(
    {
        (tuple(sorted(order[:arrives])), order[arrives:])
        for order in permutations(PARTS)
        for arrives in range(len(PARTS) + 1)
    }
)
"""The parts that are updated when an event arrives, and those that are updated after it, in order: 65."""


@dataclass
class Update:
    """A world of one version of a journey, in which each part can be put to another."""

    world: World
    replied: list[str] = field(default_factory=list)
    """What the callback has said at once."""

    @classmethod
    def of(cls, version: Version) -> "Update":
        update = cls(World(version.entries, follower=LEE))
        update.put("machine", version)
        return update

    def put(self, part: str, version: Version) -> None:
        entries = version.entries
        match part:
            case "machine":
                self.world.engine.deploy(version.journey.name, version.definition)
            case "task":
                self.world.perform = replace(
                    self.world.perform, subscribed_kinds=all_subscribed_kinds(entries)
                )
            case "inbox":
                self.world.process = replace(self.world.process, entries=entries)
            case "callback":
                # The world's own is asked which opening to send.
                self.world.entries = entries
            case _:
                raise ValueError(part)

    def happens(self, act: Act) -> None:
        event, state = self.world.event_of(act), self.world.records.read(APP_ID, OPENID)
        greets = route(event, state, self.world.entries).starts
        if greets is not None and isinstance(greets.opening, Text):
            self.replied.append(greets.opening.text["any"])
        self.world.ahead.append(act)
        self.world.live_on(act.after)


def outcomes(
    old: Version, new: Version, before: Iterable[str], after: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    """What comes of a run that begins after some parts are updated, and is answered after one more."""
    update = Update.of(old)
    for part in before:
        update.put(part, new)
    update.happens(say("hello", timedelta()))
    for part in after[:1]:
        update.put(part, new)
    update.happens(say("yes", 2 * MINUTE))
    for part in after[1:]:
        update.put(part, new)
    world = update.world.live_on(3 * DAY)
    yield "statuses", world.statuses()
    yield "texts", [*update.replied, *(words for _, words in world.texts)]
    yield "tags", world.tags


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("put_back", [False, True], ids=["updated", "put back"])
def test_in_whatever_order_parts_are_updated_no_run_fails_and_none_is_lost(
    feature: str, *, put_back: bool
) -> None:
    """A run goes all of the way of the version of its machine; an opening is said once, whoever says it."""
    old, new = VERSIONS["plain"], VERSIONS[feature]
    if put_back:
        old, new = new, old
    for before, after in ORDERS:
        found = dict(outcomes(old, new, before, after))
        expected = (new if "machine" in before else old).outcomes
        assert (found["statuses"], found["tags"]) == (expected["statuses"], expected["tags"]), (before, after)
        assert without_opening(found) == without_opening(expected), (before, after)
        openings = found["texts"].count("opening")
        assert expected["texts"].count("opening") <= openings <= 1, (before, after)
        assert "opening" not in found["texts"][1:], (before, after)


def without_opening(found: Mapping[str, Any]) -> list[str]:
    return [words for words in found["texts"] if words != "opening"]


# --- a function that does not know yet what it is told ------------------------------------------------


def test_a_machine_waits_an_hour_for_a_function_that_does_not_know_its_actions_yet() -> None:
    for state in compile_journey(FEATURES["a question"], "made-up.yaml")["States"].values():
        if state["Type"] == "Task":
            (waits,) = (retry for retry in state["Retry"] if "NewerDataError" in retry["ErrorEquals"])
            assert "MalformedEventError" in waits["ErrorEquals"], "what earlier versions say of it"
            assert waits["MaxAttempts"] * waits["IntervalSeconds"] == HOUR.total_seconds()


@pytest.mark.parametrize("unknown", ["action", "field", "inner field", "beginning"])
@pytest.mark.parametrize("attempts", [1, 30])
def test_a_run_goes_on_when_its_function_is_updated(unknown: str, attempts: int) -> None:
    """The function does not know a part of what its first state tells it, until it is updated."""
    update = Update.of(VERSIONS["an opening that asks"])
    perform, left = update.world._perform, [attempts]

    def performing(payload: dict[str, Any]) -> dict[str, Any]:
        if left[0]:
            left[0] -= 1
            payload = with_unknown(payload, unknown)
        return perform(payload)

    update.world.engine.perform = performing
    update.happens(say("hello", timedelta()))
    update.happens(say("yes", 2 * MINUTE))

    assert update.world.live_on(DAY).statuses() == ["finished"]
    assert left == [0]


def with_unknown(payload: Mapping[str, Any], unknown: str) -> dict[str, Any]:
    """A payload of a later version."""
    first, *others = payload["actions"]
    match unknown:
        case "action":
            first = {"do": "shout", "step": "1"}
        case "field":
            first = {**first, "volume": 3}
        case "inner field":
            first = {**first, "question": {**first["question"], "patience": 3}}
        case _:
            return {**payload, "begins": {**payload["begins"], "music": "x"}}
    return {**payload, "actions": [first, *others]}


def test_what_every_action_of_this_version_says_is_known() -> None:
    for made in FEATURES.values():
        for state in compile_journey(made, "made-up.yaml")["States"].values():
            payload = state.get("Arguments", {}).get("Payload")
            if payload:
                run = world_of(made, acts=[say("hello", timedelta())], follower=LEE)
                run.begin()
                Task.from_payload({**payload, "run": run.runs.first.run.to_dict()})


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_an_event_with_a_field_that_is_not_known_yet_is_not_taken_without_it(kind: str) -> None:
    """Of events whose fields nothing uses every field is known."""
    told = {"kind": kind, "fields": {"a_field_of_tomorrow": 1}}
    if EVENT_TYPES[kind].body is not OtherEvent:
        with pytest.raises(NewerDataError, match="is an update under way"):
            check_is_known(told)
    check_is_known(told, without_fields=True)


@pytest.mark.parametrize("without_fields", [False, True])
def test_an_event_of_a_kind_that_is_not_known_yet_is_not_taken_as_unknown(*, without_fields: bool) -> None:
    with pytest.raises(NewerDataError):
        check_is_known({"kind": "a_kind_of_tomorrow", "fields": {}}, without_fields=without_fields)


ROWS: dict[str, dict[str, Any]] = {
    "a kind of row": {"sk": f"{FOLLOWER}#TOMORROW#1", "x": 1},
    "a field of a run's goal": {
        "sk": f"{FOLLOWER}#RUN#j#",
        "journey": "j",
        "run_id": "r",
        "event_id": "e",
        "goal": {"mood": "x"},
    },
    "a field of a wait": {
        "sk": f"{FOLLOWER}#WAIT#r",
        "step": "1",
        "token": "t",
        "data": {"asked_at": "2026-11-25T12:00:00+00:00", "run": {}, "mood": 1},
    },
}


@pytest.mark.parametrize("name", ROWS)
def test_a_follower_with_a_row_of_a_later_version_is_read_again_later(name: str) -> None:
    row = {"pk": "wx#lee", **ROWS[name]}
    item = item_of({**row, "data": packed(row["data"])} if "data" in row else row)

    with pytest.raises(NewerDataError) as caught:
        state_of([item], Subject("wx", "lee"))
    assert not is_lasting(caught.value), "the inbox does not put the event aside at once"


# --- the order that the template asks for -----------------------------------------------------------------


def test_the_template_updates_first_who_is_called_and_then_who_calls() -> None:
    machines = {name for name, one in RESOURCES.items() if one["Type"] == "AWS::Serverless::StateMachine"}

    assert RESOURCES["PerformActionsFunction"]["DependsOn"] == "CountJourneysFunction"
    assert machines
    for name in machines:
        substitutions = RESOURCES[name]["Properties"]["DefinitionSubstitutions"]
        assert substitutions["PerformActions"] == {"Fn::GetAtt": ["PerformActionsFunction", "Arn"]}
    assert set(RESOURCES["ProcessInboxFunction"]["DependsOn"]) == machines
    assert RESOURCES["WechatCallbackFunction"]["DependsOn"] == "ProcessInboxFunction"
