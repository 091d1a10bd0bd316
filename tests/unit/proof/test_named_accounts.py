"""The proof of a journey that names its account, against the runtime: only what is done there opens there."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from tests.support.builders import NOON
from tests.support.events import body
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import EVENT_TYPES, Source
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.conditions import History, how_often
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.receiving import Received, receive
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import FollowerState, OpenWait, Run
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Text
from wejourney.messaging.sending import Message, MessageStatus, claim
from wejourney.people.contacts import Contact
from wejourney.people.followers import Follower
from workbench.compiler.catalogue import entry_of
from workbench.language.journey import Journey
from workbench.language.step_types import Branch, Case, Send, Step, Stop, WaitEvent
from workbench.proof.prove import prove, violation_text
from workbench.wording.picture_phrases import Language

KINDS = ("follow", "scan", "text", "image", "click", "payment", "tag", "mini_program", "order.paid")
ACTS = tuple(kind for kind in KINDS if EVENT_TYPES[kind].source is Source.ACT)
FIELDS = {"scan": {"scene": "s"}, "click": {"key": "K"}, "mini_program": {"name": "cart"}}
SEND = Send(Text({"any": "hi"}))

SHOP, CLUB, MINI, PAY = (Subject(app, f"o-{app}") for app in ("wxshop", "wxclub", "wxmini", "wxpay"))
"""A person's contacts: two official accounts, a mini program, and an app that is no account here."""
NAMED = {SHOP.app_id: "shop", CLUB.app_id: "club", MINI.app_id: "mini_program"}
CONTACTS = tuple(
    Contact(one.app_id, one.openid, f"c-{one.app_id}", following=one in (SHOP, CLUB))
    for one in (SHOP, CLUB, MINI, PAY)
)
LEE = Follower("", "", "lee", known_since=NOON)

MATRIX = tuple(product(KINDS, ("", "shop"), RULE_SETS))


def pattern(kind: str) -> EventPattern:
    keywords = ("*",) if kind == "text" else ()
    return EventPattern(kind, keywords=keywords, key="K" if kind == "click" else None)


def trigger(kind: str) -> Trigger:
    return Trigger(**vars(replace(pattern(kind), name="cart" if kind == "mini_program" else None)))


def journey(start: str, speaks_to: str, *steps: Step) -> Journey:
    return Journey("j", {"any": "J"}, trigger(start), steps, speaks_to=speaks_to)


def happens(kind: str, where: Subject, minute: int = 0) -> InboundEvent:
    at = NOON + timedelta(minutes=minute)
    return own_event(body(kind, **FIELDS.get(kind, {})), f"{kind} {minute}", where, at)


def lee(seen_through: Subject) -> Follower:
    first, *others = sorted(CONTACTS, key=lambda one: one.subject != seen_through)
    return replace(LEE, **vars(first), others=tuple(others))


def received(
    event: InboundEvent, rules: str, entries: tuple[JourneyEntry, ...], state: FollowerState | None = None
) -> Received:
    accounts = {app: AccountSettings(app, rules=RULE_SETS[rules], name=name) for app, name in NAMED.items()}
    account = accounts.get(event.subject.app_id, AccountSettings(event.subject.app_id))
    follower = lee(event.subject)
    state = FollowerState(follower) if state is None else replace(state, follower=follower)
    return receive(event, state, entries, account, stranger=follower, now=event.at, others=accounts)


def is_allowed(run: Run, event: InboundEvent) -> bool:
    draft = Message(run.id, "j", "1", "custom", MessageStatus.RESERVED, {}, event.at)
    return claim(draft, run.follower)[0].status is not MessageStatus.NOT_SENT


def opens_there(kind: str, speaks_to: str, rules: str) -> bool:
    """Whether an event of this kind is certain to open an allowance where the journey speaks."""
    return EVENT_TYPES[kind].opens in RULE_SETS[rules].opens and (not speaks_to or kind in ACTS)


@pytest.mark.parametrize(("kind", "speaks_to", "rules"), MATRIX)
def test_a_trigger_opens_an_allowance_in_the_named_account_only_if_it_is_an_act_in_a_chat(
    kind: str, speaks_to: str, rules: str
) -> None:
    tried = journey(kind, speaks_to, SEND)
    accepted = prove(tried, RULE_SETS[rules]) == ()
    assert accepted is opens_there(kind, speaks_to, rules)
    started = [
        (start.run, event)
        for event in (happens(kind, where) for where in (SHOP, CLUB, MINI, PAY))
        if not (kind in ACTS and event.subject in (MINI, PAY))
        and (start := received(event, rules, (entry_of(tried),)).start) is not None
    ]
    assert started, "the journey can start"
    if speaks_to:
        assert {run.follower.subject for run, _ in started} == {SHOP}
        assert len(started) == (1 if kind in ACTS else 4), "an act elsewhere does not start it, all else does"
    if accepted and (speaks_to or kind in ACTS):
        assert all(is_allowed(run, event) for run, event in started)


@pytest.mark.parametrize(("kind", "speaks_to", "rules"), MATRIX)
def test_a_wait_for_an_event_ends_by_acts_of_the_named_account_and_by_all_that_is_no_act(
    kind: str, speaks_to: str, rules: str
) -> None:
    wait = WaitEvent(replace(pattern(kind), name="cart" if kind == "mini_program" else None), 3600)
    tried = journey("tag", speaks_to, replace(wait, otherwise=(Stop("no"),)), SEND)
    accepted = prove(tried, RULE_SETS[rules]) == ()
    assert accepted is opens_there(kind, speaks_to, rules)
    start = received(happens("tag", PAY), rules, (entry_of(tried),)).start
    assert start is not None
    assert start.run.follower.subject in (SHOP, CLUB)
    waiting = OpenWait(start.run.id, "1", NOON, "token", start.run.to_wait(), pattern=wait.pattern)
    state = FollowerState(live_runs=(start.live,), waits=(waiting,))
    for where in (SHOP, CLUB, MINI, PAY):
        if kind == "tag" or (kind in ACTS and where in (MINI, PAY)):
            continue
        event = happens(kind, where, minute=1)
        woken = received(event, rules, (), state).woken
        assert bool(woken) is (not speaks_to or kind not in ACTS or where == SHOP)
        if woken and accepted and speaks_to:
            assert is_allowed(woken[0].run, event)


@pytest.mark.parametrize(("kind", "speaks_to", "rules"), MATRIX)
def test_a_branch_counts_acts_of_the_named_account_and_all_that_is_no_act(
    kind: str, speaks_to: str, rules: str
) -> None:
    count = EventCount(pattern(kind))
    tried = journey("tag", speaks_to, Branch((Case(Condition(events=(count,)), (SEND,)),)))
    # Nobody follows the account in a run: who does has left before, which ends it.
    accepted = kind == "follow" or opens_there(kind, speaks_to, rules)
    assert (prove(tried, RULE_SETS[rules]) == ()) is accepted
    start = received(happens("tag", PAY), rules, (entry_of(tried),)).start
    assert start is not None
    for where in (SHOP, CLUB):
        history = History((happens(kind, where, minute=1),), about=start.run.about)
        assert how_often(count, history) == (0 if speaks_to and kind in ACTS and where == CLUB else 1)


@pytest.mark.parametrize(
    ("speaks_to", "kind", "language", "why"),
    [
        ("shop", "payment", "en", "nothing that is certain to happen in `shop` opens one"),
        ("shop", "payment", "zh", "在 `shop` 中没有一定会发生的、可以打开额度的用户操作"),
        ("", "tag", "en", "nothing that the follower did opens one"),
    ],
)
def test_the_reason_names_the_account_in_which_nothing_opens_an_allowance(
    speaks_to: str, kind: str, language: Language, why: str
) -> None:
    (violation,) = prove(journey(kind, speaks_to, SEND), RULE_SETS["2021-06"])
    assert why in violation_text(violation, language)


@pytest.mark.parametrize("scope", ["run", "ever"])
def test_what_counts_over_ever_is_the_persons_wherever_they_did_it(scope: str) -> None:
    start = received(happens("tag", PAY), "current", (entry_of(journey("tag", "shop", SEND)),)).start
    assert start is not None
    history = History((happens("text", CLUB, minute=1),), about=start.run.about)
    assert how_often(EventCount(pattern("text"), scope=scope), history) == (scope == "ever")


def test_an_account_that_is_not_named_so_is_never_spoken_to() -> None:
    for kind, where in product(KINDS, (SHOP, CLUB)):
        entry = entry_of(journey(kind, "another", SEND))
        assert received(happens(kind, where), "current", (entry,)).start is None
