"""What people do with the brand leads them through journeys: the journeys are files, the people act."""

from datetime import datetime, timedelta

import pytest

from tests.support.virtual_time.simulated import (
    DAY,
    HOUR,
    MINUTE,
    START,
    does,
    journey,
    of,
    says,
    sent,
    simulation,
)
from wejourney.events.event_types import MenuClicked
from wejourney.events.matching import EventPattern
from wejourney.events.values import IsKnown
from wejourney.journeys.definition import Condition
from wejourney.journeys.segments import PeopleRules
from wejourney.people.consents import Consent
from wejourney.people.counters import CountedEvents, CounterTest
from wejourney.people.profile_model import ProfileModel
from wejourney.reasons import NoAllowance
from workbench.simulator.deployment import ScriptedEvent
from workbench.trace.trace_events import MessageNotSent, PointsChanged, Published, TagsChanged, TraceEvent

NOW = timedelta()
FOUR = "steps: [{send: {text: a}}, {send: {text: b}}, {send: {text: c}}, {send: {text: d}}]"


def texts(trace: list[TraceEvent]) -> list[str]:
    return [text for _, _, text in sent(trace)]


def points(trace: list[TraceEvent]) -> list[int]:
    return [event.points for event in trace if isinstance(event, PointsChanged)]


# --- the menu --------------------------------------------------------------------------------------


@pytest.mark.capability(row="C2")
@pytest.mark.parametrize(
    ("trigger", "act", "leave"),
    [
        ("{event: click, key: CARE}", does("click", NOW, key="CARE"), ["a", "b", "c"]),
        ("{event: view}", does("view", NOW, url="https://www.example.com/care"), []),
    ],
)
def test_a_click_allows_three_messages_and_an_opened_page_none(
    trigger: str, act: ScriptedEvent, leave: list[str]
) -> None:
    played = simulation(journey(f"trigger: {trigger}\n{FOUR}"), act, following=True).play()

    assert texts(played) == leave
    refused = of(played, MessageNotSent)
    assert len(refused) == 4 - len(leave)
    assert all(isinstance(reason, NoAllowance) for _, reason in refused)


@pytest.mark.capability(row="C2")
def test_the_allowance_of_a_click_lasts_a_minute() -> None:
    care = journey(
        "trigger: {event: click, key: CARE}\nsteps: [{send: {text: a}}, {wait: 60s}, {send: {text: b}}]"
    )

    assert texts(simulation(care, does("click", NOW, key="CARE"), following=True).play()) == ["a"]


@pytest.mark.capability(row="C2")
def test_clicks_and_opened_pages_are_counted_by_their_key() -> None:
    """By counters of the profile, and by conditions on events."""
    counters = {
        "care": (CountedEvents(EventPattern("click", key="CARE")),),
        "stores": (CountedEvents(EventPattern("click", key="STORES")),),
        "pages": (CountedEvents(EventPattern("view", url="*/care")),),
    }
    twice = journey(
        "trigger: {event: click, key: DONE}\n"
        "steps: [{branch: [{when: {event: {event: click, key: CARE, times: 2, scope: ever}},"
        " steps: [{tag: asks-for-care}]}]}]"
    )
    played = simulation(
        twice,
        *(does("click", n * MINUTE, key=key) for n, key in enumerate(["CARE", "STORES", "CARE"])),
        *(
            does("view", n * HOUR, url=f"https://www.example.com/{page}")
            for n, page in enumerate(["care", "x"], 1)
        ),
        ScriptedEvent(3 * HOUR, MenuClicked("DONE")),
        people=PeopleRules(ProfileModel(counters=counters)),
        following=True,
    )
    trace = played.play()

    assert played.follower is not None
    counted = {name: CounterTest(name, 7).amount(played.follower.counts, START) for name in counters}
    assert counted == {"care": 2, "stores": 1, "pages": 1}
    assert of(trace, TagsChanged) == [(3 * HOUR, "+asks-for-care")]


# --- purchases -------------------------------------------------------------------------------------

THANKS = journey(
    """
trigger: {event: payment}
again: {per: order}
steps:
  - award: {points: 50, reason: bought}
  - branch:
      - when: {event: {event: payment, property: {total: {from: 100000}}}}
        steps: [{tag: vip}]
  - branch:
      - when: {event: {event: payment, property: {store: {known: true}}}}
        steps: [{tag: bought-in-a-store}]
""",
    "thanks",
)
HELLO = journey(
    """
trigger: {event: text, keywords: hello}
steps:
  - branch:
      - when: {tag: bought-in-a-store}
        steps: [{send: {text: How was your visit?}}]
      - otherwise: [{send: {text: What are you looking for?}}]
""",
    "hello",
)


@pytest.mark.capability(row="14")
@pytest.mark.parametrize(
    ("bought", "told"),
    [
        ({"store": "SH01"}, "How was your visit?"),
        ({}, "What are you looking for?"),
        (None, "What are you looking for?"),
    ],
)
def test_who_has_paid_in_a_store_is_told_something_else_online(
    bought: dict[str, str] | None, told: str
) -> None:
    paid = () if bought is None else (does("payment", NOW, order="A-1", total=9900, **bought),)

    assert texts(simulation((THANKS, HELLO), *paid, says("hello", HOUR), following=True).play()) == [told]


@pytest.mark.capability(row="C21")
@pytest.mark.parametrize("store", [{"store": "SH01"}, {}])
@pytest.mark.parametrize(("total", "tags"), [(99_999, set()), (100_000, {"vip"})])
def test_a_purchase_has_the_same_points_and_branch_at_a_till_and_online(
    total: int, tags: set[str], store: dict[str, str]
) -> None:
    played = simulation(THANKS, does("payment", NOW, order="A-1", total=total, **store), following=True)

    assert points(played.play()) == [50]
    assert played.follower is not None
    assert played.follower.tags - {"bought-in-a-store"} == tags


# --- bookings --------------------------------------------------------------------------------------

REMINDER = journey(
    """
trigger: {event: mini_program, name: custom.booking.made}
again: {per: booking}
exits: [{when: {event: {event: mini_program, name: custom.booking.cancelled}}, reason: cancelled}]
steps:
  - wait: {date: booking, before: 1d, within: 60d, otherwise: [{stop: no day}], passed: [{stop: too late}]}
  - send: {text: See you tomorrow, not_sent: [{tag: to-be-called}]}
""",
    "reminder",
)


def booked(after: timedelta, day: timedelta) -> ScriptedEvent:
    return does("profile", after, changes={"date.booking": (START + day).isoformat()})


@pytest.mark.capability(row="13")
@pytest.mark.parametrize(
    ("moved", "reminded"),
    [(None, 9), (20, 19), (4, 3), (3, 2)],
    ids=["as it was booked", "to later", "to sooner", "to the day after the next"],
)
def test_a_reminder_comes_a_day_before_the_booking_wherever_it_is_moved(
    moved: int | None, reminded: int
) -> None:
    """The system that keeps the bookings tells their day as a date of the profile."""
    acts = [booked(NOW, 10 * DAY), does("mini_program", MINUTE, name="custom.booking.made", booking="B-1")]
    acts += [booked(DAY, moved * DAY)] if moved is not None else []
    acts += [says("when is it?", reminded * DAY - HOUR)]

    assert sent(simulation(REMINDER, *acts, following=True).play()) == [
        (reminded * DAY, "custom", "See you tomorrow")
    ]


@pytest.mark.capability(row="13")
@pytest.mark.parametrize("booking", ["B-1", "B-2"])
def test_a_booking_that_is_cancelled_has_no_reminder_and_another_keeps_its_own(booking: str) -> None:
    acts = [booked(NOW, 10 * DAY), does("mini_program", MINUTE, name="custom.booking.made", booking="B-1")]
    acts += [does("mini_program", DAY, name="custom.booking.cancelled", booking=booking), says("hm", 8 * DAY)]

    assert len(sent(simulation(REMINDER, *acts, following=True).play())) == (booking == "B-2")


# --- live streams ----------------------------------------------------------------------------------

CLASS = journey(
    """
trigger: {event: mini_program, name: live.watched, property: {live: yoga-1, seconds: {from: 1800}}}
again: never
steps: [{award: {points: 30, reason: a whole class}}]
""",
    "yoga-1",
)
OTHER_CLASS = journey(
    """
trigger: {event: mini_program, name: live.watched, property: {live: yoga-2, seconds: {from: 1800}}}
again: never
steps: [{award: {points: 30, reason: a whole class}}]
""",
    "yoga-2",
)


def watched(after: timedelta, seconds: int, live: str = "yoga-1") -> ScriptedEvent:
    details = {"live": live, "seconds": str(seconds)}
    return does("mini_program", after, name="live.watched", details=details)


@pytest.mark.capability(row="C22")
def test_a_peek_at_a_live_class_earns_nothing_and_a_whole_class_once() -> None:
    joined = does("mini_program", NOW, name="live.joined", details={"live": "yoga-1"})
    acts = [joined, watched(MINUTE, 30), watched(HOUR, 1799), watched(2 * HOUR, 1800), watched(DAY, 3600)]

    assert points(simulation((CLASS, OTHER_CLASS), *acts[:3]).play()) == []
    assert points(simulation((CLASS, OTHER_CLASS), *acts).play()) == [30]
    assert points(simulation((CLASS, OTHER_CLASS), *acts, watched(2 * DAY, 1900, "yoga-2")).play()) == [
        30,
        30,
    ]


# --- segments --------------------------------------------------------------------------------------

LOOKS = PeopleRules(
    ProfileModel(
        counters={
            "views": (CountedEvents(EventPattern("mini_program", name="product.viewed")),),
            "orders": (CountedEvents(EventPattern("payment")),),
        }
    ),
    {
        "looks": Condition(
            counters=(CounterTest("views", 7, 2),), none=Condition(counters=(CounterTest("orders", 7, 1),))
        )
    },
    subscribed_kinds=("mini_program", "payment"),
)
STILL_THERE = journey(
    """
trigger: {event: schedule, at: "10:00", every: tuesday, when: {segment: looks}}
steps: [{send: {text: Still there}}]
""",
    "still-there",
)


@pytest.mark.capability(row="48")
@pytest.mark.parametrize(
    ("views", "buys", "told"), [(2, False, 1), (2, True, 0), (1, False, 0), (0, True, 0)]
)
def test_who_has_looked_and_not_bought_is_spoken_to_and_buyers_are_not(
    views: int, *, buys: bool, told: int
) -> None:
    """They wrote on Monday, so a message is allowed on Tuesday."""
    acts = [says("hello", NOW)]
    acts += [
        does("mini_program", (n + 1) * MINUTE, name="product.viewed", details={"product": "R-7"})
        for n in range(views)
    ]
    acts += [does("payment", HOUR, order="A-1", total=9900)] if buys else []
    played = simulation(STILL_THERE, *acts, people=LOOKS, following=True).play(START + 2 * DAY)

    assert len(texts(played)) == told


# --- consents --------------------------------------------------------------------------------------

OPT_IN = journey(
    """
trigger: {event: scan, scene: table-*}
steps:
  - send: {mini_program: {title: Our news, app_id: wx0000000000000000, page: pages/consent, picture: MEDIA}}
  - send: {text: too early, consent: newsletter}
  - wait:
      event: mini_program
      name: consent.given
      property: {purpose: newsletter}
      within: 24h
      otherwise: [{stop: has not agreed}]
  - send: {text: one, consent: newsletter}
  - wait: 2h
  - send: {text: two, consent: newsletter}
""",
    "opt-in",
)


def consent(what: str, after: timedelta) -> ScriptedEvent:
    return does(
        "mini_program", after, name=f"consent.{what}", details={"purpose": "newsletter", "version": "1"}
    )


@pytest.mark.capability(row="38")
@pytest.mark.parametrize(
    ("acts", "leave"),
    [
        ([], []),
        ([consent("given", HOUR)], ["one", "two"]),
        ([consent("given", HOUR), consent("withdrawn", 2 * HOUR)], ["one"]),
        ([consent("withdrawn", HOUR)], []),
    ],
    ids=["no word", "agrees", "agrees and withdraws", "withdraws"],
)
def test_a_scan_asks_for_the_consent_and_no_marketing_leaves_before_or_after_it(
    acts: list[ScriptedEvent], leave: list[str]
) -> None:
    """The card of the answer to the scan opens the page on which people agree."""
    played = simulation(
        OPT_IN, does("scan", NOW, scene="table-7"), says("hello", MINUTE), *acts, following=True
    )

    assert texts(played.play()) == ["", *leave]


IN_THE_CHAT = journey(
    """
trigger: {event: scan, scene: table-*}
again: always
exits: [{when: {event: {event: text, keywords: [stop]}}, reason: asked to stop}]
steps:
  - send: {text: too early, consent: newsletter}
  - ask:
      name: news
      text: May we?
      choices: {agrees: 1, declines: 2}
      within: 24h
      unanswered: [{stop: no answer}]
  - branch:
      - when: {answer: {news: agrees}}
        steps: [{agree: newsletter}]
  - send: {text: one, consent: newsletter}
  - wait: 2h
  - send: {text: two, consent: newsletter}
""",
    "in-the-chat",
)
WEEKLY = journey(
    "trigger: {event: scan, scene: table-*}\nagain: always\npriority: 2\n"
    "steps: [{wait: 5h}, {send: {text: the week, consent: newsletter}}]",
    "weekly",
)
STOP = journey(
    "trigger: {event: text, keywords: [stop]}\nagain: always\nsteps: [{withdraw: newsletter}]", "stop"
)


@pytest.mark.capability(row="38")
@pytest.mark.parametrize(
    ("acts", "leave"),
    [
        ([], []),
        ([says("1", HOUR)], ["one", "two"]),
        ([says("2", HOUR)], []),
        ([says("perhaps", HOUR)], []),
        ([says("stop", HOUR)], []),
        ([says("1", HOUR), says("stop", 2 * HOUR)], ["one"]),
        ([says("1", HOUR), consent("withdrawn", 2 * HOUR)], ["one"]),
        ([says("stop", HOUR), does("scan", 2 * HOUR, scene="table-7"), says("1", 3 * HOUR)], ["one", "two"]),
    ],
    ids=[
        *("no answer", "agrees", "declines", "is not understood", "stops", "agrees and stops"),
        *("agrees and withdraws elsewhere", "stops and agrees later"),
    ],
)
def test_an_answer_in_the_chat_agrees_and_a_word_at_any_time_withdraws(
    acts: list[ScriptedEvent], leave: list[str]
) -> None:
    played = simulation((IN_THE_CHAT, STOP), does("scan", NOW, scene="table-7"), *acts, following=True).play()

    assert [text for text in texts(played) if text != "May we?"] == leave


@pytest.mark.capability(row="38")
def test_a_word_in_one_journey_withdraws_for_messages_of_another_that_is_under_way() -> None:
    acts = (does("scan", NOW, scene="table-7"), says("stop", HOUR))
    agreed = {"newsletter": Consent(given=True, at=START - HOUR)}
    for others, leave in (((), ["the week"]), ((STOP,), [])):
        played = simulation((WEEKLY, *others), *acts, following=True, consents=agreed).play()
        assert texts(played) == leave


# --- photos and voices -----------------------------------------------------------------------------


@pytest.mark.capability(row="30")
@pytest.mark.capability(row="31")
@pytest.mark.parametrize("kind", ["voice", "image"])
def test_what_is_not_typed_reaches_the_staff_and_the_journey_goes_on_when_they_close_the_chat(
    kind: str,
) -> None:
    handed = journey(
        f"trigger: {{event: {kind}}}\n"
        "steps: [{hand_over: {staff: advisers, within: 2h}}, {send: {text: Was that what you needed?}}]"
    )
    closed = does("chat_closed", HOUR)
    played = simulation(handed, does(kind, NOW, MediaId="MEDIA"), closed, following=True)
    trace = played.play()

    assert sent(trace) == [(HOUR, "custom", "Was that what you needed?")]
    assert [(event.event, event.detail["staff"]) for event in trace if isinstance(event, Published)] == [
        ("HandOverRequested", "advisers")
    ]


# --- places ----------------------------------------------------------------------------------------

PARIS, SHANGHAI, LYON = ("48.8698", "2.3299"), ("31.2397", "121.4998"), ("45.7640", "4.8357")


def place(kind: str, after: timedelta, degrees: tuple[str, str]) -> ScriptedEvent:
    return does(kind, after, latitude=degrees[0], longitude=degrees[1])


STORES = journey(
    """
trigger: {event: location}
steps:
  - branch:
      - when: {event: {event: location, near: {latitude: 48.87, longitude: 2.33, metres: 20000}}}
        steps: [{send: {text: Paris}}]
      - when: {event: {event: location, near: {latitude: 31.24, longitude: 121.5, metres: 20000}}}
        steps: [{send: {text: Shanghai}}]
      - otherwise: [{send: {text: nowhere}}]
"""
)


@pytest.mark.capability(row="30")
@pytest.mark.parametrize(
    ("degrees", "store"), [(PARIS, "Paris"), (SHANGHAI, "Shanghai"), (LYON, "nowhere"), (("", ""), "nowhere")]
)
def test_a_place_that_somebody_sends_leads_to_the_store_near_it(degrees: tuple[str, str], store: str) -> None:
    assert texts(simulation(STORES, place("location", NOW, degrees), following=True).play()) == [store]


NEARBY = journey(
    """
trigger: {event: location_report, near: {latitude: 48.87, longitude: 2.33, metres: 500}}
again: {after: 1d}
steps: [{notify: {staff: paris, text: somebody is near}}]
"""
)


@pytest.mark.capability(row="33")
def test_coming_near_a_place_starts_its_journey_once_a_day_however_often_it_is_reported() -> None:
    """WeChat reports every five seconds; in the end somebody reports from elsewhere."""
    hours = [timedelta(seconds=5) * n for n in range(12)] + [23 * HOUR, DAY + HOUR, DAY + 2 * HOUR, 3 * DAY]
    reports = [place("location_report", after, PARIS) for after in hours]
    trace = simulation(NEARBY, *reports, place("location_report", 5 * DAY, LYON), following=True).play()

    began = [event.at - START for event in trace if isinstance(event, Published)]
    assert began == [NOW, DAY + HOUR, 3 * DAY]


ARRIVED = journey(
    """
trigger: {event: location_report, near: {latitude: 48.87, longitude: 2.33, metres: 50000}}
again: {after: 1d}
steps: [{set: {time_zone: Europe/Paris, country: FR}}]
""",
    "arrived",
)
AT_TEN = journey(
    """
trigger: {event: schedule, at: "10:00", every: day, when: {segment: abroad}}
again: never
steps: [{send: {text: Our store in Paris is open}}]
""",
    "at-ten",
)
TRAVELS = PeopleRules(
    ProfileModel(),
    {
        "abroad": Condition(
            attributes={"country": IsKnown(known=True)}, none=Condition(attributes={"country": "CN"})
        )
    },
)


@pytest.mark.capability(row="28")
@pytest.mark.parametrize(("degrees", "told"), [(PARIS, ["Our store in Paris is open"]), (SHANGHAI, [])])
def test_whoever_has_arrived_in_paris_is_abroad_and_is_spoken_to_in_the_hours_of_paris(
    degrees: tuple[str, str], told: list[str]
) -> None:
    acts = [says("hello", NOW), place("location_report", HOUR, degrees)]
    played = simulation((ARRIVED, AT_TEN), *acts, people=TRAVELS, following=True, time_zone="Asia/Shanghai")
    trace = played.play(START + 30 * HOUR)

    assert texts(trace) == told
    assert played.follower is not None
    assert ("abroad" in played.follower.segments) is bool(told)
    # It is five in the afternoon in Shanghai when the store opens at ten.
    assert [at for at, _, _ in sent(trace)] == [7 * HOUR for _ in told]


# --- where and in which language -------------------------------------------------------------------

MORNING = """
trigger: {event: schedule, at: "09:00", every: tuesday}
steps: [{send: {text: {en: Good morning, zh: 早上好}}}]
"""


@pytest.mark.capability(row="97")
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("zone", "nine"),
    [
        ("Asia/Shanghai", "2026-11-24T01:00+00:00"),
        ("Europe/Paris", "2026-11-24T08:00+00:00"),
        ("America/New_York", "2026-11-24T14:00+00:00"),
    ],
)
def test_people_in_any_zone_are_told_at_their_nine_in_their_language(
    zone: str, nine: str, language: str
) -> None:
    played = simulation(
        journey(MORNING), says("hello", NOW), following=True, language=language, time_zone=zone
    ).play(START + 2 * DAY)

    at = datetime.fromisoformat(nine) - START
    assert sent(played) == [(at, "custom", {"en": "Good morning", "zh": "早上好"}[language])]
