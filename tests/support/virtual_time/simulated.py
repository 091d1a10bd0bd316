"""Short ways to play journeys in tests of the simulator."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from tests.support.events import body
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.errors import WeChatError
from wejourney.events.event_types import Followed, TextReceived
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.people.followers import Follower
from wejourney.reasons import Reason
from workbench.language.journey import Journey
from workbench.language.reading import read_text
from workbench.simulator.deployment import (
    APP_ID,
    Person,
    ScriptedEvent,
    SimulatedDeployment,
    simulated_account,
)
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import (
    Answered,
    JourneyRefused,
    MessageNotSent,
    MessageSent,
    RunEnded,
    RunStarted,
    TagsChanged,
    TraceEvent,
)

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""A Monday, ten o'clock in Shanghai."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def journey(text: str, name: str = "played") -> Journey:
    """The journey of a file's text; one with mistakes fails the test."""
    reading = read_text(f"title: T\n{text}", name, f"{name}.yaml")
    assert reading.mistakes == ()
    assert reading.journey is not None
    return reading.journey


def follow(scene: str = "") -> ScriptedEvent:
    return ScriptedEvent(timedelta(), Followed(scene or None))


def says(text: str, after: timedelta) -> ScriptedEvent:
    return ScriptedEvent(after, TextReceived(text))


def taps(item: str, after: timedelta) -> ScriptedEvent:
    return ScriptedEvent(after, TextReceived(item, item))


def does(kind: str, after: timedelta, **fields: Any) -> ScriptedEvent:
    return ScriptedEvent(after, body(kind, **fields))


def simulation(
    journeys: Journey | tuple[Journey, ...],
    *acts: ScriptedEvent,
    answers: Mapping[str, ScriptedEvent] | None = None,
    grants: Mapping[str, int] | None = None,
    rules: str = "current",
    errors: tuple[WeChatError | None, ...] = (),
    start: datetime = START,
    people: PeopleRules = NO_RULES,
    **profile: Any,
) -> Simulator:
    """A simulation of these journeys for a person who does these acts."""
    played = journeys if isinstance(journeys, tuple) else (journeys,)
    deployment = SimulatedDeployment.of(played, simulated_account(RULE_SETS[rules]), people)
    before = Follower(APP_ID, "person", "person", **{"language": "en", **profile})
    person = Person("person", start, before, acts, answers or {}, grants=grants or {})
    return Simulator(deployment, person, errors=errors)


type Told = RunStarted | JourneyRefused | MessageNotSent | Answered | TagsChanged | RunEnded


def of(trace: list[TraceEvent], kind: type[Told]) -> list[tuple[timedelta, str | Reason]]:
    """When, after the start, and what is said of everything of this kind."""
    return [(one.at - START, _said(one)) for one in trace if isinstance(one, kind)]


def _said(event: Told) -> str | Reason:
    match event:
        case RunStarted():
            return event.key
        case JourneyRefused() | MessageNotSent():
            return event.reason
        case Answered():
            return event.answer
        case TagsChanged():
            return " ".join([*(f"+{tag}" for tag in event.added), *(f"-{tag}" for tag in event.removed)])
        case RunEnded():
            return event.end
        case _:
            assert_never(event)


def sent(happenings: list[TraceEvent]) -> list[tuple[timedelta, str, str]]:
    """When, on which channel, and what."""
    return [
        (one.at - START, one.channel, str(one.content.get("text", "")))
        for one in happenings
        if isinstance(one, MessageSent)
    ]
