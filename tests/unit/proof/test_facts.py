"""What a path has found to be so: journeys of many questions, ranges and values, and the work they take."""

from collections.abc import Sequence
from random import Random

import pytest

from tests.support.examples.brute_force import Game
from wejourney.allowances.wechat_rules import RULE_SETS, Reading
from wejourney.journeys.definition import Condition, Trigger
from wejourney.loyalty.balance import BalanceTest
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.languages import with_languages
from workbench.language.step_types import (
    Agree,
    Ask,
    Award,
    Branch,
    Case,
    Send,
    Share,
    Split,
    Step,
    Stop,
    Tag,
    Wait,
)
from workbench.proof.facts import ANYTHING, Among, Between, Known, NotAmong, either, met
from workbench.proof.prove import MOST_WORK, Search, prove

CURRENT = RULE_SETS["current"]
HOUR = 3600
HI = Text({"any": "hi"})
SEND, OPTIONAL, TAG = Send(HI), Send(HI, not_sent=()), Tag(("t",))
SILENT = (Stop("no answer"),)
ANSWERED = Ask("last", HOUR, HI, not_sent=SILENT, unanswered=SILENT), SEND
"""A message that must leave, and may."""


def follow(*steps: Step) -> Journey:
    return with_languages(Journey("facts", {"any": "T"}, Trigger("follow"), steps))


def branch(step: Step, *conditions: Condition) -> Branch:
    return Branch(tuple(Case(condition, (step,)) for condition in conditions))


def quiz(questions: int, choices: int, each: Step | None, later: Step) -> tuple[Step, ...]:
    """So many questions, each with a step for each choice but the last, then a branch on each of them."""
    steps: list[Step] = []
    for question in range(questions):
        names = [f"c{choice}" for choice in range(choices)]
        steps.append(Ask(f"q{question}", HOUR, HI, dict.fromkeys(names, ()), not_sent=(Stop("unsent"),)))
        if each:
            steps.append(branch(each, *(Condition(answers={f"q{question}": name}) for name in names[:-1])))
    steps += [branch(later, Condition(answers={f"q{question}": "c0"})) for question in range(questions)]
    return tuple(steps)


def attributes(count: int, values: int, each: Step) -> tuple[Step, ...]:
    """A branch with a case for each value of so many attributes, and the same branches again."""
    conditions = [[Condition(attributes={f"a{i}": f"v{j}"}) for j in range(values)] for i in range(count)]
    return tuple(branch(each, *values) for values in 2 * conditions)


@pytest.mark.parametrize(
    ("steps", "most_work"),
    [
        (quiz(4, 4, OPTIONAL, OPTIONAL), 60_000),
        (quiz(5, 3, OPTIONAL, OPTIONAL), 230_000),
        (attributes(4, 3, OPTIONAL), 8_000),
        (attributes(5, 3, OPTIONAL), 45_000),
    ],
    ids=["4x4 answers", "5x3 answers", "4x3 attributes", "5x3 attributes"],
)
def test_paths_that_differ_in_one_value_alone_are_one(steps: tuple[Step, ...], most_work: int) -> None:
    assert prove(follow(*steps, *ANSWERED), CURRENT, most_work) == ()


TAGS = [branch(TAG, Condition(tags=(f"t{number}",))) for number in range(10)]


@pytest.mark.parametrize(
    ("steps", "most_work"),
    [
        (quiz(9, 3, TAG, TAG), 1_500),
        (quiz(12, 4, TAG, TAG), 1_500),
        (quiz(20, 3, TAG, TAG), 3_000),
        (TAGS * 3, 50),
        ((Split("s", (Share(50, (TAG,)), Share(50))),), 50),
        ((branch(TAG, Condition(member=True)), branch(TAG, Condition(tags=("t",)))), 50),
    ],
    ids=[
        "9 questions",
        "12 questions",
        "20 questions",
        "10 tags, 3 times",
        "a split",
        "a tag of a tag",
    ],
)
def test_what_leads_to_no_message_costs_no_path(steps: tuple[Step, ...], most_work: int) -> None:
    assert prove(follow(*steps, *ANSWERED), CURRENT, most_work) == ()


def test_nothing_after_the_last_message_that_must_leave_costs_a_path() -> None:
    optional = [branch(OPTIONAL, Condition(tags=(f"t{number}",))) for number in range(20)]

    assert prove(follow(SEND, *optional * 3, Wait(HOUR), *optional), CURRENT, 100) == ()


@pytest.mark.parametrize(
    "steps",
    [
        quiz(12, 3, None, OPTIONAL),
        quiz(12, 4, OPTIONAL, OPTIONAL),
        [branch(OPTIONAL, Condition(tags=(f"t{number}",))) for number in range(10)] * 3,
    ],
    ids=["12 questions", "12 questions that send", "10 tags, 3 times"],
)
def test_a_journey_that_fits_however_its_branches_go_needs_no_paths(steps: Sequence[Step]) -> None:
    assert prove(follow(*steps, *ANSWERED), CURRENT) == ()


def test_a_path_that_may_be_impossible_is_not_confirmed() -> None:
    member, other = (Condition(member=member) for member in (True, False))
    pairs = [Branch((Case(condition, (SEND, SEND)),)) for condition in (member, other)]

    assert prove(follow(*pairs), CURRENT) == ()
    (violation,) = Search.of(follow(*pairs), CURRENT.read_as(Reading.APART)).roughly(MOST_WORK, (1,))
    assert violation.behaviour
    assert not violation.confirmed


def test_a_tag_that_a_step_gives_is_known_to_later_branches() -> None:
    assert prove(follow(TAG, branch(SEND, Condition(without_tags=("t",))), *ENOUGH), CURRENT) == ()


ENOUGH = (SEND,) * 3


@pytest.mark.parametrize(
    "steps",
    [
        (branch(TAG, Condition(member=True)), branch(SEND, Condition(tags=("t",))), *ENOUGH),
        (branch(Wait(60), Condition(member=True)), SEND),
        (branch(OPTIONAL, Condition(member=True)), *ENOUGH),
        (Split("s", (Share(50, (SEND,)), Share(50))), *ENOUGH),
        (Branch((Case(Condition(member=True), SILENT),)), *ENOUGH, SEND),
    ],
    ids=["a tag", "a wait", "a message", "a split", "a stop"],
)
def test_a_choice_that_a_message_depends_on_is_looked_at_in_every_way(steps: tuple[Step, ...]) -> None:
    assert len(prove(follow(*steps), CURRENT)) == 1


def test_two_ranges_are_merged_to_what_both_cover_and_no_more() -> None:
    low, high = Condition(points_to=19), Condition(points_from=20)
    inner = branch(TAG, Condition(points_from=10))
    steps = Branch((Case(low, (inner, SEND, SEND, SEND)),)), Branch((Case(high, (SEND, SEND, SEND)),))

    assert prove(follow(*steps), CURRENT) == ()
    assert len(prove(follow(*steps, SEND), CURRENT)) == 1


@pytest.mark.parametrize(
    ("between", "can_differ"),
    [
        ((), False),
        ((TAG,), True),
        ((Award(5, "why"),), True),
        ((Agree("membership"),), True),
        ((Wait(60),), True),
        ((branch(TAG, Condition(tags=("u",))),), True),
    ],
)
def test_an_offer_that_applies_still_does_until_time_passes_or_the_profile_changes(
    between: tuple[Step, ...], *, can_differ: bool
) -> None:
    """A follow allows three messages: four are too many, two on either way are not."""
    applies, not_now = Condition(offers=("tote",)), Condition(none=Condition(offers=("tote",)))
    first, then = Branch((Case(applies, (SEND, SEND)),)), Branch((Case(not_now, (SEND, SEND)),))
    is_proved = prove(follow(first, *between, then), CURRENT) == ()

    assert is_proved is not can_differ


def test_each_balance_is_a_fact_of_its_own() -> None:
    few, many = (
        (BalanceTest("points", "unclaimed", least, most),) for least, most in ((None, 19), (20, None))
    )
    other = Condition(balances=(BalanceTest("stamps", least=20),))
    low = Branch((Case(Condition(balances=few), (SEND, SEND, SEND)),))

    assert prove(follow(low, Branch((Case(Condition(balances=many), (SEND, SEND, SEND)),))), CURRENT) == ()
    assert len(prove(follow(low, Branch((Case(other, (SEND, SEND, SEND)),))), CURRENT)) == 1


RANGES: tuple[Known, ...] = tuple(Between(low, high) for low in range(6) for high in range(low, 6))
SETS: tuple[Known, ...] = tuple(
    kind(frozenset(values)) for kind in (Among, NotAmong) for values in ("a", "b", "ab", "bc", "abc")
)


@pytest.mark.parametrize(
    ("facts", "values"), [(RANGES, range(-1, 7)), (SETS, "abcd")], ids=["ranges", "sets"]
)
def test_either_of_two_facts_is_known_exactly_or_not_at_all(
    facts: tuple[Known, ...], values: range | str
) -> None:
    def fitting(known: Known) -> set[object]:
        facts = (
            Between(value, value) if isinstance(value, int) else Among(frozenset(value)) for value in values
        )
        return {value for value, fact in zip(values, facts, strict=True) if met(known, fact)}

    for first in facts:
        for second in facts:
            both, known = fitting(first) | fitting(second), either(first, second)
            assert known is None or fitting(known) == both
            numbers = [value for value in both if isinstance(value, int)]
            has_gap = bool(numbers) and max(numbers) - min(numbers) >= len(numbers)
            assert (known is None) == has_gap
            assert (known in ANYTHING) == (both == set(values) and not isinstance(first, Between))


def made_of_choices(random: Random, depth: int) -> tuple[Step, ...]:
    """Messages and branches on ranges, values and tags, nested so deep."""
    steps: list[Step] = []
    for _ in range(random.randint(1, 3)):
        if not depth or random.random() < 0.3:
            steps.append(random.choice((SEND, TAG, OPTIONAL)))
            continue
        conditions = random.sample(
            [
                *(Condition(points_from=least) for least in (10, 100, 120)),
                *(Condition(points_to=most) for most in (9, 99, 119)),
                Condition(points_from=10, points_to=99),
                *(Condition(language=language) for language in ("en", "zh")),
                *(Condition(tags=(tag,)) for tag in "tu"),
                Condition(none=Condition(language="en", points_from=100)),
            ],
            random.randint(1, 3),
        )
        cases = tuple(Case(condition, made_of_choices(random, depth - 1)) for condition in conditions)
        steps.append(Branch(cases, made_of_choices(random, depth - 1)))
    return tuple(steps)


def test_journeys_of_choices_alone_are_accepted_when_nothing_can_go_wrong_and_refused_when_it_can() -> None:
    accepted = 0
    for number in range(250):
        journey = follow(*made_of_choices(Random(number), 2))  # noqa: S311
        wrong = next(Game(journey, CURRENT, grid=HOUR).violations(), None)
        found = prove(journey, CURRENT)
        assert bool(wrong) == bool(found), f"journey {number}: {wrong}, {found}"
        accepted += not found
        for most_work in (20, 50, 100, 200):
            found = prove(journey, CURRENT, most_work)
            assert found if wrong else not any(violation.confirmed for violation in found)
    assert 70 < accepted < 180
