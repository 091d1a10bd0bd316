"""The one list of event types: what each says, who tells of it, what it opens, and how journeys mean it.

A new event type is a class here, a line of words in each language, and a reader where it comes over a wire.
WeChat's types and their fields:
https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, cast

from wejourney.errors import MalformedEventError
from wejourney.events.text_matching import keyword, matches_glob, normalise
from wejourney.messaging.wechat_rules import Act

LONGEST_NAME = 256
"""Characters of a tag, a segment or another name."""

LONGEST_VALUE = 5_000
"""Characters of an attribute."""

MOST_CHANGES = 100
"""Values of a profile that one event changes."""

_LARGEST = 10**15


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


# --- fields and their bounds ---------------------------------------------------------------------


@dataclass(frozen=True)
class FieldType:
    """What values a field of an event takes; a number's `unit` is given where people write it."""

    fits: Callable[[Any], bool]
    unit: str | None = None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def _is_number(value: Any) -> bool:
    return type(value) is int and abs(value) < _LARGEST


def _are_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, str) for pair in value.items() for one in pair)


def _are_changes(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) <= MOST_CHANGES and all(map(_is_change, value.items()))


def _is_change(change: tuple[Any, Any]) -> bool:
    # Late: the callback must start fast, and no profile changes by it.
    from wejourney.people.profile_fields import expected  # noqa: PLC0415

    name, value = change
    if not _is_name(name) or not isinstance(value, str | bool):
        return False
    if isinstance(value, bool):
        return name in ("customer", "member")
    return len(value) <= LONGEST_VALUE and (value == "" or expected(name, value) is None)


TEXT_FIELD = FieldType(lambda value: isinstance(value, str))
OPTIONAL_TEXT = FieldType(lambda value: value is None or isinstance(value, str))
NAME = FieldType(_is_name)
OPTIONAL_NAME = FieldType(lambda value: value is None or _is_name(value))
KEY = FieldType(lambda value: value == "" or _is_name(value))
"""An order or a booking: what a journey can be taken once for."""
NUMBER = FieldType(_is_number, "points")
FEN = FieldType(_is_number, "fen")
TEXTS = FieldType(_are_texts)
CHANGES = FieldType(_are_changes)
_ANYTHING = FieldType(lambda value: isinstance(value, Mapping))


def _field(type_: FieldType, **default: Any) -> Any:
    return field(metadata={"type": type_}, **default)


# --- how the pattern of a journey means an event -------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """How a value of a pattern is compared with a field; `example` is a value of the field that fits."""

    fits: Callable[[Any, Any], bool]
    example: Callable[[Any], Any]


GLOB = Comparison(matches_glob, lambda wanted: (wanted or "").replace("*", ""))
SENDER = Comparison(
    lambda wanted, by: matches_glob(wanted, by or ""), lambda wanted: (wanted or "").replace("*", "")
)
"""The journey that caused an event; `*` also means an operator, who is none."""
SCENE = Comparison(matches_glob, lambda wanted: (wanted or "").replace("*", "1") or None)
EXACT = Comparison(lambda wanted, value: bool(wanted == value), lambda wanted: wanted)
KEYWORDS = Comparison(
    lambda wanted, text: any(
        matches_glob(keyword(word), normalised) for normalised in [normalise(text)] for word in wanted
    ),
    lambda wanted: next(iter(wanted), "").replace("*", ""),
)
AT_LEAST = Comparison(lambda wanted, value: bool(value >= wanted), lambda wanted: wanted or 1)
PASSED = Comparison(
    lambda wanted, balance: bool(balance[0] < wanted <= balance[1]), lambda wanted: (0, wanted or 1)
)
"""The balance reached the number with this event: it was below it before."""


@dataclass(frozen=True)
class Narrowing:
    """A field of a pattern that narrows an event.

    It is `file_field` in a journey file and `pattern_field` in `EventPattern`. It is compared with the
    event's `event_fields`, a pair where there are two.
    """

    file_field: str
    pattern_field: str
    event_fields: tuple[str, ...]
    comparison: Comparison

    def fits(self, wanted: Any, body: "EventBody") -> bool:
        """Whether an event of the type is meant."""
        values = tuple(getattr(body, name) for name in self.event_fields)
        return self.comparison.fits(wanted, values if len(values) > 1 else values[0])

    def example(self, wanted: Any) -> dict[str, Any]:
        """Values of the event's fields that fit."""
        value = self.comparison.example(wanted)
        values = value if len(self.event_fields) > 1 else (value,)
        return dict(zip(self.event_fields, values, strict=True))


def _narrowed_by(
    file_field: str, comparison: Comparison, *event_fields: str, pattern_field: str = ""
) -> Narrowing:
    return Narrowing(file_field, pattern_field or file_field, event_fields or (file_field,), comparison)


# --- the registry --------------------------------------------------------------------------------


@dataclass(frozen=True)
class EventType:
    """What is known of a type of events.

    `name`: in the inbox, on the timeline and in journey files. `opens`: the act that it counts as.
    `erases`: WeChat wants the person's data deleted after it. `actor`: who does it, in a transcript.
    `caused_by_runs`: a step of a journey may cause it. `receivable`: the runtime can receive it already.
    `act_name`: the act in a persona's file. `can_be_emitted`: by the command `emit`.

    `narrowings` is None where no journey can mean the type. `moment_fields` are the further fields of a
    trigger of the calendar. Without `required_field` a pattern fits nothing, without `required_in_trigger` a
    trigger fits every event of the type.
    """

    name: str
    body: "type[EventBody]"
    source: Source
    opens: Act | None = None
    erases: bool = False
    narrowings: tuple[Narrowing, ...] | None = None
    moment_fields: tuple[str, ...] = ()
    required_field: str | None = None
    required_in_trigger: str | None = None
    actor: Literal["person", "staff", "system", "calendar"] = "person"
    caused_by_runs: bool = False
    receivable: bool = True
    act_name: str | None = None
    can_be_emitted: bool = False

    @cached_property
    def fields(self) -> "dict[str, Field[Any]]":
        """The fields of its class, by name."""
        specs = fields(self.body)
        return {spec.name: spec for spec in specs if "type" in spec.metadata}

    def read(self, values: Mapping[str, Any]) -> "EventBody":
        """The event with these values of its fields. Raises MalformedEventError, which quotes no value."""
        if self.body is OtherEvent:
            return OtherEvent(self.name, values)
        for name, spec in self.fields.items():
            if is_required(spec) if name not in values else not spec.metadata["type"].fits(values[name]):
                raise MalformedEventError(f"`{self.name}` has no usable `{name}`")
        return self.body(**{name: value for name, value in values.items() if name in self.fields})


def is_required(spec: "Field[Any]") -> bool:
    """Whether an event cannot be without this field."""
    return spec.default is MISSING and spec.default_factory is MISSING


EVENT_TYPES: dict[str, EventType] = {}
"""Every type of events by its name."""


class EventFields:
    """What an event says, without who and when: one class for each type whose fields something uses.

    `by` names the journey whose run caused it.
    """

    kind: str
    by: str | None = None

    @property
    def type(self) -> EventType:
        """Its entry in the registry."""
        return EVENT_TYPES[self.kind]

    @property
    def opens(self) -> Act | None:
        """The act that it counts as."""
        return self.type.opens

    @property
    def key_fields(self) -> Mapping[str, str]:
        """What it is about, for a journey that is taken once per `order` or `booking`."""
        return {name: value for name in REENTRY_KEYS if (value := getattr(self, name, ""))}

    @property
    def amount(self) -> int | None:
        """What was paid or given back, in fen."""
        types = ((name, spec.metadata["type"]) for name, spec in self.type.fields.items())
        return next((getattr(self, name) for name, type_ in types if type_ is FEN), None)

    @property
    def detail(self) -> str:
        """What a pattern looks at, in one line."""
        values = (
            getattr(self, name) for narrowing in self.type.narrowings or () for name in narrowing.event_fields
        )
        return " → ".join(str(value) for value in values if value is not None)

    def to_dict(self) -> dict[str, Any]:
        """Its fields by name, without those that are as they are when left out."""
        fields = ((name, getattr(self, name), spec) for name, spec in self.type.fields.items())
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value, spec in fields
            if is_required(spec) or value not in (spec.default, {})
        }


REENTRY_KEYS = ("order", "booking")
"""What a journey can be taken once per."""


@dataclass(frozen=True)
class OtherEvent(EventFields):
    """An event of a type whose fields nothing uses: `details` are as its sender named them."""

    kind: str
    details: Mapping[str, Any] = _field(_ANYTHING, default_factory=dict)

    @property
    def detail(self) -> str:
        """What a persona's file says of it."""
        return str(self.details.get("said", ""))

    def to_dict(self) -> dict[str, Any]:
        """What its sender said."""
        return dict(self.details)


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

_BY_SCENE = (_narrowed_by("scene", SCENE),)


@_register("follow", Source.ACT, opens=Act.FOLLOW, narrowings=_BY_SCENE, act_name="follow")
@dataclass(frozen=True)
class Followed(EventFields):
    """`scene` is that of the QR code they followed through."""

    scene: str | None = _field(OPTIONAL_TEXT, default=None)


@_register("scan", Source.ACT, opens=Act.SCAN, narrowings=_BY_SCENE, act_name="scan")
@dataclass(frozen=True)
class Scanned(EventFields):
    """A follower scanned a QR code of the account."""

    scene: str | None = _field(OPTIONAL_TEXT, default=None)


@_register(
    *("text", Source.ACT),
    opens=Act.MESSAGE,
    narrowings=(_narrowed_by("keywords", KEYWORDS, "text"),),
    required_field="keywords",
    act_name="say",
)
@dataclass(frozen=True)
class TextReceived(EventFields):
    """What was typed, or the label of the line of a menu message that was tapped: `menu_item` is its id."""

    text: str = _field(TEXT_FIELD)
    menu_item: str | None = _field(OPTIONAL_TEXT, default=None)

    @property
    def opens(self) -> Act | None:
        """A tap on a menu message reaches the server as a text.

        https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
        """
        return Act.MESSAGE if self.menu_item is None else Act.CLICK


for _name in ("image", "voice", "video", "location", "link"):
    _others(Source.ACT, [_name], opens=Act.MESSAGE, narrowings=(), act_name=_name)


@_register(
    *("click", Source.ACT),
    opens=Act.CLICK,
    narrowings=(_narrowed_by("key", EXACT),),
    required_field="key",
    act_name="click",
)
@dataclass(frozen=True)
class MenuClicked(EventFields):
    """A button of the account menu was clicked."""

    key: str | None = _field(OPTIONAL_TEXT, default=None)


@_register("view", Source.ACT, narrowings=(_narrowed_by("url", GLOB),), act_name="view")
@dataclass(frozen=True)
class LinkOpened(EventFields):
    """A page was opened from the account menu."""

    url: str = _field(TEXT_FIELD, default="")


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
# After these WeChat wants a person's data to be deleted.
# https://developers.weixin.qq.com/doc/service/en/guide/h5/authorization_change.html
_others(Source.ABOUT, [UNFOLLOW], erases=True, act_name="unfollow")
_others(Source.ABOUT, [REVOKED, CANCELLED], erases=True)
_others(
    Source.ABOUT,
    (
        *("user_info_modified", "location_report", "kf_create_session", "kf_switch_session"),
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
        *("wx_verify_dispatch", "wx_verify_refill", "wx_verify_fail", "wxa_media_check"),
        *("wxa_nickname_audit", "weapp_audit_success", "weapp_audit_fail", "weapp_audit_delay", UNKNOWN),
    ),
)

# --- what runs, imports and operators report -----------------------------------------------------


@_register(
    *("tag", Source.OWN),
    narrowings=(_narrowed_by("tag", GLOB, pattern_field="name"),),
    required_in_trigger="tag",
    actor="system",
    caused_by_runs=True,
    act_name="tag",
    can_be_emitted=True,
)
@dataclass(frozen=True)
class TagAdded(EventFields):
    """`by` names the journey whose run put the tag on already."""

    tag: str = _field(NAME)
    by: str | None = _field(OPTIONAL_NAME, default=None)


@_register(
    *("points", Source.OWN),
    narrowings=(_narrowed_by("points", PASSED, "before", "points", pattern_field="at_least"),),
    required_field="points",
    actor="system",
    caused_by_runs=True,
)
@dataclass(frozen=True)
class PointsChanged(EventFields):
    """The balance as the books tell it, after and `before`."""

    points: int = _field(NUMBER)
    before: int = _field(NUMBER)
    by: str | None = _field(OPTIONAL_NAME, default=None)


@_register(
    *("journey", Source.OWN),
    narrowings=(_narrowed_by("journey", SENDER, "by", pattern_field="name"),),
    caused_by_runs=True,
    can_be_emitted=True,
)
@dataclass(frozen=True)
class JourneyCalled(EventFields):
    """`journey` is to be started, `by` another one."""

    journey: str = _field(NAME)
    by: str | None = _field(OPTIONAL_NAME, default=None)


@_register("end", Source.OWN, caused_by_runs=True, can_be_emitted=True)
@dataclass(frozen=True)
class EndCalled(EventFields):
    """The run of `journey` is to be ended, `by` another journey."""

    journey: str = _field(NAME)
    by: str | None = _field(OPTIONAL_NAME, default=None)


_BY_TOTAL = (_narrowed_by("total", AT_LEAST, pattern_field="at_least"),)


@_register(
    *("payment", Source.OWN),
    opens=Act.PAY,
    narrowings=_BY_TOTAL,
    receivable=False,
    act_name="pay",
    can_be_emitted=True,
)
@dataclass(frozen=True)
class Paid(EventFields):
    """`total` is in fen."""

    total: int = _field(FEN)
    order: str = _field(KEY, default="")


@_register(
    *("refund", Source.OWN), narrowings=_BY_TOTAL, receivable=False, act_name="refund", can_be_emitted=True
)
@dataclass(frozen=True)
class Refunded(EventFields):
    """`total` is in fen."""

    total: int = _field(FEN)
    order: str = _field(KEY, default="")


@_register(
    *("mini_program", Source.OWN),
    narrowings=(_narrowed_by("name", GLOB),),
    required_in_trigger="name",
    receivable=False,
    act_name="mini_program",
    can_be_emitted=True,
)
@dataclass(frozen=True)
class MiniProgramEvent(EventFields):
    """`name` says what happened in a mini program of the brand, `details` whatever else it says."""

    name: str = _field(NAME)
    order: str = _field(KEY, default="")
    booking: str = _field(KEY, default="")
    details: Mapping[str, str] = _field(TEXTS, default_factory=dict)


@_register(
    *("segment", Source.OWN),
    narrowings=(_narrowed_by("segment", GLOB, pattern_field="name"),),
    required_in_trigger="segment",
    actor="system",
    receivable=False,
    act_name="segment",
    can_be_emitted=True,
)
@dataclass(frozen=True)
class SegmentEntered(EventFields):
    """The person came to belong to a segment."""

    segment: str = _field(NAME)


@_register("profile", Source.OWN, actor="system", caused_by_runs=True, act_name="profile")
@dataclass(frozen=True)
class ProfileChanged(EventFields):
    """`changes` are values by name, as `people.followers.profile_changes` takes them."""

    changes: Mapping[str, str | bool] = _field(CHANGES)
    by: str | None = _field(OPTIONAL_NAME, default=None)

    @property
    def detail(self) -> str:
        """The new values."""
        return ", ".join(f"{name}={value}" for name, value in self.changes.items())


@_register(
    *("date", Source.OWN),
    narrowings=(_narrowed_by("date", GLOB, pattern_field="name"),),
    moment_fields=("before", "after", "at"),
    required_in_trigger="date",
    actor="calendar",
    receivable=False,
    can_be_emitted=True,
)
@dataclass(frozen=True)
class DateCame(EventFields):
    """A date of the profile is reached."""

    date: str = _field(NAME)


@_register(
    *("schedule", Source.OWN),
    narrowings=(),
    moment_fields=("at", "every"),
    required_in_trigger="at",
    actor="calendar",
    receivable=False,
    can_be_emitted=True,
)
@dataclass(frozen=True)
class ScheduleCame(EventFields):
    """A time of day is reached."""


OWN = frozenset(name for name, type_ in EVENT_TYPES.items() if type_.source is Source.OWN)

NARROWING_FIELDS: Mapping[str, tuple[str, ...]] = {
    name: (*(narrowing.file_field for narrowing in type_.narrowings), *type_.moment_fields)
    for name, type_ in EVENT_TYPES.items()
    if type_.narrowings is not None
}
"""The types that a journey can mean, and the fields of its file that narrow each."""

OF_THE_CALENDAR = frozenset(name for name, type_ in EVENT_TYPES.items() if type_.actor == "calendar")
"""The types that nobody causes: a date or a time comes. They can only start a journey."""

type EventBody = (
    Followed
    | Scanned
    | TextReceived
    | MenuClicked
    | LinkOpened
    | TagAdded
    | PointsChanged
    | JourneyCalled
    | EndCalled
    | Paid
    | Refunded
    | MiniProgramEvent
    | SegmentEntered
    | ProfileChanged
    | DateCame
    | ScheduleCame
    | OtherEvent
)
"""What an event says: one of the classes of the registry. A match over it ends in `assert_never`."""
