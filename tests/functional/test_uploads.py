"""Pictures that people upload, on real tables: checked, approved or not, and gone with their person."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from functions.check_uploads import app as check_uploads
from tests.functional.test_media import MINI, Once, joins
from tests.support.builders import APP_ID, OPENID, SUBJECT, event
from tests.support.hazard import Hazard, Killed
from tests.support.media import FakeContentCheck, FakeUploadBucket
from tests.support.one_person import AllAccounts
from tests.support.servers.dynamodb import empty
from tests.support.turns import before_each_call
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.sale_store import SaleStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.uploads.upload_store import UploadStore, stranger_tries
from wejourney.errors import (
    AccountMisconfiguredError,
    CallbackRefusedError,
    ContentRejectedError,
    DailyQuotaSpentError,
    StaleFollowerError,
    UnrecognisedRefusalError,
    WeChatBusyError,
)
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import MiniProgramEvent, UploadApproved, UploadRejected
from wejourney.events.matching import EventPattern
from wejourney.loyalty.earning_rules import AtMost, EarningRule
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.programme import Programme
from wejourney.messaging.uploads import (
    CONTENT_TYPES,
    MOST_UPLOADS,
    UnknownUploadError,
    Upload,
    UploadSettledError,
    UploadStatus,
)
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.uploads.check_uploads import CheckUploads, Outcome
from wejourney.services.uploads.ports import NotCopiedError, StoredUpload, UploadForm
from wejourney.services.uploads.serve_uploads import ServeUploads
from wejourney.services.uploads.settle_uploads import SettleUploads

PHOTO = b"\xff\xd8\xff\xe0 a photo of their workout"
RULE = EarningRule(EventPattern("upload.approved"), 200, once_per="upload", at_most=AtMost(per_day=600))
PROGRAMME = Programme(assets={"points": Expiry()}, rules={"photos": RULE})


@dataclass
class Uploads:
    """A person with a mini program, the bucket, WeChat's check and the inbox."""

    world: World
    bucket: FakeUploadBucket
    wechat: FakeContentCheck = field(default_factory=FakeContentCheck)
    told: list[InboundEvent] = field(default_factory=list)
    is_on: bool = True
    numbers: Any = field(default_factory=count)

    @property
    def records(self) -> UploadStore:
        return UploadStore(self.world.followers.table)

    def settling(self, around: Callable[[Any], Any] = lambda service: service) -> SettleUploads:
        return SettleUploads(self.records, around(self.bucket), self.world.clock.now)

    def checking(self, around: Callable[[Any], Any] = lambda service: service) -> CheckUploads:
        return CheckUploads(
            accounts=AllAccounts(),
            records=self.records,
            objects=around(self.bucket),
            wechat=around(self.wechat),
            settle=self.settling(around),
            inbox=around(self.world.announcements),
            now=self.world.clock.now,
        )

    def ask(self, subject: Subject = SUBJECT, **asked: Any) -> tuple[int, dict[str, Any]]:
        table = self.world.followers.table
        serve = ServeUploads(
            self.records,
            self.bucket,
            PeopleStore(table),
            stranger_tries(table),
            self.world.announcements,
            self.world.clock.now,
            self.is_on,
        )
        answer = serve(subject, {"id": f"picture-{next(self.numbers)}", "type": "image/jpeg"} | asked)
        return answer.status, json.loads(answer.body)

    def opens(self) -> UploadForm:
        status, answer = self.ask()
        assert status == 200, answer
        return UploadForm(answer["url"], answer["fields"])

    def uploads(self, data: bytes = PHOTO) -> StoredUpload:
        """A phone posts a picture, of which WeChat has said nothing yet; what the bucket tells of it."""
        stored = self.bucket.post(self.opens(), data + str(next(self.numbers)).encode())
        assert self.checking()(stored) is Outcome.ASKED
        return stored

    def push(self, trace: str, suggest: str = "pass", **fields: Any) -> InboundEvent:
        told = {"trace_id": trace, "errcode": "0", "result": {"suggest": suggest, "label": "100"}, **fields}
        return event("wxa_media_check", self.world.clock.now(), "o-whoever-it-names-000000001", **told)

    def hears(self, trace: str, suggest: str = "pass", **fields: Any) -> None:
        """WeChat pushes, and all that follows happens."""
        self.takes(self.push(trace, suggest, **fields))

    def takes(self, one: InboundEvent) -> None:
        self.world.announcements.tell(self.world.takes(one).told)
        self.settle()

    def settle(self) -> None:
        while self.world.announcements.queued:
            one = self.world.announcements.queued.pop(0)
            self.told.append(one)
            self.world.announcements.tell(self.world.takes(one).told)

    @property
    def last(self) -> str:
        return f"trace-{len(self.wechat.asked)}"

    def points(self) -> int:
        return self.world.ledger.books(self.world.follower().person_id, "points").available

    def all(self) -> list[Upload]:
        return list(self.records.all(self.world.follower().person_id))

    def statuses(self) -> list[str]:
        return [upload.status.value for upload in self.all()]

    def bodies(self) -> list[Any]:
        return [one.body for one in self.told if one.kind.startswith("upload.")]

    def rows(self) -> str:
        table = self.world.followers.table
        return str([columns_of(item) for item in table.client.scan(TableName=table.name)["Items"]])


def begun(followers: FollowerStore, ledger: BooksStore) -> Uploads:
    bucket = FakeUploadBucket()
    world = new_world(replace(followers, uploads=bucket), ledger)
    bookkeeping = Bookkeeping(ledger, followers, pause=lambda _: None)
    world.accounts = AllAccounts()
    world.earn = EarnPoints(bookkeeping, SaleStore(ledger.table), PROGRAMME)
    uploads = Uploads(world, bucket)
    world.uploads = uploads.settling()
    return uploads


@pytest.fixture
def uploads(followers: FollowerStore, ledger: BooksStore) -> Uploads:
    return begun(followers, ledger)


# --- what earns, and what does not --------------------------------------------------------------------------


@pytest.mark.capability(row="C23")
def test_a_picture_earns_when_wechat_approves_it_and_not_before(uploads: Uploads) -> None:
    stored = uploads.uploads()
    assert (uploads.statuses(), uploads.points()) == (["checking"], 0)
    ((openid, url),) = uploads.wechat.asked
    (upload,) = uploads.all()
    assert openid == OPENID
    assert url == uploads.bucket.address(upload.file)
    assert list(uploads.bucket.stored) == [upload.file], "the copy, to which no phone can write"
    assert stored.etag in upload.file

    uploads.hears("trace-1")

    assert uploads.bodies() == [UploadApproved(upload.id)]
    assert (uploads.statuses(), uploads.points()) == (["approved"], 200)
    assert list(uploads.bucket.stored) == [upload.file]


@pytest.mark.capability(row="C23")
def test_a_rejected_picture_earns_nothing_and_is_deleted(uploads: Uploads) -> None:
    uploads.uploads()
    uploads.hears("trace-1", "risky")
    (upload,) = uploads.all()
    assert uploads.bodies() == [UploadRejected(upload.id)]
    assert (upload.status, uploads.points(), uploads.bucket.stored) == (UploadStatus.REJECTED, 0, {})


@pytest.mark.capability(row="C23")
def test_a_picture_that_is_approved_two_days_later_earns(uploads: Uploads) -> None:
    uploads.uploads()
    uploads.world.clock.pass_(days=2)
    uploads.hears("trace-1")
    assert uploads.points() == 200


@pytest.mark.capability(row="C23")
def test_ten_pictures_on_a_day_earn_up_to_the_limit_of_the_day(uploads: Uploads) -> None:
    for _ in range(10):
        uploads.uploads()
        uploads.hears(uploads.last)
    assert uploads.statuses() == ["approved"] * 10
    assert uploads.points() == 600
    uploads.world.clock.pass_(days=1)
    uploads.uploads()
    uploads.hears(uploads.last)
    assert uploads.points() == 800


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"result": {"suggest": "review", "label": "20001"}}, "review"),
        ({"result": {"suggest": "something new"}}, "review"),
        ({"result": "pass"}, "review"),
        ({"result": ["pass"]}, "review"),
        ({"result": {"suggest": ["pass"]}}, "review"),
        ({"errcode": "-1008", "errmsg": "download failed"}, "review"),
        ({"detail": [{"strategy": "content_model", "errcode": "-1", "suggest": "pass"}]}, "review"),
        ({"detail": {"strategy": "content_model", "errcode": "87014"}}, "review"),
        ({"detail": [{"errcode": "0", "suggest": "pass"}, {"errcode": "0"}]}, "approved"),
        ({"errcode": "-1", "result": {"suggest": "risky"}}, "rejected"),
    ],
)
def test_only_a_whole_pass_approves_and_whatever_is_in_doubt_a_human_decides(
    uploads: Uploads, fields: dict[str, Any], status: str
) -> None:
    uploads.uploads()
    uploads.hears("trace-1", **fields)
    assert uploads.statuses() == [status]
    assert uploads.points() == (200 if status == "approved" else 0)


# --- twice, late, never, and the other way around -----------------------------------------------------------


@pytest.mark.parametrize("suggest", ["pass", "risky"])
def test_a_push_that_comes_twice_tells_the_same_event(uploads: Uploads, suggest: str) -> None:
    uploads.uploads()
    uploads.hears("trace-1", suggest)
    uploads.world.clock.pass_(days=1)
    uploads.hears("trace-1", suggest)
    assert len({one.id for one in uploads.told if one.kind.startswith("upload.")}) == 1
    assert uploads.points() == (200 if suggest == "pass" else 0)


def test_the_first_decision_stands(uploads: Uploads) -> None:
    uploads.uploads()
    for suggest in ("risky", "pass", "review"):
        uploads.hears("trace-1", suggest)
    assert (uploads.statuses(), uploads.points()) == (["rejected"], 0)


@pytest.mark.parametrize("suggest", ["pass", "risky", "review"])
def test_a_push_before_it_is_on_record_whose_check_it_is_counts(uploads: Uploads, suggest: str) -> None:
    uploads.wechat.before_answer = lambda trace: uploads.hears(trace, suggest)
    stored = uploads.bucket.post(uploads.opens(), PHOTO)
    uploads.checking()(stored)
    uploads.settle()
    status = {"pass": "approved", "risky": "rejected", "review": "review"}[suggest]
    assert (uploads.statuses(), uploads.points()) == ([status], 200 if suggest == "pass" else 0)


def test_a_push_of_no_check_of_ours_does_nothing(uploads: Uploads) -> None:
    uploads.uploads()
    for trace in ("trace-9", ""):
        uploads.hears(trace)
    uploads.takes(replace(uploads.push("trace-1"), subject=Subject(APP_ID, "another-follower-00000000001")))
    assert uploads.points() == 200, "whomever it names"
    other = replace(uploads.push("trace-1"), subject=Subject("wx-another-app", OPENID))
    assert uploads.settling().checked(other) == (), "but for the app whose check it is"


def test_a_human_is_asked_for_what_is_in_doubt_and_where_wechat_has_not_answered_for_a_day(
    uploads: Uploads,
) -> None:
    for _ in range(3):
        uploads.uploads()
        uploads.world.clock.pass_(seconds=1)
    uploads.hears("trace-1", "review")
    uploads.hears("trace-2")

    def waiting() -> list[str]:
        now = uploads.world.clock.now()
        return [one.upload.trace for one in uploads.records.waiting() if one.upload.waits_for_human(now)]

    assert waiting() == ["trace-1"]
    uploads.world.clock.pass_(days=1)
    assert waiting() == ["trace-1", "trace-3"]
    uploads.hears("trace-3")
    assert waiting() == ["trace-1"]
    uploads.hears("trace-1", "risky")
    assert waiting() == []
    assert list(uploads.records.waiting()) == []


@pytest.mark.parametrize("approved", [True, False])
def test_a_human_decides_once_and_what_wechat_says_after_that_changes_nothing(
    uploads: Uploads,
    approved: bool,  # noqa: FBT001 - a column of the table
) -> None:
    uploads.uploads()
    (upload,) = uploads.all()
    decided = uploads.settling().decide(upload.id, approved=approved)
    assert uploads.settling().decide(upload.id, approved=approved) == decided
    uploads.world.announcements.tell(decided)
    uploads.settle()
    uploads.hears("trace-1", "risky" if approved else "pass")
    assert uploads.bodies() == [(UploadApproved if approved else UploadRejected)(upload.id)]
    assert uploads.points() == (200 if approved else 0)
    assert bool(uploads.bucket.stored) is approved
    with pytest.raises(UploadSettledError):
        uploads.settling().decide(upload.id, approved=not approved)


@pytest.mark.parametrize("approved", [True, False])
def test_what_a_human_has_decided_stays_on_the_list_until_it_is_told(
    uploads: Uploads,
    approved: bool,  # noqa: FBT001 - a column of the table
) -> None:
    uploads.uploads()
    (upload,) = uploads.all()
    uploads.settling().decide(upload.id, approved=approved)
    (listed,) = uploads.records.waiting()
    assert (listed.upload.id, listed.upload.is_settled) == (upload.id, True)
    uploads.world.announcements.tell(uploads.settling().decide(upload.id, approved=approved))
    uploads.settling().told(upload.id)
    uploads.settle()
    assert list(uploads.records.waiting()) == []
    assert uploads.points() == (200 if approved else 0)


def test_whoever_leaves_takes_what_is_decided_and_untold_off_the_list(uploads: Uploads) -> None:
    uploads.uploads()
    uploads.settling().decide(uploads.all()[0].id, approved=True)
    leaves(uploads)
    assert (uploads.bucket.stored, "RECEIVED#" in uploads.rows()) == ({}, False)


def test_rows_outlast_their_files_also_where_a_later_parameter_keeps_these_for_longer(
    uploads: Uploads,
) -> None:
    uploads.uploads()
    uploads.opens()
    table = uploads.world.followers.table
    items = [columns_of(item) for item in table.client.scan(TableName=table.name)["Items"]]
    now = int(uploads.world.clock.now().timestamp())
    kept: dict[str, list[int]] = {}
    for row in items:
        if "UPLOAD#" in row["sk"] or row["pk"] == "UPLOADS":
            kept.setdefault(row["pk"].partition("#")[0], []).append((row["expires_at"] - now) // 86_400)
    assert {name: sorted(days) for name, days in kept.items()} == {
        "PERSON": [16, 1002],
        "UPLOAD": [16, 1002],
        "UPLOADS": [1002],
    }


def test_a_human_cannot_approve_what_was_never_uploaded(uploads: Uploads) -> None:
    uploads.opens()
    (upload,) = uploads.all()
    for upload_id in (upload.id, "0" * 32):
        with pytest.raises(UnknownUploadError):
            uploads.settling().decide(upload_id, approved=True)
    assert uploads.statuses() == ["open"]


# --- what a phone may do ------------------------------------------------------------------------------------


def test_an_address_has_nothing_of_the_person_and_is_for_one_type(uploads: Uploads) -> None:
    for content_type in CONTENT_TYPES:
        status, answer = uploads.ask(type=content_type)
        assert (status, answer["fields"]["Content-Type"]) == (200, content_type)
        assert answer["fields"]["key"] == f"new/{answer['upload']}"
        for secret in (OPENID, APP_ID, uploads.world.follower().person_id):
            assert secret not in json.dumps(answer)


@pytest.mark.parametrize("asked", [{"type": "image/gif"}, {"type": ""}, {"type": 7}, {"type": None}])
def test_what_is_no_picture_gets_no_address(uploads: Uploads, asked: dict[str, Any]) -> None:
    with pytest.raises(CallbackRefusedError, match="image/jpeg"):
        uploads.ask(**asked)
    assert uploads.statuses() == []


def test_a_person_gets_so_many_addresses_a_day_also_at_once(uploads: Uploads) -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(uploads.ask()[0])) for _ in range(MOST_UPLOADS + 5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * MOST_UPLOADS + [429] * 5
    assert uploads.ask()[1]["reason"] == "too_many_uploads"
    assert len(uploads.all()) == MOST_UPLOADS
    uploads.world.clock.pass_(days=1)
    assert uploads.ask()[0] == 200


def test_a_stranger_gets_no_address_until_the_inbox_knows_them(uploads: Uploads) -> None:
    stranger = Subject(APP_ID, "o-nobody-knows-them-000000001")
    for _ in range(2):
        status, answer = uploads.ask(stranger)
        assert (status, answer["reason"]) == (503, "not_known_yet")
    assert {one.id for one in uploads.world.announcements.told} == {
        uploads.world.announcements.queued[0].id
    }, "once an hour"
    uploads.settle()
    assert [one.body for one in uploads.told] == [MiniProgramEvent("upload.opened")]
    assert uploads.ask(stranger)[0] == 200


def test_only_a_request_that_got_an_address_counts_and_strangers_have_a_limit_of_their_own(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Subject(APP_ID, "o-nobody-knows-them-000000001")
    reasons = [uploads.ask(stranger)[1]["reason"] for _ in range(MOST_UPLOADS + 1)]
    assert reasons == ["not_known_yet"] * MOST_UPLOADS + ["too_many_uploads"]
    uploads.settle()

    def stale(*_: object) -> None:
        raise StaleFollowerError

    for subject in (stranger, SUBJECT):
        with monkeypatch.context() as patched:
            patched.setattr(UploadStore, "open", stale)
            for _ in range(3):
                assert uploads.ask(subject)[1]["reason"] == "busy"
        answers = [uploads.ask(subject)[0] for _ in range(MOST_UPLOADS + 1)]
        assert answers == [200] * MOST_UPLOADS + [429]


def test_a_request_goes_on_where_the_person_changes_meanwhile(uploads: Uploads) -> None:
    place = 0
    while True:
        moments = Once(place, lambda: uploads.world.says(after_minutes=3, Content="hi"))
        with before_each_call(uploads.world, moments):
            assert uploads.ask()[0] == 200, place
        if not moments.is_done:
            break
        place += 1
    assert place >= 4


def test_the_same_request_is_for_the_same_upload_and_its_picture_pays_once(uploads: Uploads) -> None:
    """Each answer may be lost: that of the API, and that of the bucket."""
    same: dict[str, Any] = {"id": "one-picture"}
    first = uploads.ask(**same)[1]
    again = uploads.ask(**same)[1]
    assert (again["upload"], again["fields"]["key"]) == (first["upload"], f"new/{first['upload']}")
    form = UploadForm(again["url"], again["fields"])
    assert uploads.checking()(uploads.bucket.post(form, PHOTO)) is Outcome.ASKED
    uploads.checking()(uploads.bucket.post(form, PHOTO))
    assert uploads.ask(**same) == (200, {"upload": first["upload"], "status": "checking"})
    uploads.hears("trace-1")
    assert uploads.ask(**same) == (200, {"upload": first["upload"], "status": "approved"})
    assert (uploads.statuses(), uploads.points(), len(uploads.wechat.asked)) == (["approved"], 200, 1)
    for _ in range(MOST_UPLOADS - 1):
        assert uploads.ask()[0] == 200
    assert uploads.ask(**same)[0] == 200, "a repeated request counts once"
    assert uploads.ask()[0] == 429


def test_the_same_request_at_once_is_for_one_upload(uploads: Uploads) -> None:
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(uploads.ask(id="one-picture"))) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {200}
    assert {answer["upload"] for _, answer in answers} == {uploads.all()[0].id}


def test_an_id_is_of_one_type_of_one_person_and_gets_addresses_for_a_day(uploads: Uploads) -> None:
    same: dict[str, Any] = {"id": "one-picture"}
    first = uploads.ask(**same)[1]["upload"]
    assert uploads.ask(**same, type="image/png")[1]["reason"] == "id_used"
    uploads.ask(MINI)
    uploads.settle()
    assert uploads.ask(MINI, **same)[1]["upload"] != first
    uploads.world.clock.pass_(days=1)
    assert uploads.ask(**same)[1]["reason"] == "id_used"


def test_a_deployment_that_takes_no_uploads_gives_no_address(uploads: Uploads) -> None:
    uploads.is_on = False
    assert uploads.ask() == (409, {"error": "this deployment takes no uploads", "reason": "uploads_off"})


def test_a_second_picture_under_one_address_is_deleted_and_the_first_is_what_was_checked(
    uploads: Uploads,
) -> None:
    form = uploads.opens()
    first = uploads.bucket.post(form, PHOTO)
    assert uploads.checking()(first) is Outcome.ASKED
    second = uploads.bucket.post(form, b"\xff\xd8\xff\xe0 something else")
    assert uploads.checking()(second) is Outcome.SECOND
    uploads.hears("trace-1")
    (upload,) = uploads.all()
    assert uploads.bucket.stored == {upload.file: PHOTO}
    assert uploads.points() == 200


def test_a_file_that_nobody_was_given_an_address_for_is_deleted(uploads: Uploads) -> None:
    stored = uploads.bucket.post(UploadForm("", {"key": "new/whatever"}), PHOTO)
    assert uploads.checking()(stored) is Outcome.GONE
    assert (uploads.bucket.stored, uploads.wechat.asked) == ({}, [])


# --- what WeChat does not check -----------------------------------------------------------------------------


def record_of(stored: StoredUpload) -> dict[str, Any]:
    """A message of the queue with what S3 tells."""
    file = {"key": stored.name, "size": 1, "eTag": stored.etag}
    return {"messageId": "m-1", "body": json.dumps({"Records": [{"s3": {"object": file}}]})}


@pytest.mark.parametrize(
    "error",
    [
        WeChatBusyError(45011),
        DailyQuotaSpentError(45009),
        AccountMisconfiguredError(48001),
    ],
)
def test_what_wechat_does_not_check_now_the_queue_delivers_again(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    record = record_of(uploads.bucket.post(uploads.opens(), PHOTO))
    monkeypatch.setattr(check_uploads, "check_uploads", uploads.checking)
    names = ("function_name", "memory_limit_in_mb", "invoked_function_arn", "aws_request_id")
    context: Any = SimpleNamespace(**dict.fromkeys(names, "f"))
    uploads.wechat.fails.append(error)

    failed = check_uploads.handler({"Records": [record]}, context)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert uploads.statuses() == ["checking"]
    for _ in range(2):
        assert check_uploads.handler({"Records": [record]}, context) == {"batchItemFailures": []}
    assert len(uploads.wechat.asked) == 1
    uploads.hears("trace-1")
    assert uploads.points() == 200


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchKey", "PreconditionFailed"])
def test_a_file_that_cannot_be_copied_is_delivered_again_and_the_log_says_why(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def refuses(*_: object) -> None:
        raise NotCopiedError(code)

    stored = uploads.bucket.post(uploads.opens(), PHOTO)
    with monkeypatch.context() as patched:
        patched.setattr(uploads.bucket, "keep", refuses)
        with pytest.raises(NotCopiedError, match=code):
            uploads.checking()(stored)
        monkeypatch.setattr(check_uploads, "check_uploads", uploads.checking)
        names = ("function_name", "memory_limit_in_mb", "invoked_function_arn", "aws_request_id")
        context: Any = SimpleNamespace(**dict.fromkeys(names, "f"))
        failed = check_uploads.handler({"Records": [record_of(stored)]}, context)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert uploads.statuses() == ["open"]
    assert uploads.checking()(stored) is Outcome.ASKED


@pytest.mark.parametrize("error", [ContentRejectedError(40006), UnrecognisedRefusalError(61010)])
def test_what_wechat_will_never_check_a_human_decides(uploads: Uploads, error: Exception) -> None:
    uploads.wechat.fails.append(error)
    stored = uploads.bucket.post(uploads.opens(), PHOTO)
    assert uploads.checking()(stored) is Outcome.REVIEW
    assert uploads.statuses() == ["review"]


# --- people who leave, or turn out to be one ----------------------------------------------------------------


def leaves(uploads: Uploads) -> None:
    uploads.world.hears("unsubscribe", after_minutes=60)


def test_who_leaves_has_no_upload_any_more_and_a_push_after_that_does_nothing(uploads: Uploads) -> None:
    for _ in range(2):
        uploads.uploads()
    uploads.hears("trace-1")
    form = uploads.opens()
    leaves(uploads)
    assert uploads.bucket.stored == {}
    for prefix in ("UPLOAD#", "RECEIVED#"):
        assert prefix not in uploads.rows()
    told = len(uploads.told)
    uploads.hears("trace-2")
    assert uploads.checking()(uploads.bucket.post(form, PHOTO)) is Outcome.GONE
    assert (uploads.bucket.stored, len(uploads.told)) == ({}, told)


def test_who_leaves_between_approval_and_its_event_earns_nothing_when_they_come_back(
    uploads: Uploads,
) -> None:
    uploads.uploads()
    told = uploads.world.takes(uploads.push("trace-1")).told
    leaves(uploads)
    uploads.world.hears("subscribe", after_minutes=61)
    for one in told:
        uploads.takes(one)
    assert uploads.points() == 0


def at_each_moment(
    tables: str,
    followers: FollowerStore,
    ledger: BooksStore,
    happens: Callable[[Uploads, StoredUpload], None],
    prepare: Callable[[Uploads], object] = lambda _: None,
) -> Iterator[tuple[int, Uploads]]:
    """Uploads that are checked while something happens, before each call of the check in turn."""
    for place in count():
        empty(tables, "FollowersTable", "LedgerTable")
        uploads = begun(followers, ledger)
        prepare(uploads)
        stored = uploads.bucket.post(uploads.opens(), PHOTO)
        moments = Once(place, partial(happens, uploads, stored))
        uploads.bucket.before = moments
        with before_each_call(uploads.world, moments):
            uploads.checking()(stored)
        uploads.settle()
        if not moments.is_done:
            break
        yield place, uploads
    assert place >= 8


@pytest.mark.parametrize("with_another_contact", [False, True])
def test_whoever_leaves_in_the_middle_of_a_check_leaves_no_file_and_no_row(
    tables: str,
    followers: FollowerStore,
    ledger: BooksStore,
    with_another_contact: bool,  # noqa: FBT001 - a column of the table
) -> None:
    def prepare(uploads: Uploads) -> None:
        if with_another_contact:
            joins(uploads.world)

    leaving = at_each_moment(tables, followers, ledger, lambda uploads, _: leaves(uploads), prepare)
    for place, uploads in leaving:
        assert uploads.bucket.stored == {}, place
        assert "UPLOAD#" not in uploads.rows(), place


def test_an_upload_goes_along_when_two_people_turn_out_to_be_one(uploads: Uploads) -> None:
    """Who follows is known since before the contact of the mini program, and takes its uploads over."""
    uploads.ask(MINI)
    uploads.settle()
    form = uploads.ask(MINI)[1]
    stored = uploads.bucket.post(UploadForm(form["url"], form["fields"]), PHOTO)
    assert uploads.checking()(stored) is Outcome.ASKED
    joins(uploads.world)
    assert MINI in [contact.subject for contact in uploads.world.follower().contacts]
    uploads.takes(replace(uploads.push("trace-1"), subject=Subject(MINI.app_id, OPENID)))
    assert (uploads.statuses(), uploads.points()) == (["approved"], 200)
    leaves(uploads)
    assert uploads.bucket.stored != {}, "it belongs to the contact that is left"
    assert "UPLOAD#" in uploads.rows()


# --- crashes, and two at once -------------------------------------------------------------------------------


def test_killed_at_any_call_a_picture_is_settled_once_by_the_next_delivery(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    """Of the check, whose push is there before it; what was told before and after is one event."""
    place = 0
    while True:
        empty(tables, "FollowersTable", "LedgerTable")
        uploads = begun(followers, ledger)
        stored = uploads.bucket.post(uploads.opens(), PHOTO)
        pushes: list[str] = []
        uploads.wechat.before_answer = pushes.append
        hazard = Hazard(place)
        try:
            with hazard.in_dynamodb(uploads.world):
                uploads.checking(hazard.around)(stored)
        except Killed:
            pass
        uploads.settle()
        uploads.checking()(stored)
        for trace in pushes:
            killed_in_inbox(uploads, trace, place)
        assert uploads.points() == 200, place
        assert len({one.id for one in uploads.told if one.kind == "upload.approved"}) == 1, place
        assert len(uploads.bucket.stored) == 1, place
        if not hazard.is_dead:
            break
        place += 1
    assert place >= 8, "every call was a place to be killed at"


def killed_in_inbox(uploads: Uploads, trace: str, place: int) -> None:
    """The inbox is killed while it applies a push, and gets it again."""
    push, hazard = uploads.push(trace), Hazard(place)
    try:
        with hazard.in_dynamodb(uploads.world):
            told = uploads.world.takes(push).told
        uploads.world.announcements.tell(told)
    except Killed:
        uploads.world.announcements.tell(uploads.world.takes(push).told)
    uploads.settle()


@pytest.mark.parametrize("suggest", ["pass", "risky"])
def test_a_push_at_any_moment_of_a_check_settles_the_picture(
    tables: str, followers: FollowerStore, ledger: BooksStore, suggest: str
) -> None:
    """Also between WeChat's answer and the record of whose check it is."""

    def happens(uploads: Uploads, _: StoredUpload) -> None:
        uploads.hears("trace-1", suggest)

    for place, uploads in at_each_moment(tables, followers, ledger, happens):
        assert uploads.statuses() == ["approved" if suggest == "pass" else "rejected"], place
        assert uploads.points() == (200 if suggest == "pass" else 0), place
        assert bool(uploads.bucket.stored) is (suggest == "pass"), place


def test_what_the_person_does_meanwhile_lets_wechat_be_asked_once_and_the_picture_be_settled(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    def happens(uploads: Uploads, _: StoredUpload) -> None:
        uploads.world.says(after_minutes=3, Content="hi")

    for place, uploads in at_each_moment(tables, followers, ledger, happens):
        assert len(uploads.wechat.asked) == 1, place
        uploads.hears("trace-1")
        assert (uploads.statuses(), uploads.points()) == (["approved"], 200), place


def test_a_second_worker_at_any_moment_of_a_check_changes_nothing(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    def happens(uploads: Uploads, stored: StoredUpload) -> None:
        uploads.checking()(stored)

    for place, uploads in at_each_moment(tables, followers, ledger, happens):
        for number in range(len(uploads.wechat.asked)):
            uploads.hears(f"trace-{number + 1}")
        assert (uploads.statuses(), uploads.points()) == (["approved"], 200), place
        assert len(uploads.bucket.stored) == 1, place
