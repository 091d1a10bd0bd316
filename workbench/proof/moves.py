"""What can happen at a step: each way on, as bad for the allowances as it can be."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, islice
from typing import NamedTuple, assert_never

from wejourney.allowances.wechat_rules import Act
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import CHAT_CLOSED, Followed, TextReceived
from wejourney.events.matching import EventPattern, matches
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Condition
from wejourney.messaging.contents import Content, Menu, menu_ids
from wejourney.messaging.merge_fields import OTHER, fields_of
from wejourney.people.bookings import BOOKING_TIME
from wejourney.plain_data import changed
from workbench.language import step_types
from workbench.language.durations import format_duration
from workbench.language.source import RETRY, Location
from workbench.proof.clock import after_quiet, at_night, at_time, in_zone, passed, passed_at_most
from workbench.proof.facts import (
    NEVER,
    Between,
    Facts,
    Key,
    Known,
    Verdicts,
    about,
    after_change,
    answers_to,
    assume,
    draws_of,
    happened,
    is_withdrawn,
    keys_of,
    met,
    opposite,
    text_is,
    verdicts_of,
)
from workbench.proof.premises import Premises
from workbench.proof.program import (
    NOT_SENT,
    OPENING,
    TAP,
    Node,
    act_of,
    at_start,
    is_optional,
    kinds_counted,
    needs_window,
    tap_of,
)
from workbench.proof.state import Effort, MenuLine, ProofState, helped, spendings
from workbench.wording.journey_parts import SpokenCondition
from workbench.wording.phrases import Phrase, phrase

type Move = tuple[int | None, ProofState]
"""A next step, by its number, and the state before it; None where a message cannot leave that must."""

_CHANGE = ", clocks"
"""Where clocks are changed meanwhile, the code of a phrase ends so."""
_UNANSWERED, _OTHERWISE, _PASSED = ("unanswered",), ("otherwise",), ("passed",)
_KINDS: Mapping[Act, str] = {
    Act.MESSAGE: TextReceived.kind,
    Act.CLICK: "click",
    Act.SCAN: "scan",
    Act.PAY: "payment",
    Act.FOLLOW: Followed.kind,
}
_VERDICT = 10
"""The work of a verdict about a condition, in comparisons of two states."""

_ALSO: Mapping[str, str] = {TextReceived.kind: "also writes", TAP: "also taps"}


class TappedLine(NamedTuple):
    label: str
    place: str


class Moves:
    """The ways on in one journey under one reading of the rules.

    Of what a condition finds out midway, `few` makes less where it is too much.
    """

    def __init__(
        self,
        premises: Premises,
        effort: Effort,
        few: Callable[[list[Facts]], list[Facts]],
        *,
        is_played: bool,
    ) -> None:
        journey, nodes = premises.journey, premises.nodes
        self._is_played, self._few, self._beside = is_played, few, premises.beside
        self._journey, self._rules, self._nodes, self._effort = journey, premises.rules, nodes, effort
        self._menus = tuple((_lines(menu.content), menu.place) for menu in premises.beside.menus)
        self._questions, self._cases = premises.questions, premises.cases
        self._last_words = premises.last_words

    def start(self) -> Iterator[ProofState]:
        """Every way in which a run can begin."""
        trigger = self._journey.trigger
        time = None if trigger.time is None else trigger.time * 60
        beginnings = [(trigger.event, phrase("verbatim", text=trigger.event))]
        tapped = self._tapped_before(trigger)
        if tapped is not None:
            words = phrase("tapped start", label=tapped.label, place=tapped.place)
            beginnings.append((TAP, words))
        known, others = at_start(self._journey, self._nodes), self._beside.starters.get(self._journey.name, 0)
        for verdict, facts in self._decided(verdicts_of(trigger.when), known, self._nodes[-1].live):
            if verdict:
                (reading,) = self._rules.readings
                for kind, words in beginnings:
                    state = ProofState(
                        0, (), facts, clock=time, night=at_night(time), reading=reading, others=others
                    )
                    begun = self._did(state, kind).told(
                        (), "start", words, opens=self._opens(kind), by=trigger.event
                    )
                    for heard in self._hearing(begun, len(self._nodes) - 1):
                        yield from (heard,) if trigger.is_act else self._after_quiet((), heard)

    def from_step(self, node: Node, state: ProofState) -> Iterator[Move]:
        """Every way on from a state before this step."""
        if isinstance(node.step, step_types.ChangeStep):
            for after in _changed(node.step, state):
                yield node.next, self._begun(node.step, after)
            return
        match node.step:
            case step_types.Send():
                yield from self._send(node, node.step, state)
            case step_types.Ask():
                yield from self._ask(node, node.step, state)
            case step_types.Wait():
                words = phrase("wait", time=format_duration(node.step.seconds))
                yield from self._awake(node, passed(state, node.step.seconds).told(node.at, "wait", words))
            case step_types.WaitUntil():
                yield from self._until(node, node.step, state)
            case step_types.WaitDate():
                yield from self._date(node, node.step, state)
            case step_types.WaitEvent():
                yield from self._event(node, node.step, state)
            case step_types.HandOver():
                yield from self._hand_over(node, node.step, state)
            case step_types.Branch():
                yield from self._branch(node, node.step, state)
            case step_types.Split():
                yield from self._split(node, node.step, state)
            case step_types.Notify() | step_types.Stop() | None:
                yield node.next, state
            case _:
                assert_never(node.step)

    # --- messages ------------------------------------------------------------------------------

    def _send(self, node: Node, step: step_types.Send, state: ProofState) -> Iterator[Move]:
        if is_withdrawn(step, state.facts):
            yield (
                node.ways.get(NOT_SENT, node.next),
                state.told(node.at, "rejected", phrase("consent withdrawn")),
            )
            return
        contents = (step.content, *step.instead)
        windowed = [content for content in contents if needs_window(content)]
        if windowed:
            words = phrase("send opening") if node.at == OPENING else phrase("send")
            for before in self._hearing(state, node.next):
                for shown in self._shown(node, windowed, before, "send", words):
                    yield from ((node.next, after) for after in self._hearing(shown, node.next))
            if self._nodes[node.next].heard_at_once or self._nodes[node.next].heard_since_start:
                for shown in self._shown(node, windowed, state, "unsure", phrase("send, answer lost")):
                    yield from ((node.next, beside) for beside in self._besides(shown, node.next))
        if len(windowed) < len(contents):
            for before in self._hearing(state, node.next):
                words = phrase("other channel")
                yield node.next, before.told(node.at, "other_channel", words)
        if is_optional(step):
            refused = state.told(node.at, "rejected", phrase("message rejected"))
            yield node.ways.get(NOT_SENT, node.next), refused
            return
        yield from self._stuck(node, state)
        if step.if_unsure == "resend":
            for paid, _ in islice(spendings(state, self._rules), 1):
                sent = paid.told(node.at, "send", phrase("send, answer lost"), spends=True)
                yield from self._stuck(node, sent)

    def _ask(self, node: Node, step: step_types.Ask, state: ProofState) -> Iterator[Move]:
        if step.content is None:
            for kind, known in _readings(step, self._questions[id(step)], state.menus, self._last_words):
                if kind in state.early:
                    for then, answer in _after_answer(node, step, known):
                        yield then, _answered(node, step, passed(state, 0), kind, answer, before=True)
            yield from self._answers(node, step, state)
            return
        if is_withdrawn(step, state.facts):
            refused = state.told(node.at, "rejected", phrase("consent withdrawn"))
            if step.not_sent is not None:
                yield node.ways[NOT_SENT], refused
            else:
                yield from self._over(node, refused, 0, _UNANSWERED, phrase("no answer"))
            return
        words = phrase("ask", name=step.name)
        if needs_window(step.content):
            asked = list(self._paid(node, state, "ask", words))
        else:
            asked = [state.told(node.at, "ask", words)]
        for question in asked:
            yield from self._answers(node, step, _showing(question, step.content))
        if step.not_sent is not None:
            yield node.ways[NOT_SENT], state.told(node.at, "rejected", phrase("question rejected"))
            return
        if needs_window(step.content):
            yield from self._stuck(node, state)
        if asked:
            # WeChat can refuse it for a reason of its own; then there is no answer to wait for.
            refused = state.told(node.at, "rejected", phrase("question rejected"))
            yield from self._over(node, refused, 0, _UNANSWERED, phrase("no answer"))

    def _shown(
        self, node: Node, contents: list[Content], state: ProofState, kind: str, words: Phrase
    ) -> Iterator[ProofState]:
        """After one of these has left: which one, WeChat decides."""
        for sent in self._paid(node, state, kind, words):
            yield from {
                after.menus: after for after in (_showing(sent, content) for content in contents)
            }.values()

    def _paid(self, node: Node, state: ProofState, kind: str, words: Phrase) -> Iterator[ProofState]:
        step = node.step
        resends = kind == "send" and isinstance(step, step_types.Send) and step.if_unsure == "resend"
        befores = [state]
        if not self._can_pay(state) and step is not None and is_optional(step):
            if self._is_played:
                return
            befores = [self._acted_before(node, act, better) for act, better in helped(state, self._rules)]
        for before in befores:
            for paid, renewed in spendings(before, self._rules):
                for act in renewed:
                    paid = self._acted_before(node, act, paid)  # noqa: PLW2901
                sent = paid.told(node.at, kind, words, spends=True)
                yield sent
                # WeChat may have counted twice what is sent again.
                for twice, _ in islice(spendings(sent, self._rules), int(resends)):
                    yield twice.told(node.at, "again", phrase("send again"), spends=True)

    def _acted_before(self, node: Node, act: Act, state: ProofState) -> ProofState:
        # Nobody follows twice: the follow is the one that began the run, or came before it.
        opens = None if act is Act.FOLLOW else act
        return state.told(
            node.at, "extra", phrase("follower acts", act=str(act)), opens=opens, by=_KINDS[act]
        )

    def _stuck(self, node: Node, state: ProofState) -> Iterator[Move]:
        """Where a message has no allowance: none is left, or runs of others may use them up before it."""
        for used in range(state.others + 1):
            paid = next((paid for paid, _ in spendings(state, self._rules)), None)
            if paid is None:
                yield None, state
                return
            if used < state.others:
                state = paid.told(node.at, "other", phrase("other journey sends"), spends=True)

    def _begun(self, step: step_types.ChangeStep, state: ProofState) -> ProofState:
        """With what a journey that this step starts may send from now on."""
        if not isinstance(step, step_types.StartJourney):
            return state
        return changed(state, others=state.others + self._beside.begun.get(step.journey, 0))

    def _can_pay(self, state: ProofState) -> bool:
        return any(True for _ in spendings(state, self._rules))

    def _tapped_before(self, pattern: EventPattern) -> TappedLine | None:
        """A line of a menu message in the chat that is heard as one of these keywords when it is tapped."""
        for lines, place in self._menus:
            for label in _heard_as(pattern, lines):
                return TappedLine(label, place)
        return None

    # --- what is heard -------------------------------------------------------------------------

    def _hearing(self, state: ProofState, then: int) -> Iterator[ProofState]:
        """Something is said or heard in this second: what the follower said in an older one is past."""
        kept = state.early if state.fresh else frozenset[str]()
        return self._besides(changed(state, early=kept, fresh=True), then)

    def _besides(self, state: ProofState, then: int) -> Iterator[ProofState]:
        """What the follower may do besides in this second, as far as a later step would take it.

        Later is no worse: until the next thing that is said or heard, no message is paid for.
        """
        node = self._nodes[then]
        possible = (node.heard_at_once | node.heard_since_start) - state.early
        kinds = sorted(possible if state.menus or self._menus else possible - {TAP})
        for number in range(len(kinds) + 1):
            for chosen in combinations(kinds, number):
                after = state
                for kind in chosen:
                    act = self._opens(kind)
                    words = phrase(_ALSO.get(kind, "also acts"), act=kind)
                    told = self._did(after, kind).told((), "extra", words, opens=act, by=kind)
                    after = changed(
                        told,
                        early=told.early | {kind},
                        entered=told.entered | {kind},
                        facts=_once_done(told.facts, kind),
                    )
                yield after

    def _answers(self, node: Node, step: step_types.Ask, state: ProofState) -> Iterator[Move]:
        for kind, known in _readings(step, self._questions[id(step)], state.menus, self._last_words):
            for after, answer in _after_answer(node, step, known):
                for then in passed_at_most(state, step.within):
                    answered = self._came(then, kind, EventPattern("text"), after)
                    told = _answered(node, step, answered, kind, answer)
                    yield from ((after, heard) for heard in self._hearing(told, after))
        words = phrase("no answer within", time=format_duration(step.within))
        yield from self._over(node, state, step.within, _UNANSWERED, words)

    def _kinds(self, step: step_types.WaitEvent, menus: frozenset[MenuLine]) -> Iterator[str]:
        """The kinds of events, taps among them, that can wake a run from this wait."""
        yield step.pattern.event
        if any(_heard_as(step.pattern, menus)) or self._tapped_before(step.pattern):
            yield TAP

    def _came(self, state: ProofState, kind: str, pattern: EventPattern, then: int) -> ProofState:
        """After an event of this kind that fits the pattern."""
        acted = self._did(state, kind)
        return changed(acted, facts=happened(acted.facts, pattern, self._nodes[then].live))

    def _did(self, state: ProofState, kind: str) -> ProofState:
        """After the follower has done this, or an event of this kind has happened."""
        return changed(state.acted(self._opens(kind), self._rules), done=state.done | {kind})

    def _opens(self, kind: str) -> Act | None:
        """The act that an event of this kind is in the chat in which the journey speaks.

        Where a journey names its account, it hears what the follower does in chats only of that account. All
        else may have happened in another app, where it opens nothing.
        """
        act = act_of(kind)
        if self._journey.speaks_to and kind != TAP and not EventPattern(kind).is_act:
            return None
        return act

    def _over(
        self, node: Node, state: ProofState, seconds: int, way: tuple[str, ...], words: Phrase
    ) -> Iterator[Move]:
        """The limit of a wait is over: what the follower says from now on is heard later."""
        then = node.ways.get(way, node.next)
        told = passed(state, seconds).told(node.at, "limit", words)
        for over in self._hearing(told, then):
            yield from self._awake(node, over, then)

    # --- waits ---------------------------------------------------------------------------------

    def _until(self, node: Node, step: step_types.WaitUntil, state: ProofState) -> Iterator[Move]:
        for after in at_time(state, step.time * 60, step.weekday):
            change = "" if after.changed == state.changed else _CHANGE
            words = phrase(f"wait until{change}", time=f"{step.time // 60:02}:{step.time % 60:02}")
            yield from self._awake(node, after.told(node.at, "until", words))

    def _date(self, node: Node, step: step_types.WaitDate, state: ProofState) -> Iterator[Move]:
        words = phrase("no date within", date=step.date, time=format_duration(step.within))
        over = passed(state, step.within).told(node.at, "limit", words)
        yield from self._awake(node, over, node.ways.get(_OTHERWISE))
        if step.date == BOOKING_TIME:
            words = phrase("booking cancelled")
            for after in passed_at_most(state, step.within):
                cancelled = after.told(node.at, "cancelled", words)
                yield from self._awake(node, cancelled, node.ways.get(_OTHERWISE))
        passed_way = node.ways.get(_OTHERWISE if step.passed is None else _PASSED)
        for after in passed_at_most(state, step.within):
            yield from self._awake(node, after.told(node.at, "date", phrase("date comes", date=step.date)))
            if not step.yearly:
                had_passed = after.told(node.at, "passed", phrase("date passed", date=step.date))
                yield from self._awake(node, had_passed, passed_way)

    def _event(self, node: Node, step: step_types.WaitEvent, state: ProofState) -> Iterator[Move]:
        # What came in an older second than the one of now came before this step.
        of_step = state.early if state.fresh else frozenset[str]()
        past = of_step | state.entered if step.since == "entry" else of_step
        for kind in self._kinds(step, state.menus):
            act = self._opens(kind)
            for then in passed_at_most(state, step.within):
                came = self._came(then, kind, step.pattern, node.next)
                told = came.told(node.at, "event", phrase("event comes", event=kind), opens=act, by=kind)
                for heard in self._hearing(told, node.next):
                    yield from self._heard(node, heard, step.pattern)
            if act is None or kind in past:
                early = passed(state, 0).told(
                    node.at, "early", phrase("event came before", event=kind), by=kind
                )
                yield from self._heard(node, early, step.pattern)
        words = phrase("no event within", event=step.pattern.event, time=format_duration(step.within))
        yield from self._over(node, state, step.within, _OTHERWISE, words)

    def _hand_over(self, node: Node, step: step_types.HandOver, state: ProofState) -> Iterator[Move]:
        words = phrase("chat closed")
        # Closed in the same second: what was said in it is heard later, too.
        kept = state.early if state.fresh else frozenset[str]()
        closed = changed(passed(state, 0), early=kept).told(node.at, "event", words, by=CHAT_CLOSED)
        yield from self._awake(node, closed)
        for then in passed_at_most(state, step.within):
            closed = then.told(node.at, "event", words, by=CHAT_CLOSED)
            for heard in self._hearing(closed, node.next):
                yield from self._awake(node, heard)
        words = phrase("chat takes", time=format_duration(step.within))
        yield from self._over(node, state, step.within, _OTHERWISE, words)

    def _awake(self, node: Node, state: ProofState, then: int | None = None) -> Iterator[Move]:
        """A wait ends, maybe in quiet hours: when these are over, on to `then`, or to what comes next."""
        for after in self._after_quiet(node.at, state):
            yield node.next if then is None else then, after

    def _heard(self, node: Node, state: ProofState, pattern: EventPattern) -> Iterator[Move]:
        """An event has come: an act of the follower is answered at once."""
        return iter([(node.next, state)]) if pattern.is_act else self._awake(node, state)

    def _after_quiet(self, at: Location, state: ProofState) -> Iterator[ProofState]:
        for after in after_quiet(state, self._journey.quiet):
            words = phrase(f"quiet over{'' if after.changed == state.changed else _CHANGE}")
            yield after.told(at, "quiet", words) if after.at > state.at else after

    # --- choices -------------------------------------------------------------------------------

    def _branch(self, node: Node, step: step_types.Branch, state: ProofState) -> Iterator[Move]:
        state = changed(state, facts=_without_undone(state.facts, step, state.done))
        # What later steps look at decides; all that led here is kept to be told.
        open_yet: list[tuple[Facts, Facts]] = [(state.facts, state.facts)]
        for i, (case, (of_case, looked_at)) in enumerate(zip(step.cases, self._cases[id(node)], strict=True)):
            verdicts = [
                (holds, known, {**led, **known})
                for before, led in open_yet
                for holds, known in self._decided(of_case, before, looked_at)
            ]
            then = node.ways["cases", i, "steps"]
            for holds, _, led in verdicts:
                if holds:
                    yield (
                        then,
                        changed(state, facts=led).told(node.at, "case", _case(i + 1, case.when), way=i),
                    )
            left = [(about(known, looked_at), led) for holds, known, led in verdicts if not holds]
            open_yet = list({frozenset(known.items()): (known, led) for known, led in left}.values())
        for _, facts in open_yet:
            other = changed(state, facts=facts).told(node.at, "case", phrase("no case"), way=len(step.cases))
            yield node.ways[step.otherwise_at], other

    def _decided(
        self, verdicts: Verdicts, facts: Facts, live: frozenset[Key]
    ) -> Iterator[tuple[bool, Facts]]:
        for verdict in verdicts(facts, live, self._few_yet):
            self._effort.spend(_VERDICT)
            yield verdict

    def _few_yet(self, several: list[Facts]) -> list[Facts]:
        few = self._few(several)
        self._effort.spend(_VERDICT * len(few[1:]))
        return few

    def _split(self, node: Node, step: step_types.Split, state: ProofState) -> Iterator[Move]:
        for i, drawn in enumerate(draws_of(step)):
            facts = assume(state.facts, ("draw", step.name), drawn)
            if facts is not None:
                told = changed(state, facts=facts).told(
                    node.at, "share", phrase("share", number=i + 1, name=step.name), way=i
                )
                yield node.ways["shares", i, "steps"], told


def _without_undone(facts: Facts, step: step_types.Branch, done: frozenset[str]) -> Facts:
    """The facts, and that an act which would have opened an allowance and is not `done` has not happened."""
    keys = {key for case in step.cases for key in keys_of(case.when)}
    undone = (key for key in keys if kinds_counted(key) and kinds_counted(key).isdisjoint(done))
    return {**facts, **dict.fromkeys(undone, NEVER)}


def _once_done(facts: Facts, kind: str) -> Facts:
    """The facts after an act of this kind, without those that say that there is none."""
    return {
        key: known
        for key, known in facts.items()
        if kind not in kinds_counted(key) or (isinstance(known, Between) and known.low > 0)
    }


def _case(number: int, when: Condition) -> Phrase:
    return phrase("case", number=number, condition=SpokenCondition(when))


def _showing(state: ProofState, content: Content) -> ProofState:
    return changed(state, menus=state.menus | _lines(content)) if isinstance(content, Menu) else state


def _lines(menu: Menu) -> frozenset[MenuLine]:
    ids = menu_ids([item.id for item in menu.items], menu.number)
    return frozenset(
        (id_, tuple(item.text.values()))
        for item, sent in zip(menu.items, ids, strict=True)
        for id_ in (item.id, sent)
    )


def _readings(
    step: step_types.Ask, question: Question, menus: frozenset[MenuLine], last_words: frozenset[str]
) -> Iterator[tuple[str, Known]]:
    """What an answer can be, by how it is given."""
    anything = answers_to(step, last_words)
    yield TextReceived.kind, anything
    taps = list(_taps(menus))
    unsure = any(_may_say_anything(label) and question.tapped(item, label) is None for item, label, _ in taps)
    if taps:
        yield TAP, anything if unsure else text_is(*(question.read(tap) for _, _, tap in taps))


def _after_answer(node: Node, step: step_types.Ask, known: Known) -> Iterator[tuple[int, Known]]:
    """What comes after an answer of which this is known: the next step, or the question once more."""
    if not step.retries:
        yield node.next, known
        return
    unclear = text_is(OTHER)
    for after, answer in (
        (node.next, met(known, opposite(unclear))),
        (node.ways[RETRY], met(known, unclear)),
    ):
        if answer is not None:
            yield after, answer


def _answered(
    node: Node, step: step_types.Ask, state: ProofState, kind: str, known: Known, *, before: bool = False
) -> ProofState:
    facts = {**state.facts, ("answer", step.name): known}
    words = phrase(f"{'tapped' if kind == TAP else 'typed'}{' before' if before else ''}", name=step.name)
    opens = None if before else act_of(kind)
    return changed(state, facts=facts).told(
        node.at, "early" if before else "answer", words, opens=opens, by=kind
    )


def _heard_as(pattern: EventPattern, menus: frozenset[MenuLine]) -> Iterator[str]:
    """The labels of the lines that are heard as one of the pattern's keywords when they are tapped."""
    if pattern.event == TextReceived.kind:
        for _, label, tap in _taps(menus):
            if _may_say_anything(label) or matches(pattern, tap):
                yield label


def _taps(menus: frozenset[MenuLine]) -> Iterator[tuple[str, str, InboundEvent]]:
    """Every line that can be tapped, by its id and its label, with what is heard then."""
    return ((item, label, tap_of(item, label)) for item, labels in menus for label in labels)


def _may_say_anything(label: str) -> bool:
    return any(True for _ in fields_of(label))


def _changed(step: step_types.ChangeStep, state: ProofState) -> Iterator[ProofState]:
    """After a step that changes something at once."""
    zone = step.values.get("time_zone") if isinstance(step, step_types.Set) else None
    for after in (state,) if zone is None else in_zone(state, zone):
        yield changed(after, facts=after_change(step, after.facts))
