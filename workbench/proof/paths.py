"""A behaviour in which a message cannot leave: its moments, its reason, and what to write instead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from wejourney.allowances.allowance_windows import SENDING_MARGIN, Windows, open_window, spend
from wejourney.allowances.wechat_rules import Act, Reading, RuleSet
from wejourney.errors import NoAllowanceError
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import QuietHours
from wejourney.plain_data import changed
from workbench.language.durations import format_duration
from workbench.language.quiet_spans import end_of_quiet, is_quiet
from workbench.language.source import Location
from workbench.language.step_types import Ask, Send, WaitUntil
from workbench.proof.clock import DAY, HOUR
from workbench.proof.facts import Among, Key, Known, Texts, met
from workbench.proof.program import TAP, Node
from workbench.proof.state import Moment, ProofState, Trace, moment

TEN = 10 * HOUR
"""When a behaviour begins that could begin at any time of day, in seconds after midnight."""

_ACTS: Mapping[Act, str] = {
    Act.MESSAGE: "a message",
    Act.CLICK: "a tap or click",
    Act.FOLLOW: "a follow",
    Act.SCAN: "a scan",
    Act.PAY: "a payment",
}

_IF_READ: Mapping[Reading, str] = {
    Reading.APART: ", if each kind of act has its own allowance",
    Reading.POOLED: ", if WeChat keeps one allowance for all acts",
}

_ENDS = ("wait", "date", "limit", "passed")
_EVENTS = ("start", "event", "early")


@dataclass(frozen=True)
class Violation:
    """A message, at the step `at`, that has no allowance in this behaviour, and what would make it fit.

    `begins` is the time of day of the first moment, in seconds after midnight where the follower is.
    `confirmed` says that the behaviour was played and the message had no allowance: without it the journey
    cannot be proved to fit, but no behaviour is known that breaks it.
    There is no `behaviour` where the proof was given up. With a `reading`, only that of WeChat's rules.
    """

    at: Location
    behaviour: tuple[Moment, ...]
    reason: str
    rewrite: str
    begins: int = TEN
    confirmed: bool = True
    reading: Reading | None = None


def violation_of(
    node: Node, state: ProofState, rules: RuleSet, nodes: list[Node], quiet: QuietHours | None
) -> Violation:
    """The violation by this step in this state."""
    by_place = {other.at: other for other in nodes}
    what = "ask" if isinstance(node.step, Ask) else "send"
    links = list(_links(state.told(node.at, what, what, spends=True).trace))
    behaviour = tuple(_with_answer(link, links[i:], by_place) for i, link in enumerate(links))
    begins, behaviour, is_in_time = _at_home(links, behaviour, quiet)
    mondays = _mondays(behaviour, begins, by_place)
    is_one_week = mondays <= {0} if quiet is not None and quiet.days else len(mondays) <= 1
    confirmed = is_in_time and _is_real(behaviour, rules) and is_one_week
    reason, rewrite = _reason_and_rewrite(node, state, rules, begins)
    return Violation(node.at, behaviour, reason, rewrite, begins, confirmed)


def violation_text(violation: Violation) -> str:
    """The behaviour in one line: `follow 10:00 → wait 2h → send at 12:00: no allowance`."""
    parts = []
    for happened in violation.behaviour:
        timed = happened.kind in ("answer", "event", "ask", "send") or happened is violation.behaviour[-1]
        clock = _clock(violation.begins, happened.at)
        if happened.kind == "start":
            parts.append(f"{happened.words} {clock}")
        else:
            parts.append(f"{happened.words} at {clock}" if timed else happened.words)
    if not parts:
        return violation.reason
    doubt = "" if violation.confirmed else " (it cannot be proved to fit)"
    reading = "" if violation.reading is None else _IF_READ[violation.reading]
    return f"{' → '.join(parts)}: {violation.reason}{reading}{doubt}"


# --- the moments ---------------------------------------------------------------------------------


def _links(trace: Trace | None) -> Iterator[Trace]:
    """The moments in order, each at the time that the rest of the behaviour needs it to have.

    Where ways have met, it is the one on which all is so as the rest finds it.
    """
    found: list[Trace] = []
    sooner = 0
    needed: dict[Key, Known] = {}
    while trace is not None:
        other = trace.other
        sooner = min(trace.slack, sooner + trace.sooner)
        if other is None:
            found.append(changed(trace, moment=changed(trace.moment, at=trace.moment.at - sooner)))
            needed |= {key: met(needed.get(key), known) or known for key, known in trace.facts.items()}
            trace = trace.before
        else:
            trace = trace.before if met(needed.get(other.key), other.known) else other.trace
    yield from reversed(found)


def _with_answer(link: Trace, rest: list[Trace], by_place: Mapping[Location, Node]) -> Moment:
    """The moment; if it is an answer, with one that leads where the behaviour goes."""
    step = by_place[link.moment.step].step if link.moment.step in by_place else None
    if not isinstance(step, Ask) or link.moment.kind not in ("answer", "early"):
        return link.moment
    key = ("answer", step.name)
    known = link.facts[key]
    for later in rest[1:]:
        if later.moment.step == link.moment.step:
            break
        known = met(later.facts.get(key), known) or known
    answer = _value(known)
    words = link.moment.words.replace("is answered", f"is answered `{answer}`")
    return changed(link.moment, answer=answer, words=words)


def _value(known: Known) -> str:
    if isinstance(known, Among):
        return str(min(known.values))
    answer = "something"
    if isinstance(known, Texts):
        # Where a number is wanted: one at a bound, or beside it.
        bounds = {bound for one in known.inside | known.outside for bound in (one.least, one.most)} - {None}
        near = {bound + more for bound in bounds if bound is not None for more in (0, 1, -1)}
        answer = next((str(number) for number in sorted(near) if known.allows(str(number))), answer)
    while answer in getattr(known, "values", ()):
        answer += " else"
    return answer


def _at_home(
    links: list[Trace], behaviour: tuple[Moment, ...], quiet: QuietHours | None
) -> tuple[int, tuple[Moment, ...], bool]:
    """The time of day at which the behaviour begins, the behaviour as it is then, and whether it can be so.

    The first known time of day says when it begins; else it is a time at which no wait ends in quiet hours.
    Where there is none, they delay it: what is late already is then later.
    """
    known = next((link for link in links if link.clock is not None), None)
    if known is None and quiet is None:
        return TEN, behaviour, True
    days = [day * DAY for day in (range(7) if quiet is not None and quiet.days else (0,))]
    if known is None or known.clock is None:
        delayed = [
            (day + begins, _delayed(behaviour, day + begins, quiet))
            for begins in (TEN, *range(0, DAY, HOUR // 2))
            for day in days
        ]
        return *min(delayed, key=lambda begun: len(begun[1])), True
    # The clocks may have been put back in the wait that ended at the first time that is known.
    begins = (known.clock - known.moment.at + (HOUR if known.changed else 0)) % DAY
    found = [_begun(links, behaviour, day + begins, quiet) for day in days]
    return next((begun for begun in found if begun[2]), found[0])


def _begun(
    links: list[Trace], behaviour: tuple[Moment, ...], begins: int, quiet: QuietHours | None
) -> tuple[int, tuple[Moment, ...], bool]:
    """The behaviour where it begins then, and whether it can be so."""
    behaviour, asleep = _with_pauses(behaviour, begins, quiet)
    pairs = (pair for number, pair in enumerate(pairwise(links)) if number not in asleep)
    is_in_time = all(_is_in_time(link, then, begins, quiet) for link, then in pairs)
    if quiet is not None and quiet.days:
        # On other days these hours may end at another time, or it is not quiet.
        is_in_time &= all(
            then.kind == "quiet" and end_of_quiet(begins + happened.at, quiet) == begins + then.at
            for happened, then in pairwise(behaviour)
            if then.kind == "quiet" or (happened.kind == "until" and is_quiet(begins + happened.at, quiet))
        )
    return begins, behaviour, is_in_time


def _with_pauses(
    behaviour: tuple[Moment, ...], begins: int, quiet: QuietHours | None
) -> tuple[tuple[Moment, ...], set[int]]:
    """The behaviour with the ends of quiet hours after which a wait for a time ends as it does without.

    And the numbers of the moments before them.
    """
    moments: list[Moment] = []
    asleep: set[int] = set()
    awake = 0
    for number, happened in enumerate(behaviour):
        at = max(happened.at, awake)
        moments.append(changed(happened, at=at))
        later = next((other for other in behaviour[number + 1 :] if other.at > at), None)
        if quiet is None or later is None or later.kind != "until" or not _can_be_delayed(happened):
            continue
        end = end_of_quiet(begins + at, quiet) - begins
        if at < end < later.at <= end + DAY:
            asleep.add(number)
            awake = end
            moments.append(Moment(end, "quiet hours end", happened.step, "quiet"))
    return tuple(moments), asleep


def _is_in_time(link: Trace, then: Trace, begins: int, quiet: QuietHours | None) -> bool:
    """Whether it is the time that clocks say, and no time that quiet hours would have delayed."""
    local = begins + link.moment.at
    late = 0 if link.clock is None or link.slack else (local - link.clock) % DAY
    is_right = late == 0 or (link.changed and late in (HOUR, DAY - HOUR))
    # Of a moment that may have been earlier, nothing says how the clocks were changed by then.
    shown = {local - late, *((local - HOUR, local + HOUR) if link.changed and link.slack else ())}
    sleeps = _can_be_delayed(link.moment) and then.moment.kind != "quiet"
    sleeps = sleeps and any(is_quiet(clock, quiet) for clock in shown)
    return is_right and not sleeps


def _mondays(behaviour: tuple[Moment, ...], begins: int, by_place: Mapping[Location, Node]) -> set[int]:
    """Which of the first seven days have to be a Monday, for each wait for a weekday."""
    waits = ((ended.at, by_place[ended.step].step) for ended in behaviour if ended.kind == "until")
    return {
        ((begins + at) // DAY - step.weekday) % 7
        for at, step in waits
        if isinstance(step, WaitUntil) and step.weekday is not None
    }


def _delayed(behaviour: tuple[Moment, ...], begins: int, quiet: QuietHours | None) -> tuple[Moment, ...]:
    late = 0
    moments = []
    for happened in behaviour:
        moments.append(changed(happened, at=happened.at + late))
        second = begins + happened.at + late
        if quiet is not None and _can_be_delayed(happened) and is_quiet(second, quiet):
            late += end_of_quiet(second, quiet) - second
            moments.append(Moment(happened.at + late, "quiet hours end", happened.step, "quiet"))
    return tuple(moments)


def _can_be_delayed(happened: Moment) -> bool:
    """Whether quiet hours delay what comes next: what the follower does is answered at once."""
    if happened.kind in _EVENTS and happened.by is not None:
        return happened.by != TAP and not EventPattern(happened.by).is_act
    return happened.kind in _ENDS


def _is_real(behaviour: tuple[Moment, ...], rules: RuleSet) -> bool:
    """Whether the last message, and no other before it, has no allowance when the moments are played."""
    windows: Windows = ()
    for happened in behaviour:
        if happened.opens is not None:
            windows = open_window(windows, happened.opens, moment(happened.at), rules)
        if happened.spends:
            try:
                _, windows = spend(windows, moment(happened.at), SENDING_MARGIN)
            except NoAllowanceError:
                return happened is behaviour[-1]
    return False


# --- why, and what instead -----------------------------------------------------------------------


def _reason_and_rewrite(node: Node, state: ProofState, rules: RuleSet, begins: int) -> tuple[str, str]:
    instead = " or an `instead` that needs no allowance" if isinstance(node.step, Send) else ""
    ideas = ["before it, ask something that is answered by typing", f"give it `not_sent`{instead}"]
    window = max(state.windows, key=lambda window: window.until, default=None)
    if window is None:
        reason = "nothing that the follower did opens one"
    else:
        act, allowance = _ACTS[window.act], rules.opens[window.act]
        if window.until <= state.now + SENDING_MARGIN:
            ended = state.at - int((state.now - window.until).total_seconds())
            reason = f"that of {act} ended at {_clock(begins, ended)}"
            if window.left != 0:
                lasts = format_duration(int(allowance.lasts.total_seconds()))
                ideas.insert(0, f"send it within {lasts} of {act}")
        else:
            reason = f"the {allowance.count} messages that {act} allows are used"
            ideas.insert(0, f"send at most {allowance.count} messages after {act}")
    return f"no allowance: {reason}", "; or ".join(ideas)


def _clock(begins: int, at: int) -> str:
    day, second = divmod(begins % DAY + at, DAY)
    text = f"{second // HOUR:02}:{second // 60 % 60:02}"
    text += f":{second % 60:02}" if second % 60 else ""
    return f"{text} on day {day + 1}" if day else text
