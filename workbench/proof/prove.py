"""The proof that every message of a journey has an allowance, or a behaviour in which one has none.

All behaviours are looked at, each as bad as it can be: whoever answers, answers as late as they may, what
can be tapped is tapped, a wait for nine o'clock begins at nine. That is enough, because

* what the follower does besides only allows more. The window that ends first pays; where renewing one
  makes another one pay, and that matters, both are looked at (`state.spendings`). A message
  that need not leave may leave nevertheless, and what comes after it counts on no more (`helped`);
* of two states before the same step, one with fewer messages left, windows that end sooner and less that
  is known can come to all that the other can come to (`state.covers`): the other is dropped;
* an answer at some time between now and the limit is worst at the limit, except where the time of day is
  known: then the state keeps how much earlier it may have been; and where a message follows that need not
  leave: then also at once, and whenever an allowance has ended (`clock`);
* a step that hears what was said before it goes back to the second of the last thing said or heard. What
  the follower does besides in that second is looked at there (`moves`).

Taken for granted: the run has the follower's allowances to itself (no other run of the journey, none that it
starts), no line of an older menu message answers a question, tasks take no time, WeChat counts as its
rules say, the opening is a passive reply, only the run itself moves the time zone.
A violation whose behaviour, played, has an allowance after all is not `confirmed`: a better bound than the
one used here would be needed to accept the journey, or another behaviour to refuse it.
"""

from collections.abc import Iterator, Mapping, Sequence

from wejourney.allowances.wechat_rules import RuleSet
from wejourney.plain_data import changed
from workbench.language.journey import Journey
from workbench.language.source import Location
from workbench.proof.clock import at_any_time
from workbench.proof.facts import about
from workbench.proof.moves import Moves, PlacedMenu
from workbench.proof.paths import Violation, violation_of, violation_text
from workbench.proof.program import END, Node, what_matters
from workbench.proof.state import (
    Effort,
    ProofState,
    TooManyWaysError,
    covers,
    rounded,
    together,
    unlikeness,
    worst_of,
)
from workbench.wording.phrases import phrase

__all__ = ["PlacedMenu", "Violation", "prove", "violation_text"]

MOST_WORK = 250_000
"""Comparisons of two states: a few seconds. The journeys of the gallery need some hundreds."""
MOST_STATES = (4, 16)
"""How many states before one step are kept apart where there are too many paths, more and more exactly."""
_TELLING = 100
"""The work of telling a behaviour, in comparisons of two states."""

_TOO_MANY_WAYS = Violation(
    at=("steps",),
    behaviour=(),
    reason=phrase("too many paths"),
    rewrite=phrase("fewer paths"),
    confirmed=False,
)


def prove(
    journey: Journey,
    rules: RuleSet,
    most_work: int = MOST_WORK,
    menus: Sequence[PlacedMenu] = (),
) -> tuple[Violation, ...]:
    """The first message on each path that may have no allowance; none: the journey fits every reading.

    `menus` are the menu messages that runs of this journey and of others can have left in the chat: a line
    of theirs can be tapped where the journey waits for a keyword.

    At most one violation for each step, its simplest; what comes after it on its path is not looked at. It
    names a reading of the rules only if a reading before it does not reject the step.
    If there are too many paths, the violations found until then are returned if one is confirmed. If none is,
    the proof is less exact, which hides no violation; one violation says if that is too much work, too. This
    takes at most half as much work again.
    """
    found: dict[Location, Violation] = {}
    for reading in rules.readings:
        for violation in _prove(journey, rules.read_as(reading), most_work, menus):
            known = found.get(violation.at)
            if known is None or (violation.confirmed and not known.confirmed):
                only = None if reading is rules.readings[0] else reading
                found[violation.at] = changed(violation, reading=only)
    return tuple(sorted(found.values(), key=lambda violation: (len(violation.behaviour), str(violation.at))))


def _prove(journey: Journey, rules: RuleSet, most_work: int, menus: Sequence[PlacedMenu]) -> list[Violation]:
    """The violations under one reading of the rules."""
    found: list[Violation] = []
    try:
        for violation in _violations(journey, rules, what_matters(journey), Effort(most_work), menus):
            found.append(violation)  # noqa: PERF402 - those before the error are kept
    except TooManyWaysError:
        if not any(violation.confirmed for violation in found):
            return prove_roughly(journey, rules, most_work, menus=menus)
    return found


def prove_roughly(
    journey: Journey,
    rules: RuleSet,
    most_work: int,
    most_states: tuple[int, ...] = MOST_STATES,
    menus: Sequence[PlacedMenu] = (),
) -> list[Violation]:
    """The violations where times are forgotten and states become one that covers them; none: it fits."""
    nodes = what_matters(journey)
    roughly, effort = [_TOO_MANY_WAYS], Effort(most_work // 4)
    for most in most_states:
        try:
            roughly = list(_violations(journey, rules, nodes, effort, menus, most_states=most))
        except TooManyWaysError:
            break
        if not roughly:
            return []
    effort = Effort(most_work // 4)
    return [_on_its_path(violation, journey, rules, nodes, effort, menus) for violation in roughly]


def _on_its_path(
    violation: Violation,
    journey: Journey,
    rules: RuleSet,
    nodes: list[Node],
    effort: Effort,
    menus: Sequence[PlacedMenu],
) -> Violation:
    """The same, found where facts are kept and choices made as in it; if it is not, not confirmed."""
    ways = {happened.step: happened.way for happened in violation.behaviour if happened.way is not None}
    found = _violations(journey, rules, nodes, effort, menus, ways=ways)
    try:
        return next(exact for exact in found if exact.at == violation.at)
    except (StopIteration, TooManyWaysError):
        return changed(violation, confirmed=False)


def _violations(
    journey: Journey,
    rules: RuleSet,
    nodes: list[Node],
    effort: Effort,
    menus: Sequence[PlacedMenu],
    *,
    most_states: int | None = None,
    ways: Mapping[Location, int] | None = None,
) -> Iterator[Violation]:
    """The violations in the order of their steps, exactly unless there are `most_states`.

    Where choices are made, one of `ways` is taken. Raises TooManyWaysError when the work is done.
    """
    moves = Moves(journey, rules, nodes, effort, menus)
    waiting: list[list[ProofState]] = [[] for _ in nodes]
    for state in moves.start():
        _add(waiting[-1], _relevant(state, nodes[-1], rules), effort)
    for number in range(len(nodes) - 1, END, -1):
        stuck = []
        for state in waiting[number]:
            for then, after in moves.from_step(nodes[number], state):
                if then is None:
                    stuck.append(after)
                elif then != END and _is_taken(after, ways):
                    relevant = _relevant(after, nodes[then], rules)
                    _add(
                        waiting[then], at_any_time(relevant) if most_states else relevant, effort, most_states
                    )
        waiting[number].clear()
        if stuck:
            effort.spend(_TELLING * len(stuck))
            found = [violation_of(nodes[number], state, rules, nodes, journey.quiet) for state in stuck]
            yield min(found, key=_simplicity)


def _add(states: list[ProofState], state: ProofState, effort: Effort, most: int | None = None) -> None:
    """One more state before a step, unless another one covers it; what it covers is dropped.

    Two that differ in one fact alone become one: of what was looked at, little matters later. Where there are
    more than `most`, the new one and the one most like it become one that covers both.
    """
    effort.spend(1 + len(states))
    if any(covers(other, state) for other in states):
        return
    states[:] = [other for other in states if not covers(state, other)]
    for other in states:
        both = together(other, state)
        if both is not None:
            states.remove(other)
            _add(states, both, effort, most)
            return
    if most is not None and len(states) >= most:
        effort.spend(len(states))
        other = min(states, key=lambda other: unlikeness(other, state))
        states.remove(other)
        _add(states, worst_of(other, state), effort, most)
        return
    states.append(state)


def _relevant(state: ProofState, node: Node, rules: RuleSet) -> ProofState:
    """The state without what is of no interest before this step."""
    early = state.early & (node.heard_at_once if state.fresh else node.heard)
    return changed(
        state,
        facts=about(state.facts, node.live),
        early=early,
        entered=state.entered & node.heard_since_start,
        fresh=state.fresh and bool(early),
        sent=rounded(state, rules) if node.optional else (),
    )


def _is_taken(state: ProofState, ways: Mapping[Location, int] | None) -> bool:
    """Whether the last choice is one of these ways."""
    last = state.trace and state.trace.moment
    return not ways or not last or last.way is None or ways.get(last.step, last.way) == last.way


def _simplicity(violation: Violation) -> tuple[bool, int, int]:
    last = violation.behaviour[-1]
    return not violation.confirmed, len(violation.behaviour), last.at
