"""Paths that no follower can take: what is known of all who come to a branch excludes one of its cases.

What is known is followed from the trigger through all steps, and forgotten where time passes in which it can
change. Only a path that is certain to be never taken is a mistake.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import assert_never

from wejourney.journeys.definition import Condition
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.mistakes import Phrase, phrase
from workbench.language.source import Location, Source, written_at
from workbench.language.traversal import endings_of, steps_of
from workbench.proof.facts import Facts, about, after_change, after_wait, answers_to, assume, decide, draws_of
from workbench.proof.program import END, Node, at_start, last_words, program

_MOST = 64
"""How many kinds of followers are kept apart before one step; beyond that, nothing is known."""

_ANYBODY: Facts = {}


@dataclass(frozen=True)
class Unreachable:
    """A path that no follower takes, or a step that none reaches: its place, and the mistake to report."""

    at: Location
    message: Phrase
    hint: Phrase


def check_reachability(journey: Journey, source: Source) -> None:
    for part in unreachable_parts(journey):
        source.mistake(part.at, part.message, part.hint)


def _in_every_round(parts: list[Unreachable], journey: Journey) -> Iterator[Unreachable]:
    """Those that no round of what is repeated can reach; when the repeating ends is not looked at."""
    nodes = {node.at: node for node in program(journey)}
    written = dict(steps_of(journey))
    copies = Counter(map(written_at, nodes))
    found = Counter((written_at(part.at), part.message) for part in parts)
    for part in parts:
        at = part.at
        while at not in nodes and at:
            at = at[:-1]
        if isinstance(nodes[at].step, step_types.Round) or written_at(at) not in written:
            continue
        if found[written_at(part.at), part.message] >= copies[written_at(at)]:
            yield replace(part, at=written_at(part.at))


def unreachable_parts(journey: Journey) -> Iterator[Unreachable]:
    """Paths that no follower can take, where they are written; those inside such a path are not reported."""
    yield from _impossible(journey)
    yield from _in_every_round(list(_on_paths(journey)), journey)


def _on_paths(journey: Journey) -> Iterator[Unreachable]:
    nodes, words = program(journey), last_words(journey)
    reached: set[Location] = set()
    before: list[list[Facts]] = [[] for _ in nodes]
    before[-1] = _those(journey.trigger.when, [at_start(journey, nodes)])
    for number in range(len(nodes) - 1, END, -1):
        node = nodes[number]
        here = _few([about(facts, node.live) for facts in before[number]])
        if here:
            reached.add(node.at)
            yield from _look_ahead(node, here, before, words)
        elif _previous(node.at) in reached:
            message = phrase("step unreachable")
            yield Unreachable(node.at, message, phrase("remove it"))


def _previous(at: Location) -> Location:
    *path, number = at
    return (*path, int(number) - 1)


def _impossible(journey: Journey) -> Iterator[Unreachable]:
    """The conditions of the journey itself that no follower can match, or that all who could enter match."""
    message = phrase("contradiction")
    entering = _those(journey.trigger.when, [_ANYBODY])
    if not entering:
        yield Unreachable(("trigger", "when"), message, phrase("remove one of these"))
    for at, condition in endings_of(journey):
        if not _those(condition, [_ANYBODY]):
            yield Unreachable(at, message, phrase("remove one of these"))
        elif entering and all(holds for holds, _ in _verdicts(condition, entering)):
            all_match = phrase("ends at once")
            yield Unreachable(at, all_match, phrase("remove or change trigger"))


def _look_ahead(
    node: Node, here: list[Facts], before: list[list[Facts]], words: frozenset[str]
) -> Iterator[Unreachable]:
    """Bring those who come to this step to the steps after it."""
    step, after = node.step, here
    match step:
        case step_types.Branch():
            yield from _branch(node, step, here, before)
            return
        case step_types.Split():
            yield from _split(node, step, here, before)
            return
        case step_types.Ask():
            after = [after_wait(facts) for facts in here]
            answer = {("answer", step.name): answers_to(step, words)}
            before[node.next] += [{**facts, **answer} for facts in after]
        case (
            step_types.Send()
            | step_types.HandOver()
            | step_types.Wait()
            | step_types.WaitUntil()
            | step_types.WaitDate()
            | step_types.WaitEvent()
            | step_types.StartJourney()
        ):
            # A message may have to wait for WeChat, for a day at worst; another journey does what it does.
            after = [after_wait(facts) for facts in here]
            before[node.next] += after
        case (
            step_types.Tag()
            | step_types.Untag()
            | step_types.Set()
            | step_types.Agree()
            | step_types.Withdraw()
            | step_types.Award()
            | step_types.Give()
            | step_types.EndJourney()
        ):
            before[node.next] += [after_change(step, facts) for facts in here]
        case step_types.Notify() | step_types.Stop() | None:
            before[node.next] += here
        case _:
            assert_never(step)
    for number in node.ways.values():
        before[number] += after


def _few(possible: list[Facts]) -> list[Facts]:
    different = list({frozenset(facts.items()): facts for facts in possible}.values())
    return different if len(different) <= _MOST else [_ANYBODY]


def _verdicts(condition: Condition, here: list[Facts]) -> list[tuple[bool, Facts]]:
    possible = (verdict for facts in here for verdict in decide(condition, facts, few=_few))
    verdicts = list(islice(possible, _MOST + 1))
    return verdicts if len(verdicts) <= _MOST else [(True, _ANYBODY), (False, _ANYBODY)]


def _those(condition: Condition, here: list[Facts]) -> list[Facts]:
    return [facts for holds, facts in _verdicts(condition, here) if holds]


# --- choices -------------------------------------------------------------------------------------


def _branch(
    node: Node, branch: step_types.Branch, here: list[Facts], before: list[list[Facts]]
) -> Iterator[Unreachable]:
    left = here
    for i, case in enumerate(branch.cases):
        verdicts = _verdicts(case.when, left)
        taken = [facts for holds, facts in verdicts if holds]
        if not taken:
            yield _untaken_case((*node.at, "cases", i, "when"), case.when, here)
        before[node.ways["cases", i, "steps"]] += taken
        left = [facts for holds, facts in verdicts if not holds]
    if branch.otherwise and not left:
        message = phrase("otherwise unreachable")
        yield Unreachable((*node.at, "otherwise"), message, phrase("remove it"))
    before[node.ways[branch.otherwise_at]] += left


def _untaken_case(at: Location, condition: Condition, here: list[Facts]) -> Unreachable:
    reason, hint = phrase("no follower matches"), phrase("remove it")
    if _those(condition, here):
        reason, hint = (
            phrase("matched before"),
            phrase("move before them"),
        )
    return Unreachable(at, phrase("case unreachable", reason=reason), hint)


def _split(
    node: Node, split: step_types.Split, here: list[Facts], before: list[list[Facts]]
) -> Iterator[Unreachable]:
    for i, drawn in enumerate(draws_of(split)):
        assumed = [assume(facts, ("draw", split.name), drawn) for facts in here]
        taken = [facts for facts in assumed if facts is not None]
        if not taken:
            message = phrase("share unreachable", name=split.name)
            hint = phrase("remove split")
            yield Unreachable((*node.at, "shares", i), message, hint)
        before[node.ways["shares", i, "steps"]] += taken
