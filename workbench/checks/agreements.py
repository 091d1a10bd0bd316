"""Who agrees has acted: something of the follower's comes right before each `agree` and can mean yes.

The law (PIPL, article 14) asks for a consent that is voluntary and explicit. A follow, a scan, a payment and
silence are none: docs/decisions/0063. Right before: what is said or waited for in between lets time pass, in
which the follower may have changed their mind.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from wejourney.events.event_types import MenuClicked, TextReceived
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.messaging.merge_fields import OTHER
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.mistakes import phrase
from workbench.language.source import Source
from workbench.proof.program import END, Node, program


@dataclass(frozen=True)
class _Said:
    """What a follower has said on a path: whether the last of it can mean `yes`.

    The answers to `fresh` questions are the last that was said, those to `stale` ones came earlier.
    """

    yes: bool = False
    fresh: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()

    @property
    def past(self) -> "_Said":
        """The same, after something else was said or waited for."""
        return _Said(stale=self.fresh | self.stale)

    def answering(self, question: str, *, is_answered: bool) -> "_Said":
        """The same, with an answer to this question or, if they gave none, without an earlier one."""
        return _Said(fresh=frozenset({question} if is_answered else ()), stale=self.past.stale - {question})

    def __and__(self, other: "_Said") -> "_Said":
        """What is so whichever of two paths a run has come."""
        return _Said(self.yes and other.yes, self.fresh | other.fresh, self.stale | other.stale)


def check_agreements(journey: Journey, source: Source) -> None:
    nodes = program(journey)
    said = {len(nodes) - 1: _Said(yes=_can_mean_yes(journey.trigger))}
    for number in range(len(nodes) - 1, END, -1):
        node, here = nodes[number], said.get(number)
        if here is None:
            continue  # No path comes here, which is another mistake.
        if isinstance(node.step, step_types.Agree) and not here.yes:
            message = phrase("agree without yes", purpose=node.step.purpose)
            source.mistake(node.at, message, phrase("agree after yes"))
        for following, after in _following(node, here):
            said[following] = said[following] & after if following in said else after


def _following(node: Node, here: _Said) -> Iterator[tuple[int, _Said]]:
    """The nodes that can come next, with what the follower has just said then."""
    step, after, on_paths = node.step, here.past, here.past
    if isinstance(step, step_types.Branch):
        for i, case in enumerate(step.cases):
            yes = here.yes or _needs_yes(case.when, here.fresh - here.stale)
            yield node.ways["cases", i, "steps"], replace(here, yes=yes)
        yield node.ways[step.otherwise_at], here
        return
    if isinstance(step, step_types.Split):
        yield from ((number, here) for number in node.ways.values())
        return
    if isinstance(step, step_types.Ask):
        after, on_paths = (here.answering(step.name, is_answered=answered) for answered in (True, False))
    elif isinstance(step, step_types.WaitEvent):
        # With `since: entry` it may be something from before the last message.
        after = replace(here.past, yes=step.since == "step" and _can_mean_yes(step.pattern))
    elif isinstance(step, step_types.Notify | step_types.ChangeStep | None):
        after = here.past if isinstance(step, step_types.Withdraw) else here
    if not isinstance(step, step_types.Stop):
        yield node.next, after
    yield from ((number, on_paths) for number in node.ways.values())


def _can_mean_yes(pattern: EventPattern) -> bool:
    """Whether who does this has chosen words, or a button, that the journey names."""
    if pattern.event == TextReceived.kind:
        return all(word.strip("*") for word in pattern.keywords)
    return pattern.event == MenuClicked.kind


def _needs_yes(condition: Condition, questions: Collection[str]) -> bool:
    """Whether the condition needs a certain answer to one of these questions."""
    wanted = (answer for name, answer in condition.answers.items() if name in questions)
    if any(isinstance(answer, str) and answer != OTHER for answer in wanted):
        return True
    return bool(condition.any) and all(_needs_yes(alternative, questions) for alternative in condition.any)
