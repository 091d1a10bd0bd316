"""A population without rates has people for every case of a journey that somebody can take."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, islice
from random import Random
from typing import Any

import pytest

from tests.support.virtual_time.simulated import journey
from wejourney.events.text_matching import matches_glob
from workbench.language.journey import Journey
from workbench.language.reading import read_text
from workbench.language.step_types import Branch, Step
from workbench.language.traversal import paths_of, placed, prefix_of, word_of
from workbench.simulator.assumptions import assumptions
from workbench.simulator.deployment import simulated_account
from workbench.simulator.population import Population
from workbench.simulator.rates import AnswerRate, Rates
from workbench.simulator.spread import Spread

STORES = """
trigger: {event: follow, scene: store-*}
steps:
  - branch:
      - when: {scene: store-sh-*}
        steps: [{tag: sh}]
      - when: {scene: store-bj-*}
        steps: [{tag: bj}]
      - otherwise: [{tag: elsewhere}]
"""


def test_every_case_on_a_scene_has_people_and_the_scenes_are_named() -> None:
    stores = journey(STORES, "stores")
    found = Population((stores,), Rates(), simulated_account(), 3_000).funnel(cores=1)

    for place in ("1.case1.1", "1.case2.1", "1.otherwise.1"):
        assert found.reached[place] / 3_000 == pytest.approx(1 / 3, abs=0.03)
    assert "  QR codes, evenly: store-sh-1, store-bj-1, store-1" in assumptions(stores, Rates(), "en")
    assert "  二维码（平均分布）：store-sh-1、store-bj-1、store-1" in assumptions(stores, Rates(), "zh")


@pytest.mark.parametrize(
    ("trigger", "patterns", "scenes"),
    [
        ("store-*", ["*-sh"], {"store-1", "store--sh"}),
        ("store-*", ["store-*-vip", "store-1*"], {"store-1", "store-1-vip", "store-store--vip", "store-"}),
        (None, ["fair"], {None, "fair"}),
        (None, ["a*", "*b"], {None, "a1", "1b", "ab"}),
        ("fair", ["fair"], {"fair"}),
    ],
)
def test_there_is_a_scene_for_every_set_of_patterns_that_fit_together(
    trigger: str | None, patterns: list[str], scenes: set[str | None]
) -> None:
    cases = "".join(
        f"      - {{when: {{scene: '{pattern}'}}, steps: [{{tag: x}}]}}\n" for pattern in patterns
    )
    narrowed = f", scene: {trigger}" if trigger else ""
    values = Spread.of(journey(f"trigger: {{event: follow{narrowed}}}\nsteps:\n  - branch:\n{cases}")).values

    told = Counter(
        tuple(matches_glob(pattern, str(scene) if scene else None) for pattern in patterns)
        for scene in values["scene",]
    )
    assert set(told.values()) == {1}
    assert len(values["scene",]) == len(scenes)


# --- generated journeys ------------------------------------------------------------------------------

FACTS: list[dict[str, Any]] = [
    *({"tag": tag} for tag in ("vip", "new")),
    *({"without_tag": tag} for tag in ("vip", "old")),
    *({"segment": name} for name in ("big", "small")),
    *({"language": language} for language in ("zh", "en", "fr", "ja")),
    *({"source": source} for source in ("search", "article", "livestream")),
    *({"scene": pattern} for pattern in ("store-*", "store-sh-*", "*-vip", "fair")),
    *({"tier": tier} for tier in ("gold", "silver")),
    *({"points": bounds} for bounds in (100, {"to": 50}, {"from": 50, "to": 500}, {"from": 1_000})),
    *(
        {"balance": {name: bounds}}
        for name in ("stamps", "points.unclaimed")
        for bounds in ({"from": 5}, {"to": 3})
    ),
    *({"attribute": {"city": city}} for city in ("Paris", "Lyon")),
    *({"attribute": {"size": size}} for size in ("52", "54")),
    *({"date": name} for name in ("birthday", "wedding")),
    *({name: truth} for name in ("customer", "member") for truth in (True, False)),
    *({"answer": {"metal": metal}} for metal in ("gold", "rose", "other")),
    *({"answer": {"city": city}} for city in ("Paris", "Lyon")),
    *({"answer": {"fingers": number}} for number in ("1", "3")),
]
ASKS = [
    {"ask": {"name": "metal", "text": "?", "choices": {"gold": ["g"], "rose": ["r"]}, "within": "1d"}},
    {"ask": {"name": "city", "text": "?", "within": "1d"}},
    {"ask": {"name": "fingers", "text": "?", "parse": "number", "within": "1d"}},
]
TRIGGERS: list[dict[str, Any]] = [
    {"event": "follow"},
    {"event": "follow", "scene": "store-*"},
    {"event": "scan", "scene": "fair"},
    {"event": "click", "key": "shop"},
    {"event": "text", "keywords": ["hello"]},
    {"event": "tag", "tag": "invited"},
    {"event": "schedule", "every": "monday", "at": "10:00"},
]
ANSWERED = Rates(otherwise=AnswerRate(answered=100, half_after=60), unfollow=0)
CHAT = ("follow", "scan", "click", "text")
JOURNEYS, PEOPLE = 25, 200


def condition(chance: Random, depth: int = 1) -> dict[str, Any]:
    """One or two facts that are together, or one of two, or not so."""
    kind = chance.choice(("one", "one", "two", "any", "not")) if depth else "one"
    if kind == "any":
        return {"any": [condition(chance, 0), condition(chance, 0)]}
    if kind == "not":
        return {"not": condition(chance, 0)}
    facts = [chance.choice(FACTS) for _ in range(2 if kind == "two" else 1)]
    return {name: value for fact in facts for name, value in fact.items()}


def branch(chance: Random, depth: int) -> dict[str, Any]:
    cases: list[dict[str, Any]] = [
        {"when": condition(chance), "steps": path(chance, depth)} for _ in range(chance.randint(1, 3))
    ]
    return {"branch": [*cases, {"otherwise": path(chance, depth)}]}


def path(chance: Random, depth: int) -> list[dict[str, Any]]:
    return [{"tag": "seen"}, *([branch(chance, depth - 1)] if depth and chance.random() < 0.5 else [])]


def random_journey(seed: int) -> Journey | None:
    """A journey; none if `check` finds a case in it that no follower can take."""
    chance = Random(seed)  # noqa: S311 - no secret hangs on it
    trigger = chance.choice(TRIGGERS)
    # What the trigger's condition excludes can change while a question waits.
    asks = ASKS if trigger["event"] in CHAT else []
    if not asks and chance.random() < 0.6:
        when = {
            name: value for name, value in condition(chance, 0).items() if name not in ("answer", "scene")
        }
        trigger = {**trigger, "when": when} if when else trigger
    written = {"title": "T", "trigger": trigger, "steps": [*asks, branch(chance, 1)]}
    reading = read_text(json.dumps(written), f"journey-{seed}", "journey.yaml")
    return None if reading.mistakes else reading.journey


def places_of_cases(steps: Sequence[Step], prefix: str = "") -> Iterator[str]:
    """The place of the first step of every case."""
    for place, step in placed(steps, prefix):
        for name, inner in paths_of(step):
            inside = prefix_of(place, word_of(name))
            if isinstance(step, Branch):
                yield f"{inside}1"
            yield from places_of_cases(inner, inside)


@pytest.mark.long
def test_every_case_that_somebody_can_take_has_people_in_generated_journeys() -> None:
    journeys = list(islice(filter(None, map(random_journey, count())), JOURNEYS))
    cases = 0
    for generated in journeys:
        found = Population((generated,), ANSWERED, simulated_account(), PEOPLE).funnel(cores=1)
        for place in places_of_cases(generated.steps):
            cases += 1
            assert found.reached[place] > 0, (place, generated)
    assert cases > 3 * JOURNEYS
