"""`wejourney set-profile` and `wejourney emit`: facts and events from other systems, through the inbox."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.errors import MalformedEventError, ProfileFullError
from wejourney.events.event import InboundEvent, Subject, check_event, own_event
from wejourney.events.event_fields import EventField
from wejourney.events.event_types import EVENT_TYPES, ProfileChanged, TagAdded
from wejourney.people.followers import after
from wejourney.people.profile_fields import YES_OR_NO_FIELDS, date_name
from workbench.cli.consoles import output
from workbench.cli.deployment_options import AppId, OpenId, Stack, open_target
from workbench.cli.options import named_values
from workbench.cli.terminal import fail, said
from workbench.language.mistakes import nearest, phrase
from workbench.language.parse_values import form_expected
from workbench.operations.set_profile import set_facts
from workbench.operations.target import Target

KINDS = sorted(name for name, type_ in EVENT_TYPES.items() if type_.can_be_emitted)
"""What `emit` takes. Profile changes have `set-profile`; points come from the ledger."""

FIELDS: Mapping[str, Mapping[str, EventField]] = {
    kind: {
        name: field
        for name, field in EVENT_TYPES[kind].fields.items()
        if name not in ("cause", "code_facts", "details") and not (name == "by" and kind == TagAdded.kind)
    }
    for kind in KINDS
}
"""The fields that `emit` takes of each kind. A tag `by` a run is on already: the event would set nothing."""

_SYNTAX = "; ".join(
    f"{kind} {' '.join(f'{name}=…' for name in names)}" for kind, names in FIELDS.items() if names
)

_MOST_DIGITS = 15
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NOT_A_FACT = {"points", "tags", "segments", "date"}


def set_profile(
    openid: OpenId,
    facts: Annotated[
        list[str],
        typer.Argument(),
        phrase("set-profile facts"),
    ],
    app_id: AppId = None,
    stack: Stack = None,
) -> None:
    changes = named_values(facts)
    for name, value in changes.items():
        _check_fact(name, value)
    try:
        check_event(own_event(ProfileChanged(changes), "", Subject("", openid), datetime.now(UTC)))
    except MalformedEventError as error:
        fail(phrase("malformed event", why=str(error), command="set-profile"))
    target = open_target(stack)
    account = app_id or target.app_id
    if target.followers.read(account, openid).follower is None:
        try:
            set_facts(target.followers, account, openid, changes)
        except ProfileFullError as error:
            fail(phrase("profile too large", openid=openid, why=str(error)))
        output().print(said(phrase("saved", names=tuple(changes), openid=openid)))
        return
    to = Subject(account, openid)
    _queue(target, own_event(ProfileChanged(changes), uuid.uuid4().hex, to, target.clock.now()))
    output().print(said(phrase("queued", openid=openid, what_is=tuple(changes))))


def emit(
    openid: OpenId,
    kind: Annotated[str, typer.Argument(), phrase("emit kind", names=tuple(KINDS))],
    fields: Annotated[list[str] | None, typer.Argument(), phrase("emit fields", syntax=_SYNTAX)] = None,
    event_id: Annotated[str | None, typer.Option("--id"), phrase("emit --id")] = None,
    app_id: AppId = None,
    stack: Stack = None,
) -> None:
    if kind not in KINDS:
        fail(phrase("unknown event type", name=kind, hint=nearest(kind, KINDS)))
    try:
        body = EVENT_TYPES[kind].read(_fields(kind, fields or ()))
        # An event that the runtime rejects would become a dead letter.
        check_event(own_event(body, "", Subject("", openid), datetime.now(UTC)))
    except MalformedEventError as error:
        fail(phrase("malformed event", why=str(error), command="emit"))
    target = open_target(stack)
    to = Subject(app_id or target.app_id, openid)
    _queue(target, own_event(body, event_id or uuid.uuid4().hex, to, target.clock.now()))
    output().print(said(phrase("queued", openid=openid, what_is=kind)))


def _queue(target: Target, event: InboundEvent) -> None:
    """Queue an event; what the profile of its follower cannot hold would become a dead letter."""
    follower = target.followers.read(event.subject.app_id, event.subject.openid).follower
    try:
        if follower is not None:
            after(follower, event, RULE_SETS["current"])
    except ProfileFullError as error:
        fail(phrase("profile too large", openid=event.subject.openid, why=str(error)))
    target.inbox.tell([event])


def _fields(kind: str, texts: Iterable[str]) -> dict[str, Any]:
    """The event's fields; what is none of them is one of its details, where it has details."""
    told = {name: _field(kind, name, value) for name, value in named_values(texts).items()}
    fields: dict[str, Any] = {name: value for name, value in told.items() if name in FIELDS[kind]}
    details = {name: value for name, value in told.items() if name not in fields}
    return {**fields, "details": details} if details else fields


def _field(kind: str, name: str, value: str) -> str | int:
    text, known = f"{name}={value}", FIELDS[kind]
    if name not in known and "details" in EVENT_TYPES[kind].fields and _NAME.fullmatch(name):
        return value
    if name not in known:
        fail(
            phrase("event takes", text=text, kind=kind, names=tuple(known))
            if known
            else phrase("event takes nothing", text=text, kind=kind)
        )
    unit = known[name].unit
    if unit is None:
        return value
    if not (value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS):
        fail(
            phrase("whole number of", text=text, name=name, unit=phrase("fen" if unit == "fen" else "points"))
        )
    return int(value)


def _check_fact(name: str, value: str) -> None:
    text, date = f"{name}={value}", date_name(name)
    if name in _NOT_A_FACT or not _NAME.fullmatch(name if date is None else date):
        fail(phrase("not a field to set", text=text, name=name))
    wanted = form_expected(name, value)
    if wanted is not None and (value != "" or name in YES_OR_NO_FIELDS):
        fail(phrase("field must be", text=text, name=name, form=wanted))
