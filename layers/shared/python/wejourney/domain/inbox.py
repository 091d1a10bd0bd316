"""What an event changes: the follower, the question it answers, the run it starts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wejourney.accounts import Account
from wejourney.domain.events import InboundEvent
from wejourney.domain.followers import Follower, FollowerState, OpenWait, WhatWeChatKnows, after
from wejourney.domain.journeys import Condition
from wejourney.domain.messages import Content, localise
from wejourney.domain.routing import Entry, route
from wejourney.domain.runs import OPENING_STEP, Answered, Message, MessageStatus, Run, RunStart, Wake, run_id


@dataclass(frozen=True)
class Received:
    """The whole effect of one event, to be written in one transaction.

    `before` is None for a stranger, `follower` for a report about a stranger, which makes no follower.
    """

    event: InboundEvent
    before: Follower | None
    follower: Follower | None
    start: RunStart | None = None
    answered: Answered | None = None
    note: str | None = None

    @property
    def wake(self) -> Wake | None:
        """The run to wake with the answer."""
        return Wake(self.answered.wait.token, self.answered.run) if self.answered else None


def receive(
    event: InboundEvent,
    state: FollowerState,
    entries: tuple[Entry, ...],
    account: Account,
    *,
    stranger: Follower,
    now: datetime,
    known: WhatWeChatKnows | None = None,
    said: str | None = None,
) -> Received:
    """Decide what an event changes.

    `stranger` is who it is if this follower was never seen; `known` is what WeChat tells of a new
    follower. `said` names the journey whose opening the callback has answered with: that journey it is,
    whatever has changed since.
    """
    if event.is_report and state.follower is None:
        return Received(event, None, None)
    follower = after(state.follower or stranger, event, account.rules, known)
    way = route(event, replace(state, follower=follower), _greeted(entries, said) or entries)
    answered = None
    if way.answers:
        run = resume(way.answers, way.answer, event.position, follower)
        answered = Answered(way.answers, way.answer, run)
    start = None
    if way.starts and not way.again:
        start = _started(way.starts, event, follower, account, said)
        start = replace(start, over_by=now + timedelta(seconds=way.starts.longest))
    return Received(
        event=event,
        before=state.follower,
        follower=follower,
        start=start,
        answered=answered,
        note=known.trouble if known else None,
    )


def _greeted(entries: Iterable[Entry], said: str | None) -> tuple[Entry, ...]:
    """The journey that has greeted already, without conditions of its own."""
    return tuple(
        replace(entry, trigger=replace(entry.trigger, when=Condition()))
        for entry in entries
        if entry.name == said
    )


def _started(
    entry: Entry, event: InboundEvent, follower: Follower, account: Account, said: str | None
) -> RunStart:
    run = Run(
        id=run_id(entry.name, event),
        journey=entry.name,
        version=entry.version,
        heard=event.position,
        follower=follower,
    )
    if entry.opening is None:
        return RunStart(run)
    if said != entry.name:
        return RunStart(replace(run, unsaid=entry.opening))
    return RunStart(run, _opening(run, entry.opening, event, account))


def _opening(run: Run, opening: Content, event: InboundEvent, account: Account) -> Message:
    """The record of the passive reply."""
    return Message(
        run_id=run.id,
        journey=run.journey,
        step=OPENING_STEP,
        channel="passive",
        status=MessageStatus.SENT,
        content=localise(opening, run.follower.language or account.language, account.language),
        at=event.at,
    )


def resume(wait: OpenWait, answer: str, heard: str, follower: Follower) -> Run:
    """The run of a question, as it goes on with the answer."""
    run = Run.from_dict({**wait.run, "follower": follower.to_snapshot()})
    return replace(run, heard=heard, answers={**run.answers, wait.name: answer})
