"""What a path has assumed to be so: what its branches found is kept consistent along it.

A fact is unknown until a branch looks at it; then the path goes both ways, each with its own assumption.
Two conditions that could bear on each other in ways not seen here (counts of events in the last 7 and the
last 30 days) are taken to be independent: more paths are looked at than there are, never fewer.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, assert_never

from wejourney.events.event_types import Followed
from wejourney.events.matching import EventPattern
from wejourney.events.text_matching import is_compared_whole, keyword, matches_glob
from wejourney.events.values import IsKnown, NumberRange, Wanted, fits
from wejourney.journeys.chance import buckets_of
from wejourney.journeys.definition import Condition, Trigger
from wejourney.loyalty.balance import AMOUNTS, POINTS
from wejourney.messaging.merge_fields import OTHER
from wejourney.people.profile_fields import FIELDS, YES_OR_NO_FIELDS, date_name
from workbench.language import step_types

type Key = tuple[Any, ...]
"""What a fact is about: `("tag", "vip")`, `("answer", "size")`, `("points",)`."""


@dataclass(frozen=True)
class Among:
    """The value is one of these."""

    values: frozenset[Any]


@dataclass(frozen=True)
class NotAmong:
    """The value is none of these."""

    values: frozenset[Any]


@dataclass(frozen=True)
class Between:
    """The number lies between these, both included."""

    low: int
    high: int


@dataclass(frozen=True)
class Texts:
    """The text is none of these values, no number in one of `outside`, but one in each of `inside`."""

    values: frozenset[Any] = frozenset()
    inside: frozenset[NumberRange] = frozenset()
    outside: frozenset[NumberRange] = frozenset()

    def allows(self, value: Any) -> bool:
        """Whether the value, None for none, can be like that."""
        fitting = {one for one in self.inside | self.outside if fits(one, value)}
        return value not in self.values and self.inside <= fitting and not self.outside & fitting

    def is_possible(self) -> bool:
        """Whether some text is like that: a number is left between the bounds, fractions included."""
        if not self.inside:
            return True
        low = max((one.least for one in self.inside if one.least is not None), default=-_ENDLESS)
        high = min((one.most for one in self.inside if one.most is not None), default=_ENDLESS)
        spans = ((_low(one), _high(one)) for one in self.outside)
        for least, most in sorted(spans):
            if least > low:
                break
            if most >= high:
                return False
            # What lies just above `most` is left, unless the next span covers that, too.
            low = max(low, most)
        return low <= high


_OFFER = "offer"

type Known = Among | NotAmong | Between | Texts
type Facts = Mapping[Key, Known]
"""What is known; everything that is not a key is unknown."""

TRUE: Known = Among(frozenset({True}))
FALSE: Known = NotAmong(frozenset({True}))
NO_ANSWER: Known = Among(frozenset({None}))
SOME_ANSWER: Known = NotAmong(frozenset({None}))
_ENDLESS = 1 << 62
NEVER: Known = Between(-_ENDLESS, 0)
ANYTHING: tuple[Known, ...] = (NotAmong(frozenset()), Between(-_ENDLESS, _ENDLESS))
"""What says nothing."""


def _low(one: NumberRange) -> int:
    return -_ENDLESS if one.least is None else one.least


def _high(one: NumberRange) -> int:
    return _ENDLESS if one.most is None else one.most


def one_of(*values: Any) -> Known:
    """The fact that the value is one of these."""
    return Among(frozenset(values))


def text_is(*texts: str) -> Known:
    """The fact that the text is one of these, as texts are compared: short ones by what they mean."""
    return one_of(*(keyword(text) if is_compared_whole(text) else text for text in texts))


def _wanted(wanted: Wanted, unknown: frozenset[Any] = frozenset({None})) -> Known:
    """The fact that a text is as wanted; `unknown` are the values that count as none."""
    match wanted:
        case str():
            return text_is(wanted)
        case NumberRange():
            return Texts(inside=frozenset({wanted}))
        case IsKnown():
            return NotAmong(unknown) if wanted.known else Among(unknown)
        case _:
            assert_never(wanted)


def at_least(number: int) -> Known:
    """The fact that the number is this or a higher one."""
    return Between(number, _ENDLESS)


def met(known: Known | None, more: Known) -> Known | None:
    """Both facts as one; None when they contradict each other."""
    match known, more:
        case None, _:
            return more
        case Between(), Between():
            low, high = max(known.low, more.low), min(known.high, more.high)
            return Between(low, high) if low <= high else None
        case NotAmong(), NotAmong():
            return NotAmong(known.values | more.values)
        case Among(), Among():
            values = known.values & more.values
        case Among(), NotAmong():
            values = known.values - more.values
        case NotAmong(), Among():
            values = more.values - known.values
        case (Texts() as texts, Among() as among) | (Among() as among, Texts() as texts):
            values = frozenset(filter(texts.allows, among.values))
        case (Texts() as texts, NotAmong() as others) | (NotAmong() as others, Texts() as texts):
            return replace(texts, values=texts.values | others.values)
        case Texts(), Texts():
            both = Texts(known.values | more.values, known.inside | more.inside, known.outside | more.outside)
            return both if both.is_possible() else None
        case _:  # a number and something else
            raise TypeError(f"{known} and {more} are about different things")
    return Among(values) if values else None


def follow(facts: Facts, others: Facts) -> bool:
    """Whether all the `others` say is so if the facts are."""
    return others.keys() <= facts.keys() and all(
        facts[key] == other or _follows(facts[key], other) for key, other in others.items()
    )


def _follows(known: Known, other: Known) -> bool:
    match known, other:
        case Between(), Between():
            return other.low <= known.low and known.high <= other.high
        case Among(), Among():
            return known.values <= other.values
        case Among(), NotAmong():
            return known.values.isdisjoint(other.values)
        case NotAmong(), NotAmong():
            return other.values <= known.values
        case _:  # not seen to follow: more paths are looked at, never fewer
            return False


def either(known: Known, other: Known) -> Known | None:
    """What is known when one of two facts is so; None when no fact says exactly that."""
    match known, other:
        case Between(), Between():
            touching = max(known.low, other.low) <= min(known.high, other.high) + 1
            return Between(min(known.low, other.low), max(known.high, other.high)) if touching else None
        case Among(), Among():
            return Among(known.values | other.values)
        case NotAmong(), NotAmong():
            return NotAmong(known.values & other.values)
        case Among(), NotAmong():
            return NotAmong(other.values - known.values)
        case NotAmong(), Among():
            return NotAmong(known.values - other.values)
        case Texts(), Texts():
            is_whole = (known.values, known.inside, known.outside) == (
                other.values,
                other.outside,
                other.inside,
            )
            return NotAmong(known.values) if is_whole and len(known.inside | known.outside) == 1 else None
        case (Texts(), Among() | NotAmong()) | (Among() | NotAmong(), Texts()):
            return None
        case _:  # a number and something else
            raise TypeError(f"{known} and {other} are about different things")


def opposite(known: Known) -> Known:
    """The fact that is so when this one is not."""
    match known:
        case Among():
            return NotAmong(known.values)
        case NotAmong():
            return Among(known.values)
        case Between() if known.low == -_ENDLESS:
            return Between(known.high + 1, _ENDLESS)
        case Between():
            return Between(-_ENDLESS, known.low - 1)
        case Texts():  # Of a condition: one range.
            return Texts(known.values, known.outside, known.inside)
        case _:
            assert_never(known)


def assume(facts: Facts, key: Key, known: Known) -> Facts | None:
    """The facts with one more; None when it cannot be."""
    both = met(facts.get(key), known)
    if both is None or (key[0] == "scene" and _no_scene_fits(facts, key, known)):
        return None
    return {**facts, key: both}


def _no_scene_fits(facts: Facts, key: Key, known: Known) -> bool:
    """Whether no scene can be like that: `store-12` without `store-*`, or `store-*` that is `shop-*`, too."""
    for (kind, *pattern), other in facts.items():
        if kind != "scene":
            continue
        if known == other == TRUE and _disjoint(key[1], pattern[0]):
            return True
        if {known, other} == {TRUE, FALSE}:
            narrow, wide = (key[1], pattern[0]) if known == TRUE else (pattern[0], key[1])
            if matches_glob(wide, narrow):
                return True
    return False


def _disjoint(one: str, other: str) -> bool:
    """Whether the beginnings or the ends of two patterns leave no text that fits both."""
    begins, ends = (one.partition("*")[0], other.partition("*")[0]), (_end(one), _end(other))
    same_begin = begins[0].startswith(begins[1]) or begins[1].startswith(begins[0])
    same_end = ends[0].endswith(ends[1]) or ends[1].endswith(ends[0])
    exact = [pattern for pattern in (one, other) if "*" not in pattern]
    return (
        not same_begin
        or not same_end
        or any(not matches_glob(one, it) or not matches_glob(other, it) for it in exact)
    )


def _end(pattern: str) -> str:
    return pattern.rpartition("*")[2]


def after_wait(facts: Facts) -> Facts:
    """What is still known when time has passed: meanwhile anybody may change the profile."""
    kept: dict[Key, Known] = {}
    for key, known in facts.items():
        if key[0] == "event" and isinstance(known, Between):
            # What has happened stays so, unless only the last days count; more may happen.
            if key[2] is None and known.low > 0:
                kept[key] = at_least(known.low)
        elif can_last(key):
            kept[key] = known
    return kept


def about(facts: Facts, keys: Container[Key]) -> Facts:
    """What the facts say about these keys."""
    return {key: known for key, known in facts.items() if key in keys}


def happened(facts: Facts, pattern: EventPattern, keys: Iterable[Key]) -> Facts:
    """The facts after an event that fits this pattern: whatever counts all such events counts one more."""
    after = dict(facts)
    for key in keys:
        if key[0] == "event" and key[3] in ("run", "ever") and _counts_all(key[1], pattern):
            known = facts.get(key)
            after[key] = at_least(max(0, known.low if isinstance(known, Between) else 0) + 1)
    return after


def _counts_all(counted: EventPattern, pattern: EventPattern) -> bool:
    """Whether every event that fits the pattern is counted."""
    return all(
        getattr(counted, spec.name) in (None, (), "*", ("*",), getattr(pattern, spec.name))
        for spec in fields(EventPattern)
    )


def can_last(key: Key) -> bool:
    """Whether a fact about this can outlive a wait: only another follow tells another scene and source."""
    return key[0] in ("answer", "draw", "event", "scene", "source")


def as_told_apart(facts: Facts, values: Mapping[Key, frozenset[Any]]) -> Facts:
    """The facts, as exactly as tests for these values tell them apart."""
    coarse = {key: _as_told_apart(known, values.get(key)) for key, known in facts.items()}
    return {key: known for key, known in coarse.items() if known not in ANYTHING}


def _as_told_apart(known: Known, values: frozenset[Any] | None) -> Known:
    if values is None or isinstance(known, Between):
        return known
    if isinstance(known, NotAmong):
        return NotAmong(known.values & values)
    return known if known.values <= values else NotAmong(values - known.values)


def values_in(condition: Condition) -> Iterator[tuple[Key, frozenset[Any]]]:
    """The values for which the condition looks, by what it looks at."""
    for key, known in _tests(condition):
        if not isinstance(known, Between):
            yield key, known.values
    for inner in (*condition.any, *_none(condition)):
        yield from values_in(inner)


def keys_of(condition: Condition) -> Iterator[Key]:
    """What the condition looks at."""
    yield from (key for key, _ in _tests(condition))
    for inner in (*condition.any, *_none(condition)):
        yield from keys_of(inner)


type _Few = Callable[[list[Facts]], list[Facts]]


def decide(
    condition: Condition, facts: Facts, live: frozenset[Key] | None = None, few: _Few = list
) -> Iterator[tuple[bool, Facts]]:
    """Every verdict that is possible, each with what is known then.

    Of those that differ in nothing about the keys that are `live` (None: all) the first is kept, so that a
    condition with many ways to hold has few. `few` may make less of all that is possible midway.
    """
    return verdicts_of(condition)(facts, live, few)


type Verdicts = Callable[[Facts, frozenset[Key] | None, _Few], Iterator[tuple[bool, Facts]]]


def verdicts_of(condition: Condition) -> Verdicts:
    """`decide` for one condition, which is taken apart once."""
    return _whole(condition).verdicts


def in_common(several: list[Facts], most: int) -> list[Facts]:
    """These facts; where there are more than `most`, only what is so in all of them."""
    if len(several) <= most:
        return several
    first, *others = several
    return [{key: known for key, known in first.items() if all(other.get(key) == known for other in others)}]


@dataclass(frozen=True)
class _Test:
    key: Key
    known: Known

    @cached_property
    def keys(self) -> frozenset[Key]:
        return frozenset({self.key})

    def verdicts(self, facts: Facts, _: frozenset[Key] | None, __: _Few) -> Iterator[tuple[bool, Facts]]:
        for verdict, fact in ((True, self.known), (False, opposite(self.known))):
            here = assume(facts, self.key, fact)
            if here is not None:
                yield verdict, here


@dataclass(frozen=True)
class _Not:
    part: "_Part"

    @property
    def keys(self) -> frozenset[Key]:
        return self.part.keys

    def verdicts(self, facts: Facts, live: frozenset[Key] | None, few: _Few) -> Iterator[tuple[bool, Facts]]:
        return ((not verdict, here) for verdict, here in self.part.verdicts(facts, live, few))


@dataclass(frozen=True)
class _InTurn:
    """Parts that are looked at one after the other, until the verdict about one of them is `ends_on`."""

    parts: tuple["_Part", ...]
    ends_on: bool
    keys: frozenset[Key]

    def verdicts(self, facts: Facts, live: frozenset[Key] | None, few: _Few) -> Iterator[tuple[bool, Facts]]:
        ended: set[object] = set()
        open_yet = [facts]
        for number, part in enumerate(self.parts, start=1):
            later = live if live is None else live.union(*(after.keys for after in self.parts[number:]))
            going: dict[object, Facts] = {}
            for before in few(open_yet):
                for verdict, here in part.verdicts(before, later, few):
                    if verdict is not self.ends_on:
                        going.setdefault(_told_by(here, later), here)
                    elif (told := _told_by(here, live)) not in ended:
                        ended.add(told)
                        yield verdict, here
            open_yet = list(going.values())
        yield from ((not self.ends_on, here) for here in few(open_yet))


type _Part = _Test | _Not | _InTurn


def _told_by(facts: Facts, keys: frozenset[Key] | None) -> object:
    """What facts say about these keys, to be compared."""
    known = facts if keys is None else about(facts, with_scenes(keys, scenes_in(facts)))
    return frozenset(known.items())


def _whole(condition: Condition) -> _Part:
    parts: list[_Part] = [_Test(key, known) for key, known in _tests(condition)]
    if condition.any:
        parts.append(_in_turn(map(_whole, condition.any), ends_on=True))
    parts += (_Not(_whole(inner)) for inner in _none(condition))
    return _in_turn(parts, ends_on=False)


def _in_turn(parts: Iterable[_Part], *, ends_on: bool) -> _Part:
    several = tuple(parts)
    if len(several) == 1:
        return several[0]
    return _InTurn(several, ends_on, frozenset[Key]().union(*(part.keys for part in several)))


def _tests(condition: Condition) -> Iterator[tuple[Key, Known]]:
    for name in YES_OR_NO_FIELDS:
        wanted = getattr(condition, name)
        if wanted is not None:
            yield (name,), TRUE if wanted else FALSE
    for name in ("language", "source"):
        wanted = getattr(condition, name)
        if wanted is not None:
            yield (name,), one_of(wanted)
    if condition.stage is not None:
        yield ("stage",), one_of(condition.stage)
    for test in condition.counters:
        key: Key = ("counter", test.name, test.days)
        if test.least is not None:
            yield key, at_least(test.least)
        if test.most is not None:
            yield key, Between(-_ENDLESS, test.most)
    if condition.tier is not None:
        yield ("tier",), text_is(condition.tier)
    yield from ((("tag", tag), TRUE) for tag in condition.tags)
    yield from ((("tag", tag), FALSE) for tag in condition.without_tags)
    yield from ((("segment", name), TRUE) for name in condition.segments)
    yield from ((("date", name), TRUE) for name in condition.dates)
    yield from ((("date", name), FALSE) for name in condition.without_dates)
    if condition.scene is not None:
        yield ("scene", condition.scene), TRUE
    if condition.points_from is not None:
        yield ("points",), at_least(condition.points_from)
    if condition.points_to is not None:
        yield ("points",), Between(-_ENDLESS, condition.points_to)
    for wanted in condition.balances:
        key = balance_of(wanted.asset, wanted.part)
        if wanted.least is not None:
            yield key, at_least(wanted.least)
        if wanted.most is not None:
            yield key, Between(-_ENDLESS, wanted.most)
    yield from ((("attribute", name), _wanted(value)) for name, value in condition.attributes.items())
    untold = frozenset({None, OTHER})
    yield from ((("answer", name), _wanted(value, untold)) for name, value in condition.answers.items())
    yield from ((offer_of(name), TRUE) for name in condition.offers)
    for count in condition.events:
        yield ("event", count.pattern, count.days, count.scope), at_least(count.at_least)


def _none(condition: Condition) -> Iterable[Condition]:
    return () if condition.none is None else (condition.none,)


# --- what steps and the trigger say about facts ----------------------------------------------------


def scenes_in(keys: Iterable[Key]) -> frozenset[Key]:
    """The patterns of a scene among these keys."""
    return frozenset(key for key in keys if key[0] == "scene")


def with_scenes(keys: frozenset[Key], scenes: frozenset[Key]) -> frozenset[Key]:
    """Keys of interest: where one pattern of a scene is, all are, as they bear on each other."""
    return keys | scenes if scenes_in(keys) else keys


def scene_of(trigger: Trigger) -> Facts:
    return {("scene", trigger.scene): TRUE} if trigger.event == Followed.kind and trigger.scene else {}


def answers_to(ask: step_types.Ask, last_words: frozenset[str]) -> Known:
    """What is known of an answer when it is given; `last_words` end the run and are no answers."""
    return text_is(*ask.choices, OTHER) if ask.choices else NotAmong(frozenset({None}) | last_words)


def draws_of(split: step_types.Split) -> Iterator[Known]:
    """What is known of the lot of those who go each way of a split."""
    for lots in buckets_of(share.percent for share in split.shares):
        yield Between(lots.start, lots.stop - 1)


def after_change(step: step_types.ChangeStep, facts: Facts) -> Facts:
    """What is known after a step that changes something at once."""
    gone = changed_by(step, facts)
    kept = {key: known for key, known in facts.items() if key not in gone}
    return kept | {key: known for key, known in changes_of(step).items() if known is not None}


def changed_by(step: step_types.ChangeStep, keys: Iterable[Key]) -> frozenset[Key]:
    """Those of these facts that the step changes: which offers apply may depend on all of a profile."""
    changes = changes_of(step)
    return frozenset(key for key in keys if key in changes or key[0] == _OFFER)


def changes_of(step: step_types.ChangeStep) -> Mapping[Key, Known | None]:
    """The facts that a step changes, whatever they were before it, with what is known of them after it."""
    match step:
        case step_types.Tag():
            return {("tag", tag): TRUE for tag in step.tags}
        case step_types.Untag():
            return {("tag", tag): FALSE for tag in step.tags}
        case step_types.Set():
            known = dict(_value_of(name, value) for name, value in step.values.items() if name != "time_zone")
            if "language" in step.values:
                known[("language",)] = None if step.reads is None else one_of(step.reads)
            return known
        case step_types.Agree():
            # Who agrees to the membership can spend what was unclaimed.
            return {consent_to(step.purpose): TRUE, **POINTS_UNKNOWN}
        case step_types.Withdraw():
            return {consent_to(step.purpose): FALSE}
        case step_types.Award():
            return POINTS_UNKNOWN
        case step_types.Give() | step_types.StartJourney() | step_types.EndJourney():
            return {}
        case _:
            assert_never(step)


def balance_of(asset: str, part: str) -> Key:
    """What the fact is about how much there is of an asset, apart from the points that can be spent."""
    return ("balance", asset, part)


def offer_of(name: str) -> Key:
    """What the fact is about that an offer of the programme applies to the person."""
    return (_OFFER, name)


POINTS_UNKNOWN: Mapping[Key, None] = dict.fromkeys(
    [("points",), *(balance_of(POINTS, part) for part in AMOUNTS)]
)


def consent_to(purpose: str) -> Key:
    """What the fact is about that the person has agreed to a purpose."""
    return ("consent", purpose)


def consents_needed(step: step_types.RunStep) -> frozenset[Key]:
    """The fact about a consent that decides whether a step's message is sent, if there is one."""
    if isinstance(step, step_types.Send | step_types.Ask) and step.consent and step.content is not None:
        return frozenset({consent_to(step.consent)})
    return frozenset()


def is_withdrawn(step: step_types.RunStep, facts: Facts) -> bool:
    """Whether a step's message is not sent, because its consent has just been withdrawn."""
    return any(facts.get(key) == FALSE for key in consents_needed(step))


def _value_of(name: str, value: str) -> tuple[Key, Known | None]:
    """The fact that a value of `set` is about, and what is known of it; None where the value is merged in."""
    date = date_name(name)
    if date is not None:
        key: Key = ("date", date)
        known = TRUE if value else FALSE
    elif name in YES_OR_NO_FIELDS:
        key, known = (name,), TRUE if value.casefold() == "true" else FALSE
    else:
        key = (name,) if name in FIELDS else ("attribute", name)
        known = NO_ANSWER if not value else one_of(value) if name == "language" else text_is(value)
    return key, None if "{" in value else known
