"""infra/programme.yaml: what it declares, and mistakes with their line and column in both languages."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.support.cli import run
from wejourney.events.event_types import EVENT_TYPES, NARROWING_FIELDS, OF_THE_CALENDAR
from wejourney.events.matching import EventPattern
from wejourney.events.mini_program_events import FORMS
from wejourney.journeys.definition import Condition
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.benefits.referrals import ReferralTerms
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
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.plain_data import from_plain
from workbench.compiler.catalogue import programme_json
from workbench.language.mistakes import FileReading
from workbench.language.source import Source
from workbench.programme.checks import TAKES_BACK, check_programme
from workbench.programme.fields import programme_schema, read_programme_fields
from workbench.programme.files import programme_for, read_programme
from workbench.proof.deeds import FOLLOWS, SHARES

ROOT = Path(__file__).parents[3]
MEMBERSHIP = "membership: {title: M, version: '1', text: T, membership: true}\n"
EVERYTHING = """\
zone: Europe/Paris
assets:
  points: {expires: 12 months, unclaimed_expires: 90 days, at_end_of: month}
  stamps: {}
rules:
  purchases:
    {event: payment, total: 100, gives: 2, per_yuan: 10, amount: by_payer, round: half_up, pending: 7d,
     at_most: {per_day: 10, total: 500, times: 9}, only_the_best: true}
  shipped: {event: payment, gives: 1, pending: {until: settlement, at_most: 30d}}
  visits: {event: check_in, name: "fair-*", gives: 1, asset: stamps, once_per: name}
  games: {event: mini_program, name: game.scored, gives: 1, per_property: {score: 100}, once_per: game}
  weeks: {event: click, key: a, gives: 1, from: 2026-12-01, to: 2026-12-07, members_only: true}
multipliers:
  double: {rules: [purchases, games], times: 2, from: 2026-12-24, to: 2026-12-24}
  gold: {rules: purchases, times: 1.5, when: {any: [{tier: gold}, {tier: black}]}, joins: today}
coupons:
  welcome-10: {takes: 10%, from: 100 yuan, valid: 30d, stock: 1000}
  thanks: {takes: 19.90 yuan, valid: 7d}
  friends5: {takes: 5 yuan, valid: 30d, gift_returns_after: 3d}
gifts: {points: {most: 500, returns_after: 7d}}
tiers:
  levels: {basic: 0, gold: 1000, black: 5000}
  months: 6
  grace: 3 months
  one_step: true
  members_only: true
offers:
  join-today: {joins: today, discount: 40%, gift: tote, stock: 50}
  gold: {when: {tier: gold}, discount: 20 yuan, costs: 100}
  perk: {unclaimed: 200, gift: tea, once: false}
referrals: {gets: 100, friend_gets: 50, asset: stamps, from: 100 yuan, pending: 14d, unfollow_within: 24h}
"""


def read(folder: Path, text: str) -> FileReading[Programme]:
    (folder / "infra").mkdir(exist_ok=True)
    (folder / "infra/programme.yaml").write_text(text, "utf-8")
    (folder / "infra/consents.yaml").write_text(MEMBERSHIP, "utf-8")
    return read_programme(folder)


def test_the_file_is_read_and_the_functions_read_what_it_is_compiled_to(tmp_path: Path) -> None:
    found = read(tmp_path, EVERYTHING)

    assert found.mistakes == ()
    assert found.value == Programme(
        "Europe/Paris",
        {
            "points": Expiry(Period(12, "month"), Period(90, "day"), EndOf.MONTH),
            "stamps": Expiry(),
        },
        {
            "purchases": EarningRule(
                EventPattern("payment", at_least=100),
                2,
                per_yuan=10,
                amount=AmountOf.BY_PAYER,
                round=Rounding.HALF_UP,
                pending=Pending(7),
                at_most=AtMost(10, 500, 9),
                only_the_best=True,
            ),
            "shipped": EarningRule(EventPattern("payment"), 1, pending=Pending(30, until_settlement=True)),
            "visits": EarningRule(EventPattern("check_in", name="fair-*"), 1, "stamps", once_per="name"),
            "games": EarningRule(
                EventPattern("mini_program", name="game.scored"),
                1,
                per_property=PerProperty("score", 100),
                once_per="game",
            ),
            "weeks": EarningRule(
                EventPattern("click", key="a"), 1, days=Days("2026-12-01", "2026-12-07"), members_only=True
            ),
        },
        {
            "double": Multiplier(("purchases", "games"), 200, days=Days("2026-12-24", "2026-12-24")),
            "gold": Multiplier(
                ("purchases",),
                150,
                Condition(any=(Condition(tier="gold"), Condition(tier="black"))),
                joins_today=True,
            ),
        },
        {
            "welcome-10": CouponTerms(Discount(percent=10), 30, 10_000, 1000),
            "thanks": CouponTerms(Discount(fen=1_990), 7),
            "friends5": CouponTerms(Discount(fen=500), 30, gift_returns_after=3),
        },
        {"points": GiftTerms(500, 7)},
        tiers=Tiers(
            (Tier("basic", 0), Tier("gold", 1_000), Tier("black", 5_000)),
            months=6,
            grace=Period(3, "month"),
            one_step=True,
            members_only=True,
        ),
        referrals=ReferralTerms(100, 14, 50, "stamps", 10_000, 86_400),
        offers={
            "join-today": OfferTerms(joins_today=True, discount=Discount(percent=40), gift="tote", stock=50),
            "gold": OfferTerms(Condition(tier="gold"), discount=Discount(fen=2_000), costs=100),
            "perk": OfferTerms(unclaimed=200, gift="tea", once=False),
        },
    )
    assert from_plain(Programme, json.loads(programme_json(found.value))) == found.value


def test_tiers_count_a_counter_of_the_profile(tmp_path: Path) -> None:
    text = "tiers: {levels: {silver: 100000}, counts: spend}\n"
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/profile.yaml").write_text(
        "counters: {spend: {event: payment, counts: amount}}\n", "utf-8"
    )
    assert read(tmp_path, text).value == Programme(tiers=Tiers((Tier("silver", 100_000),), counter="spend"))


def test_a_repository_without_the_file_has_no_programme(tmp_path: Path) -> None:
    assert (
        read_programme(tmp_path) == programme_for(tmp_path / "journey.yaml") == FileReading(Programme(), ())
    )


def test_the_committed_schema_is_what_the_command_prints_and_takes_the_committed_file() -> None:
    printed = run("schema", "programme").stdout

    assert (ROOT / "docs/programme.schema.json").read_text("utf-8") == printed, "run `make generate`"
    validator = Draft202012Validator(json.loads(printed))
    assert validator.is_valid(YAML(typ="safe").load(ROOT / "infra/programme.yaml"))
    assert read_programme(ROOT).mistakes == ()


def text_values(value: Any) -> Any:
    """What a schema sees of a file whose days are texts."""
    match value:
        case Mapping():
            return {name: text_values(inner) for name, inner in value.items()}
        case list():
            return list(map(text_values, value))
        case str() | int() | float() | None:
            return value
        case _:
            return str(value)


VALIDATOR = Draft202012Validator(programme_schema())


def test_what_the_reader_accepts_the_schema_accepts() -> None:
    assert VALIDATOR.is_valid(text_values(YAML(typ="safe").load(EVERYTHING)))


ASSETS = "assets: {points: {}}\n"
RULE = ASSETS + "rules: {a: {event: payment, gives: 1}}\n"
CAUSED = ("tag", "segment", "journey", "consent_withdrawn", "tier.changed", "chat_closed")
"""What journeys cause, or lead to, for people who have only followed."""

MISTAKES = [
    ASSETS + "offers: {a: ‸{costs: 5}}\n",
    "offers: {a: {gift: tote, costs: ‸5}}\n",
    "offers: {a: {gift: tote, once: ‸maybe}}\n",
    "redeem: {points: ‸100, takes: 1 yuan}\n",
    "‸rewards: {tote: {points: 500, stock: 100}}\n",
    "offers: {a: {gift: tote, joins: ‸tomorrow}}\n",
    "offers: {a: {gift: tote, when: {event: ‸{event: follow}}}}\n",
    "offers: {a: {discount: ‸0%}}\n",
    ASSETS + "offers: {a: {gift: tote, unclaimed: ‸0}}\n",
    "assets: {points: {}}\nreferrals: {gets: 5, pending: 7d, asset: ‸stamps}\n",
    "referrals: {gets: ‸5, pending: 7d}\n",
    "assets: {points: {}}\nreferrals: ‸{gets: 5}\n",
    "assets: {points: {}}\nreferrals: {gets: 5, pending: 7d, ‸event: follow}\n",
    "assets: {points: {}}\nreferrals: {gets: 5, pending: 7d, from: ‸0 yuan}\n",
    "assets: {points: {}}\ngifts: {‸stamps: {most: 5, returns_after: 7d}}\n",
    "assets: {points: {}}\ngifts: {points: ‸{most: 5}}\n",
    "assets: {points: {}}\ngifts: {points: {most: ‸0, returns_after: 7d}}\n",
    "assets: {points: {}}\ngifts: {points: {most: 5, returns_after: ‸7h}}\n",
    "tiers: ‸{}\n",
    "tiers: {levels: ‸{}}\n",
    "tiers: {levels: {a: ‸-1}}\n",
    "tiers: {levels: {a: ‸1.5}}\n",
    "tiers: {levels: {a: ‸much}}\n",
    "tiers: {levels: {‸A: 1}}\n",
    "tiers: {levels: {a: 1, b: ‸1}}\n",
    "tiers: {levels: {a: 2, b: ‸1, c: 3}}\n",
    "tiers: {levels: {a: 1}, months: ‸0}\n",
    "tiers: {levels: {a: 1}, months: ‸13}\n",
    "tiers: {levels: {a: 1}, months: ‸year}\n",
    "tiers: {levels: {a: 1}, grace: ‸a while}\n",
    "tiers: {levels: {a: 1}, one_step: ‸true}\n",
    "tiers: {levels: {a: 1}, members_only: ‸some}\n",
    "tiers: {levels: {a: 1}, counts: ‸spend}\n",
    "tiers: {levels: {a: 1}, ‸balance: 1}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, when: {tier: ‸gold}}}\ntiers: {levels: {silver: 1}}\n",
    RULE
    + "multipliers: {m: {rules: a, times: 2, when: {not: {tier: ‸gold}}}}\ntiers: {levels: {silver: 1}}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, when: {any: [{tier: ‸gold}, {tier: silver}]}}}\n"
    "tiers: {levels: {silver: 1}}\n",
    "offers: {a: {gift: tote, when: {tier: ‸gold}}}\ntiers: {levels: {silver: 1}}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, when: {event: ‸{event: follow}}}}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, when: {answer: ‸{q: yes}}}}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, when: {balance: {‸stampz: {from: 1}}}}}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, joins: ‸tomorrow}}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, when: {attribute: {phone: ‸138}}}}\n",
    "offers: {a: {gift: tote, when: {stage: ‸loyal}}}\n",
    "offers: {a: {gift: tote, when: {offer: ‸b}}}\n",
    "offers: {a: {gift: tote, title: ‸' '}}\n",
    "offers: {a: {gift: tote, title: {en: A tote, zh: ‸''}}}\n",
    "offers: {a: {gift: tote, title: ‸'A tote for {costs} points'}}\n",
    "offers: {a: {gift: tote, title: ‸'A tote for {points|0} points'}}\n",
    "offers: {a: {gift: tote, title: ‸" + "x" * 41 + "}}\n",
    'offers: {a: {gift: tote, title: ‸"two\\nlines"}}\n',
    "assets: {points: {}}\noffers: {a: {gift: tote, costs: 5, title: ‸A tote}}\n",
    "assets: {points: {}}\noffers: {a: {gift: tote, costs: 5, title: {en: '{costs} points', zh: ‸手提袋}}}\n",
    "assets: {points: {}}\noffers: {a: {gift: tote, costs: 1000000, title: ‸'" + "x" * 34 + "{costs}'}}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, ‸tier: gold}}\n",
    "coupons: {a: ‸{valid: 30d}}\n",
    "coupons: {a: ‸{takes: 10%}}\n",
    "coupons: {a: {takes: ‸101%, valid: 30d}}\n",
    "coupons: {a: {takes: ‸10, valid: 30d}}\n",
    "coupons: {a: {takes: 10%, valid: ‸30h}}\n",
    "coupons: {a: {takes: 10%, from: ‸100, valid: 30d}}\n",
    "coupons: {a: {takes: 10%, valid: 30d, stock: ‸0}}\n",
    "coupons: {a: {takes: 10%, valid: 30d, gift_returns_after: ‸3h}}\n",
    "coupons: {a: {takes: 10%, valid: 30d, gift_returns_after: ‸0d}}\n",
    "coupons: {a: {takes: 10%, valid: 30d, gift_returns_after: ‸true}}\n",
    "coupons: {‸A: {takes: 10%, valid: 30d}}\n",
    "zone: ‸Mars/Olympus\n",
    "‸colours: {}\n",
    "assets: {points: {expires: ‸a year}}\n",
    "assets: {points: {expires: ‸121 months}}\n",
    "assets: {points: {expires: ‸0 days}}\n",
    "assets: {points: {at_end_of: ‸week}}\n",
    "assets: {‸Points: {}}\n",
    "rules: {a: {event: payment, gives: ‸1}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, asset: ‸stamps}}\n",
    ASSETS + "rules: {a: {event: ‸purchase, gives: 1}}\n",
    ASSETS + "rules: {a: {event: ‸birthday, gives: 1}}\n",
    ASSETS + "rules: {a: {event: ‸schedule, gives: 1}}\n",
    *(ASSETS + f"rules: {{a: {{event: ‸{event}, gives: 1}}}}\n" for event in CAUSED),
    ASSETS + "rules: {a: ‸{event: payment}}\n",
    ASSETS + "rules: {a: {event: payment, gives: ‸0}}\n",
    ASSETS + "rules: {a: {event: payment, gives: ‸-5}}\n",
    ASSETS + "rules: {a: {event: payment, gives: ‸1.5}}\n",
    ASSETS + "rules: {a: {event: payment, gives: ‸1000001}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1}, ‸a: {event: payment, gives: 2}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, per_yuan: ‸0.1}}\n",
    ASSETS + "rules: {a: {event: check_in, gives: 1, per_yuan: ‸1}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, amount: ‸total}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, per_yuan: 1, amount: ‸net}}\n",
    ASSETS + "rules: {a: {event: order.paid, gives: 1, per_yuan: 1, amount: ‸by_payer}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, per_yuan: 1, round: ‸nearest}}\n",
    ASSETS + "rules: {a: {event: call.logged, gives: 1, per_property: {‸minutes: 1}}}\n",
    ASSETS + "rules: {a: {event: mini_program, name: game.scored, gives: 1, per_property: {‸game: 1}}}\n",
    ASSETS + "rules: {a: {event: mini_program, name: game.scored, gives: 1, per_property: {score: ‸0}}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, per_yuan: 1, per_property: ‸{store: 1}}}\n",
    ASSETS + "rules: {a: {event: mini_program, name: custom.x, gives: 1, per_property: ‸{b: 1, c: 1}}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, once_per: ‸shop}}\n",
    ASSETS + "rules: {a: {event: mini_program, name: live.watched, gives: 1, once_per: ‸lives}}\n",
    ASSETS + "rules: {a: {event: payment, property: {‸color: red}, gives: 1}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, pending: ‸36h}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, pending: ‸soon}}\n",
    ASSETS + "rules: {a: {event: order.paid, gives: 1, pending: {until: ‸settlement, at_most: 30d}}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, pending: {until: ‸delivery, at_most: 30d}}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, pending: ‸{until: settlement}}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, at_most: {per_day: ‸0}}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, at_most: {per_day: ‸20, total: 10}}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, at_most: ‸{}}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, from: ‸2026-02-30}}\n",
    ASSETS + "rules: {a: {event: payment, gives: 1, from: 2026-12-02, to: ‸2026-12-01}}\n",
    RULE + "multipliers: {m: {rules: ‸b, times: 2}}\n",
    "assets: {points: {expires: 7 days}}\nrules: {a: {event: payment, gives: 1, pending: ‸8d}}\n",
    (
        "assets: {points: {expires: 9 days, unclaimed_expires: 7 days}}\n"
        "rules: {a: {event: payment, gives: 1, pending: ‸8d}}\n"
    ),
    "assets: {points: {expires: 1 month}}\nrules: {a: {event: payment, gives: 1, pending: ‸29d}}\n",
    (
        "assets: {points: {expires: 7 days}}\n"
        "rules: {a: {event: payment, gives: 1, pending: {until: settlement, at_most: ‸8d}}}\n"
    ),
    "assets: {points: {expires: 7 days}}\nreferrals: {gets: 5, pending: ‸8d}\n",
    RULE + "multipliers: {m: {rules: a, times: ‸0}}\n",
    RULE + "multipliers: {m: {rules: a, times: ‸-2}}\n",
    RULE + "multipliers: {m: {rules: a, times: ‸1.234}}\n",
    RULE + "multipliers: {m: {rules: a, times: ‸101}}\n",
    RULE + "multipliers: {m: {rules: a, times: 2, from: 2026-12-02, to: ‸2026-12-01}}\n",
]


def places(found: FileReading[Programme]) -> set[tuple[int, int]]:
    return {(mistake.line, mistake.column) for mistake in found.mistakes}


@pytest.mark.parametrize("marked", MISTAKES)
def test_a_mistake_has_its_line_and_column_and_words_in_both_languages(tmp_path: Path, marked: str) -> None:
    before, _, after = marked.partition("‸")
    found = read(tmp_path, before + after)

    assert found.value is None
    assert places(found) == {(before.count("\n") + 1, len(before) - before.rfind("\n"))}
    for mistake in found.mistakes:
        assert mistake.file == "infra/programme.yaml"
        assert all(mistake.to_dict(language)["message"] for language in ("en", "zh"))
        assert mistake.hint or "such as" in mistake.message or "given twice" in mistake.message


def rule_of(event: str) -> str:
    required = {"text": ", keywords: a", "click": ", key: a"}.get(event, "")
    return f"{ASSETS}rules: {{a: {{event: {event}{required}, gives: 1}}}}\n"


SHARED = ("gift.claimed", "gift.returned", "mini_program")
REFUSED = {*FOLLOWS, *TAKES_BACK, "points", *SHARED, *OF_THE_CALENDAR, *CAUSED}


@pytest.mark.parametrize("event", NARROWING_FIELDS)
def test_every_event_can_give_points_but_follows_shares_returns_points_and_what_journeys_cause(
    tmp_path: Path, event: str
) -> None:
    found = read(tmp_path, rule_of(event))

    assert bool(found.mistakes) is (event in REFUSED)


@given(st.sampled_from([*FORMS, "custom.tasted", *EVENT_TYPES]), st.integers(0, 20), st.integers(0, 20))
def test_no_pattern_of_mini_program_events_rewards_a_share(name: str, start: int, end: int) -> None:
    """However the name is written, with `*` for any part of it."""
    for pattern in {name, f"{name[:start]}*", f"*{name[end:]}", f"{name[:start]}*{name[end:]}"}:
        source = Source("infra/programme.yaml")
        text = f'{ASSETS}rules: {{a: {{event: mini_program, name: "{pattern}", gives: 1}}}}\n'
        node = source.compose(text)
        assert node is not None
        programme = read_programme_fields(source, node)
        assert programme is not None
        check_programme(programme, source)
        told = any("sharing" in mistake.message for mistake in source.mistakes)
        assert told is any(fits(pattern, share) for share in SHARES)


def fits(pattern: str, name: str) -> bool:
    if "*" not in pattern:
        return pattern == name
    first, last = pattern.split("*")
    return len(first) + len(last) <= len(name) and name.startswith(first) and name.endswith(last)


def test_a_rule_for_any_event_of_a_mini_program_is_one_for_shares(tmp_path: Path) -> None:
    (mistake,) = read(tmp_path, rule_of("mini_program")).mistakes

    assert "sharing" in mistake.message


@pytest.mark.parametrize(
    "section", ["multipliers: {m: {rules: a, times: 2, %s}}", "offers: {o: {gift: g, %s}}"]
)
def test_a_condition_looks_at_counters_that_the_profile_has(tmp_path: Path, section: str) -> None:
    text = RULE + section % "when: {counter: {spend: {days: 30, from: 1}}}" + "\n"
    (mistake,) = read(tmp_path, text).mistakes
    assert "no counter `spend` in infra/profile.yaml" in mistake.message

    counters = "counters: {spend: {event: payment, counts: amount}}\n"
    (tmp_path / "infra/profile.yaml").write_text(counters, "utf-8")
    assert read(tmp_path, text).mistakes == ()


FOR_MEMBERS = [
    RULE.replace("gives: 1", "gives: 1, members_only: ‸true"),
    RULE + "multipliers: {m: {rules: a, times: 2, joins: ‸today}}\n",
    "offers: {a: {gift: tote, joins: ‸today}}\n",
    "tiers: {levels: {a: 1}, members_only: ‸true}\n",
]


@pytest.mark.parametrize("text", FOR_MEMBERS)
def test_what_is_for_members_needs_a_purpose_for_membership(tmp_path: Path, text: str) -> None:
    before, _, after = text.partition("‸")
    place = (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert read(tmp_path, before + after).mistakes == ()
    (tmp_path / "infra/consents.yaml").unlink()
    (mistake,) = read_programme(tmp_path).mistakes

    assert (mistake.line, mistake.column) == place
    assert "infra/consents.yaml" in mistake.message


@given(
    st.builds(Period, st.integers(1, 40), st.just("day"))
    | st.builds(Period, st.integers(1, 2), st.just("month")),
    st.integers(1, 70),
    st.sampled_from(EndOf),
)
def test_what_is_accepted_can_be_spent_after_it_was_pending_on_whatever_day_it_was_earned(
    period: Period, days: int, end: EndOf
) -> None:
    rule = EarningRule(EventPattern("payment"), 1, pending=Pending(days))
    programme = Programme(assets={"points": Expiry(period, None, end)}, rules={"a": rule})
    source = Source("programme.yaml")
    check_programme(programme, source)
    lots = [
        programme.lot_for("points", date(2027, 1, 1) + timedelta(number), may_spend=True, pending_days=days)
        for number in range(1461)
    ]

    assert (not source.mistakes) is all(lot.due <= lot.expires for lot in lots)


def test_the_version_of_a_rule_changes_with_what_it_says_and_with_its_multipliers_alone(
    tmp_path: Path,
) -> None:
    def version(text: str) -> str:
        programme = read(tmp_path, text).value
        assert programme is not None
        return programme.version_of("purchases")

    before = version(EVERYTHING)
    assert version(EVERYTHING.replace("gives: 2", "gives: 3")) != before
    assert version(EVERYTHING.replace("times: 1.5", "times: 1.6")) != before
    assert version(EVERYTHING.replace("{tier: black}", "{tag: black}")) != before
    assert version(EVERYTHING.replace(", joins: today}", "}", 1)) != before
    assert version(EVERYTHING.replace("score: 100", "score: 200")) == before
    assert version("# a comment\n" + EVERYTHING) == before


def test_the_version_of_a_rule_is_computed_once_for_a_programme() -> None:
    programme = Programme(rules={"visits": EarningRule(EventPattern("check_in"), 1)})
    assert programme.version_of("visits") is programme.version_of("visits")
    other = replace(programme, rules={"visits": EarningRule(EventPattern("check_in"), 2)})
    assert other.version_of("visits") != programme.version_of("visits")
