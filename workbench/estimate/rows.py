"""What the rows of a run weigh: those that the code writes, filled with a typical follower.

A unit writes 1 KB of an item; the names of its attributes count.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.table import Row
from wejourney.events.events import InboundEvent, position_at
from wejourney.journeys.actions import AskAction, AwaitAction
from wejourney.journeys.runs import Message, MessageStatus, Run
from wejourney.messaging.allowances import Window
from wejourney.messaging.contents import Content, localise
from wejourney.messaging.rule_sets import Act
from wejourney.people.followers import Follower, LiveRun, OpenWait

type Waits = AskAction | AwaitAction
"""What parks a task's token until something comes."""

_WRITE_UNIT = 1024
_READ_UNIT = 4096
_NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
_ACCOUNT = "gh_0123456789ab"
_LANGUAGE = "zh"
"""The template's default; a stored Chinese character is longer than a Latin one."""

_PK = "wx1234567890abcdef#oFollower-0123456789abcdefghi"
_APP_ID, _, _OPENID = _PK.partition("#")

_FOLLOWER = Follower(
    app_id=_APP_ID,
    openid=_OPENID,
    person_id="0123456789abcdef" * 2,
    rev=12,
    following=True,
    followed_at=_NOW,
    union_id="oUnion-0123456789abcdefghijk",
    source="qr",
    scene="store-SH01",
    language="zh_CN",
    tags=frozenset({"from-store", "likes-bridal", "likes-gold"}),
    windows=(
        Window(Act.FOLLOW, 2, _NOW + timedelta(minutes=1)),
        Window(Act.MESSAGE, 4, _NOW + timedelta(hours=48)),
    ),
)
_POSITION = position_at(_NOW) + "0123456789abcdef" * 2
_RUN = Run(
    id="0123456789abcdef" * 2,
    journey="a-typical-journey",
    version="0123456789ab",
    heard=_POSITION,
    entered=_POSITION,
    follower=_FOLLOWER,
    answers={"occasion": "bridal", "metal": "gold"},
    marks={"occasion": position_at(_NOW)},
)


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item in DynamoDB's own form (`{"pk": {"S": "…"}}`), in bytes."""
    return sum(
        len(name.encode()) + _value_bytes(*typed) for name, value in item.items() for typed in value.items()
    )


def _value_bytes(kind: str, value: Any) -> int:
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return math.ceil(len(value) / 2) + 1
        case "SS":
            return sum(len(one.encode()) for one in value)
        case "BOOL" | "NULL":
            return 1
        case _:
            raise NotImplementedError(kind)


def _written(row: Row) -> int:
    return math.ceil(item_bytes(row.serialize()) / _WRITE_UNIT)


@dataclass(frozen=True)
class Rows:
    """Units for one plain write of each row. `token_bytes` is the length of a task token."""

    token_bytes: int

    # Ids and short words only: never near 1 KB.
    small: int = 1
    """A live run, a run, an answer, a change of tags, a posting, a balance; the index's copy of a row."""

    @property
    def follower(self) -> int:
        """The follower."""
        return _written(rows.follower_row(_FOLLOWER))

    def message(self, content: Content) -> int:
        """A message of the outbox."""
        message = Message(
            run_id=_RUN.id,
            journey=_RUN.journey,
            step="4.case1.2",
            channel="custom",
            status=MessageStatus.RESERVED,
            content=localise(content, _LANGUAGE, _LANGUAGE),
            at=_NOW,
            act=Act.MESSAGE,
            left=4,
        )
        return _written(rows.message_row(_PK, message))

    def wait(self, wait: Waits) -> int:
        """An open wait."""
        return _written(rows.wait_row(_PK, self._wait(wait)))

    def event(self, *, starts: bool = False, wakes: bool = False) -> int:
        """An event, with the run that it starts or wakes."""
        event = InboundEvent(
            id="0123456789abcdef" * 2,
            app_id=_APP_ID,
            account=_ACCOUNT,
            openid=_OPENID,
            kind="follow" if starts else "text",
            at=_NOW,
            fields={"EventKey": "qrscene_store-SH01", "Ticket": "t" * 96}
            if starts
            else {"Content": "婚戒", "MsgId": "24762519581347001"},
        )
        row = rows.EventRow(
            pk=_PK,
            sk=rows.event_sk(event),
            at=event.at.isoformat(),
            event=event.to_dict(),
            starts=replace(_RUN, answers={}).to_dict() if starts else None,
            wakes=[{"token": "t" * self.token_bytes, "run": _RUN.to_dict()}] if wakes else None,
        )
        return _written(row)

    def slice(self, wait: Waits | None = None) -> int:
        """Units for the one query before a decision: the follower, a live run, an open wait."""
        run = LiveRun(_RUN.journey, _RUN.id, event_id=_RUN.id, expires_at=_NOW, started_at=_NOW)
        live = rows.live_run_row(_PK, run)
        read: list[Row] = [rows.follower_row(_FOLLOWER), live]
        if wait is not None:
            read.append(rows.wait_row(_PK, self._wait(wait)))
        return math.ceil(sum(item_bytes(row.serialize()) for row in read) / _READ_UNIT)

    def _wait(self, wait: Waits) -> OpenWait:
        asked = wait if isinstance(wait, AskAction) else None
        return OpenWait(
            run_id=_RUN.id,
            step=wait.step,
            asked_at=_NOW,
            token="t" * self.token_bytes,
            run=_RUN.to_dict(),
            name=asked.name if asked else "",
            question=asked.question if asked else None,
            pattern=wait.pattern if isinstance(wait, AwaitAction) else None,
        )
