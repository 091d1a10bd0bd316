"""A condition taken apart: what each part of it wants, what was there, and whether that is enough."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wejourney.events.text_matching import matches_glob
from wejourney.journeys.conditions import NOTHING, History, happened, holds, how_often
from wejourney.journeys.definition import Condition, EventCount, EventPattern
from wejourney.journeys.serialization import plain
from wejourney.people.followers import Follower

UNKNOWN = "unknown"

MAX_REASON, MAX_VALUE = 200, 40
"""Characters of a reason that is stored with an event, and of one value in it: a name may be a novel."""


@dataclass(frozen=True)
class Part:
    """One thing that is looked at: in words, what is wanted of it, its value, and the verdict.

    `inner` are the parts of a condition inside the condition.
    """

    words: str
    wanted: str
    value: str
    holds: bool
    inner: tuple["Part", ...] = ()


def parts_of(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History = NOTHING
) -> tuple[Part, ...]:
    """The parts of a condition. All of them hold when `conditions.holds` says that the condition does."""
    known = follower or Follower(app_id="", openid="", person_id="")
    return (
        *_of_facts(condition, known),
        *_of_sets(condition, known),
        *_of_what_is_noted(condition, known),
        *(_answer(name, wanted, answers) for name, wanted in condition.answers.items()),
        *(_count(count, history) for count in condition.events),
        *_of_conditions(condition, follower, answers, history),
    )


def unmet(parts: Iterable[Part]) -> str:
    """The parts that do not hold, in words with what was found; at most MAX_REASON characters."""
    return _shortened("; ".join(_told(part) for part in parts if not part.holds), MAX_REASON)


def _told(part: Part) -> str:
    # Inside of a `not`, all hold: that is what is wrong with them.
    blamed = [one for one in part.inner if not one.holds] or part.inner
    if not blamed:
        wanted, value = (_shortened(text, MAX_VALUE) for text in (part.wanted, part.value))
        return f"{part.words} (found {value}, wanted {wanted})"
    told = "; ".join(map(_told, blamed))
    return told if part.words == _ALL_OF else f"{part.words} [{told}]"


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def pattern_words(pattern: EventPattern) -> str:
    """A pattern in words: `payment (at least 500)`."""
    details = [
        f"{name.replace('_', ' ')} {' / '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in plain(pattern).items()
        if name in _NARROWING
    ]
    return f"{pattern.event} ({', '.join(details)})" if details else pattern.event


_ALL_OF = "all of"
_NARROWING = frozenset({"scene", "keywords", "key", "url", "name", "at_least"})


def yes_no(value: bool) -> str:  # noqa: FBT001 - the value is what is put into words
    """A fact as people say it."""
    return "yes" if value else "no"


def _of_facts(condition: Condition, known: Follower) -> Iterator[Part]:
    for name in ("customer", "member"):
        wanted, fact = getattr(condition, name), getattr(known, name)
        if wanted is not None:
            yield Part(name, yes_no(wanted), yes_no(fact), wanted == fact)
    for name in ("language", "source", "tier"):
        wanted, fact = getattr(condition, name), getattr(known, name)
        if wanted is not None:
            yield Part(name, wanted, fact or UNKNOWN, wanted == fact)
    if condition.scene is not None:
        yield Part(
            "scene", condition.scene, known.scene or UNKNOWN, matches_glob(condition.scene, known.scene)
        )


def _of_sets(condition: Condition, known: Follower) -> Iterator[Part]:
    for tag in condition.tags:
        yield _membership(f"tag `{tag}`", wanted=True, found=tag in known.tags)
    for tag in condition.without_tags:
        yield _membership(f"tag `{tag}`", wanted=False, found=tag in known.tags)
    for segment in condition.segments:
        yield _membership(f"segment `{segment}`", wanted=True, found=segment in known.segments)
    for name in condition.dates:
        yield _membership(f"date `{name}` is known", wanted=True, found=name in known.dates)


def _membership(words: str, *, wanted: bool, found: bool) -> Part:
    return Part(words, yes_no(wanted), yes_no(found), wanted == found)


def _of_what_is_noted(condition: Condition, known: Follower) -> Iterator[Part]:
    points = known.points
    if condition.points_from is not None:
        enough = points >= condition.points_from
        yield Part("points", f"at least {condition.points_from}", str(points), enough)
    if condition.points_to is not None:
        yield Part("points", f"at most {condition.points_to}", str(points), points <= condition.points_to)
    for name, wanted in condition.attributes.items():
        value = known.attributes.get(name)
        yield Part(name, wanted, UNKNOWN if value is None else value, value == wanted)


def _answer(name: str, wanted: str, answers: Mapping[str, str]) -> Part:
    given = answers.get(name)
    return Part(f"answer to `{name}`", wanted, "none" if given is None else given, given == wanted)


def _count(count: EventCount, history: History) -> Part:
    scope = {"run": "in this run", "ever": "ever"}.get(count.scope, f"since `{count.scope}`")
    days = f", in the last {count.days} days" if count.days is not None else ""
    return Part(
        f"{pattern_words(count.pattern)} {scope}{days}",
        f"at least {count.at_least} times",
        f"{how_often(count, history)} times",
        happened(count, history),
    )


def _of_conditions(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History
) -> Iterator[Part]:
    if condition.any:
        ways = tuple(_whole(one, follower, answers, history) for one in condition.any)
        held = sum(way.holds for way in ways)
        yield Part("any of", "one", f"{held} of {len(ways)}", held > 0, ways)
    if condition.none is not None:
        inner = parts_of(condition.none, follower, answers, history)
        found = holds(condition.none, follower, answers, history)
        yield Part("not all of", "no", yes_no(found), not found, inner)


def _whole(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History
) -> Part:
    found = holds(condition, follower, answers, history)
    return Part(_ALL_OF, "yes", yes_no(found), found, parts_of(condition, follower, answers, history))
