"""The proof against everything that can happen: small journeys, played in every way there is."""

import pytest

from tests.support.examples.brute_force import DAY, Game, every_step
from tests.support.examples.small_journeys import GRID, HOUR, journey_of_consents, small_journey
from wejourney.allowances.wechat_rules import RULE_SETS, RuleSet
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Trigger
from wejourney.messaging.contents import Menu, MenuItem, Text
from wejourney.people.bookings import BOOKING_TIME
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Ask,
    HandOver,
    Send,
    Step,
    Stop,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)
from workbench.language.traversal import rewritten
from workbench.proof.prove import Violation, prove, violation_text

NAMES = tuple(RULE_SETS)
CURRENT = RULE_SETS["current"]
BATCH = 400


def rules_of(number: int) -> RuleSet:
    """Every other journey under the rules of today, the rest under all of them in turn."""
    return RULE_SETS["current" if number % 2 else NAMES[number // 2 % len(NAMES)]]


def all_of(journey: Journey, rules: RuleSet) -> Game:
    """Everything that can happen; where the time of day matters, at several times of day."""
    if journey.quiet or any(isinstance(step, WaitUntil) for step in every_step(journey.steps)):
        days = (0, 3, 4, 5, 6) if journey.quiet and journey.quiet.days else (0,)
        begins = [day * DAY + second for day in days for second in range(3 * HOUR, DAY, 6 * HOUR)]
        return Game(journey, rules, grid=6 * HOUR, begins=begins, words=("yes",))
    extras = int(len(list(every_step(journey.steps))) <= 4)
    return Game(journey, rules, grid=GRID, extras=extras, words=("yes",))


def is_shown(violation: Violation, journey: Journey, rules: RuleSet) -> bool:
    """Whether the journey goes wrong: in the printed behaviour, or in another where that is not certain."""
    if not violation.confirmed:
        return any(True for _ in all_of(journey, rules).violations())
    times = [one.at for one in violation.behaviour]
    words = [one.answer for one in violation.behaviour if one.answer]
    begins = (violation.begins,)
    game = Game(journey, rules, grid=99 * DAY, extras=99, begins=begins, times=times, words=words)
    return game.is_played(violation)


HI, SILENT = Text({"any": "hi"}), (Stop("silent"),)
MENU = Menu({"any": "?"}, (MenuItem("yes", {"any": "Yes"}), MenuItem("no", {"any": "No"})))


@pytest.mark.parametrize("sent", range(6))
@pytest.mark.parametrize(
    "waits",
    [
        (WaitDate("booking", 30 * DAY, otherwise=SILENT),),
        (WaitEvent(EventPattern("click"), 3 * DAY, otherwise=SILENT),),
        (WaitEvent(EventPattern("click"), DAY, otherwise=SILENT), WaitDate("booking", DAY, otherwise=SILENT)),
        (HandOver("stylist", 3 * DAY),),
        (Ask("style", 3 * DAY, MENU, {"yes": (), "no": ()}, unanswered=SILENT, not_sent=SILENT),),
        (WaitUntil(9 * 60), Wait(DAY + 22 * HOUR)),
        (WaitUntil(9 * 60), Wait(DAY + 22 * HOUR), WaitUntil(8 * 60)),
    ],
    ids=lambda waits: "-".join(type(step).__name__ for step in waits),
)
def test_a_message_that_need_not_leave_is_not_counted_on_to_take_nothing(
    sent: int, waits: tuple[Step, ...]
) -> None:
    steps = (*[Send(HI)] * sent, *waits, Send(HI, not_sent=SILENT), Send(HI))
    journey = Journey("perhaps", {"any": "T"}, Trigger("text", keywords=("hi",)), steps)
    # When it begins matters to waits for a time of day alone.
    begins = range(0, DAY, HOUR) if any(isinstance(step, WaitUntil) for step in waits) else (0,)
    game = Game(journey, CURRENT, grid=6 * HOUR, begins=begins, words=("yes",))

    wrong = next(game.violations(), None)
    assert wrong is None or prove(journey, CURRENT) != ()


@pytest.mark.parametrize("first", range(0, 4 * BATCH, BATCH))
def test_what_is_accepted_cannot_go_wrong_and_what_is_refused_does(first: int) -> None:
    # mautic #5605: nobody checked before publishing.
    accepted, refused, doubtful = 0, 0, 0
    for number in range(first, first + BATCH):
        journey, rules = small_journey(number), rules_of(number)
        found = prove(journey, rules)
        accepted += not found
        refused += bool(found)
        if not found:
            wrong = next(all_of(journey, rules).violations(), None)
            assert wrong is None, f"journey {number} under {rules.name} was accepted: {wrong}"
        for violation in found:
            doubtful += not violation.confirmed
            shown = is_shown(violation, journey, rules)
            assert shown, f"journey {number} under {rules.name} was refused: {violation_text(violation)}"

    assert min(accepted, refused) > BATCH / 3
    assert doubtful <= refused / 100


def with_consents(journey: Journey) -> Journey:
    return rewritten(journey, lambda part: {"consent": "news"} if isinstance(part, Send | Ask) else {})


def test_the_proof_holds_for_those_who_have_agreed_and_for_those_who_have_not() -> None:
    accepted = 0
    for number in range(80):
        journey, rules = with_consents(small_journey(number)), rules_of(number)
        found = prove(journey, rules)
        assert bool(found) is bool(prove(small_journey(number), rules)), f"journey {number}"
        if not found:
            accepted += 1
            wrong = next(all_of(journey, rules).violations(), None)
            assert wrong is None, f"journey {number} under {rules.name} was accepted: {wrong}"
    assert accepted > 20


def test_the_proof_knows_which_messages_a_step_has_agreed_to_and_which_it_has_withdrawn() -> None:
    accepted, by_withdrawal = 0, 0
    for number in range(400):
        journey, rules = journey_of_consents(number), rules_of(number)
        found = prove(journey, rules)
        if not found:
            accepted += 1
            without = rewritten(journey, lambda part: {"consent": ""} if isinstance(part, Send | Ask) else {})
            by_withdrawal += bool(prove(without, rules))
            wrong = next(all_of(journey, rules).violations(), None)
            assert wrong is None, f"journey {number} under {rules.name} was accepted: {wrong}"
        for violation in found:
            shown = is_shown(violation, journey, rules)
            assert shown, f"journey {number} under {rules.name} was refused: {violation_text(violation)}"
    assert accepted > 130
    assert by_withdrawal > 10, "messages that a withdrawal keeps back need no allowance"


def with_bookings(journey: Journey) -> Journey:
    return rewritten(journey, lambda part: {"date": BOOKING_TIME} if isinstance(part, WaitDate) else {})


def test_the_proof_knows_that_a_booking_may_be_cancelled_at_any_time() -> None:
    accepted, refused, number = 0, 0, 0
    while accepted < 60 or refused < 60:
        journey, rules = small_journey(number), rules_of(number)
        number += 1
        if not any(isinstance(step, WaitDate) for step in every_step(journey.steps)):
            continue
        journey = with_bookings(journey)
        found = prove(journey, rules)
        accepted += not found
        refused += bool(found)
        if not found:
            wrong = next(all_of(journey, rules).violations(), None)
            assert wrong is None, f"journey {number} under {rules.name} was accepted: {wrong}"
        for violation in found:
            shown = is_shown(violation, journey, rules)
            assert shown, f"journey {number} under {rules.name} was refused: {violation_text(violation)}"
