"""What events give by the rules of a programme, and what refunds and returns take back."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON, SUBJECT
from tests.support.events import body
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import OrderReturned, OtherEvent, Refunded
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.loyalty.accounts import OWED, Lot, Pocket
from wejourney.loyalty.balance import Balance, BalanceTest
from wejourney.loyalty.books import Books, earn, mature_early
from wejourney.loyalty.earning import (
    SETTLEMENT,
    Earner,
    Earning,
    Nothing,
    Sale,
    WhyNothing,
    earnings,
    order_of,
    returned_by,
    settled_order,
    total_of,
)
from wejourney.loyalty.earning_rules import (
    AmountOf,
    AtMost,
    Days,
    EarningRule,
    Multiplier,
    Pending,
    PerProperty,
    Rounding,
)
from wejourney.loyalty.expiry import EndOf, Expiry, Period
from wejourney.loyalty.games import GameTerms
from wejourney.loyalty.limits import after_use, is_forgotten, used_by
from wejourney.loyalty.programme import Programme
from wejourney.people.counters import CounterTest, DailyAmounts, day_of
from wejourney.people.followers import Follower

PAYMENT = EventPattern("payment")
SCORED = EventPattern("mini_program", name="game.scored")
FEN = st.integers(0, 10_000_000)
MEMBER = Earner(is_member=True, may_spend=True)


def of_tier(tier: str) -> Earner:
    return Earner(person=Follower("wx1", "ann", "ann", tier=tier))


def programme(*rules: EarningRule, **multipliers: Multiplier) -> Programme:
    """Rules that are named a, b, c and so on."""
    names = dict(zip("abcdefgh", rules, strict=False))
    return Programme(assets={"points": Expiry(), "stamps": Expiry()}, rules=names, multipliers=multipliers)


def paid(total: int, cause: str = "1", at: datetime = NOON, **fields: Any) -> InboundEvent:
    fields = {"merchant": "1900000001", "order": cause, **fields}
    return own_event(body("payment", total=total, **fields), cause, SUBJECT, at)


def scored(score: object, cause: str = "1", at: datetime = NOON, game: str = "rings") -> InboundEvent:
    details = {"game": game, "score": str(score)}
    return own_event(body("mini_program", name="game.scored", details=details), cause, SUBJECT, at)


def given_by(
    rules: Programme,
    event: InboundEvent,
    earner: Earner = MEMBER,
    used: Mapping[str, int] = MappingProxyType({}),
) -> list[int | WhyNothing]:
    found = earnings(rules, event, "ann", earner, used)
    return [one.amount if isinstance(one, Earning) else one.why for one in found]


# --- how much ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rounding", "total", "points"),
    [
        (Rounding.DOWN, 199, 1),
        (Rounding.HALF_UP, 149, 1),
        (Rounding.HALF_UP, 150, 2),
        (Rounding.UP, 101, 2),
        (Rounding.UP, 100, 1),
    ],
)
def test_a_payment_gives_per_yuan_and_parts_of_a_point_are_rounded_as_the_rule_says(
    rounding: Rounding, total: int, points: int
) -> None:
    assert given_by(programme(EarningRule(PAYMENT, 1, per_yuan=1, round=rounding)), paid(total)) == [points]


@given(FEN, st.integers(1, 1000), st.integers(1, 1000), st.integers(1, 10_000), st.sampled_from(Rounding))
def test_an_amount_is_rounded_once_whatever_it_is_multiplied_by(
    fen: int, gives: int, per_yuan: int, hundredths: int, rounding: Rounding
) -> None:
    """Complaint 12: the factor of a tier is for what is paid, not for rounded points."""
    rules = programme(
        EarningRule(PAYMENT, gives, per_yuan=per_yuan, round=rounding),
        gold=Multiplier(("a",), hundredths, Condition(tier="gold")),
    )
    for earner, factor in ((of_tier("gold"), hundredths), (of_tier("silver"), 100)):
        found = given_by(rules, paid(fen), earner)
        exact = gives * fen * factor
        one = 100 * per_yuan * 100
        given_ = found[0] if isinstance(found[0], int) else 0
        assert abs(given_ * one - exact) < one
        if rounding is Rounding.DOWN:
            assert given_ * one <= exact
        if rounding is Rounding.UP:
            assert given_ * one >= exact


@pytest.mark.parametrize(("amount", "points"), [(AmountOf.TOTAL, 100), (AmountOf.BY_PAYER, 80)])
def test_a_rule_says_whether_it_takes_the_total_or_what_was_paid_after_coupons(
    amount: AmountOf, points: int
) -> None:
    """Complaints 12 and 13: before or after a reward is said in the rule, nowhere else."""
    rules = programme(EarningRule(PAYMENT, 1, per_yuan=1, amount=amount))
    assert given_by(rules, paid(10_000, by_payer=8_000)) == [points]


def test_another_currency_is_no_yuan() -> None:
    rules = programme(EarningRule(EventPattern("order.paid"), 1, per_yuan=1))
    order = own_event(body("order.paid", total=10_000, currency="JPY", order="1"), "1", SUBJECT, NOON)
    assert given_by(rules, order) == [WhyNothing.OTHER_CURRENCY]


@pytest.mark.capability(row="37")
@pytest.mark.parametrize(
    ("score", "found"),
    [
        (250, 2),
        ("2,500", 25),
        (99, WhyNothing.TOO_LITTLE),
        ("many", WhyNothing.NO_NUMBER),
        (-500, WhyNothing.TOO_LITTLE),
    ],
)
def test_a_game_gives_by_its_score(score: object, found: int | WhyNothing) -> None:
    assert given_by(
        programme(EarningRule(SCORED, 1, per_property=PerProperty("score", 100))), scored(score)
    ) == [found]


@pytest.mark.capability(row="37")
@pytest.mark.parametrize(
    ("game", "score", "found"),
    [
        ("rings", 500, 5),
        ("rings", 501, WhyNothing.NOT_PLAUSIBLE),
        ("rings", 10**9, WhyNothing.NOT_PLAUSIBLE),
        ("chess", 501, 5),
    ],
)
def test_a_score_above_the_highest_of_its_game_gives_nothing(
    game: str, score: int, found: int | WhyNothing
) -> None:
    rules = programme(EarningRule(SCORED, 1, per_property=PerProperty("score", 100)))
    rules = replace(rules, games={"rings": GameTerms(highest=500, rounds_per_hour=9)})
    assert given_by(rules, scored(score, game=game)) == [found]


# --- to whom, and when ---------------------------------------------------------------------------


@pytest.mark.capability(row="100")
@given(st.booleans(), st.booleans())
def test_no_rule_needs_a_member_unless_it_says_so(members_only: bool, is_member: bool) -> None:  # noqa: FBT001 - hypothesis passes them by name
    rules = programme(EarningRule(PAYMENT, 5, members_only=members_only))
    found = given_by(rules, paid(1), Earner(is_member=is_member))
    assert found == [WhyNothing.MEMBERS_ONLY if members_only and not is_member else 5]


DAYS_OF_RULES = st.sampled_from([Days(), Days("2026-01-01"), Days("2026-01-01", "2026-12-31")])
ANY_RULE = st.builds(
    EarningRule,
    st.sampled_from([PAYMENT, EventPattern("order.paid"), SCORED, EventPattern("check_in")]),
    st.integers(1, 50),
    st.sampled_from(["points", "stamps"]),
    per_yuan=st.sampled_from([None, 1, 10]),
    per_property=st.sampled_from([None, PerProperty("score", 10)]),
    round=st.sampled_from(Rounding),
    pending=st.sampled_from([None, Pending(7), Pending(7, until_settlement=True)]),
    at_most=st.builds(
        AtMost, st.sampled_from([None, 20]), st.sampled_from([None, 90]), st.sampled_from([None, 3])
    ),
    once_per=st.sampled_from(["", "game", "name"]),
    days=DAYS_OF_RULES,
    only_the_best=st.booleans(),
)
"""All that a rule can say, but that it is for members."""


@pytest.mark.capability(row="100")
@given(
    st.lists(ANY_RULE, min_size=1, max_size=3),
    st.builds(Multiplier, st.just(("a", "b")), st.integers(100, 300), days=DAYS_OF_RULES),
    st.integers(0, 5),
)
def test_whatever_a_rule_says_it_gives_who_has_not_joined_what_it_gives_members(
    rules: list[EarningRule], multiplier: Multiplier, used: int
) -> None:
    made = programme(*rules, twice=multiplier)
    place = own_event(body("check_in", name="pop-up"), "1", SUBJECT, NOON)
    order = own_event(body("order.paid", total=12_345, order="A-1"), "1", SUBJECT, NOON)
    for event in (paid(12_345), order, scored(77), place):
        keys = {key for one in earnings(made, event, "ann", MEMBER) for key in getattr(one, "limits", ())}
        spent = dict.fromkeys(keys, used)
        found = given_by(made, event, Earner(), spent)
        assert found == given_by(made, event, MEMBER, spent)
        assert WhyNothing.MEMBERS_ONLY not in found


@pytest.mark.parametrize(
    ("is_member", "pending", "lot"),
    [
        (True, None, Lot(Pocket.AVAILABLE, "2027-11-30")),
        (False, None, Lot(Pocket.UNCLAIMED, "2027-02-28")),
        (True, Pending(7), Lot(Pocket.PENDING, "2027-11-30", "2026-11-29")),
        (False, Pending(7), Lot(Pocket.PENDING, "2027-02-28", "2026-11-29")),
    ],
)
def test_members_can_spend_it_others_have_it_unclaimed_and_until_it_is_due_nobody_has(
    *, is_member: bool, pending: Pending | None, lot: Lot
) -> None:
    expiry = Expiry(Period(12, "month"), Period(90, "day"), EndOf.MONTH)
    rules = replace(programme(EarningRule(PAYMENT, 5, pending=pending)), assets={"points": expiry})
    (found,) = earnings(rules, paid(1), "ann", Earner(may_spend=is_member))
    assert isinstance(found, Earning)
    assert found.lot == lot


MIDNIGHT = datetime(2026, 11, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_on"),
    [
        (MIDNIGHT - timedelta(seconds=1), False),
        (MIDNIGHT, True),
        (MIDNIGHT + timedelta(days=7) - timedelta(seconds=1), True),
        (MIDNIGHT + timedelta(days=7), False),
    ],
)
def test_the_days_of_a_campaign_begin_and_end_in_the_zone_of_the_programme(
    at: datetime, *, is_on: bool
) -> None:
    days = Days("2026-12-01", "2026-12-07")
    rules = programme(
        EarningRule(PAYMENT, 5, days=days), EarningRule(PAYMENT, 1), double=Multiplier(("b",), 200, days=days)
    )
    assert given_by(rules, paid(1, at=at)) == ([5, 2] if is_on else [WhyNothing.NOT_ON_THIS_DAY, 1])


def test_multipliers_that_meet_multiply_each_other() -> None:
    rules = programme(
        EarningRule(PAYMENT, 10),
        week=Multiplier(("a",), 200),
        gold=Multiplier(("a",), 150, Condition(tier="gold")),
    )
    assert given_by(rules, paid(1), of_tier("gold")) == [30]


WHEN: dict[str, tuple[Condition, dict[str, Any]]] = {
    "tier": (Condition(tier="gold"), {"tier": "gold"}),
    "one of two tiers": (Condition(any=(Condition(tier="gold"), Condition(tier="black"))), {"tier": "black"}),
    "a tag": (Condition(tags=("vip",)), {"tags": frozenset({"vip"})}),
    "a segment": (Condition(segments=("big",)), {"segments": frozenset({"big"})}),
    "points": (Condition(points_from=100), {"points": 100}),
    "what waits": (
        Condition(balances=(BalanceTest("points", "unclaimed", 10, None),)),
        {"balances": {"points": Balance(unclaimed=10)}},
    ),
    "a member": (Condition(member=True), {"member": True}),
    "an attribute": (Condition(attributes={"city": "Chengdu"}), {"attributes": {"city": "Chengdu"}}),
    "a counter": (
        Condition(counters=(CounterTest("orders", 30, least=1),)),
        {"counts": {"orders": DailyAmounts.of([(day_of(NOON), 1)])}},
    ),
    "no member": (Condition(none=Condition(tier="silver")), {"tier": "gold"}),
}


@pytest.mark.parametrize("what", WHEN)
def test_a_multiplier_is_for_who_meets_its_condition_before_the_event_gives_anything(what: str) -> None:
    when, facts = WHEN[what]
    rules = programme(EarningRule(PAYMENT, 10), some=Multiplier(("a",), 200, when))
    others = replace(Follower("wx1", "bob", "bob"), tier="silver")

    assert given_by(rules, paid(1), Earner(person=Follower("wx1", "ann", "ann", **facts))) == [20]
    assert given_by(rules, paid(1), Earner(person=others)) == [10]
    assert given_by(rules, paid(1), Earner()) == [20 if what == "no member" else 10]


@pytest.mark.parametrize("joined", range(-48, 48, 3))
def test_a_multiplier_for_who_joins_today_is_for_the_day_of_the_event_in_the_programmes_zone(
    joined: int,
) -> None:
    rules = programme(EarningRule(PAYMENT, 10), today=Multiplier(("a",), 200, joins_today=True))
    joined_at = NOON + timedelta(hours=joined)
    is_today = rules.day_of(joined_at) == rules.day_of(NOON)

    assert given_by(rules, paid(1), Earner(is_member=True, joined_at=joined_at)) == [20 if is_today else 10]
    assert given_by(rules, paid(1), Earner()) == [10]


def test_every_rule_of_an_event_gives_unless_it_gives_only_the_best() -> None:
    rules = programme(
        EarningRule(PAYMENT, 1),
        EarningRule(PAYMENT, 2, only_the_best=True),
        EarningRule(PAYMENT, 3, only_the_best=True),
        EarningRule(PAYMENT, 3, only_the_best=True),
        EarningRule(PAYMENT, 1, "stamps", only_the_best=True),
        EarningRule(EventPattern("click", key="a"), 9),
    )
    other = WhyNothing.ANOTHER_IS_BETTER
    assert given_by(rules, paid(1)) == [1, other, 3, other, 1]


def test_what_was_imported_as_a_part_of_the_past_gives_nothing() -> None:
    assert earnings(programme(EarningRule(PAYMENT, 5)), replace(paid(1), history=True), "ann", MEMBER) == ()


# --- how often -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "found"),
    [
        ({}, 5),
        ({"a|2026-11-22": 6}, 4),
        ({"a|2026-11-22": 10}, WhyNothing.LIMIT_REACHED),
        ({"a|2026-11-21": 10}, 5),
        ({"a|total": 98}, 2),
        ({"a|total": 100}, WhyNothing.LIMIT_REACHED),
        ({"a|times": 29}, 5),
        ({"a|times": 30}, WhyNothing.LIMIT_REACHED),
        ({"b|total": 100}, 5),
    ],
)
def test_a_rule_gives_up_to_its_limits(used: dict[str, int], found: int | WhyNothing) -> None:
    assert given_by(programme(EarningRule(PAYMENT, 5, at_most=AtMost(10, 100, 30))), paid(1), used=used) == [
        found
    ]


def lived(rules: Programme, events: list[InboundEvent]) -> dict[date, int]:
    """What they give by day, whatever is given being counted."""
    used: Any = {}
    by_day: dict[date, int] = {}
    for event in events:
        for one in earnings(rules, event, "ann", MEMBER, used):
            if isinstance(one, Earning):
                used = after_use(used, used_by(one.limits, one.amount))
                day = rules.day_of(event.at)
                by_day[day] = by_day.get(day, 0) + one.amount
    return by_day


@given(
    st.integers(1, 50),
    st.builds(
        AtMost,
        st.one_of(st.none(), st.integers(1, 120)),
        st.one_of(st.none(), st.integers(1, 200)),
        st.one_of(st.none(), st.integers(1, 6)),
    ),
    st.lists(st.integers(0, 3), min_size=1, max_size=12),
)
def test_a_rule_gives_a_person_so_much_a_day_so_much_in_all_and_so_often_and_no_less(
    gives: int, most: AtMost, days: list[int]
) -> None:
    """Each event gives what is left of the strictest limit; as often is counted by times, not by amounts."""
    rules, used = programme(EarningRule(PAYMENT, gives, at_most=most)), dict[str, int]()
    of_day, total, times = Counter[int](), 0, 0
    for number, day in enumerate(sorted(days)):
        event = paid(1, str(number), NOON + timedelta(days=day))
        left = [gives]
        left += [most.per_day - of_day[day]] if most.per_day is not None else []
        left += [most.total - total] if most.total is not None else []
        expected = 0 if times == most.times else min(left)
        (found,) = earnings(rules, event, "ann", MEMBER, used)
        assert (found.amount if isinstance(found, Earning) else 0) == expected
        if isinstance(found, Earning):
            used = dict(after_use(used, used_by(found.limits, found.amount)))
            of_day[day], total, times = of_day[day] + expected, total + expected, times + 1


HOURS = st.lists(st.tuples(st.integers(0, 58), st.integers(0, 900)), max_size=20)


@given(HOURS, st.permutations(range(20)))
def test_the_order_in_which_events_arrive_changes_nothing_of_what_a_day_gives(
    acts: list[tuple[int, int]], order: list[int]
) -> None:
    rules = programme(
        EarningRule(SCORED, 1, per_property=PerProperty("score", 7)),
        EarningRule(SCORED, 3, at_most=AtMost(per_day=10)),
    )
    events = [scored(score, str(i), NOON + timedelta(hours=hour)) for i, (hour, score) in enumerate(acts)]
    shuffled = [events[i] for i in order if i < len(events)]
    assert lived(rules, shuffled) == lived(rules, events)


@given(HOURS, st.integers(1, 20), st.integers(1, 50), st.integers(1, 5))
def test_no_order_of_events_gives_more_than_the_limits(
    acts: list[tuple[int, int]], per_day: int, total: int, times: int
) -> None:
    rules = programme(EarningRule(SCORED, 3, at_most=AtMost(per_day, total, times)))
    events = [scored(score, str(i), NOON + timedelta(hours=hour)) for i, (hour, score) in enumerate(acts)]
    found = lived(rules, events)
    assert all(given_ <= per_day for given_ in found.values())
    assert sum(found.values()) <= min(total, 3 * times)


def test_each_value_of_a_property_gives_once_to_a_person() -> None:
    rules = programme(EarningRule(SCORED, 1, once_per="game"))
    first, second = (earnings(rules, scored(1, cause), "ann", MEMBER)[0] for cause in ("1", "2"))
    (other,) = earnings(rules, scored(1, "3"), "bob", MEMBER)
    assert isinstance(first, Earning)
    assert isinstance(second, Earning)
    assert isinstance(other, Earning)
    assert first.id == second.id != other.id


def test_an_order_gives_once_however_many_systems_tell_of_it() -> None:
    rules = programme(EarningRule(EventPattern("order.paid"), 5))
    events = [
        own_event(body("order.paid", total=1, order="7", marketplace="tmall"), cause, SUBJECT, NOON)
        for cause in ("by an import", "by the shop")
    ]
    assert (
        len(
            {
                one.id
                for event in events
                for one in earnings(rules, event, "ann", MEMBER)
                if not isinstance(one, Nothing)
            }
        )
        == 1
    )


# --- what is taken back --------------------------------------------------------------------------


def test_a_return_takes_back_what_the_payment_gave() -> None:
    """Complaint 1."""
    assert Sale(10_000, returned={"r": 10_000}).taken_back(100) == 100
    assert Sale(10_000, returned={"r": None}).taken_back(100) == 100


@given(FEN, st.integers(0, 10**6), st.lists(st.integers(1, 10**6), max_size=8), st.permutations(range(8)))
def test_partial_refunds_take_back_their_share_and_together_exactly_all(
    paid_fen: int, earned: int, parts: list[int], order: list[int]
) -> None:
    """Complaint 4: in any order, never more than was earned, and all of it in the end."""
    returned: dict[str, int | None] = {}
    before = 0
    for i in (i for i in order if i < len(parts)):
        returned[str(i)] = parts[i]
        now = Sale(paid_fen, returned=returned).taken_back(earned)
        assert before <= now <= earned
        before = now
        if sum(n or 0 for n in returned.values()) < paid_fen:
            share = earned * sum(n or 0 for n in returned.values())
            assert 0 <= share - now * paid_fen < paid_fen
    if parts and sum(parts) >= paid_fen:
        assert before == earned


@given(FEN, st.integers(1, 10**6), st.integers(1, 5))
def test_buying_and_returning_again_and_again_leaves_nothing(fen: int, earned: int, rounds: int) -> None:
    """Complaint 2."""
    left = sum(earned - Sale(fen, returned={"r": fen}).taken_back(earned) for _ in range(rounds))
    assert left == 0


def test_a_cancellation_and_a_refund_of_one_order_take_it_back_once() -> None:
    """Complaint 5."""
    assert Sale(10_000, returned={"cancelled": None, "refunded": 10_000}).taken_back(100) == 100


def test_the_points_that_were_redeemed_for_an_order_are_no_part_of_what_it_earned() -> None:
    """Complaint 3: what was spent has its own way back."""
    sale = Sale(10_000, ("earn#a#1",), {"r": 2_500})
    assert (sale.taken_back(80), sale.taken_back(0)) == (20, 0)


def test_what_came_back_of_an_order_that_is_not_known_yet_takes_nothing_back() -> None:
    assert Sale(returned={"r": 100}).taken_back(100) == 0


@pytest.mark.capability(row="3")
def test_a_returned_line_takes_back_its_share_and_a_return_without_a_line_all() -> None:
    line = OrderReturned(2_500, "7", "line-1")
    assert (returned_by(line), returned_by(replace(line, line="")), returned_by(Refunded(300))) == (
        2_500,
        None,
        300,
    )


def test_a_refund_is_of_the_order_that_was_paid() -> None:
    payment = body("payment", total=1, merchant="m", order="7")
    assert order_of(payment) == order_of(body("refund", total=1, merchant="m", order="7"))
    order = body("order.paid", total=1, marketplace="jd", order="7")
    assert order_of(order) == order_of(body("order.returned", total=1, marketplace="jd", order="7"))
    assert (
        len({order_of(payment), order_of(order), order_of(body("payment", total=1, merchant="n", order="7"))})
        == 3
    )
    assert order_of(body("payment", total=1)) == order_of(body("tag", tag="a")) == ""


# --- what WeChat has settled ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("details", "is_settled"),
    [
        ({"merchant_id": "m", "merchant_trade_no": "7", "settlement_time": "1700000000"}, True),
        (
            {"merchant_id": "p", "sub_merchant_id": "m", "merchant_trade_no": "7", "settlement_time": "1"},
            True,
        ),
        ({"merchant_id": "m", "merchant_trade_no": "7"}, False),
        ({"merchant_id": "m", "merchant_trade_no": "7", "settlement_time": "0"}, False),
        ({"merchant_id": "m", "settlement_time": "1"}, False),
        ({"merchant_trade_no": "7", "settlement_time": "1"}, False),
    ],
)
def test_an_order_is_settled_when_wechat_says_when_not_when_its_goods_are_received(
    details: dict[str, str], *, is_settled: bool
) -> None:
    paid_order = order_of(body("payment", total=1, merchant="m", order="7"))
    assert settled_order(OtherEvent(SETTLEMENT, details)) == (paid_order if is_settled else "")
    assert settled_order(OtherEvent("poi_check_notify", details)) == ""


@given(
    st.lists(st.tuples(st.sampled_from(["", "2026-12-01", "2026-12-02"]), st.integers(1, 50)), max_size=5),
    st.integers(1, 200),
    st.integers(0, 50),
)
def test_what_matures_early_is_no_more_than_what_is_pending_and_is_owed_for_first(
    earned: list[tuple[str, int]], amount: int, owed: int
) -> None:
    books = Books({OWED: -owed} if owed else {})
    for due, part in earned:
        lot = Lot(Pocket.PENDING, "2027-01-01", due) if due else Lot(Pocket.UNCLAIMED)
        books = books.with_postings(earn(books, part, lot))
    lots = [lot for lot in books.lots if lot != OWED]
    pending = books.total(Pocket.PENDING)
    after = books.with_postings(mature_early(books, lots, amount, Pocket.AVAILABLE))

    moved = min(amount, pending)
    assert after.total(Pocket.PENDING) == pending - moved
    assert after.available == moved - owed
    assert not (after.total(Pocket.AVAILABLE) and after.lots.get(OWED))


def test_the_books_know_three_days_of_each_rule_and_all_of_what_is_counted_in_total() -> None:
    used: Any = {}
    for day in ("2026-11-01", "2026-11-05", "2026-11-02", "2026-11-04"):
        used = after_use(used, {f"a|{day}": 1, "a|total": 1, f"b|{day}": 1})
    assert used == {
        "a|total": 4, **{f"{rule}|2026-11-0{day}": 1 for rule in "ab" for day in (2, 4, 5)}
    }  # fmt: skip
    forgotten = [
        key for key in ("a|2026-11-01", "a|2026-11-03", "a|total", "c|2026-11-01") if is_forgotten(key, used)
    ]
    assert forgotten == ["a|2026-11-01"]


def test_an_order_without_a_total_paid_is_returned_by_any_return() -> None:
    assert (total_of(body("payment", total=7)), total_of(body("tag", tag="a"))) == (7, 0)
    assert Sale(0, returned={"r": 0}).taken_back(50) == 50


def test_an_event_that_does_not_say_what_a_rule_gives_once_for_gives_nothing() -> None:
    rules = programme(EarningRule(SCORED, 1, once_per="level"))
    assert given_by(rules, scored(1)) == [WhyNothing.NO_NUMBER]
