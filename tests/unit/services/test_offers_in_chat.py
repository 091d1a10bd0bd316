"""Which offers a message lists and a branch finds: those that a till would, deployed and simulated alike."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import SETTINGS
from tests.support.events import body
from tests.support.virtual_time.asl import APP_ID, OPENID, START, SUBJECT, World
from tests.support.virtual_time.simulated import does, journey, sent, simulation
from wejourney.events.event import own_event
from wejourney.journeys.action_types import CheckAction, SendAction
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.benefits.offers import COSTS, AsOf, Given, OfferTerms, why_not_offered
from wejourney.loyalty.programme import Programme
from wejourney.messaging.contents import Text
from wejourney.messaging.merge_fields import LONGEST_OFFER, MOST_OFFERS, LookedUp, render
from wejourney.people.consents import Consent
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel
from wejourney.services.perform_actions import Task
from workbench.checks.contents import longest_of
from workbench.simulator.simulator import Simulator

PROFILE = ProfileModel(membership="membership")
TEXT = "Yours:\n{offers|nothing now}"


def titled(name: str, **terms: Any) -> OfferTerms:
    return OfferTerms(gift="tote", title={"en": f"the {name}", "zh": f"{name}礼"}, **terms)


OFFERS = {
    "free": titled("free"),
    "bag": OfferTerms(
        gift="bag", costs=500, title={"en": f"a bag for {COSTS} points", "zh": f"{COSTS} 积分"}
    ),
    "untitled": OfferTerms(gift="tea"),
    "gold": titled("gold", when=Condition(tier="gold")),
    "perk": titled("perk", unclaimed=200),
    "today": titled("today", joins_today=True),
    "gone": titled("gone", stock=0),
}


def joined(days_ago: int) -> Mapping[str, Any]:
    consent = Consent(given=True, at=START - timedelta(days=days_ago), version="1", channel="store")
    return {"member": True, "consents": {"membership": consent}}


PEOPLE: Mapping[str, tuple[Mapping[str, Any], str, set[str]]] = {
    "a stranger": ({}, "the free\nthe today", {"free", "untitled", "today"}),
    "somebody with points": (
        {"points": 500, "balances": {"points": Balance(500)}},
        "the free\na bag for 500 points\nthe today",
        {"free", "bag", "untitled", "today"},
    ),
    "a gold member": (
        {"tier": "gold", **joined(30), "balances": {"points": Balance(499)}, "points": 499},
        "the free\nthe gold",
        {"free", "untitled", "gold"},
    ),
    "somebody with unclaimed points": (
        {"balances": {"points": Balance(unclaimed=200)}},
        "the free\nthe perk\nthe today",
        {"free", "untitled", "perk", "today"},
    ),
    "who has joined today": (joined(0), "the free\nthe today", {"free", "untitled", "today"}),
    "a Chinese reader": (
        {"language": "zh", "points": 700, "balances": {"points": Balance(700)}},
        "free礼\n500 积分\ntoday礼",
        {"free", "bag", "untitled", "today"},
    ),
}


class Records:
    """An offer without a piece left."""

    def given(self, offers: Mapping[str, OfferTerms], person_ids: Iterable[str]) -> Given:
        assert {*person_ids} == {"person"}
        return Given({name: 0 for name, terms in offers.items() if terms.stock is not None})


def rules(offers: Mapping[str, OfferTerms]) -> PeopleRules:
    return PeopleRules(PROFILE).with_programme(Programme(offers=offers))


def deployed(offers: Mapping[str, OfferTerms], person: Follower) -> tuple[World, Task]:
    world = World((JourneyEntry("j", "v1", Trigger("scan")),), follower=person)
    world.process(own_event(body("scan", scene="x"), "x", SUBJECT, START))
    ports = replace(world.ports, offers=Records())
    perform = replace(world.perform, ports=ports, profile=PROFILE, programme=rules(offers).programme)
    world.perform = perform
    run = world.runs.first.run
    # What a person has agreed to does not travel.
    return world, Task(replace(run, follower=replace(run.follower, consents={})), ())


def found(offers: Mapping[str, OfferTerms], person: Follower, names: Iterable[str]) -> set[str]:
    """The offers that the task of a branch finds."""
    world, task = deployed(offers, person)
    checks = CheckAction("1", {name: Condition(offers=(name,)) for name in names})
    run = world.perform(replace(task, actions=(checks,)))
    assert run.facts == run.offers, "each condition here is about one offer"
    return {name for name in names if run.offers[name]}


def simulated(offers: Mapping[str, OfferTerms], has: Mapping[str, Any], steps: str) -> Simulator:
    return simulation(
        journey(f"trigger: {{event: scan}}\nsteps: {steps}"),
        does("scan", timedelta(), scene="x"),
        people=rules(offers),
        start=START,
        following=True,
        **has,
    )


def said(played: Simulator) -> list[str]:
    return [message for _, _, message in sent(played.play())]


@pytest.mark.parametrize(("has", "titles", "names"), PEOPLE.values(), ids=PEOPLE)
def test_a_message_lists_the_offers_that_apply_in_the_language_of_the_reader(
    has: Mapping[str, Any], titles: str, names: set[str]
) -> None:
    steps = '[{send: {text: "Yours:\\n{offers|nothing now}"}}]'
    assert said(simulated(OFFERS, has, steps)) == [f"Yours:\n{titles}"]

    person = Follower(APP_ID, OPENID, "person", following=True, **{"language": "en", **has})
    world, task = deployed(OFFERS, person)
    world.perform(replace(task, actions=(SendAction("1", Text({"any": TEXT})),)))
    assert [content["text"] for _, content in world.wechat.arrived] == [f"Yours:\n{titles}"]
    assert {name for name in OFFERS if not at_a_till(name, OFFERS, person)} == names


def at_a_till(name: str, offers: Mapping[str, OfferTerms], person: Follower) -> list[object]:
    at = AsOf(START, "Asia/Shanghai", "membership", Records().given(offers, ["person"]))
    return list(why_not_offered(name, offers[name], person, at))


@pytest.mark.parametrize(("has", "titles", "names"), PEOPLE.values(), ids=PEOPLE)
def test_a_branch_finds_the_offers_that_apply(has: Mapping[str, Any], titles: str, names: set[str]) -> None:
    person = Follower(APP_ID, OPENID, "person", following=True, **{"language": "en", **has})
    assert found(OFFERS, person, [*OFFERS, "not declared"]) == names

    cases = ", ".join(
        f"{{branch: [{{when: {{offer: {name}}}, steps: [{{tag: {name}}}]}}]}}" for name in OFFERS
    )
    played = simulated(OFFERS, has, f"[{cases}]")
    played.play()
    assert played.follower is not None
    assert played.follower.tags == names
    assert titles


def test_a_message_without_an_offer_that_applies_shows_its_fallback() -> None:
    for offers in ({}, {"gone": OFFERS["gone"]}, {"untitled": OFFERS["untitled"]}):
        assert said(simulated(offers, {}, '[{send: {text: "{offers|nothing now}"}}]')) == ["nothing now"]


titles = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=LONGEST_OFFER
)


@given(st.lists(titles, max_size=MOST_OFFERS + 3))
def test_a_list_of_offers_takes_no_more_bytes_than_the_check_of_the_text_counts(shown: list[str]) -> None:
    text = "{offers|none}"
    looked_up = LookedUp(offers=tuple({"any": title} for title in shown))
    person = Follower(APP_ID, OPENID, "person")
    made = str(render(Text({"any": text}), person, SETTINGS, looked_up=looked_up)["text"])

    assert len(made.encode()) <= len(longest_of(text).encode())
    assert made.split("\n") == (shown[:MOST_OFFERS] or ["none"])
