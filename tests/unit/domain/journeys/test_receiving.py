"""What one event changes: runs end, waits wake, a journey starts."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, HELP, NOON, OPENID, SETTINGS, SUBJECT, WELCOME, event
from tests.support.events import body
from wejourney.allowances.wechat_rules import RULE_SETS, Act
from wejourney.events.event import InboundEvent, arrival_of, own_event
from wejourney.events.matching import EventCount, EventPattern, Tally, matches
from wejourney.events.positions import Position
from wejourney.journeys.answers import Question
from wejourney.journeys.chance import draw
from wejourney.journeys.conditions import TALLIED_AFTER
from wejourney.journeys.definition import Again, Condition, Exit, Trigger
from wejourney.journeys.receiving import (
    Received,
    came_before,
    fits,
    receive,
    resume,
    with_data_keys,
    with_seal_key,
)
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import (
    DateWait,
    FollowerState,
    GoalWindow,
    LiveRun,
    OpenWait,
    Run,
    RunStart,
    Wake,
)
from wejourney.messaging.contents import Text
from wejourney.people.followers import NEVER, Follower, WeChatUserInfo
from wejourney.reasons import (
    ConditionNotMet,
    EndedByJourney,
    EndedByOperator,
    Exited,
    Fact,
    GoalReached,
    HeldOut,
    Part,
    RunEnd,
    StartedOther,
)

FOLLOWER = Follower(APP_ID, OPENID, "person", following=True, look_at=NEVER)
STATE = FollowerState(FOLLOWER)
LATER = NOON + timedelta(hours=1)


def own(kind: str, at: datetime = LATER, **fields: Any) -> InboundEvent:
    return own_event(body(kind, **fields), f"{fields}", SUBJECT, at)


def received(
    one: InboundEvent,
    state: FollowerState = STATE,
    *entries: JourneyEntry,
    account: Any = SETTINGS,
    **more: Any,
) -> Received:
    stranger = Follower(APP_ID, OPENID, "new person")
    return receive(one, state, entries or (WELCOME, HELP), account, stranger=stranger, now=one.at, **more)


def started(one: Received) -> RunStart:
    assert one.start is not None
    return one.start


def run(journey: str = "care", number: int = 1, **more: Any) -> LiveRun:
    return LiveRun(journey, f"run-{number}", f"event-{number}", started_at=NOON, **more)


def waiting(number: int = 1, **what: Any) -> OpenWait:
    data = Run(f"run-{number}", "care", "v1", Position(NOON), FOLLOWER, answers={"a": "b"})
    until, reached = what.pop("until", None), what.pop("reached", False)
    stored = replace(data, until=until, reached=reached).to_dict()
    return OpenWait(f"run-{number}", "2", NOON, f"token-{number}", stored, **what)


# --- who it is ------------------------------------------------------------------------------------


def test_a_stranger_becomes_a_follower_by_what_they_do() -> None:
    one = received(event("text", Content="hi"), FollowerState())
    assert one.before is None
    assert one.follower is not None
    assert (one.follower.person_id, one.follower.following) == ("new person", True)
    assert [(window.act, window.left) for window in one.follower.windows] == [(Act.MESSAGE, 5)]


@pytest.mark.parametrize(
    "one",
    [
        own("tag", tag="vip"),
        own("points", before=0, points=9),
        own("profile", changes={"city": "Paris"}),
        own("journey", journey="welcome", by="care"),
        own("end", journey="welcome", by="care"),
        own("refund", order="1", total=1),
        own("segment", segment="gold"),
        own("date", date="birthday"),
        own("schedule"),
        event("TEMPLATESENDJOBFINISH", MsgID="1", Status="success"),
    ],
    ids=lambda one: one.kind,
)
def test_an_event_that_is_no_act_of_a_person_creates_no_follower(one: InboundEvent) -> None:
    everyone = JourneyEntry("all", "v", Trigger(one.kind))
    assert received(one, FollowerState(), everyone) == Received(one, None, None)


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_payment_opens_an_allowance_only_under_the_rules_of_its_time(rules: str) -> None:
    account = replace(SETTINGS, rules=RULE_SETS[rules])
    one = received(own("payment", order="1", total=1), account=account).follower
    assert one is not None
    assert [window.act for window in one.windows] == ([Act.PAY] if rules in {"2020", "2021-06"} else [])


# --- the run that starts --------------------------------------------------------------------------


def test_a_run_knows_its_event_its_key_and_its_draws() -> None:
    entry = JourneyEntry(
        "care", "v7", Trigger("payment"), again=Again("per", key="order"), splits=("tone",), longest=60
    )
    payment = own("payment", order="7", total=1)
    start = started(received(payment, STATE, entry))

    assert (start.run.start_position, start.run.last_position) == (payment.position, payment.position)
    assert (start.run.key, start.run.version) == ("7", "v7")
    assert start.run.draws == {"tone": draw(start.run.follower.drawn_by, "care#tone")}
    assert start.live == LiveRun(
        "care",
        start.run.id,
        payment.id,
        expires_at=LATER + timedelta(seconds=60),
        key="7",
        started_at=LATER,
        retain_after_end=True,
        key_field="order",
    )


@pytest.mark.parametrize("mode", ["always", "never", "after", "per"])
@pytest.mark.parametrize("said", [None, "care"])
def test_a_run_that_decides_on_another_is_remembered(mode: Any, said: str | None) -> None:
    """Also when the callback has said the opening already."""
    opening = Text(text={"any": "hi"})
    entry = JourneyEntry("care", "v", Trigger("payment"), opening, again=Again(mode, 9, "order"))
    start = started(received(own("payment", order="7"), STATE, entry, opened_journey=said))
    assert start.live.retain_after_end is (mode != "always")
    assert start.live.key == ("7" if mode == "per" else "")


def test_a_greeted_follower_starts_even_if_a_goal_or_exit_holds_by_then() -> None:
    """WeChat tells language and source only after the opening has left."""
    exits = (Exit(Condition(), "everybody"),)
    entry = JourneyEntry(
        "care", "v", Trigger("text", keywords=("hi",)), Text(text={"any": "hi"}), exits=exits
    )

    assert received(event("text", Content="hi"), STATE, entry).start is None
    assert (
        started(received(event("text", Content="hi"), STATE, entry, opened_journey="care")).live.exits
        == entry.exits
    )


def test_a_repeated_delivery_starts_nothing() -> None:
    follow = event("subscribe")
    state = FollowerState(replace(FOLLOWER, member=True), (LiveRun("welcome", "run", follow.id),))
    assert received(follow, state).start is None


def test_the_journey_whose_opening_was_sent_starts_whatever_has_changed_since() -> None:
    member = FollowerState(replace(FOLLOWER, member=True))
    first = replace(WELCOME, name="another", trigger=Trigger("follow"))
    assert started(received(event("subscribe"), member, first, WELCOME)).run.journey == "another"
    assert (
        started(received(event("subscribe"), member, first, WELCOME, opened_journey="welcome")).run.journey
        == "welcome"
    )
    out = replace(WELCOME, holdout=100)
    held_out = received(event("subscribe"), STATE, out)
    assert held_out.refused == {"welcome": HeldOut()}
    assert held_out.held_out == ("welcome",)
    assert (
        started(received(event("subscribe"), STATE, out, opened_journey="welcome")).run.journey == "welcome"
    )


def test_each_journey_whose_opening_was_not_sent_gets_a_reason() -> None:
    # parcelvoy #512, mautic #2188
    member = FollowerState(replace(FOLLOWER, member=True))
    back, late = (replace(WELCOME, name=name, trigger=Trigger("follow")) for name in ("back", "late"))
    found = received(event("subscribe"), member, WELCOME, back, late, HELP, opened_journey="back")
    assert started(found).run.journey == "back"
    assert found.refused == {
        "welcome": ConditionNotMet((Part(Fact.MEMBER, wanted=False, found=True),)),
        "late": StartedOther("back"),
    }
    changed_since = received(event("subscribe"), member, back, late, opened_journey="late")
    assert started(changed_since).run.journey == "late"
    assert changed_since.refused == {"back": StartedOther("late")}


def test_a_journey_that_was_deleted_after_its_opening_is_ignored() -> None:
    assert (
        started(received(event("subscribe"), STATE, WELCOME, opened_journey="deleted")).run.journey
        == "welcome"
    )


def test_the_opening_is_recorded_in_the_followers_language_with_its_fields_filled_in() -> None:
    entry = replace(WELCOME, opening=Text(text={"en": "Hello {attribute.city|you}", "zh": "你好"}))
    follower = replace(FOLLOWER, language="en", attributes={"city": "Paris"})
    opening = started(
        received(event("subscribe"), FollowerState(follower), entry, opened_journey="welcome")
    ).opening
    assert opening is not None
    assert opening.content == {"type": "text", "text": "Hello Paris"}
    assert (opening.channel, opening.status, opening.act) == ("passive", "sent", None)


def test_an_opening_that_the_callback_did_not_say_is_said_by_the_run() -> None:
    assert started(received(event("subscribe"), opened_journey="welcome")).run.unsaid is None
    unsaid = started(received(event("subscribe")))
    assert unsaid.opening is None
    assert unsaid.run.unsaid == WELCOME.opening


def test_the_reason_why_user_info_is_missing_is_recorded() -> None:
    assert received(event("subscribe"), known=WeChatUserInfo(error="48001")).note == "48001"
    assert received(event("subscribe"), known=WeChatUserInfo(note="new")).note == "new"


# --- runs that end --------------------------------------------------------------------------------

BUYS = Condition(events=(EventCount(EventPattern("payment")),))


def test_a_goal_ends_a_run_in_the_middle_of_a_wait_and_closes_it() -> None:
    live = run(goal=BUYS, exits=(Exit(BUYS, "bought"),))
    state = FollowerState(FOLLOWER, (live,), (waiting(pattern=EventPattern("payment")),))
    one = received(own("payment", order="1", total=1), state)
    assert [(ended.run, ended.end) for ended in one.ended] == [(live, GoalReached())]
    assert one.woken == ()


@pytest.mark.parametrize(
    ("one", "end"),
    [
        (own("tag", tag="staff"), Exited("works here")),
        (own("payment", order="1", total=1), Exited("bought")),
        (own("end", journey="care", by="other"), EndedByJourney("other")),
        (own("end", journey="care"), EndedByOperator()),
        (own("end", journey="another", by="other"), None),
        (event("text", Content="hi"), None),
    ],
)
def test_an_exit_ends_a_run_with_its_reason(one: InboundEvent, end: RunEnd | None) -> None:
    exits = (Exit(Condition(tags=("staff",)), "works here"), Exit(BUYS, "bought"), Exit(BUYS, "never said"))
    state = FollowerState(FOLLOWER, (run(exits=exits),))
    assert [ended.end for ended in received(one, state).ended] == ([end] if end else [])


def test_only_runs_that_live_end_and_never_by_the_event_that_began_them() -> None:
    follow = event("subscribe")
    exits = (Exit(Condition(), "at once"),)
    began = replace(run(exits=exits), event_id=follow.id)
    over = run(number=2, exits=exits, ended=True, retain_after_end=True)
    lost = run(number=3, exits=exits, expires_at=NOON)
    lives = run(number=4, exits=exits)
    one = received(follow, FollowerState(FOLLOWER, (began, over, lost, lives)))
    assert [ended.run for ended in one.ended] == [lives]


@pytest.mark.parametrize(("again", "starts"), [(Again(), True), (Again("never"), False)])
def test_the_event_that_ends_a_run_may_start_the_next_one_of_its_journey(
    again: Again, *, starts: bool
) -> None:
    entry = JourneyEntry("care", "v", Trigger("payment"), again=again)
    state = FollowerState(FOLLOWER, (run(goal=BUYS, retain_after_end=again.mode != "always"),))
    one = received(own("payment", order="1", total=1), state, entry)
    assert len(one.ended) == 1
    assert (one.start is not None) is starts
    assert bool(one.refused) is not starts


# --- waits that end -------------------------------------------------------------------------------


def test_one_event_wakes_every_wait_that_it_fits() -> None:
    fits_it = EventPattern("payment")
    state = FollowerState(
        FOLLOWER,
        (),
        (
            waiting(1, pattern=fits_it),
            waiting(2, pattern=fits_it),
            waiting(3, pattern=EventPattern("refund")),
            waiting(4, name="q", question=Question()),
        ),
    )
    payment = own("payment", order="1", total=1)
    one = received(payment, state)
    assert [(woken.wait.run_id, woken.answer, woken.again) for woken in one.woken] == [
        ("run-1", None, False),
        ("run-2", None, False),
    ]
    assert {woken.run.last_position for woken in one.woken} == {payment.position}
    assert one.wakes == tuple(Wake(f"token-{n + 1}", woken.run) for n, woken in enumerate(one.woken))


def test_an_answer_goes_into_its_run_with_what_is_known_of_the_follower() -> None:
    state = FollowerState(FOLLOWER, (), (waiting(name="q", question=Question()),))
    said = event("text", Content="yes")
    (woken,) = received(said, state).woken
    assert (woken.answer, woken.run.answers) == ("yes", {"a": "b", "q": "yes"})
    assert (woken.run.last_position, woken.run.follower.rev) == (said.position, 1)


def test_an_answer_wakes_waits_of_other_runs_and_none_of_its_own() -> None:
    text = EventPattern("text")
    waits = (waiting(1, name="q", question=Question()), waiting(1, pattern=text), waiting(2, pattern=text))
    one = received(event("text", Content="yes"), FollowerState(FOLLOWER, (), waits))
    assert [(woken.wait.run_id, woken.answer) for woken in one.woken] == [("run-1", "yes"), ("run-2", None)]


def test_an_event_may_wake_a_run_and_start_another() -> None:
    state = FollowerState(FOLLOWER, (), (waiting(pattern=EventPattern("text", keywords=("help",))),))
    one = received(event("text", Content="help"), state)
    assert len(one.woken) == 1
    assert started(one).run.journey == "help"


# --- dates that move ------------------------------------------------------------------------------

LIMIT = NOON + timedelta(days=10)
MORNING = datetime.fromisoformat("2026-11-25T09:00:00+08:00")


def booked(date: str | None, **wait: Any) -> FollowerState:
    follower = replace(FOLLOWER, dates={} if date is None else {"booking": date})
    until = {"until": MORNING, "reached": True} if date else {"until": LIMIT}
    wait_end = DateWait("booking", 0, 540, None, LIMIT)
    return FollowerState(follower, (), (waiting(date=wait_end, **until | wait),))


@pytest.mark.parametrize(
    ("before", "moved_to", "until", "reached"),
    [
        ("2026-11-25", "2026-11-28", MORNING + timedelta(days=3), True),
        ("2026-11-25", "2026-11-24", MORNING - timedelta(days=1), True),
        ("2026-11-25", "2026-11-20", None, True),
        ("2026-11-25", "2027-01-01", LIMIT, False),
        ("2026-11-25", "", LIMIT, False),
        (None, "2026-11-25", MORNING, True),
    ],
)
def test_a_date_that_moves_moves_the_wait_closer_as_well_as_later(
    before: str | None, moved_to: str, until: datetime | None, *, reached: bool
) -> None:
    """PostHog #82920: moved closer, it still fired at the original moment."""
    (woken,) = received(own("profile", changes={"date.booking": moved_to}), booked(before)).woken
    assert (woken.run.until, woken.run.reached, woken.again) == (until, reached, True)
    assert woken.run.last_position == Position(NOON)


@pytest.mark.parametrize("date", ["2026-11-25", None])
def test_an_event_that_moves_no_date_wakes_no_run(date: str | None) -> None:
    for one in (
        own("profile", changes={"date.booking": date or ""}),
        own("profile", changes={"city": "Paris", "date.birthday": "2026-11-23"}),
        event("text", LATER, Content="hi"),
        own("tag", tag="vip"),
    ):
        assert received(one, booked(date)).woken == ()


def test_a_change_of_less_than_a_second_wakes_no_run() -> None:
    limit = LIMIT + timedelta(microseconds=1)
    state = booked(None, until=limit)
    wait = replace(state.waits[0], date=replace(state.waits[0].date, limit=limit))  # type: ignore[type-var]
    assert received(event("text", Content="hi"), replace(state, waits=(wait,))).woken == ()


def test_a_date_that_moves_to_the_limit_has_come_then() -> None:
    at_the_limit = own("profile", changes={"date.booking": LIMIT.isoformat()})
    state = booked(None)
    wait = replace(state.waits[0], date=replace(state.waits[0].date, time=None))  # type: ignore[type-var]
    (woken,) = received(at_the_limit, replace(state, waits=(wait,))).woken
    assert (woken.run.until, woken.run.reached) == (LIMIT, True)


def test_a_follower_who_moves_waits_for_nine_where_they_are_now() -> None:
    (woken,) = received(own("profile", changes={"time_zone": "Europe/Paris"}), booked("2026-11-25")).woken
    assert woken.run.until == MORNING + timedelta(hours=7)


MINUTE = timedelta(minutes=1)


# --- what is told again -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "event_"),
    [
        ({"tags": frozenset({"a"})}, own("tag", tag="a")),
        ({"segments": frozenset({"a"})}, own("segment", segment="a")),
        ({"member": True}, own("profile", changes={"member": True})),
        ({"language": "en", "tier": "gold"}, own("profile", changes={"language": "en", "tier": "gold"})),
        ({"attributes": {"size": "52"}}, own("profile", changes={"size": "52", "city": ""})),
        ({"dates": {"booking": "2026-12-01"}}, own("profile", changes={"date.booking": "2026-12-01"})),
    ],
    ids=lambda one: one.kind if isinstance(one, InboundEvent) else ",".join(one),
)
def test_a_fact_that_is_known_is_kept_as_told_again_and_changes_nothing(
    known: dict[str, Any], event_: InboundEvent
) -> None:
    first = received(event_, STATE)
    assert first.follower is not None
    again = received(event_, FollowerState(replace(FOLLOWER, **known, told_at=first.follower.told_at)))

    assert (first.event.told_again, first.is_quiet) == (False, False)
    assert (again.event.told_again, again.is_quiet) == (True, True)
    assert InboundEvent.from_dict(again.event.to_dict()) == again.event
    pattern = EventPattern(event_.kind)
    assert [matches(pattern, one.event) for one in (first, again)] == [True, False]


@pytest.mark.parametrize(
    ("event_", "later"),
    [
        (own("tag", tag="a"), {"tags": frozenset[str](), "told_at": {"#a": LATER + MINUTE}}),
        (
            own("profile", changes={"city": "Lyon", "member": True}),
            {"attributes": {"city": "Paris"}, "told_at": dict.fromkeys(("city", "member"), LATER + MINUTE)},
        ),
    ],
)
def test_what_was_told_later_stays_and_is_no_news(event_: InboundEvent, later: dict[str, Any]) -> None:
    known = replace(FOLLOWER, **later)
    late = received(event_, FollowerState(known))

    assert late.event.told_again
    assert late.follower == replace(known, rev=known.rev + 1)


def test_a_value_that_is_told_again_counts_from_then_on() -> None:
    def told(city: str, after: timedelta, before: Follower) -> Received:
        one = own("profile", changes={"city": city})
        return received(replace(one, at=NOON + after), FollowerState(before))

    first = told("Paris", timedelta(), FOLLOWER).follower
    assert first is not None
    again = told("Paris", 2 * MINUTE, first)
    assert again.event.told_again
    assert again.follower is not None
    late = told("Lyon", MINUTE, again.follower).follower
    assert late is not None
    assert late.attributes == {"city": "Paris"}


@pytest.mark.parametrize(
    "event_", [own("tag", tag="a", by="care"), own("points", points=60, before=40, by="care")]
)
def test_what_a_run_tells_it_has_changed(event_: InboundEvent) -> None:
    changed_by_run = replace(FOLLOWER, tags=frozenset({"a"}), points=60)

    assert not received(event_, FollowerState(changed_by_run)).event.told_again


# --- what came before a wait was registered -------------------------------------------------------


WAITS_OF_A_RUN: dict[str, dict[str, Any]] = {
    "event": {"pattern": EventPattern("text")},
    "words": {"pattern": EventPattern("text", keywords=("hi",))},
    "since entry": {"pattern": EventPattern("text"), "since_run_start": True},
    "question": {"question": Question()},
}


@pytest.mark.parametrize("kind", WAITS_OF_A_RUN)
@pytest.mark.parametrize("heard", [None, 1, 2, 3])
@pytest.mark.parametrize("resumed", [None, -1, 0, 1])
def test_a_wait_takes_what_arrived_after_what_was_heard_last_be_it_in_the_same_second(
    kind: str, heard: int | None, resumed: int | None
) -> None:
    """Open or not yet: WeChat's clock ticks seconds, of which the arrival tells the order."""
    mark = "" if heard is None else arrival_of(heard)
    at = None if resumed is None else NOON + timedelta(seconds=resumed + 0.5)
    last = Position(NOON, mark)
    begun = Run("run-1", "care", "v", last, FOLLOWER, start_position=last, resumed_at=at)
    wait = replace(waiting(**WAITS_OF_A_RUN[kind]), run=begun.to_wait())
    texts = [
        replace(event("text", NOON + timedelta(seconds=second), Content="hi"), arrival=arrival_of(number))
        for second in (-1, 0, 1)
        for number in (1, 2, 3)
    ]

    taken = [one for one in texts if came_before(wait, (one,)) is one]

    after_time = kind in ("event", "words") and resumed == 1
    assert taken == texts[6 if after_time else 3 + (heard or 0) :]
    for one in texts:
        assert bool(received(one, FollowerState(FOLLOWER, (), (wait,))).woken) is (one in taken)


def test_a_message_answers_the_question_that_was_asked_last_before_it() -> None:
    asked = [
        replace(
            waiting(number, question=Question(), name=f"q{number}"),
            asked_at=NOON + timedelta(minutes=number),
            run=Run("r", "care", "v", Position(NOON + timedelta(minutes=number)), FOLLOWER).to_wait(),
        )
        for number in (1, 2, 3)
    ]
    for minute, answered in ((0, []), (1, ["q1"]), (2, ["q2"]), (3, ["q3"]), (9, ["q3"])):
        said = event("text", NOON + timedelta(minutes=minute), Content="hi")
        woken = received(said, FollowerState(FOLLOWER, (), tuple(asked))).woken
        assert [one.wait.name for one in woken] == answered, minute


def test_an_event_of_before_its_step_does_not_end_a_wait_that_is_open() -> None:
    open_wait = waiting(pattern=EventPattern("payment"))
    resumed = replace(open_wait, run={**open_wait.run, "resumed_at": (NOON + timedelta(hours=1)).isoformat()})
    state = FollowerState(FOLLOWER, (run(),), (resumed,))

    assert not received(own("payment", NOON + timedelta(minutes=59), total=1), state).woken
    assert received(own("payment", NOON + timedelta(hours=1), total=1), state).woken


def test_what_is_heard_of_an_older_second_is_not_heard_last() -> None:
    open_wait = waiting(pattern=EventPattern("payment"), since_run_start=True)
    state = FollowerState(FOLLOWER, (run(),), (open_wait,))

    (woken,) = received(own("payment", NOON - timedelta(minutes=1), total=1), state).woken
    assert woken.run.last_position == Position(NOON)


def test_only_the_run_of_an_order_is_ended_or_woken_by_what_names_it() -> None:
    paid = Condition(events=(EventCount(EventPattern("payment")),))
    runs = [
        run("cart", number, key=key, key_field="order", goal=paid) for number, key in ((1, "A"), (2, "B"))
    ]
    waits = [waiting(number, pattern=EventPattern("payment")) for number in (1, 2)]
    keyed = [
        replace(wait, run={**wait.run, "key": live.key, "key_field": "order"})
        for wait, live in zip(waits, runs, strict=True)
    ]
    payment = own("payment", LATER, total=1, order="B")
    windows = tuple(
        GoalWindow(
            "cart", live.run_id, NOON, LATER + timedelta(days=1), "c", paid, live.key, key_field="order"
        )
        for live in runs
    )

    reached = received(payment, FollowerState(FOLLOWER, goal_windows=windows)).reached_windows
    assert [window.key for window in reached] == ["B"]
    assert [one.run.key for one in received(payment, FollowerState(FOLLOWER, tuple(runs), ())).ended] == ["B"]
    assert [
        one.wait.run_id for one in received(payment, FollowerState(FOLLOWER, (), tuple(keyed))).woken
    ] == ["run-2"]
    assert came_before(keyed[0], (payment,)) is None


def test_a_wait_since_entry_takes_what_came_after_the_run_began() -> None:
    entered = own("payment", NOON, order="1")
    begun = Run("r", "care", "v", Position(LATER, "e"), FOLLOWER, start_position=entered.position)
    wait = replace(waiting(pattern=EventPattern("payment")), run=begun.to_wait())
    between = own("payment", NOON + timedelta(minutes=1), order="2")

    assert came_before(replace(wait, since_run_start=True), (entered, between)) is between
    assert came_before(wait, (entered, between)) is None


def test_a_question_waits_for_what_is_said_and_a_date_for_no_event() -> None:
    assert fits(waiting(question=Question()), event("text", Content="x"))
    assert not fits(waiting(question=Question()), event("image", MediaId="1"))
    assert not fits(waiting(date=DateWait("d", 0, None, None, LIMIT)), event("text", Content="x"))


def test_a_run_goes_on_with_the_follower_as_they_are_now() -> None:
    later = Position.at(LATER)
    one = resume(waiting(), replace(FOLLOWER, language="en"), later)
    assert (one.last_position, one.follower.language, one.answers) == (later, "en", {"a": "b"})


# --- re-entry -------------------------------------------------------------------------------------

ACTIONS = st.one_of(
    st.tuples(st.just("enter"), st.sampled_from(["", "1", "2"])),
    st.tuples(st.sampled_from(["goal", "end", "finish"]), st.sampled_from(["1", "2"])),
    st.tuples(st.just("pass"), st.integers(1, 40).map(str)),
)
AGAINS = st.sampled_from([Again(), Again("never"), Again("after", 86_400), Again("per", key="order")])


@given(AGAINS, st.lists(ACTIONS, max_size=25))
def test_nobody_is_ever_twice_in_a_journey_wherever_they_enter_it_again(
    again: Again, path: list[tuple[str, str]]
) -> None:
    """mautic #9797: re-entering left two runs scheduled, then the contact stalled."""
    entry = JourneyEntry(
        "care", "v", Trigger("payment"), again=again, goal=Condition(tags=("done",)), longest=86_400
    )
    state, now, starts = STATE, NOON, []
    for number, (kind, what) in enumerate(path):
        if kind == "pass":
            now += timedelta(hours=int(what))
            continue
        if kind == "finish":
            state = replace(state, live_runs=tuple(_finished(state.live_runs)))
            continue
        ids = {"enter": ("payment", {"order": what}), "goal": ("tag", {"tag": "done"})}
        name, fields = ids.get(kind, ("end", {"journey": "care"}))
        one = own_event(body(name, **fields), str(number), SUBJECT, now)
        before = [live for live in state.live_runs if not live.is_over(one.at)]

        got = received(one, state, entry)

        gone = {ended.run.run_id for ended in got.ended}
        lives = [live.key for live in before if live.run_id not in gone]
        if got.start is not None:
            starts.append(got.start)
            lives.append(got.start.live.key)
        assert len(lives) == len(set(lives))
        state = _after(got, state)
    assert len({start.run.id for start in starts}) == len(starts)
    if again.mode == "never":
        assert len(starts) <= 1
    if again.mode == "per":
        assert len({start.live.key for start in starts}) == len(starts)
    began = sorted(start.live.started_at for start in starts if start.live.started_at)
    if again.mode == "after":
        assert all(two - one >= timedelta(days=1) for one, two in pairwise(began))


def _finished(runs: tuple[LiveRun, ...]) -> list[LiveRun]:
    return [replace(live, ended=True) for live in runs if live.retain_after_end]


def _after(got: Received, state: FollowerState) -> FollowerState:
    """What the store holds after this, with the tag taken off again."""
    gone = {ended.run.run_id for ended in got.ended}
    kept = [replace(live, ended=live.ended or live.run_id in gone) for live in state.live_runs]
    runs = [live for live in kept if live.retain_after_end or not live.ended]
    if got.start is not None:
        runs = [live for live in runs if live.key != got.start.live.key] + [got.start.live]
    assert got.follower is not None
    return FollowerState(replace(got.follower, tags=frozenset()), tuple(runs))


# --- what changes nothing -------------------------------------------------------------------------

VIEWED = event("VIEW", EventKey="https://example.com")
WATCHES = JourneyEntry("all", "v", Trigger("view"))


def test_an_event_that_tells_nothing_and_leads_to_nothing_is_quiet() -> None:
    assert received(VIEWED).is_quiet
    assert received(own("tag", tag="vip"), FollowerState()).is_quiet, "about nobody"


@pytest.mark.parametrize(
    "one",
    [
        received(event("text", Content="hi")),
        received(own("tag", tag="vip")),
        received(VIEWED, FollowerState()),
        received(VIEWED, STATE, WATCHES),
        received(VIEWED, STATE, replace(WATCHES, holdout=100)),
        received(VIEWED, replace(STATE, waits=(waiting(pattern=EventPattern("view")),))),
    ],
    ids=["opens an allowance", "tags", "makes known", "starts", "is held out", "wakes"],
)
def test_an_event_with_an_effect_is_not_quiet(one: Received) -> None:
    assert not one.is_quiet


def test_an_event_that_a_tally_may_have_missed_is_not_quiet() -> None:
    def at(now: datetime) -> Received:
        return receive(VIEWED, STATE, (WELCOME,), SETTINGS, stranger=FOLLOWER, now=now)

    assert at(VIEWED.at + TALLIED_AFTER / 2 - timedelta(seconds=1)).is_quiet
    assert not at(VIEWED.at + TALLIED_AFTER / 2).is_quiet


def test_an_event_drops_the_tallies_that_should_have_counted_it_and_no_others() -> None:
    second = timedelta(seconds=1)
    tallies = {
        "before": Tally(1, Position.at(VIEWED.at)),
        "behind": Tally(2, Position.at(VIEWED.at + second)),
    }
    follower = received(VIEWED, FollowerState(replace(FOLLOWER, tallies=tallies))).follower

    assert follower is not None
    assert set(follower.tallies) == {"before"}


@pytest.mark.parametrize("history", [False, True])
def test_an_event_that_is_imported_as_history_starts_no_journey_and_tells_of_the_person_all_the_same(
    *, history: bool
) -> None:
    vip = JourneyEntry("vip", "v1", Trigger("tag", name="vip"))
    told = replace(own("tag", tag="vip"), history=history)
    result = receive(told, STATE, (vip,), SETTINGS, stranger=FOLLOWER, now=NOON)

    assert (result.start is None) is history
    assert result.refused == {}
    assert result.follower is not None
    assert result.follower.tags == FOLLOWER.tags | {"vip"}
    assert InboundEvent.from_dict(told.to_dict()) == told
    assert matches(EventPattern("tag"), told), "conditions count it"


# --- keys --------------------------------------------------------------------------------------------


def test_a_run_that_starts_and_its_record_have_the_same_key_and_nothing_else_changes() -> None:
    nothing, begins = received(own("tag", tag="x")), received(event("subscribe"))
    assert with_seal_key(nothing, b"k") == nothing
    start = started(with_seal_key(begins, b"k"))
    assert start.run.seal_key == start.live.seal_key == "aw=="
    assert replace(start.run, seal_key=started(begins).run.seal_key) == started(begins).run


def test_new_keys_are_the_persons_and_what_is_not_kept_for_want_of_a_consent_is_noted() -> None:
    before = received(own("tag", tag="x"))
    assert with_data_keys(before, None, ()) == before
    after = with_data_keys(before, {"k1": "wrapped"}, ("phone", "city"))
    assert after.follower is not None
    assert after.follower.data_keys == {"k1": "wrapped"}
    assert after.note == "not kept, for want of a consent: city, phone"
    assert (
        with_data_keys(after, None, ["name"]).note == f"{after.note}; not kept, for want of a consent: name"
    )
