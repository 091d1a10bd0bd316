"""Journeys small enough to try all that can happen in them; the same number makes the same journey."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Literal

from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, DayHours, QuietHours, Trigger
from wejourney.messaging.contents import Mass, Menu, MenuItem, Text
from workbench.language.journey import Journey
from workbench.language.languages import with_languages
from workbench.language.step_types import (
    Agree,
    Ask,
    Branch,
    Case,
    HandOver,
    Repeat,
    Send,
    Share,
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
)
from workbench.language.traversal import rewritten

HOUR = 3600
TEXT = Text({"any": "hi"})
MENU = Menu({"any": "?"}, (MenuItem("yes", {"any": "Yes"}), MenuItem("no", {"any": "No"})))
MASS = Mass({"any": "hi"})
CHOICES = {"yes": ("y",), "no": ("n",)}
TRIGGERS: tuple[str, ...] = ("follow", "follow", "follow", "text", "click", "scan", "payment", "tag")
WAITED_FOR: tuple[str, ...] = ("scan", "click", "image", "view", "payment")

GRID = 12 * HOUR
"""The grid of time on which small journeys are played, in seconds; their waits are on it, or at an edge."""

EDGES = (30, 50, 120, 48 * HOUR - 11, 48 * HOUR - 10)


def small_journey(number: int) -> Journey:
    """The journey of this number."""
    made = _Maker(Random(number), number)  # noqa: S311
    return made.journey()


def journey_of_consents(number: int) -> Journey:
    """The journey of this number in which followers agree and withdraw, and most messages need that."""
    made = _ConsentMaker(Random(number), number)  # noqa: S311
    journey = made.journey()
    return rewritten(journey, lambda part: {"consent": "news"} if isinstance(part, Send | Ask) else {})


class _Maker:
    def __init__(self, random: Random, number: int) -> None:
        self.random, self.number = random, number
        self.questions = 0
        self.local = random.random() < 0.25

    def journey(self) -> Journey:
        trigger = Trigger(self.random.choice(TRIGGERS), keywords=("hi",), key="K")
        quiet = QuietHours(21 * 60, 9 * 60) if self.local and self.random.random() < 0.5 else None
        if quiet is not None and self.number % 4 == 0:
            weekend = (DayHours(5, 0, 24 * 60), DayHours(6, 15 * 60, 12 * 60))
            quiet = replace(quiet, days=weekend)
        steps = self.path(self.random.randint(1, 4), 1)
        # Journeys are drawn by their numbers: this draws nothing more than before.
        if steps and self.random.getstate()[1][1] % 7 == 0:
            steps = (*steps[:-1], Repeat(GRID, 2, Condition(tags=("a",)), steps[-1:]))
        return with_languages(Journey("small", {"any": "T"}, trigger, steps, quiet=quiet))

    def path(self, most: int, depth: int) -> tuple[Step, ...]:
        return tuple(step for _ in range(most) for step in self.step(depth))

    def some(self, depth: int) -> tuple[Step, ...]:
        return self.path(self.random.randint(0, 2), depth - 1)

    def step(self, depth: int) -> tuple[Step, ...]:
        kinds: list[Callable[[int], Step]] = [self.send] * 5 + [self.wait] * 2 + [self.ask] * 2
        kinds += [self.change, self.stop]
        kinds += [self.branch, self.split, self.event, self.date, self.hand_over] if depth else []
        kinds += [self.until, self.until] if self.local else []
        if self.random.random() < 0.1:
            return (Send(TEXT),) * self.random.randint(2, 5)
        return (self.random.choice(kinds)(depth),)

    def wait(self, _depth: int) -> Step:
        return Wait(self.random.choice((*EDGES, GRID, 2 * GRID, 3 * GRID)))

    def until(self, _depth: int) -> Step:
        return WaitUntil(self.random.choice((9 * 60, 15 * 60, 21 * 60)))

    def change(self, _depth: int) -> Step:
        return self.random.choice((Tag(("a",)), Untag(("a",)), Tag(("b",))))

    def stop(self, _depth: int) -> Step:
        return Branch((Case(self.condition(), (Stop("enough"),)),))

    def branch(self, depth: int) -> Step:
        cases = (Case(self.condition(), self.some(depth)) for _ in range(self.random.randint(1, 2)))
        return Branch(tuple(cases), self.some(depth))

    def split(self, depth: int) -> Step:
        percent = self.random.choice((30, 50))
        shares = (Share(percent, self.some(depth)), Share(100 - percent, self.some(depth)))
        return Split(self.random.choice("st"), shares)

    def date(self, depth: int) -> Step:
        date = WaitDate("booking", self.random.choice((GRID, 3 * GRID)), otherwise=self.some(depth))
        # Journeys are drawn by their numbers: this one draws nothing more than it did before.
        passed = (None, (), date.otherwise, (Stop("passed"),))[self.random.getstate()[1][0] % 4]
        return replace(date, passed=passed)

    def hand_over(self, _depth: int) -> Step:
        return HandOver("stylist", self.random.choice((30, GRID)))

    def send(self, depth: int) -> Send:
        content = self.random.choice((TEXT, TEXT, TEXT, MENU))
        match self.random.randint(0, 9) if depth else 9:
            case 0:
                return Send(content, not_sent=self.some(depth))
            case 1:
                return Send(content, instead=self.random.choice(((MASS,), (MENU,), (MENU, MASS))))
            case 2:
                return Send(MASS, not_sent=self.some(depth))
            case 3:
                return Send(content, if_unsure="resend")
            case _:
                return Send(content)

    def ask(self, depth: int) -> Ask:
        self.questions += 1
        content = self.random.choice((None, TEXT, TEXT, MENU))
        unanswered: tuple[Step, ...] = (Stop("no answer"),) if self.random.random() < 0.7 else ()
        if depth and self.random.random() < 0.3:
            unanswered = self.some(depth)
        refused = self.some(depth) if depth and content and self.random.random() < 0.3 else None
        within = self.random.choice((20, GRID, 2 * GRID))
        choices = self.random.choice(({}, CHOICES))
        # Journeys are drawn by their numbers: what is asked again draws nothing more than before. Only what
        # has a menu is: a line of another question's menu is an answer that the game does not know.
        retries = self.random.getstate()[1][self.questions] % 3 // 2 if choices and content is MENU else 0
        return Ask(f"q{self.questions}", within, content, choices, unanswered, refused, retries=retries)

    def event(self, depth: int) -> WaitEvent:
        kind = self.random.choice(WAITED_FOR)
        since: Literal["step", "entry"] = "step" if self.random.random() < 0.5 else "entry"
        otherwise: tuple[Step, ...] = (Stop("never"),) if self.random.random() < 0.5 else self.some(depth)
        return WaitEvent(EventPattern(kind), self.random.choice((30, GRID)), since, otherwise)

    def condition(self) -> Condition:
        one = self.simple()
        match self.random.randint(0, 5):
            case 0:
                return Condition(none=one)
            case 1:
                return Condition(any=(one, self.simple()))
            case _:
                return one

    def simple(self) -> Condition:
        number = self.random.randint(1, max(1, self.questions))
        return self.random.choice(
            (
                Condition(tags=("a",)),
                Condition(without_tags=("a", "b")),
                Condition(member=True),
                Condition(language="zh"),
                Condition(language="zh-TW"),
                Condition(points_from=100),
                Condition(points_from=10, points_to=120),
                Condition(answers={f"q{number}": "yes"}),
                Condition(answers={f"q{number}": "no"}),
                Condition(answers={f"q{number}": "other"}),
            )
        )


class _ConsentMaker(_Maker):
    def change(self, _depth: int) -> Step:
        return self.random.choice((Agree("news"), Withdraw("news"), Withdraw("news"), Tag(("a",))))

    def step(self, depth: int) -> tuple[Step, ...]:
        if self.random.random() < 0.25:
            return (self.change(depth),)
        return super().step(depth)
