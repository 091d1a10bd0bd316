"""The segments that people may enter who have done nothing but follow, scan or share.

What is known of them is what journeys have noted. What a follow or a scan tells besides (how they came, their
language, what a code says), and stages and counters of what is no deed, may be so or not.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wejourney.events.values import Wanted, fits
from wejourney.journeys.conditions import holds
from wejourney.journeys.definition import Condition
from wejourney.journeys.segments import PeopleRules
from wejourney.messaging.merge_fields import fields_of, replaced
from wejourney.people.codes import is_set_by_codes
from wejourney.people.counters import CounterTest
from wejourney.people.followers import Follower
from wejourney.people.lifecycle import Stage
from wejourney.people.profile_fields import FIELDS, date_name
from workbench.language.step_types import Set, Step, Tag
from workbench.proof.deeds import is_deed

type Truths = frozenset[bool]
"""What a condition may be: true, false, or both."""

_NOBODY = Follower("", "", "", following=True)
_EITHER: Truths = frozenset({True, False})
_TOLD_BY_FOLLOWS = ("source", "scene", "language")


@dataclass(frozen=True)
class PassivePeople:
    """`tags` and `values` (each a name and a text, None for any) are what journeys may have noted of them."""

    rules: PeopleRules
    tags: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str | None]] = frozenset()

    def after(self, step: Step) -> "PassivePeople":
        """The same, if they may also come to this step."""
        if isinstance(step, Tag):
            return replace(self, tags=self.tags.union(step.tags))
        if isinstance(step, Set):
            return replace(self, values=self.values.union(noted_by(step).items()))
        return self

    def segments(self) -> Iterator[str]:
        """Those that they may enter."""
        return (name for name, when in self.rules.segments.items() if True in self._truths(when))

    def _truths(self, when: Condition) -> Truths:
        return _all([*self._noted(when), *self._told(when)])

    def _noted(self, when: Condition) -> Iterator[Truths]:
        """The parts on tags, dates and attributes, and the conditions inside the condition."""
        dates = frozenset(date for name, _ in self.values if (date := date_name(name)) is not None)
        for names, noted in (when.tags, self.tags), (when.dates, dates):
            yield from (frozenset({False, name in noted}) for name in names)
        for names, noted in (when.without_tags, self.tags), (when.without_dates, dates):
            yield from (frozenset({True, name not in noted}) for name in names)
        for name, wanted in when.attributes.items():
            yield self._attribute(name, wanted)
        if when.any:
            yield _not(_all([_not(self._truths(one)) for one in when.any]))
        if when.none is not None:
            yield _not(self._truths(when.none))

    def _attribute(self, name: str, wanted: Wanted) -> Truths:
        texts = [text for noted, text in self.values if noted == name]
        if is_set_by_codes(name) or None in texts:
            return _EITHER
        return frozenset(fits(wanted, text) for text in (None, *texts))

    def _told(self, when: Condition) -> Iterator[Truths]:
        """All other parts."""
        of_set = (name for name, _ in self.values if name in FIELDS)
        either = {name for name in (*_TOLD_BY_FOLLOWS, *of_set) if getattr(when, name, None) is not None}
        if when.stage is not None and self._may_move(when.stage):
            either.add("stage")
        if any(map(self._may_count, when.counters)):
            yield _EITHER
        if either:
            yield _EITHER
        known: dict[str, Any] = dict.fromkeys(either)
        known |= dict.fromkeys(("tags", "without_tags", "dates", "without_dates", "any"), ())
        counters = tuple(test for test in when.counters if not self._may_count(test))
        yield frozenset(
            {holds(replace(when, **known, attributes={}, none=None, counters=counters), _NOBODY, {})}
        )

    def _may_move(self, stage: Stage) -> bool:
        """Whether something that is no deed may move them into this stage, or out of the first one."""
        rules = self.rules.profile.stages
        into = rules if stage is Stage.AWARE else {stage} & rules.keys()
        return any(not is_deed(pattern) for one in into for pattern in rules[one].events)

    def _may_count(self, test: CounterTest) -> bool:
        counted = self.rules.profile.counters.get(test.name, ())
        return any(not is_deed(one.pattern) for one in counted)


def noted_by(step: Set) -> Mapping[str, str | None]:
    """What the step notes by name, None for any text, of people who have answered nothing."""
    noted: dict[str, str | None] = {}
    for name, text in step.values.items():
        is_known = all(field.answer is not None for field in fields_of(text))
        noted[name] = replaced(text, lambda field: field.fallback or "") if is_known else None
    # An empty text changes nothing.
    return {name: text for name, text in noted.items() if text != ""}


def _all(parts: Iterable[Truths]) -> Truths:
    """What it may be that all of these are true."""
    known = tuple(parts)
    may_hold, may_fail = all(True in part for part in known), any(False in part for part in known)
    return frozenset([True] * may_hold + [False] * may_fail)


def _not(truths: Truths) -> Truths:
    return frozenset(not truth for truth in truths)
