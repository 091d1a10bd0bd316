"""The counts of journeys on real tables: from the stream of the followers' table to one query of a funnel."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.count_journeys import app
from tests.support import stream as made_up
from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.fakes.counters import FakeCounters
from tests.support.one_person import LEE, UNION, Happening, People, identified
from tests.support.servers.dynamodb import ROOT, CallCounter, TableStream, client
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import follow, say
from tests.support.virtual_time.metering import Scales
from tests.support.world import QUESTION, World, person_of, send
from wejourney.adapters.aws.table_stream import change_of
from wejourney.adapters.dynamo.counter_store import CounterStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.errors import StaleCountsError
from wejourney.journeys.action_types import AskAction
from wejourney.journeys.answers import Question
from wejourney.journeys.counting import CODES, Change, Cohort, CohortCounts, Mark
from wejourney.journeys.runs import LiveRun
from wejourney.people.code_counts import CodeCount
from wejourney.reasons import Finished, Unfollowed
from wejourney.services.count_journeys import CountJourneys
from workbench.language.reading import read_file
from workbench.operations.code_report import CODE, code_lines
from workbench.trace.funnel import Funnel, Outcome, counted_funnel

TODAY = Cohort("welcome", f"{NOON:%Y-%m-%d}#v1")
CONTEXT: Any = SimpleNamespace(
    function_name="count_journeys", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="r"
)
COUNTS = CohortCounts({("entered",): 1}, {"shard": Mark(7, NOON)})


@pytest.fixture
def kept(counters: CounterStore, monkeypatch: pytest.MonkeyPatch) -> CounterStore:
    """The counts that the function writes."""
    monkeypatch.setattr(app, "count_journeys", lambda: CountJourneys(counters))
    return counters


def count(stream: TableStream) -> None:
    """Let the function count what has changed, and once more."""
    for shard, records in stream.records().items():
        for _ in range(2):
            event = {"Records": records, "shardId": shard, "state": {}, "isFinalInvokeForWindow": False}
            assert app.handler(event, CONTEXT) == {"state": {}}


def funnel(counters: CounterStore) -> Funnel:
    return counted_funnel(counters.of_group("welcome"))


# --- the function -------------------------------------------------------------------------------------


def test_a_life_is_counted_once_although_its_records_come_twice(
    world: World, stream: TableStream, kept: CounterStore
) -> None:
    run = world.perform(world.run(), QUESTION, token="token")
    world.says(after_minutes=3, Content="1")
    world.clock.pass_(minutes=9)
    world.perform(run, send("7"))
    count(stream)
    assert funnel(kept).answers == {("style", "bridal"): 1}
    assert funnel(kept).steps["7", Outcome.SENT] == 1

    live = LiveRun("welcome", run.id, "")
    assert world.followers.end_run(person_of(world.followers), live, Finished(), world.clock.now())
    count(stream)
    assert funnel(kept).ended == {Finished(): 1}


def test_counts_outlive_an_erasure_which_ends_the_runs_and_name_nobody(
    world: World, stream: TableStream, kept: CounterStore, tables: str
) -> None:
    anything = AskAction("6", "dream", None, Question())
    run = world.perform(world.run(), anything, token="token")
    world.says(after_minutes=3, Content="a ring like Grandma's")
    count(stream)
    before = funnel(kept)
    assert before.answers == {("dream", "other"): 1}

    world.hears("unsubscribe", after_minutes=9)
    count(stream)

    after = funnel(kept)
    assert (after.ended, after.steps, after.answers) == ({Unfollowed(): 1}, before.steps, before.answers)
    items = client(tables).scan(TableName="JourneyCountersTable")["Items"]
    stored = json.dumps([columns_of(item) for item in items])
    assert "dream" in stored
    for secret in (OPENID, APP_ID, run.id, run.follower.person_id, "Grandma"):
        assert secret not in stored


@pytest.mark.capability(row="C25")
def test_two_people_who_become_one_stay_with_the_code_that_came_first_and_their_orders_count_once(
    followers: FollowerStore, ledger: BooksStore, stream: TableStream, kept: CounterStore
) -> None:
    """Their moved rows, too, say what was counted already."""
    people = People(followers, ledger)
    for subject, post in zip(LEE, ("kol-lin-1", "kol-wu-1"), strict=False):
        told = {"name": post, "kind": "kol", "class": "content", "kol": post[:-2]}
        people.happens(Happening(subject, "scan", {"scene": post, "code_facts": told}))
        people.happens(Happening(subject, "payment", {"total": 100, "order": post}))
    count(stream)
    assert brought(kept) == {"kol-lin-1": (1, 100), "kol-wu-1": (1, 100)}

    for subject in LEE[:2]:
        people.happens(identified(subject, UNION[subject]))
    people.happens(Happening(LEE[1], "refund", {"total": 30, "order": "kol-lin-1"}))
    count(stream)
    assert people.of(LEE[0]) is not None
    assert brought(kept) == {"kol-lin-1": (1, 70), "kol-wu-1": (0, 100)}


def brought(counters: CounterStore) -> dict[str, tuple[int, int]]:
    """The people whom each code has first brought, and what they have paid."""
    lines = code_lines(counters.of_group(CODES), (), {}, CODE)
    return {
        line.name: (
            line.counts[CodeCount.PEOPLE],
            line.counts[CodeCount.FIRST_REVENUE] - line.counts[CodeCount.FIRST_REFUNDS],
        )
        for line in lines
    }


def test_a_row_that_cannot_be_read_is_left_out_and_holds_up_nothing(
    world: World, stream: TableStream, kept: CounterStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """The row's later change is counted."""
    world.perform(world.run(), send("7"))
    ((shard, records),) = stream.records().items()
    broken = next(one for one in records if one["dynamodb"]["Keys"]["sk"]["S"].endswith("#7"))
    broken["dynamodb"]["NewImage"]["status"] = {"S": "on its way"}
    app.handler({"Records": records, "shardId": shard}, CONTEXT)
    assert "ChangesUnreadable" in capsys.readouterr().out
    assert funnel(kept).channels == {"custom": 1}


# --- the table ----------------------------------------------------------------------------------------


@pytest.fixture(params=["table", "memory"])
def store(request: pytest.FixtureRequest, counters: CounterStore) -> CounterStore | FakeCounters:
    return counters if request.param == "table" else FakeCounters()


def test_counts_are_read_as_they_were_saved_by_whoever_has_read_the_latest(
    store: CounterStore | FakeCounters,
) -> None:
    nothing = store.read(TODAY)
    assert nothing == CohortCounts()
    store.save(TODAY, nothing, COUNTS)
    saved = store.read(TODAY)
    assert (saved.counts, saved.marks) == (COUNTS.counts, COUNTS.marks)
    store.save(TODAY, saved, COUNTS)
    for stale in (nothing, saved):
        with pytest.raises(StaleCountsError):
            store.save(TODAY, stale, COUNTS)


def test_a_period_takes_the_days_on_which_runs_started(counters: CounterStore) -> None:
    for day in (24, 25, 26):
        cohort = Cohort("welcome", f"2026-11-{day}#v1")
        counters.save(cohort, CohortCounts(), CohortCounts({("entered",): day}))
    counters.save(Cohort("other", "2026-11-25#v1"), CohortCounts(), COUNTS)

    def entered(since: date | None, until: date | None) -> int:
        return counted_funnel(counters.of_group("welcome", since, until)).entered

    middle, last = date(2026, 11, 25), date(2026, 11, 26)
    assert entered(None, None) == 24 + 25 + 26
    assert entered(middle, None) == 25 + 26
    assert entered(None, middle) == 24
    assert entered(middle, last) == 25


def test_a_funnel_is_one_query_after_ten_runs_and_after_ten_thousand(counters: CounterStore) -> None:
    calls, sequence = [], 0
    for runs in (10, 9_990):
        changes = []
        for number in range(runs):
            sequence += 1
            cohort = Cohort("welcome", f"{NOON - timedelta(days=number % 9):%Y-%m-%d}#v1")
            found = Counter({("entered",): 1, ("step", str(number % 20), "sent"): 1})
            changes.append(Change(sequence, NOON, {cohort: found}))
        CountJourneys(counters)("shard", changes)
        with CallCounter().listening(counters.table.client) as counter:
            assert funnel(counters).entered == sequence
        calls.append(counter.operations)
    assert calls == [["Query"], ["Query"]]


# --- what counting costs ------------------------------------------------------------------------------

RUNS, RECORDS_PER_RUN = 400, 14
UNITS_PER_RUN = 0.02


def test_counting_a_run_of_the_dearest_path_in_full_batches_writes_a_fraction_of_a_unit(
    counters: CounterStore, tables: str
) -> None:
    journey = read_file(ROOT / "infra/journeys/welcome-from-store.yaml").journey
    assert journey is not None
    follows = follow("store-SH01")
    acts = (follows, say("1", timedelta(minutes=3)), say("gold", timedelta(hours=24, minutes=9)))
    lived = Agreement.of(journey).lived(acts, (), "current").records.stream
    records = made_up.records(lived * RUNS)
    assert len(records) == RUNS * RECORDS_PER_RUN
    start = datetime(2026, 11, 25, tzinfo=UTC)
    with Scales(tables).on(counters.table.client) as scales:
        for first in range(0, len(records), 1000):
            batch = records[first : first + 1000]
            for number, one in enumerate(batch, start=first):
                one["dynamodb"]["ApproximateCreationDateTime"] = (
                    start + timedelta(seconds=number)
                ).timestamp()
            CountJourneys(counters)("shardId-00000001414576573621-f55eea83", list(map(change_of, batch)))
    assert scales.write / RUNS <= UNITS_PER_RUN
