"""What the callback of an official account may bring, read into typed events of the inbox.

A list of what is allowed: our own events (`tag`, `points`, …) cannot be parsed from it.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wejourney.allowances.wechat_rules import Act
from wejourney.bounds import LONGEST_NAME
from wejourney.errors import CallbackRefusedError
from wejourney.events import event_types
from wejourney.events.event import OPENID, InboundEvent, Subject
from wejourney.events.values import LATITUDE, LONGITUDE
from wejourney.messaging import media

_RENAMED = {
    "subscribe": event_types.Followed.kind,
    "unsubscribe": event_types.UNFOLLOW,
    "kf_close_session": event_types.CHAT_CLOSED,
    # The event LOCATION is sent by the app by itself; the message `location` is something said.
    "location": event_types.LOCATION_REPORT,
}
_DETAILS = {
    event_types.LOCATION: {"Location_X": LATITUDE, "Location_Y": LONGITUDE},
    event_types.LOCATION_REPORT: {"Latitude": LATITUDE, "Longitude": LONGITUDE},
    **{kind: {"MediaId": media.MEDIA_ID} for kind in media.KINDS},
}
"""WeChat's names of details that something uses, and ours."""

_OURS = frozenset({*_RENAMED.values(), event_types.UNKNOWN, event_types.UNSUPPORTED})
"""Names of ours that are none of WeChat's."""

MESSAGES = (
    frozenset(name for name, type_ in event_types.EVENT_TYPES.items() if type_.opens is Act.MESSAGE) - _OURS
)
EVENTS = (
    frozenset(
        name for name, type_ in event_types.EVENT_TYPES.items() if type_.source is not event_types.Source.OWN
    )
    - MESSAGES
    - _OURS
) | _RENAMED.keys()
"""What WeChat calls its messages and events, in lower case."""

_ENVELOPE = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "Encrypt"}
_TEXTS = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event")
_SCENE_PREFIX = "qrscene_"
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)

_PLACEHOLDER = re.compile(
    r"\s*(?:"
    r"[【\[]\s*收到不支[持援]的(?:消息|訊息|信息)[类類]型\s*,\s*[暂暫][时時]?[无無]法[显顯]示\s*[。.]?\s*[】\]]"
    r"|[【\[]\s*unsupported\s+message(?:\s+type)?(?:\s*,\s*unable\s+to\s+display)?\s*\.?\s*[】\]]"
    r")\s*",
    re.IGNORECASE,
)
"""What WeChat writes in place of a message that it cannot pass on: a sticker, a GIF, a red packet, a file.

It arrives as an ordinary text message; no field tells it from one that was typed. Seen in
https://github.com/wechatpy/wechatpy/issues/656 and https://github.com/JeffreySu/WeiXinMPSDK/issues/1087.
"""

_RISKY = "risky"
"""What the content check says of a picture that is not to be shown, by whichever of its ways."""

_LONGEST_PLACEHOLDER = 100
"""Characters; a longer text is not matched at all."""


def read_event(app_id: str, fields: Mapping[str, Any]) -> InboundEvent:
    """Read the fields of one callback.

    What is not on the list becomes an event of the kind `unknown` that keeps its name. Withdrawn
    authorisation is about the person whom `OpenID` names, whoever it comes from, and `unknown` if it names
    nobody. Raises CallbackRefusedError when a field that every callback has is missing or unusable; its
    reason quotes nothing.
    """
    values = {name: fields.get(name, "") for name in _TEXTS}
    if not all(isinstance(value, str) for value in values.values()):
        raise CallbackRefusedError(400, "a field that has one text has several or has fields of its own")
    values = {name: value.strip() for name, value in values.items()}
    openid, kind = values["FromUserName"], _kind(values["MsgType"].lower(), values["Event"].lower(), fields)
    if kind in (event_types.REVOKED, event_types.CANCELLED):
        named = fields.get("OpenID")
        named = named.strip() if isinstance(named, str) else ""
        # Where it names nobody, nobody is erased: not the sender.
        openid, kind = (named, kind) if OPENID.fullmatch(named) else (openid, event_types.UNKNOWN)
    if not OPENID.fullmatch(openid):
        raise CallbackRefusedError(400, "FromUserName is missing or no id")
    if not values["MsgType"]:
        raise CallbackRefusedError(400, "MsgType is missing")
    if not _SECONDS.fullmatch(values["CreateTime"]):
        raise CallbackRefusedError(400, "CreateTime is missing or no number of seconds")
    at = datetime.fromtimestamp(int(values["CreateTime"]), UTC)
    return InboundEvent(_identity(app_id, fields), Subject(app_id, openid), at, _body(kind, fields))


def _kind(message: str, event: str, fields: Mapping[str, Any]) -> str:
    if message == "event":
        return _RENAMED.get(event, event) if event in EVENTS else event_types.UNKNOWN
    if message not in MESSAGES:
        return event_types.UNKNOWN
    content = fields.get("Content")
    is_unshown = (
        message == event_types.TextReceived.kind and isinstance(content, str) and is_placeholder(content)
    )
    return event_types.UNSUPPORTED if is_unshown else message


def is_placeholder(text: str) -> bool:
    """Whether the whole text is WeChat's notice that it cannot show a message.

    Width, blanks and invisible format characters (Unicode category Cf) are ignored.
    """
    if len(text) > _LONGEST_PLACEHOLDER:
        return False
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return _PLACEHOLDER.fullmatch(unicodedata.normalize("NFKC", seen)) is not None


def _body(kind: str, fields: Mapping[str, Any]) -> event_types.EventBody:
    """What the event says, in plain names where something uses it, else as WeChat sent it."""
    key = fields.get("EventKey")
    key = key if isinstance(key, str) and key else None
    match kind:
        case event_types.Followed.kind:
            is_scene = key is not None and key.startswith(_SCENE_PREFIX)
            return event_types.Followed(key.removeprefix(_SCENE_PREFIX) if key and is_scene else None)
        case event_types.Scanned.kind:
            return event_types.Scanned(key)
        case event_types.TextReceived.kind:
            item = fields.get("bizmsgmenuid")
            return event_types.TextReceived(str(fields.get("Content") or ""), str(item) if item else None)
        case event_types.MenuClicked.kind:
            return event_types.MenuClicked(key)
        case event_types.LinkOpened.kind:
            return event_types.LinkOpened(key or "")
        case event_types.MediaChecked.kind:
            return event_types.MediaChecked(_short(fields.get("trace_id")), _verdict(fields))
        case _:  # Whatever nothing uses, or does not know.
            named = {"MsgType", "Event"} if kind == event_types.UNKNOWN else set()
            sent = {name: value for name, value in fields.items() if name not in _ENVELOPE - named}
            ours = _DETAILS.get(kind, {})
            return event_types.OtherEvent(kind, {ours.get(name, name): value for name, value in sent.items()})


def _verdict(fields: Mapping[str, Any]) -> str:
    """What the content check says, empty where it could not look at the picture, or not in each way."""
    result, details = fields.get("result"), fields.get("detail") or []
    parts = details if isinstance(details, list) else [details]
    codes = [part.get("errcode", "0") for part in (fields, *parts) if isinstance(part, Mapping)]
    suggested = result.get("suggest") if isinstance(result, Mapping) else None
    return _short(suggested) if set(codes) <= {"0"} or suggested == _RISKY else ""


def _short(value: object) -> str:
    return value.strip() if isinstance(value, str) and len(value) <= LONGEST_NAME else ""


def _identity(app_id: str, fields: Mapping[str, Any]) -> str:
    """A message is known by its MsgId; an event, which has none, by who, when and what.

    WeChat names FromUserName and CreateTime; two events of one person in a second are possible, so
    whatever else the event says is taken in, too.
    https://developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html
    """
    if fields["MsgType"].lower() != "event" and fields.get("MsgId"):
        identity: Any = ["message", fields["MsgId"]]
    else:
        identity = {name: value for name, value in fields.items() if name != "Encrypt"}
    text = json.dumps([app_id, identity], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
