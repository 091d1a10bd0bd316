"""What a run uses of AWS, event by event and state by state, as the code does it.

Writes in a transaction take twice the units; the index of runs, messages and answers by journey takes one
more for each of them, outside the transaction.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from ruamel.yaml import YAML

from wejourney.events.events import FOLLOW, POINTS, PROFILE, TAG
from wejourney.journeys.actions import (
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    CallAction,
    CheckAction,
    CloseAction,
    PauseAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.contents import Content
from workbench.estimate.prices import TRANSITIONS, Assumptions, Usage
from workbench.estimate.rows import Rows, Waits

CALLBACK = "WechatCallbackFunction"
INBOX = "ProcessInboxFunction"
TASK = "PerformActionsFunction"
CLOSE = "CloseRunFunction"

_IN_TRANSACTION = 2
_INDEXED = 1
_READ = 1
"""A read of one small row, or of none, that is strongly consistent."""


def memory_of(template: Path) -> dict[str, int]:
    """The memory of each function in the template, MB."""
    parsed = YAML(pure=True).load(template.read_text("utf-8"))
    default = parsed["Globals"]["Function"]["MemorySize"]
    return {
        name: one["Properties"].get("MemorySize", default)
        for name, one in parsed["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    }


@dataclass(frozen=True)
class Model:
    """The usage of everything that happens in a run.

    `memory` is in MB by function. `listens` are the kinds of events of our own that some journey reacts to: a
    run tells the inbox of no others.
    """

    assumptions: Assumptions
    memory: Mapping[str, int]
    listens: frozenset[str] = frozenset()

    @property
    def rows(self) -> Rows:
        """The rows of a run."""
        return Rows(int(self.assumptions.token_bytes.value))

    # --- events ------------------------------------------------------------------------------------

    def start(self, entry: JourneyEntry) -> Usage:
        """The event that starts a run."""
        calls_wechat = entry.trigger.event == FOLLOW
        usage = self._event(calls_wechat=calls_wechat)
        usage += Usage({TRANSITIONS: 1})
        rows = self.rows
        created = rows.event(starts=True) + rows.follower + rows.small + rows.small
        # A stranger may have been erased a short while ago: a read more.
        stranger = _READ if calls_wechat else 0
        usage += _database(in_transaction=created, indexed=1, read=rows.slice())
        usage += _database(read=stranger)
        if entry.opening is not None:
            usage += _database(in_transaction=rows.message(entry.opening), indexed=1, read=rows.slice())
            usage += Usage({"openings": 1})
        return usage

    def woken(self, wait: Waits) -> Usage:
        """The event that ends a wait: an answer, or what was waited for."""
        rows = self.rows
        written = rows.event(wakes=True) + rows.follower + rows.wait(wait) + rows.small
        usage = self._event() + _database(in_transaction=written, indexed=1, read=rows.slice(wait))
        return usage + Usage({"answers": 1} if isinstance(wait, AskAction) else {})

    def other_events(self) -> Usage:
        """The events of a run that neither start nor wake anything, as many as are assumed."""
        return self.other_event() * self.assumptions.other_events.value

    def other_event(self) -> Usage:
        """An event that neither starts nor wakes anything."""
        rows = self.rows
        return self._event() + _database(in_transaction=rows.event() + rows.follower, read=rows.slice())

    def _event(self, *, calls_wechat: bool = False) -> Usage:
        """An event on its way through the API, the callback, the queue and process_inbox."""
        assumed = self.assumptions
        inbox_ms = assumed.inbox_ms.value + (assumed.wechat_ms.value if calls_wechat else 0)
        way = Usage(
            {
                "events": 1,
                "api_gateway.requests": 1,
                "sqs.requests": assumed.sqs_requests.value,
                "cloudwatch_logs.kilobytes": assumed.access_log_bytes.value / 1000,
            }
        )
        return way + self._call(CALLBACK, assumed.callback_ms.value) + self._call(INBOX, inbox_ms)

    # --- states ------------------------------------------------------------------------------------

    def task(self, actions: Sequence[Action], waits: Mapping[str, Waits]) -> Usage:
        """A state that performs actions; `waits` are those of the journey by their step."""
        messages = sum(_content(action) is not None for action in actions)
        assumed = self.assumptions
        usage = self._call(TASK, assumed.task_ms.value + messages * assumed.wechat_ms.value)
        if not actions or isinstance(actions[0], CloseAction):
            usage += _database(read=_READ)
        for action in actions:
            usage += self._action(action, waits)
        if "own events" in usage:
            usage += self._told_meanwhile()
        return usage

    def _action(self, action: Action, waits: Mapping[str, Waits]) -> Usage:
        match action:
            case SendAction():
                return self._message(action.content)
            case AskAction() | AwaitAction() | CloseAction():
                return self._waiting(action, waits)
            case TagAction() | SetAction() | AwardAction():
                return self._changing(action)
            case PauseAction() | CheckAction():
                return _database(read=_READ)
            case TellAction():
                return Usage({"eventbridge.published": 1})
            case CallAction():
                recorded = _database(in_transaction=self.rows.follower + self.rows.small)
                return recorded + self._own_events()
            case _:
                assert_never(action)

    def _waiting(self, action: Waits | CloseAction, waits: Mapping[str, Waits]) -> Usage:
        rows = self.rows
        match action:
            case AskAction():
                wait = _database(in_transaction=rows.wait(action))
                return Usage({"questions": 1}) + wait + self._asked(action.content)
            case AwaitAction():
                return _database(in_transaction=rows.wait(action)) + self._asked(None)
            case CloseAction():
                closed = rows.wait(waits[action.step]) + rows.small + rows.follower
                return _database(in_transaction=closed, indexed=1)
            case _:
                assert_never(action)

    def _changing(self, action: TagAction | SetAction | AwardAction) -> Usage:
        rows = self.rows
        match action:
            case TagAction():
                changed = _database(in_transaction=rows.follower + rows.small)
                return Usage({"tag changes": 1}) + changed + self._told(TAG, len(action.add))
            case SetAction():
                return _database(in_transaction=rows.follower + rows.small) + self._told(PROFILE)
            case AwardAction():
                # The posting and the balance, with a look at whether the run lives.
                usage = Usage({"awards": 1}) + _database(in_transaction=3 * rows.small)
                if POINTS in self.listens:
                    usage += _database(in_transaction=rows.follower + rows.small, read=_READ)
                return usage + self._told(POINTS)
            case _:
                assert_never(action)

    def _told(self, kind: str, count: int = 1) -> Usage:
        """What a run tells the inbox of its own doing, if a journey reacts to it."""
        return self._own_events(count) if kind in self.listens and count else Usage()

    def _own_events(self, count: int = 1) -> Usage:
        """Events of ours on their way to process_inbox, which gets in one call what is told at once."""
        assumed = self.assumptions
        rows = self.rows
        way = Usage({"own events": count, "sqs.requests": assumed.sqs_requests.value * count})
        written = _database(in_transaction=rows.event() + rows.follower, read=rows.slice())
        return way + self._call(INBOX, assumed.inbox_ms.value * count) + written * count

    def _told_meanwhile(self) -> Usage:
        """What a run tells changes its follower: its next write is refused once, and looks again."""
        return _database(in_transaction=self.rows.follower + self.rows.small, read=_READ)

    def _message(self, content: Content) -> Usage:
        """Reserved with its allowance in a transaction, then marked as sent."""
        rows = self.rows
        row = rows.message(content)
        reserved = _database(in_transaction=rows.follower + row, indexed=1)
        return Usage({"messages": 1}) + reserved + _database(written=row, indexed=1)

    def _asked(self, content: Content | None) -> Usage:
        """The question as a message, or the look for an answer that came before the wait."""
        rows = self.rows
        if content is not None:
            return self._message(content)
        unanswered_so_far = rows.small
        return _database(in_transaction=unanswered_so_far + rows.follower, read=_READ)

    def end(self) -> Usage:
        """The end of a run, recorded."""
        rows = self.rows
        recorded = _database(in_transaction=rows.small + rows.small, indexed=1, read=_READ)
        return (
            Usage({"eventbridge.events": 1}) + recorded + self._call(CLOSE, self.assumptions.close_ms.value)
        )

    def _call(self, function: str, ms: float) -> Usage:
        """One call of a function."""
        return Usage(
            {
                "lambda.requests": 1,
                "lambda.gb_seconds": self.memory[function] / 1024 * ms / 1000,
                "cloudwatch_logs.kilobytes": self.assumptions.log_bytes.value / 1000,
            }
        )


def _content(action: Action) -> Content | None:
    return action.content if isinstance(action, SendAction | AskAction) else None


def _database(*, in_transaction: int = 0, written: int = 0, indexed: int = 0, read: int = 0) -> Usage:
    """Units of DynamoDB: for rows in a transaction, for rows written alone, for copies in the index."""
    write = in_transaction * _IN_TRANSACTION + written + indexed * _INDEXED
    return Usage({"dynamodb.write_units": write, "dynamodb.read_units": read})
