"""The trace that is on record of a follower: the rows of their timeline and the lines of their account."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from wejourney.allowances.allowance_windows import Windows
from wejourney.allowances.wechat_rules import Act
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import ProfileChanged
from wejourney.journeys.runs import ANSWERED, NOT_ASKED
from wejourney.loyalty.benefits.referrals import with_unrewarded
from wejourney.messaging.sending import MessageStatus, only_reading
from wejourney.people.consents import ConsentRecord
from wejourney.people.profile_fields import hidden
from wejourney.plain_data import from_plain
from wejourney.reasons import GoalReached, reason_from
from workbench.compiler.versions import version_of
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.traversal import places_of
from workbench.trace import trace_events
from workbench.trace.statement_lines import StatementLine

type Row = Mapping[str, Any]
"""An entry of `workbench.operations.timeline`."""


def recorded_trace(
    rows: Sequence[Row], statement: Iterable[StatementLine] = (), journeys: Iterable[Journey] = ()
) -> list[trace_events.TraceEvent]:
    """The trace of one follower.

    The files of `journeys` tell what the waits of runs of their version were for and which account these
    speak to: the rows do not.
    """
    by_version = {version_of(journey): journey for journey in journeys}
    reader = _Reader(
        files={version: places_of(journey) for version, journey in by_version.items()},
        accounts={version: journey.speaks_to for version, journey in by_version.items()},
        runs={row["run_id"]: row for row in rows if row["kind"] == "run"},
    )
    events = [event for row in rows for event in reader.events(row)]
    return trace_events.by_time([*events, *reader.points(statement)])


@dataclass(frozen=True)
class _Reader:
    """Reads rows. `files` are the steps by version and place, `runs` the rows of the runs by id.

    `accounts` are those that journeys name, by version.
    """

    files: Mapping[str, Mapping[str, step_types.RunStep]]
    accounts: Mapping[str, str]
    runs: Mapping[str, Row]

    def events(self, row: Row) -> Iterator[trace_events.TraceEvent]:
        where = self._where(row)
        match row["kind"]:
            case "event":
                event = _without_private(InboundEvent.from_record(row["event"]))
                note = row.get("note") or ""
                nothing = with_unrewarded(row.get("nothing") or {}, row.get("unrewarded") or "")
                unranked = row.get("unranked") or ""
                yield trace_events.EventReceived(where, event, note, nothing=nothing, unranked=unranked)
                for journey, reason in (row.get("refused") or {}).items():
                    of_journey = replace(where, journey=journey)
                    yield trace_events.JourneyRefused(of_journey, reason_from(reason), event.id)
            case "run":
                key = row.get("key") or ""
                speaks_to = self.accounts.get(row["version"], "")
                yield trace_events.RunStarted(where, key, row["version"], speaks_to)
                if row.get("end"):
                    ended = replace(where, at=datetime.fromisoformat(row.get("ended_at") or row["at"]))
                    yield trace_events.RunEnded(ended, reason_from(row["end"]), key)
            case "message":
                yield self._message(row)
            case "goal":
                yield from self._goal(row, where)
            case "answer":
                if row["outcome"] != NOT_ASKED:
                    yield self._wait(row, where)
            case "change":
                if row.get("added") or row.get("removed"):
                    added, removed = (tuple(row.get(name) or ()) for name in ("added", "removed"))
                    yield trace_events.TagsChanged(where, added, removed)
                if row.get("values") or row.get("rejected"):
                    values, rejected = hidden(row.get("values") or {}), row.get("rejected") or {}
                    yield trace_events.ProfileChanged(where, values, rejected)
                if row.get("consent_record"):
                    told = from_plain(ConsentRecord, row["consent_record"])
                    yield trace_events.ConsentChanged(where, told.purpose, given=told.consent.given)
                for name, code in (row.get("coupons") or {}).items():
                    yield trace_events.CouponIssued(where, name, none_left=not code)
            case unknown:
                raise ValueError(f"no entry of a timeline is of kind {unknown}")

    def points(self, statement: Iterable[StatementLine]) -> Iterator[trace_events.TraceEvent]:
        for line in statement:
            # A step of a run posts under the run's id and its own place.
            moved = line.transaction
            run, _, step = moved.id.partition("#")
            where = trace_events.Where(moved.effective_at)
            if run in self.runs:
                where = trace_events.Where(moved.effective_at, self.runs[run]["journey"], run, step)
            if (told := line.told(where)) is not None:
                yield told

    def _message(self, row: Row) -> trace_events.MessageEvent:
        where = self._where({**row, "at": row.get("settled_at") or row["at"]})
        channel, content = row["channel"], row.get("content") or {}
        status = MessageStatus(row["status"])
        match status:
            case MessageStatus.SENT:
                act = Act(row["act"]) if row.get("act") else None
                until = datetime.fromisoformat(row["until"]) if row.get("until") else None
                reading = only_reading(from_plain(Windows, row.get("taken") or ()))
                return trace_events.MessageSent(where, channel, content, act, until, row.get("left"), reading)
            case MessageStatus.NOT_SENT:
                return trace_events.MessageNotSent(where, channel, content, reason_from(row["reason"]))
            case MessageStatus.UNKNOWN:
                return trace_events.MessageUnknown(where, channel, content, reason_from(row["reason"]))
            case MessageStatus.RESERVED | MessageStatus.WAITING:
                busy = status is MessageStatus.WAITING
                return trace_events.MessagePending(where, channel, content, busy)
            case _:
                assert_never(status)

    def _goal(self, row: Row, where: trace_events.Where) -> Iterator[trace_events.GoalEvent]:
        held_out, reached_at = row.get("held_out", False), row.get("reached_at")
        yield trace_events.GoalWindowOpened(where, datetime.fromisoformat(row["until"]), held_out)
        if reached_at is not None:
            ended = self.runs.get(where.run, {})
            by_goal = ended.get("end") is not None and isinstance(reason_from(ended["end"]), GoalReached)
            afterwards = not (by_goal and ended.get("ended_at") == reached_at)
            at = replace(where, at=datetime.fromisoformat(reached_at))
            yield trace_events.GoalCounted(at, held_out, afterwards)

    def _wait(self, row: Row, where: trace_events.Where) -> trace_events.TraceEvent:
        answered = row["outcome"] == ANSWERED
        if answered and row.get("name"):
            return trace_events.Answered(where, row["name"], row.get("answer") or "")
        steps = self.files.get(self.runs[where.run]["version"], {}) if where.run in self.runs else {}
        ended = trace_events.WaitEnded if answered else trace_events.TimedOut
        return ended(where, _awaited(steps.get(where.step)))

    def _where(self, row: Row) -> trace_events.Where:
        run = row.get("run_id") or ""
        journey = row.get("journey") or self.runs.get(run, {}).get("journey", "")
        return trace_events.Where(datetime.fromisoformat(row["at"]), journey, run, row.get("step") or "")


def _without_private(event: InboundEvent) -> InboundEvent:
    """The event with what is sealed in it hidden."""
    if not isinstance(event.body, ProfileChanged):
        return event
    return replace(event, body=replace(event.body, changes=hidden(event.body.changes)))


def _awaited(step: step_types.RunStep | None) -> trace_events.Awaited | None:
    """What a step waits for, as far as the record of its end leaves that open."""
    match step:
        case step_types.Ask():
            return trace_events.AwaitedAnswer(step.name)
        case step_types.WaitEvent():
            return trace_events.AwaitedEvent(step.pattern)
        case step_types.HandOver():
            return trace_events.AwaitedEvent(step_types.CHAT_IS_CLOSED)
        case step_types.WaitDate():
            return trace_events.AwaitedDate(step.date)
        case (
            None | step_types.Send() | step_types.Notify() | step_types.Wait() | step_types.WaitUntil()
            | step_types.Branch() | step_types.Split() | step_types.Tag() | step_types.Untag()
            | step_types.Set() | step_types.Agree() | step_types.Withdraw() | step_types.Award()
            | step_types.Give() | step_types.StartJourney() | step_types.EndJourney() | step_types.Stop()
        ):  # fmt: skip
            return None
        case _:
            assert_never(step)
