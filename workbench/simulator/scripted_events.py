"""What a persona does, as people write it, and the event that it is."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from wejourney.events import event_types
from wejourney.events.currencies import CURRENCIES
from wejourney.events.event_types import Source as ToldBy
from wejourney.events.values import FARTHEST
from wejourney.wire.official_account.subscribe_scenes import SOURCES
from workbench.language.mistakes import nearest, phrase
from workbench.language.parse_values import LONGEST_APART, duration, form_expected, whole_number
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node
from workbench.simulator.deployment import ScriptedEvent

TAP = "tap"
"""Written for a text that is a tap on the line of a menu message."""

_WRITTEN = {type_.act_name: type_ for type_ in event_types.EVENT_TYPES.values() if type_.act_name is not None}

ACTS = (*_WRITTEN, TAP)
"""What a persona can do, or what can be told of them, as `wejourney emit` and `set-profile` do."""

AGO = "ago"
"""The field of what was done before a persona's life begins: that time before it."""

ACCOUNT = "account"
"""Written with an act that happens in another account than that of the simulation."""

NO_ACT = event_types.OtherEvent("")
"""In place of an act that cannot be read."""

_NOT_WRITTEN = {"by", "cause", "code_facts", "menu_item"}
"""Fields that runs, phones and the registry of codes fill in."""


def read_act(
    source: Source, node: Node, at: Location, known: Sequence[str] = ACTS, when: Sequence[str] = ("at", AGO)
) -> tuple[ScriptedEvent, str | None]:
    """What is done, and when by one of the fields `when`, at once without one; and the source of a follow.

    WeChat tells the source only when it is asked.
    """
    others = (*when, *((ACCOUNT,) if known is ACTS else ()))
    fields, act = act_fields(source, node, at, others, known)
    after, account = _after(source, fields, at, when), ""
    if ACCOUNT in fields:
        account = source.string(fields[ACCOUNT], (*at, ACCOUNT), f"`{ACCOUNT}`")
    if act is None:
        return ScriptedEvent(after, NO_ACT), None
    if act == event_types.Followed.kind:
        scene, origin = _follow(source, fields[act], (*at, act))
        return ScriptedEvent(after, event_types.Followed(scene), account), origin
    return ScriptedEvent(after, read_body(source, act, fields[act], (*at, act)), account), None


def act_fields(
    source: Source, node: Node, at: Location, others: Sequence[str], known: Sequence[str]
) -> tuple[dict[str, Node], str | None]:
    """The fields of an act, and which one says what is done; None after a mistake."""
    mistakes = len(source.mistakes)
    fields = source.fields(node, at, (*others, *known), "an act")
    done = [name for name in fields if name not in others]
    if len(done) == 1:
        return fields, done[0]
    if len(source.mistakes) == mistakes:
        source.mistake_at(node, phrase("one action"), phrase("one of", names=tuple(known)))
    return fields, None


def _after(source: Source, fields: Mapping[str, Node], at: Location, when: Sequence[str]) -> timedelta:
    given = [name for name in when if name in fields]
    if len(given) > 1:
        source.mistake_at(fields[given[1]], phrase("one time", names=tuple(given)), phrase("remove one"))
    if not given or str(fields[given[0]].value) in ("0", "0s", "0m", "0h", "0d"):
        return timedelta(0)
    node, place, is_ago = fields[given[0]], (*at, given[0]), given[0] == AGO
    if is_ago:
        return -timedelta(seconds=duration(source, node, place, longest=LONGEST_APART))
    return timedelta(seconds=duration(source, node, place))


def _follow(source: Source, node: Node, at: Location) -> tuple[str | None, str | None]:
    fields = source.fields(node, at, ("scene", "source"), "`follow`")
    told = {name: source.string(value, (*at, name), f"`{name}`") for name, value in fields.items()}
    origin = told.get("source")
    if origin is not None and origin not in SOURCES.values():
        hint = nearest(origin, SOURCES.values())
        source.mistake((*at, "source"), phrase("unknown source", name=origin), hint)
    return told.get("scene"), origin


def read_body(source: Source, written: str, node: Node, at: Location) -> event_types.EventBody:
    """The event of an act that is not a follow."""
    if written == TAP:
        tapped = source.string(node, at, f"`{TAP}`")
        return event_types.TextReceived(tapped, tapped)
    known = _WRITTEN[written]
    if known.body is event_types.ProfileChanged:
        return _profile(source, node, at)
    if known.narrowings and known.body is event_types.OtherEvent and isinstance(node, MappingNode):
        fields = source.fields(node, at, (event_types.PERSONA_TEXT, *FARTHEST), f"`{written}`")
        told = {name: source.string(value, (*at, name), f"`{name}`") for name, value in fields.items()}
        return event_types.OtherEvent(known.name, told)
    if known.source is ToldBy.ABOUT and not known.narrowings:
        if source.scalar(node, at, f"`{written}`") is not True:
            source.mistake(at, phrase("takes only true", written=written), phrase("remove the act"))
        return event_types.OtherEvent(known.name)
    if known.body is event_types.OtherEvent:
        return event_types.OtherEvent(
            known.name, {event_types.PERSONA_TEXT: source.string(node, at, f"`{written}`")}
        )
    names = known.fields.keys() - _NOT_WRITTEN
    if len(names) == 1:
        only: dict[str, Any] = {names.pop(): source.string(node, at, f"`{written}`")}
        return known.body(**only)
    return known.body(**_by_name(source, known, node, at))


def _by_name(source: Source, known: event_types.EventType, node: Node, at: Location) -> dict[str, Any]:
    """The fields of an event; it may have a field `details` for whatever else is said."""
    open_ended = "details" in known.fields
    fields = source.fields(node, at, None if open_ended else tuple(known.fields), f"`{at[-1]}`")
    told: dict[str, Any] = {"details": {}} if open_ended else {}
    for name, value in fields.items():
        if name not in known.fields or name in ("details", "code_facts"):
            told["details"][name] = source.string(value, (*at, name), f"`{name}`")
        elif known.fields[name].unit == "fen":
            told[name] = whole_number(source, value, (*at, name), f"{name} in fen", least=1)
        else:
            told[name] = text = source.string(value, (*at, name), f"`{name}`")
            if known.fields[name].is_date_time and text and not known.fields[name].fits(text):
                message = phrase("invalid value", value=text, name=name)
                source.mistake((*at, name), message, phrase("date time form"))
            if name == "currency" and text not in CURRENCIES:
                message = phrase("invalid value", value=text, name=name)
                source.mistake((*at, name), message, phrase("currency example"))
    for name, spec in known.fields.items():
        if spec.is_required and name not in told:
            if at not in source.broken:
                source.mistake(at, phrase("field missing", name=name), phrase("write field", name=name))
            told[name] = 0 if spec.unit == "fen" else ""
    return told


def _profile(source: Source, node: Node, at: Location) -> event_types.ProfileChanged:
    fields = source.fields(node, at, None, "`profile`")
    changes = {name: source.string(value, (*at, name), "a value") for name, value in fields.items()}
    for name, value in changes.items():
        wanted = form_expected(name, value) if value else None
        if wanted is not None:
            source.mistake((*at, name), phrase("invalid value", value=value, name=name), wanted)
    return event_types.ProfileChanged(changes)
