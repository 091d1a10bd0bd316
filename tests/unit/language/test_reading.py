from pathlib import Path

import pytest

from wejourney.events.event_types import NARROWING_FIELDS
from wejourney.events.matching import EventCount, EventPattern, Property
from wejourney.events.values import Near, NumberRange
from wejourney.journeys.definition import Again, Condition, Exit, QuietHours, Trigger
from wejourney.loyalty.balance import BalanceTest
from wejourney.messaging.channels import CHANNELS
from wejourney.messaging.contents import (
    CONTENTS,
    Image,
    Mass,
    Menu,
    MenuItem,
    MiniProgramCard,
    News,
    Notice,
    Template,
    Text,
)
from wejourney.people.counters import CounterTest
from wejourney.people.lifecycle import Stage
from workbench.language.content_fields import CONTENT_FIELDS
from workbench.language.journey import Journey
from workbench.language.journey_fields import TRIGGER_FIELDS
from workbench.language.mistakes import verbatim
from workbench.language.reading import read_text
from workbench.language.step_types import (
    Agree,
    Ask,
    Award,
    Branch,
    Case,
    EndJourney,
    Give,
    HandOver,
    Notify,
    Repeat,
    Send,
    Set,
    Share,
    Split,
    StartJourney,
    Stop,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
    Withdraw,
)
from workbench.language.traversal import steps_of

EVERYTHING = (Path(__file__).parent / "everything.yaml").read_text("utf-8")

SIZE = Ask(
    name="size",
    within=129_600,
    content=Menu(
        head={"any": "?"},
        items=(MenuItem("s", {"any": "S"}), MenuItem("l", {"any": "L"})),
        tail={"any": "!"},
    ),
    choices={"s": ("1",), "l": ("2", "large")},
    unanswered=(Stop("nothing said"),),
    not_sent=(Tag(("unreached",)),),
)
CHOOSING = Branch(
    cases=(
        Case(
            Condition(
                tags=("vip",),
                language="en",
                scene="a*b",
                answers={"size": "s"},
                member=False,
                among=("en", "zh"),
                written=("any", "en", "zh"),
            ),
            (Agree("newsletter"), Send(Image("MEDIA"), if_unsure="resend", consent="newsletter")),
        ),
        Case(
            Condition(
                points_from=100,
                points_to=500,
                segments=("gold",),
                stage=Stage.CUSTOMER,
                counters=(CounterTest("orders", 30, 1, 9),),
                balances=(BalanceTest("points", "unclaimed", 1), BalanceTest("stamps", least=5, most=9)),
                tier="silver",
                attributes={"city": "Paris", "visits": NumberRange(3, 9)},
                dates=("birthday",),
                offers=("tote", "towel"),
            ),
            (WaitUntil(time=9 * 60, weekday=0), Award(5, "patience")),
        ),
        Case(
            Condition(
                points_from=50,
                events=(
                    EventCount(EventPattern("click", key="CARE"), at_least=2, days=30),
                    EventCount(EventPattern("tag", name="vip"), scope="size"),
                    EventCount(EventPattern("view", url="*/care"), scope="ever"),
                ),
            ),
            (WaitUntil(time=9 * 60 + 30), Stop("bought a ring", goal=True)),
        ),
    ),
    otherwise=(Untag(("a", "b")), Withdraw("newsletter")),
)
TEASER = Send(
    Text({"any": "You said {answer.size|nothing yet}, {attribute.city|wherever you are}."}),
    name="teaser",
    purpose="service",
    instead=(
        Template(
            "T1", {"thing1": {"any": "A ring"}, "number2": {"any": "{points|0}"}}, "https://x.example/t"
        ),
        Notice("N1", {"date1": {"any": "2025-01-31"}}, "pages/a"),
        Mass({"any": "M"}),
    ),
    not_sent=(Notify("store-manager", {"any": "Please call."}),),
)
STEPS = (
    SIZE,
    CHOOSING,
    Wait(1800),
    TEASER,
    Send(News({"any": "T"}, {"any": "D"}, "https://x.example/u", "https://x.example/p")),
    Send(MiniProgramCard({"any": "M"}, "wx1", "p", "ID")),
    Ask("weight", within=7200, parse="number", minimum=1, maximum=9),
    Ask(
        "day",
        7200,
        Text({"any": "When?"}),
        parse="date",
        past=True,
        again=Text({"any": "Which day?"}),
        retries=2,
    ),
    Ask("hour", 7200, Text({"any": "At what time?"}), parse="number", retries=1),
    HandOver("stylist", within=7200),
    WaitDate("booking", within=60 * 86_400, offset=-7200, time=540, otherwise=(Stop("no date"),)),
    WaitDate("birthday", within=90 * 86_400, yearly=True),
    WaitDate("booking", within=86_400, offset=86_400, passed=()),
    WaitEvent(
        EventPattern("text", keywords=("thanks", "谢谢")),
        within=3 * 86_400,
        since="entry",
        otherwise=(Give("coupon", "SPRING"),),
    ),
    WaitEvent(EventPattern("journey", name="welcome"), within=3600),
    WaitEvent(EventPattern("points", at_least=500), within=3600),
    WaitEvent(EventPattern("location", near=Near(48_869_800, 2_329_900, 500)), within=3600),
    Split("teaser-or-not", (Share(30, (Give("offer", "gift-today"),)), Share(70))),
    Set({"language": "en", "date.booking": "{answer.weight|}", "weight": "{answer.weight|}"}, reads="en"),
    Repeat(3 * 86_400, 4, Condition(tags=("paid",)), (Tag(("reminded",)),)),
    StartJourney("other-journey"),
    EndJourney("third-journey"),
)


def test_every_field_of_the_language_is_read() -> None:
    reading = read_text(EVERYTHING, "everything", "everything.yaml")

    assert reading.mistakes == ()
    assert reading.journey == Journey(
        name="everything",
        title={"en": "Everything", "zh": "全部"},
        priority=3,
        speaks_to="official_account",
        trigger=Trigger(
            "scan",
            scene="store-*",
            when=Condition(
                without_tags=("vip", "staff"),
                none=Condition(any=(Condition(customer=True), Condition(source="qr"))),
            ),
        ),
        opening=Text({"en": "Hello", "zh": "你好"}),
        again=Again("after", seconds=30 * 86_400),
        quiet=QuietHours(22 * 60, 8 * 60),
        holdout=10,
        goal=Condition(
            events=(
                EventCount(
                    EventPattern(
                        "payment",
                        at_least=100_000,
                        properties=(Property("total", NumberRange(most=999_999)),),
                    )
                ),
            )
        ),
        goal_within=14 * 86_400,
        exits=(
            Exit(
                Condition(
                    any=(Condition(tags=("staff",)), Condition(events=(EventCount(EventPattern("refund")),)))
                ),
                "works here",
            ),
        ),
        steps=STEPS,
    )


TRIGGERS = {
    "{event: follow, recognise_first: true}": Trigger("follow", recognise_first=True),
    "{event: follow}": Trigger("follow"),
    "{event: text, keywords: '[Smile]'}": Trigger("text", keywords=("[Smile]",)),
    "{event: image}": Trigger("image"),
    "{event: location}": Trigger("location"),
    "{event: click, key: CARE}": Trigger("click", key="CARE"),
    "{event: view, url: 'https://x.example/*'}": Trigger("view", url="https://x.example/*"),
    "{event: chat_closed}": Trigger("chat_closed"),
    "{event: tag, tag: vip}": Trigger("tag", name="vip"),
    "{event: journey}": Trigger("journey"),
    "{event: journey, journey: welcome}": Trigger("journey", name="welcome"),
    "{event: segment, segment: gold}": Trigger("segment", name="gold"),
    "{event: mini_program, name: cart.left}": Trigger("mini_program", name="cart.left"),
    "{event: points, points: 500}": Trigger("points", at_least=500),
    "{event: payment, total: 10000}": Trigger("payment", at_least=10_000),
    "{event: refund}": Trigger("refund"),
    "{event: date, date: birthday}": Trigger("date", name="birthday"),
    "{event: date, date: booking, before: 3d, at: '09:00'}": Trigger(
        "date", name="booking", offset=-259_200, time=540
    ),
    "{event: date, date: booking, after: 1d}": Trigger("date", name="booking", offset=86_400),
    "{event: schedule, at: '10:00'}": Trigger("schedule", time=600),
    "{event: schedule, at: '10:00', every: day}": Trigger("schedule", time=600),
    "{event: schedule, at: 9:05, every: sunday}": Trigger("schedule", time=545, weekday=6),
}
AGAIN = {
    "always": Again(),
    "never": Again("never"),
    "{after: 366d}": Again("after", seconds=366 * 86_400),
    "{per: order}": Again("per", key="order"),
}


@pytest.mark.parametrize(("written", "trigger"), TRIGGERS.items())
def test_a_journey_starts_at_any_kind_of_event(written: str, trigger: Trigger) -> None:
    reading = read_text(f"title: T\ntrigger: {written}\nsteps: [{{tag: a}}]\n", "t", "t.yaml")

    assert reading.mistakes == ()
    assert reading.journey is not None
    assert reading.journey.trigger == trigger


@pytest.mark.parametrize(("written", "again"), AGAIN.items())
def test_again_is_read_in_all_its_forms(written: str, again: Again) -> None:
    text = f"title: T\nagain: {written}\ntrigger: {{event: payment}}\nsteps: [{{tag: a}}]\n"

    reading = read_text(text, "t", "t.yaml")

    assert reading.mistakes == ()
    assert reading.journey is not None
    assert reading.journey.again == again


def test_a_plain_text_serves_every_language() -> None:
    text = "title: Plain\ntrigger: {event: follow}\nsteps:\n  - send: {text: 007}\n"

    journey = read_text(text, "plain", "plain.yaml").journey

    assert journey is not None
    assert journey.title == {"any": "Plain"}
    assert journey.steps == (Send(Text({"any": "007"})),)


def test_a_mistake_that_is_found_after_reading_has_the_place_of_its_step() -> None:
    reading = read_text(EVERYTHING, "everything", "everything.yaml")

    found = reading.mistake_at(("steps", 2, "seconds"), verbatim("too long"), verbatim("wait less"))

    line = EVERYTHING.splitlines().index("  - wait: 30m") + 1
    assert str(found) == f"everything.yaml:{line}:11: too long (wait less)"


def test_the_fields_of_triggers_and_contents_are_those_of_the_domain() -> None:
    assert {name for names in NARROWING_FIELDS.values() for name in names} <= TRIGGER_FIELDS.keys()
    assert set(CONTENT_FIELDS) == set(CONTENTS)
    assert set(CONTENT_FIELDS) == set(CHANNELS)


@pytest.mark.parametrize("kind", ["date", "event", "steps", "text"])
def test_a_field_name_can_be_the_name_of_a_date_or_a_tag(kind: str) -> None:
    wait = f"{{date: {kind}, within: 1d, passed: go_on}}"
    text = f"title: T\ntrigger: {{event: follow}}\nsteps: [{{wait: {wait}}}, {{tag: {kind}}}]\n"

    reading = read_text(text, "t", "t.yaml")

    assert reading.mistakes == ()
    assert reading.journey is not None
    assert reading.journey.steps == (WaitDate(kind, within=86_400, passed=()), Tag((kind,)))


def test_the_messages_of_a_journey_need_its_purpose_unless_they_name_another() -> None:
    text = """
title: T
trigger: {event: follow}
consent: newsletter
steps:
  - send: {text: a}
  - branch:
      - when: {tag: vip}
        steps: [{send: {text: b, consent: vip-offers}}]
  - ask: {name: q, text: c, within: 1h, unanswered: [{send: {text: d}}]}
"""
    journey = read_text(text, "news", "news.yaml").journey
    assert journey is not None
    needed = [getattr(step, "consent", "") for _, step in steps_of(journey)]
    assert sorted(filter(None, needed)) == ["newsletter"] * 3 + ["vip-offers"]
