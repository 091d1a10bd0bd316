"""What functions must know of a journey: what starts and ends its runs, and the conditions on the way.

The steps are in `workbench.language.step_types`: the state machine carries them. Durations are seconds, times
of day are minutes after midnight in the follower's zone, weekdays are 0 (Monday) to 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.values import Wanted
from wejourney.loyalty.balance import BalanceTest
from wejourney.messaging.contents import LocalizedText
from wejourney.people.counters import CounterTest
from wejourney.people.lifecycle import Stage

GOAL_WITHIN = 7 * 86_400
"""How long a goal counts after an entry, where a journey does not say it: seconds."""


@dataclass(frozen=True)
class Condition:
    """What must hold, all of it; an empty condition always holds.

    `tags` and `without_tags` name tags; `scene` is a pattern with `*`; `source` is how they came to follow
    (see `wejourney.wire.official_account.subscribe_scenes`); `language` is the one that the person reads
    `among` those of the journey, of whose texts all keys are `written`; `segments` must all contain the
    person, who is in the `stage`; `counters` bound sums over the last days; `points_from` and `points_to`
    bound the points that can be spent, `balances` other assets and other states of them; `attributes` are
    those of the profile, and so are the `dates`, which are known, and `without_dates`, which are not;
    `answers` maps a question's name to what is wanted of the answer, which is known if it is not `other`;
    the `offers` of the programme must all apply to the person now;
    `events` counts what happened; `any` needs one of several conditions; `none` must not hold.
    """

    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    customer: bool | None = None
    member: bool | None = None
    language: str | None = None
    source: str | None = None
    scene: str | None = None
    segments: tuple[str, ...] = ()
    stage: Stage | None = None
    counters: tuple[CounterTest, ...] = ()
    tier: str | None = None
    points_from: int | None = None
    points_to: int | None = None
    balances: tuple[BalanceTest, ...] = ()
    attributes: Mapping[str, Wanted] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    without_dates: tuple[str, ...] = ()
    answers: Mapping[str, Wanted] = field(default_factory=dict)
    offers: tuple[str, ...] = ()
    events: tuple[EventCount, ...] = ()
    any: tuple["Condition", ...] = ()
    none: "Condition | None" = None
    among: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    @property
    def looks_at_balances(self) -> bool:
        """Whether a part of its own, not of the conditions inside it, does."""
        return bool(self.balances) or (self.points_from, self.points_to) != (None, None)


@dataclass(frozen=True)
class Trigger(EventPattern):
    """What starts a journey: an event, narrowed by its own details and by the follower's profile.

    For the event `date`, `name` is the profile's date, `offset` how long after it (negative: before) and
    `time` the time of day; with `yearly` the date returns each year. For `schedule`, `time` and `weekday`
    (None: every day). With `recognise_first` a follow by a contact that nobody knows is greeted when WeChat
    has told who it is.
    """

    when: Condition = field(default_factory=Condition)
    offset: int = 0
    time: int | None = None
    weekday: int | None = None
    yearly: bool = False
    recognise_first: bool = False


@dataclass(frozen=True)
class Again:
    """Whether somebody may take the journey again; never while they are in it.

    `always`; `never`; `after` so many `seconds` since they last began; `per`: once for each value of the
    event's field `key` (`order`, `booking`), also at the same time.
    """

    mode: Literal["always", "never", "after", "per"] = "always"
    seconds: int = 0
    key: str = ""


@dataclass(frozen=True)
class DayHours:
    """The quiet hours of one day of the week; the whole day from 0 to 1440."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True)
class QuietHours:
    """Hours in which nothing speaks by itself: from `start` to `end` of every day, or over midnight.

    A weekday in `days` has its own. Those of a day are quiet while it lasts: of 22:00 to 08:00 its early
    morning and its late evening. None where both are the same.
    """

    start: int
    end: int
    days: tuple[DayHours, ...] = ()

    def of(self, weekday: int) -> tuple[int, int]:
        """The hours of this day."""
        for day in self.days:
            if day.weekday == weekday:
                return day.start, day.end
        return self.start, self.end

    def covers(self, weekday: int, minute: int) -> bool:
        """Whether it is quiet in this minute of the day."""
        start, end = self.of(weekday)
        return start <= minute < end if start <= end else minute >= start or minute < end


@dataclass(frozen=True)
class Exit:
    """A condition on the profile, or on what happens, that ends a run at once, wherever it is.

    `texts` has the reason by language, where its author has written more than one.
    """

    when: Condition
    reason: str
    texts: LocalizedText = field(default_factory=dict)
