"""Whether a condition holds for a follower."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from wejourney.events.event import InboundEvent
from wejourney.events.matching import matches
from wejourney.events.positions import BEGINNING, NEVER, Position, StepPositions
from wejourney.events.text_matching import matches_glob
from wejourney.journeys.definition import Condition, EventCount
from wejourney.people.followers import Follower

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """What is on record of a follower at a moment, for conditions on events.

    `start_position` is that of the event that the run began with, `step_positions` those of its named steps.
    """

    events: tuple[InboundEvent, ...] = ()
    now: datetime = _END_OF_TIME
    start_position: Position = BEGINNING
    step_positions: StepPositions = field(default_factory=dict)


NOTHING = History()


def holds(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History = NOTHING
) -> bool:
    """Whether all of the condition holds; of a follower not seen before, nothing is known to be true."""
    known = follower or Follower(app_id="", openid="", person_id="")
    return (
        condition.customer in (None, known.customer)
        and condition.member in (None, known.member)
        and condition.language in (None, known.language)
        and condition.source in (None, known.source)
        and condition.tier in (None, known.tier)
        and known.tags.issuperset(condition.tags)
        and known.tags.isdisjoint(condition.without_tags)
        and known.segments.issuperset(condition.segments)
        and (condition.scene is None or matches_glob(condition.scene, known.scene))
        and (condition.points_from is None or known.points >= condition.points_from)
        and (condition.points_to is None or known.points <= condition.points_to)
        and all(known.attributes.get(name) == value for name, value in condition.attributes.items())
        and all(name in known.dates for name in condition.dates)
        and all(answers.get(name) == answer for name, answer in condition.answers.items())
        and all(happened(count, history) for count in condition.events)
        and (
            not condition.any
            or any(holds(alternative, follower, answers, history) for alternative in condition.any)
        )
        and (condition.none is None or not holds(condition.none, follower, answers, history))
    )


def happened(count: EventCount, history: History) -> bool:
    """Whether the events that the condition means happened as often as it says."""
    return how_often(count, history) >= count.at_least


def how_often(count: EventCount, history: History) -> int:
    """How many of the events that the condition means are on record, from its scope on."""
    scopes = {"ever": BEGINNING, "run": history.start_position}
    begin = scopes.get(count.scope, history.step_positions.get(count.scope, NEVER))
    if count.days is not None:
        begin = max(begin, Position.at(history.now - timedelta(days=count.days)))
    return sum(event.position >= begin and matches(count.pattern, event) for event in history.events)


def looks_at_events(condition: Condition) -> bool:
    """Whether the condition speaks of what happened, and so needs the follower's timeline."""
    inner = (*condition.any, *([condition.none] if condition.none is not None else []))
    return bool(condition.events) or any(looks_at_events(part) for part in inner)
