"""`wejourney set-profile` and `wejourney emit`: facts and events from other systems, through the inbox."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from wejourney.errors import MalformedEventError, ProfileFullError, StaleFollowerError
from wejourney.events.checks import check_event
from wejourney.events.events import OWN, POINTS, PROFILE, InboundEvent, own_event
from wejourney.people.profile_fields import expected
from wejourney.text import encodable
from workbench.cli.terminal import fail, output
from workbench.language.mistakes import nearest
from workbench.operations.set_profile import set_facts
from workbench.operations.target import AppId, OpenId, Stack, open_target

KINDS = sorted(OWN - {PROFILE, POINTS})
"""What `emit` takes. Profile changes have `set-profile`; points come from the ledger."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NOT_A_FACT = {"points", "tags", "segments", "date"}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("set-profile")(set_profile)
    app.command("emit")(emit)


def set_profile(
    openid: OpenId,
    facts: Annotated[
        list[str],
        typer.Argument(
            help="Profile fields: customer=true member=false language=en time_zone=Europe/Paris "
            "date.booking=2026-12-01T18:00, any attribute such as city=Paris; city= deletes it."
        ),
    ],
    app_id: AppId = None,
    stack: Stack = None,
) -> None:
    """Set profile fields of a follower; goals, exits and date waits of their runs react."""
    changes = dict(_read(_fact, facts))
    _check(own_event(PROFILE, "", ("", openid), datetime.now(UTC), Changes=changes), "set-profile")
    target = open_target(stack)
    account = app_id or target.app_id
    if target.followers.load(account, openid) is None:
        try:
            set_facts(target.followers, account, openid, changes)
        except ProfileFullError as error:
            fail(f"the profile of {openid} is too large: {error}")
        except StaleFollowerError:
            fail(f"write conflict: other processes keep changing {openid}; run the command again")
        output().print(f"saved {', '.join(changes)} for {openid} (not following yet)")
        return
    to = (account, openid)
    target.inbox.tell([own_event(PROFILE, uuid.uuid4().hex, to, target.clock.now(), Changes=changes)])
    output().print(f"queued for {openid}: {', '.join(changes)}")


def emit(
    openid: OpenId,
    kind: Annotated[str, typer.Argument(help=f"Event type: {', '.join(KINDS)}.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(help="Event fields: Order=17 Total=9900 (fen); Tag=vip; Journey=welcome; Name=cart."),
    ] = None,
    event_id: Annotated[
        str | None, typer.Option("--id", help="Idempotency key: an event with the same id is ignored.")
    ] = None,
    app_id: AppId = None,
    stack: Stack = None,
) -> None:
    """Emit an event of another system, such as a payment; goals, exits and waits react."""
    if kind not in KINDS:
        fail(f"unknown event type `{kind}`: {nearest(kind, KINDS)}")
    values = dict(_read(_field, fields or []))
    _check(own_event(kind, "", ("", openid), datetime.now(UTC), **values), "emit")
    target = open_target(stack)
    to = (app_id or target.app_id, openid)
    target.inbox.tell([own_event(kind, event_id or uuid.uuid4().hex, to, target.clock.now(), **values)])
    output().print(f"queued for {openid}: {kind}")


def _read(read: Callable[[str], tuple[str, Any]], texts: list[str]) -> list[tuple[str, Any]]:
    """The parsed arguments; the first invalid one ends the command."""
    try:
        return [read(text) for text in texts]
    except ValueError as error:
        fail(str(error))


def _check(event: InboundEvent, command: str) -> None:
    """Reject an event that would become a dead letter."""
    try:
        check_event(event)
    except MalformedEventError as error:
        fail(f"{error}: see `wejourney {command} --help`")


def _pair(text: str) -> tuple[str, str]:
    # Bytes of a terminal that are no text reach a program as lone surrogates.
    name, equals, value = encodable(text).partition("=")
    if not equals:
        raise ValueError(f"`{text}` has no `=`: write name=value")
    return name, value


def _field(text: str) -> tuple[str, str]:
    name, value = _pair(text)
    if name == "Total" and not value.isdecimal():
        raise ValueError(f"`{text}`: Total must be a whole number of fen")
    return name, value


def _fact(text: str) -> tuple[str, str]:
    name, value = _pair(text)
    kind, _, rest = name.partition(".")
    if name in _NOT_A_FACT or not _NAME.fullmatch(rest if kind == "date" else name):
        raise ValueError(f"`{text}`: `{name}` is not a field to set; an attribute's name is one word")
    wanted = expected(name, value)
    if wanted is not None and (value != "" or name in _YES_OR_NO):
        raise ValueError(f"`{text}`: {name} must be {wanted}")
    return name, value


_YES_OR_NO = {"customer", "member"}
"""An empty value deletes every other field."""
