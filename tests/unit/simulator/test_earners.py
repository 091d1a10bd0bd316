"""`wejourney programme simulate`: a population earns by a programme, and by another one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import run
from tests.support.events import body
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.earning_rules import AtMost, EarningRule, Multiplier, Pending
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from workbench.simulator.earners import Act, Earners, RuleResult, played, read_earners

NOW = datetime(2026, 11, 23, tzinfo=UTC)
RULES = """\
assets: {points: {}}
rules:
  purchases: {event: payment, gives: 1, per_yuan: 1}
  views: {event: mini_program, name: product.viewed, gives: 1, at_most: {total: 10}}
"""
RATES = """\
days: 90
members: 40%
tiers: {gold: 10%, silver: 20%}
acts:
  - {pay: {total: 19900}, percent: 60%, times: 4}
  - {mini_program: {name: product.viewed, product: ring}, times: 30}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("now", RULES), ("before", RULES.replace("per_yuan: 1", "per_yuan: 2"))):
        (tmp_path / name / "infra").mkdir(parents=True)
        (tmp_path / name / "infra/programme.yaml").write_text(text, "utf-8")
    (tmp_path / "rates.yaml").write_text(RATES, "utf-8")
    return tmp_path


def simulated(folder: Path, *options: str | Path) -> Any:
    done = run("programme", "simulate", folder / "rates.yaml", "--root", folder / "now", "--json", *options)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_population_earns_what_its_rates_and_the_rules_say(folder: Path) -> None:
    rules = simulated(folder, "--people", "200")["rules"]

    assert rules["views"] | {"nothing": {}} == {
        "asset": "points", "people": 200, "times": 2_000, "amount": 2_000, "returned": 0,
        "nothing": {},
    }  # fmt: skip
    assert rules["views"]["nothing"] == {"limit_reached": 4_000}
    assert rules["purchases"]["amount"] == 199 * rules["purchases"]["times"]
    assert rules["purchases"]["times"] == 4 * rules["purchases"]["people"]
    assert 100 < rules["purchases"]["people"] < 140


def test_the_same_seed_gives_the_same_and_another_programme_is_played_by_the_same_people(
    folder: Path,
) -> None:
    some: tuple[str | Path, ...] = ("--people", "100")
    against = (*some, "--against", folder / "before")
    both = simulated(folder, *against)

    assert both == simulated(folder, *against)
    assert both["rules"] != simulated(folder, *some, "--seed", "2")["rules"]
    now, before = both["rules"]["purchases"], both["against"]["rules"]["purchases"]
    assert now["people"] == before["people"]
    assert (now["amount"], before["amount"]) == (199 * now["times"], 99 * now["times"])
    shown = run("programme", "simulate", folder / "rates.yaml", "--root", folder / "now", *against)
    assert f"{before['amount']:,}" in shown.stdout


def test_members_and_tiers_are_the_shares_that_the_rates_say() -> None:
    rules = {
        "members": EarningRule(EventPattern("payment"), 1, members_only=True),
        "all": EarningRule(EventPattern("payment"), 10, at_most=AtMost(times=1)),
    }
    programme = Programme(
        assets={"points": Expiry()},
        rules=rules,
        multipliers={"gold": Multiplier(("all",), 200, Condition(tier="gold"))},
    )
    acts = (Act(body("payment", total=1)),)
    assert played(programme, Earners(acts, members=0, tiers={"gold": 100}), 50, 1, NOW).rules == {
        "members": RuleResult("points", nothing={"members_only": 50}),  # type: ignore[arg-type]  # a Counter is equal
        "all": RuleResult("points", 50, 50, 1_000),
    }
    assert played(programme, Earners(acts, tiers={"gold": 0}), 50, 1, NOW).rules["all"].amount == 500
    some = played(programme, Earners(acts, members=30), 1_000, 1, NOW).rules["members"].people
    assert 250 < some < 350


def test_what_expires_what_is_pending_what_waits_and_what_is_returned_is_played() -> None:
    rules = {
        "purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1),
        "orders": EarningRule(EventPattern("order.paid"), 1, per_yuan=1, pending=Pending(7)),
    }
    days = {"points": Expiry(Period(30, "day"))}
    acts = (Act(body("payment", total=100), times=20, returned=40), Act(body("order.paid", total=100)))
    earners = Earners(acts, days=365, members=50)

    results = played(Programme(assets=days, rules=rules), earners, 300, 1, NOW)

    purchases, orders, has = results.rules["purchases"], results.rules["orders"], results.assets["points"]
    assert (purchases.people, purchases.times, purchases.amount) == (300, 6_000, 6_000)
    assert 2_200 < purchases.returned < 2_500
    assert sum(has.values()) == purchases.amount - purchases.returned + orders.amount - orders.returned
    assert 0 < has[Pocket.PENDING] < orders.amount / 10
    assert 1_500 < has[Pocket.UNCLAIMED] < 2_300  # Of half of them, for whom nothing expires.
    assert 1_300 < has[Pocket.EXPIRED] < 2_200


MISTAKES = [
    "acts:\n  - {‸payment: {total: 1}}\n",
    "acts:\n  - {pay: {total: 1}, times: ‸0}\n",
    "acts:\n  - {pay: {total: 1}, times: ‸1001}\n",
    "acts:\n  - {pay: {total: 1}, percent: ‸101%}\n",
    "acts:\n  - {pay: {total: 1}, returned: ‸101%}\n",
    "acts:\n  - {check_in: opening, returned: ‸10%}\n",
    "days: ‸731\n",
    "members: ‸many\n",
    "tiers: ‸{gold: 60%, silver: 60%}\n",
    "‸people: 5\n",
]


@pytest.mark.parametrize("marked", MISTAKES)
def test_a_mistake_in_the_rates_has_its_line_and_column(tmp_path: Path, marked: str) -> None:
    before, _, after = marked.partition("‸")
    (tmp_path / "rates.yaml").write_text(before + after, "utf-8")
    reading = read_earners(tmp_path / "rates.yaml")

    assert reading.value is None
    places = {(mistake.line, mistake.column) for mistake in reading.mistakes}
    assert (before.count("\n") + 1, len(before) - before.rfind("\n")) in places
    assert all(
        mistake.to_dict(language)["message"] for mistake in reading.mistakes for language in ("en", "zh")
    )
