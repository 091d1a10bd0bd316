"""Who joins, and who reaches a tier, in a simulation as in a deployment."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.virtual_time.simulated import HOUR, MINUTE, does, journey, says, simulation
from wejourney.events.matching import EventPattern
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.people.counters import CountedEvents
from wejourney.people.profile_model import ProfileModel
from workbench.trace.trace_events import RunStarted, TraceEvent

NOW = timedelta()
SPEND = (CountedEvents(EventPattern("payment"), amount=True),)
PEOPLE = PeopleRules(
    ProfileModel(membership="membership", counters={"spend": SPEND}), subscribed_kinds=("payment",)
).with_programme(Programme(tiers=Tiers((Tier("silver", 10_000), Tier("gold", 50_000)), counter="spend")))
JOIN = journey(
    "trigger: {event: text, keywords: join}\nsteps: [{agree: membership}, {send: {text: Thank you}}]\n",
    "join",
)
JOINED = journey("trigger: {event: member.joined}\nsteps: [{tag: greeted}]\n", "joined")
GOLD = journey(
    "trigger: {event: tier.changed, tier: gold, property: {direction: up}}\nsteps: [{tag: told}]\n", "gold"
)
MEMBERS = journey(
    "trigger: {event: text, keywords: who, when: {member: true}}\nsteps: [{tag: y}]\n", "members"
)


def started(trace: list[TraceEvent]) -> list[tuple[str, timedelta]]:
    runs = [one for one in trace if isinstance(one, RunStarted)]
    return [(one.where.journey, one.at - runs[0].at) for one in runs]


def test_who_agrees_in_a_chat_has_joined_once() -> None:
    acts = [says("join", NOW), says("join", HOUR), says("who", 2 * HOUR)]
    played = simulation((JOIN, JOINED, MEMBERS), *acts, people=PEOPLE, following=True).play()
    assert [name for name, _ in started(played)] == ["join", "joined", "join", "members"]


@pytest.mark.parametrize("kind", ["consent_given", "mini_program"])
def test_who_agrees_elsewhere_has_joined(kind: str) -> None:
    told: dict[str, dict[str, Any]] = {
        "consent_given": {"purpose": "membership"},
        "mini_program": {"name": "consent.given", "details": {"purpose": "membership", "version": "1"}},
    }
    acts = [says("hello", NOW), does(kind, MINUTE, **told[kind])]
    played = simulation((JOINED,), *acts, people=PEOPLE, following=True).play()
    assert [name for name, _ in started(played)] == ["joined"]


def test_a_tier_that_a_counter_reaches_starts_its_journey_with_the_payment_that_reaches_it() -> None:
    acts = [
        does("payment", number * HOUR, order=str(number), total=total)
        for number, total in enumerate((9_900, 39_900, 200, 60_000))
    ]
    played = simulation((JOINED, GOLD), says("hello", NOW), *acts, people=PEOPLE, following=True).play()
    assert [name for name, _ in started(played)] == ["gold"]
