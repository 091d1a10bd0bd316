"""Costs of definitions that are small enough to be computed by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.estimate.definitions import ASK, HI, definition, task
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.journeys.action_types import (
    Action,
    AwardAction,
    BranchAction,
    BranchCase,
    CheckAction,
    CloseAction,
    SendAction,
    SetAction,
    TagAction,
)
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.programme import Programme
from wejourney.messaging.contents import Text
from wejourney.people.profile_model import ProfileModel
from workbench.compiler.jsonata import STILL_TO_COME
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.transitions import most_transitions
from workbench.estimate.estimate import (
    Extremes,
    FirstMessage,
    PathCost,
    costs_of,
    estimate,
    fewest_and_most,
    first_message,
)
from workbench.estimate.prices import PriceTable, load_prices
from workbench.estimate.usage import Model, load_measured
from workbench.project import read_project

ROOT = Path(__file__).parents[3]
KEYWORD = JourneyEntry("help", "v1", Trigger("text", keywords=("help",)))
GREETED = JourneyEntry("welcome", "v1", Trigger("follow"), Text({"zh": "欢迎"}))


ONE_MESSAGE = definition(A=task(HI))
ONE_QUESTION = definition(
    A=task(ASK, catch=(("FollowerGoneError", "Gone"), ("States.Timeout", "B")), Next="C"),
    B=task(CloseAction("1"), TagAction("2", ("quiet",)), catch=(("AnsweredError", "A"),)),
    C={"Type": "Choice", "Choices": [{"Condition": "{% … %}", "Next": "D"}], "Default": "E"},
    D=task(AwardAction("3", 50, "told us"), HI),
    E={"Type": "Wait", "Seconds": 60, "End": True},
    Gone={"Type": "Succeed"},
)


def paths(
    definition_: dict[str, Any], entry: JourneyEntry, table: PriceTable, model: Model
) -> dict[str, PathCost]:
    return {cost.path: cost for cost in costs_of(definition_, entry, table, model)}


def test_a_run_of_one_message_costs_what_a_calculation_by_hand_says(table: PriceTable, model: Model) -> None:
    cost = paths(ONE_MESSAGE, KEYWORD, table, model)["dearest"]
    events = 3  # the keyword, and two others
    calls = events + events + 1 + 1  # callback, process_inbox, one state, close_run
    seconds = events * (0.1 * 1 + 0.2 * 0.5) + (0.3 + 1.0) * 0.5 + 0.4 * 0.5
    writes = (
        2 * (1 + 1 + 1 + 1)  # the start: event, follower, live run, run
        + 2 * 1  # the others: event
        + 2 * (1 + 1) + 1  # the message: with the follower; sent
        + 1 + 1 + 1  # the end: live run, wait, run
    )  # fmt: skip
    assert cost.cost_per_million_runs == pytest.approx(
        {
            "step_functions": 2 * 25,
            # Of each event: whose it is, and the follower. Two look again; a key is read; the end looks.
            "dynamodb": writes * 2 + (2 * events + 2 + 1 + 1) * 1,
            "lambda": calls * 0.5 + seconds * 10,
            "cloudwatch_logs": calls * 2 + events * 0.5,
            "sqs": events * 3,
            "api_gateway": events * 4,
            "eventbridge": 0,
            "kms": 0,
            "total": 50 + 46 + 18.5 + 17.5 + 9 + 12,
        }
    )


def test_a_dearer_transition_makes_the_run_dearer_by_its_transitions(table: PriceTable, model: Model) -> None:
    data = table.model_dump()
    data["services"]["step_functions"]["prices"]["transitions"]["price"] = 35
    dearer = PriceTable.model_validate(data)
    before, after = (
        paths(ONE_MESSAGE, KEYWORD, prices, model)["dearest"].cost_per_million_runs["total"]
        for prices in (table, dearer)
    )
    assert after - before == pytest.approx(2 * 10)


def test_an_opening_and_a_new_followers_profile_are_paid_with_the_event(
    table: PriceTable, model: Model
) -> None:
    plain = paths(ONE_MESSAGE, KEYWORD, table, model)["dearest"].usage_per_run
    greeted = paths(ONE_MESSAGE, GREETED, table, model)["dearest"].usage_per_run
    assert (greeted["openings"], greeted["messages"] - plain["messages"]) == (1, 0)
    # The callback reads whose openid it is, and the follower; the inbox reads whether they were erased, whose
    # the union id is, and what has waited for it.
    assert greeted["dynamodb.read_units"] - plain["dynamodb.read_units"] == 1 + 1 + 1 + 1 + 1
    # The opening is in the row of the run; whose openid it is has a row, and whose union id.
    assert greeted["dynamodb.write_units"] - plain["dynamodb.write_units"] == 2 + 2
    assert greeted["lambda.gb_seconds"] - plain["lambda.gb_seconds"] == pytest.approx(1.0 * 0.5)


def test_only_followers_whose_union_id_is_told_cost_what_it_takes(table: PriceTable, model: Model) -> None:
    untold = replace(model, assumptions=table.assuming(union_ids=0).assumptions)
    with_it, without = (
        paths(ONE_MESSAGE, GREETED, table, one)["dearest"].usage_per_run for one in (model, untold)
    )
    assert with_it["dynamodb.write_units"] - without["dynamodb.write_units"] == 2
    assert paths(ONE_MESSAGE, KEYWORD, table, model) == paths(ONE_MESSAGE, KEYWORD, table, untold)


NAMED = SendAction("1", Text({"zh": "{attribute.given_name|您好}"}))
SAVES = SetAction("1", {"given_name": "{answer.name}"})


@pytest.mark.parametrize(
    ("action", "uses"), [(NAMED, "private value of a message"), (SAVES, "set of a private value")], ids=str
)
def test_what_shows_or_saves_a_private_value_asks_kms(
    table: PriceTable, model: Model, action: SendAction | SetAction, uses: str
) -> None:
    profile = ProfileModel(private=frozenset({"given_name"}))
    plain, private = (
        paths(definition(A=task(action, HI)), KEYWORD, table, one)["dearest"]
        for one in (model, replace(model, people=PeopleRules(profile)))
    )
    assert "kms.requests" not in plain.usage_per_run
    assert private.usage_per_run["kms.requests"] == 1 == load_measured().requests[uses]["kms.requests"]
    assert private.cost_per_million_runs["kms"] == 2
    # A private value is not written with the message after it, so that it is dearer than its own measure.
    assert private.usage_per_run["dynamodb.write_units"] > plain.usage_per_run["dynamodb.write_units"]


OFFERED = SendAction("1", Text({"zh": "{offers|暂无优惠}"}))
ASKS = CheckAction("1", {"1": Condition(any=(Condition(offers=("tote",)),))})


@pytest.mark.parametrize(
    ("action", "other", "uses"),
    [(OFFERED, HI, "offers of a message"), (ASKS, CheckAction("1", {}), "offers of a branch")],
    ids=str,
)
def test_what_asks_for_offers_reads_them(
    table: PriceTable, model: Model, action: Action, other: Action, uses: str
) -> None:
    model = replace(model, people=offering(title={"zh": "帆布袋"}))
    asks, plain = (
        paths(definition(A=task(one)), KEYWORD, table, model)["dearest"].usage_per_run
        for one in (action, other)
    )
    more = asks["dynamodb.read_units"] - plain["dynamodb.read_units"]
    assert more == load_measured().requests[uses]["dynamodb.read_units"] > 0


def test_a_message_reads_no_offers_where_none_has_a_title(table: PriceTable, model: Model) -> None:
    untitled = replace(model, people=offering())
    for one in (model, untitled):
        asks, plain = (
            paths(definition(A=task(sent)), KEYWORD, table, one)["dearest"].usage_per_run
            for sent in (OFFERED, HI)
        )
        assert asks["dynamodb.read_units"] == plain["dynamodb.read_units"]


def offering(**terms: Any) -> PeopleRules:
    return PeopleRules().with_programme(Programme(offers={"tote": OfferTerms(gift="tote", **terms)}))


def test_the_dearest_path_goes_through_the_answer_and_the_cheapest_through_the_silence(
    table: PriceTable, model: Model
) -> None:
    found = paths(ONE_QUESTION, KEYWORD, table, model)
    dearest, cheapest = found["dearest"].usage_per_run, found["cheapest"].usage_per_run
    assert dearest["step_functions.transitions"] == 1 + 3 == most_transitions(ONE_QUESTION)
    assert dearest["messages"] == 1
    assert cheapest["step_functions.transitions"] == 1 + 2
    assert "messages" not in cheapest
    assert dearest["events"] - cheapest["events"] == 1


def test_a_question_that_ends_the_journey_is_answered_by_an_event_too(
    table: PriceTable, model: Model
) -> None:
    usage = paths(definition(A=task(ASK)), KEYWORD, table, model)["dearest"].usage_per_run
    assert usage["events"] == 1 + table.assumptions.other_events + 1


def test_repeating_a_wait_whose_date_moved_is_on_no_path(table: PriceTable, model: Model) -> None:
    moved = {"Type": "Choice", "Choices": [{"Condition": STILL_TO_COME, "Next": "Again"}], "Default": "B"}
    loop = definition(
        A=task(Next="Moved"), Moved=moved, Again={"Type": "Wait", "Seconds": 1, "Next": "A"}, B=task(HI)
    )
    for cost in paths(loop, KEYWORD, table, model).values():
        assert cost.usage_per_run["step_functions.transitions"] == 1 + 3
        assert cost.usage_per_run["messages"] == 1


def test_fewest_and_most_are_found_on_different_paths(table: PriceTable, model: Model) -> None:
    found = fewest_and_most(ONE_QUESTION, KEYWORD, model, "messages")
    assert found == Extremes(0, 1)
    assert fewest_and_most(ONE_QUESTION, KEYWORD, model, "step_functions.transitions") == Extremes(3, 4)


def test_the_dearest_and_the_cheapest_case_of_a_task_are_found(table: PriceTable, model: Model) -> None:
    known = BranchCase(Condition(tags=("x",)), (HI, AwardAction("1.case1.2", 50, "told us")))
    inner = BranchAction("1.otherwise.1", (BranchCase(Condition(tags=("y",)), (HI, HI, HI)),))
    found = paths(definition(A=task(BranchAction("1", (known,), (inner,)))), KEYWORD, table, model)
    dearest, cheapest = found["dearest"].usage_per_run, found["cheapest"].usage_per_run

    assert dearest["messages"] == 3
    assert "messages" not in cheapest
    assert dearest["step_functions.transitions"] == cheapest["step_functions.transitions"] == 1 + 1
    # A case without steps reads nothing, as a task without actions does.
    more = dearest["dynamodb.write_units"] - cheapest["dynamodb.write_units"]
    assert more == 3 * load_measured().requests["send"]["dynamodb.write_units"]
    assert dearest["dynamodb.read_units"] == cheapest["dynamodb.read_units"]


def test_no_path_of_a_committed_journey_has_more_transitions_than_its_longest() -> None:
    project, rules = read_project(ROOT), RULE_SETS["current"]
    assert project.journeys
    for journey in project.journeys:
        found = estimate(journey, load_prices(), rules, 1)
        longest = most_transitions(compile_journey(journey, journey.name))
        for cost in found.paths:
            assert 2 <= cost.usage_per_run["step_functions.transitions"] <= longest
            assert cost.cost_per_million_runs["total"] > 0


def test_a_journey_of_2000_steps_is_estimated(table: PriceTable, model: Model) -> None:
    last = 2_000
    states = {f"S{number}": task(Next=f"S{number + 1}") for number in range(last)}
    long = definition(**states, **{f"S{last}": task(HI)})
    assert first_message(long) == FirstMessage(transitions=last + 2, pauses=0)
    assert (
        paths(long, KEYWORD, table, model)["dearest"].usage_per_run["step_functions.transitions"] == last + 2
    )
