"""All that can happen in a small journey, one behaviour after the other: what the prover must agree with.

Written from the meaning of the steps and of nothing else than `wejourney.journeys`: time passes on a grid,
every choice that the world has is made in every way. A behaviour of the prover can be played as well.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache, partial
from itertools import product
from typing import Any, assert_never

from wejourney.allowances.allowance_windows import SENDING_MARGIN, Windows, open_window, spend
from wejourney.allowances.wechat_rules import Act, Reading, RuleSet
from wejourney.errors import NoAllowanceError
from wejourney.events.text_matching import meaning
from wejourney.events.values import IsKnown, NumberRange, Wanted
from wejourney.journeys.definition import Condition, QuietHours
from wejourney.messaging.contents import Content, Menu
from wejourney.messaging.merge_fields import OTHER
from wejourney.people.bookings import BOOKING_TIME
from wejourney.plain_data import changed
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Agree,
    Ask,
    Branch,
    HandOver,
    Round,
    Send,
    Set,
    Split,
    Step,
    Stop,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
    Withdraw,
    taken,
)
from workbench.proof.prove import Violation

BASE = datetime(2026, 11, 1, tzinfo=UTC)
HOUR, DAY, WEEK = 3600, 86_400, 7 * 86_400
NEEDS_NO_WINDOW = {"template", "notice", "mass"}
ACTS = {
    **dict.fromkeys(("text", "image", "voice", "video", "location", "link"), Act.MESSAGE),
    **dict.fromkeys(("click", "tap"), Act.CLICK),
    "follow": Act.FOLLOW,
    "scan": Act.SCAN,
    "payment": Act.PAY,
}

FOLLOWERS_ACTS = {*ACTS, "view"} - {"payment"}
"""What is answered at once in quiet hours."""

type Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Open:
    """A question that has been put, or what waits like one: for one of these answers, so long."""

    step: Ask


@dataclass(frozen=True)
class Limit:
    """The limit of a wait is over; then comes what quiet hours delay."""


@dataclass(frozen=True)
class Pause:
    """Quiet hours, if there are any now, end first."""


@dataclass(frozen=True)
class Again:
    """A message that WeChat has taken, though its answer was lost, is sent once more."""

    step: Send


type Todo = tuple[tuple[Place, Step | Open | Limit | Pause | Again], ...]


@dataclass(frozen=True)
class Label:
    """What a step into the future was, in the words of the prover's moments."""

    kind: str
    at: int
    step: Place = ()
    by: str | None = None
    answer: str | None = None
    way: int | None = None


@dataclass(frozen=True)
class Here:
    """One moment of one behaviour.

    `begins` is the local time of its start, `extras` how often the follower may yet act besides, `heard` when
    something was said or heard last, `resumed` when a wait for a time was over last, `done` what they did
    besides and when, `menu` the lines that they can tap. WeChat follows this `reading` of its rules.
    """

    now: int
    windows: Windows
    begins: int
    extras: int
    heard: int = 0
    resumed: int = 0
    done: tuple[tuple[int, str], ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    profile: Mapping[object, object] = field(default_factory=dict)
    draws: Mapping[str, int] = field(default_factory=dict)
    menu: frozenset[tuple[str, str]] = frozenset()
    clocks_changed: bool = False
    reading: Reading = Reading.APART

    @property
    def local(self) -> int:
        return (self.begins + self.now) % WEEK

    def at(self, now: int) -> "Here":
        """At another time: meanwhile anybody may have changed the profile."""
        return changed(self, now=now, profile={})


type Move = tuple[Label, Todo | None, Here]
SILENT = Label("", 0)


class Game:
    """Every behaviour of one journey.

    `grid` is the step between the times that are tried, in seconds, and `times` are tried as well; `words`
    are what may be answered where every text is welcome, `extras` how often the follower may act besides.
    `taken` fills with the ways of branches and splits that were gone, the place and which one; `reached` with
    the steps that somebody came to.
    """

    def __init__(
        self,
        journey: Journey,
        rules: RuleSet,
        *,
        grid: int,
        extras: int = 0,
        begins: Iterable[int] = (0,),
        times: Iterable[int] = (),
        words: Iterable[str] = (),
    ) -> None:
        self.journey, self.rules, self.grid, self.extras = journey, rules, grid, extras
        self.begins, self.times = tuple(begins), sorted(set(times))
        # A text that an exit waits for ends the run: nothing is asked of what follows.
        counts = [count for rule in journey.exits for count in rule.when.events]
        last_words = {word for count in counts for word in count.pattern.keywords}
        self.words = tuple(word for word in (*words, "something") if word not in last_words)
        self.cuts = _cuts(journey.steps)
        branches = [one for one in every_step(journey.steps) if isinstance(one, Branch)]
        cases = (case.when for branch in branches for case in branch.cases)
        whole = Condition(any=(journey.trigger.when, *cases))
        self.looked_at = _looks_at(whole)
        waited_for = {one.pattern.event for one in every_step(journey.steps) if isinstance(one, WaitEvent)}
        self.kinds = sorted({"text", "click"} | (waited_for & set(ACTS)))
        self.plays: dict[type, Callable[[Any, Place, Todo, Here], Iterator[Move]]] = {
            Send: self._send,
            Ask: self._ask,
            Open: self._answers,
            Limit: self._limit,
            Pause: self._pause,
            Again: self._again,
            Wait: self._wait,
            WaitUntil: self._until,
            WaitDate: self._long_wait,
            WaitEvent: self._long_wait,
            HandOver: self._long_wait,
            Branch: self._branch,
            Round: self._branch,
            Split: self._split,
        }
        self.seen: set[object] = set()
        self.taken: set[tuple[Place, int]] = set()
        self.reached: set[Place] = set()

    def violations(self) -> Iterator[tuple[Place, tuple[Label, ...]]]:
        """Every message that must leave and cannot, with the behaviour in which that is so."""
        for todo, here in self._starts():
            yield from self._play(todo, here, ())

    def is_played(self, violation: Violation) -> bool:
        """Whether this behaviour is one of the journey's, and the message has no allowance in it.

        It need not tell of choices.
        """
        *wanted, last = violation.behaviour[1:]
        reading = violation.reading or self.rules.readings[0]
        states = [(todo, here) for todo, here in self._starts() if here.reading is reading]
        for one in wanted:
            states = [
                (todo, there)
                for was, here in self._with_untold(states, one.step)
                for label, todo, there in self._next(was, here)
                if todo is not None
                and (label.kind, label.at, label.by) == (one.kind, one.at, one.by)
                and (label.step == one.step or label.kind == "extra")
                and label.way == one.way
                and _is_same_answer(label.answer, one.answer)
            ]
        return any(
            todo is None and label.step == violation.at and label.at == last.at
            for was, here in self._with_untold(states, violation.at)
            for label, todo, _ in self._next(was, here)
        )

    def _with_untold(self, states: Iterable[tuple[Todo, Here]], told: Place) -> Iterator[tuple[Todo, Here]]:
        """These states, and those after the choices that come before the one that is told."""
        for was, here in states:
            yield was, here
            for label, todo, there in self._next(was, here):
                if label.kind in ("case", "share") and label.step != told and todo is not None:
                    yield from self._with_untold([(todo, there)], told)

    def _starts(self) -> Iterator[tuple[Todo, Here]]:
        act = ACTS.get(self.journey.trigger.event)
        for begins, reading in product(self.begins, self.rules.readings):
            windows = open_window((), act, BASE, self.rules.read_as(reading)) if act else ()
            here = Here(0, windows, begins, self.extras, reading=reading)
            for profile in self._profiles(self.journey.trigger.when, here):
                if _holds(self.journey.trigger.when, profile, {}):
                    todo = (*self._opening(), *_todo(self.journey.steps, ("steps",)))
                    by_act = self.journey.trigger.event in FOLLOWERS_ACTS
                    yield todo if by_act else _paused((), todo), changed(here, profile=profile)

    def _opening(self) -> Todo:
        """The opening of a follow, as a message, where a stranger would not have been greeted so."""
        trigger, opening = self.journey.trigger, self.journey.opening
        if opening is None or trigger.event != "follow":
            return ()
        greets_strangers = _holds(trigger.when, {}, {}) and not trigger.recognise_first
        return () if greets_strangers else ((("opening",), Send(opening)),)

    def _play(
        self, todo: Todo, here: Here, past: tuple[Label, ...]
    ) -> Iterator[tuple[Place, tuple[Label, ...]]]:
        for label, then, there in self._next(todo, here):
            if then is None:
                yield label.step, (*past, label)
            elif self._is_new(then, there):
                yield from self._play(then, there, (*past, label))

    def _is_new(self, todo: Todo, here: Here) -> bool:
        """Whether no behaviour has come here before; what can happen from here is then known."""
        # Comprehensions: this is asked millions of times, and generators take twice as long.
        place = tuple([(at, type(step)) for at, step in todo])
        values = vars(here).values()
        state = tuple([frozenset(value.items()) if type(value) is dict else value for value in values])
        before = len(self.seen)
        self.seen.add((place, state))
        return len(self.seen) > before

    def _next(self, todo: Todo, here: Here) -> Iterator[Move]:
        """The next moments; what happens without one is passed over."""
        if not todo:
            return
        for label, then, there in self._ways(todo, here):
            if label.kind:
                yield label, then, there
            elif then is not None:
                yield from self._next(then, there)

    # --- one step ------------------------------------------------------------------------------

    def _ways(self, todo: Todo, here: Here) -> Iterator[Move]:
        (place, step), rest = todo[0], todo[1:]
        self.reached.add(place)
        if here.extras and not isinstance(step, Open | Pause | Limit | Again):
            for kind in (*self.kinds, *(("tap",) if here.menu else ())):
                yield Label("extra", here.now, by=kind), todo, self._acts(here, kind)
        play = self.plays.get(type(step))
        if play is not None:
            yield from play(step, place, rest, here)
        elif not isinstance(step, Stop):
            yield SILENT, rest, _changed(step, here)

    def _wait(self, step: Wait, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        after = _resumed(here.at(here.now + step.seconds))
        yield Label("wait", after.now, place), _paused(place, rest), after

    def _limit(self, _step: Limit, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        yield Label("limit", here.now, place), _paused(place, rest), changed(here, heard=here.now)

    def _send(self, step: Send, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        if _is_withdrawn(step, here):
            yield Label("rejected", here.now, place), _path(step.not_sent, place, "not_sent", rest), here
            return
        contents = (step.content, *step.instead)
        free = any(one.kind in NEEDS_NO_WINDOW for one in contents)
        windowed = any(one.kind not in NEEDS_NO_WINDOW for one in contents)
        paid = self._paid(here) if windowed else None
        if paid is not None:
            for content in contents:
                if content.kind not in NEEDS_NO_WINDOW:
                    seen = _shown(paid, content)
                    yield Label("send", here.now, place), rest, changed(seen, heard=here.now)
                    if step.if_unsure == "resend":
                        yield Label("send", here.now, place), ((place, Again(step)), *rest), seen
                    if here.done:
                        yield Label("unsure", here.now, place), rest, seen
        if free:
            yield Label("other_channel", here.now, place), rest, changed(here, heard=here.now)
        elif paid is None and step.not_sent is None:
            yield Label("send", here.now, place), None, here
            if not step.consent:
                return
        # WeChat may refuse any message for a reason of its own.
        yield Label("rejected", here.now, place), _path(step.not_sent, place, "not_sent", rest), here

    def _again(self, step: Again, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        twice = self._paid(here)
        if twice is None:
            # WeChat may count the second call, too.
            yield Label("again", here.now, place), None if _must_leave(step.step) else rest, here
        else:
            yield Label("again", here.now, place), rest, changed(twice, heard=here.now)

    def _ask(self, step: Ask, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        if step.content is None:
            yield from self._listen(step, place, rest, here)
            return
        if _is_withdrawn(step, here):
            rejected = Label("rejected", here.now, place)
            if step.not_sent is None:
                silent = _path(step.unanswered, place, "unanswered", rest)
                yield rejected, ((place, Limit()), *silent), here.at(here.now)
            else:
                yield rejected, _path(step.not_sent, place, "not_sent", rest), here
            return
        paid = here if step.content.kind in NEEDS_NO_WINDOW else self._paid(here)
        if paid is not None:
            yield Label("ask", here.now, place), ((place, Open(step)), *rest), _shown(paid, step.content)
        if step.not_sent is not None:
            yield Label("rejected", here.now, place), _path(step.not_sent, place, "not_sent", rest), here
        elif paid is None:
            yield Label("ask", here.now, place), None, here
        if step.not_sent is None and (paid is not None or step.consent):
            silent = _path(step.unanswered, place, "unanswered", rest)
            yield Label("rejected", here.now, place), ((place, Limit()), *silent), here

    def _listen(self, step: Ask, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        for at, kind in here.done:
            if at >= here.heard and kind in ("text", "tap"):
                for answer in self._meant(step, kind, here):
                    after = changed(here.at(here.now), heard=at, answers={**here.answers, step.name: answer})
                    yield (
                        Label("early", here.now, place, kind, answer),
                        _retried(step, place, answer, rest),
                        after,
                    )
        yield from self._answers(Open(step), place, rest, here)

    def _answers(self, waiting: Open, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        step = waiting.step
        for at in self._moments(here.now, step.within):
            for kind in ("text", "tap") if here.menu else ("text",):
                for answer in self._meant(step, kind, here):
                    after = self._does(here.at(at), kind)
                    after = changed(after, heard=at, answers={**here.answers, step.name: answer})
                    yield Label("answer", at, place, kind, answer), _retried(step, place, answer, rest), after
        silent = _path(step.unanswered, place, "unanswered", rest)
        yield SILENT, ((place, Limit()), *silent), here.at(here.now + step.within)

    def _meant(self, step: Ask, kind: str, here: Here) -> list[str]:
        if kind == "text":
            if not step.choices:
                return [*self.words, *([OTHER] if step.retries else [])]
            return [*step.choices, OTHER]
        if not step.choices:
            return sorted({label for _, label in here.menu})
        return sorted({item if item in step.choices else OTHER for item, _ in here.menu})

    def _long_wait(
        self, step: WaitDate | WaitEvent | HandOver, place: Place, rest: Todo, here: Here
    ) -> Iterator[Move]:
        otherwise = rest if isinstance(step, HandOver) else _path(step.otherwise, place, "otherwise", rest)
        over = here.at(here.now + step.within)
        if isinstance(step, WaitDate):
            # That the date has not come is heard by nobody.
            yield Label("limit", over.now, place), _paused(place, otherwise), _resumed(over)
        else:
            yield SILENT, ((place, Limit()), *otherwise), over
        goes_on = rest
        if isinstance(step, WaitEvent):
            kind = step.pattern.event
            since = 0 if step.since == "entry" else max(here.heard, here.resumed)
            early = [at for at, what in here.done if at >= since and what == kind]
            # What is no act costs nothing, so it may always have come.
            early += [] if kind in ACTS else [since]
            goes_on = rest if kind in FOLLOWERS_ACTS else _paused(place, rest)
            for at in early:
                after = changed(here.at(here.now), heard=max(at, here.heard))
                yield Label("early", here.now, place, kind), goes_on, after
        for at in self._moments(here.now, step.within):
            match step:
                case WaitDate():
                    yield Label("date", at, place), _paused(place, rest), _resumed(here.at(at))
                    if step.date == BOOKING_TIME:
                        yield Label("cancelled", at, place), _paused(place, otherwise), _resumed(here.at(at))
                    if not step.yearly:
                        passed = (
                            otherwise if step.passed is None else _path(step.passed, place, "passed", rest)
                        )
                        yield Label("passed", at, place), _paused(place, passed), _resumed(here.at(at))
                case HandOver():
                    closed = changed(here.at(at), heard=at)
                    yield Label("event", at, place, "chat_closed"), _paused(place, rest), closed
                case WaitEvent():
                    came = changed(self._does(here.at(at), step.pattern.event), heard=at)
                    yield Label("event", at, place, step.pattern.event), goes_on, came

    def _branch(self, step: Branch, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        conditions = Condition(any=tuple(case.when for case in step.cases))
        for profile in self._profiles(conditions, here):
            after = changed(here, profile=profile)
            held = (i for i, case in enumerate(step.cases) if _holds(case.when, profile, here.answers))
            way = next(held, len(step.cases))
            if way < len(step.cases):
                then = (*_todo(step.cases[way].steps, (*place, "cases", way, "steps")), *rest)
            else:
                then = (*_todo(step.otherwise, (*place, *step.otherwise_at)), *rest)
            self.taken.add((place, way))
            yield Label("case", here.now, place, way=way), then, after

    def _profiles(self, condition: Condition, here: Here) -> list[dict[object, object]]:
        """Every profile that can be found when a condition is looked at; what was seen already stays."""
        unknown = {
            key: self.looked_at[key]
            for key in sorted(_looks_at(condition), key=str)
            if key not in here.profile
        }
        return [
            {**here.profile, **dict(zip(unknown, values, strict=True))}
            for values in product(*unknown.values())
        ]

    def _split(self, step: Split, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        drawn = [here.draws[step.name]] if step.name in here.draws else self.cuts[step.name]
        for draw in drawn:
            upto = 0
            for i, share in enumerate(step.shares):
                if upto <= draw < upto + share.percent * 100:
                    after = changed(here, draws={**here.draws, step.name: draw})
                    then = (*_todo(share.steps, (*place, "shares", i, "steps")), *rest)
                    self.taken.add((place, i))
                    yield Label("share", here.now, place, way=i), then, after
                upto += share.percent * 100

    # --- the clock -----------------------------------------------------------------------------

    def _until(self, step: WaitUntil, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        wanted = step.time * 60
        for seconds, shift in self._clocks(here, lambda local: (wanted - local) % DAY or DAY):
            after = _with_clocks(here, here.now + seconds, shift)
            # From here on the clock of the wall says this, whatever it did on the way.
            after = _at_time_of_day(_resumed(after), wanted)
            yield Label("until", after.now, place), _paused(place, rest), after

    def _pause(self, _step: Pause, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        quiet = self.journey.quiet
        if quiet is None:
            yield SILENT, rest, here
            return

        for seconds, shift in self._clocks(here, partial(_quiet_left, quiet)):
            after = _with_clocks(here, here.now + seconds, shift)
            if seconds:
                before = (here.local + shift) % WEEK
                after = _at_time_of_day(_resumed(after), (before + _quiet_left(quiet, before)) % DAY)
                yield Label("quiet", after.now, place), rest, after
            else:
                yield SILENT, rest, after

    def _clocks(self, here: Here, wait: Callable[[int], int]) -> Iterator[tuple[int, int]]:
        """How long a wait for a local time takes, with each change of the clocks before it or in it."""
        yield wait(here.local), 0
        if here.clocks_changed:
            return
        for shift in (-HOUR, HOUR):
            yield wait((here.local + shift) % WEEK), shift
        if wait(here.local):
            yield wait(here.local) + HOUR, -HOUR

    # --- the follower --------------------------------------------------------------------------

    def _moments(self, now: int, within: int) -> list[int]:
        """When something can happen between now and the limit, both included."""
        exact = [at for at in self.times if now <= at <= now + within]
        return sorted({*range(now, now + within + 1, self.grid), now + within, *exact})

    def _acts(self, here: Here, kind: str) -> Here:
        after = self._does(here, kind)
        return changed(after, extras=here.extras - 1, done=(*here.done, (here.now, kind)))

    def _does(self, here: Here, kind: str) -> Here:
        act = ACTS.get(kind)
        if act is None:
            return here
        rules = self.rules.read_as(here.reading)
        return changed(here, windows=open_window(here.windows, act, _time(here.now), rules))

    def _paid(self, here: Here) -> Here | None:
        try:
            _, windows = spend(here.windows, _time(here.now), SENDING_MARGIN)
        except NoAllowanceError:
            return None
        return changed(here, windows=windows)


def _resumed(here: Here) -> Here:
    return changed(here, resumed=here.now)


def _with_clocks(here: Here, now: int, shift: int) -> Here:
    clocks_changed = here.clocks_changed or shift != 0
    return changed(here.at(now), begins=(here.begins + shift) % WEEK, clocks_changed=clocks_changed)


def _time(now: int) -> datetime:
    return BASE + timedelta(seconds=now)


def _todo(steps: tuple[Step, ...], place: Place) -> Todo:
    return tuple(((*place, i), step) for i, step in enumerate(taken(steps)))


def _path(steps: tuple[Step, ...] | None, place: Place, name: str, rest: Todo) -> Todo:
    return (*_todo(steps or (), (*place, name)), *rest)


def _retried(step: Ask, place: Place, answer: str, rest: Todo) -> Todo:
    again = step.retries and answer == OTHER
    return _path((step.asked_again,), place, "retry", rest) if again else rest


@cache
def _quiet_left(quiet: QuietHours, local: int) -> int:
    """The seconds until a minute that is not quiet, one minute after the other."""
    second = local
    while quiet.covers(second // DAY % 7, second % DAY // 60):
        second += 60 - second % 60
    return second - local


def _paused(place: Place, rest: Todo) -> Todo:
    return ((place, Pause()), *rest)


def _must_leave(step: Send) -> bool:
    channels = (content.kind for content in (step.content, *step.instead))
    return step.not_sent is None and NEEDS_NO_WINDOW.isdisjoint(channels)


def _at_time_of_day(here: Here, second: int) -> Here:
    """On the same day, where the clock of the wall shows this: it is not far from what it would show."""
    off = (second - here.local + DAY // 2) % DAY - DAY // 2
    return changed(here, begins=(here.begins + off) % WEEK)


def _shown(here: Here, content: Content) -> Here:
    if not isinstance(content, Menu):
        return here
    return changed(here, menu=here.menu | {(item.id, item.text["any"]) for item in content.items})


def _changed(step: object, here: Here) -> Here:
    match step:
        case Tag():
            return changed(here, profile={**here.profile, **dict.fromkeys(step.tags, True)})
        case Untag():
            return changed(here, profile={**here.profile, **dict.fromkeys(step.tags, False)})
        case Agree() | Withdraw():
            agreed = isinstance(step, Agree)
            return changed(here, profile={**here.profile, ("consent", step.purpose): agreed})
        case Set():
            values = {("attribute", name): value for name, value in step.values.items()}
            return changed(here, profile={**here.profile, **values})
        case _:
            return here


def _is_withdrawn(step: Send | Ask, here: Here) -> bool:
    return here.profile.get(("consent", step.consent)) is False


def _cuts(steps: tuple[Step, ...]) -> dict[str, list[int]]:
    """For each split's name a number of each part that its shares, wherever it stands, cut."""
    found: dict[str, set[int]] = {}
    for step in every_step(steps):
        if isinstance(step, Split):
            upto = 0
            for share in step.shares:
                found.setdefault(step.name, set()).add(upto * 100)
                upto += share.percent
    return {name: sorted(cut for cut in cuts if cut < 10_000) for name, cuts in found.items()}


def every_step(steps: tuple[Step, ...]) -> Iterator[Step]:
    """The steps and those on their paths, as a run takes them."""
    for step in taken(steps):
        yield step
        paths = [
            getattr(step, name, None) or () for name in ("not_sent", "unanswered", "otherwise", "passed")
        ]
        paths += [case.steps for case in getattr(step, "cases", ())]
        paths += [share.steps for share in getattr(step, "shares", ())]
        for path in paths:
            yield from every_step(path)


def _looks_at(condition: Condition) -> dict[object, tuple[object, ...]]:
    found: dict[object, tuple[object, ...]] = dict.fromkeys(
        (*condition.tags, *condition.without_tags), (True, False)
    )
    if condition.member is not None:
        found["member"] = (True, False)
    if condition.points_from is not None or condition.points_to is not None:
        found["points"] = (0, 50, 110, 150)
    if condition.language is not None:
        found["language"] = ("en", "zh", "zh-TW", "fr")
    for name, wanted in condition.attributes.items():
        others = found.get(("attribute", name), (None, "else"))
        found["attribute", name] = tuple({*others, *values_near(wanted)})
    for one in (*condition.any, *([condition.none] if condition.none else [])):
        for key, values in _looks_at(one).items():
            found[key] = tuple({*found.get(key, ()), *values})
    return found


def values_near(wanted: Wanted) -> set[str]:
    """Values at which a test of a value can change its verdict."""
    match wanted:
        case str():
            return {wanted}
        case NumberRange():
            bounds = [bound for bound in (wanted.least, wanted.most) if bound is not None]
            ends = ("", ".0", ".5", ".9")
            return {f"{bound + more}{end}" for bound in bounds for more in (-1, 0, 1) for end in ends}
        case IsKnown():
            return set()
        case _:
            assert_never(wanted)


def _is_wanted(wanted: Wanted, value: object) -> bool:
    match wanted:
        case str():
            return value == wanted
        case NumberRange():
            try:
                number = Fraction(str(value))
            except ValueError:
                return False
            least, most = wanted.least, wanted.most
            return (least is None or number >= least) and (most is None or number <= most)
        case IsKnown():
            return (value is not None) is wanted.known
        case _:
            assert_never(wanted)


def _holds(condition: Condition, profile: Mapping[object, object], answers: Mapping[str, str]) -> bool:
    points = profile.get("points", 0)
    assert isinstance(points, int)
    return (
        all(profile[tag] for tag in condition.tags)
        and not any(profile[tag] for tag in condition.without_tags)
        and (condition.member is None or profile["member"] == condition.member)
        and (condition.language is None or profile["language"] == condition.language)
        and (condition.points_from is None or points >= condition.points_from)
        and (condition.points_to is None or points <= condition.points_to)
        and all(
            _is_wanted(wanted, None if isinstance(wanted, IsKnown) and said == OTHER else said)
            for name, wanted in condition.answers.items()
            for said in (answers.get(name),)
        )
        and all(_is_wanted(value, profile["attribute", name]) for name, value in condition.attributes.items())
        and (not condition.any or any(_holds(one, profile, answers) for one in condition.any))
        and (condition.none is None or not _holds(condition.none, profile, answers))
    )


def _is_same_answer(given: str | None, proved: str | None) -> bool:
    """Texts are compared by their meaning: the proof knows an answer only by that."""
    return given == proved if given is None or proved is None else meaning(given) == meaning(proved)
