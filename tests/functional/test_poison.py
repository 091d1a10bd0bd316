"""Inbox messages of every shape: each is applied or put aside at its first delivery, and blocks nobody."""

import io
import json
import random
from collections import Counter
from copy import deepcopy
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from functions.process_inbox import app
from tests.support.builders import APP_ID, HELP, NOON, OPENID, SUBJECT, WELCOME, event, own
from tests.support.events import RIGHT, body
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.pending_events import FakePendingEvents
from tests.support.fakes.queues import FakeQueues
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from tests.unit.domain.events.test_checks import ENTRIES
from wejourney.accounts import Account
from wejourney.adapters.aws.queues import DeadLetters
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import (
    EVENT_TYPES,
    EventBody,
    Followed,
    LinkOpened,
    MediaChecked,
    MenuClicked,
    Scanned,
    TextReceived,
)
from wejourney.people.followers import Follower
from wejourney.services.process_event import ProcessEvent
from wejourney.services.release_pending_events import ReleasePendingEvents

WIRE: dict[str, EventBody] = {
    one.kind: one
    for one in (
        *(TextReceived("hi"), Followed("k"), Scanned("k"), MenuClicked("k"), LinkOpened("k")),
        MediaChecked("k", "pass"),
    )
}
SECRET = "a private word"
NASTY: list[Any] = [
    *(None, True, 0, -1, 1.5, 10**400, float("nan"), "", " ", SECRET, "\ud83d", "\x00", "x" * 5_000),
    *([], [SECRET], {}, {SECRET: SECRET}, [[[[]]]], {"a": {"b": {"c": [SECRET]}}}, "2026-11-22", "9" * 30),
    *({"time_zone": "Mars/Olympus"}, {"date.x": "0000-00-00"}, {"member": None}, {"language": "xx_yy"}),
    *("0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00", "2026-11-22T04:00:00"),
]


def seeds() -> list[dict[str, Any]]:
    """A right message of every type."""
    wire = [
        InboundEvent(sha256(kind.encode()).hexdigest()[:32], SUBJECT, NOON, said)
        for kind in EVENT_TYPES.keys() - RIGHT.keys()
        for said in [WIRE.get(kind) or body(kind, EventKey="k")]
    ]
    ours = [own(kind, **fields) for kind, fields in RIGHT.items()]
    return [{"event": one.to_dict(), "opening": None} for one in [*wire, *ours, event("subscribe")]]


def spoiled(message: dict[str, Any], dice: random.Random) -> str:
    """The message with one to three values of it exchanged, added or left out, anywhere."""
    spoilt: dict[str, Any] = deepcopy(message)
    for _ in range(dice.randrange(1, 4)):
        at = dice.choice([spoilt, *(one for one in _objects(spoilt))])
        name = dice.choice([*at, "opening", "changes", "points", "total", "tag", "by", "order", "text"])
        if dice.random() < 0.2:
            at.pop(name, None)
        else:
            at[name] = deepcopy(dice.choice(NASTY))
    return json.dumps(spoilt)


def _objects(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, dict):
        return []
    return [value, *(inner for one in value.values() for inner in _objects(one))]


class AnyAccount(FakeAccounts):
    """An account for every app id: an event of a missing one is retried, because the account may be added."""

    def get(self, app_id: str) -> Account:
        return self.account


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", stream)
    return stream


@pytest.mark.parametrize("known", ["a follower", "a stranger"])
def test_every_message_is_applied_or_put_aside_at_its_first_delivery(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO, known: str
) -> None:
    dice, queues, counts = random.Random(known), FakeQueues(), Counter[str]()  # noqa: S311 - a die, not a secret
    monkeypatch.setattr(app, "dead_letters", lambda: DeadLetters(queues, "dlq"))
    release = ReleasePendingEvents(FakePendingEvents(), FakeInbox())
    monkeypatch.setattr(app, "release_pending_events", lambda: release)
    context = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=1,
        invoked_function_arn="arn",
        aws_request_id="r",
        get_remaining_time_in_millis=lambda: 60_000,
    )
    bodies = [spoiled(message, dice) for message in seeds() for _ in range(30)]
    for number, text in enumerate(["", "[", "{" * 5_000, "null", '{"event": []}', *bodies]):
        follower = Follower(APP_ID, OPENID, "p1") if known == "a follower" else None
        process = ProcessEvent(
            AnyAccount(),
            FakeFollowers(follower),
            FakeOrders(),
            FakeRuns(),
            FakeWeChat(),
            FakeClock(NOON),
            FakeMeter(),
            (WELCOME, HELP, *ENTRIES),
        )
        monkeypatch.setattr(app, "process_event", lambda process=process: process)
        attributes = {"MessageGroupId": "g", "ApproximateReceiveCount": "1", "SequenceNumber": "1"}
        record = {"messageId": str(number), "body": text, "attributes": attributes}
        answer = app.handler({"Records": [record]}, context)

        assert answer == {"batchItemFailures": []}, text
        counts["put aside" if len(queues.sent["dlq"]) > counts["put aside"] else "applied"] += 1
    assert len(bodies) >= 1_400
    assert min(counts["put aside"], counts["applied"]) > 300, counts
    reasons = {one["MessageAttributes"]["reason"]["StringValue"] for one in queues.sent["dlq"]}
    assert {reason.partition(":")[0] for reason in reasons} == {"MalformedEventError"}, reasons
    assert not any(word in log.getvalue() for word in (SECRET, OPENID))
