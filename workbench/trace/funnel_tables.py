"""A funnel as people read it, of simulated people or of recorded ones."""

from collections.abc import Iterator, Mapping

from rich.table import Table
from rich.text import Text

from wejourney.journeys.runs import OPENING_STEP
from wejourney.reasons import Reason
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, HandOver, Send, Step, WaitDate, WaitEvent
from workbench.language.traversal import places_of
from workbench.trace.funnel import Funnel, Outcome
from workbench.trace.trace_events import place_order
from workbench.wording.journey_parts import Wording, first_line, label
from workbench.wording.picture_phrases import Language
from workbench.wording.reason_words import ReasonWords
from workbench.wording.report_phrases import FUNNEL_WORDS

_COLUMNS: Mapping[str, tuple[Outcome, ...]] = {
    "sent": (Outcome.SENT,),
    "unknown": (Outcome.UNKNOWN,),
    "not_sent": (Outcome.NOT_SENT,),
    "in_time": (Outcome.ANSWERED, Outcome.CAME),
    "late": (Outcome.TIMED_OUT,),
    "left": (Outcome.LEFT,),
}
"""The columns, and what is counted in them."""

type _Places = list[tuple[str, Step | None]]


def funnel_table(funnel: Funnel, journey: Journey, language: Language) -> Table:
    """How many runs came to each step, and what happened there."""
    opening = [(OPENING_STEP, None)] if journey.opening is not None else []
    return _table(funnel, journey.name, [*opening, *places_of(journey).items()], journey, language)


def recorded_funnel_table(funnel: Funnel, name: str, journey: Journey | None, language: Language) -> Table:
    """The same of what is on record: only the steps that leave a record."""
    steps = places_of(journey) if journey is not None else {}
    on_record = {
        place for place, step in steps.items() if isinstance(step, Send | Ask | WaitEvent | HandOver)
    }
    if journey is not None and journey.opening is not None:
        on_record.add(OPENING_STEP)
    places = sorted(on_record | funnel.reached.keys(), key=place_order)
    return _table(funnel, name, [(place, steps.get(place)) for place in places], journey, language)


def count_tables(funnel: Funnel, language: Language) -> Iterator[Table]:
    """Why people did not enter, how runs ended, the messages and why some were not sent, the answers."""
    words = FUNNEL_WORDS[language]
    if funnel.refused:
        yield _counts(words["refused"], _reasons(funnel.refused, language), funnel.people)
    ended = _reasons(funnel.ended, language)
    if going_on := funnel.entered - funnel.ended.total():
        ended[words["going on"]] = going_on
    if ended:
        yield _counts(words["ended"], ended, funnel.entered)
    yield _messages(funnel, language)
    if funnel.not_sent:
        yield _counts(words["why not sent"], _reasons(funnel.not_sent, language), funnel.not_sent.total())
    for question in dict.fromkeys(question for question, _ in funnel.answers):
        given = {answer: count for (asked, answer), count in funnel.answers.items() if asked == question}
        yield _counts(words["answers to"].format(question=question), given, sum(given.values()))


def _table(funnel: Funnel, name: str, places: _Places, journey: Journey | None, language: Language) -> Table:
    words = FUNNEL_WORDS[language]
    people = words["person" if funnel.people == 1 else "people"].format(n=funnel.people)
    runs = words["run" if funnel.entered == 1 else "runs"].format(n=funnel.entered)
    table = Table(words["step"], title=words["title"].format(journey=name, people=people, runs=runs))
    table.title_justify = "left"
    table.columns[0].no_wrap = True
    table.add_column("", overflow="fold")
    columns = [name for name in _COLUMNS if any(_count(place, step, name, funnel) for place, step in places)]
    for heading in (words["reached"], "%", *(words[name] for name in columns)):
        table.add_column(heading, justify="right", no_wrap=True)
    for place, step in places:
        reached = funnel.reached[place]
        share = f"{100 * reached / funnel.entered:.1f}" if reached else ""
        counts = (_count(place, step, name, funnel) for name in columns)
        cells = (f"{count:,}" if count else "" for count in counts)
        text = _label(journey, place, step, Wording(language))
        table.add_row(Text(place), Text(text), f"{reached:,}", share, *cells, style="" if reached else "dim")
    return table


def _count(place: str, step: Step | None, column: str, funnel: Funnel) -> int:
    # Events that come to a wait for a date move it: it is over when the date has come.
    dated = column == "in_time" and isinstance(step, WaitDate)
    return sum(funnel.steps[place, what] for what in ((Outcome.DATE_CAME,) if dated else _COLUMNS[column]))


def _label(journey: Journey | None, place: str, step: Step | None, wording: Wording) -> str:
    if step is not None:
        return label(step, wording)
    opening = journey.opening if journey is not None and place == OPENING_STEP else None
    return first_line(opening, wording) if opening is not None else ""


def _messages(funnel: Funnel, language: Language) -> Table:
    """The messages by channel, and those that no channel took: how many, and how many per run."""
    words, channel = FUNNEL_WORDS[language], ReasonWords(language).channel
    table = _numbers(words["messages"], words["a run"])
    unknown = sum(count for (_, outcome), count in funnel.steps.items() if outcome is Outcome.UNKNOWN)
    rows = [(channel(name), count) for name, count in funnel.channels.most_common()]
    rows += [(words["outcome unknown"], unknown)] if unknown else []
    for name, count in (*rows, (words["not sent"], funnel.not_sent.total())):
        table.add_row(name, f"{count:,}", f"{count / max(1, funnel.entered):.2f}")
    return table


def _reasons(counts: Mapping[Reason, int], language: Language) -> dict[str, int]:
    words = ReasonWords(language)
    return {words(reason): count for reason, count in counts.items()}


def _numbers(title: str, heading: str) -> Table:
    table = Table(title)
    table.add_column("", justify="right")
    table.add_column(heading, justify="right")
    return table


def _counts(title: str, counts: Mapping[str, int], whole: int) -> Table:
    table = _numbers(title, "%")
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(Text(name), f"{count:,}", f"{100 * count / max(1, whole):.1f}")
    return table
