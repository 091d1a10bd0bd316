"""The operators' commands against real tables: what they print, and how they fail."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, WELCOME, event
from tests.support.cli import run
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.ports import action_ports
from tests.support.fakes.queues import FakeQueues
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from tests.support.kms import FakeKms, personal_data
from tests.support.media import FakeObjects, FakeUploadBucket
from tests.support.one_person import LEE, MEI, MINI, PAY, PHONE, SHOP, UNION, Happening, People, identified
from tests.support.servers.dynamodb import CallCounter, TableStream, free_port
from tests.support.world import person_of
from wejourney.adapters.aws.personal_data import KmsPersonalData
from wejourney.adapters.aws.queues import DeadLetters, SqsInbox
from wejourney.adapters.aws.table_stream import change_of
from wejourney.adapters.dynamo.access_store import AccessStore
from wejourney.adapters.dynamo.binding_store import BindingStore
from wejourney.adapters.dynamo.counter_store import CounterStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.game_store import GameStore
from wejourney.adapters.dynamo.media_store import MediaStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.dynamo.uploads.upload_store import UploadStore
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import (
    ConsentGiven,
    ConsentWithdrawn,
    Identified,
    Paid,
    ProfileChanged,
    TagAdded,
    TextReceived,
    UploadApproved,
    UploadRejected,
)
from wejourney.events.matching import EventPattern
from wejourney.journeys.action_types import AwardAction, SendAction, TagAction
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import LiveRun
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.games import Board, Played, Round, Standing
from wejourney.loyalty.replay import Comparison
from wejourney.messaging.contents import Text
from wejourney.messaging.media import MediaFile, kept, stored_as
from wejourney.messaging.uploads import Upload
from wejourney.people.counters import CountedEvents, CounterTest, day_of, start_of
from wejourney.people.disclosure.accesses import Access
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.phones import phone_hash
from wejourney.people.profile_model import ProfileModel
from wejourney.plain_data import changed
from wejourney.reasons import Finished
from wejourney.services.count_journeys import CountJourneys
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.process_event import ProcessEvent
from wejourney.services.uploads.ports import FoundUpload
from workbench.cli.commands import (
    dead_letter_commands,
    follower_commands,
    identity_commands,
    inbox_commands,
    media_command,
    person_commands,
    upload_commands,
)
from workbench.operations import erasing
from workbench.operations.dead_letters import DeadLetterQueue
from workbench.operations.loyalty.auditing import audit_person
from workbench.operations.loyalty.histories import History
from workbench.operations.timeline import timeline_of

SEND_1, SEND_2 = (SendAction(step, Text(text={"any": f"message {step}"})) for step in ("2", "3"))


@dataclass
class Deployment:
    """What `Target` offers, with the tables of the test."""

    followers: FollowerStore
    ledger: BooksStore
    counters: CounterStore
    queues: FakeQueues = field(default_factory=FakeQueues)
    app_id: str = APP_ID
    outputs: dict[str, str] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    kms: FakeKms = field(default_factory=FakeKms)
    media_objects: FakeObjects = field(default_factory=FakeObjects)
    upload_files: FakeUploadBucket = field(default_factory=FakeUploadBucket)
    caller: str = "arn:aws-cn:iam::1:user/an-operator"

    @property
    def personal_data(self) -> KmsPersonalData:
        return personal_data(self.kms)

    @property
    def bindings(self) -> BindingStore:
        return BindingStore(Table("AccountsTable", self.followers.table.client))

    @property
    def media(self) -> MediaStore:
        return MediaStore(self.followers.table)

    @property
    def uploads(self) -> UploadStore:
        return UploadStore(self.followers.table)

    def upload_address(self, name: str) -> str:
        return self.upload_files.address(name)

    @property
    def accesses(self) -> AccessStore:
        return AccessStore(self.followers.table)

    @property
    def phone_key(self) -> bytes:
        return b"a key of the deployment"

    @property
    def inbox(self) -> SqsInbox:
        return SqsInbox(self.queues, "inbox")

    @property
    def told(self) -> list[InboundEvent]:
        """What is in the inbox."""
        bodies = (json.loads(message["MessageBody"]) for message in self.queues.sent["inbox"])
        return [InboundEvent.from_dict(body["event"]) for body in bodies]

    @property
    def dead_letters(self) -> DeadLetterQueue:
        return DeadLetterQueue(self.queues, "dlq", "inbox")


@pytest.fixture
def deployment(
    followers: FollowerStore, ledger: BooksStore, counters: CounterStore, monkeypatch: pytest.MonkeyPatch
) -> Deployment:
    deployed = Deployment(followers, ledger, counters)
    looking = (
        *(follower_commands, identity_commands, inbox_commands, dead_letter_commands),
        *(person_commands, media_command, upload_commands),
    )
    for module in looking:
        monkeypatch.setattr(module, "open_target", lambda _stack: deployed)
    return deployed


@pytest.fixture
def lived(deployment: Deployment, stream: TableStream) -> Deployment:
    """A follower greeted, answering, tagged, awarded, written to once with an allowance and once without."""
    runs, clock, meter = FakeRuns(), FakeClock(), FakeMeter()
    inbox = ProcessEvent(
        FakeAccounts(), deployment.followers, FakeOrders(), runs, FakeWeChat(), clock, meter, (WELCOME,)
    )
    inbox(event("subscribe", EventKey="qrscene_store-SH01"), "welcome")
    inbox(event("text", NOON + timedelta(minutes=1), Content="婚戒"))
    ports = action_ports(deployment.followers, deployment.ledger, FakeWeChat(), runs, clock)
    perform = PerformActions(ports, frozenset())
    run = next(iter(runs.started.values())).run
    clock.pass_(minutes=5)
    run = perform(Task(run, (TagAction("1", add=("vip",)), AwardAction("1b", 50, "welcome"), SEND_1)))
    clock.pass_(days=3)
    perform(Task(run, (SEND_2,)))
    live = LiveRun("welcome", run.id, "")
    deployment.followers.end_run(person_of(deployment.followers), live, Finished(), clock.now())
    for shard, records in stream.records().items():
        CountJourneys(deployment.counters)(shard, list(map(change_of, records)))
    return deployment


def test_profile_shows_the_person_the_timeline_and_why_each_message_left_or_not(lived: Deployment) -> None:
    shown = run("profile", OPENID).stdout

    for expected in (
        "a QR code store-SH01", "timeline (UTC)", "follows: store-SH01", "says: 婚戒", "passive reply",
        "+vip", "message 2", "message, 4 left", "not sent", "message 3 — no allowance: message (ended ",
        "+50 → 50 (welcome)", "welcome: finished",
    ):  # fmt: skip
        assert expected in shown, expected


@pytest.mark.capability(row="93")
def test_the_summary_of_a_profile_names_events_of_its_timeline(lived: Deployment, tmp_path: Path) -> None:
    declared = tmp_path / "infra/profile.yaml"
    declared.parent.mkdir()
    declared.write_text(
        "counters: {messages: {event: text}}\nstages: {follower: {after: aware, events: {event: follow}}}\n"
    )

    told = json.loads(run("profile", OPENID, "--root", tmp_path, "--summary", "--json").stdout)
    ids = {
        entry["event"]["id"]
        for entry in timeline_of(lived.followers, APP_ID, OPENID)
        if entry["kind"] == "event"
    }
    assert [(one["topic"], one["what"]) for one in told["summary"]] == [
        ("stage", "follower"), ("counter", "messages"), ("hour", "")
    ]  # fmt: skip
    assert all(one["events"] and set(one["events"]) <= ids for one in told["summary"])
    shown = run("profile", OPENID, "--root", tmp_path, "--summary").stdout
    assert "messages: 1 in 365 days" in shown
    assert told["summary"][0]["events"][0] in shown


def test_the_timeline_of_a_profile_is_told_in_chinese(lived: Deployment) -> None:
    shown = run("profile", OPENID, "--lang", "zh").stdout

    for expected in ("关注：store-SH01", "被动回复", "消息，剩余 4 条", "没有可用的下发额度", "走完全程"):
        assert expected in shown, expected


def test_profile_as_json_holds_no_credential(lived: Deployment) -> None:
    printed = run("profile", OPENID, "--json").stdout

    data = json.loads(printed)
    assert data["points"] == 50
    assert data["profile"]["tags"] == ["vip"]
    assert [entry["what"] for entry in data["timeline"]].count("message_sent") == 2
    assert "token" not in printed


def test_profile_shows_what_a_person_has_agreed_to(lived: Deployment) -> None:
    for body in (ConsentGiven("newsletter"), ConsentGiven("profiling"), ConsentWithdrawn("profiling")):
        person_inbox(lived)(happened_to_lee(lived, body))

    (line,) = [line for line in run("profile", OPENID).stdout.splitlines() if "has agreed to" in line]
    assert "newsletter" in line
    assert "profiling" not in line
    consents = json.loads(run("profile", OPENID, "--json").stdout)["profile"]["consents"]
    assert {name: said["given"] for name, said in consents.items()} == {
        "newsletter": True,
        "profiling": False,
    }


def test_an_unknown_follower_is_exit_status_1(deployment: Deployment) -> None:
    result = run("profile", "oNobody")
    assert result.exit_code == 1
    assert "no follower oNobody of account" in result.stderr


def test_set_profile_saves_facts_of_someone_who_does_not_follow_yet(deployment: Deployment) -> None:
    assert run("set-profile", OPENID, "customer=true", "member=true", "language=en").exit_code == 0

    follower = deployment.followers.read(APP_ID, OPENID).follower
    assert follower is not None
    assert (follower.customer, follower.member, follower.language) == (True, True, "en")
    assert not follower.following
    assert deployment.told == []


def test_set_profile_queues_changes_of_a_follower_so_that_runs_react(lived: Deployment) -> None:
    before = lived.followers.read(APP_ID, OPENID).follower
    facts = [
        "date.booking=2026-12-01T18:00",
        "time_zone=Europe/Paris",
        "city=Paris",
        "language=",
        "member=true",
    ]

    assert run("set-profile", OPENID, *facts).exit_code == 0

    (told,) = lived.told
    assert (told.kind, told.subject.openid, told.at) == ("profile", OPENID, NOON)
    assert told.body == ProfileChanged(dict(fact.split("=") for fact in facts))
    assert lived.followers.read(APP_ID, OPENID).follower == before, (
        "the inbox changes it, in the order of events"
    )


@pytest.mark.parametrize(
    "fact",
    ["member", "member=maybe", "member=", "points=7", "=true", "time_zone=Mars/Base", "date.booking=soon",
     "date.booking=9999-12-31T23:00-05:00",
     "date.=2026-12-01", "date=2026-12-01", "language=English", "favourite colour=red", "tags=vip"],
)  # fmt: skip
def test_an_invalid_profile_field_is_rejected_and_nothing_is_written(
    deployment: Deployment, fact: str
) -> None:
    result = run("set-profile", OPENID, "customer=true", fact)
    assert result.exit_code == 2
    assert result.stderr
    assert deployment.followers.read(APP_ID, OPENID).follower is None
    assert deployment.told == []


def test_emit_queues_events_of_other_systems(deployment: Deployment) -> None:
    for _ in range(2):
        assert run("emit", OPENID, "payment", "order=17", "total=9900", "--id", "order 17").exit_code == 0
    assert run("emit", OPENID, "tag", "tag=vip").exit_code == 0

    assert [one.body for one in deployment.told] == [Paid(9900, "17"), TagAdded("vip")]


@pytest.mark.parametrize(
    "said",
    [
        ("profile", "city=Paris"),
        ("points", "points=1"),
        ("text", "text=hi"),
        ("payment", "total=9.90"),
        ("payment", "order"),
        ("payment", "order=17"),
        ("tag",),
        ("tag", "tag="),
        ("tag", "tag=vip", "by=welcome"),
        ("tag", f"tag={'x' * 257}"),
        ("journey", "by=x"),
        ("refund", "total=99999999999999999"),
        ("mini_program", "order=1"),
        ("payment", "total=1", "colour=red"),
        ("payment", "Total=1"),
        ("schedule", "at=09:00"),
    ],
)
def test_emit_rejects_invalid_events(deployment: Deployment, said: tuple[str, ...]) -> None:
    result = run("emit", OPENID, *said)
    assert result.exit_code == 2
    assert result.stderr
    assert deployment.told == []


@pytest.mark.parametrize(
    "openid",
    ["", "o two", "o#1", "[/] :smile:", "café", b"o\xff".decode("utf-8", "surrogateescape"), "o" * 129],
)
@pytest.mark.parametrize("command", ["emit", "set-profile", "profile", "explain"])
def test_every_command_rejects_an_invalid_openid(deployment: Deployment, command: str, openid: str) -> None:
    said = {
        "emit": [openid, "tag", "tag=vip"],
        "set-profile": [openid, "city=Paris"],
        "explain": ["welcome", openid],
    }
    result = run(command, *said.get(command, [openid]))
    assert result.exit_code == 2
    said_of_it = " ".join(result.stderr.replace("│", " ").split())
    is_blank = not openid and "`openid` is blank" in said_of_it
    assert is_blank or "an openid contains only letters, digits" in said_of_it
    assert deployment.told == []


def test_a_profile_that_would_be_too_large_is_rejected(deployment: Deployment) -> None:
    result = run("set-profile", OPENID, *(f"a{number}={'x' * 4_000}" for number in range(23)))
    assert result.exit_code == 2
    assert "of which a profile holds 90,000" in " ".join(result.stderr.split())
    assert deployment.followers.read(APP_ID, OPENID).follower is None


def test_bytes_that_are_not_utf_8_are_replaced(deployment: Deployment) -> None:
    half = b"caf\xc3".decode("utf-8", "surrogateescape")
    assert run("emit", OPENID, "tag", f"tag={half}").exit_code == 0
    assert run("set-profile", OPENID, f"city={half}").exit_code == 0

    assert [one.body for one in deployment.told] == [TagAdded("caf\ufffd")]
    follower = deployment.followers.read(APP_ID, OPENID).follower
    assert follower is not None
    assert follower.attributes == {"city": "caf\ufffd"}


def test_the_funnel_counts_what_became_of_the_runs(lived: Deployment) -> None:
    counted = json.loads(run("funnel", "welcome", "--json").stdout)["welcome"]
    assert counted["entered"] == 1
    assert [(one["kind"], one["count"]) for one in counted["ended"]] == [("finished", 1)]
    assert counted["steps"] == {
        "opening": {"reached": 1, "sent": 1},
        "2": {"reached": 1, "sent": 1},
        "3": {"reached": 1, "not_sent": 1},
    }
    assert "welcome: 1 run" in run("funnel", "welcome").stdout
    assert "welcome：进入 1 次" in run("funnel", "welcome", "--lang", "zh").stdout


@pytest.mark.parametrize(
    ("period", "entered"),
    [
        (("--from", f"{NOON:%Y-%m-%d}"), 1),
        (("--from", f"{NOON + timedelta(days=1):%Y-%m-%d}"), 0),
        (("--to", f"{NOON + timedelta(days=1):%Y-%m-%d}"), 1),
        (("--to", f"{NOON:%Y-%m-%d}"), 0),
    ],
)
def test_the_funnel_of_a_period_is_that_of_the_runs_that_started_in_it(
    lived: Deployment, period: tuple[str, str], entered: int
) -> None:
    counted = json.loads(run("funnel", "welcome", *period, "--json").stdout)["welcome"]
    # The last message is of a day after the period, and belongs to its run.
    assert (counted["entered"], "3" in counted["steps"]) == (entered, entered == 1)


def page_of(before: str | None = None) -> Any:
    """A page of a profile's timeline as JSON."""
    more = ("--before", before[:19]) if before is not None else ()
    return json.loads(run("profile", OPENID, "--last", "5", "--json", *more).stdout)


@pytest.mark.capability(row="35")
def test_a_profile_reads_one_page_whatever_the_history_and_the_pages_together_hold_everything(
    deployment: Deployment,
) -> None:
    runs, clock, meter = FakeRuns(), FakeClock(NOON + timedelta(days=9)), FakeMeter()
    inbox = ProcessEvent(
        FakeAccounts(), deployment.followers, FakeOrders(), runs, FakeWeChat(), clock, meter, (WELCOME,)
    )
    inbox(event("subscribe"), "welcome")
    started = next(iter(runs.started.values())).run
    deployment.followers.end_run(
        person_of(deployment.followers), LiveRun("welcome", started.id, ""), Finished(), NOON
    )
    reads = []
    for numbers in (range(10), range(10, 100)):
        for number in numbers:
            # Two events a second, so that a page of five must not part the third pair.
            at = NOON + timedelta(minutes=1 + number // 2)
            inbox(event("text", at, Content=f"word {number}.", MsgId=str(number)))
        with CallCounter().listening(deployment.followers.table.client) as counter:
            page = page_of()
        assert len(page["timeline"]) == 6
        reads.append(counter.operations)
    # Who it is, then what is known of them and their balance, then the timeline, then the points of its time.
    of_points = ["BatchGetItem", "Query", "BatchGetItem"]
    assert reads[0] == reads[1] == ["GetItem", "Query", "Query", "GetItem", "Query", "Query", *of_points]

    pages = [page]
    while page["earlier"] is not None:
        pages.append(page := page_of(page["earlier"]))
    told = Counter(json.dumps(entry) for page in pages for entry in page["timeline"])
    assert set(told.values()) == {1}
    assert sum(entry.count("word ") for entry in told) == 100
    whats = [entry["what"] for entry in pages[-1]["timeline"]]
    assert {"run_started", "message_sent", "run_ended"} <= set(whats)


def test_a_live_run_is_on_the_first_page_however_old_it_is(deployment: Deployment) -> None:
    runs, clock, meter = FakeRuns(), FakeClock(NOON + timedelta(days=9)), FakeMeter()
    inbox = ProcessEvent(
        FakeAccounts(), deployment.followers, FakeOrders(), runs, FakeWeChat(), clock, meter, (WELCOME,)
    )
    inbox(event("subscribe"), "welcome")
    for number in range(20):
        inbox(event("text", NOON + timedelta(minutes=1 + number), Content="word", MsgId=str(number)))
    assert "run_started" in [entry["what"] for entry in page_of()["timeline"]]
    assert "earlier events: --before 2026-" in run("profile", OPENID, "--last", "5").stdout


def test_dead_letters_are_listed_with_their_reason_and_redriven(deployment: Deployment) -> None:
    DeadLetters(deployment.queues, "dlq").put("a body", "group", "ConnectionError: the table does not answer")

    listed = json.loads(run("dead-letters", "--json").stdout)
    assert [letter["reason"] for letter in listed] == ["ConnectionError: the table does not answer"]
    assert run("dead-letters", "--redrive", "unknown").exit_code == 2

    assert "redriven" in run("dead-letters", "--redrive", "all").stdout
    assert [message["MessageBody"] for message in deployment.queues.sent["inbox"]] == ["a body"]
    assert "no dead letters" in run("dead-letters").stdout


def test_a_stack_that_cannot_be_reached_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    result = run("profile", OPENID, "--stack", "nowhere")
    assert result.exit_code == 2
    assert "stack nowhere cannot be read" in result.stderr
    assert "Traceback" not in result.stderr


# --- identities ----------------------------------------------------------------------------------------


def two_with_one_phone(deployment: Deployment) -> People:
    """Two people whom only a human can tell apart."""
    people = People(deployment.followers, deployment.ledger, bindings=deployment.bindings)
    for subject in (LEE[1], MEI[1]):
        people.happens(identified(subject, UNION[subject]))
        people.happens(Happening(subject, "points", points=3))
        people.happens(identified(subject, PHONE))
    return people


def flag_of(deployment: Deployment) -> str:
    (flag,) = deployment.followers.flags()
    return flag.id


@pytest.mark.capability(row="60")
def test_people_who_may_be_one_are_listed_until_a_human_has_told_them_apart(deployment: Deployment) -> None:
    people = two_with_one_phone(deployment)
    flag_id = flag_of(deployment)
    assert flag_id in run("identities").output

    assert run("identities", "--separate", flag_id).exit_code == 0
    people.happens(identified(MEI[1], PHONE))
    assert deployment.followers.flags() == [], "what a human has said is not asked again"
    lee, mei = people.of(LEE[1]), people.of(MEI[1])
    assert lee is not None
    assert mei is not None
    assert lee.person_id != mei.person_id


def test_people_whom_a_human_says_to_be_one_are_merged(deployment: Deployment) -> None:
    people = two_with_one_phone(deployment)
    assert run("identities", "--merge", flag_of(deployment)).exit_code == 0
    lee, mei = people.of(LEE[1]), people.of(MEI[1])
    assert lee is not None
    assert mei is not None
    assert lee.person_id == mei.person_id
    assert deployment.ledger.books(lee.person_id).available == 6
    assert deployment.followers.flags() == []


def test_people_whom_a_human_merges_have_the_segments_and_dates_of_both_at_once(
    deployment: Deployment,
) -> None:
    """The follower's birthday is known from the mini program; together they have ordered twice."""
    counted = CountedEvents(EventPattern("order.paid"))
    rules = PeopleRules(
        ProfileModel(counters={"orders": (counted,)}),
        {"regulars": Condition(counters=(CounterTest("orders", 365, 2),))},
    )
    journey = JourneyEntry("birthday", "v1", Trigger("date", name="birthday", yearly=True))
    people = two_with_one_phone(deployment)
    inbox = replace(people.inbox(), people_rules=rules, entries=(journey,))
    deployment.clock.at = inbox.clock.now()
    for number, subject in enumerate((LEE[1], MEI[1]), 1):
        inbox(Happening(subject, "order.paid").event(number))
    inbox(Happening(MEI[1], "profile", {"changes": {"date.birthday": "1990-05-01"}}).event(3))
    inbox(replace(event("subscribe", NOON), subject=LEE[1]))
    lee = people.of(LEE[1])
    assert lee is not None
    assert (lee.segments, lee.look_at) == (frozenset(), start_of(day_of(NOON) + 365))

    assert run("identities", "--merge", flag_of(deployment)).exit_code == 0
    for told in deployment.told:
        inbox(told)

    lee = people.of(LEE[1])
    assert lee is not None
    assert lee.segments == {"regulars"}
    assert lee.look_at is not None
    assert lee.look_at.date().isoformat() in ("2027-04-30", "2027-05-01")


@pytest.mark.parametrize("option", ["--merge", "--separate"])
def test_a_flag_that_does_not_exist_is_an_error_and_changes_nothing(
    deployment: Deployment, option: str
) -> None:
    two_with_one_phone(deployment)
    done = run("identities", "--merge", flag_of(deployment), option, "00000000")
    assert done.exit_code == 2
    assert "00000000" in done.output
    assert len(deployment.followers.flags()) == 1


def test_an_app_that_tells_no_union_ids_is_warned_of(deployment: Deployment) -> None:
    people = People(deployment.followers, deployment.ledger, bindings=deployment.bindings)
    people.happens(identified(LEE[0], UNION[LEE[0]]))
    people.happens(Happening(LEE[1], "mini_program", {"name": "view"}))
    people.happens(Happening(LEE[2], "payment", {"total": 1, "order": "1", "merchant": "1900000001"}))
    told = json.loads(run("identities", "--json").output)
    assert {app["app_id"]: app["bound"] for app in told["apps"]} == {SHOP: True, MINI: False}
    assert [(one["app_id"], one["merchant"]) for one in told["merchants"]] == [(PAY, "1900000001")]
    shown = " ".join(run("identities").output.split())
    assert f"{MINI} tells no union ids" in shown
    assert f"merchant 1900000001 is paid in {PAY}" in shown
    assert f"{SHOP} tells no union ids" not in shown


def test_an_app_is_noted_once_a_day(deployment: Deployment) -> None:
    bindings = deployment.bindings
    with CallCounter().listening(bindings.table.client) as calls:
        for _ in range(5):
            bindings.note(SHOP, "main", has_union_id=True, at=NOON)
        bindings.note(SHOP, "main", has_union_id=True, at=NOON + timedelta(days=1))
    assert calls.operations == ["UpdateItem", "UpdateItem"]


# --- what a person may ask for ----------------------------------------------------------------------

SECRET = "SECRET-WORD-OF-A-PERSON"


def person_inbox(deployment: Deployment) -> ProcessEvent:
    return ProcessEvent(
        FakeAccounts(),
        deployment.followers,
        FakeOrders(),
        FakeRuns(),
        FakeWeChat(),
        deployment.clock,
        FakeMeter(),
        (WELCOME,),
        people_rules=PeopleRules(
            ProfileModel(private_purpose="membership", private=frozenset({"given_name"}))
        ),
        personal_data=deployment.personal_data,
    )


@pytest.mark.capability(row="35")
def test_an_export_has_all_that_is_on_record_of_a_person(lived: Deployment) -> None:
    person_inbox(lived)(happened_to_lee(lived, ProfileChanged({"city": SECRET})))
    consent = ConsentGiven("newsletter", "1", "store")
    person_inbox(lived)(happened_to_lee(lived, consent))
    person_id = person_of(lived.followers)
    lived.accesses.record(Access(person_id, "read_person", "arn:aws-cn:iam::1:role/crm", NOON, "request"))
    played, standing = Round("rings", "r-1", 50, NOON, "e" * 32), Standing(50, NOON, "e" * 32)
    games = GameStore(lived.followers.table, lived.ledger.table)
    games.count(person_id, Board("rings", "all"), played, Played(), standing, 9)

    by_openid, by_id = (
        json.loads(run("export", *who).stdout) for who in (("--openid", OPENID), (person_id,))
    )

    assert by_openid == by_id
    assert by_id["person"]["attributes"] == {"city": SECRET}
    assert by_id["contacts"][0]["openid"] == OPENID
    assert [(one["purpose"], one["given"], one["version"]) for one in by_id["consents"]] == [
        ("newsletter", True, "1")
    ]
    access = {"at": NOON.isoformat(), "operation": "read_person", "caller": "arn:aws-cn:iam::1:role/crm"}
    assert by_id["accesses"] == [access]
    assert by_id["leader_boards"] == [{"board": "rings#all#best", "score": 50, "at": NOON.isoformat()}]
    kinds = {"follow", "text", "profile", "consent_given"}
    assert {one["event"]["kind"] for one in by_id["events"]} == kinds
    assert [one["step"] for one in by_id["messages"]] == ["opening", "2", "3"]
    assert [one["journey"] for one in by_id["runs"]] == ["welcome"]
    points = by_id["books"]["points"]
    assert points["balance"]["available"] == 50
    (award,) = points["transactions"]
    assert (award["moved"], award["balance"]["available"]) == ({"available": 50}, 50)
    assert (award["cause"]["journey"], award["cause"]["reason"]) == ("welcome", "welcome")


def test_an_export_of_somebody_who_was_known_as_two_has_the_points_of_both(deployment: Deployment) -> None:
    people = People(deployment.followers, deployment.ledger)
    for number, subject in enumerate(LEE[:2]):
        people.happens(Happening(subject, "mini_program", {"name": "view"}))
        people.happens(Happening(subject, "points", points=10**number))
    people.all_happen(identified(subject, UNION[subject]) for subject in LEE[:2])
    person = people.check(LEE[:2])

    points = json.loads(run("export", person.person_id).stdout)["books"]["points"]

    assert points["balance"]["available"] == 11
    assert sorted(line["moved"]["available"] for line in points["transactions"]) == [1, 10]
    assert points["transactions"][-1]["balance"]["available"] == 11


def happened_to_lee(deployment: Deployment, body: Any) -> InboundEvent:
    return own_event(body, f"{body}", SUBJECT, deployment.clock.now())


def test_a_masked_export_shows_no_text_of_the_person_and_all_that_happened(lived: Deployment) -> None:
    told = {"city": SECRET, "reason": SECRET, "source": SECRET}
    for body in (ProfileChanged(told), TagAdded(SECRET), TextReceived(SECRET)):
        person_inbox(lived)(happened_to_lee(lived, body))

    plain, masked = (run("export", "--openid", OPENID, *more).stdout for more in ((), ("--masked",)))

    for personal in (SECRET, OPENID, "婚戒"):
        assert personal in plain
        assert personal not in masked
    shapes = [
        {name: len(part) for name, part in json.loads(text).items() if isinstance(part, list)}
        for text in (plain, masked)
    ]
    assert shapes[0] == shapes[1]
    assert json.loads(masked)["person"]["person_id"] == person_of(lived.followers)


NUMBER = "+8613812345678"
PRIVATE = {"phone": NUMBER, "address": f"{SECRET} Road 1", "given_name": f"王{SECRET}"}


@pytest.fixture
def known(lived: Deployment) -> Deployment:
    """A person who has told all that is private, and who may not have it open for everybody."""
    for body in (ConsentGiven("membership"), ProfileChanged(PRIVATE)):
        person_inbox(lived)(happened_to_lee(lived, body))
    DeadLetters(lived.queues, "dlq").put(
        json.dumps({"event": happened_to_lee(lived, ProfileChanged(PRIVATE)).to_dict()}),
        "group",
        "Error: why",
    )
    return lived


def test_an_export_opens_private_values_and_masks_them_when_asked(known: Deployment) -> None:
    plain, masked = (
        json.loads(run("export", "--openid", OPENID, *more).stdout) for more in ((), ("--masked",))
    )

    assert plain["person"]["attributes"] == PRIVATE
    assert masked["person"]["attributes"] == {"phone": "138****5678", "address": "S**", "given_name": "王**"}
    for exported, phone in ((plain, NUMBER), (masked, "138****5678")):
        told = [one["event"]["fields"] for one in exported["events"] if one["event"]["kind"] == "profile"]
        assert [fields["changes"]["phone"] for fields in told] == [phone]
    assert "data_keys" not in str(plain)


def test_a_person_is_found_by_their_member_number(known: Deployment) -> None:
    person_inbox(known)(happened_to_lee(known, Identified("member", "M-17")))

    exported = json.loads(run("export", "--member", "M-17").stdout)

    assert exported["person"]["person_id"] == person_of(known.followers)
    assert {"kind": "member", "value": "M-17"} in exported["identities"]


LISTINGS = [
    ("profile", OPENID),
    ("profile", OPENID, "--json"),
    ("profile", OPENID, "--lang", "zh"),
    ("export", "--openid", OPENID, "--masked"),
    ("identities",),
    ("identities", "--json"),
    ("dead-letters",),
    ("dead-letters", "--json"),
    ("funnel", "welcome"),
    ("funnel", "welcome", "--json"),
]


@pytest.mark.capability(row="59")
@pytest.mark.parametrize("command", LISTINGS, ids=" ".join)
def test_no_command_that_lists_shows_a_private_value(known: Deployment, command: tuple[str, ...]) -> None:
    shown = run(*command)

    assert shown.exit_code == 0, shown.output
    for secret in (SECRET, NUMBER, NUMBER.removeprefix("+86"), "sealed:"):
        assert secret not in shown.output


def test_a_profile_shows_as_much_of_a_number_as_tells_it_apart(known: Deployment) -> None:
    assert "phone=138****5678" in run("profile", OPENID).stdout


def test_who_may_not_open_private_values_sees_that_they_are_known(
    known: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object, **_more: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Decrypt")

    monkeypatch.setattr(known.kms, "decrypt", refused)

    assert "phone=**" in run("profile", OPENID).stdout
    masked = json.loads(run("export", "--openid", OPENID, "--masked").stdout)
    assert masked["person"]["attributes"] == dict.fromkeys(PRIVATE, "**")
    plain = run("export", "--openid", OPENID)
    assert isinstance(plain.exception, ClientError), "the command ends in one line: tests/unit/cli"
    assert plain.stdout == ""


def test_an_erased_person_leaves_postings_alone(lived: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    person_id = person_of(lived.followers)
    inbox = person_inbox(lived)
    monkeypatch.setattr(
        "workbench.operations.erasing.sleep", lambda _seconds: [inbox(event) for event in lived.told]
    )

    done = run("erase", person_id, "--yes")

    assert done.exit_code == 0, done.output
    assert "1 transactions of points stay" in done.stdout
    assert lived.followers.table.query(partition(person_id)) == []
    assert run("export", person_id).exit_code == 1
    rows = lived.ledger.table.client.scan(TableName=lived.ledger.table.name)["Items"]
    assert OPENID not in json.dumps(rows, default=str), "the books know nobody by more than our own id"
    assert [line.balance[Pocket.AVAILABLE] for line in History(lived.ledger, (person_id,)).lines()] == [50]
    assert audit_person(lived.ledger, person_id) == Comparison(books=1, transactions=1)


def test_all_contacts_of_a_person_are_erased(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    world = People(deployment.followers, deployment.ledger)
    world.all_happen(identified(subject, UNION[subject]) for subject in LEE if subject in UNION)
    person = world.of(LEE[0])
    assert person is not None
    assert len(person.contacts) > 1
    world.number += 1
    inbox = world.inbox()
    deployment.clock.at = inbox.clock.now()
    monkeypatch.setattr(
        "workbench.operations.erasing.sleep", lambda _seconds: [inbox(event) for event in deployment.told]
    )

    assert run("erase", person.person_id, "--yes").exit_code == 0
    assert {event.subject for event in deployment.told} == {one.subject for one in person.contacts}
    assert deployment.followers.person(person.person_id) is None


def test_nobody_is_erased_without_a_confirmation(lived: Deployment) -> None:
    assert run("erase", "--openid", OPENID).exit_code == 1
    assert lived.queues.sent.get("inbox", []) == []


def test_an_erasure_that_takes_long_says_so(lived: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.operations.erasing.sleep", lambda _seconds: None)

    slow = run("erase", "--openid", OPENID, "--yes")

    assert slow.exit_code == 1
    assert "is being erased" in slow.stderr


@pytest.mark.parametrize("command", [("profile", "--json"), ("export",), ("erase", "--yes")])
@pytest.mark.parametrize(
    "by",
    [
        ("--member", "M-17"),
        ("--phone", "138 0013 8000"),
        ("--phone", "+8613800138000"),
        ("--union-id", "u-lee"),
    ],
)
def test_a_person_is_found_by_each_identity_that_a_colleague_may_have(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], by: tuple[str, str]
) -> None:
    monkeypatch.setattr(erasing, "LONGEST_WAIT", 0)
    people = People(deployment.followers, deployment.ledger, bindings=deployment.bindings)
    phone = Identity(IdentityKind.PHONE, phone_hash("+8613800138000", deployment.phone_key))
    for identity in (UNION[LEE[1]], phone, Identity(IdentityKind.MEMBER, "M-17")):
        people.happens(identified(LEE[1], identity))
    name, *more = command
    done = run(name, *by, *more)
    if name == "erase":
        assert {event.subject for event in deployment.told} == {LEE[1]}
    else:
        assert done.exit_code == 0, done.stderr
        assert LEE[1].openid in done.stdout
    option = by[0]
    nobody = run(name, option, "13900139000", *more)
    assert nobody.exit_code == 1
    assert option in nobody.stderr


def test_a_profile_is_shown_by_our_own_id(lived: Deployment) -> None:
    shown = [
        run("profile", *who, "--json").stdout for who in ((OPENID,), ("--person", person_of(lived.followers)))
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("who", "code", "says"),
    [
        ((), 2, "name the person once"),
        ((OPENID, "--member", "M-1"), 2, "name the person once"),
        (("--phone", "12"), 2, "phone"),
        (("not an openid",), 2, "openid"),
        (("--person", "nobody"), 1, "nobody"),
    ],
)
def test_a_profile_of_nobody_is_an_error(
    deployment: Deployment, who: tuple[str, ...], code: int, says: str
) -> None:
    done = run("profile", *who)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr


@pytest.mark.parametrize("command", ["export", "erase"])
@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((), 2, "name the person once"),
        (("a", "--openid", OPENID), 2, "name the person once"),
        (("--openid", OPENID, "--member", "M-1"), 2, "name the person once"),
        (("--member", "M-9"), 1, "nobody on record is found by this --member"),
        (("--openid", "no openid"), 2, "openid"),
        (("--openid", "oNobody"), 1, "oNobody"),
        (("nobody",), 1, "no person nobody"),
    ],
)
def test_a_person_who_cannot_be_found_is_an_error_of_one_line(
    deployment: Deployment, command: str, arguments: tuple[str, ...], status: int, words: str
) -> None:
    done = run(command, *arguments)

    assert done.exit_code == status
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


# --- files ---------------------------------------------------------------------------------------------

PHOTO = b"\xff\xd8\xff\xe0 a photo of theirs"


def keep_photo(deployment: Deployment, minute: int) -> str:
    """A photo that was sent some minutes after noon is kept; returns the name of the stored file."""
    sent = event("image", NOON + timedelta(minutes=minute), MediaId="M-1")
    person = deployment.followers.read(APP_ID, OPENID).follower
    assert person is not None
    name = stored_as(person.person_id, sent.place_on_record)
    sealed = deployment.personal_data.seal_file(person, name, PHOTO)
    after = changed(person, data_keys=sealed.data_keys, rev=person.rev + 1)
    file = MediaFile("image/jpeg", PHOTO)
    deployment.media.keep(person, after, kept(sent, file, "image/jpeg", name, person.contact_id, NOON, 30))
    deployment.media_objects.put(name, sealed.data)
    return name


@pytest.mark.capability(row="31")
def test_the_files_of_a_person_are_listed_saved_and_named_in_an_export(
    known: Deployment, tmp_path: Path
) -> None:
    for minute in (5, 6):
        keep_photo(known, minute)
    folder = tmp_path / "of" / "lee"

    listed = run("media", "--openid", OPENID, "--save", str(folder), "--json")
    exported = run("export", "--openid", OPENID, "--media", str(tmp_path / "again"))

    rows = json.loads(listed.stdout)
    assert [row["place"][:19] for row in rows] == ["2026-11-22T04:06:00", "2026-11-22T04:05:00"]
    facts = [(row["kind"], row["content_type"], row["size"]) for row in rows]
    assert facts == [("image", "image/jpeg", len(PHOTO))] * 2
    assert json.loads(exported.stdout)["media"] == rows
    for saved in (folder, tmp_path / "again"):
        files = {path.name: path.read_bytes() for path in saved.iterdir()}
        assert files == {row["file_name"]: PHOTO for row in rows}
        assert {path.stat().st_mode & 0o777 for path in saved.iterdir()} == {0o600}
    accesses = known.accesses.all(person_of(known.followers))
    assert [(one.operation, one.caller) for one in accesses] == [("save_media", known.caller)] * 2
    assert "2 file(s)" in listed.stderr
    assert all(row["file_name"] in run("media", "--openid", OPENID).stdout for row in rows)


def test_of_a_person_without_files_none_are_listed(known: Deployment) -> None:
    assert "no files" in run("media", "--openid", OPENID).stdout
    assert json.loads(run("media", "--openid", OPENID, "--json").stdout) == []
    assert known.accesses.all(person_of(known.followers)) == [], "who saves nothing has read nothing"


def test_a_file_that_is_gone_is_named_and_the_others_are_saved(known: Deployment, tmp_path: Path) -> None:
    names = [keep_photo(known, minute) for minute in (5, 6, 7)]
    known.media_objects.delete([names[0]])
    known.media_objects.put(names[1], b"no sealed file")

    result = run("media", "--openid", OPENID, "--save", str(tmp_path))

    assert result.exit_code == 1
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [PHOTO]
    assert result.stderr.count(".jpg: it was deleted") == 2


# --- uploads -------------------------------------------------------------------------------------------


def uploaded(deployment: Deployment, number: int, verdict: str | None = "review") -> Upload:
    """A picture is there since some minutes after noon; WeChat has said this of it, None: nothing yet."""
    person = deployment.followers.read(APP_ID, OPENID).follower
    assert person is not None
    at, upload_id = NOON + timedelta(minutes=number), f"{number}" * 32
    opened = Upload(upload_id, person.contact_id, "image/png", at, f"new/{upload_id}")
    deployment.uploads.open(person, opened)
    found = FoundUpload(opened, person)
    received = opened.received(f"kept/{upload_id}", at)
    found = deployment.uploads.change(found, received)
    deployment.upload_files.stored[received.file] = PHOTO
    if verdict is not None:
        found = deployment.uploads.change(found, received.judged(verdict, at))
        if found.upload.is_settled:
            deployment.uploads.take_off_list(found.upload)
    return found.upload


@pytest.mark.capability(row="C23")
def test_a_human_sees_the_uploads_in_doubt_and_those_without_a_result_and_decides(known: Deployment) -> None:
    doubted, new, other = uploaded(known, 1), uploaded(known, 2, verdict=None), uploaded(known, 3)
    uploaded(known, 4, verdict="pass")
    shown = json.loads(run("uploads", "--json").stdout)
    assert [one["id"] for one in shown] == [doubted.id, other.id]
    assert shown[0] == {
        "id": doubted.id,
        "person": person_of(known.followers),
        "received_at": (NOON + timedelta(minutes=1)).isoformat(),
        "status": "review",
        "address": known.upload_files.address(doubted.file),
    }
    known.clock.pass_(days=2)
    table = run("uploads").stdout
    assert all(words in table for words in ("in doubt", "no result"))
    assert "存疑" in run("uploads", "--lang", "zh").stdout

    for _ in range(2):
        decided = run("uploads", "--approve", doubted.id, "--approve", new.id, "--reject", other.id)
        assert (decided.exit_code, "no upload waits" in decided.stdout) == (0, True)
    told = {one.id: one.body for one in known.told}
    assert list(told.values()) == [
        UploadApproved(doubted.id),
        UploadApproved(new.id),
        UploadRejected(other.id),
    ]
    assert set(known.upload_files.stored) >= {doubted.file, new.file}
    assert other.file not in known.upload_files.stored
    assert json.loads(run("uploads", "--json").stdout) == []
    exported = json.loads(run("export", "--openid", OPENID).stdout)["uploads"]
    assert [one["status"] for one in exported] == ["approved", "approved", "rejected", "approved"]


@pytest.mark.parametrize(
    ("decision", "status", "why"), [("approve", "approved", "已通过"), ("reject", "rejected", "未通过")]
)
def test_a_decision_that_was_cut_off_is_listed_until_it_is_given_again(
    known: Deployment, monkeypatch: pytest.MonkeyPatch, decision: str, status: str, why: str
) -> None:
    upload = uploaded(known, 1)
    with monkeypatch.context() as patched:
        patched.setattr(SqsInbox, "tell", cut_off)
        assert run("uploads", f"--{decision}", upload.id).exit_code != 0
    assert known.told == []
    (listed,) = json.loads(run("uploads", "--json").stdout)
    assert (listed["id"], listed["status"]) == (upload.id, status)
    assert why in run("uploads", "--lang", "zh").stdout
    assert "no upload waits" in run("uploads", f"--{decision}", upload.id).stdout
    assert [one.kind for one in known.told] == [f"upload.{status}"]


def cut_off(*_: object) -> None:
    raise ConnectionError


def test_a_decision_that_cannot_be_made_says_why_and_changes_nothing(known: Deployment) -> None:
    upload = uploaded(known, 1)
    assert run("uploads", "--reject", upload.id, "--approve", upload.id).exit_code == 2
    assert known.told == []
    run("uploads", "--reject", upload.id)
    again, unknown = run("uploads", "--approve", upload.id), run("uploads", "--approve", "0" * 32)
    assert (again.exit_code, unknown.exit_code) == (1, 1)
    assert "rejected already" in again.stderr.replace("\n", " ")
    assert "there is no picture" in unknown.stderr.replace("\n", " ")
    assert len(known.told) == 1


def test_a_folder_that_cannot_be_written_to_is_named_and_nothing_is_saved(
    known: Deployment, tmp_path: Path
) -> None:
    keep_photo(known, 5)
    file = tmp_path / "a-file"
    file.write_text("theirs")

    result = run("media", "--openid", OPENID, "--save", str(file))

    assert result.exit_code == 2
    assert "a-file" in result.stderr.replace("\n", "")
    assert file.read_text() == "theirs"
    assert known.accesses.all(person_of(known.followers)) == []
