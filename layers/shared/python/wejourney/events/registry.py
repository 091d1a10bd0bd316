"""The one list of event types: what each says, who tells of it, what it opens, and how journeys mean it.

A new event type is a class here, a line of words in each language, and a reader where it comes over a wire.
WeChat's types and their fields:
https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from wejourney.errors import MalformedEventError
from wejourney.events.text_matching import keyword, matches_glob, normalise
from wejourney.messaging.rule_sets import Act

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


def _of(type_: FieldType, **default: Any) -> Any:
    return field(metadata={"type": type_}, **default)


# --- how the pattern of a journey means an event -------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """How a value of a pattern is compared with a field; `example` is a value of the field that fits."""

    fits: Callable[[Any, Any], bool]
    example: Callable[[Any], Any]


GLOB = Comparison(matches_glob, lambda wanted: (wanted or "").replace("*", ""))
SCENE = Comparison(matches_glob, lambda wanted: (wanted or "").replace("*", "1") or None)
EXACT = Comparison(lambda wanted, value: bool(wanted == value), lambda wanted: wanted)
KEYWORDS = Comparison(
    lambda wanted, text: any(
        matches_glob(keyword(one), said) for said in [normalise(text)] for one in wanted
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
    """A field of a pattern that narrows an event: `written` in a journey file, `pattern` in `EventPattern`.

    It is compared with the event's `fields`, a pair where there are two.
    """

    written: str
    pattern: str
    fields: tuple[str, ...]
    comparison: Comparison

    def fits(self, wanted: Any, body: "EventBody") -> bool:
        """Whether an event of the type is meant."""
        values = tuple(getattr(body, name) for name in self.fields)
        return self.comparison.fits(wanted, values if len(values) > 1 else values[0])

    def example(self, wanted: Any) -> dict[str, Any]:
        """Values of the event's fields that fit."""
        value = self.comparison.example(wanted)
        return dict(zip(self.fields, value if len(self.fields) > 1 else (value,), strict=True))


def _by(written: str, comparison: Comparison, *names: str, pattern: str = "") -> Narrowing:
    return Narrowing(written, pattern or written, names or (written,), comparison)


# --- the registry --------------------------------------------------------------------------------


@dataclass(frozen=True)
class EventType:
    """What there is to know of a type of events.

    `name`: in the inbox, on the timeline and in journey files. `opens`: the act that it counts as.
    `erases`: WeChat wants the person's data deleted after it. `actor`: whose doing it is in a transcript.
    `told_by_runs`: a step of a journey may cause it. `received`: whether the runtime can receive it yet.
    `written`: the name of the act in a persona's file, `emitted` whether a command reports it.

    `narrowings` is None where no journey can mean it; `moments` are the further fields of a trigger of the
    calendar, which only starts journeys. `needs` is the field without which a pattern fits nothing,
    `starts_with` the one without which a trigger would fit everything.
    """

    name: str
    body: "type[EventBody]"
    source: Source
    opens: Act | None = None
    erases: bool = False
    narrowings: tuple[Narrowing, ...] | None = None
    moments: tuple[str, ...] = ()
    needs: str | None = None
    starts_with: str | None = None
    actor: Literal["person", "staff", "system", "calendar"] = "person"
    told_by_runs: bool = False
    received: bool = True
    written: str | None = None
    emitted: bool = False

    @cached_property
    def fields(self) -> "dict[str, Field[Any]]":
        """The fields of its class, by name."""
        specs = fields(self.body)  # type: ignore[arg-type]  # each is a dataclass, their base is not
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


class EventBody:
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
        return {name: value for name in KEYS if (value := getattr(self, name, ""))}

    @property
    def amount(self) -> int | None:
        """What was paid or given back, in fen."""
        types = ((name, spec.metadata["type"]) for name, spec in self.type.fields.items())
        return next((getattr(self, name) for name, type_ in types if type_ is FEN), None)

    @property
    def detail(self) -> str:
        """What a pattern looks at, in one line."""
        values = (
            getattr(self, name) for narrowing in self.type.narrowings or () for name in narrowing.fields
        )
        return " → ".join(str(value) for value in values if value is not None)

    def to_dict(self) -> dict[str, Any]:
        """Its fields by name, without those that are as they are when left out."""
        said = ((name, getattr(self, name), spec) for name, spec in self.type.fields.items())
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value, spec in said
            if is_required(spec) or value not in (spec.default, {})
        }


KEYS = ("order", "booking")
"""What a journey can be taken once per."""


@dataclass(frozen=True)
class OtherEvent(EventBody):
    """An event of a type whose fields nothing uses: `details` are as its sender named them."""

    kind: str
    details: Mapping[str, Any] = _of(_ANYTHING, default_factory=dict)

    @property
    def detail(self) -> str:
        """What a persona's file says of it."""
        return str(self.details.get("said", ""))

    def to_dict(self) -> dict[str, Any]:
        """What its sender said."""
        return dict(self.details)


def _register[T: EventBody](name: str, source: Source, **known: Any) -> Callable[[type[T]], type[T]]:
    def add(body: type[T]) -> type[T]:
        if body is not OtherEvent:
            body.kind = name
        EVENT_TYPES[name] = EventType(name, body, source, **known)
        return body

    return add


def _others(source: Source, names: Iterable[str], **known: Any) -> None:
    for name in names:
        _register(name, source, **known)(OtherEvent)


# --- what a follower does ------------------------------------------------------------------------

_BY_SCENE = (_by("scene", SCENE),)


@_register("follow", Source.ACT, opens=Act.FOLLOW, narrowings=_BY_SCENE, written="follow")
@dataclass(frozen=True)
class Followed(EventBody):
    """`scene` is that of the QR code they followed through."""

    scene: str | None = _of(OPTIONAL_TEXT, default=None)


@_register("scan", Source.ACT, opens=Act.SCAN, narrowings=_BY_SCENE, written="scan")
@dataclass(frozen=True)
class Scanned(EventBody):
    """A follower scanned a QR code of the account."""

    scene: str | None = _of(OPTIONAL_TEXT, default=None)


@_register(
    *("text", Source.ACT),
    opens=Act.MESSAGE,
    narrowings=(_by("keywords", KEYWORDS, "text"),),
    needs="keywords",
    written="say",
)
@dataclass(frozen=True)
class TextReceived(EventBody):
    """What was typed, or the label of the line of a menu message that was tapped: `menu_item` is its id."""

    text: str = _of(TEXT_FIELD)
    menu_item: str | None = _of(OPTIONAL_TEXT, default=None)

    @property
    def opens(self) -> Act | None:
        """A tap on a menu message reaches the server as a text.

        https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
        """
        return Act.MESSAGE if self.menu_item is None else Act.CLICK


for _name in ("image", "voice", "video", "location", "link"):
    _others(Source.ACT, [_name], opens=Act.MESSAGE, narrowings=(), written=_name)


@_register(
    *("click", Source.ACT), opens=Act.CLICK, narrowings=(_by("key", EXACT),), needs="key", written="click"
)
@dataclass(frozen=True)
class MenuClicked(EventBody):
    """A button of the account menu was clicked."""

    key: str | None = _of(OPTIONAL_TEXT, default=None)


@_register("view", Source.ACT, narrowings=(_by("url", GLOB),), written="view")
@dataclass(frozen=True)
class LinkOpened(EventBody):
    """A page was opened from the account menu."""

    url: str = _of(TEXT_FIELD, default="")


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

_others(Source.ABOUT, [CHAT_CLOSED], narrowings=(), actor="staff", written="agent_closes")
# After these WeChat wants a person's data to be deleted.
# https://developers.weixin.qq.com/doc/service/en/guide/h5/authorization_change.html
_others(Source.ABOUT, [UNFOLLOW], erases=True, written="unfollow")
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
    narrowings=(_by("tag", GLOB, pattern="name"),),
    starts_with="tag",
    actor="system",
    told_by_runs=True,
    written="tag",
    emitted=True,
)
@dataclass(frozen=True)
class TagAdded(EventBody):
    """`by` names the journey whose run put the tag on already."""

    tag: str = _of(NAME)
    by: str | None = _of(OPTIONAL_NAME, default=None)


@_register(
    *("points", Source.OWN),
    narrowings=(_by("points", PASSED, "before", "points", pattern="at_least"),),
    needs="points",
    actor="system",
    told_by_runs=True,
)
@dataclass(frozen=True)
class PointsChanged(EventBody):
    """The balance as the books tell it, after and `before`."""

    points: int = _of(NUMBER)
    before: int = _of(NUMBER)
    by: str | None = _of(OPTIONAL_NAME, default=None)


@_register(
    *("journey", Source.OWN),
    narrowings=(_by("journey", GLOB, "by", pattern="name"),),
    told_by_runs=True,
    emitted=True,
)
@dataclass(frozen=True)
class JourneyCalled(EventBody):
    """`journey` is to be started, `by` another one."""

    journey: str = _of(NAME)
    by: str | None = _of(OPTIONAL_NAME, default=None)


@_register("end", Source.OWN, told_by_runs=True, emitted=True)
@dataclass(frozen=True)
class EndCalled(EventBody):
    """The run of `journey` is to be ended, `by` another journey."""

    journey: str = _of(NAME)
    by: str | None = _of(OPTIONAL_NAME, default=None)


_BY_TOTAL = (_by("total", AT_LEAST, pattern="at_least"),)


@_register(
    *("payment", Source.OWN),
    opens=Act.PAY,
    narrowings=_BY_TOTAL,
    received=False,
    written="pay",
    emitted=True,
)
@dataclass(frozen=True)
class Paid(EventBody):
    """`total` is in fen."""

    total: int = _of(FEN)
    order: str = _of(KEY, default="")


@_register(*("refund", Source.OWN), narrowings=_BY_TOTAL, received=False, written="refund", emitted=True)
@dataclass(frozen=True)
class Refunded(EventBody):
    """`total` is in fen."""

    total: int = _of(FEN)
    order: str = _of(KEY, default="")


@_register(
    *("mini_program", Source.OWN),
    narrowings=(_by("name", GLOB),),
    starts_with="name",
    received=False,
    written="mini_program",
    emitted=True,
)
@dataclass(frozen=True)
class MiniProgramEvent(EventBody):
    """`name` says what happened in a mini program of the brand, `details` whatever else it says."""

    name: str = _of(NAME)
    order: str = _of(KEY, default="")
    booking: str = _of(KEY, default="")
    details: Mapping[str, str] = _of(TEXTS, default_factory=dict)


@_register(
    *("segment", Source.OWN),
    narrowings=(_by("segment", GLOB, pattern="name"),),
    starts_with="segment",
    actor="system",
    received=False,
    written="segment",
    emitted=True,
)
@dataclass(frozen=True)
class SegmentEntered(EventBody):
    """The person came to belong to a segment."""

    segment: str = _of(NAME)


@_register("profile", Source.OWN, actor="system", told_by_runs=True, written="profile")
@dataclass(frozen=True)
class ProfileChanged(EventBody):
    """`changes` are values by name, as `people.followers.profile_changes` takes them."""

    changes: Mapping[str, str | bool] = _of(CHANGES)
    by: str | None = _of(OPTIONAL_NAME, default=None)

    @property
    def detail(self) -> str:
        """The new values."""
        return ", ".join(f"{name}={value}" for name, value in self.changes.items())


@_register(
    *("date", Source.OWN),
    narrowings=(_by("date", GLOB, pattern="name"),),
    moments=("before", "after", "at"),
    starts_with="date",
    actor="calendar",
    received=False,
    emitted=True,
)
@dataclass(frozen=True)
class DateCame(EventBody):
    """A date of the profile is reached."""

    date: str = _of(NAME)


@_register(
    *("schedule", Source.OWN),
    narrowings=(),
    moments=("at", "every"),
    starts_with="at",
    actor="calendar",
    received=False,
    emitted=True,
)
@dataclass(frozen=True)
class ScheduleCame(EventBody):
    """A time of day is reached."""


OWN = frozenset(name for name, known in EVENT_TYPES.items() if known.source is Source.OWN)

PATTERNED: Mapping[str, tuple[str, ...]] = {
    name: (*(narrowing.written for narrowing in known.narrowings), *known.moments)
    for name, known in EVENT_TYPES.items()
    if known.narrowings is not None
}
"""The types that a journey can mean, and the fields of its file that narrow each."""

OF_THE_CALENDAR = frozenset(name for name, known in EVENT_TYPES.items() if known.actor == "calendar")
"""The types that nobody causes: they come, and can only start a journey."""
