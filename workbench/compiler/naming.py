"""The names of states: where the step stands in its file, and what it does."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from wejourney.journeys import action_types
from wejourney.journeys.definition import Condition
from workbench.language.durations import format_duration
from workbench.language.parse_values import WEEKDAYS
from workbench.language.step_types import Branch, Round, Split, Wait, WaitDate
from workbench.wording.journey_parts import Wording

LONGEST = 80
"""Characters; Step Functions takes no longer name."""

_WORDING = Wording("en")

_TOLD: Mapping[action_types.BusEvent, str] = {
    action_types.STAFF_NOTIFIED: "notify",
    action_types.HAND_OVER_REQUESTED: "hand over to",
    action_types.COUPON_GIVEN: "coupon",
    action_types.OFFER_MADE: "offer",
}


def state_name(path: str, what: str) -> str:
    """A name that is unique as long as the same path does not do the same twice."""
    name = f"{path} {what}".strip()
    if len(name) <= LONGEST:
        return name
    suffix = f"… {hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return name[: LONGEST - len(suffix)] + suffix


def task_name(path: str, actions: Sequence[action_types.Action]) -> str:
    """The name of a task: `3 Tag vip, send text, ask style`."""
    what = ", ".join(filter(None, map(_words, actions))) or "look again"
    return state_name(path, what[0].upper() + what[1:])


def branch_comment(branch: action_types.BranchAction) -> str:
    """What each case of a branch does: `answered occasion: ring → tag vip; otherwise → send text`."""
    cases = [(_WORDING.condition(case.when), case.actions) for case in branch.cases]
    paths = [*cases, (_WORDING.say("otherwise"), branch.otherwise)]
    return "; ".join(f"{when} → {', '.join(map(_words, actions)) or 'nothing'}" for when, actions in paths)


def cases_comment(branch: Branch) -> str:
    """What leads to each case of a branch: `case1: is a member; case2: tagged vip`."""
    conditions = (_WORDING.condition(case.when) for case in branch.cases)
    return "; ".join(f"case{number}: {when}" for number, when in enumerate(conditions, start=1))


def step_name(path: str, step: Wait | WaitDate | Branch | Split) -> str:
    """The name of a wait or choice: `4 Wait 2h`, `5 Split teaser`."""
    match step:
        case Wait():
            what = f"Wait {format_duration(step.seconds)}"
        case WaitDate():
            what = f"Has {step.date} come?"
        case Round():
            what = f"Round {step.round} of {step.times}{_subjects(step)}"
        case Branch():
            what = f"Branch{_subjects(step)}"
        case Split():
            what = f"Split {step.name}"
        case _:
            assert_never(step)
    return state_name(path, what)


def _until(moment: action_types.UntilSpec) -> str:
    day = "" if moment.weekday is None else f"{WEEKDAYS[moment.weekday]} "
    return f"wait until {day}{moment.time // 60:02}:{moment.time % 60:02}"


def _subjects(branch: Branch | action_types.BranchAction) -> str:
    """What the conditions look at, each once: ` on occasion, vip, points`."""
    found = dict.fromkeys(subject for case in branch.cases for subject in _of_condition(case.when))
    return f" on {', '.join(found)}" if found else ""


def _of_condition(condition: Condition) -> Iterator[str]:
    for name in ("customer", "member", "language", "source", "scene", "stage", "tier"):
        if getattr(condition, name) is not None:
            yield name
    if (condition.points_from, condition.points_to) != (None, None):
        yield "points"
    yield from (test.name for test in condition.balances)
    dates = (condition.dates, condition.without_dates)
    for named in (condition.tags, condition.without_tags, condition.segments, *dates):
        yield from named
    yield from (*condition.attributes, *condition.answers, *(test.name for test in condition.counters))
    yield from condition.offers
    yield from (count.pattern.event.replace("_", " ") for count in condition.events)
    for part in condition.any if condition.none is None else (*condition.any, condition.none):
        yield from _of_condition(part)


def _words(action: action_types.Action) -> str:
    match action:
        case action_types.SendAction():
            return f"send {action.content.kind.replace('_', ' ')}"
        case action_types.AskAction():
            return f"ask {action.name}"
        case action_types.AwaitAction():
            if action.date is not None:
                return f"wait for {action.date.date}"
            if action.until is not None:
                return _until(action.until)
            if action.quiet is not None:
                return "wait for the end of quiet hours"
            return f"wait for {action.pattern.event.replace('_', ' ')}" if action.pattern else "wait"
        case action_types.CloseAction():
            if action.until is not None:
                return "look at the time"
            return "close the wait" if action.date is None else f"look whether {action.date.date} has come"
        case action_types.QuietAction():
            return ""
        case action_types.PauseAction():
            return "find the time" if action.date is None else f"find {action.date.date}"
        case action_types.CheckAction():
            return "look at what happened"
        case action_types.TagAction():
            changes = {"tag": action.add, "untag": action.remove}
            return ", ".join(f"{change} {' '.join(tags)}" for change, tags in changes.items() if tags)
        case action_types.SetAction():
            return f"set {' '.join(action.values)}"
        case action_types.ConsentAction():
            return f"{'agree to' if action.given else 'withdraw'} {action.purpose}"
        case action_types.CouponAction():
            return f"coupon {action.name}"
        case action_types.AwardAction():
            return f"award {action.points}"
        case action_types.TellAction():
            name = next((text for text in action.fields.values() if isinstance(text, str)), "")
            return f"{_TOLD[action.event_name]} {_WORDING.filled(name)}"
        case action_types.CallAction():
            return f"{'start' if action.operation == 'journey' else 'end'} {action.journey}"
        case action_types.BranchAction():
            return f"branch{_subjects(action)}"
        case _:
            assert_never(action)
