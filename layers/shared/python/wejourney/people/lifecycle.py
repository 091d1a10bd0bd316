"""The lifecycle of a person: which stages they have reached, and by which events.

A stage is reached when one of its events is on record, and one of the stages that it comes `after` is
reached, whichever was first: so the order in which events arrive changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wejourney.events.event import InboundEvent
from wejourney.events.matching import EventPattern, matches


class Stage(StrEnum):
    """In the order in which people move: nobody moves back."""

    AWARE = "aware"
    FOLLOWER = "follower"
    ENGAGED = "engaged"
    CUSTOMER = "customer"
    MEMBER = "member"
    ADVOCATE = "advocate"


@dataclass(frozen=True)
class StageRule:
    """What moves people into a stage, and from which ones."""

    after: tuple[Stage, ...]
    events: tuple[EventPattern, ...]


type StageRules = Mapping[Stage, StageRule]
"""A stage without a rule is reached by nobody; AWARE is reached by everyone."""


@dataclass(frozen=True, order=True)
class Cause:
    """The event that moved somebody, and when it happened (UTC)."""

    at: datetime
    event_id: str


type StageSigns = Mapping[Stage, Cause]
"""The first event on record of each stage's own."""


def with_sign(signs: StageSigns, event: InboundEvent, rules: StageRules) -> StageSigns:
    """The signs with one more event; the same object if it is none, or a later one."""
    cause = Cause(event.at, event.id)
    new = {
        stage: cause
        for stage, rule in rules.items()
        if (stage not in signs or cause < signs[stage])
        and any(matches(pattern, event) for pattern in rule.events)
    }
    return {**signs, **new} if new else signs


def merged_signs(first: StageSigns, second: StageSigns) -> StageSigns:
    """The signs of two people who turned out to be one."""
    both = first.keys() & second.keys()
    return {**first, **second, **{stage: min(first[stage], second[stage]) for stage in both}}


def reached(signs: StageSigns, rules: StageRules) -> Iterator[tuple[Stage, Cause]]:
    """The stages that somebody has reached besides AWARE, in order, each with what moved them there.

    That is the stage's own event, or a later one that moved them to a stage which this one comes after.
    """
    causes: dict[Stage, Cause] = {}
    for stage in Stage:
        rule, sign = rules.get(stage), signs.get(stage)
        if rule is None or sign is None:
            continue
        before = [causes[one] for one in rule.after if one in causes]
        if Stage.AWARE in rule.after:
            causes[stage] = sign
        elif before:
            causes[stage] = max(sign, min(before))
        if stage in causes:
            yield stage, causes[stage]


def stage_of(signs: StageSigns, rules: StageRules) -> Stage:
    """The furthest stage that somebody has reached."""
    return next(reversed([stage for stage, _ in reached(signs, rules)]), Stage.AWARE)
