"""What messages tell people of their points and their tier, deployed and simulated alike."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.events import body
from tests.support.virtual_time.asl import APP_ID, OPENID, START, SUBJECT, World
from tests.support.virtual_time.simulated import does, journey, sent, simulation
from wejourney.events.event import own_event
from wejourney.events.matching import EventPattern
from wejourney.journeys.action_types import SendAction
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.messaging.contents import Text
from wejourney.people.counters import CountedEvents, DailyAmounts, day_of
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel
from wejourney.services.perform_actions import Task

TEXT = "{tier|none}: {tier.missing|nothing} to {tier.next|the top}"
LEVELS = (Tier("basic", 0), Tier("silver", 1_000), Tier("gold", 5_000))
PROFILE = ProfileModel(counters={"spend": (CountedEvents(EventPattern("payment"), amount=True),)})
HAS_EARNED = {"balances": {"points": Balance(700, earned={"2026-11": 820})}}
HAS_SPENT = {"counts": {"spend": DailyAmounts.of([(day_of(START), 850)])}}

CASES = {
    "by points": (Tiers(LEVELS), "basic", HAS_EARNED, "basic: 180 to silver"),
    "by spend": (Tiers(LEVELS, counter="spend"), "basic", HAS_SPENT, "basic: 1.50 to silver"),
    "the highest": (
        Tiers(LEVELS),
        "gold",
        {"balances": {"points": Balance(earned={"2026-11": 6_000})}},
        "gold: nothing to the top",
    ),
    "of members only": (Tiers(LEVELS, members_only=True), None, HAS_EARNED, "none: nothing to the top"),
    "a programme without tiers": (Tiers(), None, HAS_EARNED, "none: nothing to the top"),
}


@pytest.mark.parametrize(("tiers", "tier", "has", "text"), CASES.values(), ids=CASES)
def test_a_message_tells_what_is_missing_to_the_next_tier(
    tiers: Tiers, tier: str | None, has: dict[str, Any], text: str
) -> None:
    rules = PeopleRules(PROFILE).with_programme(Programme(tiers=tiers))
    played = simulation(
        journey(f"trigger: {{event: scan}}\nsteps: [{{send: {{text: '{TEXT}'}}}}]"),
        does("scan", timedelta(), scene="x"),
        people=rules,
        start=START,
        tier=tier,
        following=True,
        **has,
    )
    assert [message for _, _, message in sent(played.play())] == [text]

    person = Follower(APP_ID, OPENID, "person", following=True, tier=tier, **has)
    world = World((JourneyEntry("j", "v1", Trigger("scan")),), follower=person)
    world.process(own_event(body("scan", scene="x"), "x", SUBJECT, START))
    world.perform = replace(world.perform, profile=PROFILE, programme=rules.programme)
    run = world.runs.first.run
    travelled = replace(run, follower=replace(run.follower, counts={}))
    world.perform(Task(travelled, (SendAction("1", Text({"any": TEXT})),)))
    assert [content["text"] for _, content in world.wechat.arrived] == [text]
