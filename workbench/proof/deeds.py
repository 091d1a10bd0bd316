"""What a run gives people who have done nothing but follow, scan a code of the account, or share.

WeChat bans accounts that induce people to follow or to share by rewards, points and coupons among them.
Whoever scans a code of the account follows it first.
https://mp.weixin.qq.com/mp/opshowpage?action=newoplaw and https://www.163.com/tech/article/AEQES12T000915BF.html

All that can happen without a deed is looked at: no question is answered, and of the events that a run waits
for, or counts since it began, none comes that somebody does. What else is not known is taken both ways.
"""

from collections.abc import Iterable, Iterator

from wejourney.events.event_types import (
    CHAT_CLOSED,
    EVENT_TYPES,
    BookingMade,
    CallLogged,
    CheckedIn,
    ConsentGiven,
    GiftClaimed,
    GiftReturned,
    MemberJoined,
    MiniProgramEvent,
    OrderPaid,
    Paid,
    SegmentEntered,
    Source,
    TierChanged,
)
from wejourney.events.matching import EventPattern
from wejourney.events.mini_program_events import GIFT_OPENED
from wejourney.events.text_matching import matches_glob
from workbench.language.journey import Journey
from workbench.language.source import Location
from workbench.language.step_types import (
    Ask,
    Award,
    Branch,
    ChangeStep,
    Give,
    HandOver,
    Notify,
    Send,
    Set,
    Split,
    StartJourney,
    Stop,
    Tag,
    WaitEvent,
    Withdraw,
)
from workbench.proof.facts import (
    NEVER,
    Facts,
    about,
    after_change,
    after_wait,
    assume,
    decide,
    draws_of,
    in_common,
)
from workbench.proof.program import END, Node, at_start, program

FOLLOWS = ("follow", "scan", "till.visit")
SHARES = ("share.created", "share.opened", GIFT_OPENED)
"""What must not be rewarded. The code of a till is one of the account: who scans it follows by it."""

_DEEDS = (Paid, OrderPaid, BookingMade, CallLogged, CheckedIn, ConsentGiven, MemberJoined, MiniProgramEvent)
"""What people do besides the acts that WeChat tells of."""

_MOST_STATES = 50
"""Of what may be known before one step: of more, only what is so in all of them."""


def may_be_share(pattern: EventPattern) -> bool:
    """Whether a share fits this pattern; what becomes of a gift comes of the sharing of its code."""
    is_of_mini_program = pattern.event == MiniProgramEvent.kind
    is_share = is_of_mini_program and any(matches_glob(pattern.name or "*", name) for name in SHARES)
    return is_share or pattern.event in (GiftClaimed.kind, GiftReturned.kind)


def is_deed(pattern: EventPattern) -> bool:
    """Whether every event that fits is something that a person does and that may be rewarded."""
    if pattern.event in FOLLOWS or may_be_share(pattern):
        return False
    type_ = EVENT_TYPES[pattern.event]
    return type_.source is Source.ACT or issubclass(type_.body, _DEEDS)


def may_be_caused(pattern: EventPattern) -> bool:
    """Whether a journey may cause such an event of people who have done nothing, or lead to it."""
    leads_to = pattern.event in (SegmentEntered.kind, TierChanged.kind, CHAT_CLOSED)
    return leads_to or (EVENT_TYPES[pattern.event].caused_by_runs and not is_deed(pattern))


type Led = Award | Give | StartJourney | Tag | Set | Withdraw | HandOver
"""What gives something, or what another journey may begin by."""


def reached_without_deed(journey: Journey) -> Iterator[tuple[Location, Led]]:
    """The steps that give something, or that journeys begin by, for who has done nothing in the run."""
    nodes = program(journey)
    reached: list[list[Facts]] = [[] for _ in nodes]
    undone = _undone(nodes)

    def reach(number: int, facts: Facts) -> None:
        known = about({**facts, **undone}, nodes[number].live)
        if known not in reached[number]:
            reached[number].append(known)

    for holds, facts in decide(journey.trigger.when, at_start(journey, nodes), nodes[-1].live):
        if holds:
            reach(len(nodes) - 1, facts)
    for number in range(len(nodes) - 1, END, -1):
        node = nodes[number]
        if reached[number] and isinstance(node.step, Led.__value__):
            yield node.at, node.step
        for known in in_common(reached[number], _MOST_STATES):
            for then, facts in _ways_on(node, known, nodes):
                reach(then, facts)


def _undone(nodes: Iterable[Node]) -> Facts:
    """That none of the deeds has happened that are counted since the run or a step of it began."""
    counts = (key for node in nodes for key in node.live if key[0] == "event")
    return {key: NEVER for key in counts if key[3] != "ever" and is_deed(key[1])}


def _ways_on(node: Node, facts: Facts, nodes: list[Node]) -> Iterator[tuple[int, Facts]]:
    """Each way on from a step without a deed, with what is known then."""
    step = node.step
    if isinstance(step, ChangeStep):
        yield node.next, after_change(step, facts)
    elif isinstance(step, Branch):
        yield from _cases(node, step, facts, nodes)
    elif isinstance(step, Split):
        for i, drawn in enumerate(draws_of(step)):
            known = assume(facts, ("draw", step.name), drawn)
            if known is not None:
                yield node.ways["shares", i, "steps"], known
    elif isinstance(step, Ask):
        yield node.ways.get(("unanswered",), node.next), after_wait(facts)
        yield node.ways.get(("not_sent",), END), facts
    elif isinstance(step, WaitEvent):
        yield node.ways.get(("otherwise",), node.next), after_wait(facts)
        if not is_deed(step.pattern):
            yield node.next, after_wait(facts)
    else:
        known = facts if isinstance(step, Send | Notify | Stop) else after_wait(facts)
        for then in (node.next, *node.ways.values()):
            yield then, known


def _cases(node: Node, step: Branch, facts: Facts, nodes: list[Node]) -> Iterator[tuple[int, Facts]]:
    live = node.live.union(*(nodes[way].live for way in node.ways.values()))
    open_yet = [facts]
    for i, case in enumerate(step.cases):
        left = list[Facts]()
        for before in open_yet:
            for holds, known in decide(case.when, before, live):
                if not holds:
                    left.append(known)
                else:
                    yield node.ways["cases", i, "steps"], known
        open_yet = in_common(left, _MOST_STATES)
    for known in open_yet:
        yield node.ways[step.otherwise_at], known
