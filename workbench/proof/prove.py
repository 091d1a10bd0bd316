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

Taken for granted: nothing else uses the follower's allowances but runs that this one starts, or that started
it (these may use as many as they have messages, at any time); no line of an older menu message answers a
question, tasks take no time, WeChat counts as its rules say, only the run itself moves the time zone, the
opening is a passive reply, unless it is said to somebody whom WeChat has to tell first.
Where the journey names no account, acts are done in the chat in which it speaks.
A violation whose behaviour, played, has an allowance after all is not `confirmed`: a better bound than the
one used here would be needed to accept the journey, or another behaviour to refuse it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wejourney.allowances.wechat_rules import Reading, RuleSet
from wejourney.plain_data import changed
from workbench.language.journey import Journey
from workbench.language.source import Location
from workbench.proof.clock import at_any_time
from workbench.proof.facts import Facts, about, as_told_apart, in_common
from workbench.proof.moves import Moves
from workbench.proof.paths import Violation, violation_of, violation_text
from workbench.proof.premises import ALONE, Beside, Premises, premises_of
from workbench.proof.program import END, Node
from workbench.proof.state import (
    Effort,
    ProofState,
    TooManyWaysError,
    allowed,
    covers,
    rounded,
    together,
    unlikeness,
    worst_of,
)
from workbench.wording.phrases import phrase

__all__ = ["Violation", "prove", "violation_text"]

MOST_WORK = 250_000
"""Comparisons of two states: a few seconds. The journeys of the gallery need some hundreds."""
FIRST_WORK = 25_000
"""What the exact proof may take before a less exact one is tried."""
MOST_STATES = (4, 16)
"""How many states before one step are kept apart where there are too many paths, more and more exactly."""
MOST_PLAYED = 24
"""How many states before one step are kept where a behaviour is looked for that can be played."""
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
    beside: Beside = ALONE,
) -> tuple[Violation, ...]:
    """The first message on each path that may have no allowance; none: the journey fits every reading.

    `beside` is what other journeys bring along. A line of a menu message that is in the chat can be tapped
    where the journey waits for a keyword; a run that this one starts, or that started it, may use allowances.

    At most one violation for each step, its simplest; what comes after it on its path is not looked at. It
    names a reading of the rules only if a reading before it does not reject the step.
    If there are too many paths, the violations found until then are returned if one is confirmed. If none is,
    the proof is less exact, which hides no violation. If it finds some, behaviours are looked for that can be
    played; if there are none, the exact proof gets more work. One violation says if all that is too much. A
    reading takes one and a half times `most_work` at most.
    """
    search = Search.of(journey, rules, beside)
    found: dict[Location, Violation] = {}
    for reading in rules.readings:
        for violation in search.read_as(reading).proved(most_work):
            known = found.get(violation.at)
            if known is None or (violation.confirmed and not known.confirmed):
                only = None if reading is rules.readings[0] else reading
                found[violation.at] = changed(violation, reading=only)
    return tuple(sorted(found.values(), key=lambda violation: (len(violation.behaviour), str(violation.at))))


def _is_any_confirmed(found: Iterable[Violation]) -> bool:
    return any(violation.confirmed for violation in found)


@dataclass(frozen=True)
class Search:
    """A journey's paths under one reading of the rules, from the first step to the last."""

    premises: Premises

    @classmethod
    def of(cls, journey: Journey, rules: RuleSet, beside: Beside = ALONE) -> "Search":
        return cls(premises_of(journey, rules, beside))

    def read_as(self, reading: Reading) -> "Search":
        return Search(changed(self.premises, rules=self.premises.rules.read_as(reading)))

    def proved(self, most_work: int) -> list[Violation]:
        """The violations, or one that says that there are too many paths."""
        found, is_all = self.found_with(min(most_work, FIRST_WORK))
        if not is_all and not _is_any_confirmed(found):
            found = self.roughly(most_work)
            if found and not _is_any_confirmed(found):
                exactly, is_all = self.found_with(most_work // 2)
                found = exactly if is_all or _is_any_confirmed(exactly) else found
        return self.confirmed(found, most_work // 10)

    def found_with(self, work: int, most_played: int | None = None) -> tuple[list[Violation], bool]:
        """The violations that so much work finds, and whether these are all."""
        found: list[Violation] = []
        try:
            for violation in self.violations(Effort(work), most_played=most_played):
                found.append(violation)  # noqa: PERF402 - those before the error are kept
        except TooManyWaysError:
            return found, False
        return found, most_played is None

    def roughly(self, work: int, most_states: tuple[int, ...] = MOST_STATES) -> list[Violation]:
        """The violations where times are forgotten and states become one that covers them; none: it fits."""
        roughly, effort = [_TOO_MANY_WAYS], Effort(work // 4)
        for most in most_states:
            try:
                roughly = list(self.violations(effort, most_states=most))
            except TooManyWaysError:
                break
            if not roughly:
                return []
        played, _ = self.found_with(work // 4, most_played=MOST_PLAYED)
        if _is_any_confirmed(played):
            return [violation for violation in played if violation.confirmed]
        effort = Effort(work // 4)
        return [self.on_its_path(violation, effort) for violation in roughly]

    def confirmed(self, found: list[Violation], work: int) -> list[Violation]:
        """The same, each in a behaviour that was played, where one is found."""
        if all(violation.confirmed or not violation.behaviour for violation in found):
            return found
        played, _ = self.found_with(work, most_played=MOST_PLAYED)
        by_step = {violation.at: violation for violation in played if violation.confirmed}
        return [
            violation if violation.confirmed else by_step.get(violation.at, violation) for violation in found
        ]

    def on_its_path(self, violation: Violation, effort: Effort) -> Violation:
        """The same, found where facts are kept and choices made as in it; if it is not, not confirmed."""
        ways = {happened.step: happened.way for happened in violation.behaviour if happened.way is not None}
        try:
            return next(exact for exact in self.violations(effort, ways=ways) if exact.at == violation.at)
        except (StopIteration, TooManyWaysError):
            return changed(violation, confirmed=False)

    def violations(
        self,
        effort: Effort,
        *,
        most_states: int | None = None,
        most_played: int | None = None,
        ways: Mapping[Location, int] | None = None,
    ) -> Iterator[Violation]:
        """The violations in the order of their steps; all of them, and exactly, if no number is given.

        Before a step, states beyond `most_states` become one that covers them: no violation is missed. Beyond
        `most_played` those with the largest allowances are left out, and no message leaves that may have no
        allowance: the violations that are found can happen. What a condition finds out midway is limited in
        the same way. Where choices are made, one of `ways` is taken.
        Raises TooManyWaysError when the work is done.
        """
        rules, nodes = self.premises.rules, self.premises.nodes

        def few(several: list[Facts]) -> list[Facts]:
            return in_common(several[:most_played], most_states or len(several))

        moves = Moves(self.premises, effort, few, is_played=most_played is not None)
        waiting: list[list[ProofState]] = [[] for _ in nodes]

        def wait(number: int, state: ProofState) -> None:
            relevant = _relevant(state, nodes[number], rules)
            _add(waiting[number], at_any_time(relevant) if most_states else relevant, effort, most_states)
            alike = [other for other in waiting[number] if other.early == relevant.early]
            if most_played is not None and len(alike) > most_played:
                waiting[number].remove(max(alike, key=allowed))

        for state in moves.start():
            wait(len(nodes) - 1, state)
        for number in range(len(nodes) - 1, END, -1):
            stuck = []
            for state in waiting[number]:
                for then, after in moves.from_step(nodes[number], state):
                    if then is None:
                        stuck.append(after)
                    elif then != END and _is_taken(after, ways):
                        wait(then, after)
            waiting[number].clear()
            if stuck:
                effort.spend(_TELLING * len(stuck))
                journey = self.premises.journey
                found = [violation_of(nodes[number], state, rules, nodes, journey) for state in stuck]
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
        facts=as_told_apart(about(state.facts, node.live), node.values),
        early=early,
        entered=state.entered & node.heard_since_start,
        done=state.done & node.heard_since_start,
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
