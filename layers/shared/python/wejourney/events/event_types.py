"""The one list of event types: what each says, who tells of it, what it opens, and how journeys mean it.

A new event type is a class here, a line of words in each language, and a reader where it comes over a wire.
WeChat's types and their fields:
https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Literal, cast, get_type_hints

from wejourney.allowances.wechat_rules import Act
from wejourney.errors import MalformedEventError
from wejourney.events.event_fields import (
    AT_LEAST,
    CNY,
    EXACT,
    GLOB,
    KEYWORDS,
    PASSED,
    PLACE,
    PROPERTIES,
    SCENE,
    SENDER,
    YUAN_AT_LEAST,
    Changes,
    Currency,
    DateTime,
    EventField,
    Fen,
    Key,
    Name,
    Narrowing,
    Points,
    field_of,
    narrowed_by,
)
from wejourney.plain_data import to_plain


class Source(StrEnum):
    """Who tells of an event.

    `act`: the follower did something with the account, and so becomes known. `about`: WeChat reports
    something about a person. `account`: it is about the account, whomever it names. `own`: runs, imports and
    operators report it.
    """

    ACT = "act"
    ABOUT = "about"
    ACCOUNT = "account"
    OWN = "own"


# --- the registry --------------------------------------------------------------------------------


@dataclass(frozen=True)
class EventType:
    """What is known of a type of events.

    `name`: in the inbox, on the timeline and in journey files. `opens`: the act that it counts as.
    `erases`: WeChat wants the person's data deleted after it. `actor`: who does it, in a transcript.
    `receivable`: the runtime can receive it already. `act_name`: the act in a persona's file.
    `can_be_emitted`: by the command `emit`.

    `always_about` is the key that the event has even where it does not say it: a payment is always one for an
    order.

    `narrowings` is None where no journey can mean the type. `trigger_fields` are the further fields of a
    trigger. Without `required_field` a pattern fits nothing, without `required_in_trigger` a
    trigger fits every event of the type.
    """

    name: str
    body: "type[EventBody]"
    source: Source
    opens: Act | None = None
    erases: bool = False
    narrowings: tuple[Narrowing, ...] | None = None
    trigger_fields: tuple[str, ...] = ()
    required_field: str | None = None
    required_in_trigger: str | None = None
    actor: Literal["person", "staff", "system", "calendar"] = "person"
    receivable: bool = True
    act_name: str | None = None
    can_be_emitted: bool = False
    always_about: str = ""

    @cached_property
    def fields(self) -> Mapping[str, EventField]:
        hints = get_type_hints(self.body)
        specs = (spec for spec in dataclasses.fields(self.body) if spec.name != "kind")
        return {spec.name: field_of(spec, hints[spec.name]) for spec in specs}

    @property
    def is_numbered(self) -> bool:
        """Whether each of these events is known by a number; WeChat numbers messages only.

        https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
        """
        return self.opens is Act.MESSAGE or self.source is Source.OWN

    @property
    def caused_by_runs(self) -> bool:
        return "by" in self.fields

    def read(self, values: Mapping[str, Any]) -> "EventBody":
        """The event with these values of its fields. Raises MalformedEventError, which quotes no value."""
        if self.body is OtherEvent:
            return OtherEvent(self.name, values)
        for name, spec in self.fields.items():
            if spec.is_required if name not in values else not spec.fits(values[name]):
                raise MalformedEventError(f"`{self.name}` has no usable `{name}`")
        return self.body(**{name: value for name, value in values.items() if name in self.fields})


EVENT_TYPES: dict[str, EventType] = {}
"""Every type of events by its name."""


class EventFields:
    """What an event says, without who and when: one class for each type whose fields something uses.

    `by` names the journey whose run caused it, and has changed what it tells of already.
    """

    kind: str
    by: str | None = None
    property_names: ClassVar[tuple[str, ...] | None] = None
    """The names that `properties` can have; None: any."""

    @property
    def type(self) -> EventType:
        return EVENT_TYPES[self.kind]

    @property
    def opens(self) -> Act | None:
        return self.type.opens

    @property
    def key_fields(self) -> Mapping[str, str]:
        """What it is about, for a journey that is taken once per `order` or `booking`."""
        return {name: value for name in REENTRY_KEYS if (value := getattr(self, name, ""))}

    @property
    def amount(self) -> int | None:
        """What was paid or given back, in fen; None in another currency than CNY."""
        if getattr(self, "currency", CNY) != CNY:
            return None
        amounts = (getattr(self, name) for name, spec in self.type.fields.items() if spec.unit == "fen")
        return next(amounts, None)

    @property
    def detail(self) -> str:
        """What a pattern looks at, in one line."""
        names = (name for narrowing in self.type.narrowings or () for name in narrowing.event_fields)
        values = (getattr(self, name) for name in names if name != _PROPERTIES)
        return " → ".join(str(value) for value in values if value is not None)

    @property
    def properties(self) -> Mapping[str, str]:
        """What `property` of a pattern looks at, by name."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Its fields by name, without those that have their default."""
        return cast("dict[str, Any]", to_plain(self))


def _filled(body: object, *names: str) -> dict[str, str]:
    """These fields of an event, of texts, where they are not empty."""
    return {name: value for name in names if (value := getattr(body, name))}


_PROPERTIES = "properties"

REENTRY_KEYS = ("order", "booking")
"""What a journey can be taken once per."""


@dataclass(frozen=True)
class OtherEvent(EventFields):
    """An event of a type whose fields nothing uses: `details` are as its sender named them."""

    kind: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        return str(self.details.get(PERSONA_TEXT, ""))

    def to_dict(self) -> dict[str, Any]:
        return dict(self.details)


PERSONA_TEXT = "text"
"""The detail that a persona's file gives of a picture, a voice message or the like."""


def _register[T: EventFields](name: str, source: Source, **facts: Any) -> Callable[[type[T]], type[T]]:
    def add(body: type[T]) -> type[T]:
        if name in EVENT_TYPES or (body is not OtherEvent and "kind" in vars(body)):
            raise TypeError(f"{name} and {body.__name__} must be registered once each")
        if body is not OtherEvent:
            body.kind = name
        EVENT_TYPES[name] = EventType(name, cast("type[EventBody]", body), source, **facts)
        return body

    return add


def _others(source: Source, names: Iterable[str], **facts: Any) -> None:
    for name in names:
        _register(name, source, **facts)(OtherEvent)


# --- what a follower does ------------------------------------------------------------------------

_BY_SCENE = narrowed_by("scene", SCENE)


@_register(
    "follow",
    Source.ACT,
    opens=Act.FOLLOW,
    narrowings=_BY_SCENE,
    trigger_fields=("recognise_first",),
    act_name="follow",
)
@dataclass(frozen=True)
class Followed(EventFields):
    """`scene` is that of the QR code they followed through, `code_facts` what it says (`Code.told`)."""

    scene: str | None = None
    code_facts: Mapping[str, str] = field(default_factory=dict)


@_register("scan", Source.ACT, opens=Act.SCAN, narrowings=_BY_SCENE, act_name="scan")
@dataclass(frozen=True)
class Scanned(EventFields):
    """As `Followed`."""

    scene: str | None = None
    code_facts: Mapping[str, str] = field(default_factory=dict)


_BY_WORDS = narrowed_by("keywords", KEYWORDS, event_fields=("text",))


@_register(
    "text", Source.ACT, opens=Act.MESSAGE, narrowings=_BY_WORDS, required_field="keywords", act_name="say"
)
@dataclass(frozen=True)
class TextReceived(EventFields):
    """What was typed, or the label of the line of a menu message that was tapped: `menu_item` is its id."""

    text: str
    menu_item: str | None = None

    @property
    def opens(self) -> Act | None:
        """A tap on a menu message reaches the server as a text.

        https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
        """
        return Act.MESSAGE if self.menu_item is None else Act.CLICK


for _name in ("image", "voice", "video", "link"):
    _others(Source.ACT, [_name], opens=Act.MESSAGE, narrowings=(), act_name=_name)

_BY_PLACE = narrowed_by("near", PLACE, event_fields=("details",))
LOCATION = "location"
"""A place that somebody sends. Its details have `latitude` and `longitude`, as those of the next have."""

LOCATION_REPORT = "location_report"
"""Where somebody is who has entered the chat, if they let WeChat tell it."""

_others(Source.ACT, [LOCATION], opens=Act.MESSAGE, narrowings=_BY_PLACE, act_name=LOCATION)


_BY_KEY = narrowed_by("key", EXACT)


@_register("click", Source.ACT, opens=Act.CLICK, narrowings=_BY_KEY, required_field="key", act_name="click")
@dataclass(frozen=True)
class MenuClicked(EventFields):
    key: str | None = None


@_register("view", Source.ACT, narrowings=narrowed_by("url", GLOB), act_name="view")
@dataclass(frozen=True)
class LinkOpened(EventFields):
    url: str = ""


UNSUPPORTED = "unsupported"
"""A message that WeChat cannot show to an account: only a placeholder in its place arrives."""

_others(Source.ACT, ("shortvideo", "miniprogrampage", UNSUPPORTED), opens=Act.MESSAGE)
# Of the menu's buttons only a click and these two open an allowance.
# https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
_others(Source.ACT, ("scancode_push", "scancode_waitmsg"), opens=Act.CLICK)
_others(
    Source.ACT, ("view_miniprogram", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select")
)

# --- what WeChat reports -------------------------------------------------------------------------

CHAT_CLOSED = "chat_closed"
UNFOLLOW = "unfollow"
REVOKED = "user_authorization_revoke"
CANCELLED = "user_authorization_cancellation"
UNKNOWN = "unknown"
"""What no type stands for: kept for people to look at, it changes nothing."""

_others(Source.ABOUT, [CHAT_CLOSED], narrowings=(), actor="staff", act_name="agent_closes")
_others(
    Source.ABOUT,
    [LOCATION_REPORT],
    narrowings=_BY_PLACE,
    required_in_trigger="near",
    act_name=LOCATION_REPORT,
)
# After these WeChat wants a person's data to be deleted.
# https://developers.weixin.qq.com/doc/service/en/guide/h5/authorization_change.html
_others(Source.ABOUT, [UNFOLLOW], erases=True, act_name="unfollow")
_others(Source.ABOUT, [REVOKED, CANCELLED], erases=True)
_others(
    Source.ABOUT,
    (
        *("user_info_modified", "kf_create_session", "kf_switch_session"),
        *("user_enter_tempsession", "templatesendjobfinish", "subscribe_msg_popup_event"),
        *("subscribe_msg_change_event", "subscribe_msg_sent_event", "user_get_card", "user_gifting_card"),
        *("user_del_card", "user_consume_card", "user_pay_from_pay_cell", "user_view_card"),
        *("user_enter_session_from_card", "update_member_card", "submit_membercard_user_info"),
        "card_pay_order",
    ),
)
_others(
    Source.ACCOUNT,
    (
        *("masssendjobfinish", "publishjobfinish", "freepublishjobfinish", "poi_check_notify"),
        *("card_pass_check", "card_not_pass_check", "card_sku_remind", "card_merchant_check_result"),
        *("qualification_verify_success", "qualification_verify_fail", "naming_verify_success"),
        *("naming_verify_fail", "annual_renew", "verify_expired", "wx_verify_pay_succ"),
        *("wx_verify_dispatch", "wx_verify_refill", "wx_verify_fail"),
        *("wxa_nickname_audit", "weapp_audit_success", "weapp_audit_fail", "weapp_audit_delay", UNKNOWN),
        # Of the shipping duties of a shop in a mini program.
        # https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html
        *("trade_manage_remind_access_api", "trade_manage_remind_shipping", "trade_manage_order_settlement"),
    ),
)


@_register("wxa_media_check", Source.ACCOUNT)
@dataclass(frozen=True)
class MediaChecked(EventFields):
    """What WeChat's content check says of a picture: `trace` is the check's id.

    `verdict` is `pass`, `risky`, or another text, empty where WeChat could not tell.

    https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/mediaCheckAsync.html
    """

    trace: Key = ""
    verdict: Key = ""

    @property
    def detail(self) -> str:
        return self.verdict


# --- what runs, imports and operators report -----------------------------------------------------

_OURS: Mapping[str, Any] = {"source": Source.OWN, "can_be_emitted": True}
_EXTERNAL: Mapping[str, Any] = {**_OURS, "receivable": False}
_CALENDAR: Mapping[str, Any] = {"source": Source.OWN, "actor": "calendar"}

_BY_TAG, _BY_SEGMENT, _BY_DATE = (narrowed_by(name, GLOB, "name") for name in ("tag", "segment", "date"))
_BY_NAME = narrowed_by("name", GLOB)
_BY_BALANCE = narrowed_by("points", PASSED, "at_least", ("before", "points"))
_BY_TOTAL = narrowed_by("total", AT_LEAST, "at_least")
_BY_YUAN = narrowed_by("total", YUAN_AT_LEAST, "at_least", ("total", "currency"))
_BY_PROPERTY = narrowed_by("property", PROPERTIES, _PROPERTIES, (_PROPERTIES,))


@_register("tag", narrowings=_BY_TAG, required_in_trigger="tag", actor="system", act_name="tag", **_OURS)
@dataclass(frozen=True)
class TagAdded(EventFields):
    tag: Name
    by: Name | None = None


@_register("points", Source.OWN, narrowings=_BY_BALANCE, required_field="points", actor="system")
@dataclass(frozen=True)
class PointsChanged(EventFields):
    """The balance as the books tell it, after and `before`."""

    points: Points
    before: Points
    by: Name | None = None


@_register("journey", narrowings=narrowed_by("journey", SENDER, "name", ("by",)), **_OURS)
@dataclass(frozen=True)
class JourneyCalled(EventFields):
    """`journey` is to be started, `by` another one, for the order or booking that its run is about."""

    journey: Name
    by: Name | None = None
    order: Key = ""
    booking: Key = ""


@_register("end", **_OURS)
@dataclass(frozen=True)
class EndCalled(EventFields):
    """The runs of `journey` are to be ended, `by` another one: about one order or booking, if it says so."""

    journey: Name
    by: Name | None = None
    order: Key = ""
    booking: Key = ""


@_register(
    "payment",
    opens=Act.PAY,
    narrowings=(*_BY_TOTAL, *_BY_PROPERTY),
    act_name="pay",
    always_about="order",
    **_OURS,
)
@dataclass(frozen=True)
class Paid(EventFields):
    """`total` is the order's, `by_payer` what the payer paid of it after coupons.

    `transaction` is WeChat Pay's number, `order` and `merchant` are the brand's. Of a payment that a `till`
    has told of, WeChat has not said that it allows messages.
    """

    total: Fen
    order: Key = ""
    by_payer: Fen | None = None
    transaction: Key = ""
    merchant: Key = ""
    store: Key = ""
    till: Key = ""
    property_names: ClassVar[tuple[str, ...] | None] = ("total", "store")

    @property
    def opens(self) -> Act | None:
        return None if self.till else Act.PAY

    @property
    def may_be_refunded(self) -> bool:
        """Whether WeChat Pay can tell of a refund of this order."""
        return bool(self.merchant and self.order)

    @property
    def properties(self) -> Mapping[str, str]:
        return {"total": str(self.total)} | ({"store": self.store} if self.store else {})


@_register("refund", narrowings=(*_BY_TOTAL, *_BY_PROPERTY), act_name="refund", always_about="order", **_OURS)
@dataclass(frozen=True)
class Refunded(EventFields):
    """`total` is what was given back of an order, `by_payer` how much of that the payer had paid."""

    total: Fen
    order: Key = ""
    by_payer: Fen | None = None
    transaction: Key = ""
    merchant: Key = ""
    property_names: ClassVar[tuple[str, ...] | None] = ("total",)

    @property
    def properties(self) -> Mapping[str, str]:
        return {"total": str(self.total)}


@_register(
    "order.paid", narrowings=(*_BY_YUAN, *_BY_PROPERTY), act_name="order", always_about="order", **_OURS
)
@dataclass(frozen=True)
class OrderPaid(EventFields):
    """An order was paid elsewhere than with WeChat Pay: on a `marketplace`, in a shop system, at a till.

    Unlike a payment it opens no allowance. `total` is in hundredths of the `currency`.
    """

    total: Fen
    order: Key = ""
    marketplace: Key = ""
    store: Key = ""
    currency: Currency = CNY
    property_names: ClassVar[tuple[str, ...] | None] = ("total", "marketplace", "store", "currency")

    @property
    def properties(self) -> Mapping[str, str]:
        return _of_order(self)


@_register(
    "order.returned", narrowings=(*_BY_YUAN, *_BY_PROPERTY), act_name="return", always_about="order", **_OURS
)
@dataclass(frozen=True)
class OrderReturned(EventFields):
    """Goods of an order came back, worth `total`: one `line` of it, or, where that is empty, all of it.

    The `currency` is as in `OrderPaid`.
    """

    total: Fen
    order: Key = ""
    line: Key = ""
    marketplace: Key = ""
    store: Key = ""
    currency: Currency = CNY
    property_names: ClassVar[tuple[str, ...] | None] = ("total", "marketplace", "store", "currency")

    @property
    def properties(self) -> Mapping[str, str]:
        return _of_order(self)


def _of_order(body: OrderPaid | OrderReturned) -> dict[str, str]:
    """The properties of an order; a `total` is compared with fen, so none in another currency is one."""
    total = {} if body.amount is None else {"total": str(body.amount)}
    return {**total, **_filled(body, "marketplace", "store", "currency")}


@_register("call.logged", narrowings=_BY_PROPERTY, act_name="call", **_OURS)
@dataclass(frozen=True)
class CallLogged(EventFields):
    """A telephone call with the brand; `seconds` is how long it took."""

    topic: Key = ""
    outcome: Key = ""
    staff: Key = ""
    seconds: Key = ""
    property_names: ClassVar[tuple[str, ...] | None] = ("topic", "outcome", "staff", "seconds")

    @property
    def properties(self) -> Mapping[str, str]:
        return _filled(self, *CallLogged.property_names or ())


_BOOKING: Mapping[str, Any] = {**_OURS, "narrowings": _BY_PROPERTY, "always_about": "booking"}


class _OfABooking:
    """What tells of a booking is narrowed by its `store` and by the `name` of the service or the event."""

    property_names: ClassVar[tuple[str, ...] | None] = ("store", "name")

    @property
    def properties(self) -> Mapping[str, str]:
        return _filled(self, "store", "name")


@_register("booking.made", act_name="book", **_BOOKING)
@dataclass(frozen=True)
class BookingMade(_OfABooking, EventFields):
    """`booking` is the brand's own number of it, `name` that of the service or the event."""

    booking: Name
    starts_at: DateTime
    store: Key = ""
    name: Key = ""

    @property
    def detail(self) -> str:
        return f"{self.booking} → {self.starts_at}"


@_register("booking.changed", act_name="change_booking", **_BOOKING)
@dataclass(frozen=True)
class BookingChanged(_OfABooking, EventFields):
    """As `BookingMade`. `starts_at` is its time from now on, also where it had that before."""

    booking: Name
    starts_at: DateTime
    store: Key = ""
    name: Key = ""

    @property
    def detail(self) -> str:
        return f"{self.booking} → {self.starts_at}"


@_register("booking.cancelled", act_name="cancel_booking", **_BOOKING)
@dataclass(frozen=True)
class BookingCancelled(_OfABooking, EventFields):
    """As `BookingMade`."""

    booking: Name
    store: Key = ""
    name: Key = ""

    @property
    def detail(self) -> str:
        return self.booking


@_register(
    "mini_program",
    narrowings=(*_BY_NAME, *_BY_PROPERTY),
    required_in_trigger="name",
    act_name="mini_program",
    **_OURS,
)
@dataclass(frozen=True)
class MiniProgramEvent(EventFields):
    """`name` says what happened in a mini program of the brand, `details` whatever else it says.

    `code_facts` is as in `Followed`, of the code whose scene is the detail `code`.
    """

    name: Name
    order: Key = ""
    booking: Key = ""
    details: Mapping[str, str] = field(default_factory=dict)
    code_facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def properties(self) -> Mapping[str, str]:
        return self.details


@_register(
    "segment",
    narrowings=_BY_SEGMENT,
    required_in_trigger="segment",
    actor="system",
    act_name="segment",
    **_OURS,
)
@dataclass(frozen=True)
class SegmentEntered(EventFields):
    """`cause` is the id of the event that moved the person; empty where another system tells of a segment."""

    segment: Name
    cause: Key = ""


@_register("check_in", narrowings=_BY_NAME, required_in_trigger="name", act_name="check_in", **_OURS)
@dataclass(frozen=True)
class CheckedIn(EventFields):
    """They have come to the event of this `name`: they scanned its code while that was open."""

    name: Name


@_register("till.visit", narrowings=_BY_PROPERTY, act_name="till_visit", **_OURS)
@dataclass(frozen=True)
class TillVisited(EventFields):
    """They have scanned the code that a `till` of a `store` shows.

    `outcome` is a `wejourney.loyalty.till.visits.ScanOutcome`: `late` and `taken` have been refused.
    """

    visit: Key = ""
    store: Key = ""
    till: Key = ""
    outcome: Name = "scanned"
    property_names: ClassVar[tuple[str, ...] | None] = ("store", "till", "outcome")

    @property
    def properties(self) -> Mapping[str, str]:
        return _filled(self, *TillVisited.property_names or ())


_BY_PURPOSE = narrowed_by("name", GLOB, event_fields=("purpose",))


@_register("consent_given", narrowings=_BY_PURPOSE, act_name="consent_given", **_OURS)
@dataclass(frozen=True)
class ConsentGiven(EventFields):
    """They agree to a purpose: `version` is that of the text, `channel` where they read it.

    A run that has recorded it tells of it `by` its journey.
    """

    purpose: Name
    version: Key = ""
    channel: Key = ""
    by: Name | None = None


@_register("consent_withdrawn", narrowings=_BY_PURPOSE, act_name="consent_withdrawn", **_OURS)
@dataclass(frozen=True)
class ConsentWithdrawn(EventFields):
    """They do not agree any more. As `ConsentGiven`."""

    purpose: Name
    version: Key = ""
    channel: Key = ""
    by: Name | None = None


_BY_TIER = (*narrowed_by("tier", GLOB, "name"), *_BY_PROPERTY)


@_register(
    "tier.changed",
    narrowings=_BY_TIER,
    required_in_trigger="tier",
    actor="system",
    act_name="tier",
    **_OURS,
)
@dataclass(frozen=True)
class TierChanged(EventFields):
    """They have the `tier`, empty for none, `before` the one that they had: `direction` is up or down.

    `cause` is the id of the event after which it was found; empty where another system tells of a tier.
    """

    tier: Key
    before: Key = ""
    direction: Key = ""
    cause: Key = ""
    property_names: ClassVar[tuple[str, ...] | None] = ("before", "direction")

    @property
    def properties(self) -> Mapping[str, str]:
        return _filled(self, *TierChanged.property_names or ())

    @property
    def detail(self) -> str:
        return f"{self.before} → {self.tier or '-'}" if self.before else self.tier


@_register("member.joined", narrowings=_BY_PROPERTY, act_name="join", **_OURS)
@dataclass(frozen=True)
class MemberJoined(EventFields):
    """They have become a member: `version` is that of the terms, `channel` where they read them.

    `cause` is as in `TierChanged`.
    """

    version: Key = ""
    channel: Key = ""
    cause: Key = ""
    property_names: ClassVar[tuple[str, ...] | None] = ("version", "channel")

    @property
    def properties(self) -> Mapping[str, str]:
        return _filled(self, *MemberJoined.property_names or ())


@dataclass(frozen=True)
class _OfGift:
    """What became of a gift of so many `units` of an asset, or of a `coupon`, for whoever gave it."""

    units: Points = 0
    asset: Key = "points"
    coupon: Key = ""
    property_names: ClassVar[tuple[str, ...] | None] = ("asset", "units", "coupon")

    @property
    def properties(self) -> Mapping[str, str]:
        return {"coupon": self.coupon} if self.coupon else {"asset": self.asset, "units": str(self.units)}


@_register("gift.claimed", narrowings=_BY_PROPERTY, actor="system", act_name="gift_claimed", **_OURS)
@dataclass(frozen=True)
class GiftClaimed(_OfGift, EventFields):
    """Somebody has claimed it."""


@_register("gift.returned", narrowings=_BY_PROPERTY, actor="system", act_name="gift_returned", **_OURS)
@dataclass(frozen=True)
class GiftReturned(_OfGift, EventFields):
    """Nobody has claimed it in time: it is theirs again."""


@dataclass(frozen=True)
class _OfUpload:
    """What became of a picture that they have uploaded, by our id of the upload."""

    upload: Name
    property_names: ClassVar[tuple[str, ...] | None] = ("upload",)

    @property
    def properties(self) -> Mapping[str, str]:
        return {"upload": self.upload}


@_register("upload.approved", narrowings=_BY_PROPERTY, actor="system", act_name="upload_approved", **_OURS)
@dataclass(frozen=True)
class UploadApproved(_OfUpload, EventFields):
    """The content check, or a human, has approved it."""


@_register("upload.rejected", narrowings=_BY_PROPERTY, actor="system", act_name="upload_rejected", **_OURS)
@dataclass(frozen=True)
class UploadRejected(_OfUpload, EventFields):
    """It was rejected, and its file is deleted."""


@_register("profile", Source.OWN, actor="system", act_name="profile")
@dataclass(frozen=True)
class ProfileChanged(EventFields):
    changes: Changes
    by: Name | None = None

    @property
    def detail(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.changes.items())


@_register("identified", Source.OWN, actor="system")
@dataclass(frozen=True)
class Identified(EventFields):
    """Who a contact is has become known: an `Identity` of the person, by its kind and its value."""

    identity_kind: Name
    identity: Key


@_register("merged", Source.OWN, actor="system")
@dataclass(frozen=True)
class Merged(EventFields):
    """Two people turned out to be one: who was known as `person` is this person, because of an identity."""

    person: Key
    identity_kind: Name


@_register(
    "date",
    narrowings=_BY_DATE,
    trigger_fields=("before", "after", "at", "yearly"),
    required_in_trigger="date",
    **_CALENDAR,
)
@dataclass(frozen=True)
class DateCame(EventFields):
    date: Name


@_register("schedule", narrowings=(), trigger_fields=("at", "every"), required_in_trigger="at", **_CALENDAR)
@dataclass(frozen=True)
class ScheduleCame(EventFields):
    """A time of day is reached."""


OWN = frozenset(name for name, type_ in EVENT_TYPES.items() if type_.source is Source.OWN)

NARROWING_FIELDS: Mapping[str, tuple[str, ...]] = {
    name: (*(narrowing.file_field for narrowing in type_.narrowings), *type_.trigger_fields)
    for name, type_ in EVENT_TYPES.items()
    if type_.narrowings is not None
}
"""The types that a journey can mean, and the fields of its file that narrow each."""

OF_THE_CALENDAR = frozenset(name for name, type_ in EVENT_TYPES.items() if type_.actor == "calendar")
"""The types that nobody causes: a date or a time comes. They can only start a journey."""

type EventBody = (
    Followed | Scanned | TextReceived | MenuClicked | LinkOpened | TagAdded | PointsChanged | JourneyCalled
    | EndCalled | Paid | Refunded | OrderPaid | OrderReturned | CallLogged | BookingMade | BookingChanged
    | BookingCancelled | MiniProgramEvent | SegmentEntered | CheckedIn | TillVisited | ConsentGiven
    | ConsentWithdrawn | TierChanged | MemberJoined | GiftClaimed | GiftReturned | MediaChecked
    | UploadApproved | UploadRejected | ProfileChanged | Identified | Merged | DateCame | ScheduleCame
    | OtherEvent
)  # fmt: skip
"""What an event says: one of the classes of the registry. A match over it ends in `assert_never`."""
