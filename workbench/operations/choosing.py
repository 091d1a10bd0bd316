"""Why a run went the way it went: each case of a branch, each part of its condition."""

from collections.abc import Iterator
from datetime import datetime

from wejourney.events.events import InboundEvent
from wejourney.journeys.chance import lots_of
from wejourney.journeys.conditions import History
from wejourney.journeys.definition import Branch, Journey, Split
from wejourney.journeys.runs import Run
from wejourney.journeys.verdicts import parts_of
from workbench.compiler.state_machine import places_of_states
from workbench.language.places import places_of
from workbench.operations.findings import StepFinding, Way
from workbench.operations.history import Choice
from workbench.operations.profiles import Timeline

TAKEN = "taken"


def finding_of(journey: Journey, choice: Choice, timeline: Timeline) -> StepFinding | None:
    """What a run saw at a branch or a split; None at a choice that the compiler has put in."""
    place = places_of_states(journey).get(choice.state)
    path = place.step if place is not None else ""
    step = places_of(journey).get(path)
    run = Run.from_dict(choice.run)
    if isinstance(step, Branch):
        ways = tuple(_cases(step, run, _history(run, choice.at, timeline)))
        return StepFinding(path, choice.at.isoformat(), "branch", _taken(ways), ways)
    if isinstance(step, Split):
        lot = run.draws[step.name]
        ways = tuple(_shares(step, lot))
        what = f"split `{step.name}`, lot {lot}"
        return StepFinding(path, choice.at.isoformat(), what, _taken(ways), ways)
    return None


def _taken(ways: tuple[Way, ...]) -> str:
    return next(f"{way.name} is taken" for way in ways if way.verdict == TAKEN)


def _cases(branch: Branch, run: Run, history: History) -> Iterator[Way]:
    decided = False
    for number, case in enumerate(branch.cases, start=1):
        parts = parts_of(case.when, run.follower, run.answers, history)
        if decided:
            verdict = "not looked at: a case before it holds"
        elif all(part.holds for part in parts):
            verdict, decided = TAKEN, True
        else:
            verdict = "does not hold"
        yield Way(f"case {number}", verdict, parts)
    yield Way("otherwise", "not taken: a case holds" if decided else TAKEN)


def _shares(split: Split, lot: int) -> Iterator[Way]:
    for number, lots in enumerate(lots_of(share.percent for share in split.shares), start=1):
        name = f"share {number} ({lots.start} to {lots.stop - 1})"
        yield Way(name, TAKEN if lot in lots else "not taken")


def _history(run: Run, at: datetime, timeline: Timeline) -> History:
    """What was on record of the follower when the run came to the choice."""
    events = (InboundEvent.from_dict(one["event"]) for one in timeline if one["kind"] == "event")
    return History(
        tuple(event for event in events if event.at <= at), at, run.start_position, run.step_positions
    )
