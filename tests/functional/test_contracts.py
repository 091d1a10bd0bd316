"""What each port promises, of the stores on real tables and of the fakes in memory alike."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from typing import Any, Protocol

import pytest

from tests.support.builders import (
    APP_ID,
    HELP,
    NOON,
    OPENID,
    SETTINGS,
    SUBJECT,
    WELCOME,
    earned,
    erasure_of,
    event,
)
from tests.support.events import body
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.codes import FakeCodes
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.pending_events import FakePendingEvents
from tests.support.fakes.signatures import FakeSignatures
from tests.support.fakes.tokens import FakeTokens
from tests.support.servers.dynamodb import store_client
from wejourney import errors
from wejourney.adapters.dynamo.callback_tables import DynamoFollowers, DynamoSignatures
from wejourney.adapters.dynamo.code_store import CodeStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.sealed_runs import SealKeys
from wejourney.adapters.wechat.access_tokens import StoredToken, TokenTable
from wejourney.allowances.wechat_rules import Act
from wejourney.events.event import InboundEvent, arrival_of
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.pending import PendingEvent
from wejourney.events.positions import BEGINNING, Position
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Condition
from wejourney.journeys.receiving import Received, receive, resume, with_seal_key
from wejourney.journeys.runs import (
    Ended,
    FollowerState,
    GoalWindow,
    LiveRun,
    OpenWait,
    PastEvent,
    Run,
    RunStart,
    Wake,
    Woken,
)
from wejourney.loyalty.benefits.referrals import WhyNoReward
from wejourney.loyalty.earning import Nothing, WhyNothing
from wejourney.messaging.sending import Message, MessageStatus
from wejourney.people.codes import Code, CodeKind, SourceClass
from wejourney.people.consents import Consent, ConsentRecord
from wejourney.people.erasure import Erasure, RunKey, who_came_back
from wejourney.people.followers import Follower, StepChange
from wejourney.people.identities import Identity, IdentityKind
from wejourney.reasons import (
    EndedByEngine,
    EndedByJourney,
    Finished,
    GoalReached,
    NoChannel,
    SenderInterrupted,
    reason_from,
)
from wejourney.services.loyalty.earn_points import Timeline
from wejourney.services.loyalty.ports import BookRecords
from wejourney.services.ports.callback import Signatures
from wejourney.services.ports.codes import Codes
from wejourney.services.ports.followers import (
    Effects,
    FollowerInbox,
    FollowerRecords,
)
from wejourney.services.ports.pending_events import PendingEvents
from wejourney.wire.official_account.request import SignatureUse
from workbench.operations.timeline import timeline_of

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LEE = Follower(APP_ID, OPENID, "person-1", following=True, known_since=NOON)
FOLLOW = event("subscribe")
RUN = Run("run-1", "welcome", "v1", FOLLOW.position, LEE, start_position=FOLLOW.position)
TRAVELLED = replace(RUN, follower=replace(LEE, known_since=None))
"""The run with what travels of its follower."""
LIVE_RUN = LiveRun("welcome", "run-1", FOLLOW.id, started_at=NOON, goal=Condition(member=True))
MESSAGE = Message(
    "run-1", "welcome", "1", "custom", MessageStatus.RESERVED, {"type": "text"}, NOON, act=Act.MESSAGE, left=4
)
TOKEN = "dG9rZW4="
"""In base64, as those of Step Functions are."""

ASKED = OpenWait("run-1", "2", NOON, TOKEN, RUN.to_wait(), "size", Question(choices={"s": ("S",)}))
AWAITED = OpenWait("run-1", "3", NOON, TOKEN, RUN.to_wait(), pattern=EventPattern("scan"))


class Followers(FollowerInbox, FollowerRecords, SealKeys, Timeline, Protocol):
    """All that is asked of the records of followers."""


class CodeRegistry(Codes, Protocol):
    """All that is asked of the registry of codes."""

    def all(self, app_id: str) -> Iterator[Code]: ...


@dataclass
class Stores:
    """The stores of one deployment."""

    followers: Followers
    ledger: BookRecords
    tokens: TokenTable
    signatures: Signatures
    pending: PendingEvents
    codes: CodeRegistry


def on_tables(request: pytest.FixtureRequest) -> Stores:
    client = store_client(request.getfixturevalue("tables"))
    return Stores(
        request.getfixturevalue("followers"),
        request.getfixturevalue("ledger"),
        request.getfixturevalue("tokens"),
        DynamoSignatures(client, "AccountsTable"),
        PendingEventStore(Table("FollowersTable", client)),
        CodeStore(Table("FollowersTable", client)),
    )


def in_memory() -> Stores:
    followers = FakeFollowers()
    pending, codes = FakePendingEvents(), FakeCodes()
    return Stores(followers, FakeBooks(followers), FakeTokens(), FakeSignatures(), pending, codes)


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    return on_tables(request) if request.param == "on tables" else in_memory()


@pytest.fixture
def records(stores: Stores) -> Followers:
    return stores.followers


@pytest.fixture
def begun(records: Followers) -> Followers:
    """Lee has followed, and a run has started."""
    records.record(Received(FOLLOW, None, LEE, RunStart(RUN, LIVE_RUN)))
    return records


def timeline(records: Followers) -> list[dict[str, Any]]:
    if isinstance(records, FakeFollowers):
        return records.timeline(APP_ID, OPENID)
    assert isinstance(records, FollowerStore)
    return timeline_of(records, APP_ID, OPENID)


def lee(records: Followers) -> Follower:
    follower = records.read(APP_ID, OPENID).follower
    assert follower is not None
    return follower


def heard(records: Followers, seconds: float = 60, **more: Any) -> Received:
    """A later text of Lee's, decided on what is stored."""
    said, before = event("text", NOON + timedelta(seconds=seconds), Content="hi"), lee(records)
    return Received(said, before, before.changed(), **more)


# --- events ----------------------------------------------------------------------------------------


def test_what_is_recorded_is_read_back(begun: Followers) -> None:
    assert begun.read(APP_ID, OPENID) == FollowerState(LEE, (LIVE_RUN,), ())
    assert begun.events(LEE, BEGINNING) == (PastEvent(FOLLOW, frozenset({"run-1"})),)


def test_an_event_is_recorded_once_and_its_effects_are_read_back(begun: Followers) -> None:
    with pytest.raises(errors.AlreadyDoneError):
        begun.record(Received(FOLLOW, LEE, LEE.tagged(["again"])))

    effects = begun.effects(FOLLOW, LEE)
    assert lee(begun) == LEE
    assert effects is not None
    assert effects.start is not None
    assert (effects.start.run, effects.wakes, effects.ended) == (TRAVELLED, (), ())


def test_the_key_of_a_run_is_kept_until_its_follower_is_erased(records: Followers) -> None:
    received = with_seal_key(Received(FOLLOW, None, LEE, RunStart(RUN, LIVE_RUN)), b"k" * 16)
    assert received.start is not None
    key = received.start.run.seal_key
    records.record(received)
    (live,) = records.read(APP_ID, OPENID).live_runs
    effects = records.effects(FOLLOW, LEE)
    assert effects is not None
    assert effects.start is not None
    assert {records.seal_key(LEE.person_id, RUN.id), live.seal_key, effects.start.run.seal_key} == {key}
    assert key not in str(timeline(records))

    records.end_run(LEE.person_id, LIVE_RUN, Finished(), NOON)
    assert records.seal_key(LEE.person_id, RUN.id) == key, "of what has ended, too"

    records.erase(SUBJECT, erasure_of(*[LEE.person_id]))
    with pytest.raises(errors.FollowerGoneError):
        records.seal_key(LEE.person_id, RUN.id)


def test_a_wait_and_what_has_ended_it_wake_a_run_that_has_its_key(records: Followers) -> None:
    received = with_seal_key(Received(FOLLOW, None, LEE, RunStart(RUN, LIVE_RUN)), b"k" * 16)
    assert received.start is not None
    key = received.start.run.seal_key
    records.record(received)
    records.open_wait(LEE, replace(ASKED, run=received.start.run.to_wait()))
    (wait,) = records.read(APP_ID, OPENID).waits
    assert wait.run["seal_key"] == key

    before = lee(records)
    answered = heard(records, woken=(Woken(wait, resume(wait, before), "s"),))
    records.record(answered)
    effects = records.effects(answered.event, before)
    assert effects is not None
    assert [wake.run.seal_key for wake in effects.wakes] == [key]


def test_a_stale_decision_writes_nothing(begun: Followers) -> None:
    late = heard(begun)
    begun.record(heard(begun, 30))
    for stale in (late, replace(late, before=None), replace(late, before=replace(late.before or LEE, rev=9))):
        with pytest.raises(errors.StaleFollowerError):
            begun.record(stale)

    assert [past.event.kind for past in begun.events(LEE, BEGINNING)] == ["follow", "text"]


def test_a_returning_openid_is_another_person(begun: Followers) -> None:
    late = heard(begun)
    begun.erase(SUBJECT, erasure_of(*[LEE.person_id]))
    begun.save(None, replace(LEE, person_id="person-2"))
    with pytest.raises(errors.StaleFollowerError):
        begun.record(late)


def test_an_event_about_nobody_creates_no_follower(records: Followers) -> None:
    records.record(Received(FOLLOW, None, None))

    assert records.read(APP_ID, OPENID) == FollowerState()
    with pytest.raises(errors.AlreadyDoneError):
        records.record(Received(FOLLOW, None, None))
    assert records.effects(FOLLOW, None) is not None


def test_an_event_that_is_not_on_record_has_no_effects_to_read(records: Followers) -> None:
    assert records.effects(FOLLOW, None) is None


def test_followers_are_kept_apart(begun: Followers) -> None:
    john = replace(LEE, openid="oJohn", person_id="person-2")
    begun.record(Received(event("subscribe", openid="oJohn"), None, john))
    begun.erase(SUBJECT, erasure_of(*[LEE.person_id]))

    assert begun.read(APP_ID, "oJohn") == FollowerState(john)
    assert begun.read(APP_ID, OPENID) == FollowerState()


def test_events_are_read_in_order_from_a_position(begun: Followers) -> None:
    later = [heard(begun, seconds) for seconds in (90,)]
    begun.record(later[0])
    begun.record(heard(begun, 30))
    at = [past.event.at for past in begun.events(LEE, BEGINNING)]

    assert at == sorted(at)
    assert [past.event for past in begun.events(LEE, later[0].event.position)] == [later[0].event]
    assert begun.events(LEE, Position.at(NOON + timedelta(seconds=91))) == ()


@pytest.mark.parametrize("numbers", list(permutations((1, 2, 3))))
def test_events_of_one_second_are_read_as_they_arrived_and_a_repetition_moves_none(
    begun: Followers, numbers: tuple[int, ...]
) -> None:
    at = NOON + MINUTE
    views = [event("VIEW", at, EventKey=f"https://x/{number}") for number in numbers]
    said = [replace(view, arrival=arrival_of(number)) for view, number in zip(views, numbers, strict=True)]
    for view in said:
        begun.keep(Received(view, LEE, LEE))
        with pytest.raises(errors.AlreadyDoneError):
            begun.keep(Received(replace(view, arrival=arrival_of(9)), LEE, LEE))
    in_order = sorted(said, key=lambda view: view.arrival)

    assert [past.event for past in begun.events(LEE, Position.at(at))] == in_order
    for number, view in enumerate(in_order):
        assert [past.event for past in begun.events(LEE, view.position)] == in_order[number:]
        assert set(begun.newest_events(LEE, view.position)) == set(in_order[number:])
    past = begun.past_event(replace(said[0], arrival=arrival_of(9)), LEE)
    assert past is not None
    assert past.event == said[0]


def test_what_a_repetition_wakes_again_has_heard_the_event_as_it_came_first(begun: Followers) -> None:
    begun.open_wait(LEE, AWAITED)
    scan = replace(event("SCAN", NOON + MINUTE), arrival=arrival_of(3))
    state = begun.read(APP_ID, OPENID)
    assert state.follower is not None
    begun.record(receive(scan, state, (), SETTINGS, stranger=LEE, now=NOON + MINUTE))

    effects = begun.effects(replace(scan, arrival=arrival_of(5)), LEE)

    assert effects is not None
    (wake,) = effects.wakes
    assert wake.run.last_position == scan.position


def test_runs_and_waits_are_read_in_the_order_of_their_names(begun: Followers) -> None:
    for number, journey in enumerate(("z", "a")):
        run = replace(RUN, id=f"run-{journey}", journey=journey)
        live = LiveRun(journey, run.id, "e")
        begun.record(heard(begun, 30 + number, start=RunStart(run, live)))
    for run_id in ("run-z", "run-1"):
        begun.open_wait(lee(begun), replace(ASKED, run_id=run_id))
    state = begun.read(APP_ID, OPENID)

    assert [run.journey for run in state.live_runs] == ["a", "welcome", "z"]
    assert [wait.run_id for wait in state.waits] == ["run-1", "run-z"]


# --- runs ------------------------------------------------------------------------------------------


def another(run_id: str, **live: Any) -> RunStart:
    return RunStart(replace(RUN, id=run_id), LiveRun("welcome", run_id, "e", **live))


def test_a_journey_has_one_live_run(begun: Followers) -> None:
    with pytest.raises(errors.StaleFollowerError):
        begun.record(heard(begun, start=another("run-2")))
    begun.record(heard(begun, start=another("run-2", key="order 7")))

    assert [run.run_id for run in begun.read(APP_ID, OPENID).live_runs] == ["run-1", "run-2"]


def test_a_run_whose_time_is_over_leaves_its_place(records: Followers) -> None:
    over = replace(LIVE_RUN, expires_at=NOON + MINUTE)
    records.record(Received(FOLLOW, None, LEE, RunStart(RUN, over)))
    with pytest.raises(errors.StaleFollowerError):
        records.record(heard(records, 59, start=another("run-2")))
    records.record(heard(records, 60, start=another("run-2")))

    assert [run.run_id for run in records.read(APP_ID, OPENID).live_runs] == ["run-2"]


@pytest.mark.parametrize("retained", [False, True])
def test_a_run_that_an_event_ends_leaves_its_place_and_its_waits(
    records: Followers,
    retained: bool,  # noqa: FBT001 - a column of the table
) -> None:
    live = replace(LIVE_RUN, retain_after_end=retained)
    records.record(Received(FOLLOW, None, LEE, RunStart(RUN, live)))
    records.open_wait(LEE, ASKED)
    ends = heard(records, ended=(Ended(live, GoalReached()),))
    records.record(ends)
    state = records.read(APP_ID, OPENID)

    assert state.live_runs == ((replace(live, ended=True),) if retained else ())
    assert state.waits == ()
    assert records.effects(ends.event, LEE) == Effects(
        ended=(Ended(LiveRun("welcome", "run-1", ""), GoalReached()),)
    )
    with pytest.raises(errors.StaleFollowerError):
        records.record(replace(heard(records, 90), start=another("run-1")))
    records.record(heard(records, 90, start=another("run-2")))
    assert [run.run_id for run in records.read(APP_ID, OPENID).live_runs] == ["run-2"]


def test_a_run_takes_the_place_of_one_that_the_same_event_ends(begun: Followers) -> None:
    begun.record(heard(begun, start=another("run-2"), ended=(Ended(LIVE_RUN, EndedByJourney("welcome")),)))

    assert [run.run_id for run in begun.read(APP_ID, OPENID).live_runs] == ["run-2"]
    assert not begun.end_run(LEE.person_id, LIVE_RUN, EndedByEngine("aborted"), NOON)


def test_an_end_is_recorded_once_and_leaves_a_newer_run_alone(begun: Followers) -> None:
    begun.open_wait(LEE, ASKED)
    assert begun.end_run(LEE.person_id, LIVE_RUN, Finished(), NOON + MINUTE)
    begun.record(heard(begun, start=another("run-2")))
    assert not begun.end_run(LEE.person_id, LIVE_RUN, EndedByEngine("failed"), NOON + MINUTE)
    state = begun.read(APP_ID, OPENID)

    assert ([run.run_id for run in state.live_runs], state.waits) == (["run-2"], ())
    ended = [one for one in timeline(begun) if one["kind"] == "run" and "ended_at" in one]
    assert [(one["run_id"], reason_from(one["end"])) for one in ended] == [("run-1", Finished())]


def test_no_end_is_recorded_for_an_erased_follower(begun: Followers) -> None:
    begun.erase(SUBJECT, erasure_of(*[LEE.person_id]))

    assert not begun.end_run(LEE.person_id, LIVE_RUN, EndedByEngine("aborted"), NOON)


# --- the outbox ------------------------------------------------------------------------------------


def test_a_message_takes_its_allowance_once(begun: Followers) -> None:
    after = LEE.tagged(["allowance"])
    begun.add_message(LEE, after, MESSAGE, ASKED)
    for before in (LEE, after):
        with pytest.raises(errors.AlreadyDoneError):
            begun.add_message(before, before.tagged(["twice"]), MESSAGE, None)
    with pytest.raises(errors.StaleFollowerError):
        begun.add_message(LEE, after, replace(MESSAGE, step="4"), None)

    assert lee(begun) == after
    assert begun.message(LEE, "run-1", "1") == MESSAGE
    assert begun.message(LEE, "run-1", "4") is None
    assert begun.read(APP_ID, OPENID).waits == (ASKED,)


def test_postings_are_made_with_their_message_or_not_at_all(stores: Stores, begun: Followers) -> None:
    welcome = earned("a", LEE.person_id, 50, "welcome")
    entries = [welcome, earned("b", LEE.person_id, 7, "again", before=welcome.after)]
    with pytest.raises(errors.StaleFollowerError):
        begun.add_message(LEE.changed(), LEE, MESSAGE, None, entries)
    assert list(stores.ledger.newest(LEE.person_id)) == []
    begun.add_message(LEE, LEE.changed(), MESSAGE, None, entries)
    for follower in (LEE, LEE.changed()):
        with pytest.raises(errors.AlreadyDoneError):
            begun.add_message(follower, follower.changed(), MESSAGE, None, entries)
    other = replace(MESSAGE, step="2")
    for entry, error in (
        (entries[1], errors.AlreadyDoneError),
        (earned("c", LEE.person_id, 7), errors.StaleFollowerError),
    ):
        with pytest.raises(error):
            begun.add_message(LEE.changed(), LEE, other, None, [entry])

    assert stores.ledger.books(LEE.person_id).available == 57
    assert [moved.id for moved in stores.ledger.newest(LEE.person_id)] == ["b", "a"]
    assert begun.message(LEE, "run-1", "2") is None


def test_the_end_of_a_run_by_the_engine_changes_the_followers_revision(begun: Followers) -> None:
    begun.end_run(LEE.person_id, LIVE_RUN, EndedByEngine("aborted"), NOON)

    assert lee(begun) == LEE.changed()
    begun.erase(SUBJECT, erasure_of(*[LEE.person_id]))
    assert not begun.end_run(LEE.person_id, LIVE_RUN, EndedByEngine("aborted"), NOON)
    assert begun.read(APP_ID, OPENID).follower is None


def test_a_message_is_reserved_again_only_if_it_is_unchanged(begun: Followers) -> None:
    waiting = replace(MESSAGE, status=MessageStatus.WAITING, tries={"busy": 1})
    with pytest.raises(errors.StaleFollowerError):
        begun.reserve_again(LEE, waiting, MESSAGE, None)
    begun.add_message(LEE, LEE.changed(), MESSAGE, None)
    begun.not_sent(lee(begun), lee(begun), waiting, None)

    for stored in (MESSAGE, replace(waiting, tries={}), replace(waiting, tries={"busy": 2})):
        with pytest.raises(errors.StaleFollowerError):
            begun.reserve_again(lee(begun), stored, replace(waiting, status=MessageStatus.RESERVED), None)
    with pytest.raises(errors.StaleFollowerError):
        begun.reserve_again(LEE, waiting, replace(waiting, status=MessageStatus.RESERVED), None)
    begun.reserve_again(lee(begun), waiting, replace(waiting, status=MessageStatus.RESERVED), ASKED)

    assert begun.message(LEE, "run-1", "1") == replace(waiting, status=MessageStatus.RESERVED)
    assert begun.read(APP_ID, OPENID).waits == (ASKED,)


def test_sent_changes_only_the_status_and_reason_of_a_message(begun: Followers) -> None:
    begun.add_message(LEE, LEE.changed(), MESSAGE, None)
    told = replace(MESSAGE, content={"type": "other"}, left=1)
    begun.sent(LEE, replace(told, status=MessageStatus.UNKNOWN, reason=SenderInterrupted()))
    begun.sent(LEE, replace(told, status=MessageStatus.SENT))

    sent = replace(MESSAGE, status=MessageStatus.SENT, reason=SenderInterrupted())
    assert begun.message(LEE, "run-1", "1") == sent


def test_a_message_that_is_not_sent_closes_its_wait_and_gives_back(begun: Followers) -> None:
    question = replace(ASKED, step="1")
    begun.add_message(LEE, LEE.tagged(["allowance"]), MESSAGE, question)
    refused = replace(MESSAGE, status=MessageStatus.NOT_SENT, reason=NoChannel("mass"))
    with pytest.raises(errors.StaleFollowerError):
        begun.not_sent(LEE, LEE.changed(), refused, question)
    begun.not_sent(lee(begun), lee(begun).tagged([], ["allowance"]), refused, question)

    assert begun.message(LEE, "run-1", "1") == refused
    assert (lee(begun).tags, begun.read(APP_ID, OPENID).waits) == (frozenset(), ())


def test_the_outcome_of_an_unrecorded_message_raises_follower_gone(begun: Followers) -> None:
    with pytest.raises(errors.FollowerGoneError):
        begun.sent(LEE, MESSAGE)
    for before in (LEE, LEE.changed()):
        with pytest.raises(errors.FollowerGoneError):
            begun.not_sent(before, before.changed(), MESSAGE, ASKED)


def test_a_message_is_refused_once_and_only_on_an_unchanged_follower(begun: Followers) -> None:
    changed = LEE.changed()
    with pytest.raises(errors.StaleFollowerError):
        begun.add_message(changed, changed, MESSAGE)
    begun.add_message(LEE, LEE, MESSAGE)
    for follower in (LEE, LEE.changed()):
        with pytest.raises(errors.AlreadyDoneError):
            begun.add_message(follower, follower, MESSAGE)


def test_a_step_changes_the_profile_once_and_its_change_is_read_back(begun: Followers) -> None:
    said = Consent(given=True, at=NOON, version="1", channel="chat:wx1")
    before = LEE.tagged(["a", "b"])
    after = replace(before.tagged(["c"], ["a"]), consents={"newsletter": said})
    begun.save(LEE, before)
    change = StepChange(
        "4",
        NOON + MINUTE,
        frozenset({"c"}),
        frozenset({"a"}),
        {"city": "Paris"},
        consent_record=ConsentRecord("newsletter", said, "0" * 32),
    )
    begun.change(before, after, "run-1", change)
    for stale in (before, after):
        with pytest.raises(errors.AlreadyDoneError):
            begun.change(stale, after.changed(), "run-1", StepChange("4", NOON))
    with pytest.raises(errors.StaleFollowerError):
        begun.change(before, after, "run-1", StepChange("5", NOON))

    assert lee(begun) == after
    assert begun.changed(LEE, "run-1", "4") == change
    with pytest.raises(errors.FollowerGoneError):
        begun.changed(LEE, "run-1", "5")


@pytest.mark.parametrize("before", [None, LEE.changed()])
def test_an_operator_saves_only_on_an_unchanged_follower(begun: Followers, before: Follower | None) -> None:
    with pytest.raises(errors.StaleFollowerError):
        begun.save(before, LEE.tagged(["known"]))
    begun.save(LEE, LEE.tagged(["known"]))
    assert lee(begun).tags == {"known"}


# --- waits -----------------------------------------------------------------------------------------


def test_a_wait_is_opened_once_and_changes_the_followers_revision(begun: Followers) -> None:
    late = heard(begun)
    begun.open_wait(LEE, ASKED)
    with pytest.raises(errors.AlreadyDoneError):
        begun.open_wait(lee(begun), replace(ASKED, token="other"))
    with pytest.raises(errors.StaleFollowerError):
        begun.record(late)

    assert begun.read(APP_ID, OPENID) == FollowerState(LEE.changed(), (LIVE_RUN,), (ASKED,))


def test_no_wait_is_opened_for_a_follower_who_has_changed_or_is_gone(begun: Followers) -> None:
    for other in (replace(LEE, person_id="person-2"), LEE.changed()):
        with pytest.raises(errors.StaleFollowerError):
            begun.open_wait(other, ASKED)
    begun.open_wait(LEE, ASKED)
    with pytest.raises(errors.StaleFollowerError):
        begun.park_again(LEE, ASKED)
    with pytest.raises(errors.AlreadyDoneError):
        begun.park_again(replace(lee(begun), person_id="person-2"), ASKED)
    gone = lee(begun)
    begun.erase(SUBJECT, erasure_of(*[LEE.person_id]))
    with pytest.raises(errors.StaleFollowerError):
        begun.open_wait(gone, AWAITED)


@pytest.mark.parametrize("retained", [False, True])
def test_a_wait_that_is_opened_after_the_end_of_its_run_takes_nothing(
    records: Followers,
    retained: bool,  # noqa: FBT001 - a column of the table
) -> None:
    live = replace(LIVE_RUN, retain_after_end=retained)
    records.record(Received(FOLLOW, None, LEE, RunStart(RUN, live)))
    records.end_run(LEE.person_id, live, Finished(), NOON)
    records.open_wait(LEE, ASKED)

    assert records.read(APP_ID, OPENID).waits == ()


def test_a_run_waits_for_one_thing_at_a_time(begun: Followers) -> None:
    begun.open_wait(LEE, ASKED)
    assert begun.close_wait(RUN, "2", NOON).step_positions == {}
    begun.open_wait(lee(begun), AWAITED)
    with pytest.raises(errors.AlreadyDoneError):
        begun.open_wait(lee(begun), ASKED)
    with pytest.raises(errors.AlreadyDoneError):
        begun.park_again(lee(begun), ASKED)
    assert begun.close_wait(RUN, "2", NOON).step_positions == {}

    assert begun.read(APP_ID, OPENID).waits == (AWAITED,)


def test_an_open_wait_takes_a_new_token(begun: Followers) -> None:
    with pytest.raises(errors.AlreadyDoneError):
        begun.park_again(LEE, ASKED)
    begun.open_wait(LEE, ASKED)
    begun.park_again(lee(begun), replace(ASKED, token="new"))

    assert [wait.token for wait in begun.read(APP_ID, OPENID).waits] == ["new"]
    assert lee(begun).rev == LEE.rev + 2


def test_a_wait_is_closed_once_and_its_run_goes_on_as_the_first_time(begun: Followers) -> None:
    first = replace(RUN, step_positions={"size": Position.at(NOON)})
    begun.open_wait(LEE, ASKED)
    assert begun.close_wait(first, "2", NOON + MINUTE).step_positions == first.step_positions
    assert begun.close_wait(RUN, "2", NOON + MINUTE).step_positions == first.step_positions
    with pytest.raises(errors.AlreadyDoneError):
        begun.open_wait(lee(begun), ASKED)

    assert begun.read(APP_ID, OPENID).waits == ()
    assert begun.answer(LEE, "run-1", "2") is None


def test_an_unopened_wait_is_closed_but_not_for_an_erased_follower(begun: Followers) -> None:
    assert begun.close_wait(RUN, "7", NOON).step_positions == {}
    with pytest.raises(errors.AlreadyDoneError):
        begun.open_wait(LEE, replace(ASKED, step="7"))
    with pytest.raises(errors.FollowerGoneError):
        begun.close_wait(replace(RUN, follower=replace(LEE, person_id="person-2")), "8", NOON)


def test_an_event_ends_a_wait_before_its_limit(begun: Followers) -> None:
    begun.open_wait(LEE, ASKED)
    answered = heard(begun, woken=(Woken(ASKED, RUN, "s"),))
    begun.record(answered)
    with pytest.raises(errors.AnsweredError):
        begun.close_wait(RUN, "2", NOON + MINUTE)

    assert begun.answer(LEE, "run-1", "2") == ("s", answered.event.position)
    going_on = resume(ASKED, lee(begun), answered.event.position, "s", answered.event.at)
    assert begun.effects(answered.event, LEE) == Effects(wakes=(Wake(TOKEN, going_on),))
    assert begun.read(APP_ID, OPENID).waits == ()


def test_an_event_wakes_no_run_again_that_has_gone_on_or_ended_since(begun: Followers) -> None:
    begun.open_wait(LEE, ASKED)
    answered = heard(begun, woken=(Woken(ASKED, RUN, "s"),))
    begun.record(answered)
    begun.open_wait(lee(begun), AWAITED)
    assert begun.effects(answered.event, LEE) == Effects()

    scanned = heard(begun, 70, woken=(Woken(AWAITED, RUN),))
    begun.record(scanned)
    begun.end_run(LEE.person_id, LIVE_RUN, Finished(), NOON + MINUTE)
    assert begun.effects(scanned.event, LEE) == Effects()


def test_an_opt_out_is_remembered_with_its_event(begun: Followers) -> None:
    opted_out = heard(begun, is_opt_out=True)
    begun.record(opted_out)
    assert begun.past_event(opted_out.event, LEE) == PastEvent(opted_out.event, is_opt_out=True)


def test_why_rules_give_nothing_is_on_the_timeline_with_their_event(begun: Followers) -> None:
    begun.record(heard(begun, earnings=(Nothing("a", WhyNothing.MEMBERS_ONLY),), at=NOON))
    (said,) = (one.event for one in begun.events(LEE, BEGINNING) if one.event.kind == "text")
    assert [one["nothing"] for one in timeline(begun) if "nothing" in one] == [{"a": "members_only"}]

    for _ in range(2):
        begun.note_nothing(said, lee(begun), {"a": "members_only", "b": "limit_reached"})
    begun.note_nothing(event("text", NOON + 60 * MINUTE, Content="erased"), lee(begun), {"a": "too_little"})
    begun.note_nothing(said, replace(LEE, person_id="nobody"), {"a": "too_little"})
    noted = [one["nothing"] for one in timeline(begun) if "nothing" in one]
    assert noted == [{"a": "members_only", "b": "limit_reached"}]


def test_why_an_order_is_not_rewarded_is_on_the_timeline_with_it(begun: Followers) -> None:
    begun.record(heard(begun, earnings=(Nothing("a", WhyNothing.MEMBERS_ONLY),), at=NOON))
    (said,) = (one.event for one in begun.events(LEE, BEGINNING) if one.event.kind == "text")
    for _ in range(2):
        begun.note_unrewarded(said, lee(begun), WhyNoReward.CYCLE)
    begun.note_unrewarded(said, replace(LEE, person_id="nobody"), WhyNoReward.SELF)
    begun.note_unrewarded(event("text", NOON + 60 * MINUTE, Content="erased"), lee(begun), WhyNoReward.SELF)

    noted = [(one["nothing"], one["unrewarded"]) for one in timeline(begun) if "unrewarded" in one]
    assert noted == [({"a": "members_only"}, "cycle")]


def test_an_event_that_changes_nothing_is_kept_once_whatever_the_follower_is(begun: Followers) -> None:
    quiet = Received(event("VIEW", NOON + MINUTE), LEE, LEE.changed())
    assert begun.past_event(quiet.event, LEE) is None
    begun.change(LEE, LEE.tagged(["vip"]), "run-1", StepChange("9", NOON, frozenset({"vip"})))
    begun.keep(quiet)
    with pytest.raises(errors.AlreadyDoneError):
        begun.keep(quiet)

    assert begun.past_event(quiet.event, LEE) == PastEvent(quiet.event)
    assert lee(begun) == LEE.tagged(["vip"])
    begun.forget(quiet.event, ["person-2", LEE.person_id])
    assert begun.past_event(quiet.event, LEE) is None


def test_an_event_that_wakes_with_a_token_that_was_replaced_is_decided_again(begun: Followers) -> None:
    begun.open_wait(LEE, ASKED)
    with pytest.raises(errors.StaleFollowerError):
        begun.record(heard(begun, woken=(Woken(replace(ASKED, token="old"), RUN, "s"),)))


def test_a_wait_that_is_woken_to_wait_again_can_be_opened_again(begun: Followers) -> None:
    begun.open_wait(LEE, AWAITED)
    moved = heard(begun, woken=(Woken(AWAITED, RUN, again=True),))
    begun.record(moved)
    assert begun.effects(moved.event, LEE) == Effects(wakes=(Wake(TOKEN, TRAVELLED),))
    begun.open_wait(lee(begun), AWAITED)

    assert begun.answer(LEE, "run-1", "3") is None


def test_a_wait_is_dropped_by_its_token(begun: Followers) -> None:
    begun.open_wait(LEE, AWAITED)
    with pytest.raises(errors.AlreadyDoneError):
        begun.drop_wait(LEE, replace(AWAITED, token="old"))
    begun.drop_wait(LEE, AWAITED)
    with pytest.raises(errors.AlreadyDoneError):
        begun.drop_wait(LEE, AWAITED)
    begun.open_wait(lee(begun), AWAITED)


def test_an_earlier_event_ends_a_new_wait_once(begun: Followers) -> None:
    early = heard(begun)
    begun.record(early)
    begun.open_wait(lee(begun), ASKED)
    with pytest.raises(errors.AlreadyDoneError):
        begun.answer_early(LEE, replace(ASKED, token="old"), "s", early.event)
    begun.answer_early(LEE, ASKED, "s", early.event)
    with pytest.raises(errors.AlreadyDoneError):
        begun.answer_early(LEE, ASKED, "s", early.event)

    assert begun.answer(LEE, "run-1", "2") == ("s", early.event.position)
    going_on = resume(ASKED, lee(begun), early.event.position, "s", early.event.at)
    assert begun.effects(early.event, LEE) == Effects(wakes=(Wake(TOKEN, going_on),), is_quiet=True)
    assert begun.events(LEE, early.event.position) == (PastEvent(early.event, frozenset({"run-1"})),)


def test_an_event_that_had_an_effect_answers_no_question_but_ends_another_wait(begun: Followers) -> None:
    begun.open_wait(LEE, ASKED)
    with pytest.raises(errors.StaleFollowerError):
        begun.answer_early(LEE, ASKED, "s", FOLLOW)
    begun.open_wait(lee(begun), AWAITED)
    with pytest.raises(errors.StaleFollowerError):
        begun.answer_early(LEE, AWAITED, None, event("SCAN", NOON + MINUTE))
    begun.answer_early(LEE, AWAITED, None, FOLLOW)

    assert begun.answer(LEE, "run-1", "3") == (None, FOLLOW.position)


# --- erasure ---------------------------------------------------------------------------------------

RUNS = [RunKey("welcome", f"run-{number}") for number in range(3)]


def test_an_erasure_mark_holds_the_newest_erasure_and_the_runs_to_stop(records: Followers) -> None:
    first, second = (event("unsubscribe", NOON + minutes * MINUTE) for minutes in (1, 2))
    assert records.erasure(APP_ID, OPENID) is None

    marked = records.mark_erasure(first, LEE, RUNS[:1], NOON)
    assert marked == Erasure(
        first.at, (RUNS[0],), frozenset({first.id}), unfinished=True, person_ids=("person-1",)
    )
    other = replace(LEE, person_id="person-2")
    both = records.mark_erasure(second, other, RUNS[1:], NOON)
    assert both.person_ids == ("person-1", "person-2")
    assert (both.at, {run.run_id for run in both.runs}) == (second.at, {"run-0", "run-1", "run-2"})
    assert records.mark_erasure(first, None, (), NOON).at == second.at

    records.erase(SUBJECT, erasure_of(*[LEE.person_id]))
    assert records.erasure(APP_ID, OPENID) == both
    records.erased(second)
    assert records.erasure(APP_ID, OPENID) == Erasure(
        second.at, (), frozenset({second.id}), person_ids=both.person_ids
    )


def test_an_erasure_mark_holds_who_came_back_until_it_is_complete_or_they_leave_again(
    records: Followers,
) -> None:
    first, second, third = (event("unsubscribe", NOON + minutes * MINUTE) for minutes in (1, 2, 5))
    back = who_came_back(first, replace(LEE, followed_at=NOON + 3 * MINUTE), "person-2")
    records.mark_erasure(first, LEE, (), NOON, back)

    assert records.mark_erasure(second, LEE, (), NOON).back == back
    kept = records.erasure(APP_ID, OPENID)
    assert kept is not None
    assert (kept.back, kept.unfinished) == (back, True)
    assert records.mark_erasure(third, LEE, (), NOON).back is None


def test_an_erasure_mark_holds_only_what_stops_a_run(begun: Followers) -> None:
    begun.mark_erasure(event("unsubscribe", NOON + MINUTE), LEE, [RunKey("welcome", "run-1")], NOON)
    erasure = begun.erasure(APP_ID, OPENID)

    assert erasure is not None
    assert erasure.runs == (RunKey("welcome", "run-1"),)


@pytest.mark.parametrize("is_remembered", [True, False])
def test_an_openid_is_remembered_after_an_erasure_if_it_is_to_be(
    begun: Followers, *, is_remembered: bool
) -> None:
    """Also when the erasure was interrupted, and what goes on does not say it."""
    left = event("unsubscribe", NOON + MINUTE)
    begun.mark_erasure(left, LEE, (), NOON, is_remembered=is_remembered)
    erasure = begun.mark_erasure(left, LEE, (), NOON)
    begun.erase(SUBJECT, erasure)
    begun.erased(left)

    state = begun.read(APP_ID, OPENID)
    assert (state.follower, state.remembered) == (None, ())
    assert state.erased_at == (left.at if is_remembered else None)


def test_an_erasure_mark_holds_the_event_ids_of_its_second(begun: Followers) -> None:
    left = event("unsubscribe")

    assert begun.mark_erasure(left, LEE, (), NOON).seen == {FOLLOW.id, left.id}
    begun.erase(SUBJECT, erasure_of(*[LEE.person_id]))
    assert begun.mark_erasure(left, LEE, (), NOON).seen == {FOLLOW.id, left.id}
    assert begun.read(APP_ID, OPENID).follower is None


# --- the other ports -------------------------------------------------------------------------------


def test_one_worker_at_a_time_renews_a_token(stores: Stores) -> None:
    tokens, until = stores.tokens, NOON + MINUTE
    assert tokens.lease(APP_ID, None, NOON, until)
    assert not tokens.lease(APP_ID, None, NOON, until + SECOND)
    assert not tokens.lease(APP_ID, None, until, until + SECOND), "it lasts to its end"
    assert tokens.lease("another", None, NOON, until)
    tokens.release(APP_ID, until + SECOND)
    assert not tokens.lease(APP_ID, None, NOON, until)
    tokens.release(APP_ID, until)
    assert tokens.lease(APP_ID, None, NOON, until)
    assert tokens.lease(APP_ID, None, until + SECOND, until + MINUTE), "it is over"


def test_only_a_worker_that_has_read_the_stored_token_can_lease_its_renewal(stores: Stores) -> None:
    tokens, until = stores.tokens, NOON + MINUTE
    assert tokens.lease(APP_ID, None, NOON, until)
    tokens.save(APP_ID, "first", until)

    assert not tokens.lease(APP_ID, None, NOON, until)
    assert not tokens.lease(APP_ID, "other", NOON, until)
    assert tokens.lease(APP_ID, "first", NOON, until)


def test_what_is_stored_of_an_account_is_kept_apart_from_its_token(stores: Stores) -> None:
    tokens, until = stores.tokens, NOON + MINUTE + timedelta(microseconds=7)
    assert tokens.read(APP_ID) == StoredToken()
    tokens.set_time(APP_ID, "stopped_until", until)
    tokens.set_time(APP_ID, "forced_at", NOON)
    tokens.set_time(APP_ID, "paused_until", until)
    tokens.save(APP_ID, "token", until)
    assert tokens.read(APP_ID) == StoredToken("token", until, until, NOON, until)
    tokens.set_time(APP_ID, "forced_at", None)

    assert tokens.read(APP_ID) == StoredToken("token", until, until, None, until)
    assert tokens.read("another") == StoredToken()


def test_a_signature_is_used_for_one_body(stores: Stores) -> None:
    use = SignatureUse(APP_ID, "signature", "hash", NOON)
    assert stores.signatures.use(use)
    assert stores.signatures.use(replace(use, expires_at=NOON + MINUTE))

    assert not stores.signatures.use(replace(use, body_hash="another"))
    assert stores.signatures.use(replace(use, app_id="another", body_hash="another"))


def test_the_callback_reads_what_the_inbox_reads(tables: str, followers: FollowerStore) -> None:
    followers.record(Received(FOLLOW, None, LEE, RunStart(RUN, LIVE_RUN)))
    followers.open_wait(LEE, ASKED)
    reader = DynamoFollowers(store_client(tables), "FollowersTable")

    assert reader.read(APP_ID, OPENID) == followers.read(APP_ID, OPENID)
    assert reader.read(APP_ID, "nobody") == FollowerState()


# --- goals that count ------------------------------------------------------------------------------

WINDOW = GoalWindow(
    "welcome", "run-1", NOON, NOON + timedelta(days=7), "2026-11-25#v1", Condition(member=True), key="A-1"
)
KEPT_OUT = replace(
    WINDOW, journey="other", run_id="run-2", held_out=True, kept_until=NOON + timedelta(days=30)
)


@pytest.mark.parametrize("window", [WINDOW, KEPT_OUT])
def test_a_window_in_which_a_goal_counts_outlives_its_run_and_is_reached_once(
    records: Followers, window: GoalWindow
) -> None:
    records.record(Received(FOLLOW, None, LEE, RunStart(RUN, LIVE_RUN), opened_windows=(window,)))
    records.end_run(LEE.person_id, LIVE_RUN, Finished(), NOON)
    assert records.read(APP_ID, OPENID).goal_windows == (window,)

    reached = replace(window, reached_at=NOON + timedelta(seconds=60))
    records.record(heard(records, reached_windows=(reached,)))
    assert records.read(APP_ID, OPENID).goal_windows == (replace(reached, goal=None),)
    for stale in (
        heard(records, 90, reached_windows=(reached,)),
        heard(records, 90, opened_windows=(window,)),
    ):
        with pytest.raises(errors.StaleFollowerError):
            records.record(stale)
    assert [row["reached_at"] for row in timeline(records) if row["kind"] == "goal"] == [
        (NOON + timedelta(seconds=60)).isoformat()
    ]

    records.erase(SUBJECT, erasure_of(*[LEE.person_id]))
    assert records.read(APP_ID, OPENID) == FollowerState()


def test_a_window_of_somebody_who_is_gone_is_not_reached(begun: Followers) -> None:
    late = heard(begun, reached_windows=(replace(WINDOW, reached_at=NOON),))
    begun.erase(SUBJECT, erasure_of(*[LEE.person_id]))
    with pytest.raises(errors.StaleFollowerError):
        begun.record(late)


# --- anything at all -------------------------------------------------------------------------------

TEXTS = ("help", "1", "hello")
ENTRIES = (
    replace(WELCOME, goal=Condition(tags=("x",)), goal_within=60, holdout=50),
    replace(HELP, goal=Condition(events=(EventCount(EventPattern("scan")),))),
)
STEPS = ("1", "2", "3")
NOT_DONE = (
    errors.AlreadyDoneError,
    errors.AnsweredError,
    errors.FollowerGoneError,
    errors.PostingConflictError,
    errors.RunEndedError,
    errors.StaleFollowerError,
)

type Call = Callable[[Followers], Any]


@dataclass
class Chaos:
    """Workers that do anything, and decide on what they saw a while ago."""

    dice: random.Random
    seen: list[FollowerState] = field(default_factory=lambda: [FollowerState()])
    happened: list[InboundEvent] = field(default_factory=lambda: [FOLLOW])
    runs: list[Run] = field(default_factory=lambda: [RUN])
    seconds: int = 0

    def next(self) -> tuple[str, Call]:
        """Something to do, the same for any store."""
        made: dict[str, Callable[[], Call]] = {
            "hear": self.hear,
            "hear again": self.hear_again,
            "write": self.write,
            "write again": self.write_again,
            "tell": self.tell,
            "change": self.change,
            "wait": self.wait,
            "end": self.end,
            "erase": self.erase,
        }
        weights = (8, 2, 4, 3, 4, 3, 8, 2, 1)
        (name,) = self.dice.choices(list(made), weights)
        return name, made[name]()

    @property
    def state(self) -> FollowerState:
        """What a worker saw: the latest mostly."""
        return self.seen[-1] if self.dice.random() < 0.7 else self.dice.choice(self.seen[-6:])

    @property
    def follower(self) -> Follower:
        return self.state.follower or LEE

    @property
    def run(self) -> Run:
        return replace(self.dice.choice(self.runs[-3:]), follower=self.follower)

    def hear(self) -> Call:
        self.seconds += self.dice.choice((0, 1, 1, 50))
        at = NOON + timedelta(seconds=self.seconds)
        kind = self.dice.choice(("subscribe", "text", "text", "SCAN"))
        fields = {"Content": self.dice.choice(TEXTS)} if kind == "text" else {}
        happens = replace(event(kind, at, **fields), arrival=self.arrival())
        self.happened.append(happens)
        state = self.state
        stranger = replace(LEE, person_id=f"person-{self.dice.randrange(2)}")
        received = receive(happens, state, ENTRIES, SETTINGS, stranger=stranger, now=at)
        if received.start is not None:
            self.runs.append(received.start.run)
        return lambda store: store.record(received)

    def hear_again(self) -> Call:
        # Delivered again, it has another number.
        happened = replace(self.dice.choice(self.happened), arrival=self.arrival())
        before, since = self.follower, happened.position
        received = Received(happened, before, before.changed())
        return self.dice.choice(
            (
                lambda store: store.record(received),
                lambda store: store.keep(received),
                lambda store: store.past_event(happened, before),
                lambda store: store.effects(happened, before),
                lambda store: store.effects(happened, None),
                lambda store: store.forget(happened, [before.person_id]),
                lambda store: store.events(LEE, since),
                lambda store: tuple(store.newest_events(LEE, since)),
            )
        )

    def arrival(self) -> str:
        return self.dice.choice(("", arrival_of(self.dice.randrange(99))))

    def message(self) -> Message:
        status = self.dice.choice(list(MessageStatus))
        changes = self.dice.choice(((), (StepChange("0", NOON, frozenset("x"), values={"city": "Paris"}),)))
        tries = self.dice.choice(({}, {"busy": 1}))
        run = self.run
        return Message(
            run.id,
            run.journey,
            self.dice.choice(STEPS),
            "custom",
            status,
            {"type": "text"},
            NOON,
            tries=tries,
            changes=changes,
        )

    def open_wait_of(self, run: Run) -> OpenWait:
        kind: dict[str, Any] = self.dice.choice(
            ({"name": "q", "question": Question(choices={"1": ("1",)})}, {"pattern": EventPattern("scan")})
        )
        token, step = self.dice.choice("ab"), self.dice.choice(STEPS)
        return OpenWait(run.id, step, NOON, token, run.to_wait(), **kind)

    def write(self) -> Call:
        before, message = self.follower, self.message()
        wait = self.dice.choice((None, replace(self.open_wait_of(self.run), step=message.step)))
        posted = [earned(self.dice.choice("ab"), "person-1", 5)] * self.dice.choice((0, 0, 1))
        return lambda store: store.add_message(before, before.changed(), message, wait, posted)

    def write_again(self) -> Call:
        before, message = self.follower, self.message()
        stored = replace(message, status=self.dice.choice(list(MessageStatus)))
        return lambda store: store.reserve_again(before, stored, message, None)

    def tell(self) -> Call:
        before, message = self.follower, self.message()
        after = self.dice.choice((before, before.tagged([self.dice.choice("xy")])))
        wait = self.dice.choice((None, self.open_wait_of(self.run)))
        return self.dice.choice(
            (
                lambda store: store.sent(before, message),
                lambda store: store.not_sent(before, after, message, wait),
                lambda store: store.add_message(before, after, message),
                lambda store: store.message(before, message.run_id, message.step),
            )
        )

    def change(self) -> Call:
        before, run, step = self.follower, self.run, self.dice.choice(STEPS)
        after = before.tagged([self.dice.choice("xyz")], [self.dice.choice("xyz")])
        said = Consent(given=self.dice.choice((True, False)), at=NOON)
        told = self.dice.choice((None, ConsentRecord("newsletter", said, step)))
        if told is not None:
            after = replace(after, consents={"newsletter": said})
        known, change = (
            self.dice.choice((None, before)),
            StepChange(step, NOON, after.tags - before.tags, before.tags - after.tags, consent_record=told),
        )
        return self.dice.choice(
            (
                lambda store: store.change(before, after, run.id, change),
                lambda store: store.changed(before, run.id, step),
                lambda store: store.save(known, after),
            )
        )

    def wait(self) -> Call:
        run, happened = self.run, self.dice.choice(self.happened)
        wait = self.open_wait_of(run)
        run = replace(run, step_positions=self.dice.choice(({}, {"q": happened.position})))
        return self.dice.choice(
            (
                lambda store: store.open_wait(run.follower, wait),
                lambda store: store.open_wait(run.follower, wait),
                lambda store: store.park_again(run.follower, wait),
                lambda store: store.close_wait(run, wait.step, NOON),
                lambda store: store.drop_wait(run.follower, wait),
                lambda store: store.answer(run.follower, run.id, wait.step),
                lambda store: store.answer_early(run.follower, wait, "1", happened),
            )
        )

    def end(self) -> Call:
        run = self.run
        live = LiveRun(run.journey, run.id, "", key=run.key)
        end = self.dice.choice((Finished(), EndedByEngine("aborted")))
        person_id = self.follower.person_id
        return lambda store: store.end_run(person_id, live, end, NOON)

    def erase(self) -> Call:
        happened = self.dice.choice(self.happened)
        state = self.state
        follower, person_id = state.follower, (state.follower or LEE).person_id
        runs = tuple(RunKey(run.journey, run.run_id) for run in state.live_runs)
        return self.dice.choice(
            (
                lambda store: store.mark_erasure(happened, follower, runs, NOON),
                lambda store: store.erase(SUBJECT, erasure_of(*[person_id])),
                lambda store: store.erasure(APP_ID, OPENID),
            )
        )


def outcome(call: Call, store: Followers) -> Any:
    try:
        return call(store)
    except NOT_DONE as error:
        return type(error)


def all_of(store: Followers) -> tuple[Any, ...]:
    return store.read(APP_ID, OPENID), store.events(LEE, BEGINNING), timeline(store)


@pytest.mark.parametrize("seed", range(8))
def test_table_and_memory_agree_after_random_operations(followers: FollowerStore, seed: int) -> None:
    chaos, fake = Chaos(random.Random(seed)), FakeFollowers()  # noqa: S311 - a die, not a secret
    ends = set()
    for number in range(80):
        name, call = chaos.next()
        real, faked = outcome(call, followers), outcome(call, fake)
        assert faked == real, f"{number}: {name}"
        state = followers.read(APP_ID, OPENID)
        assert fake.read(APP_ID, OPENID) == state, f"{number}: {name}"
        chaos.seen.append(state)
        ends.add(real if isinstance(real, type) else "done")
    assert all_of(fake) == all_of(followers)
    assert len(ends) > 3, "much of it was refused, for several reasons"


# --- events that wait for an identity --------------------------------------------------------------

OUID = Identity(IdentityKind.TMALL_OUID, "ouid-1")
"""A buyer of a shop."""


def purchase(number: int, days_ago: int = 0) -> PendingEvent:
    paid = body("payment", total=100 + number, order=f"A-{number}")
    return PendingEvent(f"{number:032x}", NOON - timedelta(days=days_ago), paid)


def test_pending_events_come_back_oldest_first_by_their_identity_alone(stores: Stores) -> None:
    other = replace(OUID, kind=IdentityKind.TMALL_OMID)
    stores.pending.keep([(OUID, purchase(1)), (OUID, purchase(2, 365)), (other, purchase(3))], NOON)

    assert stores.pending.first(OUID) == [purchase(2, 365), purchase(1)]
    assert stores.pending.first(other) == [purchase(3)]
    assert stores.pending.first(replace(OUID, value="ouid-2")) == []


def test_a_pending_event_that_is_kept_again_is_there_once(stores: Stores) -> None:
    for day in range(3):
        stores.pending.keep([(OUID, purchase(1)), (OUID, purchase(1))], NOON + timedelta(days=day))

    assert stores.pending.first(OUID) == [purchase(1)]


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 260])
def test_pending_events_are_taken_in_pages_until_none_is_left(stores: Stores, number: int) -> None:
    stores.pending.keep([(OUID, purchase(one)) for one in range(number)], NOON)
    taken: list[PendingEvent] = []
    while page := stores.pending.first(OUID):
        assert len(page) <= 100
        assert stores.pending.first(OUID) == page, "reading takes nothing away"
        stores.pending.remove(OUID, page)
        stores.pending.remove(OUID, page)
        taken += page

    assert taken == [purchase(one) for one in range(number)]


# --- the registry of codes ----------------------------------------------------------------------------

STORE_CODE = Code(
    APP_ID, "store-SH01", "store-SH01", CodeKind.STORE, SourceClass.SOCIAL, NOON, {"store": "SH01"}
)


def test_a_code_is_found_by_its_app_and_its_scene_and_by_nothing_else(stores: Stores) -> None:
    stores.codes.add(STORE_CODE)

    assert stores.codes.find(APP_ID, "store-SH01") == STORE_CODE
    assert stores.codes.find(APP_ID, "store-SH0") is None
    assert stores.codes.find("wx0000000000000001", "store-SH01") is None


def test_a_scene_has_one_code(stores: Stores) -> None:
    stores.codes.add(STORE_CODE)
    with pytest.raises(errors.AlreadyDoneError):
        stores.codes.add(replace(STORE_CODE, facts={"store": "BJ02"}))

    assert stores.codes.find(APP_ID, "store-SH01") == STORE_CODE


def test_a_code_is_saved_whole(stores: Stores) -> None:
    event_code = replace(
        STORE_CODE,
        kind=CodeKind.EVENT,
        facts={"event": "快闪"},
        labels=("spring", "上海"),
        team="retail",
        opens_at=NOON,
        closes_at=NOON + MINUTE,
        lasts=3600,
        ticket="t",
        url="http://weixin.qq.com/q/1",
        expires_at=NOON + timedelta(hours=1),
    )
    stores.codes.add(STORE_CODE)
    stores.codes.save(event_code)

    assert stores.codes.find(APP_ID, "store-SH01") == event_code
    assert list(stores.codes.all(APP_ID)) == [event_code]


def test_the_codes_of_an_app_are_listed_by_name_without_those_of_one_visit_or_person(stores: Stores) -> None:
    stores.codes.add(STORE_CODE)
    stores.codes.add(replace(STORE_CODE, name="a", scene="z"))
    stores.codes.add(replace(STORE_CODE, app_id="wx0000000000000001"))
    for name, fact in (("click-1", "click_id"), ("share-1", "sharer")):
        stores.codes.add(replace(STORE_CODE, name=name, scene=name, facts={"store": "SH01", fact: "x"}))

    assert [code.name for code in stores.codes.all(APP_ID)] == ["a", "store-SH01"]
    assert stores.codes.find(APP_ID, "click-1") is not None
