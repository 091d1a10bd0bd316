"""People at the edges of a journey's time, and journeys at the edges of what the proof lets pass.

Nothing here knows how the proof works: people see what anybody can see of a life that is being simulated,
and do one thing after the other, each at a moment at which a mistake of a second would show.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.events import body
from tests.support.examples.small_journeys import small_journey
from wejourney.allowances.allowance_windows import SENDING_MARGIN
from wejourney.allowances.wechat_rules import Reading, RuleSet
from wejourney.errors import ContentRejectedError, WeChatError
from wejourney.events.event import InboundEvent
from wejourney.events.matching import EventPattern
from wejourney.journeys.calendar import next_time
from wejourney.journeys.definition import Again, QuietHours
from wejourney.journeys.runs import OpenWait
from wejourney.messaging.account_settings import zone_of
from wejourney.messaging.channels import CHANNELS
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from wejourney.reasons import AllowanceEnded, NoAllowance, Reason, RefusedByWeChat, Unfollowed
from workbench.language.journey import Journey
from workbench.language.source import Location, written_at
from workbench.language.step_types import (
    Ask,
    HandOver,
    Send,
    Step,
    Stop,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)
from workbench.language.traversal import places_of, steps_of
from workbench.proof.prove import prove
from workbench.simulator.deployment import (
    APP_ID,
    Person,
    ScriptedEvent,
    SimulatedDeployment,
    simulated_account,
)
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import MessageNotSent, MessageSent, RunEnded, RunStarted, TraceEvent

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
LONGEST = 200 * 3600
"""Seconds; no window is as long, so a wait of this length cannot be at the edge of one."""

ZONES = {
    "Asia/Shanghai": datetime(2026, 11, 1, 6, tzinfo=UTC),
    "America/New_York": datetime(2026, 11, 1, 6, tzinfo=UTC),
    "Africa/Casablanca": datetime(2027, 3, 14, 2, tzinfo=UTC),
    "Europe/Paris": datetime(2027, 3, 28, 1, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
}
"""Where people live, and a moment at which the clocks are changed there, if they are."""


# --- journeys ------------------------------------------------------------------------------------


def edge_journey(number: int, rules: RuleSet, *, stretched: bool = True) -> Journey:
    """A journey that the proof accepts; `stretched`, it would not if one of its waits were longer."""
    random = Random(number)  # noqa: S311
    fitting = fitted(_varied(small_journey(number), random), rules, random)
    return at_the_edge(fitting, rules, random) if stretched else fitting


def at_the_edge(journey: Journey, rules: RuleSet, random: Random) -> Journey:
    """The journey, one of its waits as long as the proof lets it be."""
    waits = [(at, _length(step)) for at, step in steps_of(journey) if _length(step)]
    if not waits or not any(must_leave(step) for _, step in steps_of(journey)):
        return journey
    return _stretched(journey, *random.choice(waits), rules)


def fitted(journey: Journey, rules: RuleSet, random: Random) -> Journey:
    """The journey, with a question before each message that the proof refuses, or a path for when it is.

    One with too many ways to be proved is cut short.
    """
    for number in count():
        found = sorted({written_at(violation.at) for violation in prove(journey, rules)}, reverse=True)
        if not found:
            return journey
        for at in found:
            if at == ("steps",):
                journey = replace(journey, steps=journey.steps[:-1])
            elif number == 0 and random.random() < 0.8:
                journey = _with_step(journey, at[:-1], partial(_asking, "earns", int(at[-1]), random))
            else:
                journey = _with_step(journey, at, lambda step: replace(step, not_sent=()))
    raise AssertionError


def _asking(name: str, before: int, random: Random, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    ask = Ask(name, random.choice((30, 12 * 3600)), unanswered=(Stop("no answer"),))
    return (*steps[:before], ask, *steps[before:])


def _stretched(journey: Journey, at: Location, shortest: int, rules: RuleSet) -> Journey:
    fits, longest = shortest, max(shortest, LONGEST)
    while fits < longest:
        tried = (fits + longest + 1) // 2
        if prove(_with_length(journey, at, tried), rules):
            longest = tried - 1
        else:
            fits = tried
    return _with_length(journey, at, fits)


def _length(step: Step) -> int:
    match step:
        case Wait():
            return step.seconds
        case Ask() | WaitDate() | WaitEvent() | HandOver():
            return step.within
        case _:
            return 0


def _with_length(journey: Journey, at: Location, seconds: int) -> Journey:
    return _with_step(
        journey,
        at,
        lambda step: replace(step, **{"seconds" if isinstance(step, Wait) else "within": seconds}),
    )


def _with_step(journey: Journey, at: Location, change: Callable[[Any], Any]) -> Journey:
    def changed(part: Any, rest: Location) -> Any:
        if not rest:
            return change(part)
        head, *tail = rest
        if isinstance(part, tuple):
            assert isinstance(head, int)
            return (*part[:head], changed(part[head], tuple(tail)), *part[head + 1 :])
        return replace(part, **{str(head): changed(getattr(part, str(head)), tuple(tail))})

    made: Journey = changed(journey, at)
    return made


def _varied(journey: Journey, random: Random) -> Journey:
    """The journey with details that the small ones lack."""
    for at, _ in list(steps_of(journey)):
        if random.random() < 0.5:
            journey = _with_step(journey, at, partial(_another, random))
    quiet = journey.quiet and random.choice(
        (journey.quiet, QuietHours(60, 4 * 60), QuietHours(12 * 60, 14 * 60), QuietHours(2 * 60, 2 * 60 + 30))
    )
    opening = Text({"any": "welcome"}) if journey.trigger.event in ("follow", "text", "scan") else None
    return replace(journey, quiet=quiet, opening=random.choice((None, opening)))


def _another(random: Random, step: Step) -> Step:
    match step:
        case Ask() if not step.choices:
            asked = replace(step, parse=random.choice(("text", "number", "phone", "date")))
            may_ask_again = asked.parse != "text" and asked.content is not None
            return replace(asked, retries=random.choice((0, 1, 2)) if may_ask_again else 0)
        case WaitEvent():
            return replace(step, pattern=EventPattern("text", keywords=("yes", "now")))
        case WaitDate():
            passed, yearly = step.passed, False
            if not passed:  # Steps in it are varied themselves.
                yearly, passed = random.choice(((True, None), (False, None), (False, ())))
            offset, time = random.choice((-7200, 0, 86_400)), random.choice((None, 9 * 60))
            return replace(step, offset=offset, time=time, yearly=yearly, passed=passed)
        case WaitUntil():
            times = (step.time, 9 * 60 + 30, 2 * 60 + 30, 60)
            return replace(step, time=random.choice(times), weekday=random.choice((None, None, 5, 6)))
        case _:
            return step


def speaks_after_waiting(journey: Journey, most: int = 8) -> bool:
    """Whether a message that must leave stands after a wait or a question, in at most so many steps."""
    steps = [step for _, step in steps_of(journey)]
    first = next((number for number, step in enumerate(steps) if _length(step)), len(steps))
    return len(steps) <= most and any(must_leave(step) for step in steps[first + 1 :])


def must_leave(step: Step | None) -> bool:
    """Whether a message has no path and no channel for the case that it cannot leave."""
    if isinstance(step, Send):
        contents = (step.content, *step.instead)
        return step.not_sent is None and all(CHANNELS[one.kind].windowed for one in contents)
    return isinstance(step, Ask) and step.content is not None and step.not_sent is None


# --- people --------------------------------------------------------------------------------------

HABITS: Sequence[Mapping[str, float]] = (
    {"answers": 9, "taps": 0, "awaited": 3, "besides": 0, "changes": 0, "leaves": 0.0, "nothing": 1},
    {"answers": 4, "taps": 4, "awaited": 3, "besides": 1, "changes": 0, "leaves": 0.0, "nothing": 1},
    {"answers": 5, "taps": 1, "awaited": 3, "besides": 2, "changes": 1, "leaves": 0.1, "nothing": 2},
    {"answers": 1, "taps": 6, "awaited": 2, "besides": 2, "changes": 1, "leaves": 0.1, "nothing": 2},
    {"answers": 2, "taps": 1, "awaited": 2, "besides": 9, "changes": 1, "leaves": 0.1, "nothing": 2},
    {"answers": 2, "taps": 1, "awaited": 2, "besides": 1, "changes": 1, "leaves": 0.1, "nothing": 9},
    {"answers": 3, "taps": 1, "awaited": 3, "besides": 2, "changes": 2, "leaves": 3.0, "nothing": 2},
)
"""How readily people do what, when something has happened."""

TIMES: Sequence[Sequence[float]] = (
    (0, 1, 0, 0),
    (1, 0, 0, 0),
    (1, 1, 0, 0),
    (1, 3, 1, 1),
    (1, 1, 3, 3),
)
"""How readily people do it at once, at the last moment, at the edge of a window, at a time of day."""

SAID = ("what?", "7", "13800000000", "Europe/Paris", "yes", "hi")
AROUND = tuple(timedelta(seconds=seconds) for seconds in (-1, 0, 1))


def does(kind: str, **fields: Any) -> ScriptedEvent:
    return ScriptedEvent(timedelta(), body(kind, **fields))


def says(text: str) -> ScriptedEvent:
    return does("text", text=text)


BESIDES = (
    does("image"),
    does("click", key="elsewhere"),
    does("scan", scene="elsewhere"),
    does("payment", order="A", total=1),
    does("view", url="elsewhere"),
    does("chat_closed"),
    says("by the way"),
)
CHANGES = (
    *(does("tag", tag=tag) for tag in ("a", "b")),
    does("profile", changes={"member": True}),
    does("profile", changes={"language": "zh"}),
    does("profile", changes={"language": "zh-TW"}),
    does("profile", changes={"size": "1"}),
    does("points", before=0, points=50),
    does("points", before=0, points=110),
)


def sets_off(pattern: EventPattern) -> ScriptedEvent:
    """Something that fits a pattern."""
    scene, name, url, keyword = (
        (one or "x").replace("*", "x")
        for one in (pattern.scene, pattern.name, pattern.url, next(iter(pattern.keywords), "hello"))
    )
    worth = pattern.at_least or 100
    fields: Mapping[str, Mapping[str, Any]] = {
        "follow": {"scene": scene},
        "scan": {"scene": scene},
        "text": {"text": keyword},
        "click": {"key": pattern.key or "x"},
        "view": {"url": url},
        "tag": {"tag": name},
        "segment": {"segment": name},
        "mini_program": {"name": name},
        "check_in": {"name": name},
        "consent_given": {"purpose": name},
        "consent_withdrawn": {"purpose": name},
        "tier.changed": {"tier": name},
        "gift.claimed": {"units": 5},
        "gift.returned": {"units": 5},
        "upload.approved": {"upload": "U"},
        "upload.rejected": {"upload": "U"},
        "points": {"before": worth - 1, "points": worth},
        "payment": {"order": "A", "total": worth},
        "refund": {"order": "A", "total": worth},
    }
    return does(pattern.event, **fields.get(pattern.event, {}))


def deployment_of(journey: Journey, rules: RuleSet, reading: Reading = Reading.APART) -> SimulatedDeployment:
    """A deployment of this journey alone, which nobody takes twice at a time: allowances are not shared."""
    deployed = SimulatedDeployment.of((replace(journey, again=Again("never")),), simulated_account(rules))
    return replace(deployed, reading=reading)


class ExtremePerson(Simulator):
    """A person in a deployment's one journey, who decides after everything that happens what they do next."""

    def __init__(self, deployment: SimulatedDeployment, random: Random) -> None:
        (self.journey,) = deployment.journeys.values()
        super().__init__(deployment, _somebody(self.journey, random), errors=_troubles(random))
        self.random = random
        self.habit, self.times = random.choice(HABITS), random.choice(TIMES)
        self.acts_left = random.randint(2, 14)

    def live(self) -> list[TraceEvent]:
        """All that happens until the run is over, and they do not come back."""
        self._begin()
        while self.step() and not self._is_over():
            if not self._has_plans():
                self._decide()
        return self.trace

    def _begin(self) -> None:
        trigger = self.journey.trigger
        at = self.now
        if trigger.event != "follow":
            for _ in range(self.random.choice((0, 0, 1, 2))):
                self._do(self.random.choice((*BESIDES, does("follow"), says("hi"))), at)
                at += self.random.choice((timedelta(), SECOND, 49 * SECOND, 50 * SECOND, 47 * HOUR))
        self._do(sets_off(trigger), at)

    def _is_over(self) -> bool:
        if self._has_plans() or self.runs:
            return False
        ended = [one.end for one in self.trace if isinstance(one, RunEnded)]
        return self.acts_left <= 0 or not ended or ended[-1] != Unfollowed()

    def _has_plans(self) -> bool:
        return any(isinstance(due, InboundEvent) for *_, due in self._due)

    def _do(self, act: ScriptedEvent, at: datetime) -> None:
        self.acts_left -= 1
        self._plan(self._event(replace(act, after=at - self.now), self.now))

    def _decide(self) -> None:
        if not self.runs:
            self._come_back()
        elif self.acts_left > 0:
            run = next(iter(self.runs))
            act = self._act(self._waits.get(run))
            if act is not None:
                self._do(act, self.random.choice(self._moments(self._limit())))

    def _come_back(self) -> None:
        at = self.now + self.random.choice((timedelta(), SECOND, HOUR))
        self._do(does("follow"), at)
        if self.journey.trigger.event != "follow":
            self._do(sets_off(self.journey.trigger), at + self.random.choice((timedelta(), SECOND, HOUR)))

    # --- what -----------------------------------------------------------------------------------------

    def _act(self, wait: OpenWait | None) -> ScriptedEvent | None:
        (what,) = self.random.choices(list(self.habit), list(self.habit.values()))
        acts = {
            "answers": [says(one) for one in _words(wait)],
            "taps": self._taps(),
            "awaited": self._awaited(wait),
            "changes": list(CHANGES),
            "leaves": [does("unfollow")],
            "nothing": [],
        }.get(what, [])
        if acts or what == "nothing":
            return self.random.choice(acts) if acts else None
        return self.random.choice((*BESIDES, sets_off(self.journey.trigger)))

    def _taps(self) -> list[ScriptedEvent]:
        """A tap on each line that this run has shown."""
        shown: list[ScriptedEvent] = []
        for one in self.trace:
            if isinstance(one, RunStarted):
                shown.clear()
            if isinstance(one, MessageSent):
                lines = one.content.get("items", ())
                shown += [does("text", text=line["text"], menu_item=line["id"]) for line in lines]
        return shown

    def _awaited(self, wait: OpenWait | None) -> list[ScriptedEvent]:
        if wait is None:
            return []
        if wait.pattern is not None:
            return [sets_off(wait.pattern)]
        if wait.date is not None:
            limit = max(wait.date.limit, self.now)
            comes = self.random.choice(self._moments(limit)) - timedelta(seconds=wait.date.offset)
            return [does("profile", changes={f"date.{wait.date.date}": comes.isoformat()})]
        return []

    # --- when -----------------------------------------------------------------------------------------

    def _limit(self) -> datetime:
        """When the run goes on by itself."""
        timers = ((at, due) for _, _, at, _, due in self._due if isinstance(due, tuple))
        return min(at for at, (run, rest) in timers if run in self.runs and self.runs[run].timer == rest)

    def _moments(self, limit: datetime) -> list[datetime]:
        """When to do something: one of the kinds of moments at which a second matters."""
        kinds = [
            [self.now, self.now + SECOND],
            [limit - SECOND, limit, limit],
            list(self._of_windows(limit)),
            list(self._of_the_clock()),
        ]
        (moments,) = self.random.choices(kinds, self.times)
        return [at for at in moments if self.now <= at <= limit] or [self.now, limit]

    def _of_windows(self, limit: datetime) -> Iterator[datetime]:
        """The last moments of what is open, and those from which on it will be open at the limit."""
        windows = self.follower.windows if self.follower is not None else ()
        ends = [window.until for window in windows]
        ends += [limit - one.lasts + SENDING_MARGIN for one in self.deployment.account.rules.opens.values()]
        for end in ends:
            yield from (end - SENDING_MARGIN + second for second in AROUND)
            yield from (end + second for second in AROUND)

    def _of_the_clock(self) -> Iterator[datetime]:
        """The times of day that the journey looks at, and a change of the clocks."""
        zone = zone_of(self.follower or self.person.before, self.deployment.account)
        for minutes in _times_of_day(self.journey):
            yield from (next_time(self.now, zone, minutes) + second for second in AROUND)
        changed = ZONES[self.person.before.time_zone or ""]
        yield from (changed + hours * HOUR + second for hours in (-1, 0, 1) for second in AROUND)


def _somebody(journey: Journey, random: Random) -> Person:
    name = f"person-{random.randrange(10_000)}"
    zone = random.choice(list(ZONES))
    before = Follower(
        APP_ID,
        name,
        name,
        following=journey.trigger.event != "follow",
        language=random.choice(("en", "zh", "fr", "zh-TW", "zh_HK", None)),
        time_zone=zone,
        tags=frozenset(random.sample(("a", "b", "vip"), random.randint(0, 2))),
        member=random.random() < 0.5,
        points=random.choice((0, 50, 110, 150)),
        attributes=random.choice(({}, {"size": "1"})),
        dates=random.choice(({}, {"booking": "2026-11-24T09:00"})),
    )
    return Person(name, _start(journey, zone, random), before)


def _start(journey: Journey, zone: str, random: Random) -> datetime:
    """Near a change of the clocks, such that some waits end at a time of day that matters."""
    times = _times_of_day(journey)
    near = ZONES[zone] + random.randint(-4, 1) * DAY
    if not times:
        return near
    lengths = [timedelta(seconds=_length(step)) for _, step in steps_of(journey) if _length(step)]
    passed = sum(random.sample(lengths, random.randint(0, min(3, len(lengths)))), timedelta())
    return next_time(near, ZoneInfo(zone), random.choice(times)) + random.choice(AROUND) - passed


def _times_of_day(journey: Journey) -> list[int]:
    quiet = [journey.quiet.start, journey.quiet.end] if journey.quiet else []
    waits = (step for _, step in steps_of(journey) if isinstance(step, WaitUntil | WaitDate))
    return sorted({*quiet, *(step.time for step in waits if step.time is not None)})


def _words(wait: OpenWait | None) -> list[str]:
    """What may be typed: each choice, and some that are none."""
    if wait is None or wait.question is None:
        return []
    return [*wait.question.choices, *SAID]


def _troubles(random: Random) -> list[WeChatError | None]:
    """Few: what WeChat refuses takes no allowance."""
    if random.random() < 0.8:
        return []
    return [random.choice((None, None, ContentRejectedError(45002, ""))) for _ in range(6)]


# --- what came of it -----------------------------------------------------------------------------


def refusals(journey: Journey, trace: Sequence[TraceEvent]) -> list[TraceEvent]:
    """The messages that had to leave, and had no allowance."""
    steps = places_of(journey)
    return [
        one
        for one in trace
        if isinstance(one, MessageNotSent)
        and _is_for_want_of_an_allowance(one.reason)
        and must_leave(steps.get(one.step))
    ]


def _is_for_want_of_an_allowance(reason: Reason) -> bool:
    is_wechats_word = isinstance(reason, RefusedByWeChat) and reason.error == "WindowClosed"
    return isinstance(reason, NoAllowance | AllowanceEnded) or is_wechats_word


def sends_after_waits(journey: Journey, trace: Sequence[TraceEvent]) -> list[TraceEvent]:
    """The messages that had to leave, and did when time had passed since the run began."""
    steps = places_of(journey)
    began = next((one.at for one in trace if isinstance(one, RunStarted)), None)
    sent = [one for one in trace if isinstance(one, MessageSent) and one.at != began]
    return [one for one in sent if must_leave(steps.get(one.step))]
