"""What a proof begins with: the journey as a graph, the rules, and what other journeys bring along."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from wejourney.allowances.wechat_rules import RuleSet
from wejourney.events.event_types import Followed
from wejourney.journeys.answers import Question
from wejourney.journeys.conditions import History, holds
from wejourney.messaging.contents import Menu
from wejourney.people.followers import Follower
from workbench.language.journey import Journey
from workbench.language.questions import menus_shown, question_of
from workbench.language.step_types import Ask, Branch, RunStep, Send, StartJourney
from workbench.language.traversal import parts_of_step, steps_of
from workbench.proof.facts import Key, Verdicts, keys_of, scenes_in, verdicts_of, with_scenes
from workbench.proof.program import (
    EPOCH,
    Node,
    last_words,
    needs_window,
    program,
    what_matters,
    with_opening,
)


@dataclass(frozen=True)
class PlacedMenu:
    """A menu message that can be in the chat before a run begins, and where it is written."""

    content: Menu
    place: str


@dataclass(frozen=True)
class Beside:
    """What the journeys that are checked together bring along for each other.

    `begun` has, for each journey that another one starts, how many messages its run may send, with those of
    runs that it starts itself; `starters`, how many whoever starts it may still send after that. `recognises`
    says that one of them lets a stranger be recognised before anybody is greeted.
    """

    menus: Sequence[PlacedMenu] = ()
    recognises: bool = False
    begun: Mapping[str, int] = field(default_factory=dict)
    starters: Mapping[str, int] = field(default_factory=dict)


ALONE = Beside()
"""Nothing beside a journey is known."""


@dataclass(frozen=True)
class Premises:
    """What is the same for a whole proof.

    `questions` are those of the nodes, by the id of their step; `cases` those of branches, by the id of their
    node: the verdicts about each, and what is looked at after it.
    """

    journey: Journey
    rules: RuleSet
    nodes: list[Node]
    beside: Beside
    questions: Mapping[int, Question]
    cases: Mapping[int, Sequence[tuple[Verdicts, frozenset[Key]]]]
    last_words: frozenset[str]


def premises_of(journey: Journey, rules: RuleSet, beside: Beside) -> Premises:
    nodes, shown = what_matters(journey), menus_shown(journey)
    if journey.opening is not None and _may_open_by_message(journey, beside):
        nodes = with_opening(nodes, journey.opening)
    asks = (node.step for node in nodes if isinstance(node.step, Ask))
    questions = {id(step): question_of(step, shown) for step in asks}
    scenes = scenes_in(key for node in nodes for key in node.live)
    cases = {
        id(node): _cases(node.step, frozenset[Key]().union(*(nodes[way].live for way in after)), scenes)
        for node in nodes
        if isinstance(node.step, Branch)
        for after in [node.ways.values()]
    }
    return Premises(journey, rules, nodes, beside, questions, cases, last_words(journey))


def _cases(
    branch: Branch, after: frozenset[Key], scenes: frozenset[Key]
) -> Sequence[tuple[Verdicts, frozenset[Key]]]:
    found, later = list[tuple[Verdicts, frozenset[Key]]](), after
    for case in reversed(branch.cases):
        found.append((verdicts_of(case.when), with_scenes(later, scenes)))
        later = later.union(keys_of(case.when))
    return found[::-1]


def _may_open_by_message(journey: Journey, beside: Beside) -> bool:
    """Whether the run may have to say the opening: nobody knew, when they followed, that they may enter.

    WeChat tells the union id of a follower only after the passive reply has left.
    """
    trigger = journey.trigger
    if trigger.event != Followed.kind:
        return False
    stranger = Follower("", "", person_id="")
    is_for_strangers = holds(trigger.when, stranger, {}, History(now=EPOCH)) and not journey.holdout
    return trigger.recognise_first or beside.recognises or not is_for_strangers


def beside_of(menus: Sequence[PlacedMenu], journeys: Iterable[Journey]) -> Beside:
    """What these journeys bring along for each other, and menu messages of theirs."""
    by_name = {journey.name: journey for journey in journeys}
    starts = {
        name: frozenset(step.journey for _, step in steps_of(journey) if isinstance(step, StartJourney))
        for name, journey in by_name.items()
    }
    started = frozenset[str]().union(*starts.values()) & by_name.keys()
    below = {name: _reached(name, starts) for name in by_name}

    # A journey is looked at once in a chain of journeys that start each other. What is above it in the chain
    # matters only where it can come again, so that a journey outside of circles is looked at once in all.

    @cache
    def nodes(name: str) -> list[Node]:
        return program(by_name[name])

    @cache
    def messages(name: str, above: frozenset[str] = frozenset()) -> tuple[int, Mapping[str, int]]:
        """The most that a run may send in all, and after it has started each of the others."""
        most, after = [0], dict[str, int]()
        for node in nodes(name)[1:]:
            rest = max(most[number] for number in (node.next, *node.ways.values()))
            own = _messages_of(node.step)
            if isinstance(node.step, StartJourney):
                other = node.step.journey
                after[other] = max(rest, after.get(other, 0))
                if other in by_name and other not in above:
                    own, _ = messages(other, (above | {name}) & below[other])
            most.append(own + rest)
        return most[-1], after

    @cache
    def still(name: str, seen: frozenset[str] = frozenset()) -> int:
        """The most that those who start this journey may send after that."""
        above = (other for other, its in starts.items() if name in its and other not in seen | {name})
        most = (
            messages(other)[1][name]
            + still(other, frozenset(one for one in seen | {name} if other in below[one]))
            for other in above
        )
        return max(most, default=0)

    recognises = any(journey.trigger.recognise_first for journey in by_name.values())
    return Beside(
        menus,
        recognises,
        {name: messages(name)[0] for name in started},
        {name: still(name) for name in started},
    )


def _reached(name: str, starts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The journeys that are started from this one, also through others; itself, if it is in a circle."""
    reached, ahead = set[str](), [name]
    while ahead:
        new = starts.get(ahead.pop(), frozenset()) - reached
        reached |= new
        ahead += new
    return frozenset(reached)


def _messages_of(step: RunStep | None) -> int:
    """How many messages that take from an allowance a step sends at most."""
    if not isinstance(step, Send | Ask):
        return 0
    is_windowed = any(needs_window(content) for _, content in parts_of_step(step).contents)
    return int(is_windowed) * (2 if isinstance(step, Send) and step.if_unsure == "resend" else 1)
