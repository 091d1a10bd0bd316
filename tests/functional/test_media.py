"""Files that people send, on real tables: kept before WeChat deletes them, and gone with their person."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.fetch_media import app as fetch_media
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event
from tests.support.fakes.accounts import FakeAccounts
from tests.support.hazard import Hazard, Killed
from tests.support.media import FakeMediaQueue, FakeMediaSource, FakeObjects
from tests.support.servers.dynamodb import empty
from tests.support.turns import before_each_call
from tests.support.world import World, new_world
from wejourney.adapters.aws.media_queue import SqsMediaQueue, wanted_in
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.media_store import MediaStore
from wejourney.errors import MalformedEventError, MissingSettingError, StaleFollowerError, WeChatBusyError
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import REVOKED, Identified, OtherEvent
from wejourney.journeys.receiving import Received
from wejourney.journeys.segments import PeopleRules
from wejourney.messaging.media import KINDS, KeptMedia, MediaFile
from wejourney.metrics import Metric
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.profile_model import ProfileModel
from wejourney.services.media.fetch_media import OFF, FetchMedia, Outcome
from wejourney.services.media.ports import MediaGoneError, MediaTooLargeError, WantedMedia
from wejourney.services.ports.keys import UnreadableValueError

RULES = PeopleRules(ProfileModel(private_purpose="membership"))
DAYS = 30
UNION = Identity(IdentityKind.UNION_ID, "main#u-lee")
MINI = Subject("wxminiprogram", "mLee")

FILES = {
    "image": MediaFile("image/jpeg", b"\xff\xd8\xff\xe0 a photo of their shoes"),
    "voice": MediaFile("audio/amr", b"#!AMR a word of theirs"),
    "video": MediaFile("video/mp4", b"\x00\x00\x00\x18ftypmp42 a video of theirs"),
    "shortvideo": MediaFile("video/mpeg4", b"\x00\x00\x00\x18ftypmp42 a short one"),
}
PHOTO = FILES["image"]


@dataclass
class Media:
    """A follower who has agreed to be kept, the queue, WeChat's files and the bucket."""

    world: World
    objects: FakeObjects
    queue: FakeMediaQueue = field(default_factory=FakeMediaQueue)
    wechat: FakeMediaSource = field(default_factory=FakeMediaSource)
    days: int = DAYS

    @property
    def records(self) -> MediaStore:
        return MediaStore(self.world.followers.table)

    def fetching(self, *, around: Callable[[Any], Any] = lambda service: service) -> FetchMedia:
        return FetchMedia(
            accounts=FakeAccounts(),
            records=self.records,
            objects=around(self.objects),
            wechat=around(self.wechat),
            sealed_files=self.world.personal_data,
            clock=self.world.clock,
            meter=self.world.meter,
            profile=RULES.profile,
            days=self.days,
        )

    def agrees(self, after_minutes: float = 2) -> None:
        self.world.tells("consent_given", purpose="membership", after_minutes=after_minutes)

    def withdraws(self, after_minutes: float = 20) -> None:
        self.world.tells("consent_withdrawn", purpose="membership", after_minutes=after_minutes)

    def unfollows(self) -> None:
        self.world.hears("unsubscribe", after_minutes=20)

    def sends(self, kind: str = "image", after_minutes: float = 5, file: MediaFile | None = None) -> None:
        media_id = f"media-{kind}-{after_minutes:g}"
        self.wechat.files.setdefault(media_id, file or FILES[kind])
        self.world.takes(event(kind, NOON + timedelta(minutes=after_minutes), MediaId=media_id))

    def fetch(self) -> list[Outcome]:
        """Fetch all that the queue asks for; what fails stays in it."""
        fetch, outcomes = self.fetching(), []
        while self.queue.wanted:
            outcomes.append(fetch(self.queue.wanted[0]))
            del self.queue.wanted[0]
        return outcomes

    def kept(self, person: Follower | None = None) -> list[KeptMedia]:
        return list(self.records.all((person or self.world.follower()).person_id, page=2))

    def opened(self, person: Follower | None = None) -> list[bytes]:
        """The files on record, in clear."""
        person = person or self.world.follower()
        return [
            self.world.personal_data.open_file(person, one.file, self.objects.stored[one.file])
            for one in self.kept(person)
        ]

    def rows(self) -> str:
        table = self.world.followers.table
        return str([columns_of(item) for item in table.client.scan(TableName=table.name)["Items"]])


def begun(followers: FollowerStore, ledger: BooksStore) -> Media:
    objects = FakeObjects()
    world = new_world(replace(followers, media=objects), ledger)
    world.people_rules = RULES
    media = Media(world, objects)
    world.media_queue = media.queue
    media.agrees()
    return media


@pytest.fixture
def media(followers: FollowerStore, ledger: BooksStore) -> Media:
    return begun(followers, ledger)


# --- a file is kept --------------------------------------------------------------------------------------


@pytest.mark.capability(row="30")
@pytest.mark.capability(row="31")
@pytest.mark.parametrize("kind", KINDS)
def test_the_file_of_a_message_is_kept_sealed_and_opened_as_it_was_sent(media: Media, kind: str) -> None:
    media.sends(kind)
    assert media.fetch() == [Outcome.KEPT]

    (kept,) = media.kept()
    person = media.world.follower()
    assert list(media.objects.stored) == [kept.file]
    assert kept.file.startswith(f"{person.person_id}/")
    assert (kept.kind, kept.content_type) == (kind, FILES[kind].content_type)
    assert (kept.size, kept.sha256) == (len(FILES[kind].data), hashlib.sha256(FILES[kind].data).hexdigest())
    assert kept.until - kept.kept_at == timedelta(days=DAYS)
    assert kept.sent_at == NOON + timedelta(minutes=5)
    assert media.opened() == [FILES[kind].data]
    assert FILES[kind].data not in media.objects.stored[kept.file]
    assert media.world.meter.counts[Metric.MEDIA_KEPT] == 1


def test_kinds_of_messages_with_a_file_each_have_an_example() -> None:
    assert FILES.keys() == KINDS.keys()


def queued(wanted: WantedMedia) -> str:
    """The body of the message that asks for a file."""
    sent: list[dict[str, Any]] = []
    client = SimpleNamespace(send_message=lambda **message: sent.append(message))
    SqsMediaQueue(client, "media").put(wanted)
    return str(sent[0]["MessageBody"])


def test_the_queue_is_told_our_own_ids_and_a_time_only(media: Media) -> None:
    media.sends()
    body = queued(media.queue.wanted[0])
    assert wanted_in(body) == media.queue.wanted[0]
    for secret in (OPENID, APP_ID, "media-image"):
        assert secret not in body


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"person": 1, "contact": "c", "event": "e"}', "null", "[" * 9999]
)
def test_a_message_that_asks_for_nothing_is_rejected(body: str) -> None:
    with pytest.raises((MalformedEventError, RecursionError)):
        wanted_in(body)


def test_no_file_is_fetched_of_who_has_not_agreed_nor_while_files_are_not_kept(media: Media) -> None:
    media.withdraws(3)
    media.sends(after_minutes=4)
    media.agrees(5)
    media.world.media_queue = None
    media.sends(after_minutes=6)
    assert media.queue.wanted == []
    media.world.media_queue = media.queue
    media.world.says(after_minutes=7, Content="no file")
    media.world.hears("image", after_minutes=8)
    assert media.queue.wanted == []

    media.sends(after_minutes=9)
    media.days = OFF
    assert media.fetch() == [Outcome.UNWANTED]
    assert media.wechat.asked == []


def test_a_message_that_is_delivered_twice_has_one_file(media: Media) -> None:
    for _ in range(2):
        media.sends()
    assert len(media.queue.wanted) == 2, "a delivery may be the first one that reaches the queue"
    assert media.fetch() == [Outcome.KEPT, Outcome.KEPT]
    assert len(media.kept()) == len(media.objects.stored) == 1
    assert media.wechat.asked == ["media-image-5"]


def test_files_of_a_person_are_listed_newest_first_by_pages(media: Media) -> None:
    for minute in range(5, 10):
        media.sends(after_minutes=minute)
    media.fetch()
    sent = [kept.sent_at for kept in media.kept()]
    assert len(sent) == 5
    assert sent == sorted(sent, reverse=True)
    assert len({kept.file_name for kept in media.kept()}) == 5


# --- what WeChat does not hand over ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome", "metric"),
    [
        (MediaGoneError(), Outcome.GONE, Metric.MEDIA_GONE),
        (MediaTooLargeError(9), Outcome.TOO_LARGE, Metric.MEDIA_TOO_LARGE),
        (MediaFile("text/html", b"<html>"), Outcome.REFUSED, Metric.MEDIA_REFUSED),
        (FILES["video"], Outcome.REFUSED, Metric.MEDIA_REFUSED),
    ],
)
def test_what_is_no_file_of_its_kind_is_counted_and_not_kept(
    media: Media, answer: MediaFile | Exception, outcome: Outcome, metric: Metric
) -> None:
    media.sends()
    media.wechat.files = {"media-image-5": answer}
    assert media.fetch() == [outcome]
    assert media.world.meter.counts[metric] == 1
    assert (media.kept(), media.objects.stored) == ([], {})


@pytest.mark.capability(row="31")
def test_a_photo_that_wechat_holds_back_is_delivered_again_by_the_queue(
    media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.sends()
    media.wechat.files["media-image-5"] = WeChatBusyError(45009)
    (wanted,) = media.queue.wanted
    record = {"messageId": "m-1", "body": queued(wanted)}
    monkeypatch.setattr(fetch_media, "fetch_media", media.fetching)
    names = ("function_name", "memory_limit_in_mb", "invoked_function_arn", "aws_request_id")
    context: Any = SimpleNamespace(**dict.fromkeys(names, "f"))

    failed = fetch_media.handler({"Records": [record]}, context)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    media.wechat.files["media-image-5"] = PHOTO
    assert fetch_media.handler({"Records": [record]}, context) == {"batchItemFailures": []}
    assert media.opened() == [PHOTO.data]


# --- crashes ---------------------------------------------------------------------------------------------


@contextmanager
def killed_at(media: Media, place: int) -> Iterator[Hazard]:
    """The worker is killed before this call of its to the table, the bucket or WeChat, if it has as many."""
    hazard = Hazard(place)
    try:
        with hazard.in_dynamodb(media.world):
            yield hazard
    except Killed:
        pass


def test_killed_at_any_call_a_file_is_kept_once_by_the_next_delivery(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    place = 0
    while True:
        empty(tables, "FollowersTable", "LedgerTable")
        media = begun(followers, ledger)
        media.sends()
        (wanted,) = media.queue.wanted
        with killed_at(media, place) as hazard:
            media.fetching(around=hazard.around)(wanted)
        assert media.fetching()(wanted) is Outcome.KEPT
        assert len(media.kept()) == len(media.objects.stored) == 1
        assert media.opened() == [PHOTO.data]
        if not hazard.is_dead:
            break
        place += 1
    assert place >= 4, "every call was a place to be killed at"


ENDS: dict[str, Callable[[Media], None]] = {
    "an unfollow": Media.unfollows,
    "a withdrawal of the authorisation": lambda media: media.world.hears(
        REVOKED, after_minutes=20, OpenID=OPENID
    ),
    "a withdrawal of the consent": Media.withdraws,
}


@pytest.mark.capability(row="C14")
@pytest.mark.parametrize("name", ENDS)
def test_who_leaves_or_withdraws_has_no_file_any_more(media: Media, name: str) -> None:
    for minute, kind in enumerate(KINDS):
        media.sends(kind, after_minutes=5 + minute)
    media.fetch()
    (file, *_), person = media.kept(), media.world.follower()
    sealed = media.objects.stored[file.file]
    assert len(media.objects.stored) == len(KINDS)

    ENDS[name](media)

    assert media.objects.stored == {}
    assert "MEDIA#" not in media.rows()
    with pytest.raises(UnreadableValueError):
        media.world.personal_data.open_file(replace(person, data_keys={}), file.file, sealed)
    assert person.data_keys[person.person_id] not in media.rows(), "a copy of the file is unreadable, too"


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("with_another_contact", [False, True])
def test_whoever_leaves_in_the_middle_of_a_fetch_leaves_no_file(
    tables: str,
    followers: FollowerStore,
    ledger: BooksStore,
    name: str,
    with_another_contact: bool,  # noqa: FBT001 - a column of the table
) -> None:
    place = 0
    while True:
        empty(tables, "FollowersTable", "LedgerTable")
        media = begun(followers, ledger)
        if with_another_contact:
            joins(media.world)
        media.sends()
        moments = Once(place, lambda media=media: ENDS[name](media))  # type: ignore[misc]
        media.objects.before = moments
        with before_each_call(media.world, moments):
            media.fetch()
        if not moments.is_done:
            break
        assert media.objects.stored == {}, place
        assert "MEDIA#" not in media.rows(), place
        place += 1
    assert place >= 4


@dataclass
class Once:
    """Something that happens before the call of this number."""

    place: int
    happens: Callable[[], None]
    calls: int = 0
    is_done: bool = False

    def __call__(self, *_: object, **__: object) -> None:
        if self.is_done:
            return
        self.calls += 1
        if self.calls - 1 == self.place:
            self.is_done = True
            self.happens()


@pytest.mark.parametrize("name", ENDS)
def test_an_erasure_that_is_killed_at_any_call_leaves_no_file_after_the_next_delivery(
    tables: str, followers: FollowerStore, ledger: BooksStore, name: str
) -> None:
    place = 0
    while True:
        empty(tables, "FollowersTable", "LedgerTable")
        media = begun(followers, ledger)
        media.sends()
        media.fetch()
        hazard = Hazard(place)
        media.objects.before = hazard.in_bucket
        try:
            with hazard.in_dynamodb(media.world):
                ENDS[name](media)
        except Killed:
            media.objects.before = None
            ENDS[name](media)
        assert media.objects.stored == {}, place
        assert "MEDIA#" not in media.rows(), place
        if not hazard.is_dead:
            break
        place += 1
    assert place >= 5


@pytest.mark.parametrize("files", [0, 3])
def test_an_erasure_calls_the_bucket_once_for_all_files_and_not_for_who_has_none(
    media: Media, files: int
) -> None:
    calls: list[str] = []
    for minute in range(files):
        media.sends(after_minutes=5 + minute)
    media.fetch()
    media.objects.before = lambda: calls.append("bucket")
    media.unfollows()
    assert media.objects.stored == {}
    assert len(calls) == (1 if files else 0)


def test_who_erases_without_the_bucket_erases_no_row_of_a_file(media: Media) -> None:
    media.sends()
    media.fetch()
    media.world.followers = replace(media.world.followers, media=None)
    with pytest.raises(MissingSettingError):
        media.unfollows()
    assert "MEDIA#" in media.rows()


# --- people with several contacts ------------------------------------------------------------------------


def identified(world: World, subject: Subject, minute: int) -> None:
    told = Identified(UNION.kind.value, UNION.value)
    at = NOON + timedelta(minutes=minute)
    world.takes(own_event(told, f"identified {minute}", subject, at))


def joins(world: World) -> None:
    """A contact in the mini program joins the follower."""
    identified(world, SUBJECT, 3)
    identified(world, MINI, 4)


def test_of_a_person_who_stays_the_files_of_the_contact_that_leaves_are_deleted(media: Media) -> None:
    joins(media.world)
    media.sends()
    media.fetch()
    at = NOON + timedelta(minutes=6)
    theirs = OtherEvent("image", {"media_id": "of-the-mini-program"})
    media.wechat.files["of-the-mini-program"] = FILES["image"]
    person = media.world.follower()
    other = person.seen_through(MINI)
    assert other is not None
    said = own_event(theirs, "a photo there", MINI, at)
    media.world.followers.keep(Received(said, other, other))
    wanted = WantedMedia(person.person_id, other.contact_id, said.place_on_record)
    accounts = SimpleNamespace(get=lambda _app_id: FakeAccounts().account)
    replace(media.fetching(), accounts=accounts)(wanted)
    assert len(media.kept()) == 2

    media.unfollows()

    (left,) = media.kept(person)
    assert left.contact == other.contact_id
    assert list(media.objects.stored) == [left.file]
    with_keys = media.world.followers.person(person.person_id)
    assert with_keys is not None
    assert media.opened(with_keys) == [PHOTO.data]


def test_files_of_people_who_are_merged_are_found_opened_and_erased_as_one_persons(media: Media) -> None:
    media.sends(after_minutes=5)
    media.fetch()
    media.sends(after_minutes=6)
    younger = media.world.follower()
    identified(media.world, MINI, 1)  # Somebody who was known before, and is the same person.
    older = media.world.followers.read(MINI.app_id, MINI.openid).follower
    assert older is not None
    identified(media.world, SUBJECT, 7)

    merged = media.world.follower()
    assert {younger.person_id, older.person_id} == {merged.person_id, *merged.merged}
    assert media.fetch() == [Outcome.KEPT], "what was under way by then finds the person"
    assert media.opened(merged) == [PHOTO.data] * 2
    for subject in (SUBJECT, MINI):
        revoked = own_event(OtherEvent(REVOKED), "erase", subject, NOON + timedelta(minutes=30))
        media.world.takes(revoked)
    assert media.objects.stored == {}
    assert "MEDIA#" not in media.rows()


def test_while_a_merge_is_under_way_a_file_waits(media: Media) -> None:
    media.sends()
    (wanted,) = media.queue.wanted
    table, person = media.world.followers.table, media.world.follower()
    key = {"pk": {"S": f"PERSON#{person.person_id}"}, "sk": {"S": "FOLLOWER"}}
    for column, value in (("merging", {"SS": ["another"]}), ("merged_into", {"S": "another"})):
        table.client.update_item(
            TableName=table.name,
            Key=key,
            UpdateExpression="SET #c = :v",
            ExpressionAttributeNames={"#c": column},
            ExpressionAttributeValues={":v": value},
        )
        with pytest.raises(StaleFollowerError):
            media.fetching()(wanted)
    assert media.objects.stored == {}


def test_somebody_who_keeps_changing_is_tried_again_later(media: Media) -> None:
    media.sends()
    (wanted,) = media.queue.wanted
    minutes = iter(range(6, 1000))

    def changes() -> None:
        media.world.tells("tag", tag="busy", after_minutes=next(minutes))

    busy = replace(media.objects, before=changes)
    with pytest.raises(StaleFollowerError):
        replace(media.fetching(), objects=busy)(wanted)
    assert media.kept() == []
    assert media.fetching()(wanted) is Outcome.KEPT


def test_of_somebody_who_is_unknown_nothing_is_fetched(media: Media) -> None:
    media.sends()
    (wanted,) = media.queue.wanted
    unknown = [
        replace(wanted, person_id="nobody"),
        replace(wanted, contact_id="no contact"),
        WantedMedia(wanted.person_id, wanted.contact_id, event("text", NOON).place_on_record),
    ]
    assert [media.fetching()(one) for one in unknown] == [Outcome.UNWANTED] * 3
    assert media.wechat.asked == []
