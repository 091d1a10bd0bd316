"""Coupons that journeys issue: to whom, when, and what they read of them, simulated and deployed alike."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import Act, click, say, tell, view
from tests.support.virtual_time.simulated import journey, simulation
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.secret_codes import code_of
from wejourney.loyalty.programme import Programme
from workbench.language.journey import Journey
from workbench.language.reading import Library, read_text
from workbench.trace.trace_events import CouponIssued

HOUR = timedelta(hours=1)
PROGRAMME = Programme(coupons={"welcome-10": CouponTerms(Discount(percent=10), 30, from_fen=10_000)})
LIBRARY = Library(programme=PROGRAMME)
SHOWN = r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}"


def read(text: str) -> Journey:
    reading = read_text(f"title: T\n{text}", "made-up", "made-up.yaml", LIBRARY)
    assert reading.mistakes == ()
    assert reading.journey is not None
    return reading.journey


def problems(steps: str, before: str = "", library: Library = LIBRARY) -> list[str]:
    text = f"title: T\ntrigger: {{event: click, key: go}}\n{before}steps:\n{steps}"
    return [mistake.message for mistake in read_text(text, "j", "j.yaml", library).mistakes]


ISSUES = """\
trigger: {event: click, key: go}
steps:
  - coupon: welcome-10
  - send: {text: "Your code {coupon.welcome-10|is at the till}."}
  - wait: 2h
  - send: {text: "Still yours: {coupon.welcome-10|ask us}"}
"""


def texts(agreement: Agreement, *acts: Act) -> list[str]:
    life = agreement.deployed(acts, (), "2020")
    assert life == agreement.simulated(acts, (), "2020")
    return [content for _, content in life.sent]


def test_the_code_of_a_coupon_is_in_the_messages_after_it_also_after_a_wait() -> None:
    first, second = texts(Agreement.of(read(ISSUES)), click("go", timedelta()), say("hi", HOUR))

    (code,), (again,) = re.findall(SHOWN, first), re.findall(SHOWN, second)
    assert code == again
    assert len(code_of(code)) == 12


def test_a_coupon_of_another_system_is_told_to_it_and_has_no_code() -> None:
    made = read("trigger: {event: click, key: go}\nsteps:\n  - coupon: SPRING\n")
    life = Agreement.of(made).deployed((click("go", timedelta()),), (), "2020")

    assert [what for what, _ in life.told] == ["CouponGiven"]


LOOKED = """\
trigger: {event: view, url: "https://shop.example/rings*"}
steps:
  - wait: 1d
  - branch:
      - when:
          event: {event: view, url: "https://shop.example/rings*", times: 3, scope: ever}
          customer: false
        steps:
          - coupon: welcome-10
"""


@pytest.mark.capability(row="61")
@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_a_coupon_is_given_to_who_has_looked_often_enough_once_in_its_time(times: int) -> None:
    rings = "https://shop.example/rings/1"
    acts = [view(rings, number * HOUR) for number in range(times)]
    agreement = Agreement.of(read(LOOKED))
    world = agreement.lived(acts, (), "2020")
    given = [coupon.name for coupon in world.records.coupons.kept.values()]

    assert given == (["welcome-10"] if times >= 3 else [])
    played = agreement.played(acts, (), "2020").play()
    assert [event.name for event in played if isinstance(event, CouponIssued)] == given
    for coupon in world.records.coupons.kept.values():
        assert timedelta(days=30) <= coupon.until - coupon.since <= timedelta(days=31)


UNLESS_BOUGHT = """\
trigger: {event: view, url: "https://shop.example/rings*"}
again: never
steps:
  - wait: 1d
  - branch:
      - when:
          event: {event: view, url: "https://shop.example/rings*", times: 3, scope: ever}
          not: {event: {event: payment, scope: ever, days: 7}}
        steps:
          - coupon: welcome-10
"""


@pytest.mark.capability(row="61")
@pytest.mark.parametrize(
    ("pays_after", "given"),
    [(-HOUR, 0), (HOUR / 2, 0), (3 * HOUR, 0), (23 * HOUR, 0), (25 * HOUR, 1), (9 * 24 * HOUR, 1), (None, 1)],
    ids=str,
)
def test_who_buys_before_the_coupon_is_due_has_none_and_whoever_looks_on_has_no_second_one(
    pays_after: timedelta | None, given: int
) -> None:
    """The first look is an hour after the start; a day after it the journey looks who has not bought."""
    acts = [view("https://shop.example/rings/1", (1 + number) * HOUR) for number in range(3)]
    acts += [view("https://shop.example/rings/2", HOUR + timedelta(days=day)) for day in (2, 3, 9)]
    if pays_after is not None:
        acts.append(tell("payment", HOUR + pays_after, order="A-1", total=500))
    agreement = Agreement.of(read(UNLESS_BOUGHT))
    world = agreement.lived(acts, (), "2020")
    played = agreement.played(acts, (), "2020").play()

    assert len(world.records.coupons.kept) == given
    assert len([event for event in played if isinstance(event, CouponIssued)]) == given


def test_where_none_are_left_the_message_shows_what_the_author_wrote_and_nobody_can_use_the_code() -> None:
    terms = replace(PROGRAMME.coupons["welcome-10"], stock=1)
    reading = read_text(
        f"title: T\n{ISSUES}",
        "made-up",
        "j.yaml",
        Library(programme=Programme(coupons={"welcome-10": terms})),
    )
    assert reading.journey is not None
    world = Agreement.of(reading.journey).world((click("go", timedelta()),), (), "2020")
    world.records.coupons.given["welcome-10"] = 1
    world.live_on(timedelta(days=2))

    first = repr(world.wechat.arrived[0][1])
    assert "is at the till" in first
    assert world.records.coupons.kept == {}


SEND = '  - send: {text: "{coupon.welcome-10|x}"}\n'


def test_a_code_is_shown_only_after_its_coupon_is_issued_and_to_the_person_alone() -> None:
    coupon = "  - coupon: welcome-10\n"

    assert problems(coupon + SEND) == []
    (missing,) = problems(SEND + coupon)
    assert "`welcome-10`" in missing
    assert len(problems(coupon.replace("welcome-10", "SPRING") + SEND.replace("welcome-10", "SPRING"))) == 1
    assert len(problems(coupon + SEND, library=Library())) == 1
    branch = "  - branch: [{when: {tag: vip}, steps: [{coupon: welcome-10}]}]\n"
    assert problems(branch + SEND) == [], "on the other path the text after the bar is shown"
    for told in (
        '  - notify: {staff: desk, text: "{coupon.welcome-10|x}"}\n',
        '  - notify: {staff: "{coupon.welcome-10|x}", text: hi}\n',
        '  - set: {city: "{coupon.welcome-10|}"}\n',
    ):
        (mistake,) = problems(coupon + told)
        assert "only be shown in a message" in mistake
    opening = 'opening: {text: "{coupon.welcome-10|x}"}\n'
    assert any("opening" in mistake for mistake in problems(coupon, opening))


def test_what_other_systems_are_told_never_has_a_code() -> None:
    """Also where a definition was not checked."""
    played = simulation(journey("trigger: {event: follow}\nsteps: [{tag: a}]"))
    assert played.follower is not None
    from wejourney.messaging.merge_fields import published  # noqa: PLC0415 - what is not there is asserted

    told = published({"text": "{coupon.welcome-10|x}"}, played.follower, played.deployment.account, {})
    assert told == {"text": "x"}
