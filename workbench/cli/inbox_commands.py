"""Commands that tell the inbox something: what is known of a follower, and events of other systems."""

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
from workbench.operations.set_profile import set_facts
from workbench.operations.target import AppId, OpenId, Stack, open_target

KINDS = sorted(OWN - {PROFILE, POINTS})
"""What `tell` takes: `update` tells of the profile, and points come from the books."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NOT_A_FACT = {"points", "tags", "segments", "date"}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(update)
    app.command()(tell)


def update(
    openid: OpenId,
    facts: Annotated[
        list[str],
        typer.Argument(
            help="customer=true member=false language=en time_zone=Europe/Paris "
            "date.booking=2026-12-01T18:00 city=Paris; an empty value forgets, as in city="
        ),
    ],
    app_id: AppId = None,
    stack: Stack = None,
) -> None:
    """Tell what you know of a follower; their runs react: goals, exits, waits for dates."""
    changes = dict(_read(_fact, facts))
    _check(own_event(PROFILE, "", ("", openid), datetime.now(UTC), Changes=changes))
    target = open_target(stack)
    account = app_id or target.app_id
    if target.followers.load(account, openid) is None:
        try:
            set_facts(target.followers, account, openid, changes)
        except ProfileFullError as error:
            fail(f"{openid} would have {error}")
        except StaleFollowerError:
            fail(f"{openid} is changed by others all the time: try again")
        output().print(f"noted for {openid}, who is no follower yet")
        return
    to = (account, openid)
    target.inbox.tell([own_event(PROFILE, uuid.uuid4().hex, to, target.clock.now(), Changes=changes)])
    output().print(f"told the inbox: {', '.join(changes)}")


def tell(
    openid: OpenId,
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(help="Order=17 Total=9900 (fen); Tag=vip; Journey=welcome; Name=cart"),
    ] = None,
    event_id: Annotated[
        str | None, typer.Option("--id", help="The same id again is the same event, and changes nothing.")
    ] = None,
    app_id: AppId = None,
    stack: Stack = None,
) -> None:
    """Tell of something that happened in another system, such as a payment."""
    if kind not in KINDS:
        fail(f"{kind}: write one of {', '.join(KINDS)}")
    said = dict(_read(_field, fields or []))
    _check(own_event(kind, "", ("", openid), datetime.now(UTC), **said))
    target = open_target(stack)
    to = (app_id or target.app_id, openid)
    target.inbox.tell([own_event(kind, event_id or uuid.uuid4().hex, to, target.clock.now(), **said)])
    output().print(f"told the inbox: {kind}")


def _read(read: Callable[[str], tuple[str, Any]], texts: list[str]) -> list[tuple[str, Any]]:
    """What was written; for what cannot be, one clear line and the end."""
    try:
        return [read(text) for text in texts]
    except ValueError as error:
        fail(str(error))


def _check(event: InboundEvent) -> None:
    """What the inbox would put aside is not put into it."""
    try:
        check_event(event)
    except MalformedEventError as error:
        fail(f"{error}: see `wejourney tell --help`")


def _pair(text: str) -> tuple[str, str]:
    # Bytes of a terminal that are no text reach a program as lone surrogates.
    name, equals, value = encodable(text).partition("=")
    if not equals:
        raise ValueError(f"{text}: write name=value")
    return name, value


def _field(text: str) -> tuple[str, str]:
    name, value = _pair(text)
    if name == "Total" and not value.isdecimal():
        raise ValueError(f"{text}: write a whole number of fen")
    return name, value


def _fact(text: str) -> tuple[str, str]:
    name, value = _pair(text)
    kind, _, rest = name.partition(".")
    if name in _NOT_A_FACT or not _NAME.fullmatch(rest if kind == "date" else name):
        raise ValueError(f"{text}: {name or 'nothing'} cannot be told so; an attribute's name is one word")
    wanted = expected(name, value)
    if wanted is not None and (value != "" or name in _YES_OR_NO):
        raise ValueError(f"{text}: write {wanted}")
    return name, value


_YES_OR_NO = {"customer", "member"}
"""The others are forgotten by an empty value."""
