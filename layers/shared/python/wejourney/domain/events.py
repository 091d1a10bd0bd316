"""What WeChat tells an account about a follower: messages and events, one shape for all of them.

The kinds and their fields: https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from wejourney.domain.errors import MalformedEventError
from wejourney.domain.rules import Act

FOLLOW = "follow"
UNFOLLOW = "unfollow"
SCAN = "scan"
CLICK = "click"
TEXT = "text"
CHAT_CLOSED: Final = "chat_closed"

# Events of our own: what runs, imports and operators tell the inbox.
TAG = "tag"
POINTS = "points"
PROFILE = "profile"
JOURNEY = "journey"
END = "end"
PAYMENT = "payment"
REFUND = "refund"
MINI_PROGRAM = "mini_program"
SEGMENT = "segment"
DATE = "date"
SCHEDULE = "schedule"
OWN = frozenset({TAG, POINTS, PROFILE, JOURNEY, END, PAYMENT, REFUND, MINI_PROGRAM, SEGMENT, DATE, SCHEDULE})

_RENAMED = {
    "subscribe": FOLLOW,
    "unsubscribe": UNFOLLOW,
    "kf_close_session": CHAT_CLOSED,
    # The event LOCATION is sent by the app by itself; the message `location` is something said.
    "location": "location_report",
}
_ENVELOPE = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "Encrypt"}
_MESSAGES = {"text", "image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage"}
_MENU_CLICKS = {"click", "scancode_push", "scancode_waitmsg"}
_SCENE_PREFIX = "qrscene_"
_REPORTS = {
    "templatesendjobfinish",
    "masssendjobfinish",
    "subscribe_msg_sent_event",
    "poi_check_notify",
    "card_pass_check",
    "card_not_pass_check",
    "card_sku_remind",
    "card_pay_order",
    "qualification_verify_success",
    "qualification_verify_fail",
    "naming_verify_success",
    "naming_verify_fail",
    "annual_renew",
    "verify_expired",
}


@dataclass(frozen=True)
class InboundEvent:
    """One message or event of a follower.

    `id` is the same for every delivery of the same event. `kind` is a message type (`text`, `image`, ...)
    or the event's name in lower case, with `subscribe` read as `follow`, `unsubscribe` as `unfollow` and
    `LOCATION` as `location_report`; a kind that is not known here is kept as it came. `at` is WeChat's
    CreateTime, UTC. `fields` holds whatever else WeChat sent, under WeChat's own names.
    """

    id: str
    app_id: str
    account: str
    openid: str
    kind: str
    at: datetime
    fields: Mapping[str, Any]

    @property
    def scene(self) -> str | None:
        """The scene of the QR code that was scanned, without WeChat's prefix."""
        key = self.fields.get("EventKey")
        if not isinstance(key, str) or not key:
            return None
        if self.kind == FOLLOW:
            return key.removeprefix(_SCENE_PREFIX) if key.startswith(_SCENE_PREFIX) else None
        return key if self.kind == SCAN else None

    @property
    def text(self) -> str:
        """What was typed, or the label of the menu message's item that was tapped."""
        return str(self.fields.get("Content") or "") if self.kind == TEXT else ""

    @property
    def menu_item(self) -> str | None:
        """The id of the tapped item when this text is a tap on a menu message."""
        item = self.fields.get("bizmsgmenuid")
        return str(item) if self.kind == TEXT and item else None

    @property
    def menu_key(self) -> str | None:
        """The key of the account menu's button that was clicked."""
        key = self.fields.get("EventKey")
        return str(key) if self.kind == CLICK and key else None

    @property
    def act(self) -> Act | None:
        """The allowance that this event opens.

        A tap on a menu message reaches the server as a text but counts as a menu click; of the
        account menu's buttons only click and the two scancode kinds open one.
        https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
        """
        if self.kind in _MENU_CLICKS or self.menu_item is not None:
            return Act.CLICK
        if self.kind in _MESSAGES:
            return Act.MESSAGE
        return {FOLLOW: Act.FOLLOW, SCAN: Act.SCAN, PAYMENT: Act.PAY}.get(self.kind)

    @property
    def is_report(self) -> bool:
        """Whether it tells of something that no follower did to the account: it makes nobody a follower."""
        return self.kind in _REPORTS or self.kind in OWN

    def key(self, name: str) -> str:
        """What this event is about, for a journey that is taken once per `order` or `booking`; else empty."""
        return str(self.fields.get(name.capitalize()) or "")

    @cached_property
    def position(self) -> str:
        """Where the event stands among the follower's events; sorts by time."""
        return position_at(self.at) + self.id

    def to_dict(self) -> dict[str, Any]:
        """The form in which the event travels through the inbox."""
        return {
            "id": self.id,
            "app_id": self.app_id,
            "account": self.account,
            "openid": self.openid,
            "kind": self.kind,
            "at": self.at.isoformat(),
            "fields": dict(self.fields),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "InboundEvent":
        """The event that `to_dict` wrote. Raises MalformedEventError for anything else."""
        try:
            at = datetime.fromisoformat(data["at"])
            names = {name: str(data[name]) for name in ("id", "app_id", "account", "openid", "kind")}
            fields = dict(data["fields"])
        except (KeyError, TypeError, ValueError) as exc:
            raise MalformedEventError(f"not an inbox event: {exc!r}") from exc
        if at.tzinfo is None or not names["openid"]:
            raise MalformedEventError("an inbox event needs an openid and a time with its zone")
        return cls(at=at.astimezone(UTC), fields=fields, **names)


def own_event(kind: str, cause: str, to: tuple[str, str], at: datetime, **fields: Any) -> InboundEvent:
    """An event of our own to a follower (app id and openid).

    `cause` makes it the same event however often it is told.
    """
    app_id, openid = to
    identity = hashlib.sha256(f"{app_id}\n{openid}\n{kind}\n{cause}".encode()).hexdigest()[:32]
    return InboundEvent(identity, app_id, "", openid, kind, at, fields)


def position_at(at: datetime) -> str:
    """The position before everything that happens from this second on. WeChat's clock ticks seconds."""
    return at.isoformat(timespec="seconds")[: len("2026-01-31T09:00:00")] + "Z#"


def second_of(position: str) -> str:
    """The position before everything of the same second."""
    return position.partition("#")[0] + "#"


def from_wechat(app_id: str, fields: Mapping[str, Any]) -> InboundEvent:
    """Read the fields of one callback.

    Raises MalformedEventError when a field that every callback has is missing or unreadable.
    """
    try:
        openid, account = str(fields["FromUserName"]), str(fields["ToUserName"])
        at = datetime.fromtimestamp(int(fields["CreateTime"]), UTC)
        kind = str(fields["MsgType"]).lower()
        if kind == "event":
            name = str(fields["Event"]).lower()
            kind = _RENAMED.get(name, name)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as exc:
        raise MalformedEventError(f"not a WeChat message: {exc!r}") from exc
    if not openid or not kind:
        raise MalformedEventError("not a WeChat message: FromUserName or MsgType is empty")
    return InboundEvent(
        id=_identity(app_id, fields),
        app_id=app_id,
        account=account,
        openid=openid,
        kind=kind,
        at=at,
        fields={name: value for name, value in fields.items() if name not in _ENVELOPE},
    )


def _identity(app_id: str, fields: Mapping[str, Any]) -> str:
    """A message is known by its MsgId; an event, which has none, by who, when and what.

    WeChat names FromUserName and CreateTime; two events of one person in a second are possible, so
    whatever else the event says is taken in, too.
    https://developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html
    """
    if str(fields.get("MsgType", "")).lower() != "event" and fields.get("MsgId"):
        identity: Any = ["message", fields["MsgId"]]
    else:
        identity = {name: value for name, value in fields.items() if name != "Encrypt"}
    text = json.dumps([app_id, identity], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
