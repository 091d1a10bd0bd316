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

Taken for granted: the run has the follower's allowances and menu messages to itself (no other run of the
journey, none that it starts, no line of an older menu message), tasks take no time, WeChat counts as its
rules say, the opening is a passive reply, only the run itself moves the time zone.
A violation whose behaviour, played, has an allowance after all is not `confirmed`: a better bound than the
one used here would be needed to accept the journey, or another behaviour to refuse it.
"""

from collections.abc import Mapping

from wejourney.allowances.wechat_rules import RuleSet
from wejourney.plain_data import changed
from workbench.language.journey import Journey
from workbench.language.source import Location
from workbench.proof.facts import about
from workbench.proof.moves import Moves
from workbench.proof.paths import Violation, violation_of, violation_text
from workbench.proof.program import END, Node, what_matters
from workbench.proof.state import Effort, ProofState, TooManyWaysError, covers, rounded, together

__all__ = ["Violation", "prove", "violation_text"]

MOST_WORK = 250_000
"""Comparisons of two states: a few seconds. The journeys of the gallery need some hundreds."""
_TELLING = 100
"""The work of telling a behaviour, in comparisons of two states."""

_TOO_MANY_WAYS = Violation(
    at=("steps",),
    behaviour=(),
    reason="this journey has too many paths to be proved",
    rewrite="split the journey into several, or use fewer tags and answers in its conditions",
    confirmed=False,
)


def prove(journey: Journey, rules: RuleSet, most_work: int = MOST_WORK) -> tuple[Violation, ...]:
    """The first message on each path that may have no allowance; none: the journey fits.

    At most one violation for each step, its simplest; what comes after it on its path is not looked at.
    If there are too many paths, what branches found is forgotten: that adds impossible paths, and hides none.
    If even these are too many, one violation says so. The two further passes take at most half as much work.
    """
    nodes = what_matters(journey)
    try:
        return _violations(journey, rules, nodes, Effort(most_work))
    except TooManyWaysError:
        pass
    try:
        roughly = _violations(journey, rules, nodes, Effort(most_work // 4), forget=True)
    except TooManyWaysError:
        return (_TOO_MANY_WAYS,)
    effort = Effort(most_work // 4)
    return tuple(_on_its_path(violation, journey, rules, nodes, effort) for violation in roughly)


def _on_its_path(
    violation: Violation, journey: Journey, rules: RuleSet, nodes: list[Node], effort: Effort
) -> Violation:
    """The same, found where facts are kept and choices made as in it; if it is not, not confirmed."""
    ways = {happened.step: happened.way for happened in violation.behaviour if happened.way is not None}
    try:
        found = _violations(journey, rules, nodes, effort, ways=ways)
    except TooManyWaysError:
        found = ()
    same = (exact for exact in found if exact.at == violation.at)
    return next(same, changed(violation, confirmed=False))


def _violations(
    journey: Journey,
    rules: RuleSet,
    nodes: list[Node],
    effort: Effort,
    *,
    forget: bool = False,
    ways: Mapping[Location, int] | None = None,
) -> tuple[Violation, ...]:
    """The violations; of less paths where what branches found is forgotten at once, or `ways` are taken."""
    moves = Moves(journey, rules, nodes, effort)
    waiting: list[list[ProofState]] = [[] for _ in nodes]
    for state in moves.start():
        _add(waiting[-1], _relevant(state, nodes[-1], rules), effort)
    violations = []
    for number in range(len(nodes) - 1, END, -1):
        stuck = []
        for state in waiting[number]:
            for then, after in moves.from_step(nodes[number], state):
                if then is None:
                    stuck.append(after)
                elif then != END and _is_taken(after, ways):
                    relevant = _relevant(after, nodes[then], rules)
                    _add(waiting[then], changed(relevant, facts={}) if forget else relevant, effort)
        waiting[number].clear()
        if stuck:
            effort.spend(_TELLING * len(stuck))
            found = [violation_of(nodes[number], state, rules, nodes, journey.quiet) for state in stuck]
            violations.append(min(found, key=_simplicity))
    return tuple(sorted(violations, key=lambda violation: (len(violation.behaviour), str(violation.at))))


def _add(states: list[ProofState], state: ProofState, effort: Effort) -> None:
    """One more state before a step, unless another one covers it; what it covers is dropped.

    Two that differ in one fact alone become one: of what was looked at, little matters later.
    """
    effort.spend(1 + len(states))
    if any(covers(other, state) for other in states):
        return
    states[:] = [other for other in states if not covers(state, other)]
    for other in states:
        both = together(other, state)
        if both is not None:
            states.remove(other)
            _add(states, both, effort)
            return
    states.append(state)


def _relevant(state: ProofState, node: Node, rules: RuleSet) -> ProofState:
    """The state without what is of no interest before this step."""
    early, entered = state.early & node.listens, state.entered & node.listens
    sent = rounded(state, rules) if node.optional else ()
    return changed(state, facts=about(state.facts, node.live), early=early, entered=entered, sent=sent)


def _is_taken(state: ProofState, ways: Mapping[Location, int] | None) -> bool:
    """Whether the last choice is one of these ways."""
    last = state.trace and state.trace.moment
    return not ways or not last or last.way is None or ways.get(last.step, last.way) == last.way


def _simplicity(violation: Violation) -> tuple[bool, int, int]:
    last = violation.behaviour[-1]
    return not violation.confirmed, len(violation.behaviour), last.at
