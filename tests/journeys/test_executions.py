"""What executions show of the people whom they speak with: nothing."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings

from tests.support.examples.journeys import LIVES, OTHER, Lived, journeys_with_starts, lives
from tests.support.virtual_time.agreement import FOREVER, Agreement
from tests.support.virtual_time.asl import APP_ID, OPENID, Act, World, say, tell
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Send, Set, Stop, Tag, Wait

SECRET = "Geheim"
SOMEBODY = Follower(
    *(APP_ID, OPENID, "person-1"),
    contact_id="contact-1",
    following=True,
    source=f"{SECRET}-source",
    scene=f"store-{SECRET}",
    language="en",
    tags=frozenset({f"{SECRET}-tag", "vip"}),
    tier=f"{SECRET}-tier",
    segments=frozenset({f"{SECRET}-segment"}),
    attributes={"city": f"{SECRET}-city", "phone": f"{SECRET}-13800000000"},
    dates={"booking": "2026-11-24T09:00"},
    lots=f"{SECRET}-lots",
)
"""Each field, as far as any text may stand in it, has a word that is nowhere else."""

WORDS = (SECRET, f'"{OPENID}"', APP_ID, "2026-11-24T09:00")


def shown_of(world: World) -> Iterator[str]:
    """All that the engine has seen."""
    yield from world.shown
    for execution in world.engine.executions.values():
        if execution.result is not None:
            yield json.dumps(execution.result.output, ensure_ascii=False)


def secrets_in(world: World) -> list[str]:
    return [shown for shown in shown_of(world) if any(word in shown for word in WORDS)]


def marked(acts: Iterable[Act]) -> list[Act]:
    """The same acts; what is typed has the word."""
    return [
        replace(act, fields={**act.fields, "Content": f"{act.fields['Content']} {SECRET}"})
        if "Content" in act.fields
        else act
        for act in acts
    ]


@pytest.mark.long
@settings(max_examples=200 // LIVES, deadline=None)
@given(journeys_with_starts(), lives)
def test_no_execution_shows_an_identifier_a_text_or_anything_of_a_profile(
    made: tuple[Journey, Act], lived: list[Lived]
) -> None:
    journey, start = made
    both = Agreement.of(journey, OTHER)
    for acts, errors, rules in lived:
        world = World(both.entries, [start, *marked(acts)], SOMEBODY, rules=rules)
        world.wechat.failures = list(errors)
        world.engine.machines.update(both.machines)
        assert secrets_in(world.live_on(FOREVER)) == []


def test_an_answer_decides_the_way_and_fills_a_text_without_being_shown() -> None:
    hour = timedelta(hours=1)
    steps = (
        Ask("city", 86_400, Text({"any": "Where?"}), retries=1, parse="number"),
        Ask("wish", 86_400, Text({"any": "What?"})),
        Set({"wish": "{answer.wish}"}),
        Wait(3600),
        Branch((Case(Condition(answers={"wish": SECRET}), (Wait(3600), Tag(("read",)))),), (Stop("other"),)),
        Send(Text({"any": "You wish for {answer.wish}"})),
    )
    journey = Journey("random", {"any": "R"}, Trigger("text", keywords=("hello",)), steps)
    both = Agreement.of(journey, OTHER)
    acts = [say("hello", timedelta()), say(f"{SECRET}?", hour), say("7", 2 * hour), say(SECRET, 3 * hour)]
    world = World(both.entries, [*acts, tell("tag", 4 * hour, tag=SECRET)], SOMEBODY)
    world.engine.machines.update(both.machines)

    world.live_on(FOREVER)

    assert "read" in world.tags
    assert f"You wish for {SECRET}" in [text for _, text in world.texts]
    assert len(world.shown) > 8
    assert secrets_in(world) == []
