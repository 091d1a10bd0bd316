"""An account, a follower, journeys and events to test with."""

from datetime import UTC, datetime
from typing import Any

from tests.support.events import body
from wejourney.accounts import Account
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.books import Books, earn
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Text
from wejourney.people.erasure import Erasure
from wejourney.services.loyalty.ports import BookRecords, Entry
from wejourney.wire.official_account.events import read_event

APP_ID = "wx1234567890abcdef"
OPENID = "oFollower0000000000000000001"
SUBJECT = Subject(APP_ID, OPENID)
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

NO_BOOKS = Books()

SETTINGS = AccountSettings(APP_ID)
ACCOUNT = Account(SETTINGS, "token", "k" * 43, "an app secret")

WELCOME = JourneyEntry(
    "welcome",
    "v1",
    Trigger(event="follow", when=Condition(member=False)),
    Text(text={"zh": "你好，回复 1 或 2", "en": "Hello, reply 1 or 2"}),
)
HELP = JourneyEntry("help", "v1", Trigger(event="text", keywords=("help", "帮助")))


def erasure_of(*person_ids: str) -> Erasure:
    """An erasure of these people, before it is done."""
    return Erasure(NOON, person_ids=person_ids)


def event(kind: str, at: datetime = NOON, openid: str = OPENID, **fields: Any) -> InboundEvent:
    """An event as WeChat sends it: `event("text", Content="1", MsgId=7)`, `event("subscribe")`."""
    envelope: dict[str, Any] = {
        "ToUserName": "gh_1",
        "FromUserName": openid,
        "CreateTime": str(int(at.timestamp())),
    }
    if kind in {"text", "image", "voice", "video", "shortvideo", "location"}:
        envelope |= {"MsgType": kind, "MsgId": str(int(at.timestamp()))}
    else:
        envelope |= {"MsgType": "event", "Event": kind}
    return read_event(APP_ID, envelope | fields)


def own(kind: str, cause: str = "cause", **fields: Any) -> InboundEvent:
    """An event of our own at noon: `own("tag", tag="vip")`; `cause` tells two of them apart."""
    return own_event(body(kind, **fields), cause, SUBJECT, NOON)


def earned(
    id_: str,
    person_id: str,
    points: int,
    reason: str = "made up",
    at: datetime = NOON,
    before: Books = NO_BOOKS,
) -> Entry:
    """Points that a person earns and can spend at once, by their books as they are."""
    asked = Asked(id_, Kind.EARN, at, Cause(id_, reason), {"points": points}, day=at.date().isoformat())
    moved = asked.with_postings(earn(before, points, Lot(Pocket.AVAILABLE)))
    return Entry(person_id, moved, before, asked.hash)


def give_points(ledger: BookRecords, id_: str, person_id: str, points: int) -> None:
    """Have somebody earn points by whatever it is."""
    ledger.post(earned(id_, person_id, points, before=ledger.books(person_id)))
