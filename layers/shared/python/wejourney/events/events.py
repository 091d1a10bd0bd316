"""Messages and events about a follower, one shape for all of them, and the one list of their types.

What each wire may bring is in `wejourney.wire`. WeChat's types and their fields:
https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from wejourney.errors import MalformedEventError
from wejourney.messaging.rule_sets import Act
from wejourney.text import encodable, encodable_json

FOLLOW = "follow"
UNFOLLOW = "unfollow"
SCAN = "scan"
CLICK = "click"
TEXT = "text"
CHAT_CLOSED: Final = "chat_closed"
UNSUPPORTED = "unsupported"
"""A message that WeChat cannot show to an account: only a placeholder in its place arrives."""

UNKNOWN = "unknown"
"""What no type stands for: kept for people to look at, it changes nothing."""

REVOKED = "user_authorization_revoke"
CANCELLED = "user_authorization_cancellation"
ERASING = frozenset({UNFOLLOW, REVOKED, CANCELLED})
"""After these WeChat wants a person's data to be deleted.

https://developers.weixin.qq.com/doc/service/en/guide/h5/authorization_change.html
"""

OPENID = re.compile(r"[\w@.-]{1,128}", re.ASCII)
"""What an openid or an original id can look like; WeChat's own have 28 letters, digits, _ and -."""

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


class Source(StrEnum):
    """Who tells of an event.

    `act`: the follower has done something with the account, and so becomes known. `about`: WeChat tells
    something of a person. `account`: it is about the account, whomever it names. `own`: runs, imports and
    operators tell it.
    """

    ACT = "act"
    ABOUT = "about"
    ACCOUNT = "account"
    OWN = "own"


@dataclass(frozen=True)
class EventType:
    """What there is to know of a type of events; `opens` is the act that it counts as."""

    source: Source
    opens: Act | None = None


def _types(source: Source, *names: str, opens: Act | None = None) -> dict[str, EventType]:
    return dict.fromkeys(names, EventType(source, opens))


EVENT_TYPES: Mapping[str, EventType] = {
    **_types(Source.ACT, TEXT, "image", "voice", "video", "shortvideo", "location", opens=Act.MESSAGE),
    **_types(Source.ACT, "link", "miniprogrampage", UNSUPPORTED, opens=Act.MESSAGE),
    **_types(Source.ACT, FOLLOW, opens=Act.FOLLOW),
    **_types(Source.ACT, SCAN, opens=Act.SCAN),
    # Of the menu's buttons only these three open an allowance.
    # https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
    **_types(Source.ACT, CLICK, "scancode_push", "scancode_waitmsg", opens=Act.CLICK),
    **_types(Source.ACT, "view", "view_miniprogram", "pic_sysphoto", "pic_photo_or_album", "pic_weixin"),
    **_types(Source.ACT, "location_select"),
    **_types(Source.ABOUT, *sorted(ERASING), "user_info_modified", "location_report"),
    **_types(Source.ABOUT, CHAT_CLOSED, "kf_create_session", "kf_switch_session", "user_enter_tempsession"),
    **_types(Source.ABOUT, "templatesendjobfinish", "subscribe_msg_popup_event"),
    **_types(Source.ABOUT, "subscribe_msg_change_event", "subscribe_msg_sent_event"),
    **_types(Source.ABOUT, "user_get_card", "user_gifting_card", "user_del_card", "user_consume_card"),
    **_types(Source.ABOUT, "user_pay_from_pay_cell", "user_view_card", "user_enter_session_from_card"),
    **_types(Source.ABOUT, "update_member_card", "submit_membercard_user_info", "card_pay_order"),
    **_types(Source.ACCOUNT, "masssendjobfinish", "publishjobfinish", "freepublishjobfinish"),
    **_types(Source.ACCOUNT, "poi_check_notify", "card_pass_check", "card_not_pass_check", "card_sku_remind"),
    **_types(Source.ACCOUNT, "card_merchant_check_result", "qualification_verify_success"),
    **_types(Source.ACCOUNT, "qualification_verify_fail", "naming_verify_success", "naming_verify_fail"),
    **_types(Source.ACCOUNT, "annual_renew", "verify_expired", "wx_verify_pay_succ", "wx_verify_dispatch"),
    **_types(Source.ACCOUNT, "wx_verify_refill", "wx_verify_fail", "wxa_media_check", "wxa_nickname_audit"),
    **_types(Source.ACCOUNT, "weapp_audit_success", "weapp_audit_fail", "weapp_audit_delay", UNKNOWN),
    **_types(Source.OWN, TAG, POINTS, PROFILE, JOURNEY, END, REFUND, MINI_PROGRAM, SEGMENT, DATE, SCHEDULE),
    **_types(Source.OWN, PAYMENT, opens=Act.PAY),
}
"""Every type of events by its name: `InboundEvent.kind` is one of these."""

_SCENE_PREFIX = "qrscene_"

OWN = frozenset(name for name, known in EVENT_TYPES.items() if known.source is Source.OWN)


@dataclass(frozen=True)
class InboundEvent:
    """One message or event of a follower.

    `id` is the same for every delivery of the same event, `kind` a name of EVENT_TYPES. `at` is WeChat's
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
        """The act that this event counts as; a tap on a menu message reaches the server as a text.

        https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
        """
        return Act.CLICK if self.menu_item is not None else EVENT_TYPES[self.kind].opens

    @property
    def source(self) -> Source:
        """Who tells of it."""
        return EVENT_TYPES[self.kind].source

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
        """The event that `to_dict` wrote, also an earlier version of it.

        Raises MalformedEventError, which names a field and never its value.
        """
        if not isinstance(data, Mapping):
            raise MalformedEventError("an inbox event is not an object")
        names = {name: data.get(name) for name in ("id", "app_id", "account", "openid", "kind", "at")}
        for name, value in names.items():
            if not isinstance(value, str) or (not value and name not in ("account", "id")):
                raise MalformedEventError(f"an inbox event has no usable `{name}`")
        texts = encodable_json(names)
        try:
            at = datetime.fromisoformat(texts.pop("at"))
            aware = at.astimezone(UTC) if at.tzinfo is not None else None
        except (ValueError, OverflowError):
            aware = None
        if aware is None:
            raise MalformedEventError("an inbox event has no usable `at`")
        if not isinstance(data.get("fields"), Mapping):
            raise MalformedEventError("an inbox event has no usable `fields`")
        fields = encodable_json(data["fields"])
        if texts["kind"] not in EVENT_TYPES:
            fields, texts["kind"] = {"Event": texts["kind"], **fields}, UNKNOWN
        return cls(at=aware, fields=fields, **texts)


def own_event(kind: str, cause: str, to: tuple[str, str], at: datetime, **fields: Any) -> InboundEvent:
    """An event of our own to a follower (app id and openid).

    `cause` makes it the same event however often it is told.
    """
    app_id, openid = map(encodable, to)
    cause, fields = encodable(cause), encodable_json(fields)
    identity = hashlib.sha256(f"{app_id}\n{openid}\n{kind}\n{cause}".encode()).hexdigest()[:32]
    return InboundEvent(identity, app_id, "", openid, kind, at, fields)


def position_at(at: datetime) -> str:
    """The position before everything that happens from this second on. WeChat's clock ticks seconds."""
    return at.isoformat(timespec="seconds")[: len("2026-01-31T09:00:00")] + "Z#"


def second_of(position: str) -> str:
    """The position before everything of the same second."""
    return position.partition("#")[0] + "#"
