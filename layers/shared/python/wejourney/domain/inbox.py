"""What an event changes: the follower, the question it answers, the run it starts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from wejourney.domain.events import InboundEvent
from wejourney.domain.followers import Follower, FollowerState, OpenWait, WhatWeChatKnows, after
from wejourney.domain.journeys import Condition
from wejourney.domain.messages import localise
from wejourney.domain.routing import Entry, route
from wejourney.domain.rules import RuleSet
from wejourney.domain.runs import Answered, Message, MessageStatus, Run, RunStart, Wake, run_id

OPENING_STEP = "opening"


@dataclass(frozen=True)
class Received:
    """The whole effect of one event, to be written in one transaction. `before` is None for a stranger."""

    event: InboundEvent
    before: Follower | None
    follower: Follower
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
    *,
    rules: RuleSet,
    language: str,
    stranger: Follower,
    known: WhatWeChatKnows | None = None,
    said: str | None = None,
) -> Received:
    """Decide what an event changes.

    `language` is the account's; `stranger` is who it is if this follower was never seen;
    `known` is what WeChat tells of a new follower. `said` names the journey whose opening the callback
    has answered with: that journey it is, whatever has changed since.
    """
    follower = after(state.follower or stranger, event, rules, known)
    way = route(event, replace(state, follower=follower), _greeted(entries, said) or entries)
    answered = None
    if way.answers:
        run = resume(way.answers, way.answer, event.position, follower)
        answered = Answered(way.answers, way.answer, run)
    return Received(
        event=event,
        before=state.follower,
        follower=follower,
        start=_start(way.starts, event, follower, language, said=said)
        if way.starts and not way.again
        else None,
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


def _start(
    entry: Entry, event: InboundEvent, follower: Follower, language: str, *, said: str | None
) -> RunStart:
    run = Run(
        id=run_id(entry.name, event),
        journey=entry.name,
        version=entry.version,
        heard=event.position,
        follower=follower,
    )
    over_by = event.at + timedelta(seconds=entry.longest)
    if entry.opening is None:
        return RunStart(run, over_by=over_by)
    opening = Message(
        run_id=run.id,
        journey=run.journey,
        step=OPENING_STEP,
        channel="passive",
        status=MessageStatus.SENT if said == entry.name else MessageStatus.NOT_SENT,
        reason=None if said == entry.name else "the callback could not decide on it in time",
        content=localise(entry.opening, follower.language or language, language),
        at=event.at,
    )
    return RunStart(run, opening, over_by)


def resume(wait: OpenWait, answer: str, heard: str, follower: Follower) -> Run:
    """The run of a question, as it goes on with the answer."""
    run = Run.from_dict({**wait.run, "follower": follower.to_snapshot()})
    return replace(run, heard=heard, answers={**run.answers, wait.name: answer})
