"""A behaviour in which a message cannot leave: its moments, its reason, and what to write instead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from wejourney.allowances.allowance_windows import SENDING_MARGIN, Windows, open_window, spend
from wejourney.allowances.wechat_rules import Reading, RuleSet
from wejourney.errors import NoAllowanceError
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import QuietHours
from wejourney.plain_data import changed
from workbench.language.durations import format_duration
from workbench.language.journey import Journey
from workbench.language.quiet_spans import end_of_quiet, is_quiet
from workbench.language.source import Location
from workbench.language.step_types import Ask, Send, WaitUntil
from workbench.proof.clock import DAY, HOUR
from workbench.proof.facts import Among, Key, Known, Texts, met
from workbench.proof.program import TAP, Node
from workbench.proof.state import Moment, ProofState, Trace, moment
from workbench.wording.phrases import Phrase, phrase
from workbench.wording.picture_phrases import Language

TEN = 10 * HOUR
"""When a behaviour begins that could begin at any time of day, in seconds after midnight."""

_READ_AS: Mapping[Reading, str] = {Reading.APART: "read apart", Reading.POOLED: "read pooled"}
"""The phrase of a reason that only one reading of the rules gives."""

_ENDS = ("wait", "date", "limit", "passed", "cancelled")
_EVENTS = ("start", "event", "early")
"""The kinds of the moments that quiet hours can delay: ends of waits, and events that no follower caused."""


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
    reason: Phrase
    rewrite: Phrase
    begins: int = TEN
    confirmed: bool = True
    reading: Reading | None = None


def violation_of(
    node: Node, state: ProofState, rules: RuleSet, nodes: list[Node], journey: Journey
) -> Violation:
    """The violation by this step in this state."""
    quiet = journey.quiet
    by_place = {other.at: other for other in nodes}
    what, words = "send", phrase("send")
    if isinstance(node.step, Ask):
        what, words = "ask", phrase("ask", name=node.step.name)
    links = list(_links(state.told(node.at, what, words, spends=True).trace))
    behaviour = tuple(_with_answer(link, links[i:], by_place) for i, link in enumerate(links))
    begins, behaviour, is_in_time = _at_home(links, behaviour, quiet)
    mondays = _mondays(behaviour, begins, by_place)
    is_one_week = mondays <= {0} if quiet is not None and quiet.days else len(mondays) <= 1
    # When others send, nobody has looked at.
    is_own = not any(happened.kind == "other" for happened in behaviour)
    confirmed = is_in_time and is_own and _is_real(behaviour, rules) and is_one_week
    reason, rewrite = _reason_and_rewrite(node, state, rules, begins, journey.speaks_to)
    return Violation(node.at, behaviour, reason, rewrite, begins, confirmed)


def reason_of(violation: Violation) -> Phrase:
    """Why the last message has no allowance, under which reading, and whether that is certain."""
    reason = violation.reason
    if violation.reading is not None:
        reason = phrase(_READ_AS[violation.reading], reason=reason)
    return reason if violation.confirmed or not violation.behaviour else phrase("unproved", reason=reason)


def violation_text(violation: Violation, language: Language = "en") -> str:
    """The behaviour in one line: `follow 10:00 → wait 2h → send at 12:00: no allowance`."""
    parts = []
    for happened in violation.behaviour:
        timed = happened.kind in ("answer", "event", "ask", "send") or happened is violation.behaviour[-1]
        clock, words = clock_of(violation.begins, happened.at), happened.words
        if happened.kind == "start":
            words = phrase("starts at", happened=words, clock=clock)
        elif timed:
            words = phrase("at", happened=words, clock=clock)
        parts.append(words.in_words(language))
    reason = reason_of(violation).in_words(language)
    return f"{' → '.join(parts)}{': ' if language == 'en' else '：'}{reason}" if parts else reason


def allowances_of(violation: Violation, rules: RuleSet) -> tuple[Windows, ...]:
    """What is open after each moment of the behaviour."""
    read = rules.read_as(violation.reading or rules.readings[0])
    windows: Windows = ()
    found = []
    for happened in violation.behaviour:
        windows, _ = _played(happened, windows, read)
        at = moment(happened.at)
        found.append(tuple(window for window in windows if window.until > at and window.left != 0))
    return tuple(found)


def _played(happened: Moment, windows: Windows, rules: RuleSet) -> tuple[Windows, bool]:
    """What is open after a moment, and whether its message, if it is one, had an allowance."""
    if happened.opens is not None:
        windows = open_window(windows, happened.opens, moment(happened.at), rules)
    if happened.spends:
        try:
            _, windows = spend(windows, moment(happened.at), SENDING_MARGIN)
        except NoAllowanceError:
            return windows, False
    return windows, True


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
    told = link.moment.words
    words = phrase(f"{told.code} so", **dict(told.data), answer=answer)
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
            moments.append(Moment(end, phrase("quiet over"), happened.step, "quiet"))
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
            moments.append(Moment(happened.at + late, phrase("quiet over"), happened.step, "quiet"))
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
        windows, fits = _played(happened, windows, rules)
        if not fits:
            return happened is behaviour[-1]
    return False


# --- why, and what instead -----------------------------------------------------------------------


def _reason_and_rewrite(
    node: Node, state: ProofState, rules: RuleSet, begins: int, account: str
) -> tuple[Phrase, Phrase]:
    ideas = [
        phrase("ask before"),
        phrase("give not_sent or instead" if isinstance(node.step, Send) else "give not_sent"),
    ]
    window = max(state.windows, key=lambda window: window.until, default=None)
    if window is None:
        reason = phrase("nothing opens there", account=account) if account else phrase("nothing opens")
    else:
        act, allowance = phrase(f"{window.act} act"), rules.opens[window.act]
        if window.until <= state.now + SENDING_MARGIN:
            ended = state.at - int((state.now - window.until).total_seconds())
            reason = phrase("allowance ended", act=act, clock=clock_of(begins, ended))
            if window.left != 0:
                lasts = format_duration(int(allowance.lasts.total_seconds()))
                ideas.insert(0, phrase("send within", time=lasts, act=act))
        else:
            reason = phrase("allowance used", count=allowance.count, act=act)
            ideas.insert(0, phrase("send at most", count=allowance.count, act=act))
    return reason, reduce(lambda others, first: phrase("either", first=first, others=others), reversed(ideas))


def clock_of(begins: int, at: int) -> Phrase:
    """The time of day so many seconds after a behaviour began, with its day unless that is the first."""
    day, second = divmod(begins % DAY + at, DAY)
    text = f"{second // HOUR:02}:{second // 60 % 60:02}"
    text += f":{second % 60:02}" if second % 60 else ""
    clock = phrase("verbatim", text=text)
    return phrase("on day", clock=clock, day=day + 1) if day else clock
