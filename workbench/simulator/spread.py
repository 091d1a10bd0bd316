"""In what the people of a population differ: the values that the branches of a journey tell apart.

Whatever no rates say is spread evenly over them, so that every case has people.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import chain, islice, product
from random import Random
from typing import assert_never

from wejourney.events.event_types import Followed
from wejourney.events.text_matching import keyword, matches_glob
from wejourney.events.values import IsKnown, NumberRange, Wanted, fits
from wejourney.journeys.conditions import holds
from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import NO_BALANCE, BalanceTest
from wejourney.messaging.merge_fields import OTHER
from wejourney.people.bookings import BOOKING_TIME
from wejourney.people.counters import NOTHING_COUNTED, CounterTest, DailyAmounts, day_of
from wejourney.people.followers import Follower
from wejourney.people.lifecycle import Stage
from wejourney.people.profile_fields import YES_OR_NO_FIELDS
from wejourney.plain_data import changed
from wejourney.wire.official_account.subscribe_scenes import SOURCES
from workbench.language.journey import Journey
from workbench.language.parse_values import LANGUAGES
from workbench.language.step_types import Ask, Branch
from workbench.language.traversal import conditions_in, endings_of, parts_of_step, steps_of
from workbench.proof.facts import Among, Between, Facts, Key, Known, NotAmong, Texts, balance_of, decide
from workbench.simulator.persona import STARTS

type Value = str | int | bool | None
type Values = Mapping[Key, Value]
"""The values of one person, by what they are about: `("tag", "vip")`, `("points",)`, `("scene",)`."""

_MOST_ALTERNATIVES = 64
_MOST_TRIES = 20
_SOMETHING = "something"
SCENE, SOURCE, LANGUAGE, MEMBER = ("scene",), ("source",), ("language",), ("member",)
COUNTER, BALANCE = "counter", "balance"
_FLAGS = {"tags": "tag", "without_tags": "tag", "segments": "segment"} | dict.fromkeys(
    ("dates", "without_dates"), "date"
)


@dataclass(frozen=True)
class Spread:
    """What people of a journey can be, as far as it looks at it.

    `values` are those of each fact, `alternatives` what the trigger's condition lets in.
    """

    journey: Journey
    values: Mapping[Key, tuple[Value, ...]]
    alternatives: tuple[Facts, ...]

    @classmethod
    def of(cls, journey: Journey) -> "Spread":
        verdicts = islice(
            decide(journey.trigger.when, {}, few=lambda several: several[:_MOST_ALTERNATIVES]),
            _MOST_ALTERNATIVES,
        )
        alternatives = tuple(facts for is_met, facts in verdicts if is_met) or ({},)
        values = {
            key: fitting
            for key, known in _told_apart(journey).items()
            if (fitting := tuple(value for value in known if _is_let_in(key, value, alternatives)))
        }
        return cls(journey, values, alternatives)

    def draw(self, chance: Random, given: Values) -> Values:
        """The values of one person who can enter; `given` are those that rates decide."""
        drawn: dict[Key, Value] = {}
        for _ in range(_MOST_TRIES):
            facts = chance.choice(self.alternatives)
            drawn = {key: _drawn(chance, key, known, facts) for key, known in self.values.items()}
            drawn = {**_only(facts), **drawn, **given}
            if not self._has_ended(drawn):
                break
        return drawn

    def _has_ended(self, drawn: Values) -> bool:
        """Whether the goal or an exit keeps this person out from the start."""
        somebody = follower_of(Follower(app_id="", openid="", person_id=""), drawn)
        return any(holds(condition, somebody, {}) for _, condition in endings_of(self.journey))


def follower_of(before: Follower, values: Values) -> Follower:
    """The follower with these values; what has none stays as it was."""
    named: dict[str, dict[str, Value]] = {}
    for (kind, *name), value in values.items():
        if name and kind not in (COUNTER, BALANCE):
            named.setdefault(kind, {})[name[0]] = value
    plain = {key[0]: value for key, value in values.items() if len(key) == 1 and key != SCENE}
    attributes = {name: str(text) for name, text in named.get("attribute", {}).items() if text is not None}
    dates = {name: STARTS.date().isoformat() for name in _held(named, "date") - {BOOKING_TIME}}
    for kind, *names in values:
        if kind == BALANCE:
            asset, part = map(str, names)
            known = before.balances.get(asset, NO_BALANCE)
            before = before.having(asset, changed(known, **{part: values[kind, asset, part]}))
    return before.changed(
        **plain,
        tags=before.tags | _held(named, "tag"),
        segments=before.segments | _held(named, "segment"),
        attributes={**before.attributes, **attributes},
        dates={**before.dates, **dates},
        counts={**before.counts, **_counts(values)},
    )


def _counts(values: Values) -> dict[str, DailyAmounts]:
    """What was counted when a life begins, so that the sums over these periods are these values."""
    begins = day_of(STARTS.replace(tzinfo=UTC))
    counts: dict[str, DailyAmounts] = {}
    sums: dict[str, tuple[int, int]] = {}
    amounts = [(str(key[1]), int(key[2]), value) for key, value in values.items() if key[0] == COUNTER]
    for name, days, value in sorted((name, days, int(value or 0)) for name, days, value in amounts):
        age, known = sums.get(name, (0, 0))
        # What happened in the longer period, and not in the shorter one before.
        more = DailyAmounts({begins - age: max(0, value - known)})
        counts[name], sums[name] = counts.get(name, NOTHING_COUNTED).plus(more), (days, max(value, known))
    return counts


def _held(named: Mapping[str, Mapping[str, Value]], kind: str) -> frozenset[str]:
    return frozenset(name for name, is_held in named.get(kind, {}).items() if is_held)


# --- what a journey tells apart --------------------------------------------------------------------


def _told_apart(journey: Journey) -> dict[Key, tuple[Value, ...]]:
    """The values of every fact that a branch or the trigger looks at, one for each way to be told apart."""
    conditions = list(_conditions(journey))
    flags = dict.fromkeys(
        (kind, name) for part in conditions for field, kind in _FLAGS.items() for name in getattr(part, field)
    )
    truths = [
        name for name in YES_OR_NO_FIELDS if any(getattr(part, name) is not None for part in conditions)
    ]
    found: dict[Key, tuple[Value, ...]] = {}
    found |= dict.fromkeys((*flags, *((name,) for name in truths)), (True, False))
    found |= _named(conditions)
    found |= _choices(journey, found)
    bounds = {
        bound for part in conditions for bound in (part.points_from, part.points_to) if bound is not None
    }
    if bounds:
        found["points",] = _points(bounds, conditions)
    for key in sorted({balance_of(test.asset, test.part) for part in conditions for test in part.balances}):
        balances = [one for part in conditions for one in part.balances if (one.asset, one.part) == key[1:]]
        found[key] = _amounts(balances)
    counted = {(COUNTER, test.name, test.days) for part in conditions for test in part.counters}
    for key in sorted(counted):
        tests = [one for part in conditions for one in part.counters if (one.name, one.days) == key[1:]]
        found[key] = _amounts(tests)
    patterns = [part.scene for part in conditions if part.scene is not None]
    if patterns:
        follows = journey.trigger.event == Followed.kind
        found[SCENE] = _scenes(journey.trigger.scene if follows else None, patterns)
    return found


def _conditions(journey: Journey) -> Iterator[Condition]:
    branches = (condition for _, step in steps_of(journey) for _, condition in parts_of_step(step).conditions)
    for condition in (journey.trigger.when, *branches):
        yield from (part for _, part in conditions_in(condition, ()))


def _named(conditions: list[Condition]) -> dict[Key, tuple[Value, ...]]:
    """The values of facts that are one of several, and one more that no condition names."""
    others: Mapping[str, Iterable[str]] = {
        "language": (tag for tag in LANGUAGES if "-" not in tag),
        "source": SOURCES.values(),
        "stage": Stage,
        "tier": (OTHER,),
    }
    found: dict[Key, tuple[Value, ...]] = {}
    for name, known in others.items():
        wanted = dict.fromkeys(filter(None, (getattr(part, name) for part in conditions)))
        if wanted:
            found[name,] = (*wanted, *islice((value for value in known if value not in wanted), 1))
    tests: dict[Key, dict[Wanted, None]] = {}
    for kind, field in (("attribute", "attributes"), ("answer", "answers")):
        for part in conditions:
            for name, test in getattr(part, field).items():
                tests.setdefault((kind, name), {})[test] = None
    return found | {
        key: _texts(tuple(wanted), can_be_unknown=key[0] == "attribute") for key, wanted in tests.items()
    }


def _texts(tests: tuple[Wanted, ...], *, can_be_unknown: bool) -> tuple[Value, ...]:
    """One text for each set of tests that a text can meet together; `other` stands for all that meet none."""
    bounds = {bound for test in tests if isinstance(test, NumberRange) for bound in (test.least, test.most)}
    numbers = sorted({bound + more for bound in bounds if bound is not None for more in (-1, 0, 1)})
    named = (test for test in tests if isinstance(test, str))
    is_asked = can_be_unknown and any(isinstance(test, IsKnown) for test in tests)
    # The answer `other` counts as unknown, an attribute of that name does not.
    other = OTHER if can_be_unknown else None
    apart: dict[tuple[bool, ...], Value] = {tuple(fits(test, other) for test in tests): OTHER}
    for text in (*named, *map(str, numbers), _SOMETHING, *([None] if is_asked else [])):
        apart.setdefault(tuple(fits(test, text) for test in tests), text)
    return tuple(sorted(apart.values(), key=lambda value: value == OTHER))


def _choices(journey: Journey, values: Mapping[Key, tuple[Value, ...]]) -> dict[Key, tuple[Value, ...]]:
    """The answers to questions with choices; one that fits none where only that leads to an `otherwise`."""
    steps = [step for _, step in steps_of(journey)]
    asks = {step.name: step for step in steps if isinstance(step, Ask) and step.choices}
    otherwise = {
        name
        for step in steps
        if isinstance(step, Branch) and step.otherwise
        for case in step.cases
        for _, part in conditions_in(case.when, ())
        for name in part.answers
    }
    found: dict[Key, tuple[Value, ...]] = {}
    for name, ask in asks.items():
        looked_at = set(values.get(("answer", name), ())) - {OTHER}
        is_named = any(part.answers.get(name) == OTHER for part in _conditions(journey))
        needs_another = is_named or (name in otherwise and looked_at >= set(ask.choices))
        found["answer", name] = (*ask.choices, OTHER) if needs_another else tuple(ask.choices)
    return found


def _points(bounds: Iterable[int], conditions: list[Condition]) -> tuple[int, ...]:
    """One balance for each set of conditions on points that can hold together."""
    apart: dict[tuple[bool, ...], int] = {}
    for points in sorted({0, *chain.from_iterable((bound - 1, bound, bound + 1) for bound in bounds)}):
        least = (part.points_from is None or points >= part.points_from for part in conditions)
        most = (part.points_to is None or points <= part.points_to for part in conditions)
        if points >= 0:
            apart.setdefault((*least, *most), points)
    return tuple(apart.values())


def _amounts(tests: Sequence[CounterTest | BalanceTest]) -> tuple[int, ...]:
    """One amount for each set of tests that can hold together."""
    bounds = {bound for test in tests for bound in (test.least, test.most) if bound is not None}
    apart: dict[tuple[bool, ...], int] = {}
    for amount in sorted({0, *(bound + more for bound in bounds for more in (-1, 0, 1))}):
        apart.setdefault(tuple(test.allows(amount) for test in tests), amount)
    return tuple(apart.values())


def _scenes(trigger: str | None, patterns: Iterable[str]) -> tuple[str | None, ...]:
    """One scene that fits the trigger for each set of patterns that it can fit; none is one, too."""
    every = (*dict.fromkeys(patterns), *((trigger,) if trigger else ()))
    pieces = {piece for pattern in every for piece in pattern.split("*") if piece}
    fills = ("1", *sorted(pieces), "")
    scenes = dict.fromkeys(
        _filled(pattern, filling)
        for pattern in every
        for filling in product(fills, repeat=min(pattern.count("*"), 2))
    )
    apart: dict[tuple[bool, ...], str | None] = {} if trigger else {(False,) * len(every): None}
    for scene in scenes:
        if scene and (trigger is None or matches_glob(trigger, scene)):
            apart.setdefault(tuple(matches_glob(pattern, scene) for pattern in every), scene)
    return tuple(apart.values())


def _filled(pattern: str, filling: tuple[str, ...]) -> str:
    for text in filling:
        pattern = pattern.replace("*", text, 1)
    return pattern.replace("*", "")


# --- what the trigger lets in ----------------------------------------------------------------------


def _is_let_in(key: Key, value: Value, alternatives: Iterable[Facts]) -> bool:
    return any(_fits(key, value, facts) for facts in alternatives)


def _fits(key: Key, value: Value, facts: Facts) -> bool:
    if key == SCENE:
        return all(
            _is(known, value is not None and matches_glob(other[1], str(value)))
            for other, known in facts.items()
            if other[0] == "scene"
        )
    known = facts.get(key)
    return known is None or _is(known, value)


def _is(known: Known, value: Value) -> bool:
    meant = keyword(value) if isinstance(value, str) else value
    match known:
        case Among():
            return value in known.values or meant in known.values
        case NotAmong():
            return value not in known.values and meant not in known.values
        case Texts():
            return known.allows(value)
        case Between():
            return isinstance(value, int) and known.low <= value <= known.high
        case _:
            assert_never(known)


def _drawn(chance: Random, key: Key, known: tuple[Value, ...], facts: Facts) -> Value:
    """One of the values that fit these facts; the draw takes the same chance whatever fits."""
    fitting = [value for value in known if _fits(key, value, facts)]
    return chance.choice(fitting or list(known))


def _only(facts: Facts) -> Values:
    """The values that the facts leave no choice of."""
    return {
        key: next(iter(known.values))
        for key, known in facts.items()
        if key[0] != "scene" and isinstance(known, Among) and len(known.values) == 1
    }
